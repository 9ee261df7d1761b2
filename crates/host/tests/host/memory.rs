//! What the host remembers of a store: with the real component, by the requests that an emulator
//! sees.

use std::time::Duration;

use futures_util::future::{join, join_all};
use http::{Method, StatusCode};
use rustix::process::Signal;
use ssm_emulator::{Config, Emulator, Fault, FaultKind, Secret};
use tokio::time::{sleep, timeout};

use crate::{
    plugged::Plugged,
    support::{Answer, Folder, Served, component, environment, on, run, secrets_file, send, text},
};

const TOKEN: &str = "/v1.0/secrets/tencent/api-token";
const REFRESHED: &str = "/v1.0/secrets/tencent/api-token?metadata.refresh_cache=True";

struct World {
    emulator: Emulator,
    folder: Folder,
    served: Served,
}

impl World {
    /// A store `tencent` with `properties`.
    async fn new(config: Config, properties: &[(&str, &str)]) -> Self {
        let emulator = Emulator::start(config).await.unwrap();
        let folder = Folder::new().with("a.yaml", &on(&emulator, "tencent", properties));
        let served = Served::start(&folder, &["--log-level=debug"], &[]);
        Self {
            emulator,
            folder,
            served,
        }
    }

    async fn cached(properties: &[(&str, &str)]) -> Self {
        let all = [&[("cacheTTL", "1h")], properties].concat();
        Self::new(Config::sample(), &all).await
    }

    /// The value of `api-token` from now on.
    fn put(&self, value: &str) {
        let secret = Secret::text("api-token", "SSM_Current", value);
        self.emulator.put_secret(secret);
    }

    async fn get(&self, path: &str) -> Answer {
        self.served.get(path).await
    }

    /// That `path` answers `value` as the token.
    async fn gives(&self, path: &str, value: &str) {
        let answer = self.get(path).await;
        let expected = format!("{{\"api-token\":\"{value}\"}}\n");
        assert_eq!(answer.body, expected, "{}", self.served.process.log());
    }

    fn requests(&self) -> usize {
        self.emulator.requests().len()
    }
}

#[tokio::test]
async fn without_a_cache_every_read_asks_the_store() {
    let world = World::new(Config::sample(), &[]).await;
    for value in ["one", "two"] {
        world.put(value);
        world.gives(TOKEN, value).await;
    }
    assert_eq!(world.requests(), 2);
}

#[tokio::test]
async fn what_is_kept_is_given_without_a_request_until_it_is_asked_for_anew() {
    let mut world = World::cached(&[]).await;
    world.put("one");
    world.gives(TOKEN, "one").await;
    world.put("two");
    world.gives(TOKEN, "one").await;
    assert_eq!(world.requests(), 1);
    world.gives(REFRESHED, "two").await;
    world.gives(TOKEN, "two").await;
    assert_eq!(world.requests(), 2);
    // Another version is another read.
    let version = format!("{TOKEN}?metadata.version_id=SSM_Current");
    world.gives(&version, "two").await;
    assert_eq!(world.requests(), 3);
    let lines = world.served.process.wait_for("answered", 5);
    let from = |what: &str| lines.iter().filter(|line| line.contains(what)).count();
    assert_eq!((from("cache"), from("the store")), (2, 3), "{lines:?}");
}

#[tokio::test]
async fn a_value_whose_time_has_passed_is_read_again() {
    let world = World::new(Config::sample(), &[("cacheTTL", "300ms")]).await;
    world.put("one");
    world.gives(TOKEN, "one").await;
    world.put("two");
    sleep(Duration::from_millis(400)).await;
    world.gives(TOKEN, "two").await;
    assert_eq!(world.requests(), 2);
}

#[tokio::test]
async fn a_value_whose_time_has_passed_leaves_memory_though_nobody_asks() {
    let world = World::new(Config::sample(), &[("cacheTTL", "300ms")]).await;
    for path in ["bulk", "api-token"] {
        let answer = world.get(&format!("/v1.0/secrets/tencent/{path}")).await;
        assert_eq!(answer.status, StatusCode::OK);
    }
    for _ in 0..1_000 {
        let metrics = send(world.served.metrics, Method::GET, "/", &[], "").await;
        let empty = "dapr_wasm_cache_bytes{app_id=\"\",component=\"tencent\",namespace=\"\"} 0\n";
        if metrics.body.contains(empty) {
            return;
        }
        sleep(Duration::from_millis(20)).await;
    }
    panic!("values stay");
}

