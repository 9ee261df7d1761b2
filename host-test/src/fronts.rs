//! The fronts that are components, alone and composed with the store.

use std::{fs, io};

use component_build::{BuildError, package};
use compose::{ComposeError, compose};
use dapr_wasm_host::Runtime;
use thiserror::Error;

/// Why there is no front.
#[derive(Debug, Error)]
pub enum FrontError {
    /// The front was not built.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The front was built and cannot be read.
    #[error("{0} cannot be read: {1}")]
    Unreadable(String, io::Error),
    /// The front does not fit the store.
    #[error(transparent)]
    Compose(#[from] ComposeError),
}

/// The command line, to be composed with a store.
///
/// # Errors
/// [`FrontError::Build`] or [`FrontError::Unreadable`].
pub fn command() -> Result<Vec<u8>, FrontError> {
    front("secrets-cli")
}

/// The command line composed with the store of Tencent Cloud SSM: `ssm-cli.wasm`.
///
/// # Errors
/// [`FrontError`].
pub fn ssm_command() -> Result<Vec<u8>, FrontError> {
    Ok(compose(&command()?, Runtime::TENCENTCLOUD_SSM)?)
}

/// The gateway, to be composed with a store.
///
/// # Errors
/// [`FrontError::Build`] or [`FrontError::Unreadable`].
pub fn gateway() -> Result<Vec<u8>, FrontError> {
    front("secrets-gateway")
}

/// The gateway composed with the store of Tencent Cloud SSM: `ssm-gateway.wasm`.
///
/// # Errors
/// [`FrontError`].
pub fn ssm_gateway() -> Result<Vec<u8>, FrontError> {
    Ok(compose(&gateway()?, Runtime::TENCENTCLOUD_SSM)?)
}

fn front(name: &str) -> Result<Vec<u8>, FrontError> {
    let file = package(name)?;
    fs::read(&file).map_err(|why| FrontError::Unreadable(file.display().to_string(), why))
}
