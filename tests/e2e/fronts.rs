//! The fronts that are components, alone and composed with the store.

use std::fs;

use compose::compose;
use dapr_wasm_host::Runtime;

/// The command line, to be composed with a store.
pub(crate) fn command() -> Vec<u8> {
    front("secrets-cli")
}

/// The command line composed with the store of Tencent Cloud SSM: `ssm-cli.wasm`.
pub(crate) fn ssm_command() -> Vec<u8> {
    compose(&command(), Runtime::TENCENTCLOUD_SSM).unwrap()
}

/// The gateway, to be composed with a store.
pub(crate) fn gateway() -> Vec<u8> {
    front("secrets-gateway")
}

/// The gateway composed with the store of Tencent Cloud SSM: `ssm-gateway.wasm`.
pub(crate) fn ssm_gateway() -> Vec<u8> {
    compose(&gateway(), Runtime::TENCENTCLOUD_SSM).unwrap()
}

fn front(name: &str) -> Vec<u8> {
    fs::read(component_build::package(name).unwrap()).unwrap()
}
