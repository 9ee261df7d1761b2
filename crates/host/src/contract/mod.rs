//! The contract `dapr:secretstores`, as the host sees it: its records, its errors, its bindings.

pub(crate) mod bindings;
mod error;
mod secret;
mod secrets;

pub use dapr_secrets_api::{Kind, Metadata};
pub use error::{CallError, StoreError, Waited};
pub use secret::Secret;
pub use secrets::Secrets;

/// The WIT package of the contract, with its version.
pub const PACKAGE: &str = "dapr:secretstores@0.1.0";

#[cfg(test)]
mod tests {
    #[test]
    fn the_package_is_the_one_of_the_bindings() {
        let wit = include_str!("../../../../wit/secretstores.wit");
        let package = wit.lines().find(|line| line.starts_with("package "));
        assert_eq!(
            package,
            Some(format!("package {};", super::PACKAGE).as_str())
        );
    }
}
