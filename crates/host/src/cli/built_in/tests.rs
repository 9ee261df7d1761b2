//! What each store is granted.

use super::*;
use crate::{outbound::Sharing, stores::FileText};

fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    pairs.iter().map(own).collect()
}

fn granted(variables: &[(&str, &str)]) -> Grants {
    let outbound = Outbound::builder().native_roots(false).build().unwrap();
    grants(outbound, owned(variables), &StoresKeys::default())
}

fn of(properties: &[(&str, &str)], variables: &[(&str, &str)]) -> Needs {
    (granted(variables).needs)(&Properties::new(owned(properties)))
}

const KEYS: [(&str, &str); 2] = [
    ("TENCENTCLOUD_SECRET_ID", "id"),
    ("TENCENTCLOUD_SECRET_KEY", "key"),
];
const POD: [(&str, &str); 4] = [
    ("TKE_REGION", "ap-guangzhou"),
    ("TKE_PROVIDER_ID", "provider"),
    ("TKE_WEB_IDENTITY_TOKEN_FILE", "/var/token"),
    ("TKE_ROLE_ARN", "qcs::cam::uin/1:roleName/pod"),
];
const ARN: &str = "qcs::cam::uin/1:roleName/reader";
const STS: &str = "https://sts.tencentcloudapi.com";
const METADATA: &str = "http://metadata.tencentyun.com";

#[test]
fn each_chain_is_granted_the_services_that_it_asks_and_no_other() {
    let role = ("roleArn", ARN);
    for (properties, variables, services, from) in [
        (
            &[("secretId", "i")][..],
            &[][..],
            &[][..],
            "keys by secretId",
        ),
        (
            &[("secretId", "i"), role],
            &[],
            &[STS],
            "keys by secretId, as qcs",
        ),
        (&[("token", "t")], &POD, &[], "keys by token"),
        (&[], &KEYS, &[], "keys by TENCENTCLOUD_SECRET_ID"),
        (&[role], &KEYS, &[STS], "keys by TENCENTCLOUD_SECRET_ID, as"),
        (
            &[],
            &[KEYS[0], ("TENCENTCLOUD_ROLE_ARN", ARN)],
            &[STS],
            "keys by TENCENTCLOUD_SECRET_ID, as",
        ),
        (
            &[],
            &POD,
            &[STS],
            "web identity by TKE_WEB_IDENTITY_TOKEN_FILE, as",
        ),
        (
            &[],
            &POD[..3],
            &[METADATA],
            "the CVM's role, because no key is set",
        ),
        (
            &[("providerId", "p")],
            &KEYS,
            &[STS],
            "web identity by providerId",
        ),
        (
            &[("webIdentityToken", "t")],
            &[],
            &[STS],
            "web identity by webIdentityToken",
        ),
        (
            &[("cvmRole", "auto")],
            &KEYS,
            &[METADATA],
            "the CVM's role by cvmRole",
        ),
        (
            &[],
            &[("TENCENTCLOUD_CAM_ROLE_NAME", "r")],
            &[METADATA],
            "the CVM's role by TENCENTCLOUD_CAM_ROLE_NAME",
        ),
        (
            &[],
            &[],
            &[METADATA],
            "the CVM's role, because no key is set",
        ),
        (
            &[role],
            &[],
            &[STS, METADATA],
            "the CVM's role, because no key is set, as",
        ),
        (
            &[("secretId", "i"), ("metadataEndpoint", "http://m")],
            &[],
            &["http://m"],
            "keys by secretId",
        ),
        (
            &[("secretId", "i"), ("stsEndpoint", "https://s"), role],
            &[("TENCENTCLOUD_SSM_METADATA_ENDPOINT", "http://m")],
            &["https://s"],
            "keys by secretId",
        ),
        (
            &[],
            &[("TENCENTCLOUD_SSM_METADATA_ENDPOINT", "http://m")],
            &["http://m"],
            "the CVM's role",
        ),
    ] {
        let needs = of(properties, variables);
        let (ssm, others) = needs.reaches.split_first().unwrap();
        assert_eq!(ssm.url, "https://ssm.tencentcloudapi.com");
        let urls: Vec<&str> = others.iter().map(|it| it.url.as_str()).collect();
        assert_eq!(urls, services, "{from}");
        let said = needs.keys_from.unwrap();
        assert!(said.starts_with(from), "{said}");
    }
}

