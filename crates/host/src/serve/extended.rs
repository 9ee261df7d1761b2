//! What applications set beside the metadata, as much as there is room for.

use std::collections::BTreeMap;

use dapr_secrets_api::ApiError;

/// Keys that may be set.
const MAX_KEYS: usize = 1_000;
/// Bytes of one key with its value.
const MAX_ENTRY: usize = 64 << 10;
/// Bytes of all keys and values.
const MAX_EXTENDED: usize = 4 << 20;

/// Keys and values.
#[derive(Default)]
pub(super) struct Extended {
    entries: BTreeMap<String, String>,
    bytes: usize,
}

impl Extended {
    /// Sets `key`, if there is room.
    ///
    /// # Errors
    /// With what there is no room for, and the way out.
    pub(super) fn set(&mut self, key: String, value: String) -> Result<(), ApiError> {
        let length = key.len() + value.len();
        if length > MAX_ENTRY {
            return Err(ApiError::metadata_full(&format!(
                "a key with its value may have {MAX_ENTRY} bytes, this one has {length}: set less"
            )));
        }
        let old = self.entries.get(&key).map(|old| key.len() + old.len());
        if old.is_none() && self.entries.len() >= MAX_KEYS {
            return Err(ApiError::metadata_full(&format!(
                "{MAX_KEYS} keys are set: set one of these, or start the server again"
            )));
        }
        let bytes = self.bytes - old.unwrap_or_default() + length;
        if bytes > MAX_EXTENDED {
            return Err(ApiError::metadata_full(&format!(
                "all keys and values may have {MAX_EXTENDED} bytes: set one of the keys that are \
                 there to less, or start the server again"
            )));
        }
        self.bytes = bytes;
        self.entries.insert(key, value);
        Ok(())
    }

    /// All of them.
    pub(super) fn all(&self) -> &BTreeMap<String, String> {
        &self.entries
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_entries_and_all_of_them_are_bounded() {
        let mut extended = Extended::default();
        for index in 0..MAX_KEYS {
            extended.set(format!("{index}"), String::new()).unwrap();
        }
        let full = extended.set("more".to_owned(), String::new()).unwrap_err();
        assert!(full.message.contains("start the server again"));
        extended.set("0".to_owned(), "again".to_owned()).unwrap();
        assert_eq!(extended.all()["0"], "again");

        let long = "x".repeat(MAX_ENTRY);
        assert!(extended.set("0".to_owned(), long.clone()).is_err());
        let fits = &long[..MAX_ENTRY - 3];
        let mut index = 0;
        while extended.set(format!("{index}"), fits.to_owned()).is_ok() {
            index += 1;
        }
        assert!(index > 60 && index <= MAX_EXTENDED / MAX_ENTRY, "{index}");
        assert!(extended.bytes <= MAX_EXTENDED);
        // Room that is given back is room.
        extended.set("0".to_owned(), String::new()).unwrap();
        extended.set("999".to_owned(), fits.to_owned()).unwrap();
    }
}
