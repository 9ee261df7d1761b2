//! A host of `wasi:http/incoming-handler` from wasmtime's own crates, with surroundings of the test's
//! choice: one fresh instance a request, as Spin and `wasmtime serve` have it.

mod outgoing;

use std::{
    net::IpAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::{Request, Response};
use tokio::{sync::oneshot, task::JoinSet};
use wasmtime::{
    Engine, Store,
    component::{Component, ComponentType, Lift, Linker, Lower, ResourceTable},
};
use wasmtime_wasi::{HostWallClock, WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};
use wasmtime_wasi_http::{
    Error, WasiHttpCtx, WasiHttpCtxView, WasiHttpView,
    p2::bindings::{ProxyPre, http::types::Scheme},
};

pub(crate) use self::outgoing::Connections;
use self::outgoing::Hooks;

/// What a component finds around it.
#[derive(Clone, Default)]
pub(crate) struct Surroundings {
    pub(crate) env: Vec<(String, String)>,
    /// The variables that Spin would have.
    pub(crate) variables: Vec<(String, String)>,
    /// `SCHEME://HOST[:PORT]` that it may connect to. Else as Spin refuses it.
    pub(crate) allowed: Vec<String>,
    /// Addresses whose networks are blocked, as Spin's `block_networks` does it.
    pub(crate) blocked: Vec<IpAddr>,
    /// What requests of all instances leave by.
    pub(crate) connections: Connections,
    /// Where the wall clock stands still, since 1970; else it shows the right time.
    pub(crate) clock: Option<Duration>,
    /// How many resources it may hold at once; else wasmtime's own limit.
    pub(crate) max_resources: Option<usize>,
    /// How many bytes of memory an instance gets beyond what `init` left it with; else all it asks for.
    pub(crate) more_memory: Option<usize>,
    /// What becomes of every request instead of an answer.
    pub(crate) failure: Option<fn() -> Error>,
    /// Of every request that became that: whether its whole body was there when it was handed over.
    pub(crate) whole: Arc<Mutex<Vec<bool>>>,
    /// For how many bytes of a body there is room before anybody reads it; else as wasmtime has it.
    pub(crate) room: Option<usize>,
    /// What it writes over the `Host` header.
    pub(crate) host_header: Option<&'static str>,
}

/// A component and where it runs.
pub(crate) struct MiniHost {
    engine: Engine,
    component: ProxyPre<State>,
    surroundings: Surroundings,
}

impl MiniHost {
    pub(crate) fn new(component: &[u8], surroundings: Surroundings) -> Self {
        let engine = Engine::default();
        let mut linker = Linker::new(&engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker).unwrap();
        wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker).unwrap();
        variables(&mut linker);
        let compiled = Component::new(&engine, component).unwrap();
        let linked = linker.instantiate_pre(&compiled).unwrap();
        Self {
            engine,
            component: ProxyPre::new(linked).unwrap(),
            surroundings,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Response<String> {
        let mut store = Store::new(&self.engine, State::new(&self.surroundings));
        let empty = Empty::<Bytes>::new().map_err(|never| -> Error { match never {} });
        let request = Request::get(format!("http://app{path}"))
            .body(empty)
            .unwrap();
        let (answer, answered) = oneshot::channel();
        let mut http = store.data_mut().http();
        let incoming = http.new_incoming_request(Scheme::Http, request).unwrap();
        let out = http.new_response_outparam(answer).unwrap();
        let instance = self.component.instantiate_async(&mut store).await.unwrap();
        // Dropped with the future of this function, and the instance with it.
        let mut handling = JoinSet::new();
        handling.spawn(async move {
            let handler = instance.wasi_http_incoming_handler();
            handler.call_handle(&mut store, incoming, out).await
        });
        let (parts, body) = answered.await.unwrap().unwrap().into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        handling.join_next().await.unwrap().unwrap().unwrap();
        Response::from_parts(parts, String::from_utf8(bytes.to_vec()).unwrap())
    }
}

/// Adds the interface `fermyon:spin/variables@2.0.0`.
fn variables(linker: &mut Linker<State>) {
    #[derive(ComponentType, Lift, Lower)]
    #[component(variant)]
    enum Unknown {
        #[component(name = "invalid-name")]
        InvalidName(String),
        #[component(name = "undefined")]
        Undefined(String),
        #[component(name = "provider")]
        Provider(String),
        #[component(name = "other")]
        Other(String),
    }
    let mut variables = linker.instance("fermyon:spin/variables@2.0.0").unwrap();
    let get = |store: wasmtime::StoreContextMut<'_, State>, (name,): (String,)| {
        let found = store
            .data()
            .variables
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value.clone());
        Ok((found.ok_or(Unknown::Undefined(name)),))
    };
    variables.func_wrap("get", get).unwrap();
}

pub(crate) struct State {
    wasi: WasiCtx,
    http: WasiHttpCtx,
    table: ResourceTable,
    hooks: Hooks,
    variables: Vec<(String, String)>,
}

impl State {
    pub(crate) fn new(surroundings: &Surroundings) -> Self {
        let mut wasi = WasiCtxBuilder::new();
        wasi.envs(&surroundings.env);
        if let Some(at) = surroundings.clock {
            wasi.wall_clock(Stopped(at));
        }
        let mut table = ResourceTable::new();
        if let Some(most) = surroundings.max_resources {
            table.set_max_capacity(most);
        }
        Self {
            wasi: wasi.build(),
            http: WasiHttpCtx::new(),
            table,
            hooks: Hooks::new(surroundings),
            variables: surroundings.variables.clone(),
        }
    }
}

struct Stopped(Duration);

impl HostWallClock for Stopped {
    fn resolution(&self) -> Duration {
        Duration::from_nanos(1)
    }

    fn now(&self) -> Duration {
        self.0
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