#[test]
fn a_store_with_keys_of_its_own_sees_no_variable_and_another_only_those_of_credentials() {
    let others = [
        ("PATH", "/bin"),
        ("TENCENTCLOUD_SSM_PREFIX", "p"),
        ("TENCENTCLOUD_SSM_CACHE_TTL", "5m"),
    ];
    let all = [&KEYS[..], &POD, &others].concat();
    for own in [("secretId", "i"), ("secretKey", "k"), ("token", "t")] {
        assert!(of(&[own], &all).variables.is_empty());
    }
    assert_eq!(of(&[], &all).variables.len(), KEYS.len() + POD.len());
}

#[test]
fn the_token_of_a_file_takes_the_place_of_its_name() {
    let file = |named_by, path: &str, handed_as| {
        vec![FileText {
            named_by,
            path: path.into(),
            handed_as,
        }]
    };
    let own = ("webIdentityTokenFile", "/own");
    let by_property = file("webIdentityTokenFile", "/own", "webIdentityToken");
    assert_eq!(of(&[own], &POD).files, by_property);
    let in_environment = [("TENCENTCLOUD_SSM_WEB_IDENTITY_TOKEN", "t")];
    assert_eq!(of(&[own], &in_environment).files, by_property);
    let by_pod = file(
        "TKE_WEB_IDENTITY_TOKEN_FILE",
        "/var/token",
        "webIdentityToken",
    );
    assert_eq!(of(&[], &POD).files, by_pod);
    assert_eq!(of(&[("providerId", "p")], &POD).files, by_pod);
    for other in [
        ("secretId", "i"),
        ("cvmRole", "auto"),
        ("webIdentityToken", "t"),
    ] {
        assert_eq!(of(&[other], &POD).files, vec![], "{}", other.0);
    }
    let keys = [&KEYS[..], &POD].concat();
    assert_eq!(of(&[], &keys).files, vec![]);
    let needs = granted(&POD).environment.unwrap().needs;
    let by_variable = file(
        "TKE_WEB_IDENTITY_TOKEN_FILE",
        "/var/token",
        "TENCENTCLOUD_SSM_WEB_IDENTITY_TOKEN",
    );
    assert_eq!(needs.files, by_variable);
}

#[test]
fn without_a_component_the_store_sees_its_own_variables_and_the_host_goes_by_some_of_them() {
    let environment = granted(&[
        ("TENCENTCLOUD_SECRET_ID", "id"),
        ("TENCENTCLOUD_SSM_TIMEOUT", "2m"),
        ("TENCENTCLOUD_SSM_ENDPOINT", "http://127.0.0.1:1"),
        ("TENCENTCLOUD_SSM_CACHE_TTL", "5m"),
        ("PATH", "/bin"),
    ]);
    let Environment { needs, properties } = environment.environment.unwrap();
    assert_eq!(needs.variables.len(), 4);
    assert_eq!(needs.reaches[0].url, "http://127.0.0.1:1");
    assert_eq!(properties.get("timeout"), Some("2m"));
    assert_eq!(properties.get("cacheTTL"), Some("5m"));
}

#[test]
fn a_region_alone_gives_nobody_the_machines_role() {
    for some in [&[("TENCENTCLOUD_REGION", "ap-guangzhou")][..], &POD[..3]] {
        assert!(granted(some).environment.is_none());
    }
    for enough in [&KEYS[..1], &POD, &[("TENCENTCLOUD_SSM_CVM_ROLE", "auto")]] {
        assert!(granted(enough).environment.is_some());
    }
}

