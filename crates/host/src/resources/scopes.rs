//! Which secrets may be read.

use std::collections::BTreeMap;

/// Which secrets of each store an application may read. A store without an entry is open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scopes(BTreeMap<String, Access>);

/// One entry of `spec.secrets.scopes`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// `allowedSecrets`: if there are any, these and no others.
    pub allowed: Vec<String>,
    /// `deniedSecrets`.
    pub denied: Vec<String>,
    /// `defaultAccess: deny`.
    pub deny_others: bool,
}

impl Scopes {
    /// Whether `secret` of `store` may be read. Names match exactly.
    pub fn allow(&self, store: &str, secret: &str) -> bool {
        self.0.get(store).is_none_or(|access| access.allows(secret))
    }

    /// # Errors
    /// If `store` has an entry already.
    pub(super) fn add(&mut self, store: String, access: Access) -> Result<(), String> {
        if self.0.contains_key(&store) {
            return Err(format!(
                "the store {store} has two entries in spec.secrets.scopes"
            ));
        }
        self.0.insert(store, access);
        Ok(())
    }
}

impl Access {
    fn allows(&self, secret: &str) -> bool {
        let in_list = |list: &[String]| list.iter().any(|listed| listed == secret);
        if !self.allowed.is_empty() {
            return in_list(&self.allowed);
        }
        !in_list(&self.denied) && !self.deny_others
    }
}
