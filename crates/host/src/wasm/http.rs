//! `wasi:http` as instances have it: wasmtime's, and nothing that it forgets.

use wasmtime::{
    StoreContextMut,
    component::{Linker, Resource},
};
use wasmtime_wasi_http::{
    RequestOptions, WasiHttp, WasiHttpView,
    p2::{
        bindings::{
            LinkOptions,
            http::{
                outgoing_handler,
                types::{self, ErrorCode, Host},
            },
        },
        types::{HostFutureIncomingResponse, HostOutgoingRequest},
    },
};

use super::state::State;

/// The version that wasmtime 48 offers; others of 0.2 are served by it.
const OUTGOING_HANDLER: &str = "wasi:http/outgoing-handler@0.2.12";

/// Offers `wasi:http` for requests that go out.
pub(super) fn add_to_linker(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    types::add_to_linker::<_, WasiHttp>(linker, &LinkOptions::default().into(), State::http)?;
    linker
        .instance(OUTGOING_HANDLER)?
        .func_wrap("handle", handle)
}

/// The handler of wasmtime 48 leaves the options of every request in the instance's table: an
/// instance would trap when that is full.
fn handle(
    mut store: StoreContextMut<'_, State>,
    (request, options): (
        Resource<HostOutgoingRequest>,
        Option<Resource<RequestOptions>>,
    ),
) -> wasmtime::Result<(Result<Resource<HostFutureIncomingResponse>, ErrorCode>,)> {
    let mut view = store.data_mut().http();
    let given = options.as_ref().map(Resource::rep);
    let handled = outgoing_handler::Host::handle(&mut view, request, options);
    if let Some(given) = given {
        // Gone already where wasmtime has learnt to do it.
        let options = Resource::<RequestOptions>::new_own(given);
        let _ = view.table.delete(options);
    }
    let answer = match handled {
        Ok(answer) => Ok(answer),
        Err(why) => Err(view.convert_error_code(why)?),
    };
    Ok((answer,))
}
