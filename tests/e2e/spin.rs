//! What Spin does with the manifests of `examples/spin-*`. The Spin command cannot be installed where
//! this is tested: this composes as Spin does, offers what Spin offers, makes a fresh instance for
//! each request, keeps connections open for all of them, and refuses as Spin refuses.

mod app;
mod compose;
mod dependency;
mod manifest;

use std::fs;

use dapr_wasm_host::Runtime;
use ssm_emulator::{Config, Emulator, Rates, SAMPLE_SECRET_ID, SAMPLE_SECRET_KEY};

pub(crate) use self::app::gateway_in;
use self::{
    compose::Spin,
    manifest::{Component, Inherit, Manifest},
};
use crate::{
    fronts,
    minihost::{MiniHost, Surroundings},
};

/// An emulator without rates: what is read often here is the same secret.
async fn emulator() -> Emulator {
    let config = Config {
        rates: Rates::none(),
        ..Config::sample()
    };
    Emulator::start(config).await.unwrap()
}

/// The component of a manifest of the examples, with its variables as `SPIN_VARIABLE_…` gives them.
fn component(path: &str, emulator: &Emulator, more: &[(&str, &str)]) -> Component {
    let path = component_build::root().join("examples").join(path);
    let url = emulator.url();
    let given = [
        ("tencentcloud_secret_id", SAMPLE_SECRET_ID),
        ("tencentcloud_secret_key", SAMPLE_SECRET_KEY),
        ("tencentcloud_ssm_endpoint", &url),
    ];
    Manifest::read(&path).component(&[&given, more].concat())
}

/// Does as `spin up` does. `edit` is what the operator wrote otherwise.
///
/// # Errors
/// What Spin says of a manifest that it refuses to load.
fn up(
    spin: Spin,
    app: &Component,
    edit: impl FnOnce(&mut Surroundings),
) -> Result<MiniHost, &'static str> {
    let mut composed = file(&app.source);
    for (name, dependency) in &app.dependencies {
        let inherited = app.inherits(dependency)?;
        let adapter = file("deny_adapter.wasm");
        let store = compose::deny(spin, &file(&dependency.path), &adapter, &inherited);
        composed = compose::compose(&composed, name, &store);
    }
    let mut surroundings = Surroundings {
        env: app.environment.clone().into_iter().collect(),
        variables: app.variables.clone().into_iter().collect(),
        allowed: app.allowed_outbound_hosts.clone(),
        ..Surroundings::default()
    };
    edit(&mut surroundings);
    Ok(MiniHost::new(&composed, surroundings))
}

/// The file that the example's README puts beside its manifest.
fn file(name: &str) -> Vec<u8> {
    let package = |name: &str| fs::read(component_build::package(name).unwrap()).unwrap();
    match name {
        "secrets.wasm" => ::compose::compose(&fronts::ssm_gateway(), &package("spin-app")).unwrap(),
        "tencentcloud_ssm.wasm" => Runtime::TENCENTCLOUD_SSM.to_vec(),
        "spin_dependency.wasm" => package("spin-dependency"),
        "deny_adapter.wasm" => package("deny-adapter"),
        other => panic!("{other} is not made by the example"),
    }
}
