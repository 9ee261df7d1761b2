//! `dapr:secretstores/store@0.1.0` as a component imports it: for fronts that are composed with a
//! store. The contract is `wit/secretstores.wit`; see there for what each function promises.

mod secret;

pub use dapr_secrets_api::{Kind, Metadata};

use self::bindings::dapr::secretstores::store::{self, ErrorKind};
pub use self::{
    bindings::dapr::secretstores::store::{Error, features, init, ping},
    secret::Secret,
};

/// Reads one secret.
///
/// # Errors
/// Of all kinds.
pub fn get(name: &str, metadata: &[(String, String)]) -> Result<Secret, Error> {
    store::get(name, metadata).map(Secret::from)
}

/// Reads many secrets, sorted by name.
///
/// # Errors
/// Of all kinds.
pub fn bulk_get(metadata: &[(String, String)]) -> Result<Vec<Secret>, Error> {
    let secrets = store::bulk_get(metadata)?;
    Ok(secrets.into_iter().map(Secret::from).collect())
}

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
