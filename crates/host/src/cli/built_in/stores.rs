//! Whose keys were seen: each store's apart.

use std::sync::{Arc, Mutex, PoisonError};

use ssm_settings::CREDENTIALS;

use super::answers::KeyAnswers;
use crate::stores::Properties;

/// The answers with keys of every store. Clones share them.
#[derive(Clone, Default)]
pub(in crate::cli) struct StoresKeys {
    /// Where somebody wants to know.
    known: Option<Arc<Mutex<Vec<Known>>>>,
}

struct Known {
    /// What the store's Component says of keys.
    said: Properties,
    answers: KeyAnswers,
}

impl StoresKeys {
    /// Remembers the keys that come.
    pub(in crate::cli) fn remembering() -> Self {
        Self {
            known: Some(Arc::default()),
        }
    }

    /// Those of a store that is configured by `properties`, or by none of them. Stores that say the
    /// same of keys have the same.
    pub(in crate::cli) fn of(&self, properties: &Properties) -> KeyAnswers {
        let Some(known) = &self.known else {
            return KeyAnswers::default();
        };
        let said = CREDENTIALS.iter().filter_map(|(name, _)| {
            let value = properties.get(name)?;
            Some(((*name).to_owned(), value.to_owned()))
        });
        let said = Properties::new(said);
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.iter().find(|known| known.said == said) {
            return known.answers.clone();
        }
        let answers = KeyAnswers::remembering();
        known.push(Known {
            said,
            answers: answers.clone(),
        });
        answers
    }
}
