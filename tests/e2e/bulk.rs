//! Reading many secrets at once.

use dapr_wasm_host::{Kind, Secret as Read};
use host_test::harness::{Harness, metadata, store_error};
use ssm_emulator::{Behaviour, Config, Fault, FaultKind, Rates, Secret};

/// An emulator with `count` secrets, of which `value-N` is the value of `secret-N`.
fn many(count: usize) -> Config {
    let secret = |number| {
        let (name, value) = (format!("secret-{number:04}"), format!("value-{number:04}"));
        Secret::text(&name, "SSM_Current", &value)
    };
    Config {
        secrets: (0..count).map(secret).collect(),
        rates: Rates::none(),
        ..Config::default()
    }
}

fn assert_whole(secrets: &[Read], count: usize) {
    assert_eq!(secrets.len(), count);
    for (number, secret) in secrets.iter().enumerate() {
        assert_eq!(secret.name, format!("secret-{number:04}"));
        let value = format!("value-{number:04}");
        assert_eq!(secret.value(&secret.name), Some(value.as_str()));
    }
}

#[tokio::test]
async fn all_enabled_custom_secrets_come_sorted_each_with_its_own_value() {
    let mut it = Harness::start(Config::sample(), &[]).await;
    let secrets = it.store.bulk_get(&vec![]).await.unwrap();
    let names: Vec<&str> = secrets.iter().map(|secret| secret.name.as_str()).collect();
    assert_eq!(
        names,
        ["api-token", "db-password", "payment-service", "tls-key"]
    );
    assert_eq!(secrets[1].value("db-password"), Some("sample-password-new"));
}

#[tokio::test]
async fn any_number_of_secrets_comes_whole() {
    for count in [0, 1, 100, 101, 250] {
        let mut it = Harness::start(many(count), &[]).await;
        let secrets = it.store.bulk_get(&vec![]).await.unwrap();
        assert_whole(&secrets, count);
    }
}

#[tokio::test]
async fn a_server_that_cuts_pages_loses_nothing() {
    let mut config = many(250);
    config.behaviour = Behaviour {
        max_limit: Some(33),
        ..Behaviour::default()
    };
    let mut it = Harness::start(config, &[]).await;
    assert_whole(&it.store.bulk_get(&vec![]).await.unwrap(), 250);
}

#[tokio::test]
async fn one_instance_keeps_many_requests_in_flight_and_no_more_than_it_may() {
    let slow = Fault::new(FaultKind::Latency(std::time::Duration::from_millis(400)));
    let mut config = many(120);
    config.faults = vec![slow.on("GetSecretValue")];
    let it = Harness::start(config, &[]).await;
    for limit in [1, 7, 40] {
        it.emulator.clear_requests();
        let limit_text = limit.to_string();
        let properties = [
            ("maxInFlight", limit_text.as_str()),
            ("prefix", "secret-00"),
        ];
        let mut store = it.initialised(&properties).await.unwrap();
        let names: Vec<String> = (0..limit * 2).map(|n| format!("{n:02}")).collect();
        let asked = metadata(&[("names", &names.join(","))]);
        store.bulk_get(&asked).await.unwrap();
        assert_eq!(it.emulator.peak_in_flight(), limit);
    }
}

#[tokio::test]
async fn connections_are_kept_and_used_again() {
    let config = many(200);
    let it = Harness::start(config, &[]).await;
    let mut store = it.initialised(&[("maxInFlight", "8")]).await.unwrap();
    store.bulk_get(&vec![]).await.unwrap();
    assert!(it.emulator.requests().len() > 200);
    let connections = it.emulator.connections();
    assert!(connections <= 16, "{connections} connections");
}

#[tokio::test]
async fn named_secrets_are_read_and_nothing_is_listed() {
    let mut it = Harness::start(Config::sample(), &[]).await;
    let asked = metadata(&[("names", "tls-key, api-token,tls-key,")]);
    let secrets = it.store.bulk_get(&asked).await.unwrap();
    let names: Vec<&str> = secrets.iter().map(|secret| secret.name.as_str()).collect();
    assert_eq!(names, ["api-token", "tls-key"]);
    let actions = it.emulator.requests();
    assert!(actions.iter().all(|seen| seen.action != "ListSecrets"));

    let asked = metadata(&[("names", "api-token,no-such")]);
    let error = store_error(it.store.bulk_get(&asked).await);
    assert_eq!(error.kind, Kind::NotFound);
    assert!(error.message.contains("no-such"), "{error}");
    let error = store_error(it.store.bulk_get(&metadata(&[("names", " , ")])).await);
    assert_eq!(error.kind, Kind::InvalidRequest);
}

