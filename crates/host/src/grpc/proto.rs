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

/// Both contracts, for reflection.
pub(crate) const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
