//! TC3-HMAC-SHA256, the request signature of Tencent Cloud's API 3.0.
//!
//! The crate turns a request, a key and a time into the value of an `Authorization` header. It is
//! pure: no clock, no I/O, `no_std` with `alloc`.
//!
//! The algorithm is Tencent Cloud's "Signature v3" (SSM's copy of the page:
//! <https://www.tencentcloud.com/document/product/1078/38637>). In the repository every stage is held
//! to the golden vectors in `vectors/`, one file a stage.
//!
//! ```
//! let request = tc3::Request {
//!     method: "POST",
//!     path: "/",
//!     query: "",
//!     headers: &[("content-type", "application/json"), ("host", "ssm.tencentcloudapi.com")],
//!     payload: b"{}",
//! };
//! let key = tc3::Key { secret_id: "AKIDEXAMPLE", secret_key: "example" };
//! let authorization = tc3::sign(&request, &key, "ssm", 1_700_000_000)?;
//! assert!(authorization.header_value().starts_with("TC3-HMAC-SHA256 Credential=AKIDEXAMPLE/"));
//! # Ok::<(), tc3::SigningError>(())
//! ```

#![no_std]

extern crate alloc;

mod canonical;
mod date;
mod error;
mod key;
mod sign;
#[cfg(test)]
mod vectors;

pub use canonical::Request;
pub use error::SigningError;
pub use sign::{ALGORITHM, Authorization, Key, SigningKey, sign};

/// Runs the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
