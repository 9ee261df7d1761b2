//! Where keys come from, and what is asked for them.

use std::time::Duration;

use serde_json::json;

use super::{
    cloud::{
        Cloud, EXTERNAL_ID, METADATA, PATH, ROLE, STS, WEB_IDENTITY, assumed, cvm_role, fixed,
        reads, web_identity,
    },
    script::Reply,
    *,
};
use crate::{CredentialChain, CredentialSource, Endpoint, Identity, OnError, Provider, Selection};

#[test]
fn given_keys_ask_nobody() {
    let cloud = Cloud::new();
    let (client, world) = cloud.client(script::given().into());
    success(get(&client, &world));
    assert_eq!(world.actions(), ["GetSecretValue"]);
}

#[test]
fn a_cvm_role_is_asked_for_its_name_and_its_keys_once() {
    let cloud = Cloud::new();
    let (client, world) = cloud.client(cvm_role());
    success(get(&client, &world));
    success(get(&client, &world));
    let keys = format!("{PATH}CVM_reader");
    let expected = [PATH, &keys, "GetSecretValue", "GetSecretValue"];
    assert_eq!(world.actions(), expected);
    assert_eq!(world.seen()[0].authority, METADATA);
}

#[test]
fn a_cvm_role_that_is_named_is_not_asked_for() {
    let cloud = Cloud::new();
    let source = CredentialSource::CvmRole {
        name: Some("CVM_reader".to_owned()),
    };
    let (client, world) = cloud.client(CredentialChain::new(source));
    success(get(&client, &world));
    let keys = format!("{PATH}CVM_reader");
    assert_eq!(world.actions(), [keys.as_str(), "GetSecretValue"]);
}

#[test]
fn a_role_is_assumed_with_given_keys() {
    let cloud = Cloud::new();
    let (client, world) = cloud.client(assumed(fixed()));
    success(get(&client, &world));
    success(get(&client, &world));
    assert_eq!(
        world.actions(),
        ["AssumeRole", "GetSecretValue", "GetSecretValue"]
    );
    let seen = &world.seen()[0];
    assert_eq!(seen.authority, STS);
    assert_eq!(
        seen.body,
        json!({
            "RoleArn": ROLE, "RoleSessionName": "dapr-secretstores", "DurationSeconds": 7200,
            "ExternalId": EXTERNAL_ID,
        })
    );
}

#[test]
fn a_role_is_assumed_with_the_keys_of_a_cvm_role() {
    let cloud = Cloud::new();
    let source = CredentialSource::CvmRole { name: None };
    let (client, world) = cloud.client(assumed(source));
    success(get(&client, &world));
    let actions = world.actions();
    assert_eq!(actions[2..], ["AssumeRole", "GetSecretValue"]);
}

#[test]
fn a_web_identity_gets_its_role_unsigned() {
    let cloud = Cloud::new();
    let (client, world) = cloud.client(web_identity());
    success(get(&client, &world));
    let seen = &world.seen()[0];
    assert_eq!(seen.headers["authorization"], "SKIP");
    assert_eq!(seen.headers["x-tc-region"], "ap-guangzhou");
    assert_eq!(
        seen.body,
        json!({
            "ProviderId": "tke-provider", "WebIdentityToken": WEB_IDENTITY, "RoleArn": ROLE,
            "RoleSessionName": "dapr-secretstores", "DurationSeconds": 7200,
        })
    );
}

#[test]
fn services_are_asked_where_they_are_said_to_be() {
    let cloud = Cloud::new();
    cloud.fault(|seen| match seen.authority.as_str() {
        "127.0.0.1:1" if seen.action == PATH => Some(Reply::raw(200, "r")),
        "127.0.0.1:1" => Some(Reply::raw(
            200,
            r#"{"TmpSecretId":"AKIDtest","TmpSecretKey":"test-secret-key","Token":"test-token"}"#,
        )),
        _ => None,
    });
    let mut chain = assumed(CredentialSource::CvmRole { name: None });
    chain.metadata = Endpoint::parse_metadata("http://127.0.0.1:1", false).unwrap();
    chain.sts = Endpoint::parse_sts("https://sts.internal.tencentcloudapi.com", false).unwrap();
    let (client, world) = cloud.client(chain);
    success(get(&client, &world));
    let seen = world.seen();
    let authorities: Vec<&str> = seen.iter().map(|seen| seen.authority.as_str()).collect();
    let expected = [
        "127.0.0.1:1",
        "127.0.0.1:1",
        "sts.internal.tencentcloudapi.com",
        "ssm.tencentcloudapi.com",
    ];
    assert_eq!(authorities, expected);
}

#[test]
fn many_reads_at_once_ask_for_keys_once() {
    let cloud = Cloud::new();
    let (client, world) = cloud.client(assumed(CredentialSource::CvmRole { name: None }));
    let names = (0..64).map(|number| name(&format!("x{number}"))).collect();
    let selection = Selection::Named(names);
    let secrets = world.run(client.bulk_get(&selection, None, OnError::Fail));
    assert_eq!(success(secrets).len(), 64);
    assert_eq!(world.count("AssumeRole"), 1);
    assert_eq!(world.count(PATH), 1);
}

#[test]
fn whom_keys_belong_to_is_told_with_who_gave_them_and_without_a_key() {
    let arn = Some(ROLE.to_owned());
    let machine = CredentialSource::CvmRole { name: None };
    for (chain, provider, role, left) in [
        (script::given().into(), Provider::Fixed, None, None),
        (
            cvm_role(),
            Provider::CvmRole,
            Some("CVM_reader".to_owned()),
            Some(7_200),
        ),
        (
            web_identity(),
            Provider::WebIdentity,
            arn.clone(),
            Some(7_200),
        ),
        (assumed(fixed()), Provider::Fixed, arn.clone(), Some(7_200)),
        (assumed(machine), Provider::CvmRole, arn, Some(7_200)),
    ] {
        let cloud = Cloud::new();
        let (client, world) = cloud.client(chain);
        let identity = success(world.run(client.identity()));
        let seconds = |left: Duration| left.as_secs_f64().ceil() as u64;
        assert_eq!(identity.time_left.map(seconds), left);
        let expected = Identity {
            provider,
            role,
            time_left: identity.time_left,
            account: "100000000001".to_owned(),
            arn: "qcs::sts:100000000001:assumed-role/4611".to_owned(),
            kind: "CAMRole".to_owned(),
            user: "4611:dapr-secretstores".to_owned(),
        };
        assert_eq!(identity, expected);
    }
}

#[test]
fn each_key_signs_for_each_service_with_its_own_derived_key() {
    // The cloud checks every signature: of two services, of keys that are replaced, across midnight.
    let cloud = Cloud::new();
    cloud.life.set(1_000);
    let (client, world) = cloud.client(assumed(CredentialSource::CvmRole { name: None }));
    success(world.run(client.identity()));
    reads(&client, &world, 40, Duration::from_secs(400));
    success(world.run(client.identity()));
    assert!(world.now() > Duration::from_secs(6_400), "no midnight");
    assert!(cloud.issued() > 20, "{}", cloud.issued());
}
