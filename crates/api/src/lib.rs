//! Dapr's Secrets API over HTTP (<https://docs.dapr.io/reference/api/secrets_api/>) without a
//! server: what a request asks for, and what it is answered, as daprd 1.16 does it
//! (<https://github.com/dapr/dapr/tree/v1.16.0/pkg/api/http>).
//!
//! No I/O and no clock, so that a native server and a WebAssembly component can both be thin
//! around it.

mod answer;
mod error;
mod kind;
mod path;
mod route;
mod token;

pub use answer::Answer;
pub use error::{ApiError, describe};
pub use kind::Kind;
pub use route::{Call, Route};
pub use token::Token;

/// Request metadata: pairs of name and value, no name twice.
pub type Metadata = Vec<(String, String)>;

/// The most that a request may bring as its body, in bytes: daprd's limit.
pub const MAX_BODY: usize = 4 << 20;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
