//! Who may read which secret, by the Configuration.

use http::StatusCode;
use rustix::process::Signal;
use test_support::programs::DAPRD;

use crate::{
    daprd::World,
    reload::until,
    support::{Folder, Served, command, component, text},
};

const HEAD: &str = "apiVersion: dapr.io/v1alpha1\nkind: Configuration\nmetadata:\n  name: c\nspec:\n  \
                    secrets:\n    scopes:\n";
const ENV: [(&str, &str); 3] = [("FOO", "f"), ("BAR", "b"), ("STORE", "env")];
const FOO: &str = "/v1.0/secrets/env/FOO";
const BAR: &str = "/v1.0/secrets/env/BAR";

fn configuration(entry: &str) -> String {
    format!("{HEAD}    - {entry}\n")
}

fn store(name: &str) -> String {
    component(name, "secretstores.local.env", &[], "")
}

fn denied(name: &str) -> String {
    format!(
        r#"{{"errorCode":"ERR_PERMISSION_DENIED","message":"access denied by policy to get \"{name}\" from \"env\""}}"#
    )
}

fn option(folder: &Folder) -> String {
    format!("--config={}", folder.file("c.yaml").display())
}

/// Starts with this Configuration, and gives what it said when it ended.
fn refused(text_of: &str) -> String {
    let resources = Folder::new().with("a.yaml", &store("env"));
    let config = Folder::new().with("c.yaml", text_of);
    let path = resources.path().to_str().unwrap().to_owned();
    let arguments = [
        "serve",
        "--resources-path",
        &path,
        &option(&config),
        "--metrics-port=0",
    ];
    let output = command(&arguments, &ENV).output().unwrap();
    assert!(!output.status.success());
    text(&output.stderr)
}

#[tokio::test]
async fn variables_are_filled_in_by_the_host_and_by_daprd() {
    let text = format!(
        "# costs $5\n{}---\n",
        configuration("{storeName: ${STORE}, deniedSecrets: [$BAR$STORE, FOO]}")
    );
    let config = Folder::new().with("c.yaml", &text);
    let resources = Folder::new().with("a.yaml", &store("env"));
    let served = Served::start(&resources, &[&option(&config)], &ENV);
    assert_eq!(served.get(FOO).await.status, StatusCode::FORBIDDEN);
    assert_eq!(
        served.get("/v1.0/secrets/env/benv").await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(served.get(BAR).await.status, StatusCode::OK);

    let Some(program) = DAPRD.find() else {
        return;
    };
    let mut world = World::new(program);
    world.resources.write("a.yaml", &store("env"));
    world.arguments = vec![option(&config)];
    world.env = ENV
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec();
    let daprd = world.daprd().await;
    assert_eq!(daprd.get(FOO).await.status, StatusCode::FORBIDDEN);
    assert_eq!(
        daprd.get("/v1.0/secrets/env/benv").await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(daprd.get(BAR).await.status, StatusCode::OK);
}

#[test]
fn what_limits_access_is_read_whole_or_ends_the_start_with_its_name() {
    for (entry, says) in [
        (
            "{storeName: ${STOER}, defaultAccess: deny}",
            "c.yaml:8 (document 1): the environment variable $STOER is not set",
        ),
        (
            "{storeName: env, defaultAcess: deny}",
            "defaultAcess is no field here",
        ),
        (
            "{storeName: env, deniedSecrets: FOO}",
            "deniedSecrets: a list is expected",
        ),
        (
            "{storeName: env, deniedSecrets: [no]}",
            "deniedSecrets[1]: ",
        ),
    ] {
        let said = refused(&configuration(entry));
        assert!(said.contains(says), "{said}");
    }
    let said = refused(
        "kind: Configuration\nspec:\n  scopes:\n  - storeName: env\n    defaultAccess: deny\n",
    );
    assert!(said.contains("scopes are in spec.secrets.scopes"), "{said}");
}

#[tokio::test]
async fn a_right_is_taken_and_given_while_it_serves() {
    let config = Folder::new().with(
        "c.yaml",
        &configuration("{storeName: env, deniedSecrets: [FOO]}"),
    );
    let resources = Folder::new().with("a.yaml", &store("env"));
    let mut served = Served::start(&resources, &[&option(&config)], &ENV);
    assert_eq!(served.get(FOO).await.status, StatusCode::FORBIDDEN);
    config.write(
        "c.yaml",
        &configuration("{storeName: env, allowedSecrets: [FOO]}"),
    );
    until(&served, BAR, &denied("BAR")).await;
    assert_eq!(served.get(FOO).await.status, StatusCode::OK);
    assert!(
        !served
            .get("/v1.0/secrets/env/bulk")
            .await
            .body
            .contains("BAR")
    );
    served.process.wait_for("the scopes of secrets changed", 1);

    config.write(
        "c.yaml",
        &configuration("{storeName: env, defaultAcess: deny}"),
    );
    served.process.wait_for("stays as it was", 1);
    // Nobody can say yet who may read a new one.
    resources.write("b.yaml", &store("new"));
    served
        .process
        .wait_for("it waits until the Configuration can be read", 1);
    served.process.signal(Signal::HUP);
    served.process.signal(Signal::HUP);
    assert_eq!(served.get(BAR).await.body.trim_end(), denied("BAR"));
    assert_ne!(
        served.get("/v1.0/secrets/new/BAR").await.status,
        StatusCode::OK
    );

    config.write(
        "c.yaml",
        &configuration("{storeName: new, deniedSecrets: [FOO]}"),
    );
    until(&served, "/v1.0/secrets/new/BAR", r#"{"BAR":"b"}"#).await;
    assert_eq!(
        served.get("/v1.0/secrets/new/FOO").await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(served.get(BAR).await.status, StatusCode::OK);
    let log = served.process.log();
    assert_eq!(log.matches("stays as it was").count(), 1, "{log}");
}
