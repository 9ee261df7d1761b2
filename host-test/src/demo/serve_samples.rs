//! The whole road: an application's request, Dapr's Secrets API, the component, SSM (an emulator).

use std::{error::Error, fs, net::SocketAddr, path::Path};

use dapr_wasm_host::{
    Loader, Metrics, Outbound, Runtime, RuntimeConfig,
    resources::Identity,
    serve::{ServeOptions, Server},
    stores::{PoolOptions, StoreTypes},
};
use http_body_util::{BodyExt, Empty};
use hyper::{Request, body::Bytes, client::conn::http1};
use hyper_util::rt::TokioIo;
use ssm_emulator::{Config, Emulator};
use tokio::{net::TcpStream, signal::ctrl_c, sync::oneshot};

use super::Options;
use test_support::resources::{component_yaml, properties};

const TYPE: &str = "secretstores.tencentcloud.ssm";
const PATH: &str = "/v1.0/secrets/tencent/db-password";

pub(super) async fn show(options: &Options) -> Result<(), Box<dyn Error>> {
    let emulator = Emulator::start(Config::sample()).await?;
    let folder = tempfile::tempdir()?;
    // As for Dapr's own store; only the endpoint is the emulator's.
    let component = component_yaml("tencent", TYPE, &properties(&emulator.url(), &[]));
    fs::write(folder.path().join("tencent.yaml"), component)?;
    let server = start(options, folder.path()).await?;
    let address = |addresses: Vec<SocketAddr>| addresses.into_iter().next().ok_or("no address");
    let (http, grpc) = (
        address(server.http_addresses())?,
        address(server.grpc_addresses())?,
    );
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(server.serve(async {
        // Told, or told nothing because this command failed: the end either way.
        let _ = stopped.await;
    }));
    println!("listening on http://{http}, and {grpc} for gRPC");
    println!("SSM is an emulator at {}\n", emulator.url());
    println!("GET {PATH}\n{}", get(http).await?);
    if !options.once {
        println!("{}", hints(http, grpc));
        ctrl_c().await?;
    }
    let _ = stop.send(());
    Ok(serving.await?)
}

async fn start(options: &Options, folder: &Path) -> Result<Server, Box<dyn Error>> {
    let runtime = Runtime::new(&RuntimeConfig::default())?;
    let outbound = Outbound::builder().native_roots(false).build()?;
    let identity = Identity::default();
    let metrics = Metrics::new(&identity, &runtime, &outbound)?;
    let types = StoreTypes::new(PoolOptions {
        outbound,
        max_instances: 16,
    });
    let loader = Loader {
        types: types.with(TYPE.parse()?, runtime.tencentcloud_ssm()?),
        folders: vec![folder.to_owned()],
        identity,
        namespace: None,
        sources: None,
        figures: metrics.memory().clone(),
    };
    let (server, outcome) = Server::start(ServeOptions {
        http_port: options.dapr_http_port,
        grpc_port: options.dapr_grpc_port,
        ..ServeOptions::new(loader, metrics)
    })
    .await
    .map_err(|why| format!("{why}; other ports: --dapr-http-port, --dapr-grpc-port"))?;
    match outcome.fatal() {
        Some(failure) => Err(failure.problem.to_string().into()),
        None => Ok(server),
    }
}

async fn get(http: SocketAddr) -> Result<String, Box<dyn Error>> {
    let stream = TokioIo::new(TcpStream::connect(http).await?);
    let (mut sender, connection) = http1::handshake(stream).await?;
    tokio::spawn(connection);
    let request = Request::get(PATH).header("host", http.to_string());
    let answer = sender
        .send_request(request.body(Empty::<Bytes>::new())?)
        .await?;
    let status = answer.status();
    let bytes = answer.into_body().collect().await?.to_bytes();
    let body = String::from_utf8_lossy(&bytes).trim_end().to_owned();
    if status.is_success() {
        Ok(body)
    } else {
        Err(format!("{status}: {body}").into())
    }
}

fn hints(http: SocketAddr, grpc: SocketAddr) -> String {
    let (http_port, grpc_port) = (http.port(), grpc.port());
    let ports = match (http_port, grpc_port) {
        (3500, 50001) => String::new(),
        _ => format!("DAPR_HTTP_PORT={http_port} DAPR_GRPC_PORT={grpc_port} "),
    };
    format!(
        r#"
Read from it yourself, from another terminal:

    curl http://{http}{PATH}

    pip install dapr
    {ports}python3 -c '
from dapr.clients import DaprClient
with DaprClient() as dapr:
    print(dapr.get_secret("tencent", "db-password").secret)
    print(dapr.get_bulk_secret("tencent").secrets)'

Ctrl-C ends it."#
    )
}
