//! Secrets of every type, in single and bulk reads, and what narrows a bulk read.

use dapr_wasm_host::{CallError, Kind, Secret as Read};
use host_test::harness::{Harness, metadata, store_error};
use ssm_emulator::{Account, Behaviour, Config, KeyPair, Rates, Secret, SshSecretValue};

const PRIVATE: &str =
    "-----BEGIN OPENSSH PRIVATE KEY-----\nc2FtcGxl\n-----END OPENSSH PRIVATE KEY-----\n";
const PUBLIC: &str = "ssh-ed25519 AAAASAMPLE login";

fn login() -> Secret {
    let key_pair = KeyPair {
        id: "skey-1a2b3c4d".to_owned(),
        name: "login".to_owned(),
        public_key: PUBLIC.to_owned(),
        private_key: PRIVATE.to_owned(),
    };
    Secret::ssh("login-key", key_pair)
}

/// A secret of each type.
fn one_of_each() -> Config {
    Config {
        secrets: vec![
            Secret::text("app-token", "SSM_Current", "token").tag("env", "prod"),
            Secret::text("app-other", "v1", "other").tag("env", "test"),
            Secret::database("orders-mysql", "Mysql", "app", "p\"w").tag("env", "prod"),
            login().tag("env", "prod").tag("team", "b"),
            Secret::redis("sessions-redis", "default", "r3dis"),
        ],
        rates: Rates::none(),
        ..Config::default()
    }
}

fn names(secrets: &[Read]) -> Vec<&str> {
    secrets.iter().map(|secret| secret.name.as_str()).collect()
}

/// Whether these are its entries, and no others.
fn has(secret: &Read, entries: &[(&str, &str)]) -> bool {
    let is = |(key, value): &(&str, &str)| secret.value(key) == Some(*value);
    secret.data.len() == entries.len() && entries.iter().all(is)
}

fn actions(it: &Harness) -> Vec<String> {
    let requests = it.emulator.requests();
    requests.into_iter().map(|seen| seen.action).collect()
}

const SSH: (&str, &str) = ("secretTypes", "custom,ssh-key");

#[tokio::test]
async fn an_ssh_key_is_its_private_key_whatever_ssm_says_and_encodes() {
    let it = Harness::start(one_of_each(), &[]).await;
    let refused = |code: &str| SshSecretValue::Refused(code.to_owned());
    for ssh_secret_value in [
        refused("InvalidParameterValue"),
        refused("ResourceNotFound.SecretNotExist"),
        refused("UnsupportedOperation"),
        SshSecretValue::Empty,
        SshSecretValue::Json,
    ] {
        for ssh_keys_are_base64 in [true, false] {
            it.emulator.set_behaviour(Behaviour {
                ssh_secret_value: ssh_secret_value.clone(),
                ssh_keys_are_base64,
                ..Behaviour::default()
            });
            let mut store = it.initialised(&[SSH]).await.unwrap();
            it.emulator.clear_requests();
            let key = store.get("login-key", &vec![]).await.unwrap();
            assert_eq!(key.value("login-key"), Some(PRIVATE));
            assert_eq!((key.data.len(), &*key.version_id), (1, ""));
            assert!((2..=4).contains(&actions(&it).len()), "{:?}", actions(&it));
            it.emulator.clear_requests();
            store.get("login-key", &vec![]).await.unwrap();
            assert_eq!(actions(&it), ["GetSSHKeyPairValue"]);
            // The others cost what they did.
            it.emulator.clear_requests();
            store.get("app-token", &vec![]).await.unwrap();
            assert_eq!(actions(&it), ["GetSecretValue"]);
        }
    }
    it.emulator.clear_requests();
    let mut store = it.initialised(&[("secretTypes", "ssh-key")]).await.unwrap();
    store.get("login-key", &vec![]).await.unwrap();
    assert_eq!(actions(&it), ["GetSSHKeyPairValue"]);
}

