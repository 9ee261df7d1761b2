//! What `--version` says.

use std::sync::LazyLock;

use crate::contract;

/// The version of this command, and on lines of their own those of what it is made of, each taken
/// from where it is declared.
pub(super) static ALL: LazyLock<String> = LazyLock::new(|| {
    let version = env!("CARGO_PKG_VERSION");
    let contract = contract::PACKAGE;
    let wasmtime = wasmtime_environ::VERSION;
    // One version for the workspace, so the component's is the command's.
    format!(
        "{version}\ncomponent tencentcloud-ssm {version}\ncontract {contract}\nwasmtime {wasmtime}"
    )
});
