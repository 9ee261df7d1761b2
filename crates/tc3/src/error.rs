//! What the signer refuses.

use core::fmt;

/// Why a request could not be signed. None of them quotes the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SigningError {
    /// A header that TC3 requires is not among the headers to sign.
    MissingHeader(&'static str),
    /// The method, the path or the query holds a control character. A line break there would
    /// forge another signed line.
    MalformedRequestLine,
    /// A header to sign stands there twice, or its name or value holds a character that would
    /// make the signature ambiguous (a line break, say).
    MalformedHeader,
    /// The timestamp lies after the year 9999 (the clock is wrong), or in another day than the
    /// signing key's.
    TimestampOutOfRange,
}

impl fmt::Display for SigningError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingHeader(name) => write!(f, "the header {name} must be signed"),
            Self::MalformedRequestLine => {
                f.write_str("the method, path or query to sign holds a control character")
            }
            Self::MalformedHeader => f.write_str("a header to sign is malformed or repeated"),
            Self::TimestampOutOfRange => {
                f.write_str("the time lies beyond the year 9999 or outside the signing key's day")
            }
        }
    }
}

impl core::error::Error for SigningError {}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn errors_say_what_is_wrong() {
        for (error, text) in [
            (
                SigningError::MissingHeader("host"),
                "the header host must be signed",
            ),
            (
                SigningError::MalformedRequestLine,
                "the method, path or query to sign holds a control character",
            ),
            (
                SigningError::MalformedHeader,
                "a header to sign is malformed or repeated",
            ),
            (
                SigningError::TimestampOutOfRange,
                "the time lies beyond the year 9999 or outside the signing key's day",
            ),
        ] {
            assert_eq!(error.to_string(), text);
        }
    }
}
