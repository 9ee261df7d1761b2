//! One instance of the store alone in a host of wasmtime's own crates, where a test sees what the
//! instance costs its host.

use std::sync::LazyLock;

use dapr_wasm_host::Runtime;
use wasmtime::{
    Engine, ResourceLimiter, Store,
    component::{
        Component, ComponentNamedList, ComponentType, Instance, InstancePre, Lift, Linker, Lower,
    },
};
use wasmtime_wasi::{WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtxView, WasiHttpView};

use crate::minihost::{State, Surroundings};

const STORE: &str = "dapr:secretstores/store@0.1.0";

type Pairs = Vec<(String, String)>;

/// A secret of the contract.
#[derive(ComponentType, Lift, Lower)]
#[component(record)]
pub(crate) struct Secret {
    pub(crate) name: String,
    pub(crate) data: Pairs,
    #[component(name = "version-id")]
    pub(crate) version_id: String,
    #[component(name = "request-id")]
    pub(crate) request_id: String,
}

/// An error of the contract.
#[derive(ComponentType, Debug, Lift, Lower)]
#[component(record)]
pub(crate) struct Error {
    pub(crate) kind: Kind,
    pub(crate) message: String,
    pub(crate) code: Option<String>,
    #[component(name = "request-id")]
    pub(crate) request_id: Option<String>,
    pub(crate) retryable: bool,
}

/// The kinds of the contract.
#[derive(Clone, Copy, ComponentType, Debug, Eq, Lift, Lower, PartialEq)]
#[component(enum)]
#[expect(dead_code, reason = "a test meets some of them")]
#[repr(u8)]
pub(crate) enum Kind {
    #[component(name = "invalid-config")]
    InvalidConfig,
    #[component(name = "invalid-request")]
    InvalidRequest,
    #[component(name = "not-found")]
    NotFound,
    #[component(name = "permission-denied")]
    PermissionDenied,
    #[component(name = "unauthenticated")]
    Unauthenticated,
    #[component(name = "throttled")]
    Throttled,
    #[component(name = "unavailable")]
    Unavailable,
    #[component(name = "timeout")]
    Timeout,
    #[component(name = "internal")]
    Internal,
}

/// An instance of the built-in store.
pub(crate) struct OneInstance {
    store: Store<Measured>,
    instance: Instance,
}

impl OneInstance {
    /// Makes it and initialises it with `properties`.
    pub(crate) async fn new(surroundings: &Surroundings, properties: Pairs) -> Self {
        let measured = Measured {
            state: State::new(surroundings),
            memory: 0,
            limit: usize::MAX,
        };
        let mut store = Store::new(COMPILED.engine(), measured);
        store.limiter(|measured| measured);
        let instance = COMPILED.instantiate_async(&mut store).await.unwrap();
        let mut it = Self { store, instance };
        let (initialised,): (Result<(), Error>,) = it.call("init", (properties,)).await.unwrap();
        initialised.unwrap();
        if let Some(more) = surroundings.more_memory {
            it.store.data_mut().limit = it.memory() + more;
        }
        it
    }

    /// Calls `get`; fails if the instance traps.
    pub(crate) async fn get(&mut self, name: &str) -> wasmtime::Result<Result<Secret, Error>> {
        let metadata = Pairs::new();
        let (read,) = self.call("get", (name.to_owned(), metadata)).await?;
        Ok(read)
    }

    /// Bytes of linear memory that it has grown to.
    pub(crate) fn memory(&self) -> usize {
        self.store.data().memory
    }

    async fn call<P, R>(&mut self, name: &str, parameters: P) -> wasmtime::Result<R>
    where
        P: ComponentNamedList + Lower + Send + Sync,
        R: ComponentNamedList + Lift + Send + Sync + 'static,
    {
        let store = &mut self.store;
        let exported = self.instance.get_export_index(&mut *store, None, STORE);
        let function = self
            .instance
            .get_export_index(&mut *store, exported.as_ref(), name)
            .unwrap();
        let function = self.instance.get_typed_func::<P, R>(&mut *store, &function);
        function?.call_async(&mut *store, parameters).await
    }
}

/// Compiled once for this process.
static COMPILED: LazyLock<InstancePre<Measured>> = LazyLock::new(|| {
    let engine = Engine::default();
    let mut linker = Linker::new(&engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker).unwrap();
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker).unwrap();
    let component = Component::new(&engine, Runtime::TENCENTCLOUD_SSM).unwrap();
    linker.instantiate_pre(&component).unwrap()
});

/// What the instance runs in, and the memory it takes.
struct Measured {
    state: State,
    memory: usize,
    limit: usize,
}

impl ResourceLimiter for Measured {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let memory = self.memory + desired - current;
        if memory > self.limit {
            return Ok(false);
        }
        self.memory = memory;
        Ok(true)
    }

    fn table_growing(
        &mut self,
        _current: usize,
        _desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(true)
    }
}

impl WasiView for Measured {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        self.state.ctx()
    }
}

impl WasiHttpView for Measured {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        self.state.http()
    }
}
