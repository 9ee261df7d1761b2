//! How a secret's type is found, and what that costs.

use std::rc::Rc;

use serde_json::json;

use super::{
    bulk::bulk,
    script::{Reply, SECRET_KEY, Script, Seen, World, client, client_with},
    versions::without_current,
    *,
};
use crate::{
    Config, ErrorKind, OnError, SecretType, Selection, SshKeyPair, Step, TransportError, Value,
};

const PEM: &str = "-----BEGIN RSA PRIVATE KEY-----\nsecret\n-----END RSA PRIVATE KEY-----\n";
/// The same, and `ssh-rsa AAAA login`, in base64.
const PEM_BASE64: &str =
    "LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVktLS0tLQpzZWNyZXQKLS0tLS1FTkQgUlNBIFBSSVZBVEUgS0VZLS0tLS0K";
const PUBLIC_BASE64: &str = "c3NoLXJzYSBBQUFBIGxvZ2lu";

pub(super) fn key_pair(private: &str, public: &str) -> Reply {
    Reply::ok(json!({
        "SSHKeyID": "skey-1", "SSHKeyName": "login", "PublicKey": public, "PrivateKey": private,
        "ProjectID": 0, "SSHKeyDescription": ""
    }))
}

pub(super) fn of_types(types: &[SecretType]) -> impl FnOnce(&mut Config) {
    let types = types.to_vec();
    move |config| {
        config.secret_types = types;
        config.max_retries = 0;
    }
}

const BOTH: [SecretType; 2] = [SecretType::Custom, SecretType::SshKey];

/// A client that may meet SSH keys, whose values and lists of versions are refused with `code`.
fn ssh_client(
    code: &'static str,
    ssh: impl Fn(&Seen) -> Reply + 'static,
) -> (Client<Script>, Rc<World>) {
    client_with(of_types(&BOTH), move |seen| match seen.action.as_str() {
        "GetSSHKeyPairValue" => ssh(seen),
        _ => Reply::code(code),
    })
}

fn pair(value: &Value) -> &SshKeyPair {
    let Value::SshKey(pair) = value else {
        panic!("no key pair");
    };
    pair
}

#[test]
fn a_key_pair_is_read_by_its_own_action_once_the_other_failed_and_at_once_from_then_on() {
    for code in [
        "ResourceNotFound",
        "ResourceNotFound.SecretNotExist",
        "InvalidParameterValue",
        "InvalidParameter.SecretType",
        "UnsupportedOperation",
        "OperationDenied",
        "UnauthorizedOperation",
        "FailedOperation",
    ] {
        let (client, world) = ssh_client(code, |_| key_pair(PEM, "ssh-rsa AAAA login"));
        let secret = success(get(&client, &world));
        assert!(secret.value.as_str() == PEM, "{code}");
        assert_eq!((&*secret.name, &*secret.version_id), ("x", ""));
        assert_eq!(secret.request_id, "req-1");
        let keys = pair(&secret.value);
        assert_eq!(keys.public_key, "ssh-rsa AAAA login");
        assert_eq!((&*keys.key_id, &*keys.key_name), ("skey-1", "login"));
        let first = world.actions();
        assert_eq!(first[0], "GetSecretValue");
        assert!(first.len() <= 3, "{first:?}");
        assert_eq!(
            world.seen().last().unwrap().body,
            json!({ "SecretName": "x" })
        );

        success(get(&client, &world));
        assert_eq!(
            world.actions().split_off(first.len()),
            ["GetSSHKeyPairValue"]
        );
    }
}

#[test]
fn base64_is_undone_where_it_hides_a_key() {
    for (private, public) in [(PEM_BASE64, PUBLIC_BASE64), (PEM, "ssh-rsa AAAA login")] {
        let (client, world) = ssh_client("ResourceNotFound", move |_| key_pair(private, public));
        let secret = success(get(&client, &world));
        let keys = pair(&secret.value);
        assert!(keys.private_key == PEM);
        assert!(keys.public_key == "ssh-rsa AAAA login");
    }
    let (client, world) = ssh_client("ResourceNotFound", |_| key_pair("AAAA", "AAAA"));
    assert!(success(get(&client, &world)).value.as_str() == "AAAA");
}

#[test]
fn a_value_that_holds_the_fields_of_a_key_pair_is_read_as_one_and_else_stays_as_it_is() {
    let json = r#"{"SSHKeyID":"skey-1","PrivateKey":"LS0t"}"#;
    for (code, expected) in [
        ("", Ok(PEM)),
        ("UnsupportedOperation", Ok(json)),
        ("UnauthorizedOperation", Ok(json)),
        ("RequestLimitExceeded", Err(ErrorKind::Throttled)),
    ] {
        let (client, world) = client_with(of_types(&BOTH), move |seen| {
            match (seen.action.as_str(), code) {
                ("GetSSHKeyPairValue", "") => key_pair(PEM, ""),
                ("GetSSHKeyPairValue", code) => Reply::code(code),
                _ => Reply::text("x", "SSM_Current", json),
            }
        });
        match (get(&client, &world), expected) {
            (Ok(secret), Ok(value)) => assert!(secret.value.as_str() == value),
            (Err(error), Err(kind)) => assert_eq!(error.kind, kind),
            _ => panic!("not as expected: {expected:?}"),
        }
        assert_eq!(world.actions(), ["GetSecretValue", "GetSSHKeyPairValue"]);
    }
}

