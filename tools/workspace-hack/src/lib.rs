//! Nothing: this crate is here for the features in its `Cargo.toml`.
