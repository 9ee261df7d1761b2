//! `examples/spin-dependency`: an app that reads from the store that it depends on.

use hyper::{Response, StatusCode};
use ssm_emulator::Emulator;

use super::{Component, Inherit, Spin, component, emulator, up};

const READ: &str = "the password has 19 characters\n";

async fn ask(spin: Spin, app: &Component) -> Response<String> {
    up(spin, app, |_| {}).unwrap().get("/").await
}

fn app(file: &str, emulator: &Emulator) -> Component {
    component(&format!("spin-dependency/{file}"), emulator, &[])
}

#[tokio::test]
async fn a_dependency_reads_with_the_apps_variables() {
    let manifests = [
        ("spin.toml", Spin::V3),
        ("spin.toml", Spin::V4),
        ("spin-4.toml", Spin::V4),
    ];
    for (file, spin) in manifests {
        let emulator = emulator().await;
        let answer = ask(spin, &app(file, &emulator)).await;
        assert_eq!(answer.body(), READ, "{file}");
        assert_eq!(answer.status(), StatusCode::OK);
        assert!(!emulator.requests().is_empty());
    }
}

#[tokio::test]
async fn a_dependency_that_inherits_no_network_says_which_line_to_write() {
    let environment = Inherit::Some(vec!["environment".to_owned()]);
    let nothing = [
        (None, None),
        (Some(false), None),
        (None, Some(Inherit::All(false))),
        (None, Some(environment)),
    ];
    for (all, each) in nothing {
        let emulator = emulator().await;
        let mut app = app("spin.toml", &emulator);
        app.inherit(all, each.as_ref());
        let answer = ask(Spin::V4, &app).await;
        assert_eq!(answer.status(), StatusCode::BAD_GATEWAY);
        assert!(
            answer.body().contains("Unavailable")
                && answer
                    .body()
                    .contains("inherit_configuration = true in the dependency's line")
                && answer
                    .body()
                    .contains("no dependencies_inherit_configuration")
                && !answer.body().contains("allowed_outbound_hosts"),
            "{}",
            answer.body()
        );
        assert_eq!(emulator.connections(), 0);
        // One of the two lines without the other, as it says.
        app.inherit(all, Some(&Inherit::All(true)));
        assert_eq!(up(Spin::V4, &app, |_| {}).is_err(), all.is_some());
        app.inherit(None, Some(&Inherit::All(true)));
        assert_eq!(ask(Spin::V4, &app).await.body(), READ);
    }
}

#[tokio::test]
async fn a_dependency_is_never_restricted_in_spin_3() {
    let emulator = emulator().await;
    let mut app = app("spin.toml", &emulator);
    app.inherit(None, None);
    assert_eq!(ask(Spin::V3, &app).await.body(), READ);
}

#[tokio::test]
async fn a_dependency_whose_host_is_not_allowed_says_so() {
    let emulator = emulator().await;
    let mut app = app("spin-4.toml", &emulator);
    app.allowed_outbound_hosts = vec!["https://elsewhere.example".to_owned()];
    let answer = ask(Spin::V4, &app).await;
    assert_eq!(answer.status(), StatusCode::BAD_GATEWAY);
    assert!(
        answer.body().contains("allowed_outbound_hosts"),
        "{}",
        answer.body()
    );
    assert_eq!(emulator.connections(), 0);
}
