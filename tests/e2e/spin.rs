//! What Spin does with the manifests of `examples/spin-*`. The Spin command cannot be installed where
//! this is tested: this composes as Spin does, offers what Spin offers, makes a fresh instance for
//! each request, and refuses as Spin refuses.

mod compose;
mod manifest;

use std::fs;

use dapr_wasm_host::Runtime;
use hyper::{Response, StatusCode};
use ssm_emulator::{Config, Emulator, SAMPLE_SECRET_ID, SAMPLE_SECRET_KEY};

use self::manifest::{Component, Inherit, Manifest};
use crate::{
    fronts,
    minihost::{MiniHost, Surroundings},
    wasmtime,
};

/// What the manifests call the emulator.
const EMULATOR: &str = "http://127.0.0.1:18080";

/// Does as `spin up` does, with `-e` for each of `env`.
fn up(app: &Component, env: &[(&str, &str)]) -> MiniHost {
    let mut composed = file(&app.source);
    for (name, dependency) in &app.dependencies {
        let mut store = file(&dependency.path);
        let inherited = app.inherits(dependency);
        if !matches!(inherited, Inherit::All(true)) {
            store = compose::deny(&store, &file("deny_adapter.wasm"), &inherited);
        }
        composed = compose::compose(&composed, name, &store);
    }
    let mut environment = app.environment.clone();
    for (name, value) in env {
        environment.insert((*name).to_owned(), (*value).to_owned());
    }
    let surroundings = Surroundings {
        env: environment.into_iter().collect(),
        variables: app.variables.clone().into_iter().collect(),
        allowed: app.allowed_outbound_hosts.clone(),
        ..Surroundings::default()
    };
    MiniHost::new(&composed, surroundings)
}

/// The file that the example's README puts beside its manifest.
fn file(name: &str) -> Vec<u8> {
    let package = |name: &str| fs::read(component_build::package(name).unwrap()).unwrap();
    match name {
        "ssm-gateway.wasm" => fronts::ssm_gateway(),
        "tencentcloud_ssm.wasm" => Runtime::TENCENTCLOUD_SSM.to_vec(),
        "spin_dependency.wasm" => package("spin-dependency"),
        "deny_adapter.wasm" => package("deny-adapter"),
        other => panic!("{other} is not made by the example"),
    }
}

fn manifest(path: &str, emulator: &Emulator) -> Manifest {
    let path = component_build::root().join("examples").join(path);
    Manifest::read(&path, |text| text.replace(EMULATOR, &emulator.url()))
}

fn gateway(emulator: &Emulator, edit: impl Fn(&mut Component)) -> MiniHost {
    let mut app = manifest("spin-app/spin.toml", emulator).component(&[]);
    edit(&mut app);
    let variables = wasmtime::variables(emulator);
    up(&app, &borrowed(&variables))
}

/// The app in an environment of `variables`, which may reach `services` too.
pub(crate) fn gateway_in(
    emulator: &Emulator,
    variables: &[(&'static str, String)],
    services: &[String],
) -> MiniHost {
    let mut app = manifest("spin-app/spin.toml", emulator).component(&[]);
    app.allowed_outbound_hosts.extend(services.iter().cloned());
    up(&app, &borrowed(variables))
}

fn borrowed<'a>(variables: &'a [(&'static str, String)]) -> Vec<(&'a str, &'a str)> {
    let pairs = variables.iter();
    pairs.map(|(name, value)| (*name, value.as_str())).collect()
}

#[tokio::test]
async fn the_app_answers_daprs_secrets_api() {
    let emulator = Emulator::start(Config::sample()).await.unwrap();
    let app = gateway(&emulator, |_| {});
    let answer = app.get("/v1.0/secrets/tencent/db-password").await;
    assert_eq!(answer.status(), StatusCode::OK, "{}", answer.body());
    assert_eq!(answer.body(), "{\"db-password\":\"sample-password-new\"}\n");
    let all = app.get("/v1.0/secrets/tencent/bulk").await;
    assert!(all.body().contains("sample-token-4f1c"), "{}", all.body());
}

#[tokio::test]
async fn the_app_that_may_not_connect_says_what_to_allow() {
    let emulator = Emulator::start(Config::sample()).await.unwrap();
    let app = gateway(&emulator, |app| app.allowed_outbound_hosts.clear());
    let answer = app.get("/v1.0/secrets/tencent/db-password").await;
    assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(answer.headers()["dapr-error-kind"], "unavailable");
    let url = emulator.url();
    assert!(
        answer.body().contains("allowed_outbound_hosts") && answer.body().contains(&url),
        "{}",
        answer.body()
    );
    assert_eq!(emulator.connections(), 0);
}

/// Asks the example, with its variables as `SPIN_VARIABLE_…` gives them.
async fn dependency(file: &str, edit: impl Fn(&mut Component)) -> (Response<String>, Emulator) {
    let emulator = Emulator::start(Config::sample()).await.unwrap();
    let url = emulator.url();
    let given = [
        ("tencentcloud_secret_id", SAMPLE_SECRET_ID),
        ("tencentcloud_secret_key", SAMPLE_SECRET_KEY),
        ("tencentcloud_ssm_endpoint", &url),
    ];
    let path = format!("spin-dependency/{file}");
    let mut app = manifest(&path, &emulator).component(&given);
    edit(&mut app);
    let answer = up(&app, &[]).get("/").await;
    (answer, emulator)
}

#[tokio::test]
async fn a_dependency_reads_with_the_apps_variables() {
    for file in ["spin.toml", "spin-4.toml"] {
        let (answer, emulator) = dependency(file, |_| {}).await;
        assert_eq!(answer.body(), "the password has 19 characters\n", "{file}");
        assert_eq!(answer.status(), StatusCode::OK);
        assert!(!emulator.requests().is_empty());
    }
}

#[tokio::test]
async fn a_dependency_that_inherits_nothing_says_which_line_is_missing() {
    let (answer, emulator) = dependency("spin.toml", Component::inherit_nothing).await;
    assert_eq!(answer.status(), StatusCode::BAD_GATEWAY);
    assert!(
        answer.body().contains("Unavailable")
            && answer.body().contains("inherit_configuration = true")
            && !answer.body().contains("allowed_outbound_hosts"),
        "{}",
        answer.body()
    );
    assert_eq!(emulator.connections(), 0);
}

#[tokio::test]
async fn a_dependency_whose_host_is_not_allowed_says_so() {
    let (answer, emulator) = dependency("spin-4.toml", |app| {
        app.allowed_outbound_hosts = vec!["https://elsewhere.example".to_owned()];
    })
    .await;
    assert_eq!(answer.status(), StatusCode::BAD_GATEWAY);
    assert!(
        answer.body().contains("allowed_outbound_hosts"),
        "{}",
        answer.body()
    );
    assert_eq!(emulator.connections(), 0);
}
