//! Bulk reads of several types, and of what has certain tags.

use std::time::Duration;

use serde_json::json;

use super::{
    bulk::{all, bulk},
    script::{Reply, Seen, client_with},
    ssh_keys::{key_pair, of_types},
    *,
};
use crate::{ErrorKind, OnError, SecretType, Selection, TagFilter};

/// An account with `count` secrets of each type, called by its number: `t2-0001` is an SSH key pair.
/// Each is worth its own name, and every answer takes 20 ms.
fn account(count: usize) -> impl Fn(&Seen) -> Reply {
    move |seen| {
        let name = seen.field("SecretName");
        let reply = match seen.action.as_str() {
            "ListSecrets" => {
                let offset = seen.body["Offset"].as_u64().unwrap() as usize;
                let limit = seen.body["Limit"].as_u64().unwrap() as usize;
                let kind = &seen.body["SecretType"];
                let items = (offset..count.min(offset + limit)).map(
                    |number| json!({ "SecretName": format!("t{kind}-{number:04}"), "SecretType": kind }),
                );
                Reply::ok(json!({
                    "TotalCount": count, "SecretMetadatas": items.collect::<Vec<_>>()
                }))
            }
            "GetSSHKeyPairValue" if name.starts_with("t2") => key_pair(&format!("of {name}"), ""),
            "GetSecretValue" if !name.starts_with("t2") => {
                Reply::text(name, seen.field("VersionId"), &format!("of {name}"))
            }
            _ => Reply::code("InvalidParameterValue"),
        };
        reply.after(Duration::from_millis(20))
    }
}

#[test]
fn every_type_is_listed_at_once_and_read_by_its_own_action_and_sorted() {
    let (client, world) = client_with(of_types(&SecretType::ALL), account(30));
    let secrets = success(bulk(&client, &world, &all(), OnError::Fail));
    assert_eq!(secrets.len(), 150);
    assert!(secrets.is_sorted_by(|one, next| one.name < next.name));
    for secret in &secrets {
        assert!(secret.value.as_str() == format!("of {}", secret.name));
    }
    let seen = world.seen();
    let mut types: Vec<u64> = seen
        .iter()
        .filter(|seen| seen.at == Duration::ZERO)
        .map(|seen| seen.body["SecretType"].as_u64().unwrap())
        .collect();
    types.sort();
    assert_eq!(types, [0, 1, 2, 3, 4]);
    assert_eq!(world.count("GetSSHKeyPairValue"), 30);
    assert_eq!(world.count("GetSecretValue"), 120);

    // What the list said is remembered for single reads.
    let before = world.seen().len();
    success(world.run(client.get(&name("t2-0007"), None)));
    assert_eq!(world.actions().split_off(before), ["GetSSHKeyPairValue"]);
}

#[test]
fn only_the_types_asked_for_are_listed() {
    let types = [SecretType::Database, SecretType::SshKey];
    let (client, world) = client_with(of_types(&types), account(3));
    let secrets = success(bulk(&client, &world, &all(), OnError::Fail));
    assert_eq!(secrets.len(), 6);
    assert_eq!(world.count("ListSecrets"), 2);
}

#[test]
fn many_pages_of_many_types_come_whole_however_few_requests_are_in_flight() {
    let types = [SecretType::Custom, SecretType::Database];
    for max_in_flight in [1, 7] {
        let configure = |config: &mut crate::Config| {
            of_types(&types)(config);
            config.max_in_flight = max_in_flight;
            config.max_requests_per_second = 0;
        };
        let (client, world) = client_with(configure, account(250));
        let secrets = success(bulk(&client, &world, &all(), OnError::Fail));
        assert_eq!(secrets.len(), 500);
        assert_eq!(world.peak(), max_in_flight);
        assert_eq!(world.count("ListSecrets"), 6);
    }
}

#[test]
fn key_pairs_and_lists_keep_to_their_own_rates() {
    let (client, world) = client_with(of_types(&[SecretType::SshKey]), account(90));
    success(bulk(&client, &world, &all(), OnError::Fail));
    let seen = world.seen();
    let starts: Vec<Duration> = seen
        .iter()
        .filter(|seen| seen.action == "GetSSHKeyPairValue")
        .map(|seen| seen.at)
        .collect();
    for window in starts.windows(21) {
        assert!(window[20] - window[0] > Duration::from_secs(1));
    }
}

#[test]
fn a_name_in_two_lists_is_read_once() {
    let types = [SecretType::Custom, SecretType::Database];
    let (client, world) = client_with(of_types(&types), |seen| match seen.action.as_str() {
        "ListSecrets" => Reply::ok(json!({
            "TotalCount": 1, "SecretMetadatas": [{ "SecretName": "same" }]
        })),
        _ => Reply::text("same", "SSM_Current", "v"),
    });
    let secrets = success(bulk(&client, &world, &all(), OnError::Fail));
    assert_eq!(secrets.len(), 1);
    assert_eq!(world.count("GetSecretValue"), 1);
}

#[test]
fn a_prefix_holds_for_every_type() {
    let (client, world) = client_with(of_types(&SecretType::ALL), account(30));
    let selection = Selection::Prefix("t2-001".into());
    let secrets = success(bulk(&client, &world, &selection, OnError::Fail));
    assert_eq!(secrets.len(), 10);
    assert_eq!(world.count("GetSecretValue"), 0);
}

