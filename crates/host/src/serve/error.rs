//! Why there is no server.

use std::{fmt, io, path::PathBuf};

use thiserror::Error;

use crate::resources::Problem;

/// Why there is no server.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ServeError {
    /// A folder of resources that cannot be read.
    #[error("{0}")]
    Resources(io::Error),
    /// A Configuration that cannot be read whole.
    #[error("--config {0}")]
    Configuration(Problem),
    /// A port that cannot be listened on.
    #[error("port {port} for {listener}: {why}")]
    Port {
        /// What it is for.
        listener: ListenerKind,
        /// The one that was asked for.
        port: u16,
        /// What is in the way.
        why: io::Error,
    },
    /// A Unix socket that cannot be listened on.
    #[error("socket {}: {why}", path.display())]
    Socket {
        /// Where it was to be.
        path: PathBuf,
        /// What is in the way.
        why: io::Error,
    },
}

/// What a port is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListenerKind {
    /// The HTTP API.
    Http,
    /// The gRPC API.
    Grpc,
    /// Health and what is served, without a token.
    Public,
    /// The figures.
    Metrics,
}

impl fmt::Display for ListenerKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http => "the HTTP API",
            Self::Grpc => "the gRPC API",
            Self::Public => "health and metadata",
            Self::Metrics => "metrics",
        })
    }
}
