//! The Tencent Cloud SSM store, which is part of this library.

use super::{
    component::Component,
    runtime::{LoadError, Runtime},
};

/// Machine code of the component, compiled for speed where [`Runtime::TENCENTCLOUD_SSM`] is for size;
/// made when this library was built.
const CODE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/embedded.cwasm"));

impl Runtime {
    /// The component of the store `secretstores.tencentcloud.ssm`, as other hosts take it.
    pub const TENCENTCLOUD_SSM: &[u8] = include_bytes!(env!("EMBEDDED_WASM"));

    /// The store `secretstores.tencentcloud.ssm`. Its machine code is ready, unless this machine
    /// needs another than the one this library was built for.
    ///
    /// # Errors
    /// As [`Runtime::load`].
    pub fn tencentcloud_ssm(&self) -> Result<Component, LoadError> {
        self.load_compiled(CODE)
            .or_else(|_| self.load(Self::TENCENTCLOUD_SSM))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wasm::RuntimeConfig;

    #[test]
    fn the_embedded_store_needs_no_compiler() {
        let runtime = Runtime::new(&RuntimeConfig::default()).unwrap();
        let component = runtime.load_compiled(CODE).unwrap();
        assert_eq!(component.exports(), ["dapr:secretstores/store@0.1.0"]);
    }
}