#[test]
fn a_peer_has_this_hosts_web_identity_sent_nowhere_but_where_the_operator_says() {
    let sts = |url| ("stsEndpoint", url);
    let refused = |properties: &[(&str, &str)], variables: &[(&str, &str)], is_peer: bool| {
        let properties = Properties::new(owned(properties));
        let properties = if is_peer {
            properties.of_a_peer()
        } else {
            properties
        };
        let outbound = Outbound::builder().native_roots(false);
        let outbound = outbound.allow("https://allowed.example.com").unwrap();
        let variables = owned(variables);
        let granted = grants(outbound.build().unwrap(), variables, &StoresKeys::default());
        (granted.needs)(&properties).refused.is_some()
    };
    let elsewhere = sts("https://elsewhere.example.com");
    let named = (
        "TENCENTCLOUD_SSM_STS_ENDPOINT",
        "https://named.example.com/",
    );
    let pod = [&POD[..], &[named]].concat();
    let file = ("webIdentityTokenFile", "/var/token");
    let token = ("webIdentityToken", "t");
    let external = ("TENCENTCLOUD_ASSUME_ROLE_EXTERNAL_ID", "x");
    let token_of_environment = ("TENCENTCLOUD_SSM_WEB_IDENTITY_TOKEN", "t");
    for (properties, variables) in [
        (&[elsewhere][..], &pod[..]),
        (&[elsewhere, file], &[]),
        (&[elsewhere, ("providerId", "p")], &[token_of_environment]),
        (
            &[elsewhere, ("roleArn", ARN)],
            &[KEYS[0], KEYS[1], external],
        ),
        (&[sts("http://sts.tencentcloudapi.com"), file], &[]),
        (&[sts("https://tencentcloudapi.com.example.com"), file], &[]),
        (&[sts("not one"), file], &[]),
    ] {
        assert!(refused(properties, variables, true), "{properties:?}");
        assert!(!refused(properties, variables, false), "{properties:?}");
    }
    for (properties, variables) in [
        (&[][..], &pod[..]),
        (&[sts("https://sts.internal.tencentcloudapi.com")], &pod),
        (&[sts("https://allowed.example.com")], &pod),
        (&[sts("https://named.example.com")], &pod),
        // What is its own it may send where it likes.
        (&[elsewhere, token], &pod),
        (&[elsewhere, ("roleArn", ARN)], &KEYS),
        (&[elsewhere, ("cvmRole", "auto")], &[]),
    ] {
        assert!(!refused(properties, variables, true), "{properties:?}");
    }
}

#[test]
fn a_profile_takes_the_place_of_who_gives_keys_and_leaves_the_region() {
    let all = || {
        let all = [
            KEYS[0],
            ("TENCENTCLOUD_REGION", "r"),
            ("TKE_ROLE_ARN", "x"),
            ("PATH", "/"),
        ];
        owned(&all).into_iter()
    };
    let profile = |pairs: &[(&str, &str)]| Profile::of(owned(pairs));
    let names = |profile: &Profile| -> Vec<String> {
        let variables = variables(all(), Some(profile));
        variables
            .into_iter()
            .map(|(name, value)| name + "=" + &value)
            .collect()
    };
    let without = profile(&[("TENCENTCLOUD_SECRET_ID", "p")]);
    let with = profile(&[("TENCENTCLOUD_REGION", "p")]);
    assert_eq!(
        names(&without),
        [
            "TENCENTCLOUD_REGION=r",
            "PATH=/",
            "TENCENTCLOUD_SECRET_ID=p"
        ]
    );
    assert_eq!(names(&with), ["PATH=/", "TENCENTCLOUD_REGION=p"]);
}

#[test]
fn keys_that_came_are_those_of_the_store_that_asked() {
    let stores = StoresKeys::remembering();
    let of = |pairs: &[(&str, &str)]| stores.of(&Properties::new(owned(pairs)));
    let uri = "http://m.test/latest/meta-data/cam/security-credentials/a%2Fb".parse();
    let body = br#"{"TmpSecretId":"i","TmpSecretKey":"k","Token":"t","ExpiredTime":99}"#;
    let role = [("cvmRole", "auto"), ("region", "r"), ("cacheTTL", "5m")];
    let _ = of(&role).life(&uri.unwrap(), std::time::UNIX_EPOCH, body);
    let seen = of(&role[..2]).seen();
    assert_eq!(seen[0].cvm_role.as_deref(), Some("a/b"));
    assert!(of(&[("secretId", "i"), ("region", "r")]).seen().is_empty());
}
