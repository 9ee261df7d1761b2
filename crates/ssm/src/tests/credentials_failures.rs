//! What is said when STS gives no keys, and what never is.

use serde_json::json;

use super::{
    cloud::{
        Cloud, EXTERNAL_ID, METADATA, STS, WEB_IDENTITY, assumed, cvm_role, fixed, web_identity,
        web_identity_of,
    },
    script::{Reply, SECRET_KEY, Seen, TOKEN},
    *,
};
use crate::{
    CredentialChain, CredentialSource, ErrorKind, OnError, SecretType, Selection, Step,
    TransportError,
};

#[test]
fn what_sts_says_comes_with_its_code_and_request_id() {
    for (code, kind, advice) in [
        (
            "ResourceNotFound.RoleNotFound",
            ErrorKind::InvalidConfig,
            "roleArn",
        ),
        (
            "UnauthorizedOperation",
            ErrorKind::PermissionDenied,
            "trust",
        ),
        (
            "InvalidParameter.ParamError",
            ErrorKind::InvalidConfig,
            "roleArn",
        ),
        (
            "AuthFailure.SignatureFailure",
            ErrorKind::Unauthenticated,
            "secretKey",
        ),
        ("RequestLimitExceeded", ErrorKind::Throttled, "less often"),
    ] {
        let cloud = Cloud::new();
        cloud.fault(move |seen| (seen.authority == STS).then(|| Reply::code(code)));
        let (client, world) = cloud.client(assumed(fixed()));
        let error = failure(get(&client, &world));
        assert_eq!(error.kind, kind, "{error}");
        assert_eq!(error.code.as_deref(), Some(code));
        assert_eq!(error.request_id.as_deref(), Some("req-1"));
        assert!(error.about_keys);
        let said = format!(
            "assuming the role {} failed: STS says: it is {code}",
            cloud::ROLE
        );
        assert!(error.message.contains(&said), "{error}");
        assert!(error.message.contains(advice), "{error}");
        assert_eq!(world.count("GetSecretValue"), 0);
    }
}

#[test]
fn a_web_identity_that_is_refused_is_the_operators_to_renew() {
    let cloud = Cloud::new();
    let (client, world) = cloud.client(web_identity_of("another-token"));
    let error = failure(get(&client, &world));
    assert_eq!(error.kind, ErrorKind::Unauthenticated);
    assert!(error.message.contains("webIdentityToken"), "{error}");
    assert_eq!(world.seen().len(), 1);
}

#[test]
fn a_failure_to_get_keys_says_nothing_of_a_secret() {
    // By its code alone it would mean that a version is missing, that a secret is gone or denied, or
    // that SSM was reached.
    for code in [
        "ResourceNotFound.RoleNotFound",
        "InvalidParameterValue",
        "UnauthorizedOperation",
        "ResourceUnavailable.ResourceDisabled",
    ] {
        let cloud = Cloud::new();
        cloud.fault(move |seen| (seen.authority == STS).then(|| Reply::code(code)));
        let (client, world) = cloud.client(assumed(fixed()));
        assert!(get(&client, &world).is_err());
        assert!(world.run(client.ping()).is_err());
        let all = Selection::Prefix(String::new());
        assert!(
            world
                .run(client.bulk_get(&all, None, OnError::Skip))
                .is_err()
        );
        let named = Selection::Named(vec![name("x")]);
        assert!(
            world
                .run(client.bulk_get(&named, None, OnError::Skip))
                .is_err()
        );
        assert!(world.actions().iter().all(|action| action == "AssumeRole"));

        let (client, world) = cloud.client_with(assumed(fixed()), |config| {
            config.secret_types = SecretType::ALL.to_vec();
        });
        assert!(failure(get(&client, &world)).about_keys);
        assert_eq!(world.actions(), ["AssumeRole"], "of no other type either");
    }
}

#[test]
fn an_answer_without_keys_is_an_error() {
    for answer in [
        json!({}),
        json!({ "Credentials": null }),
        json!({ "Credentials": [] }),
        json!({ "Credentials": {} }),
        json!({ "Credentials": { "TmpSecretId": "i", "TmpSecretKey": "", "Token": "t" } }),
        json!({ "Credentials": { "TmpSecretId": "i", "TmpSecretKey": 7, "Token": "t" } }),
        json!({ "Credentials": { "TmpSecretId": "i\n", "TmpSecretKey": "k", "Token": "t" } }),
        json!({ "Credentials": { "TmpSecretId": "i", "TmpSecretKey": "k" }, "ExpiredTime": "x" }),
    ] {
        let cloud = Cloud::new();
        cloud.fault(move |seen| (seen.authority == STS).then(|| Reply::ok(answer.clone())));
        let (client, world) = cloud.client(assumed(fixed()));
        let error = failure(get(&client, &world));
        assert_eq!(error.kind, ErrorKind::Internal, "{error}");
        assert_eq!(error.request_id.as_deref(), Some("req-1"));
        assert!(error.message.contains("Check stsEndpoint"), "{error}");
    }
}

