//! How Spin composes an app with its dependencies (`crates/compose/src/lib.rs` in its sources, and in Spin
//! 4 `crates/capabilities/src/deny.rs`): names must match exactly, and what a dependency does not inherit
//! is answered by an adapter, if that fits.

use std::collections::HashSet;

use wac_graph::{
    CompositionGraph, EncodeOptions, NodeId, PackageId,
    types::{Package, SubtypeChecker},
};

use super::manifest::Inherit;

/// Which one composes.
#[derive(Clone, Copy)]
pub(super) enum Spin {
    /// Its adapter exports WASI 0.2.0, and fits just what imports that.
    V3,
    /// Its adapter fits every 0.2.
    V4,
}

impl Spin {
    /// Whether its adapter's export of the interface `name` becomes `import`.
    fn plugs(self, name: &str, import: &str) -> bool {
        match self {
            Self::V3 => import == format!("{name}@0.2.0"),
            Self::V4 => import.split('@').next() == Some(name),
        }
    }
}

/// Gives `app` the export `name` of `dependency`.
pub(super) fn compose(app: &[u8], name: &str, dependency: &[u8]) -> Vec<u8> {
    let mut graph = CompositionGraph::new();
    let app = instance(&mut graph, "test:app", app);
    let dependency = instance(&mut graph, "test:dependency", dependency);
    assert!(
        fits(&graph, &dependency, name, &app, name),
        "{name} does not fit"
    );
    connect(&mut graph, &dependency, name, &app, name);
    finish(graph, &app)
}

/// Gives a dependency an `adapter`'s exports for what it imports and does not inherit, as `spin` does.
pub(super) fn deny(spin: Spin, component: &[u8], adapter: &[u8], inherit: &Inherit) -> Vec<u8> {
    let keys = match inherit {
        Inherit::All(true) => return component.to_vec(),
        Inherit::All(false) => &[][..],
        Inherit::Some(keys) => keys,
    };
    let inherited: HashSet<&str> = keys.iter().map(|key| interface(key)).collect();
    let mut graph = CompositionGraph::new();
    let dependency = instance(&mut graph, "test:dependency", component);
    let adapter = instance(&mut graph, "test:deny", adapter);
    let (imports, exports) = {
        let types = graph.types();
        let imports = types[graph[dependency.package].ty()].imports.keys();
        let exports = types[graph[adapter.package].ty()].exports.keys();
        (
            imports.cloned().collect::<Vec<_>>(),
            exports.cloned().collect::<Vec<_>>(),
        )
    };
    let mut plugged = false;
    for export in exports {
        let name = export.split('@').next().unwrap();
        if inherited.contains(name) {
            continue;
        }
        let Some(import) = imports.iter().find(|import| spin.plugs(name, import)) else {
            continue;
        };
        assert!(fits(&graph, &adapter, &export, &dependency, import));
        connect(&mut graph, &adapter, &export, &dependency, import);
        plugged = true;
    }
    if plugged {
        finish(graph, &dependency)
    } else {
        component.to_vec()
    }
}

/// What a key of the manifest lets through.
fn interface(key: &str) -> &'static str {
    match key {
        "allowed_outbound_hosts" => "wasi:http/outgoing-handler",
        "environment" => "wasi:cli/environment",
        other => panic!("{other} is not of these examples"),
    }
}

struct Instance {
    package: PackageId,
    node: NodeId,
}

fn instance(graph: &mut CompositionGraph, name: &str, component: &[u8]) -> Instance {
    let parsed = Package::from_bytes(name, None, component.to_vec(), graph.types_mut()).unwrap();
    let package = graph.register_package(parsed).unwrap();
    let node = graph.instantiate(package);
    Instance { package, node }
}

fn fits(
    graph: &CompositionGraph,
    from: &Instance,
    export: &str,
    to: &Instance,
    import: &str,
) -> bool {
    let types = graph.types();
    let export = types[graph[from.package].ty()].exports.get(export);
    let import = types[graph[to.package].ty()].imports.get(import);
    let (Some(export), Some(import)) = (export, import) else {
        return false;
    };
    let mut cache = HashSet::new();
    let mut checker = SubtypeChecker::new(&mut cache);
    checker.is_subtype(*export, types, *import, types).is_ok()
}

fn connect(
    graph: &mut CompositionGraph,
    from: &Instance,
    export: &str,
    to: &Instance,
    import: &str,
) {
    let alias = graph.alias_instance_export(from.node, export).unwrap();
    graph
        .set_instantiation_argument(to.node, import, alias)
        .unwrap();
}

/// A component with the exports of `of`, and of nothing else.
fn finish(mut graph: CompositionGraph, of: &Instance) -> Vec<u8> {
    let exports = graph.types()[graph[of.package].ty()].exports.keys();
    for export in exports.cloned().collect::<Vec<_>>() {
        let alias = graph.alias_instance_export(of.node, &export).unwrap();
        graph.export(alias, &export).unwrap();
    }
    graph.encode(EncodeOptions::default()).unwrap()
}
