//! Dapr's Secrets API over gRPC.

use std::{collections::HashMap, sync::Arc};

use tonic::{Code, Request, Response, Status, metadata::MetadataValue};
use tonic_types::{ErrorDetails, StatusExt};

use dapr_secrets_api::{ApiError, Token};

use super::api::{Api, VERSION};
use crate::{
    contract::{Kind, Secret},
    grpc::{
        self,
        proto::runtime::{
            GetBulkSecretRequest, GetBulkSecretResponse, GetMetadataRequest, GetMetadataResponse,
            GetSecretRequest, GetSecretResponse, RegisteredComponents, SecretResponse,
            SetMetadataRequest, ShutdownRequest, dapr_server::Dapr,
        },
        status::{DOMAIN, details},
    },
};

/// The service's name.
pub(super) const NAME: &str = "dapr.proto.runtime.v1.Dapr";

/// The service `dapr.proto.runtime.v1.Dapr`, as far as secrets need it.
pub(super) struct Service {
    pub(super) api: Arc<Api>,
    /// The most bytes of an answer.
    pub(super) max_body: usize,
}

#[tonic::async_trait]
impl Dapr for Service {
    async fn get_secret(
        &self,
        request: Request<GetSecretRequest>,
    ) -> Result<Response<GetSecretResponse>, Status> {
        let GetSecretRequest {
            store_name,
            key,
            metadata,
        } = request.into_inner();
        let secret = self
            .api
            .get(&store_name, &key, &grpc::pairs(metadata))
            .await;
        let data = grpc::data(&secret.map_err(|error| status(&error))?);
        self.limited(GetSecretResponse { data }, &store_name)
    }

    async fn get_bulk_secret(
        &self,
        request: Request<GetBulkSecretRequest>,
    ) -> Result<Response<GetBulkSecretResponse>, Status> {
        let GetBulkSecretRequest {
            store_name,
            metadata,
        } = request.into_inner();
        let secrets = self
            .api
            .bulk(&store_name, &grpc::pairs(metadata))
            .await
            .map_err(|error| status(&error))?;
        let entry = |secret: &Arc<Secret>| {
            let name = secret.name.clone();
            let secrets = grpc::data(secret);
            (name, SecretResponse { secrets })
        };
        let data: HashMap<_, _> = secrets.iter().map(entry).collect();
        self.limited(GetBulkSecretResponse { data }, &store_name)
    }

    async fn get_metadata(
        &self,
        _request: Request<GetMetadataRequest>,
    ) -> Result<Response<GetMetadataResponse>, Status> {
        let stores = self.api.stores();
        let registered_components = stores
            .all()
            .map(|served| RegisteredComponents {
                name: served.name.clone(),
                r#type: served.store_type.to_string(),
                version: served.version.clone(),
                capabilities: served.capabilities.clone(),
            })
            .collect();
        Ok(Response::new(GetMetadataResponse {
            id: self.api.app_id.clone(),
            registered_components,
            extended_metadata: self.api.extended().into_iter().collect(),
            runtime_version: VERSION.to_owned(),
        }))
    }

    async fn set_metadata(
        &self,
        request: Request<SetMetadataRequest>,
    ) -> Result<Response<()>, Status> {
        let SetMetadataRequest { key, value } = request.into_inner();
        let set = self.api.extend(key, value);
        set.map(Response::new).map_err(|error| status(&error))
    }

    async fn shutdown(&self, _request: Request<ShutdownRequest>) -> Result<Response<()>, Status> {
        self.api.ask_to_end();
        Ok(Response::new(()))
    }
}

impl Service {
    fn limited<M: prost::Message>(&self, answer: M, store: &str) -> Result<Response<M>, Status> {
        let way_out = "read over HTTP, which has no such limit";
        let limited = grpc::within(self.max_body, answer, way_out);
        let too_long =
            |why: Status| status(&ApiError::bulk(store, Kind::InvalidRequest, why.message()));
        Ok(Response::new(limited.map_err(too_long)?))
    }
}

/// `google.rpc.ErrorInfo` has the kind, or else Dapr's code, as its reason.
pub(super) fn status(error: &ApiError) -> Status {
    let details = error.kind.map_or_else(
        || ErrorDetails::with_error_info(error.code, DOMAIN, []),
        details,
    );
    Status::with_error_details(
        Code::from_i32(error.grpc.into()),
        error.message.clone(),
        details,
    )
}

/// Refuses calls without the token.
pub(super) fn guard(
    token: Option<Arc<Token>>,
) -> impl Fn(Request<()>) -> Result<Request<()>, Status> + Clone + Send + Sync + 'static {
    move |request| {
        let given = request
            .metadata()
            .get(Token::HEADER)
            .map(MetadataValue::as_bytes);
        let why = match (&token, given) {
            (None, _) => return Ok(request),
            (Some(token), given) if token.is(given) => return Ok(request),
            (Some(_), None) => "missing api token in request metadata",
            (Some(_), Some(_)) => "authentication error: api token mismatch",
        };
        Err(unauthorized(why))
    }
}

fn unauthorized(why: &str) -> Status {
    let about = [("http.code", "401"), ("http.error_message", why)]
        .map(|(key, value)| (key.to_owned(), value.to_owned()));
    let details = ErrorDetails::with_error_info("Unauthorized", DOMAIN, about);
    Status::with_error_details(Code::Unauthenticated, "Unauthorized", details)
}