#[tokio::test]
async fn several_entries_of_a_secret_are_those_of_its_type() {
    let it = Harness::start(one_of_each(), &[]).await;
    let multiple = ("multipleKeyValuesPerSecret", "true");
    let mut store = it.initialised(&[SSH, multiple]).await.unwrap();
    let key = store.get("login-key", &vec![]).await.unwrap();
    let expected = [
        ("KeyId", "skey-1a2b3c4d"),
        ("KeyName", "login"),
        ("PrivateKey", PRIVATE),
        ("PublicKey", PUBLIC),
    ];
    assert!(has(&key, &expected));
    for (name, user, password) in [
        ("orders-mysql", "app", "p\"w"),
        ("sessions-redis", "default", "r3dis"),
    ] {
        let account = store.get(name, &vec![]).await.unwrap();
        assert!(
            has(&account, &[("Password", password), ("UserName", user)]),
            "{name}"
        );
    }
    let mut store = it.initialised(&[]).await.unwrap();
    let whole = store.get("orders-mysql", &vec![]).await.unwrap();
    assert_eq!(
        whole.value("orders-mysql"),
        Some(r#"{"UserName":"app","Password":"p\"w"}"#)
    );
}

#[tokio::test]
async fn a_bulk_read_lists_the_types_that_are_asked_for() {
    let it = Harness::start(one_of_each(), &[]).await;
    for (types, expected) in [
        ("custom", &["app-other", "app-token"][..]),
        ("ssh-key", &["login-key"]),
        ("redis, Database", &["orders-mysql", "sessions-redis"]),
        ("cloud-api-key", &[]),
        (
            "custom,database,ssh-key,cloud-api-key,redis",
            &[
                "app-other",
                "app-token",
                "login-key",
                "orders-mysql",
                "sessions-redis",
            ],
        ),
    ] {
        let mut store = it.initialised(&[("secretTypes", types)]).await.unwrap();
        it.emulator.clear_requests();
        let secrets = store.bulk_get(&vec![]).await.unwrap();
        assert_eq!(names(&secrets), expected, "{types}");
        let lists = actions(&it)
            .iter()
            .filter(|it| *it == "ListSecrets")
            .count();
        assert_eq!(lists, types.split(',').count());
        // The list says which are SSH keys: nothing is tried.
        let failed = it
            .emulator
            .requests()
            .iter()
            .filter(|seen| seen.code.is_some())
            .count();
        assert_eq!(failed, usize::from(types.contains("custom")), "{types}");
        if let Some(key) = secrets.iter().find(|secret| secret.name == "login-key") {
            assert_eq!(key.value("login-key"), Some(PRIVATE));
        }
    }
}

#[tokio::test]
async fn prefix_and_names_hold_for_every_type() {
    let it = Harness::start(one_of_each(), &[]).await;
    let types = ("secretTypes", "custom,ssh-key,database");
    let mut store = it
        .initialised(&[types, ("prefix", "login-")])
        .await
        .unwrap();
    let secrets = store.bulk_get(&vec![]).await.unwrap();
    assert_eq!(names(&secrets), ["key"]);
    assert_eq!(secrets[0].value("key"), Some(PRIVATE));
    assert!(store.get("key", &vec![]).await.unwrap().value("key") == Some(PRIVATE));

    let mut store = it
        .initialised(&[types, ("tagFilters", "env=none")])
        .await
        .unwrap();
    let asked = metadata(&[("names", "login-key,app-other,sessions-redis")]);
    let secrets = store.bulk_get(&asked).await.unwrap();
    assert_eq!(
        names(&secrets),
        ["app-other", "login-key", "sessions-redis"]
    );
}

#[tokio::test]
async fn tags_narrow_a_bulk_read_whatever_the_types() {
    let it = Harness::start(one_of_each(), &[]).await;
    for (tags, expected) in [
        ("env=prod", &["app-token", "login-key", "orders-mysql"][..]),
        (
            "env=prod|test",
            &["app-other", "app-token", "login-key", "orders-mysql"],
        ),
        ("env=prod, team=a|b", &["login-key"]),
        ("env=test,team=b", &[]),
    ] {
        let properties = [
            ("secretTypes", "custom,database,ssh-key"),
            ("tagFilters", tags),
        ];
        let mut store = it.initialised(&properties).await.unwrap();
        let secrets = store.bulk_get(&vec![]).await.unwrap();
        assert_eq!(names(&secrets), expected, "{tags}");
    }
}

#[tokio::test]
async fn a_version_fails_a_bulk_read_with_ssh_keys_unless_they_may_be_skipped() {
    let it = Harness::start(one_of_each(), &[]).await;
    let version = metadata(&[("version_id", "v1")]);
    let mut store = it.initialised(&[("secretTypes", "ssh-key")]).await.unwrap();
    let error = store_error(store.bulk_get(&version).await);
    assert_eq!(error.kind, Kind::NotFound);
    assert!(error.message.contains("no versions"), "{error}");
    let mut store = it
        .initialised(&[SSH, ("bulkOnError", "skip")])
        .await
        .unwrap();
    let secrets = store.bulk_get(&version).await.unwrap();
    assert_eq!(names(&secrets), ["app-other"]);
}

#[tokio::test]
async fn where_redis_is_not_listed_the_error_says_what_to_change() {
    let mut config = one_of_each();
    config.behaviour.redis_is_listed = false;
    let mut it = Harness::start(config, &[("secretTypes", "custom,redis")]).await;
    let error = store_error(it.store.bulk_get(&vec![]).await);
    assert!(error.message.contains("secrets of type redis"), "{error}");
    assert!(
        error.message.contains("take it out of secretTypes"),
        "{error}"
    );
    let asked = metadata(&[("names", "sessions-redis")]);
    assert_eq!(it.store.bulk_get(&asked).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_missing_secret_stays_one_where_ssh_keys_are_denied() {
    let mut config = one_of_each();
    let account = Account {
        denied: vec!["GetSSHKeyPairValue".to_owned()],
        ..Account::sample()
    };
    config.accounts = vec![account];
    let mut it = Harness::start(config, &[SSH]).await;
    let error = store_error(it.store.get("no-such", &vec![]).await);
    assert_eq!(error.kind, Kind::NotFound);
    assert!(
        error.message.contains("reading the secret no-such"),
        "{error}"
    );
    assert!(error.message.contains("ssm:GetSSHKeyPairValue"), "{error}");
    let error = store_error(it.store.bulk_get(&vec![]).await);
    assert_eq!(error.kind, Kind::PermissionDenied);
    assert!(error.message.contains("SSH key pair login-key"), "{error}");
}

#[tokio::test]
async fn types_and_tags_that_are_none_are_refused_by_init_by_their_setting() {
    let it = Harness::start(Config::sample(), &[]).await;
    for (setting, value) in [
        ("secretTypes", "custom,s3cr3t"),
        ("tagFilters", "s3cr3t"),
        ("tagFilters", "env=a,env=s3cr3t"),
    ] {
        let Err(CallError::Store(error)) = it.initialised(&[(setting, value)]).await else {
            panic!("{setting} was taken");
        };
        assert_eq!(error.kind, Kind::InvalidConfig);
        assert!(error.message.starts_with(setting), "{error}");
        assert!(!error.message.contains("s3cr3t"), "{error}");
    }
}
