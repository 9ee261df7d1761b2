//! Which keys are taken of what is set where.

use super::*;

const ARN: &str = "qcs::cam::uin/100000000001:roleName/reader";
const KEYS: [(&str, &str); 2] = [("secretId", "AKIDgiven"), ("secretKey", "s3cr3t")];
const KEYS_THERE: [(&str, &str); 2] = [
    ("TENCENTCLOUD_SECRET_ID", "AKIDthere"),
    ("TENCENTCLOUD_SECRET_KEY", "s3cr3t"),
];
const WEB: [(&str, &str); 3] = [
    ("webIdentityToken", "s3cr3t.given.x\n"),
    ("providerId", "given"),
    ("roleArn", ARN),
];
const TKE_THERE: [(&str, &str); 4] = [
    ("TKE_REGION", "ap-beijing"),
    ("TKE_PROVIDER_ID", "there"),
    ("TKE_WEB_IDENTITY_TOKEN_FILE", "/var/run/token"),
    ("TKE_ROLE_ARN", "qcs::cam::uin/2:roleName/tke"),
];
const TOKEN_THERE: (&str, &str) = ("TENCENTCLOUD_SSM_WEB_IDENTITY_TOKEN", "s3cr3t.there.x");

fn of(given: &[(&str, &str)], there: &[(&str, &str)]) -> Result<CredentialChain, Error> {
    let own = |(name, value): &(&str, &str)| (name.to_string(), value.to_string());
    let given = Properties::from_metadata(given.iter().map(own).collect())?;
    let variable = |name: &str| {
        let found = there.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value.to_string())
    };
    let both = given.or_environment(variable);
    chain(&both, false)
}

/// The chain in a word: who gives keys, and the role that is assumed with them.
fn told(given: &[(&str, &str)], there: &[(&str, &str)]) -> String {
    let chain = of(given, there).unwrap_or_else(|error| panic!("{error}"));
    let source = match &chain.source {
        // What SSM would see of it is as good as its name.
        CredentialSource::Fixed(keys) => format!("keys {}", keys.secret_id()),
        CredentialSource::CvmRole { name } => format!("cvm {}", name.as_deref().unwrap_or("?")),
        CredentialSource::WebIdentity {
            token,
            provider_id,
            role,
        } => format!("web {} {provider_id} {}", token.as_str(), role.arn()),
    };
    match &chain.role {
        Some(role) => format!("{source} as {}", role.arn()),
        None => source,
    }
}

fn refused(given: &[(&str, &str)], there: &[(&str, &str)]) -> String {
    let error = of(given, there).err().expect("refused");
    assert_eq!(error.kind, ssm::ErrorKind::InvalidConfig);
    assert!(!error.message.contains("s3cr3t"), "{error}");
    error.message.clone()
}

#[test]
fn what_is_given_counts_before_the_environment_and_keys_before_identities_before_machines() {
    let all_there = [&KEYS_THERE[..], &TKE_THERE, &[TOKEN_THERE]].concat();
    let web_there = [&TKE_THERE[..], &[TOKEN_THERE]].concat();
    let cvm = ("cvmRole", "machine");
    let cvm_there = ("TENCENTCLOUD_CAM_ROLE_NAME", "there");
    let web = format!("web s3cr3t.given.x given {ARN}");
    let tke = "web s3cr3t.there.x there qcs::cam::uin/2:roleName/tke";
    assert_eq!(
        told(&[&KEYS[..], &WEB[..2], &[cvm]].concat(), &all_there),
        "keys AKIDgiven"
    );
    assert_eq!(told(&[&WEB[..], &[cvm]].concat(), &all_there), web);
    assert_eq!(told(&[cvm], &all_there), "cvm machine");
    assert_eq!(told(&[("cvmRole", "auto")], &all_there), "cvm ?");
    assert_eq!(told(&[], &all_there), "keys AKIDthere");
    assert_eq!(told(&[], &[&web_there[..], &[cvm_there]].concat()), tke);
    assert_eq!(told(&[], &[cvm_there]), "cvm there");
    assert_eq!(told(&[], &[]), "cvm ?");
}

#[test]
fn each_setting_that_is_not_given_comes_from_the_environment() {
    let arn_there = ("TENCENTCLOUD_ROLE_ARN", "qcs::cam::uin/2:roleName/there");
    let there = [&KEYS_THERE[..], &TKE_THERE, &[arn_there]].concat();
    let assumed = format!("keys AKIDthere as {ARN}");
    assert_eq!(told(&[("roleArn", ARN)], &there), assumed);
    let of_machine = "cvm m as qcs::cam::uin/2:roleName/there";
    assert_eq!(told(&[("cvmRole", "m")], &there), of_machine);
    // The token that the host read, with all else from TKE.
    let handed_over = [("webIdentityToken", "s3cr3t.given.x")];
    let web = "web s3cr3t.given.x there qcs::cam::uin/2:roleName/tke";
    assert_eq!(told(&handed_over, &TKE_THERE), web);
    // A pod assumes another role than its own.
    let assumed = format!("{web} as {ARN}");
    let given = [handed_over[0], ("roleArn", ARN)];
    assert_eq!(told(&given, &TKE_THERE), assumed);
    let pods = ("roleArn", "qcs::cam::uin/2:roleName/tke");
    assert_eq!(told(&[handed_over[0], pods], &TKE_THERE), web);
    // Who vouches by another provider gets the role itself.
    let own = format!("web s3cr3t.given.x given {ARN}");
    assert_eq!(told(&WEB, &TKE_THERE), own);
    // Keys that are given are whole: nothing is added to them.
    assert_eq!(told(&KEYS, &there), "keys AKIDgiven");
    // TKE's role is that of its identity, not one to assume with keys.
    assert_eq!(
        told(&[], &[&KEYS_THERE[..], &TKE_THERE].concat()),
        "keys AKIDthere"
    );
}

