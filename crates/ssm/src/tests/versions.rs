use serde_json::{Value as Json, json};

use super::{
    script::{Reply, Seen, client},
    *,
};
use crate::ErrorKind;

/// A custom secret without `SSM_Current`: v1, then v3 and v2, newest last created.
pub(super) fn without_current(code: &'static str) -> impl Fn(&Seen) -> Reply {
    move |seen| match (seen.action.as_str(), seen.field("VersionId")) {
        ("GetSecretValue", "SSM_Current") => Reply::code(code),
        ("GetSecretValue", version) => {
            Reply::text(seen.field("SecretName"), version, &format!("of {version}"))
        }
        _ => versions(
            seen,
            json!([
                { "VersionId": "v2", "CreateTime": 20 },
                { "VersionId": "v3", "CreateTime": 30 },
                { "VersionId": "v1", "CreateTime": 10 },
            ]),
        ),
    }
}

pub(super) fn versions(seen: &Seen, versions: Json) -> Reply {
    Reply::ok(json!({ "SecretName": seen.field("SecretName"), "Versions": versions }))
}

#[test]
fn a_named_version_takes_one_call() {
    let (client, world) = client(without_current("ResourceNotFound"));
    let secret = success(get_version(&client, &world, "v2"));
    assert!(secret.value.as_str() == "of v2");
    assert_eq!(world.actions(), ["GetSecretValue"]);
}

#[test]
fn the_current_version_takes_one_call() {
    let (client, world) = client(|_| Reply::text("x", "SSM_Current", "value"));
    success(get(&client, &world));
    assert_eq!(world.actions(), ["GetSecretValue"]);
    assert_eq!(world.seen()[0].field("VersionId"), "SSM_Current");
}

#[test]
fn without_a_current_version_the_newest_is_read_first_in_three_calls_then_in_two() {
    for code in [
        "ResourceNotFound",
        "ResourceNotFound.SecretNotExist",
        "ResourceNotFound.VersionNotExist",
        "InvalidParameterValue",
    ] {
        let (client, world) = client(without_current(code));
        let secret = success(get(&client, &world));
        assert_eq!(secret.version_id, "v3");
        assert!(secret.value.as_str() == "of v3");
        let three = ["GetSecretValue", "ListSecretVersionIds", "GetSecretValue"];
        assert_eq!(world.actions(), three, "{code}");

        success(get(&client, &world));
        let mut two = world.actions().split_off(3);
        two.sort();
        assert_eq!(two, ["GetSecretValue", "ListSecretVersionIds"]);
    }
}

#[test]
fn a_new_version_is_seen_at_once_although_the_lack_is_remembered() {
    let (client, world) = client(
        |seen| match (seen.action.as_str(), seen.field("VersionId")) {
            ("GetSecretValue", "SSM_Current") => Reply::code("ResourceNotFound"),
            ("GetSecretValue", version) => Reply::text("x", version, "value"),
            _ if seen.at.as_millis() < 50 => {
                versions(seen, json!([{ "VersionId": "v1", "CreateTime": 1 }]))
            }
            _ => versions(
                seen,
                json!([{ "VersionId": "v1", "CreateTime": 1 }, { "VersionId": "v2", "CreateTime": 2 }]),
            ),
        },
    );
    assert_eq!(success(get(&client, &world)).version_id, "v1");
    world.run(crate::Transport::sleep(
        &client.caller.transport,
        std::time::Duration::from_secs(1),
    ));
    assert_eq!(success(get(&client, &world)).version_id, "v2");
}

#[test]
fn a_current_version_that_appears_later_is_read_again() {
    let (client, world) = client(|seen| {
        let has_current = seen.at.as_millis() >= 50;
        match (seen.action.as_str(), seen.field("VersionId")) {
            ("GetSecretValue", "SSM_Current") if !has_current => Reply::code("ResourceNotFound"),
            ("GetSecretValue", version) => Reply::text("x", version, "value"),
            _ if has_current => versions(
                seen,
                json!([{ "VersionId": "v1", "CreateTime": 1 }, { "VersionId": "SSM_Current", "CreateTime": 0 }]),
            ),
            _ => versions(seen, json!([{ "VersionId": "v1", "CreateTime": 1 }])),
        }
    });
    assert_eq!(success(get(&client, &world)).version_id, "v1");
    world.run(crate::Transport::sleep(
        &client.caller.transport,
        std::time::Duration::from_secs(1),
    ));
    assert_eq!(success(get(&client, &world)).version_id, "SSM_Current");
    success(get(&client, &world));
    assert_eq!(
        world.actions().last().map(String::as_str),
        Some("GetSecretValue")
    );
    // The read before it was in vain: what was remembered, then the list and `SSM_Current`.
    assert_eq!(world.seen().len(), 3 + 3 + 1);
}

#[test]
fn a_missing_secret_is_not_found_with_ssms_code() {
    let (client, world) = client(|_| Reply::code("ResourceNotFound.SecretNotExist"));
    let error = failure(get(&client, &world));
    assert_eq!(error.kind, ErrorKind::NotFound);
    assert_eq!(
        error.code.as_deref(),
        Some("ResourceNotFound.SecretNotExist")
    );
    assert!(error.message.contains("reading the secret x"), "{error}");
}

#[test]
fn a_missing_named_version_is_not_found_and_no_other_is_read_instead() {
    let (client, world) = client(|_| Reply::code("ResourceNotFound"));
    let error = failure(get_version(&client, &world, "v9"));
    assert_eq!(error.kind, ErrorKind::NotFound);
    assert!(error.message.contains("v9"), "{error}");
    assert_eq!(world.actions(), ["GetSecretValue"]);
}

#[test]
fn a_secret_without_any_version_is_not_found() {
    let (client, world) = client(|seen| match seen.action.as_str() {
        "GetSecretValue" => Reply::code("ResourceNotFound"),
        _ => versions(seen, Json::Null),
    });
    let error = failure(get(&client, &world));
    assert_eq!(error.kind, ErrorKind::NotFound);
    assert!(error.message.contains("no version"), "{error}");
}

#[test]
fn a_policy_that_forbids_listing_versions_is_named() {
    let (client, world) = client(|seen| match seen.action.as_str() {
        "GetSecretValue" => Reply::code("ResourceNotFound"),
        _ => Reply::code("UnauthorizedOperation"),
    });
    let error = failure(get(&client, &world));
    assert_eq!(error.kind, ErrorKind::PermissionDenied);
    assert!(error.message.contains("newest version"), "{error}");
}

#[test]
fn versions_of_another_secret_are_refused() {
    let (client, world) = client(|seen| match seen.action.as_str() {
        "GetSecretValue" => Reply::code("ResourceNotFound"),
        _ => Reply::ok(json!({ "SecretName": "y", "Versions": [{ "VersionId": "v1" }] })),
    });
    assert_eq!(failure(get(&client, &world)).kind, ErrorKind::Internal);
}
