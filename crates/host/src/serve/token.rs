//! The API token (<https://docs.dapr.io/operations/security/api-token/>).

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// What callers must send, if anything. It has no `Debug`.
pub struct Token(Zeroizing<String>);

impl Token {
    /// The header, and the key of gRPC metadata.
    pub(super) const HEADER: &str = "dapr-api-token";

    /// Takes the value of `DAPR_API_TOKEN`.
    pub fn new(token: String) -> Self {
        Self(token.into())
    }

    /// Whether `given` is the token; takes as long whatever it is, but for its length.
    pub(super) fn is(&self, given: Option<&[u8]>) -> bool {
        given.is_some_and(|given| given.ct_eq(self.0.as_bytes()).into())
    }
}
