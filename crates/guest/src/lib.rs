//! `dapr:secretstores/store@0.1.0` as a component imports it: for fronts that are composed with a
//! store. The contract is `wit/secretstores.wit`; see there for what each function promises.

pub use self::bindings::dapr::secretstores::store::{
    Error, ErrorKind, Secret, bulk_get, features, get, init, ping,
};

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

/// Pairs of name and value, as the contract's `metadata`.
pub type Metadata = Vec<(String, String)>;

impl ErrorKind {
    /// As written in the contract, such as `not-found`.
    pub fn name(self) -> &'static str {
        match self {
            Self::InvalidConfig => "invalid-config",
            Self::InvalidRequest => "invalid-request",
            Self::NotFound => "not-found",
            Self::PermissionDenied => "permission-denied",
            Self::Unauthenticated => "unauthenticated",
            Self::Throttled => "throttled",
            Self::Unavailable => "unavailable",
            Self::Timeout => "timeout",
            Self::Internal => "internal",
        }
    }
}
