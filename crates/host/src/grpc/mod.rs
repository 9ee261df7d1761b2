//! What every gRPC server of this host offers beside its own service.

pub mod proto;
pub(crate) mod status;

use std::collections::HashMap;

use prost::Message;
use tonic::{Status, server::NamedService};
use tonic_health::{
    pb::health_server::{Health, HealthServer},
    server::health_reporter,
};
use tonic_reflection::server::{Builder, v1, v1alpha};
use zeroize::Zeroizing;

use self::proto::DESCRIPTORS;
use crate::contract::{Metadata, Secret};

/// The longest answer that daprd and Dapr's SDKs take: gRPC's own default.
pub(crate) const MAX_ANSWER: usize = 4 << 20;

/// Reflection of `service`, version 1.
#[expect(clippy::expect_used, reason = "the descriptors are built in")]
pub(crate) fn reflection_v1(
    service: &str,
) -> v1::ServerReflectionServer<impl v1::ServerReflection> {
    builder(service).build_v1().expect("good descriptors")
}

/// Reflection of `service`, version 1alpha: the only one that daprd knows.
#[expect(clippy::expect_used, reason = "the descriptors are built in")]
pub(crate) fn reflection_v1alpha(
    service: &str,
) -> v1alpha::ServerReflectionServer<impl v1alpha::ServerReflection> {
    builder(service).build_v1alpha().expect("good descriptors")
}

fn builder(service: &str) -> Builder<'static> {
    Builder::configure()
        .register_encoded_file_descriptor_set(DESCRIPTORS)
        .with_service_name(service)
}

/// `grpc.health.v1`, with `S` serving.
pub(crate) async fn health<S: NamedService>() -> HealthServer<impl Health> {
    let (reporter, server) = health_reporter();
    reporter.set_serving::<S>().await;
    server
}

/// Request metadata as stores take it.
pub(crate) fn pairs(map: HashMap<String, String>) -> Metadata {
    let mut pairs: Metadata = map.into_iter().collect();
    pairs.sort();
    pairs
}

/// The data of a secret as gRPC sends it.
pub(crate) fn data(secret: &Secret) -> HashMap<String, String> {
    let plain = |(key, value): &(String, Zeroizing<String>)| (key.clone(), value.to_string());
    secret.data.iter().map(plain).collect()
}

/// Refuses what the caller's gRPC library would drop with a message that helps nobody.
pub(crate) fn within_limit<M: Message>(answer: M, way_out: &str) -> Result<M, Status> {
    within(MAX_ANSWER, answer, way_out)
}

/// As [`within_limit`], with a limit in bytes that the operator has chosen.
pub(crate) fn within<M: Message>(limit: usize, answer: M, way_out: &str) -> Result<M, Status> {
    let length = answer.encoded_len();
    if length > limit {
        let round = if limit.is_multiple_of(1 << 20) {
            format!(" ({} MiB)", limit >> 20)
        } else {
            String::new()
        };
        return Err(Status::resource_exhausted(format!(
            "the answer has {length} bytes, and the caller takes at most {limit}{round}: {way_out}"
        )));
    }
    Ok(answer)
}
