//! What one instance has: its grants, its tables, its limits.

use std::{fmt, sync::Arc};

use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView, p2::pipe::MemoryOutputPipe};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use super::{engine::Engine, exchange::Exchanges, room::Room, share::Share};
use crate::outbound::{Hooks, Outbound};

/// How much an instance may print before further output is refused.
const MAX_OUTPUT: usize = 1 << 20;

/// What one instance gets. Its `Debug` shows the names of variables and no values: keys are among
/// them.
#[derive(Clone, Default)]
pub struct InstanceOptions {
    /// The environment of the instance, whole: nothing of the host's own is added.
    pub env: Vec<(String, String)>,
    /// Where standard output and standard error go. `None` discards them.
    pub output: Option<Output>,
}

impl fmt::Debug for InstanceOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.env.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("InstanceOptions")
            .field("env", &names)
            .finish_non_exhaustive()
    }
}

/// Collects what instances print, up to 1 MiB. It has no `Debug`: nobody knows what they print.
#[derive(Clone)]
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
    pub(super) hooks: Hooks,
    pub(super) table: ResourceTable,
    pub(super) exchanges: Exchanges,
    pub(super) share: Share,
}

impl State {
    pub(super) fn new(
        engine: &Arc<Engine>,
        outbound: &Outbound,
        options: &InstanceOptions,
        ahead: Option<Room>,
    ) -> Self {
        let mut wasi = WasiCtxBuilder::new();
        wasi.envs(&options.env);
        if let Some(Output(pipe)) = &options.output {
            wasi.stdout(pipe.clone()).stderr(pipe.clone());
        }
        let mut table = ResourceTable::new();
        table.set_max_capacity(engine.limits.max_resources);
        Self {
            wasi: wasi.build(),
            http: WasiHttpCtx::new(),
            hooks: Hooks::new(outbound),
            table,
            exchanges: Exchanges::new(&engine.exchanges),
            share: Share::new(engine, ahead),
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
