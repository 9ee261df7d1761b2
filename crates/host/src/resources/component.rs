//! A Component that is a secret store.

use std::time::Duration;

use zeroize::Zeroizing;

use super::place::Place;
use crate::stores::StoreType;

/// A resource of the kind `Component`, `dapr.io/v1alpha1`, that is a secret store. It has no `Debug`: values may be keys.
pub struct Component {
    /// `metadata.name`.
    pub name: String,
    /// `metadata.namespace`.
    pub namespace: Option<String>,
    /// `spec.type`.
    pub store_type: StoreType,
    /// `spec.version`, empty if there is none.
    pub version: String,
    /// `spec.ignoreErrors`: a failure to start it is logged, nothing else.
    pub ignore_errors: bool,
    /// `spec.initTimeout`; 5 s if there is none that can be read.
    pub init_timeout: Duration,
    /// `spec.metadata`, in order.
    pub metadata: Vec<Item>,
    /// `auth.secretStore`: where secret references are looked up.
    pub secret_store: Option<String>,
    /// `scopes`: the apps that may use it; empty means all.
    pub scopes: Vec<String>,
    /// Where the resource stands.
    pub place: Place,
}

impl Component {
    /// Whether the app `app_id` may use it.
    pub fn in_scope(&self, app_id: &str) -> bool {
        self.scopes.is_empty() || self.scopes.iter().any(|scope| scope == app_id)
    }

    /// The store that its references are looked up in: `auth.secretStore`, where there are any.
    pub fn needs(&self) -> Option<&str> {
        let refers = self
            .metadata
            .iter()
            .any(|item| item.secret_key_ref.is_some());
        self.secret_store.as_deref().filter(|_| refers)
    }
}

/// One entry of `spec.metadata`.
pub struct Item {
    /// The property that it gives.
    pub name: String,
    /// `value` as text, if there is one that is not empty.
    pub value: Option<Zeroizing<String>>,
    /// `secretKeyRef`, which wins over a value.
    pub secret_key_ref: Option<SecretKeyRef>,
    /// `envRef`, which counts only where there is no value, and then before a reference.
    pub env_ref: Option<String>,
}

/// A value that another secret store holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretKeyRef {
    /// The secret's name.
    pub name: String,
    /// The entry of its data; the secret's name where it is not given.
    pub key: String,
}
