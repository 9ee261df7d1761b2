//! Component YAML, by what is served of it.

use ssm_emulator::{Config, Emulator, SAMPLE_SECRET_ID, SAMPLE_SECRET_KEY, Secret};

use crate::support::{Folder, SSM, Served, command, component, on, secrets_file, text};

#[tokio::test]
async fn keys_come_from_another_store_by_reference() {
    let emulator = Emulator::start(Config::sample()).await.unwrap();
    let folder = Folder::new();
    let file = secrets_file(
        &folder,
        &format!(r#"{{"tencent": {{"id": "{SAMPLE_SECRET_ID}", "key": "{SAMPLE_SECRET_KEY}"}}}}"#),
    );
    let url = emulator.url();
    // By name the store comes before what it takes its keys from.
    let references = "  - name: secretId\n    secretKeyRef: {name: 'tencent:id', key: 'tencent:id'}\n  - name: \
                      secretKey\n    secretKeyRef: {name: 'tencent:key'}\n  - name: region\n    envRef: \
                      REGION\nauth:\n  secretStore: local\n";
    let ours = component("a", SSM, &[("endpoint", &url)], references);
    let items = [("secretsFile", file.as_str())];
    let local = component("local", "secretstores.local.file", &items, "");
    folder.write("a.yaml", &format!("{ours}---\n{local}"));
    let served = Served::start(&folder, &[], &[("REGION", "ap-guangzhou")]);
    let answer = served.get("/v1.0/secrets/a/api-token").await;
    assert_eq!(answer.body, "{\"api-token\":\"sample-token-4f1c\"}\n");
}

#[tokio::test]
async fn an_app_sees_the_stores_of_its_scopes() {
    let store = |name, scopes| component(name, "secretstores.local.env", &[], scopes);
    let folder = Folder::new()
        .with("a.yaml", &store("mine", "scopes: [shop, other]\n"))
        .with("b.yml", &store("theirs", "scopes: [other]\n"))
        .with("c.yaml", &store("all", ""));
    let served = Served::start(&folder, &["--app-id=shop"], &[]);
    let metadata = served.get("/v1.0/metadata").await.body;
    assert!(
        metadata.contains("\"mine\"") && metadata.contains("\"all\""),
        "{metadata}"
    );
    assert!(!metadata.contains("theirs"), "{metadata}");
}

#[tokio::test]
async fn a_bad_document_is_named_and_the_others_serve() {
    let good = component("good", "secretstores.local.env", &[], "");
    let folder = Folder::new().with(
        "a.yaml",
        &format!(
            "{good}---\nkind: [\n---\n{}",
            component("also", "secretstores.local.env", &[], "")
        ),
    );
    let mut served = Served::start(&folder, &[], &[("FOO", "bar")]);
    for store in ["good", "also"] {
        let answer = served.get(&format!("/v1.0/secrets/{store}/FOO")).await;
        assert_eq!(answer.body, "{\"FOO\":\"bar\"}\n");
    }
    let line = served.process.wait_for("not YAML", 1).remove(0);
    assert!(
        line.contains("a.yaml:") && line.contains("(document 2)"),
        "{line}"
    );
}

#[tokio::test]
async fn a_store_that_does_not_start_ends_the_host_unless_it_is_to_be_ignored() {
    let bad = component("bad", SSM, &[("region", "")], "");
    let folder = Folder::new().with("a.yaml", &bad);
    let path = folder.path().to_str().unwrap();
    let ports = [
        "--dapr-http-port=0",
        "--dapr-grpc-port=0",
        "--metrics-port=0",
    ];
    let ended = command(
        &[&["serve", "--resources-path", path], &ports[..]].concat(),
        &[],
    )
    .output()
    .unwrap();
    assert!(!ended.status.success());
    let said = text(&ended.stderr);
    assert!(
        said.contains("invalid-config") && said.contains("ignoreErrors"),
        "{said}"
    );

    let ignoring = bad.replace("  version: v1\n", "  version: v1\n  ignoreErrors: true\n");
    folder.write("a.yaml", &ignoring);
    folder.write(
        "b.yaml",
        &component("env", "secretstores.local.env", &[], ""),
    );
    let served = Served::start(&folder, &[], &[("FOO", "bar")]);
    assert_eq!(
        served.get("/v1.0/secrets/env/FOO").await.body,
        "{\"FOO\":\"bar\"}\n"
    );
    assert_eq!(
        served.get("/v1.0/secrets/bad/FOO").await.status.as_u16(),
        401
    );
}

#[tokio::test]
async fn two_stores_of_one_type_do_not_mix_up_their_secrets() {
    let first = Emulator::start(Config::sample()).await.unwrap();
    let mut config = Config::sample();
    config.secrets.truncate(1);
    let second = Emulator::start(config).await.unwrap();
    let folder = Folder::new()
        .with("a.yaml", &on(&first, "first", &[]))
        .with("b.yaml", &on(&second, "second", &[]));
    let served = Served::start(&folder, &[], &[]);
    let all = served.get("/v1.0/secrets/first/bulk").await.body;
    let few = served.get("/v1.0/secrets/second/bulk").await.body;
    assert!(all.len() > few.len() && few.len() > 10, "{all}{few}");
}

// The host reads while it starts, which this thread waits for.
#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_several_values_come_from_is_read_once() {
    let mut config = Config::sample();
    let keys = format!(r#"{{"id": "{SAMPLE_SECRET_ID}", "key": "{SAMPLE_SECRET_KEY}"}}"#);
    config.secrets.push(Secret::text("keys", "v1", &keys));
    let emulator = Emulator::start(config).await.unwrap();
    let url = emulator.url();
    let many = [("multipleKeyValuesPerSecret", "true")];
    let items = [("endpoint", url.as_str()), ("region", "ap-guangzhou")];
    let references = "  - name: secretId\n    secretKeyRef: {name: keys, key: id}\n  - name: \
                      secretKey\n    secretKeyRef: {name: keys, key: key}\nauth:\n  secretStore: \
                      first\n";
    let folder = Folder::new()
        .with("a.yaml", &on(&emulator, "first", &many))
        .with("b.yaml", &component("second", SSM, &items, references));
    let served = Served::start(&folder, &[], &[]);
    let requests = emulator.requests();
    let reads = requests
        .iter()
        .filter(|it| it.secret.as_deref() == Some("keys") && it.code.is_none());
    assert_eq!(reads.filter(|it| it.action == "GetSecretValue").count(), 1);
    let answer = served.get("/v1.0/secrets/second/api-token").await;
    assert_eq!(answer.body, "{\"api-token\":\"sample-token-4f1c\"}\n");
}

#[tokio::test]
async fn of_one_name_every_app_has_its_own() {
    let store = |prefix, scopes| {
        component(
            "env",
            "secretstores.local.env",
            &[("prefix", prefix)],
            scopes,
        )
    };
    let folder = Folder::new()
        .with("a.yaml", &store("A_", "scopes: [theirs]\n"))
        .with("b.yaml", &store("B_", "scopes: [mine]\n"));
    let env = [("A_X", "a"), ("B_X", "b")];
    let served = Served::start(&folder, &["--app-id=mine"], &env);
    let answer = served.get("/v1.0/secrets/env/X").await;
    assert_eq!(answer.body, "{\"X\":\"b\"}\n");
    assert!(!served.process.log().contains("already in"));
}

#[tokio::test]
async fn the_keys_of_the_built_in_store_are_shown_to_no_app() {
    let folder = Folder::new().with(
        "a.yaml",
        &component("env", "secretstores.local.env", &[], ""),
    );
    let prefixed = [("prefix", "tencentcloud_")];
    folder.write(
        "b.yaml",
        &component("sly", "secretstores.local.env", &prefixed, ""),
    );
    let mut env = vec![
        ("FOO", "bar"),
        ("APP_API_TOKEN", "s3cr3t"),
        ("tencentcloud_x", "s3cr3t"),
    ];
    let keys = [
        "SECRET_ID",
        "SECRET_KEY",
        "TOKEN",
        "SESSION_TOKEN",
        "SECURITY_TOKEN",
    ];
    let keys = keys.map(|key| format!("TENCENTCLOUD_{key}"));
    env.extend(keys.iter().map(|key| (key.as_str(), "s3cr3t")));
    let served = Served::start(&folder, &[], &env);
    for name in keys
        .iter()
        .map(String::as_str)
        .chain(["APP_API_TOKEN", "bulk"])
    {
        let answer = served.get(&format!("/v1.0/secrets/env/{name}")).await;
        assert!(!answer.body.contains("s3cr3t"), "{answer:?}");
    }
    for name in ["x", "bulk"] {
        let answer = served.get(&format!("/v1.0/secrets/sly/{name}")).await;
        assert!(!answer.body.contains("s3cr3t"), "{answer:?}");
    }
    assert_eq!(
        served.get("/v1.0/secrets/env/FOO").await.body,
        "{\"FOO\":\"bar\"}\n"
    );
}

#[tokio::test]
async fn what_is_probably_not_meant_so_is_said_with_its_place() {
    let emulator = Emulator::start(Config::sample()).await.unwrap();
    let without = emulator.url().replace("http://", "");
    let folder = Folder::new()
        .with("a.yaml", &on(&emulator, "a", &[("endpoint", &without)]))
        .with(
            "b.yaml",
            &component("b", "secretstores.local.env", &[], "")
                .replace("spec:\n", "spec:\n  scopes: [other]\n"),
        );
    let mut served = Served::start(&folder, &["--app-id=shop"], &[]);
    let line = served
        .process
        .wait_for("names no scheme, so https is taken", 1)
        .remove(0);
    assert!(line.contains("a.yaml:1 (document 1)"), "{line}");
    let line = served
        .process
        .wait_for("spec.scopes is not read there", 1)
        .remove(0);
    assert!(
        line.contains("b.yaml:6 (document 1)") && line.contains("belongs at the top"),
        "{line}"
    );
}