#[test]
fn a_part_of_a_key_is_an_error() {
    for (given, there, missing) in [
        (&KEYS[..1], &KEYS_THERE[..], "secretKey is missing"),
        (&KEYS[1..], &[], "secretId is missing"),
        (&[("token", "s3cr3t")], &[], "secretId is missing"),
        (&[], &KEYS_THERE[..1], "secretKey is missing"),
        (&[], &KEYS_THERE[1..], "secretId is missing"),
    ] {
        let message = refused(given, there);
        assert!(message.starts_with(missing), "{message}");
        assert!(message.contains("TENCENTCLOUD_SECRET_ID"), "{message}");
    }
}

#[test]
fn a_file_is_the_hosts_to_read() {
    let file = ("webIdentityTokenFile", "/var/run/s3cr3t");
    let of_file = [file, WEB[1], WEB[2]];
    let there = ("TENCENTCLOUD_SSM_WEB_IDENTITY_TOKEN_FILE", "/s3cr3t");
    for (given, there) in [(&of_file[..], &[][..]), (&[], &[there]), (&[], &TKE_THERE)] {
        let message = refused(given, there);
        assert!(message.starts_with("webIdentityTokenFile"), "{message}");
        assert!(message.contains("dapr-wasm-host"), "{message}");
    }
    // Where the host has handed it over, or other keys are given, the file does not matter.
    assert!(of(&[&WEB[..], &[file]].concat(), &[]).is_ok());
    assert_eq!(told(&[("cvmRole", "m")], &TKE_THERE), "cvm m");
}

#[test]
fn a_web_identity_needs_all_its_parts() {
    for (missing, there) in [
        ("webIdentityToken", &[][..]),
        ("providerId", &[]),
        ("roleArn", &[]),
        // All four of TKE's count, or none.
        ("webIdentityToken", &TKE_THERE[..2]),
    ] {
        let given: Vec<_> = WEB
            .into_iter()
            .filter(|(name, _)| *name != missing)
            .collect();
        let message = refused(&given, there);
        assert!(message.starts_with(missing), "{message}");
    }
    let bad = [("webIdentityToken", "s3cr3t token"), WEB[1], WEB[2]];
    assert!(refused(&bad, &[]).starts_with("webIdentityToken"));
    assert_eq!(told(&[], &TKE_THERE[..3]), "cvm ?");
}

#[test]
fn without_any_key_the_chain_knows_what_was_not_set() {
    let chain = of(&[], &[TKE_THERE[0], TKE_THERE[2]]).ok().unwrap();
    for name in [
        "secretId",
        "TENCENTCLOUD_SECRET_KEY",
        "webIdentityToken",
        "there is no TKE_PROVIDER_ID, TKE_ROLE_ARN",
    ] {
        assert!(chain.earlier.contains(name), "{}", chain.earlier);
    }
    let none = of(&[], &[]).ok().unwrap().earlier;
    assert!(none.ends_with(", nor are TKE's variables"), "{none}");
    assert_eq!(of(&[("cvmRole", "auto")], &[]).ok().unwrap().earlier, "");
}

#[test]
fn how_a_role_is_assumed_and_where_is_checked_and_never_quoted() {
    for (property, value) in [
        ("roleArn", "s3cr3t"),
        ("roleSessionName", "s3cr3t/x"),
        ("externalId", "s"),
        ("sessionDuration", "s3cr3t"),
        ("sessionDuration", "0"),
        ("sessionDuration", "12h1s"),
        ("stsEndpoint", "http://s3cr3t.example.com"),
        ("metadataEndpoint", "http://s3cr3t.example.com"),
    ] {
        let message = refused(&[&KEYS[..], &[(property, value)]].concat(), &[]);
        assert!(message.starts_with(property), "{message}");
    }
    for value in ["1s", "7200", "2h", "43200s"] {
        assert!(of(&[("sessionDuration", value)], &[]).is_ok(), "{value}");
    }
    let places = [
        ("stsEndpoint", "http://127.0.0.1:1"),
        ("metadataEndpoint", "http://metadata.tencentyun.com/"),
    ];
    let chain = of(&places, &[]).ok().unwrap();
    assert_eq!(chain.sts.authority(), "127.0.0.1:1");
    assert_eq!(chain.metadata, Endpoint::metadata());
}
