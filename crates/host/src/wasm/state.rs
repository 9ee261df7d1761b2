//! What one instance has: its grants, its tables, its limits.

use wasmtime::{StoreLimits, StoreLimitsBuilder, component::ResourceTable};
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView, p2::pipe::MemoryOutputPipe};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use crate::outbound::{Hooks, Outbound};

/// How many entries the tables of one instance may have: each is a pointer.
const MAX_TABLE: usize = 100_000;
/// How much an instance may print before further output is refused.
const MAX_OUTPUT: usize = 1 << 20;

/// What one instance gets.
#[derive(Clone, Debug, Default)]
pub struct InstanceOptions {
    /// The environment of the instance, whole: nothing of the host's own is added.
    pub env: Vec<(String, String)>,
    /// Where standard output and standard error go. `None` discards them.
    pub output: Option<Output>,
}

/// Collects what instances print, up to 1 MiB.
#[derive(Clone, Debug)]
pub struct Output(MemoryOutputPipe);

impl Output {
    /// A collection with nothing in it.
    pub fn new() -> Self {
        Self(MemoryOutputPipe::new(MAX_OUTPUT))
    }

    /// What was printed so far.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.contents()).into_owned()
    }
}

impl Default for Output {
    fn default() -> Self {
        Self::new()
    }
}

/// What wasmtime keeps for one instance.
pub(super) struct State {
    wasi: WasiCtx,
    http: WasiHttpCtx,
    hooks: Hooks,
    table: ResourceTable,
    pub(super) limits: StoreLimits,
}

impl State {
    pub(super) fn new(outbound: &Outbound, options: &InstanceOptions, max_memory: usize) -> Self {
        let mut wasi = WasiCtxBuilder::new();
        wasi.envs(&options.env);
        if let Some(Output(pipe)) = &options.output {
            wasi.stdout(pipe.clone()).stderr(pipe.clone());
        }
        Self {
            wasi: wasi.build(),
            http: WasiHttpCtx::new(),
            hooks: Hooks::new(outbound),
            table: ResourceTable::new(),
            limits: StoreLimitsBuilder::new()
                .memory_size(max_memory)
                .table_elements(MAX_TABLE)
                .build(),
        }
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView {
            ctx: &mut self.http,
            table: &mut self.table,
            hooks: &mut self.hooks,
        }
    }
}
