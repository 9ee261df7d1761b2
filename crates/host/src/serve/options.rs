//! What a server needs.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    path::PathBuf,
};

use dapr_secrets_api::{MAX_BODY, Token};

use crate::{loader::Loader, metrics::Metrics, net::MAX_HEAD};

/// What a [`Server`](super::Server) needs.
pub struct ServeOptions {
    /// The addresses to listen on.
    pub addresses: Vec<IpAddr>,
    /// The port of the HTTP API; 0 takes a free one.
    pub http_port: u16,
    /// The port of the gRPC API; 0 takes a free one.
    pub grpc_port: u16,
    /// Where health and what is served are told without a token, if anywhere.
    pub public: Option<(Vec<IpAddr>, u16)>,
    /// Where Unix sockets are made, instead of listening on ports: `dapr-APP-http.socket` and
    /// `dapr-APP-grpc.socket`.
    pub socket_folder: Option<PathBuf>,
    /// The names by which callers may reach a loopback address, beside `localhost`.
    pub allowed_hosts: Vec<String>,
    /// The origins whose pages may read answers in a browser: `https://shop.example`, with one `*`
    /// in it, or `*` for all. None by default.
    pub allowed_origins: Vec<String>,
    /// The most bytes of a request's body, and of a message over gRPC in either direction.
    pub max_body: usize,
    /// The most bytes of a request's head, at least 8 KiB.
    pub max_head: usize,
    /// The token that callers must send, if any.
    pub token: Option<Token>,
    /// The files of Dapr Configurations, which say what secrets callers may read.
    pub configurations: Vec<PathBuf>,
    /// Loads the stores, now and again.
    pub loader: Loader,
    /// The figures in which calls are counted.
    pub metrics: Metrics,
}

impl ServeOptions {
    /// Free ports on loopback, without a token and without a Configuration.
    pub fn new(loader: Loader, metrics: Metrics) -> Self {
        Self {
            addresses: vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()],
            http_port: 0,
            grpc_port: 0,
            public: None,
            socket_folder: None,
            allowed_hosts: Vec::new(),
            allowed_origins: Vec::new(),
            max_body: MAX_BODY,
            max_head: MAX_HEAD,
            token: None,
            configurations: Vec::new(),
            loader,
            metrics,
        }
    }
}
