//! Keys that other hosts find: in the wasmtime command, in its server, and where Spin would run it.

use hyper::StatusCode;
use ssm_emulator::{
    Config, Emulator, Role, SAMPLE_EXTERNAL_ID, SAMPLE_FOREIGN_ROLE_ARN, SAMPLE_POD_ROLE_ARN,
    SAMPLE_PROVIDER_ID, SAMPLE_ROLE_ARN, SAMPLE_UIN, SAMPLE_WEB_IDENTITY_TOKEN,
};
use test_support::keys::last_role;

use crate::{fronts, gateway, spin, wasmtime, wasmtime_run::invoke};

/// What the environment says of keys, and whose keys then read.
struct Way {
    name: &'static str,
    variables: Vec<(&'static str, String)>,
    role: Option<&'static str>,
}

const CALL: &str = r#"dapr:secretstores/store.get@0.1.0("api-token", [])"#;
const VALUE: &str = "sample-token-4f1c";

async fn emulator() -> Emulator {
    let config = Config {
        apart: true,
        ..Config::sample()
    };
    Emulator::start(config).await.unwrap()
}

fn ways(emulator: &Emulator) -> Vec<Way> {
    let keys = wasmtime::variables(emulator);
    let services = [
        ("TENCENTCLOUD_SSM_STS_ENDPOINT", emulator.sts_url()),
        (
            "TENCENTCLOUD_SSM_METADATA_ENDPOINT",
            emulator.metadata_url(),
        ),
    ];
    let is_key = |(name, _): &&(&str, String)| !name.contains("SECRET_");
    let none: Vec<_> = keys.iter().filter(is_key).cloned().collect();
    let with = |base: &[(&'static str, String)], more: &[(&'static str, &str)]| {
        let more = more
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()));
        base.iter()
            .cloned()
            .chain(services.clone())
            .chain(more)
            .collect()
    };
    let partner = [
        ("TENCENTCLOUD_ROLE_ARN", SAMPLE_FOREIGN_ROLE_ARN),
        ("TENCENTCLOUD_ASSUME_ROLE_EXTERNAL_ID", SAMPLE_EXTERNAL_ID),
    ];
    let pod = [
        (
            "TENCENTCLOUD_SSM_WEB_IDENTITY_TOKEN",
            SAMPLE_WEB_IDENTITY_TOKEN,
        ),
        ("TKE_PROVIDER_ID", SAMPLE_PROVIDER_ID),
        ("TKE_ROLE_ARN", SAMPLE_POD_ROLE_ARN),
    ];
    let way = |name, variables, role| Way {
        name,
        variables,
        role,
    };
    vec![
        way("environment", with(&keys, &[]), None),
        way("role", with(&keys, &partner), Some(SAMPLE_FOREIGN_ROLE_ARN)),
        way("cvm", with(&none, &[]), Some(SAMPLE_ROLE_ARN)),
        way("web identity", with(&none, &pod), Some(SAMPLE_POD_ROLE_ARN)),
    ]
}

/// That the right keys read last, and that nothing of them is in `said`.
fn proved(emulator: &Emulator, way: &Way, said: &str) {
    let last = emulator.requests().pop().unwrap();
    assert_eq!(last.action, "GetSecretValue", "{}", way.name);
    assert_eq!(last_role(emulator).as_deref(), way.role, "{}", way.name);
    hides_all(emulator, said);
}

fn hides_all(emulator: &Emulator, said: &str) {
    for secret in test_support::keys::secrets(emulator) {
        assert!(!said.contains(&secret), "{said}");
    }
}

#[tokio::test]
async fn each_provider_serves_in_the_wasmtime_command() {
    let emulator = emulator().await;
    for program in wasmtime::programs() {
        for way in ways(&emulator) {
            let said = invoke(&program, &[], way.variables.clone(), CALL).await;
            assert!(said.contains(VALUE), "{}: {said}", way.name);
            proved(&emulator, &way, &said);
        }
    }
}

#[tokio::test]
async fn each_provider_serves_behind_the_gateway() {
    let emulator = emulator().await;
    let file = wasmtime::file(&fronts::ssm_gateway());
    for way in ways(&emulator) {
        let serving = wasmtime::Serving::start(&file, way.variables.clone()).await;
        let Some(serving) = serving else {
            return;
        };
        let body = gateway::get(&serving, "/v1.0/secrets/any/api-token")
            .await
            .body;
        assert!(body.contains(VALUE), "{}: {body}", way.name);
        let said = serving.end().await;
        proved(&emulator, &way, &said);
    }
}

