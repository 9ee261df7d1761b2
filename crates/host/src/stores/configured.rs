//! What the instances of a store are configured by.

use std::{sync::Arc, time::Duration};

use zeroize::Zeroizing;

use super::properties::Properties;
use crate::{
    contract::CallError,
    files::Held,
    outbound::Outbound,
    wasm::{Component, InstanceOptions, Room, SecretStore},
};

/// What the instances of one store are configured by, each in the same way. It has no `Debug`: keys
/// are in it.
pub(super) struct Configured {
    pub(super) by: By,
    /// What they see of the environment.
    pub(super) variables: Vec<(String, String)>,
    pub(super) handed: Vec<Handed>,
}

/// Who configures an instance.
pub(super) enum By {
    /// `init`, with these properties.
    Init(Properties),
    /// Nobody: it goes by its environment, and the host by these properties.
    Environment(Properties),
}

/// A file's text that instances are handed. It has no `Debug`: it may be a secret.
pub(super) struct Handed {
    /// What names the file, which they do not see.
    pub(super) instead_of: &'static str,
    /// The property, or where nobody calls `init` the variable, that has the text.
    pub(super) name: &'static str,
    pub(super) text: Arc<Held>,
}

/// Texts in force at one moment, by what they are handed as.
struct Texts {
    edition: u64,
    named: Vec<(&'static str, Arc<Zeroizing<String>>)>,
}

impl Configured {
    /// What the host goes by: `timeout` means the same from either source.
    pub(super) fn properties(&self) -> &Properties {
        match &self.by {
            By::Init(properties) | By::Environment(properties) => properties,
        }
    }

    pub(super) fn is_by_init(&self) -> bool {
        matches!(self.by, By::Init(_))
    }

    /// Makes an instance that is configured, of memory that was set aside for it if any was. It gives
    /// up calls after `limit`.
    pub(super) async fn instance(
        &self,
        component: &Component,
        outbound: &Outbound,
        limit: Duration,
        ahead: Option<Room>,
    ) -> Result<SecretStore, CallError> {
        let texts = self.texts();
        let withheld: Vec<&str> = self.handed.iter().map(|it| it.instead_of).collect();
        let seen = |pair: &&(String, String)| !withheld.contains(&pair.0.as_str());
        let mut env: Vec<_> = self.variables.iter().filter(seen).cloned().collect();
        if !self.is_by_init() {
            let owned = texts
                .named
                .iter()
                .map(|(name, text)| ((*name).to_owned(), text.to_string()));
            env.extend(owned);
        }
        let options = InstanceOptions { env, output: None };
        let made = component.instantiate_in(outbound, &options, ahead).await?;
        let mut instance = made.within(limit).of_edition(texts.edition);
        if let By::Init(properties) = &self.by {
            let mut given = properties.without(&withheld);
            for (name, text) in &texts.named {
                given.add(name, text);
            }
            instance.init(given.pairs()).await?;
        }
        Ok(instance)
    }

    /// Whether `instance` has the texts that are in force.
    pub(super) fn is_current(&self, instance: &SecretStore) -> bool {
        let now: u64 = self.handed.iter().map(|it| it.text.edition()).sum();
        instance.edition() == now
    }

    /// The texts in force, and their edition: the sum of numbers that only grow.
    fn texts(&self) -> Texts {
        let mut texts = Texts {
            edition: 0,
            named: Vec::new(),
        };
        for handed in &self.handed {
            let (number, text) = handed.text.now();
            texts.edition += number;
            texts.named.push((handed.name, text));
        }
        texts
    }
}
