//! `examples/spin-app`: the gateway, with Spin's variables as its environment.

use std::net::{IpAddr, Ipv4Addr};

use hyper::StatusCode;
use ssm_emulator::Emulator;

use super::{Component, Spin, component, emulator, up};
use crate::minihost::{Connections, MiniHost, Surroundings};

const PATH: &str = "/v1.0/secrets/tencent/api-token";

fn app(emulator: &Emulator, variables: &[(&str, &str)]) -> Component {
    component("spin-app/spin.toml", emulator, variables)
}

fn gateway(app: &Component, edit: impl FnOnce(&mut Surroundings)) -> MiniHost {
    up(Spin::V4, app, edit).unwrap()
}

/// The app as its README has it for keys of a role: what is a secret, or differs from one place to the
/// next, is a variable; the rest stands under `environment`. It may reach `services` too.
pub(crate) fn gateway_in(
    emulator: &Emulator,
    given: &[(&'static str, String)],
    services: &[String],
) -> MiniHost {
    let mut app = app(emulator, &[]);
    for name in ["tencentcloud_secret_id", "tencentcloud_secret_key"] {
        app.variables.insert(name.to_owned(), String::new());
    }
    for (name, value) in given {
        let variable = name.to_ascii_lowercase();
        let value = value.clone();
        if app.variables.contains_key(&variable) || variable.ends_with("_token") {
            app.variables.insert(variable, value);
        } else {
            app.environment.insert((*name).to_owned(), value);
        }
    }
    app.allowed_outbound_hosts.extend(services.iter().cloned());
    gateway(&app, |_| {})
}

#[tokio::test]
async fn the_app_answers_daprs_secrets_api() {
    let emulator = emulator().await;
    let app = gateway(&app(&emulator, &[]), |_| {});
    let answer = app.get("/v1.0/secrets/tencent/db-password").await;
    assert_eq!(answer.status(), StatusCode::OK, "{}", answer.body());
    assert_eq!(answer.body(), "{\"db-password\":\"sample-password-new\"}\n");
    let all = app.get("/v1.0/secrets/tencent/bulk").await;
    assert!(all.body().contains("sample-token-4f1c"), "{}", all.body());
}

#[tokio::test]
async fn the_apps_environment_is_what_the_manifest_has_there_and_variables() {
    let emulator = emulator().await;
    let mut app = app(&emulator, &[("dapr_api_token", "a-token")]);
    let refused = gateway(&app, |_| {}).get(PATH).await;
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);

    app.variables.remove("dapr_api_token");
    app.environment = [
        ("TENCENTCLOUD_SSM_VERSION_ID", "v1"),
        // A variable of the same name counts.
        ("TENCENTCLOUD_REGION", "not-a-region!"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    let old = gateway(&app, |_| {})
        .get("/v1.0/secrets/tencent/db-password")
        .await;
    assert_eq!(old.body(), "{\"db-password\":\"sample-password-old\"}\n");
}

#[tokio::test]
async fn the_app_that_may_not_connect_says_what_to_allow() {
    let emulator = emulator().await;
    let mut app = app(&emulator, &[]);
    app.allowed_outbound_hosts.clear();
    let answer = gateway(&app, |_| {}).get(PATH).await;
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

#[tokio::test]
async fn the_app_whose_network_is_blocked_says_so() {
    let emulator = emulator().await;
    let answer = gateway(&app(&emulator, &[]), |surroundings| {
        surroundings.blocked = vec![IpAddr::V4(Ipv4Addr::LOCALHOST)];
    })
    .get(PATH)
    .await;
    assert!(
        answer.body().contains("block_networks")
            && !answer.body().contains("allowed_outbound_hosts"),
        "{}",
        answer.body()
    );
    assert_eq!(emulator.connections(), 0);
}

#[tokio::test]
async fn the_apps_instances_share_connections_where_spin_keeps_them() {
    const READS: usize = 20;
    let since_3_4 = emulator().await;
    let host = gateway(&app(&since_3_4, &[]), |_| {});
    for _ in 0..READS {
        assert_eq!(host.get(PATH).await.status(), StatusCode::OK);
    }
    assert!(
        since_3_4.connections() < READS / 2,
        "{}",
        since_3_4.connections()
    );

    let before = emulator().await;
    let host = gateway(&app(&before, &[]), |surroundings| {
        surroundings.connections = Connections::one_a_request();
    });
    for _ in 0..READS {
        assert_eq!(host.get(PATH).await.status(), StatusCode::OK);
    }
    assert_eq!(before.connections(), READS);
}
