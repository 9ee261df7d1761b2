//! The component's own client without WebAssembly.

use std::{
    future::Future,
    net::SocketAddr,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use ssm::{
    Config, Credentials, Endpoint, Now, Region, Request, Response, SecretName, Step, Transport,
    TransportError,
};
use ssm_emulator::{SAMPLE_SECRET_ID, SAMPLE_SECRET_KEY};

/// A client that reads from `address`, at no pace of its own.
pub(crate) fn client(address: SocketAddr) -> ssm::Client<Native> {
    let region = Region::parse("ap-guangzhou").ok().unwrap();
    let owned = |text: &str| text.to_owned().into();
    let credentials = Credentials::new(owned(SAMPLE_SECRET_ID), owned(SAMPLE_SECRET_KEY), None);
    let mut config = Config::new(region, credentials.ok().unwrap());
    config.endpoint = Endpoint::parse(&format!("http://{address}"), true)
        .ok()
        .unwrap();
    config.max_requests_per_second = 0;
    let mut tcp = HttpConnector::new();
    tcp.set_nodelay(true);
    let transport = Native {
        client: Client::builder(TokioExecutor::new()).build(tcp),
        began: Instant::now(),
    };
    ssm::Client::new(config, transport)
}

/// Reads one secret.
pub(crate) async fn get(client: &ssm::Client<Native>, name: &str) {
    let name = SecretName::parse(name).unwrap();
    client.get(&name, None).await.ok().unwrap();
}

pub(crate) struct Native {
    client: Client<HttpConnector, Full<Bytes>>,
    began: Instant,
}

impl Transport for Native {
    async fn send(&self, request: Request<'_>) -> Result<Response, TransportError> {
        let failed = |why: &dyn ToString| TransportError::Failed(Step::Unknown, why.to_string());
        let uri = format!("http://{}{}", request.authority, request.path);
        let mut outgoing = hyper::Request::post(uri);
        for (name, value) in request.headers {
            outgoing = outgoing.header(*name, *value);
        }
        let body = Full::new(Bytes::copy_from_slice(request.body));
        let outgoing = outgoing.body(body).map_err(|why| failed(&why))?;
        let response = self.client.request(outgoing).await;
        let response = response.map_err(|why| failed(&why))?;
        (request.arrived)();
        let status = response.status().as_u16();
        let body = response.into_body().collect().await;
        let body = body.map_err(|why| failed(&why))?.to_bytes();
        Ok(Response {
            status,
            date: None,
            body: body.to_vec().into(),
        })
    }

    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> {
        tokio::time::sleep(duration)
    }

    fn now(&self) -> Now {
        Now {
            monotonic: self.began.elapsed(),
            unix: SystemTime::now().duration_since(UNIX_EPOCH).unwrap(),
        }
    }
}