#[test]
fn other_secrets_cost_no_call_more_for_it() {
    let (client, world) = client_with(of_types(&BOTH), |_| Reply::text("x", "SSM_Current", "v"));
    success(get(&client, &world));
    assert_eq!(world.actions(), ["GetSecretValue"]);

    let (client, world) = client_with(of_types(&BOTH), without_current("ResourceNotFound"));
    success(get(&client, &world));
    let three = ["GetSecretValue", "ListSecretVersionIds", "GetSecretValue"];
    assert_eq!(world.actions(), three);
}

#[test]
fn a_client_without_ssh_keys_never_asks_for_one() {
    let types = [SecretType::Custom, SecretType::Database, SecretType::Redis];
    let (client, world) = client_with(of_types(&types), |_| Reply::code("ResourceNotFound"));
    assert_eq!(failure(get(&client, &world)).kind, ErrorKind::NotFound);
    assert_eq!(world.count("GetSSHKeyPairValue"), 0);
}

#[test]
fn a_client_of_ssh_keys_alone_asks_for_them_first() {
    let only = [SecretType::SshKey];
    let (client, world) = client_with(of_types(&only), |_| key_pair(PEM, ""));
    success(get(&client, &world));
    assert_eq!(world.actions(), ["GetSSHKeyPairValue"]);

    let (client, world) = client_with(of_types(&only), |seen| match seen.action.as_str() {
        "GetSSHKeyPairValue" => Reply::code("ResourceNotFound"),
        _ => Reply::text("x", "SSM_Current", "v"),
    });
    assert!(success(get(&client, &world)).value.as_str() == "v");
    assert_eq!(world.seen().len(), 2);
}

#[test]
fn what_fails_for_another_reason_is_not_tried_as_a_key_pair() {
    for code in [
        "ResourceUnavailable.ResourceDisabled",
        "ResourceUnavailable.NotPurchased",
        "AuthFailure.SignatureFailure",
        "AuthFailure.TokenFailure",
        "RequestLimitExceeded",
        "InternalError",
        "UnsupportedRegion",
    ] {
        let (client, world) = ssh_client(code, |_| key_pair(PEM, ""));
        let error = failure(get(&client, &world));
        assert_eq!(error.code.as_deref(), Some(code));
        assert_eq!(world.actions(), ["GetSecretValue"]);
    }
}

#[test]
fn a_missing_secret_is_a_plain_not_found_whatever_is_said_of_the_key_pair() {
    for code in [
        "ResourceNotFound",
        "InvalidParameterValue",
        "UnsupportedOperation",
        "InvalidAction",
    ] {
        let (client, world) = ssh_client("ResourceNotFound.SecretNotExist", move |_| {
            Reply::code(code)
        });
        let error = failure(get(&client, &world));
        assert_eq!(error.kind, ErrorKind::NotFound);
        let said = error.code.as_deref();
        assert_eq!(said, Some("ResourceNotFound.SecretNotExist"));
        assert!(error.message.starts_with("reading the secret x"), "{error}");
        assert!(!error.message.contains("SSH"), "{error}");
    }
}

#[test]
fn a_denial_of_the_key_pair_leaves_a_not_found_and_says_what_to_allow() {
    let (client, world) = ssh_client("ResourceNotFound", |_| Reply::code("UnauthorizedOperation"));
    let error = failure(get(&client, &world));
    assert_eq!(error.kind, ErrorKind::NotFound);
    assert_eq!(error.code.as_deref(), Some("ResourceNotFound"));
    let end = "; should it be an SSH key pair, allow ssm:GetSSHKeyPairValue for it as well";
    assert!(error.message.ends_with(end), "{error}");
}

#[test]
fn a_secret_is_not_called_missing_where_its_key_pair_could_not_be_asked_for() {
    let cases: [(fn() -> Reply, ErrorKind); 5] = [
        (|| Reply::code("RequestLimitExceeded"), ErrorKind::Throttled),
        (|| Reply::code("InternalError"), ErrorKind::Unavailable),
        (|| Reply::code("AuthFailure"), ErrorKind::Unauthenticated),
        (|| Reply::raw(200, "no JSON"), ErrorKind::Unavailable),
        (
            || Reply::broken(TransportError::Failed(Step::Connect, "refused".to_owned())),
            ErrorKind::Unavailable,
        ),
    ];
    for (reply, kind) in cases {
        let (client, world) = ssh_client("ResourceNotFound", move |_| reply());
        let error = failure(get(&client, &world));
        assert_eq!(error.kind, kind, "{error}");
        assert!(
            error.message.starts_with("reading the SSH key pair x"),
            "{error}"
        );
        assert!(error.message.contains("it is ResourceNotFound"), "{error}");
    }
}

