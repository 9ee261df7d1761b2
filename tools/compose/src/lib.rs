//! Composes a front with a store, as Spin does at load time: the front's import
//! `dapr:secretstores/store` becomes the store's export, and both go into one component.

#![cfg(not(target_family = "wasm"))]

use std::{error::Error, fmt};

use wac_graph::{
    CompositionGraph, EncodeOptions, plug,
    types::{Package, Types},
};

/// Why two components do not make one.
#[derive(Debug)]
pub struct ComposeError {
    what: &'static str,
    why: String,
}

impl ComposeError {
    fn new(what: &'static str, why: impl fmt::Display) -> Self {
        let why = format!("{why:#}");
        Self { what, why }
    }
}

impl fmt::Display for ComposeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.what, self.why)
    }
}

impl Error for ComposeError {}

/// Gives `front` the exports of `store` for its imports. What either of them imports besides, the
/// result imports.
///
/// # Errors
/// If one of them is not a component, or the front imports nothing that the store exports.
pub fn compose(front: &[u8], store: &[u8]) -> Result<Vec<u8>, ComposeError> {
    let mut graph = CompositionGraph::new();
    let mut register = |name: &'static str, bytes: &[u8]| {
        let package = Package::from_bytes(name, None, bytes.to_vec(), graph.types_mut())
            .map_err(|why| ComposeError::new(name, why))?;
        graph
            .register_package(package)
            .map_err(|why| ComposeError::new(name, why))
    };
    let front = register("front:component", front)?;
    let store = register("store:component", store)?;
    plug(&mut graph, vec![store], front)
        .map_err(|why| ComposeError::new("they do not fit", why))?;
    graph
        .encode(EncodeOptions::default())
        .map_err(|why| ComposeError::new("they do not make a component", why))
}

/// What a component imports and exports: interfaces with their versions, sorted.
///
/// # Errors
/// If it is not a component.
pub fn interfaces(component: &[u8]) -> Result<(Vec<String>, Vec<String>), ComposeError> {
    let mut types = Types::default();
    let package = Package::from_bytes("a:component", None, component.to_vec(), &mut types)
        .map_err(|why| ComposeError::new("not a component", why))?;
    let world = &types[package.ty()];
    let mut imports: Vec<String> = world.imports.keys().cloned().collect();
    let mut exports: Vec<String> = world.exports.keys().cloned().collect();
    imports.sort();
    exports.sort();
    Ok((imports, exports))
}
