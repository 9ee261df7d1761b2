//! The component's exports: `dapr:secretstores/store`.

use alloc::{rc::Rc, string::String, vec::Vec};

use component_rt::Static;
use ssm::ErrorKind;
use wasi::cli::environment::get_environment;
use zeroize::Zeroizing;

use self::bindings::exports::dapr::secretstores::store as wit;
use crate::{Properties, Secret, Settings, Store, reactor::block_on, transport::WasiHttp};

mod bindings {
    #![allow(unsafe_code, missing_docs, unreachable_pub, reason = "generated")]
    wit_bindgen::generate!({
        world: "secret-store",
        path: "wit",
        with: {
            "wasi:clocks/monotonic-clock@0.2.12": wasi::clocks::monotonic_clock,
            "wasi:clocks/wall-clock@0.2.12": wasi::clocks::wall_clock,
            "wasi:http/outgoing-handler@0.2.12": wasi::http::outgoing_handler,
            "wasi:http/types@0.2.12": wasi::http::types,
            "wasi:io/error@0.2.12": wasi::io::error,
            "wasi:io/poll@0.2.12": wasi::io::poll,
            "wasi:io/streams@0.2.12": wasi::io::streams,
        },
    });
    export!(Exports);
    use super::Exports;
}

static STATE: Static<State> = Static::new(State::Unconfigured);

/// What the calls so far have made of this instance.
enum State {
    /// `init` was never called: every call reads the environment.
    Unconfigured,
    /// No `init` has succeeded; this is what the last one said.
    Refused(ssm::Error),
    /// A store that was configured, by `init` or by the environment.
    Ready(Rc<Store<WasiHttp>>),
}

struct Exports;

impl wit::Guest for Exports {
    fn init(properties: Vec<(String, String)>) -> Result<(), wit::Error> {
        let settings = Properties::from_metadata(properties).and_then(|properties| {
            let all = if properties.has_keys() {
                properties
            } else {
                properties.or_environment(environment())
            };
            Settings::new(&all)
        });
        STATE.with(|state| match settings {
            Ok(settings) => {
                *state = State::Ready(Rc::new(Store::new(settings, WasiHttp)));
                Ok(())
            }
            Err(error) => {
                if !matches!(state, State::Ready(_)) {
                    *state = State::Refused(error.clone());
                }
                Err(error.into())
            }
        })
    }

    fn features() -> Vec<String> {
        store().map(|store| store.features()).unwrap_or_default()
    }

    fn get(name: String, metadata: Vec<(String, String)>) -> Result<wit::Secret, wit::Error> {
        Ok(block_on(store()?.get(&name, &metadata))?.into())
    }

    fn bulk_get(metadata: Vec<(String, String)>) -> Result<Vec<wit::Secret>, wit::Error> {
        let secrets = block_on(store()?.bulk_get(&metadata))?;
        Ok(secrets.into_iter().map(wit::Secret::from).collect())
    }

    fn ping() -> Result<(), wit::Error> {
        Ok(block_on(store()?.ping())?)
    }
}

/// The store as configured by `init` or, before any `init`, by the environment.
fn store() -> Result<Rc<Store<WasiHttp>>, ssm::Error> {
    STATE.with(|state| match state {
        State::Ready(store) => Ok(Rc::clone(store)),
        State::Refused(error) => Err(error.clone()),
        State::Unconfigured => {
            let settings = Settings::new(&Properties::from_environment(environment()))?;
            let store = Rc::new(Store::new(settings, WasiHttp));
            *state = State::Ready(Rc::clone(&store));
            Ok(store)
        }
    })
}

/// The environment, by names.
fn environment() -> impl Fn(&str) -> Option<String> {
    // A key may be among them.
    let variables = Zeroizing::new(get_environment());
    move |name| {
        let mut variables = variables.iter();
        let (_, value) = variables.find(|(known, _)| known == name)?;
        Some(value.clone())
    }
}

impl From<Secret> for wit::Secret {
    fn from(secret: Secret) -> Self {
        Self {
            name: secret.name,
            data: secret.data,
            version_id: secret.version_id,
            request_id: secret.request_id,
        }
    }
}

impl From<ssm::Error> for wit::Error {
    fn from(error: ssm::Error) -> Self {
        let details = error.into_details();
        Self {
            kind: match details.kind {
                ErrorKind::InvalidConfig => wit::ErrorKind::InvalidConfig,
                ErrorKind::InvalidRequest => wit::ErrorKind::InvalidRequest,
                ErrorKind::NotFound => wit::ErrorKind::NotFound,
                ErrorKind::PermissionDenied => wit::ErrorKind::PermissionDenied,
                ErrorKind::Unauthenticated => wit::ErrorKind::Unauthenticated,
                ErrorKind::Throttled => wit::ErrorKind::Throttled,
                ErrorKind::Unavailable => wit::ErrorKind::Unavailable,
                ErrorKind::Timeout => wit::ErrorKind::Timeout,
                ErrorKind::Internal => wit::ErrorKind::Internal,
            },
            message: details.message,
            code: details.code,
            request_id: details.request_id,
            retryable: details.retryable,
        }
    }
}
