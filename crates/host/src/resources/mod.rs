//! Dapr's Component resources, read from YAML as daprd reads them
//! (<https://docs.dapr.io/reference/resource-specs/component-schema/>).
//!
//! A folder is read whole: what is wrong with one document is reported with its place and never
//! ends the others.

mod access;
mod component;
mod configuration;
mod document;
mod expand;
mod folder;
mod misplaced;
mod node;
mod place;
mod resolve;
mod scalar;
mod scopes;
mod split;
mod strict;
#[cfg(test)]
mod tests;
mod value;
mod yaml;

pub use access::scopes;
pub use component::{Component, Item, SecretKeyRef};
pub use folder::{Loaded, load, readable};
pub use place::{Place, Problem};
pub use resolve::{Identity, resolve};
pub use scopes::{Access, Scopes};
