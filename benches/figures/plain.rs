//! The least that can be asked of a client.

use std::{
    net::SocketAddr,
    time::{SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use ssm_emulator::{SAMPLE_SECRET_ID, SAMPLE_SECRET_KEY};

/// A client that signs and sends over one connection, and nothing else.
pub(crate) struct Plain {
    sender: SendRequest<Full<Bytes>>,
    authority: String,
}

impl Plain {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        let stream = tokio::net::TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        Self {
            sender,
            authority: address.to_string(),
        }
    }

    pub(crate) async fn call(&mut self, action: &str, body: &str) -> Bytes {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_secs();
        let content_type = "application/json";
        let request = tc3::Request {
            method: "POST",
            path: "/",
            query: "",
            headers: &[("content-type", content_type), ("host", &self.authority)],
            payload: body.as_bytes(),
        };
        let key = tc3::Key {
            secret_id: SAMPLE_SECRET_ID,
            secret_key: SAMPLE_SECRET_KEY,
        };
        let authorization = tc3::sign(&request, &key, "ssm", now).unwrap();
        let request = hyper::Request::post("/")
            .header("host", &self.authority)
            .header("authorization", authorization.header_value())
            .header("content-type", content_type)
            .header("x-tc-action", action)
            .header("x-tc-region", "ap-guangzhou")
            .header("x-tc-timestamp", now)
            .header("x-tc-version", "2019-09-23")
            .body(Full::new(Bytes::copy_from_slice(body.as_bytes())))
            .unwrap();
        self.sender.ready().await.unwrap();
        let response = self.sender.send_request(request).await.unwrap();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert!(
            !body.windows(7).any(|part| part == b"\"Error\""),
            "an error"
        );
        body
    }
}
