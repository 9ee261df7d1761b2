//! What all commands need: the engine, the network, the types and the resources.

use std::{
    error::Error,
    net::{IpAddr, Ipv4Addr},
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::Args;
use ssm_settings::PREFIX;

use super::{
    allow::Allowed,
    built_in::{self, BUILT_IN, StoresKeys, WASM},
    memory,
    profile::Profile,
};
use crate::{
    loader::{Loader, Sources},
    metrics::Metrics,
    outbound::Outbound,
    resources::{self, Identity},
    serve::{ListenerKind, ServeError, serve_metrics},
    stores::{
        Grants, Needs, PoolOptions, StoreType, StoreTypes,
        environment::{self, set},
    },
    wasm::{Runtime, RuntimeConfig},
};

/// Headings in `--help` of what stands in several places.
pub(super) const STORES: &str = "Stores";
pub(super) const METRICS: &str = "Metrics";
/// How many calls one store works on at once where nothing else is said.
const MAX_INSTANCES_OF_A_STORE: u32 = 64;
/// How many instances there may be in all stores together.
const MAX_INSTANCES: u32 = 1_000;

#[derive(Args)]
#[command(next_help_heading = "What components may use")]
pub(super) struct SetupOptions {
    /// A folder of Dapr resources (Component YAML); may be given again
    #[arg(
        long,
        alias = "components-path",
        value_name = "FOLDER",
        value_delimiter = ',',
        help_heading = STORES
    )]
    pub(super) resources_path: Vec<PathBuf>,
    /// Whose resources to load: those without scopes, and those with this app in their scopes
    #[arg(long, default_value = "", hide_default_value = true, value_name = "ID")]
    #[arg(help_heading = STORES)]
    pub(super) app_id: String,
    /// Serve another type, secretstores.NAME, by the component in a file; may be given again
    #[arg(long, value_name = "TYPE=FILE.wasm", help_heading = STORES)]
    component: Vec<String>,
    /// Trust the certificate authorities in a PEM file too
    #[arg(long, value_name = "FILE")]
    extra_ca: Option<PathBuf>,
    /// Let the components of a type reach another origin, such as https://*.example.com; without a
    /// type, the built-in one; may be given again
    #[arg(long, value_name = "[TYPE=]ORIGIN")]
    allow: Vec<String>,
    /// How many calls one store may work on at once; further calls wait
    #[arg(long, default_value_t = MAX_INSTANCES_OF_A_STORE, value_name = "COUNT")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_INSTANCES)))]
    max_instances: u32,
    /// The memory that all components may use together, such as 512Mi [default: half of what the
    /// control group or the machine has]
    #[arg(long, value_name = "QUANTITY", value_parser = bytes)]
    max_memory: Option<usize>,
}

/// Where figures are served.
#[derive(Args)]
#[command(next_help_heading = METRICS)]
pub(super) struct MetricsOptions {
    /// Where metrics are served
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::UNSPECIFIED), value_name = "ADDRESS")]
    metrics_listen_address: IpAddr,
}

/// Ready to load stores.
pub(super) struct Setup {
    pub(super) types: StoreTypes,
    pub(super) loader: Loader,
    pub(super) metrics: Metrics,
    /// The types that `--component` gave.
    pub(super) others: Vec<StoreType>,
    pub(super) outbound: Outbound,
}

impl SetupOptions {
    /// As [`Self::setup`], where there is nothing to do without resources.
    pub(super) fn setup_with_resources(
        &self,
        profile: Option<&Profile>,
        answers: &StoresKeys,
    ) -> Result<Setup, Box<dyn Error>> {
        if self.resources_path.is_empty() {
            return Err("say with --resources-path where the Component YAML is".into());
        }
        self.setup(profile, answers)
    }

    /// With the keys of `profile`, if there is one, in the place of the environment's. `answers`
    /// learns of the keys that come to stores of the built-in types.
    pub(super) fn setup(
        &self,
        profile: Option<&Profile>,
        answers: &StoresKeys,
    ) -> Result<Setup, Box<dyn Error>> {
        // Before anything is there for others to find: daprd too ends without its folders.
        resources::readable(&self.resources_path)?;
        let half = || memory::default_budget().and_then(|bytes| bytes.try_into().ok());
        let runtime = Runtime::new(&RuntimeConfig {
            max_instances: MAX_INSTANCES,
            max_total_memory: self.max_memory.or_else(half).unwrap_or(usize::MAX),
            cache: cache_folder(),
            ..RuntimeConfig::default()
        })?;
        let mut sources = Sources::new(&runtime);
        let outbound = self.outbound(&mut sources)?;
        let pool = PoolOptions {
            outbound: outbound.clone(),
            max_instances: usize::try_from(self.max_instances)?,
        };
        let mut allowed = Allowed::read(&self.allow)?;
        let ours = allowed.built_in(&outbound)?;
        let variables = built_in::variables(environment::all(), profile);
        let ours = built_in::grants(ours, variables, answers);
        let component = runtime.tencentcloud_ssm()?;
        let mut types = StoreTypes::new(pool).hiding(PREFIX);
        for name in [WASM, BUILT_IN] {
            types = types.granting(name.parse()?, component.clone(), ours.clone());
        }
        let mut others = Vec::new();
        for component in &self.component {
            let (store_type, file) = type_and_file(component)?;
            let failed = |why: &dyn Error| format!("--component {component}: {why}");
            let bytes = sources.read(file).map_err(|why| failed(&why))?;
            let loaded = runtime.load(&bytes).map_err(|why| failed(&why))?;
            sources.component(store_type.clone(), file.to_owned());
            let grants = Grants {
                outbound: allowed.of(&store_type, &outbound)?,
                needs: Arc::new(Needs::of_any),
                environment: None,
            };
            types = types.granting(store_type.clone(), loaded, grants);
            others.push(store_type);
        }
        allowed.all_used()?;
        let namespace = set("NAMESPACE");
        let identity = Identity {
            app_id: self.app_id.clone(),
            namespace: namespace.clone().unwrap_or_default(),
            pod_name: set("POD_NAME"),
        };
        let metrics = Metrics::new(&identity, &runtime, &outbound)?;
        Ok(Setup {
            loader: Loader {
                figures: metrics.memory().clone(),
                types: types.clone(),
                folders: self.resources_path.clone(),
                identity,
                namespace,
                sources: Some(Arc::new(sources)),
            },
            metrics,
            types,
            others,
            outbound,
        })
    }

