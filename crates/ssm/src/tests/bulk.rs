use std::time::Duration;

use serde_json::json;

use super::{
    script::{Reply, SECRET_KEY, Script, Seen, World, client, client_with},
    *,
};
use crate::{ErrorKind, OnError, Selection};

/// `count` secrets, each worth its own name; every answer takes 20 ms.
pub(super) fn account(count: usize) -> impl Fn(&Seen) -> Reply {
    move |seen| {
        let reply = match seen.action.as_str() {
            "ListSecrets" => {
                let offset = seen.body["Offset"].as_u64().unwrap() as usize;
                let limit = seen.body["Limit"].as_u64().unwrap() as usize;
                let names = (offset..count.min(offset + limit)).map(
                    |number| json!({ "SecretName": format!("s{number:04}"), "SecretType": 0 }),
                );
                Reply::ok(json!({
                    "TotalCount": count, "SecretMetadatas": names.collect::<Vec<_>>()
                }))
            }
            _ => {
                let name = seen.field("SecretName");
                Reply::text(name, seen.field("VersionId"), &format!("of {name}"))
            }
        };
        reply.after(Duration::from_millis(20))
    }
}

pub(super) fn all() -> Selection {
    Selection::Prefix(String::new())
}

fn named(names: &[&str]) -> Selection {
    Selection::Named(names.iter().map(|text| name(text)).collect())
}

pub(super) fn bulk(
    client: &Client<Script>,
    world: &World,
    selection: &Selection,
    on_error: OnError,
) -> Result<Vec<SecretValue>, Error> {
    world.run(client.bulk_get(selection, None, on_error))
}

fn names_of(secrets: &[SecretValue]) -> Vec<&str> {
    secrets.iter().map(|secret| secret.name.as_str()).collect()
}

#[test]
fn a_list_whose_count_is_null_is_a_list_and_one_without_both_fields_is_none() {
    for (list, good) in [
        (json!({ "TotalCount": null, "SecretMetadatas": [] }), true),
        (json!({ "TotalCount": 0, "SecretMetadatas": null }), true),
        (
            json!({ "TotalCount": null, "SecretMetadatas": null }),
            false,
        ),
    ] {
        let reply = list.clone();
        let (client, world) = client(move |_| Reply::ok(reply.clone()));
        let read = bulk(&client, &world, &all(), OnError::Fail);
        assert_eq!(read.is_ok(), good, "{list}");
        if let Err(error) = read {
            assert!(error.message.starts_with("listing the secrets"), "{error}");
            assert!(!error.message.contains("of type"), "{error}");
        }
    }
}

#[test]
fn a_listed_name_that_holds_the_key_takes_it_into_no_error() {
    let answers: [fn(&Seen) -> Reply; 2] = [
        |_| Reply::raw(200, "no JSON"),
        |_| Reply::code("ResourceNotFound"),
    ];
    for answer in answers {
        let (client, world) = client(move |seen| {
            if seen.action != "ListSecrets" {
                return answer(seen);
            }
            let name = format!("db{SECRET_KEY}\n");
            Reply::ok(json!({
                "TotalCount": 1, "SecretMetadatas": [{ "SecretName": name, "SecretType": 0 }]
            }))
        });
        if let Err(error) = bulk(&client, &world, &all(), OnError::Fail) {
            assert!(!error.message.contains(SECRET_KEY), "{error}");
            assert!(!error.message.contains(char::is_control), "{error}");
        }
    }
}

#[test]
fn every_secret_comes_once_with_its_own_value_sorted_by_name() {
    let (client, world) = client(account(250));
    let secrets = success(bulk(&client, &world, &all(), OnError::Fail));
    assert_eq!(secrets.len(), 250);
    assert!(names_of(&secrets).is_sorted());
    for secret in &secrets {
        assert!(secret.value.as_str() == format!("of {}", secret.name));
    }
    assert_eq!(world.count("ListSecrets"), 3);
    assert_eq!(world.count("GetSecretValue"), 250);
}

#[test]
fn pages_ask_for_enabled_custom_secrets_the_oldest_first() {
    let (client, world) = client(account(1));
    success(bulk(&client, &world, &all(), OnError::Fail));
    assert_eq!(
        world.seen()[0].body,
        json!({ "Offset": 0, "Limit": 100, "OrderType": 1, "State": 1, "SecretType": 0 })
    );
}

#[test]
fn as_many_requests_are_in_flight_as_allowed_and_no_more() {
    for max_in_flight in [1, 8, 64] {
        let (client, world) =
            client_with(|config| config.max_in_flight = max_in_flight, account(250));
        success(bulk(&client, &world, &all(), OnError::Fail));
        assert_eq!(world.peak(), max_in_flight);
    }
}

#[test]
fn other_pages_and_values_start_as_soon_as_the_first_page_is_there() {
    let (client, world) = client(account(250));
    success(bulk(&client, &world, &all(), OnError::Fail));
    let first_page = Duration::from_millis(20);
    let started: Vec<String> = world
        .seen()
        .into_iter()
        .filter(|seen| seen.at == first_page)
        .map(|seen| seen.action)
        .collect();
    assert_eq!(started[..2], ["ListSecrets", "ListSecrets"]);
    assert_eq!(started.len(), 64);
    // 1 page, then 252 requests, 64 at a time.
    assert_eq!(world.now(), first_page + 4 * Duration::from_millis(20));
}

