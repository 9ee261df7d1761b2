//! Flags as daprd takes them.

/// A boolean in any spelling of Dapr's.
pub(super) fn boolean(text: &str) -> Result<bool, String> {
    values::boolean(text).ok_or_else(|| "say true or false".to_owned())
}
