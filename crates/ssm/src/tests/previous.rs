//! The version before the current one.

use serde_json::{Value as Json, json};

use super::{
    bulk::{account, all, bulk},
    script::{Reply, Seen, client},
    versions::{versions, without_current},
    *,
};
use crate::{ErrorKind, OnError};

/// Whatever is asked for can be read; the list of versions is `list`.
fn with_versions(list: Json) -> impl Fn(&Seen) -> Reply {
    move |seen| match seen.action.as_str() {
        "GetSecretValue" => {
            let version = seen.field("VersionId");
            Reply::text(seen.field("SecretName"), version, &format!("of {version}"))
        }
        _ => versions(seen, list.clone()),
    }
}

fn version(id: &str, created: i64) -> Json {
    json!({ "VersionId": id, "CreateTime": created })
}

#[test]
fn the_previous_version_is_the_second_newest_and_takes_two_calls_each_time() {
    let (client, world) = client(without_current("ResourceNotFound"));
    for _ in 0..2 {
        let secret = success(get_version(&client, &world, "previous"));
        assert!(secret.value.as_str() == "of v2");
        assert_eq!(secret.version_id, "v2");
    }
    let two = ["ListSecretVersionIds", "GetSecretValue"];
    assert_eq!(world.actions(), [two, two].concat());
}

#[test]
fn of_a_products_secret_it_is_what_was_there_before_the_current_one() {
    let list = json!([
        version("SSM_Current", 30),
        version("old", 20),
        version("older", 10)
    ]);
    let (client, world) = client(with_versions(list));
    let secret = success(get_version(&client, &world, "previous"));
    assert!(secret.value.as_str() == "of old");
}

#[test]
fn a_version_that_is_called_previous_wins() {
    let list = json!([
        version("v3", 30),
        version("v2", 20),
        version("previous", 10)
    ]);
    let (client, world) = client(with_versions(list));
    let secret = success(get_version(&client, &world, "previous"));
    assert_eq!(secret.version_id, "previous");
}

#[test]
fn without_a_previous_version_it_is_not_found_and_says_why() {
    for (list, why) in [
        (json!([]), "has no version: put a value into it"),
        (
            json!([version("v1", 1)]),
            "has only one version, v1, and no previous one",
        ),
        (
            json!([version("SSM_Current", 1)]),
            "has only one version, SSM_Current, and",
        ),
        (
            json!([version("SSM_Current", 1), version("v2", 2)]),
            "has no version that is older than SSM_Current",
        ),
    ] {
        let (client, world) = client(with_versions(list));
        let error = failure(get_version(&client, &world, "previous"));
        assert_eq!(error.kind, ErrorKind::NotFound);
        assert_eq!(error.request_id.as_deref(), Some("req-1"));
        assert!(error.message.starts_with("the secret x"), "{error}");
        assert!(error.message.contains(why), "{error}");
        assert_eq!(world.actions(), ["ListSecretVersionIds"]);
    }
}

#[test]
fn a_list_that_is_denied_or_of_a_secret_that_is_gone_is_the_reads_own_failure() {
    for (code, kind) in [
        ("UnauthorizedOperation", ErrorKind::PermissionDenied),
        ("ResourceNotFound", ErrorKind::NotFound),
    ] {
        let (client, world) = client(move |_| Reply::code(code));
        let error = failure(get_version(&client, &world, "previous"));
        assert_eq!(error.kind, kind);
        assert!(
            error.message.contains("finding the previous version"),
            "{error}"
        );
        assert_eq!(world.seen().len(), 1);
    }
}

#[test]
fn a_bulk_read_of_previous_versions_fails_for_a_secret_without_one_unless_it_may_be_skipped() {
    let list = account(3);
    let (client, world) = client(move |seen| match seen.action.as_str() {
        "ListSecretVersionIds" if seen.field("SecretName") == "s0001" => {
            versions(seen, json!([version("v1", 1)]))
        }
        "ListSecretVersionIds" => versions(seen, json!([version("v1", 1), version("v2", 2)])),
        _ => list(seen),
    });
    let id = VersionId::parse("previous").unwrap();
    let read = |on_error| world.run(client.bulk_get(&all(), Some(&id), on_error));
    let error = failure(read(OnError::Fail));
    assert_eq!(error.kind, ErrorKind::NotFound);
    assert!(
        error.message.contains("s0001 has only one version"),
        "{error}"
    );
    let secrets = success(read(OnError::Skip));
    assert_eq!(secrets.len(), 2);
    assert!(secrets.iter().all(|secret| secret.version_id == "v1"));
    success(bulk(&client, &world, &all(), OnError::Fail));
}