#[test]
fn a_secret_that_vanished_or_was_disabled_meanwhile_is_left_out() {
    for code in [
        "ResourceNotFound.SecretNotExist",
        "ResourceUnavailable.ResourceDisabled",
        "ResourceUnavailable.ResourcePendingDeleted",
    ] {
        let list = account(3);
        let (client, world) = client(move |seen| match seen.field("SecretName") {
            "s0001" => Reply::code(code),
            _ => list(seen),
        });
        let secrets = success(bulk(&client, &world, &all(), OnError::Fail));
        assert_eq!(names_of(&secrets), ["s0000", "s0002"]);
    }
}

#[test]
fn a_secret_asked_for_by_name_must_exist() {
    let list = account(3);
    let (client, world) = client(move |seen| match seen.field("SecretName") {
        "gone" => Reply::code("ResourceNotFound.SecretNotExist"),
        _ => list(seen),
    });
    let selection = named(&["s0002", "s0000"]);
    let secrets = success(bulk(&client, &world, &selection, OnError::Fail));
    assert_eq!(names_of(&secrets), ["s0000", "s0002"]);
    assert_eq!(world.count("ListSecrets"), 0);

    let selection = named(&["s0000", "gone"]);
    let error = failure(bulk(&client, &world, &selection, OnError::Fail));
    assert_eq!(error.kind, ErrorKind::NotFound);
    let secrets = success(bulk(&client, &world, &selection, OnError::Skip));
    assert_eq!(names_of(&secrets), ["s0000"]);
}

#[test]
fn one_secret_that_cannot_be_read_fails_the_whole_unless_it_may_be_skipped() {
    for code in ["UnauthorizedOperation", "OperationDenied.RoleNotExist"] {
        let list = account(3);
        let (client, world) = client(move |seen| match seen.field("SecretName") {
            "s0001" => Reply::code(code),
            _ => list(seen),
        });
        let error = failure(bulk(&client, &world, &all(), OnError::Fail));
        assert_eq!(error.code.as_deref(), Some(code));
        assert!(error.message.contains("s0001"), "{error}");
        let secrets = success(bulk(&client, &world, &all(), OnError::Skip));
        assert_eq!(names_of(&secrets), ["s0000", "s0002"]);
    }
}

#[test]
fn what_may_pass_and_refused_keys_are_never_skipped() {
    for code in ["InternalError", "RequestLimitExceeded", "AuthFailure"] {
        let list = account(3);
        let (client, world) = client(move |seen| match seen.field("SecretName") {
            "s0001" => Reply::code(code),
            _ => list(seen),
        });
        let error = failure(bulk(&client, &world, &all(), OnError::Skip));
        assert_eq!(error.code.as_deref(), Some(code));
    }
}

#[test]
fn only_names_with_the_prefix_are_read() {
    let (client, world) = client(account(250));
    let selection = Selection::Prefix("s002".into());
    let secrets = success(bulk(&client, &world, &selection, OnError::Fail));
    assert_eq!(secrets.len(), 10);
    assert_eq!(world.count("GetSecretValue"), 10);
}

#[test]
fn a_failed_page_fails_the_whole_even_when_failures_may_be_skipped() {
    let list = account(250);
    let (client, world) = client(move |seen| match seen.body["Offset"].as_u64() {
        Some(198) => Reply::code("UnauthorizedOperation"),
        _ => list(seen),
    });
    let error = failure(bulk(&client, &world, &all(), OnError::Skip));
    assert_eq!(error.kind, ErrorKind::PermissionDenied);
    assert!(error.message.contains("listing"), "{error}");
}

#[test]
fn an_account_without_secrets_is_an_empty_answer() {
    let (client, world) = client(account(0));
    let secrets = success(bulk(&client, &world, &all(), OnError::Fail));
    assert!(secrets.is_empty());
    assert_eq!(world.actions(), ["ListSecrets"]);
}

#[test]
fn the_version_of_the_request_holds_for_every_secret() {
    let (client, world) = client(account(5));
    let version = VersionId::parse("v7").unwrap();
    let secrets = success(world.run(client.bulk_get(&all(), Some(&version), OnError::Fail)));
    assert!(secrets.iter().all(|secret| secret.version_id == "v7"));
}

#[test]
fn a_secret_that_lacks_the_version_fails_the_whole_unless_it_may_be_skipped() {
    let version = VersionId::parse("v7").unwrap();
    for code in ["ResourceNotFound", "InvalidParameterValue"] {
        let list = account(3);
        let (client, world) = client(move |seen| match seen.field("SecretName") {
            "s0001" => Reply::code(code),
            _ => list(seen),
        });
        let read = |on_error| world.run(client.bulk_get(&all(), Some(&version), on_error));
        let error = failure(read(OnError::Fail));
        assert_eq!(error.code.as_deref(), Some(code));
        assert!(error.message.contains("s0001 (version v7)"), "{error}");
        let secrets = success(read(OnError::Skip));
        assert_eq!(names_of(&secrets), ["s0000", "s0002"]);
    }
}

#[test]
fn a_secret_that_is_gone_is_left_out_whatever_the_version() {
    let version = VersionId::parse("v7").unwrap();
    for code in [
        "ResourceNotFound.SecretNotExist",
        "ResourceUnavailable.ResourceDisabled",
        "ResourceUnavailable.ResourcePendingDeleted",
    ] {
        let list = account(3);
        let (client, world) = client(move |seen| match seen.field("SecretName") {
            "s0001" => Reply::code(code),
            _ => list(seen),
        });
        let selection = all();
        let read = client.bulk_get(&selection, Some(&version), OnError::Fail);
        assert_eq!(names_of(&success(world.run(read))), ["s0000", "s0002"]);
    }
}