    /// The types that `--component` gives, whose files are not looked at.
    pub(super) fn other_types(&self) -> Result<Vec<StoreType>, String> {
        let types = self.component.iter().map(|it| type_and_file(it));
        types.map(|found| found.map(|(named, _)| named)).collect()
    }

    fn outbound(&self, sources: &mut Sources) -> Result<Outbound, Box<dyn Error>> {
        let mut builder = Outbound::builder();
        let either = |upper: &str| set(upper).or_else(|| set(&upper.to_ascii_lowercase()));
        if let Some(proxy) = either("HTTPS_PROXY") {
            let exceptions = either("NO_PROXY").unwrap_or_default();
            let failed = |why| format!("HTTPS_PROXY: {why}");
            builder = builder.https_proxy(&proxy, &exceptions).map_err(failed)?;
        }
        if let Some(file) = &self.extra_ca {
            let failed = |why: &dyn Error| format!("--extra-ca {}: {why}", file.display());
            let pem = sources.read(file).map_err(|why| failed(&why))?;
            builder = builder.extra_ca(&pem).map_err(|why| failed(&why))?;
        }
        let native = set("SSL_CERT_FILE").map(PathBuf::from);
        let outbound = builder.build()?;
        sources.authorities(&outbound, self.extra_ca.clone(), native);
        Ok(outbound)
    }
}

impl MetricsOptions {
    /// Serves figures on `port` until the process ends.
    pub(super) fn start(&self, port: u16, metrics: &Metrics) -> Result<(), Box<dyn Error>> {
        let bound = serve_metrics(&[self.metrics_listen_address], port, metrics);
        for address in bound.map_err(with_option)? {
            tracing::info!(%address, "metrics");
        }
        Ok(())
    }
}

/// A quantity of Kubernetes', of at least one page of WebAssembly.
fn bytes(text: &str) -> Result<usize, String> {
    let bytes = values::quantity(text).and_then(|bytes| usize::try_from(bytes).ok());
    bytes
        .filter(|bytes| *bytes >= 64 << 10)
        .ok_or_else(|| "say it as Kubernetes does, such as 512Mi or 2Gi".to_owned())
}

/// The error, with the option that chooses another port.
pub(super) fn with_option(why: ServeError) -> Box<dyn Error> {
    let ServeError::Port { listener, .. } = &why else {
        return why.into();
    };
    let option = match listener {
        ListenerKind::Http => "--dapr-http-port",
        ListenerKind::Grpc => "--dapr-grpc-port",
        ListenerKind::Public => "--dapr-public-port",
        ListenerKind::Metrics => "--metrics-port",
    };
    format!("{why}; choose another with {option}").into()
}

fn type_and_file(component: &str) -> Result<(StoreType, &Path), String> {
    component
        .split_once('=')
        .filter(|(_, file)| !file.is_empty())
        .and_then(|(store_type, file)| Some((store_type.parse().ok()?, Path::new(file))))
        .ok_or_else(|| format!("--component {component}: say secretstores.NAME=FILE.wasm"))
}

/// This user's own folder for compiled code.
fn cache_folder() -> Option<PathBuf> {
    let home = || set("HOME").map(|home| PathBuf::from(home).join(".cache"));
    let base = set("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .filter(|base| base.is_absolute())
        .or_else(home)?;
    Some(base.join("dapr-wasm-host"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_said_as_kubernetes_says_it() {
        assert_eq!(bytes("512Mi"), Ok(512 << 20));
        for wrong in ["", "512mb", "1", "16Ei", "-1Gi"] {
            assert!(bytes(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_component_has_a_type_and_a_file() {
        let (store_type, file) = type_and_file("secretstores.a.B=x=y.wasm").unwrap();
        assert_eq!(
            (store_type.as_str(), file),
            ("secretstores.a.b", Path::new("x=y.wasm"))
        );
        for wrong in [
            "",
            "a.wasm",
            "state.a=a.wasm",
            "secretstores.=a",
            "secretstores.a=",
        ] {
            assert!(type_and_file(wrong).is_err(), "{wrong}");
        }
    }
}
