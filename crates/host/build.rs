//! Generates the gRPC services from `proto/`, and builds and compiles the component that is
//! embedded.

#[path = "src/wasm/compile.rs"]
mod compile;

use std::{
    env,
    error::Error,
    fs,
    path::{Path, PathBuf},
};

use prost::Message;
use wasmtime::Engine;

const PROTOS: [&str; 2] = [
    "dapr/proto/components/v1/secretstore.proto",
    "dapr/proto/runtime/v1/dapr.proto",
];

/// Messages that hold keys or values: `grpc/proto.rs` has a `Debug` for them that shows none.
const SECRET: [&str; 8] = [
    ".dapr.proto.components.v1.MetadataRequest",
    ".dapr.proto.components.v1.SecretStoreInitRequest",
    ".dapr.proto.components.v1.GetSecretResponse",
    ".dapr.proto.components.v1.SecretResponse",
    ".dapr.proto.components.v1.BulkGetSecretResponse",
    ".dapr.proto.runtime.v1.GetSecretResponse",
    ".dapr.proto.runtime.v1.SecretResponse",
    ".dapr.proto.runtime.v1.GetBulkSecretResponse",
];

/// What the component is made of, from the repository's root.
const SOURCES: [&str; 10] = [
    "Cargo.toml",
    "Cargo.lock",
    ".cargo/config.toml",
    "src",
    "wit",
    "crates/rt",
    "crates/settings",
    "crates/ssm",
    "crates/tc3",
    "crates/values",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/wasm/compile.rs");
    if env::var("CARGO_CFG_TARGET_FAMILY").is_ok_and(|family| family.contains("wasm")) {
        return Ok(());
    }
    protocols()?;
    component()
}

fn protocols() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=proto");
    let files = protox::compile(PROTOS, ["proto"])?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("descriptors.bin"), files.encode_to_vec())?;
    tonic_prost_build::configure()
        .skip_debug(SECRET)
        .compile_fds(files)?;
    Ok(())
}

/// Builds the component twice, small for other hosts and fast for this one, unless
/// `TENCENTCLOUD_SSM_WASM` names a finished one, which is then both.
fn component() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-env-changed=TENCENTCLOUD_SSM_WASM");
    let (small, fast) = match env::var_os("TENCENTCLOUD_SSM_WASM") {
        Some(wasm) => {
            let named = there(Path::new(&wasm))?;
            (named.clone(), named)
        }
        None => build()?,
    };
    println!("cargo::rustc-env=EMBEDDED_WASM={}", small.display());
    compile(&fs::read(&fast)?, Path::new(&env::var("OUT_DIR")?))
}

/// The real path of `wasm`, which is followed from now on.
fn there(wasm: &Path) -> Result<PathBuf, String> {
    let real = wasm.canonicalize().map_err(|why| {
        let wasm = wasm.display();
        format!("{wasm} cannot be read: {why}")
    })?;
    println!("cargo::rerun-if-changed={}", real.display());
    Ok(real)
}

/// Compiles for any machine of the target, not only for one like this.
fn compile(wasm: &[u8], out: &Path) -> Result<(), Box<dyn Error>> {
    let mut config = compile::config();
    let target = env::var("TARGET")?;
    config.target(&target)?;
    let engine = Engine::new(&config).map_err(|why| {
        format!("no machine code for {target} (for another architecture there is the feature `cross`): {why:#}")
    })?;
    let compiled = engine.precompile_component(wasm)?;
    fs::write(out.join("embedded.cwasm"), compiled)?;
    Ok(())
}

fn build() -> Result<(PathBuf, PathBuf), String> {
    for source in SOURCES {
        let source = component_build::root().join(source);
        println!("cargo::rerun-if-changed={}", source.display());
    }
    let name = "tencentcloud-ssm";
    let small = component_build::package(name).map_err(|why| why.to_string())?;
    let fast = component_build::package_for_speed(name).map_err(|why| why.to_string())?;
    Ok((there(&small)?, there(&fast)?))
}
