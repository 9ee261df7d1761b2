//! Keys that an emulator gave, and what must not be seen of them.

use ssm_emulator::{Emulator, SAMPLE_SECRET_KEY, SAMPLE_WEB_IDENTITY_TOKEN};

/// The role whose keys signed the last request, `None` where those of the account did.
///
/// # Panics
/// Where nothing was asked yet.
#[expect(clippy::expect_used, reason = "for tests only")]
pub fn last_role(emulator: &Emulator) -> Option<String> {
    let last = emulator.requests().pop().expect("a request");
    let keys = emulator.temporary_keys();
    let key = keys.iter().find(|key| key.secret_id == last.secret_id);
    key.map(|key| key.role_arn.clone())
}

/// Everything that no output may hold: the sample key and web identity, and all keys that the emulator
/// gave.
pub fn secrets(emulator: &Emulator) -> Vec<String> {
    let temporary = emulator.temporary_keys().into_iter();
    let temporary = temporary.flat_map(|key| [key.secret_id, key.secret_key, key.token]);
    [SAMPLE_SECRET_KEY, SAMPLE_WEB_IDENTITY_TOKEN]
        .map(str::to_owned)
        .into_iter()
        .chain(temporary)
        .collect()
}