#[tokio::test]
async fn a_bulk_read_is_kept_and_renews_single_reads() {
    let world = World::cached(&[]).await;
    world.put("one");
    world.gives(TOKEN, "one").await;
    world.put("two");
    let bulk = world.get("/v1.0/secrets/tencent/bulk").await;
    assert_eq!(bulk.status, StatusCode::OK);
    let sent = world.requests();
    world.gives(TOKEN, "two").await;
    assert_eq!(
        world.get("/v1.0/secrets/tencent/bulk").await.body,
        bulk.body
    );
    assert_eq!(world.requests(), sent);
}

#[tokio::test]
async fn the_least_recently_used_goes_when_memory_is_full() {
    let world = World::cached(&[("cacheMemoryLimit", "4Ki")]).await;
    let read = async |name: &str| {
        let answer = world.get(&format!("/v1.0/secrets/tencent/{name}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    };
    for name in ["a", "b", "c", "d"] {
        let value = "x".repeat(1_000);
        let secret = Secret::text(name, "SSM_Current", &value);
        world.emulator.put_secret(secret);
    }
    read("a").await;
    read("b").await;
    read("a").await;
    read("c").await;
    assert_eq!(world.requests(), 3);
    read("a").await;
    read("d").await;
    assert_eq!(world.requests(), 4);
    read("a").await;
    assert_eq!(world.requests(), 4, "it was used");
    read("b").await;
    assert_eq!(world.requests(), 5, "it was not");
}

#[tokio::test]
async fn errors_are_not_kept() {
    let world = World::cached(&[]).await;
    for count in 1..=2 {
        let answer = world.get("/v1.0/secrets/tencent/no-such").await;
        assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(world.requests() >= count);
    }
    let secret = Secret::text("no-such", "SSM_Current", "there");
    world.emulator.put_secret(secret);
    let answer = world.get("/v1.0/secrets/tencent/no-such").await;
    assert_eq!(answer.body, "{\"no-such\":\"there\"}\n");
}

#[tokio::test]
async fn a_stale_value_is_given_while_the_store_cannot_be_asked_and_never_when_it_can() {
    let properties = [
        ("cacheTTL", "200ms"),
        ("cacheStaleOnError", "1h"),
        ("maxRetries", "0"),
    ];
    let mut world = World::new(Config::sample(), &properties).await;
    world.put("one");
    world.gives(TOKEN, "one").await;
    world.put("two");
    sleep(Duration::from_millis(300)).await;
    let throttled = FaultKind::Error("RequestLimitExceeded".to_owned());
    for kind in [FaultKind::Reset, throttled] {
        world.emulator.clear_faults();
        world.emulator.add_fault(Fault::new(kind));
        world.gives(TOKEN, "one").await;
        let answer = world.get(REFRESHED).await;
        assert_ne!(answer.status, StatusCode::OK, "{answer:?}");
    }
    let line = world
        .served
        .process
        .wait_for("a stale value is given", 1)
        .remove(0);
    assert!(
        line.contains("tencent") && !line.contains("\"one\""),
        "{line}"
    );
    world.emulator.clear_faults();
    world.gives(TOKEN, "two").await;
    // An error of another kind is the answer.
    sleep(Duration::from_millis(300)).await;
    let gone = Secret::text("api-token", "SSM_Current", "two").disabled();
    world.emulator.put_secret(gone);
    let answer = world.get(TOKEN).await;
    assert_ne!(answer.status, StatusCode::OK, "{answer:?}");
}

#[tokio::test]
async fn equal_reads_at_the_same_time_are_one_request() {
    let config = Config {
        latency: Duration::from_millis(500),
        ..Config::sample()
    };
    for cache in [&[][..], &[("cacheTTL", "1h")]] {
        let world = World::new(config.clone(), cache).await;
        let answers = join_all((0..64).map(|_| world.get(TOKEN))).await;
        assert!(answers.iter().all(|answer| answer.status == StatusCode::OK));
        assert_eq!(world.requests(), 1);
        world.emulator.clear_requests();
        let bulk = "/v1.0/secrets/tencent/bulk?metadata.names=api-token,payment-service";
        let answers = join_all((0..16).map(|_| world.get(bulk))).await;
        assert!(answers.iter().all(|answer| answer.body == answers[0].body));
        assert_eq!(world.requests(), 2, "one for each secret");
    }
}

#[tokio::test]
async fn a_caller_that_goes_away_does_not_take_the_others_call_with_it() {
    let config = Config {
        latency: Duration::from_secs(2),
        ..Config::sample()
    };
    let world = World::new(config, &[]).await;
    let leaving = async {
        let gone = timeout(Duration::from_millis(700), world.get(TOKEN)).await;
        assert!(gone.is_err());
    };
    let staying = async {
        sleep(Duration::from_millis(300)).await;
        world.get(TOKEN).await
    };
    let ((), answer) = join(leaving, staying).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    assert_eq!(world.requests(), 1);
}

#[tokio::test]
async fn a_component_keeps_what_is_remembered_until_it_changes() {
    let mut world = World::cached(&[]).await;
    world.put("one");
    world.gives(TOKEN, "one").await;
    world.put("two");
    let other = component("env", "secretstores.local.env", &[], "");
    world.folder.write("b.yaml", &other);
    world.served.process.wait_for("serves", 2);
    world.served.process.signal(Signal::HUP);
    sleep(Duration::from_millis(500)).await;
    world.gives(TOKEN, "one").await;
    let changed = on(&world.emulator, "tencent", &[("cacheTTL", "2h")]);
    world.folder.write("a.yaml", &changed);
    crate::reload::until(&world.served, TOKEN, r#"{"api-token":"two"}"#).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_takes_what_is_there_now_from_a_store_that_remembers() {
    let world = World::cached(&[]).await;
    world.put("A_");
    world.gives(TOKEN, "A_").await;
    let reference =
        "  - name: prefix\n    secretKeyRef: {name: api-token}\nauth:\n  secretStore: tencent\n";
    let env = component("env", "secretstores.local.env", &[], reference);
    let folder = Folder::new()
        .with(
            "a.yaml",
            &on(&world.emulator, "tencent", &[("cacheTTL", "1h")]),
        )
        .with("b.yaml", &env);
    let served = Served::start(&folder, &[], &[("A_X", "a"), ("B_X", "b")]);
    crate::reload::until(&served, "/v1.0/secrets/env/X", r#"{"X":"a"}"#).await;
    world.put("B_");
    served.process.signal(Signal::HUP);
    crate::reload::until(&served, "/v1.0/secrets/env/X", r#"{"X":"b"}"#).await;
}

#[tokio::test]
async fn a_local_store_is_remembered_too_and_its_changed_file_is_another_store() {
    let folder = Folder::new();
    let file = secrets_file(&folder, r#"{"token": "one"}"#);
    let items = [("secretsFile", file.as_str()), ("CACHETTL", "1h")];
    folder.write(
        "a.yaml",
        &component("file", "secretstores.local.file", &items, ""),
    );
    let mut served = Served::start(&folder, &["--log-level=debug"], &[]);
    for _ in 0..2 {
        let answer = served.get("/v1.0/secrets/file/token").await;
        assert_eq!(answer.body, "{\"token\":\"one\"}\n");
    }
    let lines = served.process.wait_for("answered", 2);
    assert!(lines[1].contains("cache"), "{lines:?}");
    folder.write("secrets.json", r#"{"token": "two"}"#);
    crate::reload::until(&served, "/v1.0/secrets/file/token", r#"{"token":"two"}"#).await;
}

#[tokio::test]
async fn a_property_of_the_cache_that_cannot_be_read_ends_the_start_of_its_store() {
    for (name, value) in [
        ("cacheTTL", "5"),
        ("cacheMemoryLimit", "lots"),
        ("cacheStaleOnError", "-1s"),
    ] {
        let items = [(name, value)];
        let local = component("env", "secretstores.local.env", &items, "");
        let folder = Folder::new().with("a.yaml", &local);
        let path = folder.path().to_str().unwrap();
        let output = run(&["check", "--resources-path", path], &[]);
        let said = text(&output.stdout);
        assert!(!output.status.success());
        assert!(said.contains(&format!("{name} is not")), "{said}");
    }
}

#[tokio::test]
async fn a_store_of_plug_is_remembered_too_by_init_or_by_the_environment() {
    let emulator = Emulator::start(Config::sample()).await.unwrap();
    let url = emulator.url();
    let caching = [("TENCENTCLOUD_SSM_CACHE_TTL", "1h")];
    let env = [&environment(&url)[..], &caching].concat();
    let folder = Folder::new();
    let plugged = Plugged::start(&folder, &[], &env);
    let mut client = plugged.client().await;
    client
        .init("by-init", &emulator, &[("cacheTTL", "1h")])
        .await
        .unwrap();
    for (count, store) in ["by-init", "by-environment"].into_iter().enumerate() {
        for _ in 0..3 {
            let value = client.value(store, "api-token").await;
            assert_eq!(value, "sample-token-4f1c");
        }
        assert_eq!(emulator.requests().len(), count + 1);
    }
    // Another Init is another store.
    client
        .init("by-init", &emulator, &[("cacheTTL", "1h")])
        .await
        .unwrap();
    client.value("by-init", "api-token").await;
    assert_eq!(emulator.requests().len(), 3);
}
