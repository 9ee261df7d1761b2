//! Dapr's Secrets API over gRPC.

use std::collections::HashMap;

use dapr_wasm_host::grpc::proto::runtime::{
    GetBulkSecretRequest, GetMetadataRequest, GetSecretRequest, SetMetadataRequest,
    dapr_client::DaprClient,
};
use http::uri::PathAndQuery;
use ssm_emulator::Config;
use tonic::{
    Code, Request,
    client::Grpc,
    transport::{Channel, Endpoint},
};
use tonic_prost::ProstCodec;
use tonic_types::StatusExt;

use crate::support::{Folder, Served, component, secrets_file};

async fn channel(served: &Served) -> Channel {
    let endpoint = Endpoint::try_from(format!("http://{}", served.grpc)).unwrap();
    endpoint.connect().await.unwrap()
}

fn get(store: &str, key: &str) -> GetSecretRequest {
    GetSecretRequest {
        store_name: store.to_owned(),
        key: key.to_owned(),
        metadata: HashMap::new(),
    }
}

fn bulk(store: &str) -> GetBulkSecretRequest {
    GetBulkSecretRequest {
        store_name: store.to_owned(),
        metadata: HashMap::new(),
    }
}

fn one(key: &str, value: &str) -> HashMap<String, String> {
    [(key.to_owned(), value.to_owned())].into()
}

#[tokio::test]
async fn secrets_bulk_and_metadata_are_answered() {
    let (served, _emulator) = Served::on_emulator(Config::sample()).await;
    let mut client = DaprClient::new(channel(&served).await);
    let mut request = get("tencent", "db-password");
    request.metadata = one("version_id", "v1");
    let answer = client.get_secret(request).await.unwrap().into_inner();
    assert_eq!(answer.data, one("db-password", "sample-password-old"));
    let all = client
        .get_bulk_secret(bulk("tencent"))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(all.data.len(), 4);
    assert_eq!(
        all.data["api-token"].secrets,
        one("api-token", "sample-token-4f1c")
    );

    let set = SetMetadataRequest {
        key: "a".to_owned(),
        value: "b".to_owned(),
    };
    client.set_metadata(set).await.unwrap();
    let metadata = client
        .get_metadata(GetMetadataRequest {})
        .await
        .unwrap()
        .into_inner();
    assert_eq!(metadata.registered_components[0].name, "tencent");
    assert_eq!(metadata.extended_metadata["a"], "b");
}

#[tokio::test]
async fn errors_have_daprs_codes_and_their_cause_beside() {
    let (served, _emulator) = Served::on_emulator(Config::sample()).await;
    let mut client = DaprClient::new(channel(&served).await);
    for (store, key, code, reason) in [
        (
            "nobody",
            "x",
            Code::InvalidArgument,
            "ERR_SECRET_STORE_NOT_FOUND",
        ),
        ("tencent", "no-such", Code::Internal, "NOT_FOUND"),
    ] {
        let status = client.get_secret(get(store, key)).await.unwrap_err();
        assert_eq!(status.code(), code);
        let details = status.get_error_details();
        let info = details.error_info().unwrap();
        assert_eq!(
            (info.reason.as_str(), info.domain.as_str()),
            (reason, "dapr.io")
        );
    }
}

#[tokio::test]
async fn other_calls_are_unimplemented() {
    let served = Served::start(&Folder::new(), &[], &[]);
    let mut grpc = Grpc::new(channel(&served).await);
    for path in [
        "/dapr.proto.runtime.v1.Dapr/PublishEvent",
        "/some.other.Service/Call",
    ] {
        grpc.ready().await.unwrap();
        let codec = ProstCodec::<(), ()>::default();
        let path = PathAndQuery::from_static(path);
        let status = grpc.unary(Request::new(()), path, codec).await.unwrap_err();
        assert_eq!(status.code(), Code::Unimplemented);
    }
}

