//! Dapr's Configuration resource, of which this host keeps the secret scopes
//! (<https://docs.dapr.io/operations/configuration/secret-scope/>).

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    document::parse,
    value::{field, text, texts},
};

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

    /// Adds the entries of `other`.
    ///
    /// # Errors
    /// If a store has one already.
    pub fn merge(&mut self, other: Self) -> Result<(), String> {
        for (store, access) in other.0 {
            self.add(store, access)?;
        }
        Ok(())
    }

    fn add(&mut self, store: String, access: Access) -> Result<(), String> {
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

/// The scopes in the Configuration that `document` holds.
///
/// # Errors
/// If it is no Configuration, or an entry cannot be understood: whoever limits access must not get
/// less of it than was written.
pub fn scopes(document: &str) -> Result<Scopes, String> {
    let yaml = parse(document).map_err(|(line, why)| format!("line {line}: {why}"))?;
    let root = &yaml.0;
    if field(root, "kind").as_str() != Some("Configuration") {
        return Err("it is not of the kind Configuration".to_owned());
    }
    let mut scopes = Scopes::default();
    let list = field(field(field(root, "spec"), "secrets"), "scopes");
    for (number, entry) in entries(list)?.iter().enumerate() {
        let (store, access) = access(entry)
            .map_err(|why| format!("entry {} of spec.secrets.scopes: {why}", number + 1))?;
        scopes.add(store, access)?;
    }
    Ok(scopes)
}

fn entries(list: &Value) -> Result<&[Value], String> {
    match list {
        Value::Null => Ok(&[]),
        Value::Array(list) => Ok(list),
        _ => Err("spec.secrets.scopes is not a list".to_owned()),
    }
}

fn access(entry: &Value) -> Result<(String, Access), String> {
    let store = text(entry, "storeName")?.ok_or("storeName is missing")?;
    let default = text(entry, "defaultAccess")?.unwrap_or_default();
    let deny_others = match default.to_ascii_lowercase().as_str() {
        "" | "allow" => false,
        "deny" => true,
        _ => return Err("defaultAccess is neither allow nor deny".to_owned()),
    };
    let access = Access {
        allowed: texts(entry, "allowedSecrets")?,
        denied: texts(entry, "deniedSecrets")?,
        deny_others,
    };
    Ok((store, access))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(entry: &str) -> Result<Scopes, String> {
        scopes(&format!(
            "apiVersion: dapr.io/v1alpha1\nkind: Configuration\nspec:\n  secrets:\n    scopes:\n    \
             - {entry}\n"
        ))
    }

    #[test]
    fn an_allow_list_counts_alone_then_the_deny_list_then_the_default() {
        let scopes =
            with("{storeName: s, defaultAccess: DENY, allowedSecrets: [a], deniedSecrets: [a, b]}")
                .unwrap();
        assert!(scopes.allow("s", "a") && scopes.allow("other", "b"));
        assert!(!scopes.allow("s", "A") && !scopes.allow("s", "c"));
        let scopes = with("{storeName: s, deniedSecrets: [b]}").unwrap();
        assert!(scopes.allow("s", "a") && !scopes.allow("s", "b"));
        let scopes = with("{storeName: s, defaultAccess: deny}").unwrap();
        assert!(!scopes.allow("s", "a"));
    }

    #[test]
    fn what_is_unclear_is_refused() {
        for entry in [
            "{defaultAccess: deny}",
            "{storeName: s, defaultAccess: maybe}",
            "{storeName: s, allowedSecrets: a}",
            "{storeName: s}\n    - {storeName: s}",
        ] {
            assert!(with(entry).is_err(), "{entry}");
        }
        assert!(scopes("kind: Component").is_err());
        assert_eq!(scopes("kind: Configuration").unwrap(), Scopes::default());
    }
}
