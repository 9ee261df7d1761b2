//! Dapr's gRPC services and messages, generated from `proto/`: servers and clients.

#![allow(
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    clippy::all,
    clippy::pedantic,
    reason = "generated code"
)]

/// daprd's contract with pluggable components.
pub mod components {
    tonic::include_proto!("dapr.proto.components.v1");
}

/// daprd's API for applications.
pub mod runtime {
    tonic::include_proto!("dapr.proto.runtime.v1");
}

/// A `Debug` that shows the names of entries and nothing else, for messages whose generated one is
/// left out (`build.rs`).
macro_rules! debug_shows_names {
    ($($message:ty: $entries:ident),* $(,)?) => {$(
        impl std::fmt::Debug for $message {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let names: Vec<&String> = self.$entries.keys().collect();
                f.debug_struct(stringify!($message))
                    .field(stringify!($entries), &names)
                    .finish_non_exhaustive()
            }
        }
    )*};
}

debug_shows_names! {
    components::MetadataRequest: properties,
    components::GetSecretResponse: data,
    components::SecretResponse: secrets,
    components::BulkGetSecretResponse: data,
    runtime::GetSecretResponse: data,
    runtime::SecretResponse: secrets,
    runtime::GetBulkSecretResponse: data,
}

impl std::fmt::Debug for components::SecretStoreInitRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("SecretStoreInitRequest")
            .field(&self.metadata)
            .finish()
    }
}

/// Both contracts, for reflection.
pub(crate) const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