#[tokio::test]
async fn the_token_guards_every_call() {
    let served = Served::start(&Folder::new(), &[], &[("DAPR_API_TOKEN", "let-me-in")]);
    let mut client = DaprClient::new(channel(&served).await);
    let with = |token: Option<&'static str>| {
        let mut request = Request::new(GetMetadataRequest {});
        if let Some(token) = token {
            request
                .metadata_mut()
                .insert("dapr-api-token", token.parse().unwrap());
        }
        request
    };
    for (token, why) in [
        (None, "missing api token in request metadata"),
        (Some("other"), "authentication error: api token mismatch"),
    ] {
        let status = client.get_metadata(with(token)).await.unwrap_err();
        assert_eq!(
            (status.code(), status.message()),
            (Code::Unauthenticated, "Unauthorized")
        );
        let details = status.get_error_details();
        let info = details.error_info().unwrap();
        assert_eq!(info.metadata["http.error_message"], why);
        assert_eq!(info.metadata["http.code"], "401");
    }
    client.get_metadata(with(Some("let-me-in"))).await.unwrap();
}

#[tokio::test]
async fn an_answer_that_clients_would_drop_is_refused_with_a_way_out() {
    let folder = Folder::new();
    let long = "x".repeat(3 << 20);
    let file = secrets_file(&folder, &format!(r#"{{"a": "{long}", "b": "{long}"}}"#));
    let items = [("secretsFile", file.as_str())];
    folder.write(
        "a.yaml",
        &component("file", "secretstores.local.file", &items, ""),
    );
    let served = Served::start(&folder, &[], &[]);
    let mut client = DaprClient::new(channel(&served).await);
    let status = client.get_bulk_secret(bulk("file")).await.unwrap_err();
    assert!(status.message().contains("4 MiB"), "{status}");
    assert!(status.message().contains("over HTTP"), "{status}");
    let answer = client
        .get_secret(get("file", "a"))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(answer.data["a"].len(), long.len());
    let over_http = served.get("/v1.0/secrets/file/bulk").await.body;
    assert!(over_http.len() > 2 * long.len());
}

#[tokio::test]
async fn answers_may_be_as_long_as_the_operator_says() {
    let folder = Folder::new();
    let long = "x".repeat(5 << 20);
    let file = secrets_file(&folder, &format!(r#"{{"a": "{long}"}}"#));
    let items = [("secretsFile", file.as_str())];
    let yaml = component("file", "secretstores.local.file", &items, "");
    folder.write("a.yaml", &yaml);
    let served = Served::start(&folder, &["--max-body-size=8Mi"], &[]);
    let client = DaprClient::new(channel(&served).await);
    let mut client = client.max_decoding_message_size(8 << 20);
    let answer = client.get_secret(get("file", "a")).await.unwrap();
    assert_eq!(answer.into_inner().data["a"].len(), long.len());
}

mod reflection {
    use tokio_stream::{StreamExt, once};
    use tonic_reflection::pb::{v1, v1alpha};

    use super::{Folder, Served, channel};

    const SERVICE: &str = "dapr.proto.runtime.v1.Dapr";

    #[tokio::test]
    async fn both_versions_list_the_service() {
        let served = Served::start(&Folder::new(), &[], &[]);
        let mut client =
            v1::server_reflection_client::ServerReflectionClient::new(channel(&served).await);
        let request = v1::ServerReflectionRequest {
            host: String::new(),
            message_request: Some(v1::server_reflection_request::MessageRequest::ListServices(
                "*".to_owned(),
            )),
        };
        let answers = client.server_reflection_info(once(request)).await.unwrap();
        let answer = answers.into_inner().next().await.unwrap().unwrap();
        assert!(format!("{answer:?}").contains(SERVICE), "{answer:?}");

        let mut client =
            v1alpha::server_reflection_client::ServerReflectionClient::new(channel(&served).await);
        let request = v1alpha::ServerReflectionRequest {
            host: String::new(),
            message_request: Some(
                v1alpha::server_reflection_request::MessageRequest::FileContainingSymbol(
                    SERVICE.to_owned(),
                ),
            ),
        };
        let answers = client.server_reflection_info(once(request)).await.unwrap();
        let answer = answers.into_inner().next().await.unwrap().unwrap();
        assert!(
            format!("{answer:?}").contains("FileDescriptorResponse"),
            "{answer:?}"
        );
    }
}
