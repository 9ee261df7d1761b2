//! `dapr:secretstores/store@0.1.0` as a component imports it: for fronts that are composed with a
//! store. The contract is `wit/secretstores.wit`; see there for what each function promises.

pub use dapr_secrets_api::{Kind, Metadata};

use self::bindings::dapr::secretstores::store::ErrorKind;
pub use self::bindings::dapr::secretstores::store::{
    Error, Secret, bulk_get, features, get, init, ping,
};

impl Error {
    /// Who can mend it.
    pub fn kind(&self) -> Kind {
        self.kind.into()
    }
}

mod bindings {
    #![allow(unsafe_code, missing_docs, unreachable_pub, reason = "generated")]
    wit_bindgen::generate!({
        inline: "
            package dapr:guest;
            world front {
                import dapr:secretstores/store@0.1.0;
            }
        ",
        path: "../../wit",
        generate_all,
    });
}

impl From<ErrorKind> for Kind {
    fn from(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::InvalidConfig => Self::InvalidConfig,
            ErrorKind::InvalidRequest => Self::InvalidRequest,
            ErrorKind::NotFound => Self::NotFound,
            ErrorKind::PermissionDenied => Self::PermissionDenied,
            ErrorKind::Unauthenticated => Self::Unauthenticated,
            ErrorKind::Throttled => Self::Throttled,
            ErrorKind::Unavailable => Self::Unavailable,
            ErrorKind::Timeout => Self::Timeout,
            ErrorKind::Internal => Self::Internal,
        }
    }
}