#[test]
fn what_vanished_is_left_out_and_what_fails_may_be_skipped_whatever_its_type() {
    let all_types = || of_types(&SecretType::ALL);
    for (code, left_out) in [
        ("ResourceNotFound", true),
        ("ResourceUnavailable.ResourceDisabled", true),
        ("UnauthorizedOperation", false),
        ("InvalidParameterValue", false),
    ] {
        let list = account(2);
        let server = move |seen: &Seen| match seen.field("SecretName") {
            "t1-0001" | "t2-0001" => Reply::code(code),
            _ => list(seen),
        };
        let (client, world) = client_with(all_types(), server);
        if left_out {
            let secrets = success(bulk(&client, &world, &all(), OnError::Fail));
            assert_eq!(secrets.len(), 8);
        } else {
            let error = failure(bulk(&client, &world, &all(), OnError::Fail));
            assert_eq!(error.code.as_deref(), Some(code));
            let secrets = success(bulk(&client, &world, &all(), OnError::Skip));
            assert_eq!(secrets.len(), 8, "{code}");
        }
    }
}

#[test]
fn a_key_pair_lacks_every_version_and_so_fails_the_whole_unless_it_may_be_skipped() {
    let types = [SecretType::Custom, SecretType::SshKey];
    let (client, world) = client_with(of_types(&types), account(2));
    let version = VersionId::parse("v7").unwrap();
    let read = |on_error| world.run(client.bulk_get(&all(), Some(&version), on_error));
    let error = failure(read(OnError::Fail));
    assert_eq!(error.kind, ErrorKind::NotFound);
    assert!(
        error.message.contains("has no versions (asked for: v7)"),
        "{error}"
    );
    let secrets = success(read(OnError::Skip));
    assert!(secrets.iter().all(|secret| secret.version_id == "v7"));
    assert_eq!(secrets.len(), 2);
    assert_eq!(world.count("GetSSHKeyPairValue"), 0);
}

#[test]
fn a_list_of_redis_that_is_refused_or_of_others_is_an_error_that_says_what_to_change() {
    let types = [SecretType::Custom, SecretType::Redis];
    let refused = |_: &Seen| Reply::code("InvalidParameterValue");
    let others = |_: &Seen| {
        Reply::ok(json!({
            "TotalCount": 1, "SecretMetadatas": [{ "SecretName": "x", "SecretType": 0 }]
        }))
    };
    let answers: [fn(&Seen) -> Reply; 2] = [refused, others];
    for answer in answers {
        let list = account(2);
        let (client, world) =
            client_with(
                of_types(&types),
                move |seen| match seen.body["SecretType"].as_u64() {
                    Some(4) => answer(seen),
                    _ => list(seen),
                },
            );
        for on_error in [OnError::Fail, OnError::Skip] {
            let error = failure(bulk(&client, &world, &all(), on_error));
            assert!(error.message.contains("secrets of type redis"), "{error}");
            let way_out = "take it out of secretTypes, and read these secrets by their names";
            assert!(error.message.contains(way_out), "{error}");
        }
    }
}

#[test]
fn a_refused_list_points_to_the_settings_that_narrow_it() {
    let tag = TagFilter {
        tag_key: "env".to_owned(),
        tag_value: vec!["prod".to_owned()],
    };
    for (types, tags, way_out) in [
        (&[SecretType::Custom][..], vec![], "the version"),
        (&[SecretType::Database], vec![], "check secretTypes"),
        (
            &[SecretType::Custom],
            vec![tag],
            "check secretTypes and tagFilters",
        ),
    ] {
        let configure = |config: &mut crate::Config| {
            of_types(types)(config);
            config.tag_filters = tags;
        };
        let (client, world) = client_with(configure, |_| Reply::code("InvalidParameterValue"));
        let error = failure(bulk(&client, &world, &all(), OnError::Fail));
        assert!(error.message.ends_with(way_out), "{error}");
    }
}

#[test]
fn tags_go_to_every_list_and_to_nothing_else() {
    let tags = [("env", &["prod"][..]), ("team", &["a", "b"])].map(|(key, values)| TagFilter {
        tag_key: key.to_owned(),
        tag_value: values.iter().map(ToString::to_string).collect(),
    });
    let configure = |config: &mut crate::Config| {
        of_types(&[SecretType::Custom, SecretType::SshKey])(config);
        config.tag_filters = tags.to_vec();
    };
    let (client, world) = client_with(configure, account(150));
    success(bulk(&client, &world, &all(), OnError::Fail));
    let expected = json!([
        { "TagKey": "env", "TagValue": ["prod"] }, { "TagKey": "team", "TagValue": ["a", "b"] },
    ]);
    for seen in world.seen() {
        let tags = &seen.body["TagFilters"];
        if seen.action == "ListSecrets" {
            assert_eq!(*tags, expected);
        } else {
            assert!(tags.is_null());
        }
    }
    let named = Selection::Named(vec![name("t0-0001")]);
    success(bulk(&client, &world, &named, OnError::Fail));
    assert!(world.seen().last().unwrap().body["TagFilters"].is_null());
}