#[tokio::test]
async fn a_prefix_narrows_what_is_listed_and_is_not_shown() {
    let mut config = Config::sample();
    config
        .secrets
        .push(Secret::text("app-x", "SSM_Current", "one"));
    config
        .secrets
        .push(Secret::text("app-y", "SSM_Current", "two"));
    let it = Harness::start(config, &[]).await;
    let mut store = it.initialised(&[("prefix", "app-")]).await.unwrap();
    let secrets = store.bulk_get(&vec![]).await.unwrap();
    let found: Vec<_> = secrets
        .iter()
        .map(|it| (it.name.as_str(), it.value(&it.name)))
        .collect();
    assert_eq!(found, [("x", Some("one")), ("y", Some("two"))]);
}

#[tokio::test]
async fn one_failure_fails_the_whole_unless_it_may_be_skipped() {
    let mut config = many(30);
    let denied = FaultKind::Error("UnauthorizedOperation".to_owned());
    config.faults = vec![Fault::new(denied).of("secret-0007")];
    let mut it = Harness::start(config, &[]).await;
    let error = store_error(it.store.bulk_get(&vec![]).await);
    assert_eq!(error.kind, Kind::PermissionDenied);
    assert!(error.message.contains("secret-0007"), "{error}");

    let mut store = it.initialised(&[("bulkOnError", "skip")]).await.unwrap();
    let secrets = store.bulk_get(&vec![]).await.unwrap();
    assert_eq!(secrets.len(), 29);
    assert!(secrets.iter().all(|secret| secret.name != "secret-0007"));
}

#[tokio::test]
async fn a_secret_that_vanishes_after_it_was_listed_is_left_out() {
    let mut config = many(30);
    let gone = FaultKind::Error("ResourceNotFound.SecretNotExist".to_owned());
    config.faults = vec![Fault::new(gone).of("secret-0007")];
    let disabled = FaultKind::Error("ResourceUnavailable.ResourceDisabled".to_owned());
    config.faults.push(Fault::new(disabled).of("secret-0008"));
    let mut it = Harness::start(config, &[]).await;
    assert_eq!(it.store.bulk_get(&vec![]).await.unwrap().len(), 28);
}

#[tokio::test]
async fn an_answer_that_is_no_list_is_refused_and_not_taken_for_an_empty_one() {
    for raw in [
        r#"{"Response":{"RequestId":"r"}}"#,
        r#"{"Response":{"TotalCount":null,"SecretMetadatas":null,"RequestId":"r"}}"#,
        r#"{"Response":{"TotalCount":3,"SecretMetadatas":[],"RequestId":"r"}}"#,
        r#"{"Response":{"TotalCount":-1,"SecretMetadatas":[],"RequestId":"r"}}"#,
        r#"{"Response":{"TotalCount":1,"SecretMetadatas":[{}],"RequestId":"r"}}"#,
    ] {
        let mut config = many(1);
        config.faults = vec![Fault::new(FaultKind::Raw(raw.as_bytes().to_vec()))];
        let mut it = Harness::start(config, &[]).await;
        let error = store_error(it.store.bulk_get(&vec![]).await);
        assert_eq!(error.kind, Kind::Internal, "{raw}: {error}");
    }
    let none = r#"{"Response":{"TotalCount":0,"SecretMetadatas":null,"RequestId":"r"}}"#;
    let mut config = many(1);
    config.faults = vec![Fault::new(FaultKind::Raw(none.as_bytes().to_vec()))];
    let mut it = Harness::start(config, &[]).await;
    assert!(it.store.bulk_get(&vec![]).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_documented_rates_are_kept_without_being_told() {
    let mut config = many(450);
    config.rates = Rates::documented();
    let mut it = Harness::start(config, &[]).await;
    assert_whole(&it.store.bulk_get(&vec![]).await.unwrap(), 450);
    let requests = it.emulator.requests();
    let throttled = requests.iter().filter(|seen| seen.code.is_some()).count();
    // Without pacing it is a third of them. A busy machine may delay a few into the next second.
    assert!(throttled < 45, "{throttled} throttled");
}

#[tokio::test]
async fn a_lower_rate_than_documented_slows_down_and_loses_nothing() {
    let mut config = many(120);
    config.rates = Rates::none().with("GetSecretValue", 40);
    let mut it = Harness::start(config, &[("maxRetries", "8")]).await;
    assert_whole(&it.store.bulk_get(&vec![]).await.unwrap(), 120);
}
