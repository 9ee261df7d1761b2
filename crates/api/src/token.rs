//! The API token (<https://docs.dapr.io/operations/security/api-token/>).

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// What callers must send, if anything. It has no `Debug`.
pub struct Token(Zeroizing<String>);

impl Token {
    /// The environment variable that a server takes it from.
    pub const VARIABLE: &str = "DAPR_API_TOKEN";
    /// The header, and the key of gRPC metadata.
    pub const HEADER: &str = "dapr-api-token";

    /// Takes the value of [`Token::VARIABLE`].
    pub fn new(token: String) -> Self {
        Self(token.into())
    }

    /// Whether `given` is the token; takes as long whatever it is, but for its length.
    pub fn is(&self, given: Option<&[u8]>) -> bool {
        given.is_some_and(|given| given.ct_eq(self.0.as_bytes()).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_token_is_the_token() {
        let token = Token::new("abc".to_owned());
        assert!(token.is(Some(b"abc")));
        for wrong in [
            None,
            Some(&b""[..]),
            Some(b"ab"),
            Some(b"abcd"),
            Some(b"abd"),
        ] {
            assert!(!token.is(wrong));
        }
    }
}
