//! Stage 4: the key ladder.

use alloc::vec::Vec;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

/// The last label of the credential scope and the last rung of the ladder.
pub(crate) const TERMINATOR: &str = "tc3_request";

/// The three keys that lead from the secret key to the signing key, which is the last. They are
/// wiped when dropped.
///
/// ```text
/// date    = HMAC("TC3" + SecretKey, "YYYY-MM-DD")
/// service = HMAC(date, "ssm")
/// signing = HMAC(service, "tc3_request")
/// ```
pub(crate) fn ladder(secret_key: &str, date: &str, service: &str) -> [Zeroizing<[u8; 32]>; 3] {
    let mut first = Zeroizing::new(Vec::with_capacity(3 + secret_key.len()));
    first.extend_from_slice(b"TC3");
    first.extend_from_slice(secret_key.as_bytes());

    let date_key = hmac(&first, date.as_bytes());
    let service_key = hmac(&*date_key, service.as_bytes());
    let signing_key = hmac(&*service_key, TERMINATOR.as_bytes());
    [date_key, service_key, signing_key]
}

/// HMAC-SHA256 of `message`, wiped when dropped.
#[expect(
    clippy::expect_used,
    reason = "HMAC takes a key of any length (RFC 2104)"
)]
pub(crate) fn hmac(key: &[u8], message: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length is accepted");
    mac.update(message);
    Zeroizing::new(mac.finalize().into_bytes().into())
}
