//! Spin's variables as a component's environment. Spin puts none there, and what it is given with `-e`
//! stands in its process's arguments and in a file. Composed with the gateway, this component gives it
//! both: what `spin.toml` has under `environment`, and the variables of these names.

#![cfg(target_family = "wasm")]

wit_bindgen::generate!({
    world: "example:spin-app/variables",
    generate_all,
});
use exports::wasi::cli::environment::Guest;
use fermyon::spin::variables::{self, Error};
use wasi::cli::environment;

/// Whose values are secrets, or differ from one place to the next. The variables have these names in
/// lower case.
const NAMES: [&str; 8] = [
    "TENCENTCLOUD_REGION",
    "TENCENTCLOUD_SECRET_ID",
    "TENCENTCLOUD_SECRET_KEY",
    "TENCENTCLOUD_TOKEN",
    "TENCENTCLOUD_SSM_ENDPOINT",
    "TENCENTCLOUD_SSM_WEB_IDENTITY_TOKEN",
    "DAPR_API_TOKEN",
    "DAPR_SECRET_STORE",
];

struct Environment;

export!(Environment);

impl Guest for Environment {
    fn get_environment() -> Vec<(String, String)> {
        let mut environment = environment::get_environment();
        for name in NAMES {
            match variables::get(&name.to_ascii_lowercase()) {
                Ok(value) => {
                    environment.retain(|(other, _)| other != name);
                    environment.push((name.to_owned(), value));
                }
                // The manifest does not have it.
                Err(Error::Undefined(_)) => {}
                Err(why) => eprintln!("the variable of {name}: {why:?}"),
            }
        }
        environment
    }

    fn get_arguments() -> Vec<String> {
        environment::get_arguments()
    }

    fn initial_cwd() -> Option<String> {
        environment::initial_cwd()
    }
}
