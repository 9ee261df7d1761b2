//! Which names and which pages in a browser reach `serve`.

use dapr_wasm_host::grpc::proto::runtime::{GetMetadataRequest, dapr_client::DaprClient};
use http::{Method, StatusCode};
use tonic::{Code, transport::Endpoint};

use crate::{
    raw::raw,
    support::{Folder, Served, component, send},
};

const PATH: &str = "/v1.0/secrets/env/bulk";

fn served(arguments: &[&str]) -> Served {
    let yaml = component("env", "secretstores.local.env", &[], "");
    let folder = Folder::new().with("a.yaml", &yaml);
    Served::start(&folder, arguments, &[("FOO", "bar")])
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or_default()
}

#[test]
fn a_page_whose_name_is_made_to_mean_this_machine_reads_nothing() {
    let served = served(&["--allowed-host", "dapr.internal", "--allowed-host=dapr"]);
    let ask = |host: &str| {
        let request = format!("GET {PATH} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        raw(served.http, &request)
    };
    for host in [
        "127.0.0.1",
        "localhost:3500",
        "[::1]:3500",
        "dapr.internal",
        "DAPR:80",
    ] {
        let answer = ask(host);
        assert_eq!(status(&answer), "200", "{host}: {answer}");
        assert!(!answer.to_lowercase().contains("access-control"));
    }
    for host in ["evil.example:3500", "localhost.evil.example", ""] {
        let answer = ask(host);
        assert_eq!(status(&answer), "403", "{host}: {answer}");
        assert!(answer.contains("--allowed-host"), "{answer}");
        assert!(!answer.contains("bar"), "{answer}");
    }
    // In the request's line it is the host too.
    let absolute = format!(
        "GET http://evil.example{PATH} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    );
    assert_eq!(status(&raw(served.http, &absolute)), "403");
}

#[tokio::test]
async fn over_grpc_the_authority_counts() {
    let served = served(&[]);
    for (origin, code) in [
        ("http://evil.example", Some(Code::PermissionDenied)),
        ("http://localhost:1", None),
    ] {
        let endpoint = Endpoint::try_from(format!("http://{}", served.grpc)).unwrap();
        let endpoint = endpoint.origin(origin.parse().unwrap());
        let mut client = DaprClient::new(endpoint.connect().await.unwrap());
        let answer = client.get_metadata(GetMetadataRequest {}).await;
        let status = answer.err();
        assert_eq!(status.as_ref().map(tonic::Status::code), code, "{origin}");
        if let Some(status) = status {
            assert!(status.message().contains("--allowed-host"), "{status}");
        }
    }
}

#[test]
fn where_others_reach_it_every_name_may_be_its_own() {
    let served = served(&["--dapr-listen-addresses=0.0.0.0"]);
    let address = ([127, 0, 0, 1], served.http.port()).into();
    let request = "GET /v1.0/metadata HTTP/1.1\r\nHost: dapr\r\nConnection: close\r\n\r\n";
    assert_eq!(status(&raw(address, request)), "200");
}

#[test]
fn a_request_names_its_host_once() {
    let served = served(&[]);
    let ask = |head: &str| raw(served.http, &format!("GET /v1.0/healthz {head}\r\n\r\n"));
    for (head, expected) in [
        ("HTTP/1.1\r\nConnection: close", "400"),
        ("HTTP/1.1\r\nHost: a\r\nHost: a\r\nConnection: close", "400"),
        ("HTTP/1.1\r\nHost: a b\r\nConnection: close", "400"),
        ("HTTP/1.1\r\nHost: localhost\r\nConnection: close", "204"),
        ("HTTP/1.0", "204"),
    ] {
        let answer = ask(head);
        assert_eq!(status(&answer), expected, "{head}: {answer}");
    }
}

#[tokio::test]
async fn pages_of_origins_that_are_named_may_read() {
    let token = [("DAPR_API_TOKEN", "let-me-in")];
    let origins = "--allowed-origins=https://shop.example,https://*.shop.example";
    let served = Served::start(&Folder::new(), &[origins], &token);
    let ask = async |method, headers: &[(&str, &str)]| {
        send(served.http, method, "/v1.0/metadata", headers, "").await
    };
    let origin = ("origin", "https://shop.example");
    let preflight = [
        origin,
        ("access-control-request-method", "GET"),
        ("access-control-request-headers", "dapr-api-token"),
    ];
    // A browser sends no token with it.
    let answer = ask(Method::OPTIONS, &preflight).await;
    assert_eq!(answer.status, StatusCode::OK);
    for (name, value) in [
        ("access-control-allow-origin", "https://shop.example"),
        ("access-control-allow-methods", "GET"),
        ("access-control-allow-headers", "dapr-api-token"),
    ] {
        assert_eq!(answer.header(name), Some(value), "{name}");
    }
    let with_token = [origin, ("dapr-api-token", "let-me-in")];
    let answer = ask(Method::GET, &with_token).await;
    assert_eq!(answer.status, StatusCode::OK);
    let allowed = answer.header("access-control-allow-origin");
    assert_eq!(allowed, Some("https://shop.example"));
    let other = [
        ("origin", "https://evil.example"),
        ("dapr-api-token", "let-me-in"),
    ];
    let answer = ask(Method::GET, &other).await;
    assert_eq!(answer.header("access-control-allow-origin"), None);
}