#[test]
fn a_key_pair_that_is_disabled_is_not_called_missing() {
    let (client, world) = ssh_client("InvalidParameterValue", |_| {
        Reply::code("ResourceUnavailable")
    });
    let error = failure(get(&client, &world));
    assert_eq!(error.code.as_deref(), Some("ResourceUnavailable"));
    assert!(
        error
            .message
            .contains("enable the secret, if it is disabled"),
        "{error}"
    );
}

#[test]
fn a_version_is_never_one_of_a_key_pair() {
    let (client, world) = ssh_client("ResourceNotFound", |_| key_pair(PEM, ""));
    for version in ["v1", "previous"] {
        let error = failure(get_version(&client, &world, version));
        assert_eq!(error.kind, ErrorKind::NotFound);
    }
    assert_eq!(world.count("GetSSHKeyPairValue"), 0);
    // The current version is what a key pair has.
    success(get_version(&client, &world, "SSM_Current"));
    let error = failure(get_version(&client, &world, "v1"));
    assert!(error.message.contains("version v1"), "{error}");
}

#[test]
fn a_name_that_became_another_type_is_read_as_that() {
    let (client, world) = client_with(of_types(&BOTH), |seen| {
        match (seen.action.as_str(), seen.at.as_millis() < 500) {
            ("GetSSHKeyPairValue", true) => key_pair(PEM, ""),
            ("GetSSHKeyPairValue", false) | (_, true) => Reply::code("ResourceNotFound"),
            (_, false) => Reply::text("x", "SSM_Current", "v"),
        }
    });
    success(get(&client, &world));
    let half = std::time::Duration::from_millis(500);
    world.run(crate::Transport::sleep(&client.caller.transport, half));
    let before = world.seen().len();
    for _ in 0..2 {
        assert!(success(get(&client, &world)).value.as_str() == "v");
    }
    let after = world.actions().split_off(before);
    assert_eq!(
        after,
        ["GetSSHKeyPairValue", "GetSecretValue", "GetSecretValue"]
    );
}

#[test]
fn an_answer_without_a_private_key_or_for_another_secret_is_refused() {
    for (fields, complaint) in [
        (json!({ "PublicKey": "ssh-rsa" }), "no private key"),
        (json!({ "PrivateKey": "" }), "no private key"),
        (
            json!({ "PrivateKey": PEM, "SecretName": "y" }),
            "this secret",
        ),
        (json!({ "PrivateKey": [PEM] }), "documented form"),
        (
            json!({ "PrivateKey": PEM, "SSHKeyID": 7 }),
            "documented form",
        ),
    ] {
        let types = of_types(&[SecretType::SshKey]);
        let (client, world) = client_with(types, move |seen| match seen.action.as_str() {
            "GetSSHKeyPairValue" => Reply::ok(fields.clone()),
            _ => Reply::code("ResourceNotFound"),
        });
        let error = failure(get(&client, &world));
        assert_eq!(error.kind, ErrorKind::Internal);
        assert!(error.message.contains(complaint), "{error}");
        assert!(!error.message.contains("secret\n"), "{error}");
        assert!(!error.message.contains(SECRET_KEY), "{error}");
    }
}

#[test]
fn names_in_a_bulk_read_find_their_type_as_single_reads_do() {
    let (client, world) = client_with(of_types(&BOTH), |seen| {
        match (seen.action.as_str(), seen.field("SecretName")) {
            ("GetSSHKeyPairValue", "key") => key_pair(PEM, ""),
            ("GetSecretValue", "text") => Reply::text("text", "SSM_Current", "v"),
            _ => Reply::code("ResourceNotFound"),
        }
    });
    let selection = || Selection::Named(["text", "key"].map(name).to_vec());
    let secrets = success(bulk(&client, &world, &selection(), OnError::Fail));
    assert!(secrets[0].value.as_str() == PEM && secrets[1].value.as_str() == "v");
    let before = world.seen().len();
    success(bulk(&client, &world, &selection(), OnError::Fail));
    let mut after = world.actions().split_off(before);
    after.sort();
    assert_eq!(after, ["GetSSHKeyPairValue", "GetSecretValue"]);
}

#[test]
fn the_default_is_custom_secrets_alone() {
    let (client, world) = client(|_| Reply::code("ResourceNotFound"));
    failure(get(&client, &world));
    assert_eq!(world.count("GetSSHKeyPairValue"), 0);
}
