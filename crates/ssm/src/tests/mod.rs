//! The client's rules, one a test, against a scripted server and a virtual clock.

mod bulk;
mod clock;
mod cloud;
mod credentials;
mod credentials_cvm;
mod credentials_failures;
mod credentials_refresh;
mod deadlines;
mod failures;
mod lookup;
mod pace;
mod previous;
mod reply;
mod requests;
mod retries;
mod script;
mod ssh_keys;
mod types;
mod versions;

use crate::{Client, Error, SecretName, SecretValue, VersionId};

fn name(text: &str) -> SecretName {
    SecretName::parse(text).unwrap()
}

/// Reads the current version of the secret `x`.
fn get(client: &Client<script::Script>, world: &script::World) -> Result<SecretValue, Error> {
    world.run(client.get(&name("x"), None))
}

fn get_version(
    client: &Client<script::Script>,
    world: &script::World,
    version: &str,
) -> Result<SecretValue, Error> {
    let version = VersionId::parse(version).unwrap();
    world.run(client.get(&name("x"), Some(&version)))
}

/// `Result::unwrap_err` without a `Debug` of the secret.
fn failure<T>(result: Result<T, Error>) -> Error {
    result.err().expect("an error")
}

fn success<T>(result: Result<T, Error>) -> T {
    result.unwrap_or_else(|error| panic!("{error:?}"))
}