#[tokio::test]
async fn each_provider_serves_where_spin_allows_its_services() {
    let emulator = emulator().await;
    for way in ways(&emulator) {
        let services = [emulator.sts_url(), emulator.metadata_url()];
        let app = spin::gateway_in(&emulator, &way.variables, &services);
        let answer = app.get("/v1.0/secrets/tencent/api-token").await;
        assert_eq!(answer.status(), StatusCode::OK, "{}", answer.body());
        proved(&emulator, &way, "");
    }
}

#[tokio::test]
async fn a_service_that_spin_does_not_allow_is_named() {
    let emulator = emulator().await;
    for way in ways(&emulator).iter().filter(|way| way.role.is_some()) {
        let app = spin::gateway_in(&emulator, &way.variables, &[]);
        let answer = app.get("/v1.0/secrets/tencent/api-token").await;
        assert_ne!(answer.status(), StatusCode::OK, "{}", way.name);
        let (sts, metadata) = (emulator.sts_url(), emulator.metadata_url());
        let url = if way.name == "cvm" { metadata } else { sts };
        let body = answer.body();
        assert!(
            body.contains("allowed_outbound_hosts") && body.contains(&url),
            "{body}"
        );
        hides_all(&emulator, body);
    }
}

#[tokio::test]
async fn a_file_is_said_to_be_for_another_host() {
    let emulator = emulator().await;
    let mut variables = ways(&emulator).remove(2).variables;
    for (name, value) in [
        ("TKE_REGION", "ap-guangzhou"),
        ("TKE_PROVIDER_ID", SAMPLE_PROVIDER_ID),
        ("TKE_WEB_IDENTITY_TOKEN_FILE", "/var/run/token"),
        ("TKE_ROLE_ARN", SAMPLE_POD_ROLE_ARN),
    ] {
        variables.push((name, value.to_owned()));
    }
    for program in wasmtime::programs() {
        let said = invoke(&program, &[], variables.clone(), CALL).await;
        assert!(said.starts_with("err({kind: invalid-config"), "{said}");
        assert!(said.contains("dapr-wasm-host"), "{said}");
        assert!(emulator.requests().is_empty());
    }
}

/// A failure: of which way, what is done to the cloud, and the kind and a word that are said.
struct Failure {
    way: &'static str,
    happens: fn(&Emulator),
    kind: &'static str,
    says: &'static str,
}

const FAILURES: [Failure; 4] = [
    Failure {
        way: "role",
        happens: |emulator| {
            emulator.put_role(Role::new("200000000002", "ssm-partner").trust_keys(&[]));
        },
        kind: "permission-denied",
        says: "UnauthorizedOperation",
    },
    Failure {
        way: "cvm",
        happens: |emulator| emulator.set_cvm_role(None),
        kind: "invalid-config",
        says: "there are no keys",
    },
    Failure {
        way: "web identity",
        happens: |emulator| emulator.set_web_identities(Vec::new()),
        kind: "unauthenticated",
        says: "WebIdentityTokenError",
    },
    Failure {
        way: "web identity",
        happens: |emulator| emulator.put_role(Role::new(SAMPLE_UIN, "ssm-pod").trust_keys(&[])),
        kind: "permission-denied",
        says: "UnauthorizedOperation",
    },
];

#[tokio::test]
async fn each_failure_is_told_in_the_wasmtime_command_and_where_spin_would_run_it() {
    for failure in FAILURES {
        let emulator = emulator().await;
        (failure.happens)(&emulator);
        let mut ways = ways(&emulator).into_iter();
        let way = ways.find(|way| way.name == failure.way).unwrap();
        let is_told = |said: &str| {
            let is_told = said.contains(failure.kind) && said.contains(failure.says);
            assert!(is_told, "{}: {said}", failure.way);
            hides_all(&emulator, said);
        };
        for program in wasmtime::programs() {
            is_told(&invoke(&program, &[], way.variables.clone(), CALL).await);
        }
        let services = [emulator.sts_url(), emulator.metadata_url()];
        let app = spin::gateway_in(&emulator, &way.variables, &services);
        let answer = app.get("/v1.0/secrets/tencent/api-token").await;
        is_told(answer.body());
        assert_eq!(emulator.count("GetSecretValue"), 0, "{}", failure.way);
    }
}

#[tokio::test]
async fn keys_that_end_between_two_requests_cost_none() {
    let emulator = emulator().await;
    for way in ways(&emulator) {
        let services = [emulator.sts_url(), emulator.metadata_url()];
        let app = spin::gateway_in(&emulator, &way.variables, &services);
        for _ in 0..3 {
            let answer = app.get("/v1.0/secrets/tencent/api-token").await;
            assert_eq!(answer.status(), StatusCode::OK, "{}", answer.body());
            emulator.forget_temporary_keys();
        }
    }
}