#[test]
fn what_answers_no_json_is_named_with_the_property_that_says_where_it_is() {
    let cloud = Cloud::new();
    cloud.fault(|seen| (seen.authority == STS).then(|| Reply::raw(200, "<html>")));
    let (client, world) = cloud.client(assumed(fixed()));
    let said = &failure(get(&client, &world)).message;
    assert!(
        said.contains("is not STS") && said.contains("check stsEndpoint"),
        "{said}"
    );
}

#[test]
fn sts_that_throttles_is_asked_again_by_the_client_whoever_paces_reads() {
    let cloud = Cloud::new();
    let throttled = std::cell::Cell::new(2);
    cloud.fault(move |seen| {
        let left = throttled.get();
        let refuses = seen.authority == STS && left > 0;
        throttled.set(left - u32::from(refuses));
        refuses.then(|| Reply::code("RequestLimitExceeded"))
    });
    let (client, world) = cloud.client_with(assumed(fixed()), |config| {
        config.retry_throttled = false;
    });
    assert!(get(&client, &world).is_ok());
    assert_eq!(world.count("AssumeRole"), 3);
}

#[test]
fn a_deadline_that_passes_while_keys_are_asked_for_names_who_was_asked() {
    let cloud = Cloud::new();
    cloud.fault(|seen| (seen.authority == STS).then(Reply::never));
    let (client, world) = cloud.client_with(assumed(fixed()), |config| {
        config.timeout = std::time::Duration::from_secs(5);
    });
    let error = failure(get(&client, &world));
    assert_eq!(error.kind, ErrorKind::Timeout);
    let expected = format!("https://{STS} did not answer; check the network and stsEndpoint");
    assert!(error.message.contains(&expected), "{error}");
    assert_eq!(world.now().as_secs(), 5);
}

#[test]
fn no_key_token_web_identity_or_external_id_is_in_any_error() {
    /// An answer that echoes all it was sent and all that it gave out before.
    fn echo(seen: &Seen) -> String {
        let keys = (1..9).map(|n| format!("AKIDtmp{n} tmp-key-{n} tmp-token-{n}"));
        let sent = format!("{:?} {}", seen.headers, String::from_utf8_lossy(&seen.raw));
        // The first in a message is what is left of it when it is cut.
        let all = [
            seen.headers
                .get("authorization")
                .cloned()
                .unwrap_or_default(),
            seen.field("ExternalId").to_owned(),
            seen.field("WebIdentityToken").to_owned(),
            seen.headers.get("x-tc-token").cloned().unwrap_or_default(),
            sent,
            keys.collect(),
        ];
        all.join(" ")
    }
    fn said(seen: &Seen, code: &str) -> Reply {
        let text = echo(seen);
        Reply::ok(json!({ "Error": { "Code": code, "Message": text }, "RequestId": text }))
    }
    let faults: [fn(&Seen) -> Reply; 10] = [
        |seen| said(seen, "UnauthorizedOperation"),
        |seen| said(seen, "AuthFailure.TokenFailure"),
        |seen| said(seen, "InternalError"),
        |seen| said(seen, &echo(seen)),
        |seen| Reply::raw(200, echo(seen)),
        |seen| Reply::raw(500, echo(seen)),
        |seen| Reply::raw(404, echo(seen)),
        |seen| Reply::broken(TransportError::Failed(Step::Answer, echo(seen))),
        |seen| Reply::ok(json!({ "Credentials": echo(seen) })),
        |seen| Reply::raw(200, json!({ "Code": echo(seen) }).to_string()),
    ];
    let chains: [fn() -> CredentialChain; 4] = [
        cvm_role,
        web_identity,
        || assumed(fixed()),
        || assumed(CredentialSource::CvmRole { name: None }),
    ];
    let is_signature = |text: &str| {
        let mut runs = text.split(|c: char| !c.is_ascii_hexdigit());
        runs.any(|run| run.len() >= 64)
    };
    for chain in chains {
        for authority in [STS, METADATA, "ssm.tencentcloudapi.com"] {
            for fault in faults {
                let cloud = Cloud::new();
                let (client, world) = cloud.client(chain());
                cloud.fault(move |seen| (seen.authority == authority).then(|| fault(seen)));
                let all = Selection::Prefix(String::new());
                let errors = [
                    get(&client, &world).err(),
                    world.run(client.ping()).err(),
                    world.run(client.identity()).err(),
                    world.run(client.bulk_get(&all, None, OnError::Fail)).err(),
                ];
                for error in errors.into_iter().flatten() {
                    let text = format!("{error:?}");
                    assert!(!is_signature(&text), "{text}");
                    for secret in [SECRET_KEY, TOKEN, WEB_IDENTITY, EXTERNAL_ID] {
                        assert!(!text.contains(secret), "{secret} in {text}");
                    }
                    for number in 1..=cloud.issued() {
                        // Its own keys are what a call is sent with; of others it knows nothing.
                        let in_use = client.caller.keyring.current();
                        let id = format!("AKIDtmp{number}");
                        let own = in_use.is_some_and(|keys| keys.credentials.secrets()[0] == id);
                        let token = format!("tmp-token-{number}");
                        assert!(!own || !text.contains(&token), "{token} in {text}");
                    }
                }
            }
        }
    }
}
