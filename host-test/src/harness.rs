//! The component, the host and the emulator, wired together.

use std::sync::{LazyLock, OnceLock};

use dapr_wasm_host::{
    CallError, Component, InstanceOptions, Outbound, Output, Runtime, RuntimeConfig, SecretStore,
    StoreError,
};
use ssm_emulator::{Config, Emulator};
pub use test_support::resources::{metadata, properties};

/// The component that the host has built in, compiled once for this process.
///
/// # Panics
/// If it cannot be: there is nothing to test then.
pub fn compiled() -> &'static Component {
    static COMPONENT: OnceLock<Component> = OnceLock::new();
    COMPONENT.get_or_init(|| {
        #[expect(clippy::panic, reason = "documented")]
        RUNTIME
            .load(Runtime::TENCENTCLOUD_SSM)
            .unwrap_or_else(|why| panic!("{why}"))
    })
}

/// One engine for all tests of a process.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    #[expect(clippy::panic, reason = "nothing can be tested without it")]
    Runtime::new(&RuntimeConfig::default()).unwrap_or_else(|why| panic!("{why}"))
});

/// An emulator and a store that reads from it.
pub struct Harness {
    /// The emulator that the store reads from.
    pub emulator: Emulator,
    /// A store, initialised.
    pub store: SecretStore,
    /// What the instances of the store print.
    pub output: Output,
    outbound: Outbound,
}

impl Harness {
    /// Starts an emulator with `config` and initialises a store with the sample account, the
    /// region `ap-guangzhou`, and `properties` in addition or instead.
    ///
    /// # Panics
    /// If anything of that fails.
    #[expect(clippy::expect_used, reason = "documented; for tests only")]
    pub async fn start(config: Config, properties: &[(&str, &str)]) -> Self {
        let emulator = Emulator::start(config).await.expect("an emulator");
        let outbound = outbound_to(&emulator);
        let output = Output::new();
        let mut store = instance(&outbound, &output, &[]).await;
        let account = self::properties(&emulator.url(), properties);
        store.init(&account).await.expect("good properties");
        Self {
            emulator,
            store,
            output,
            outbound,
        }
    }

    /// Another store on the same emulator, with an environment and not initialised.
    pub async fn uninitialised(&self, env: &[(&str, &str)]) -> SecretStore {
        instance(&self.outbound, &self.output, env).await
    }

    /// Another store on the same emulator.
    ///
    /// # Errors
    /// What `init` says of the properties.
    pub async fn initialised(&self, properties: &[(&str, &str)]) -> Result<SecretStore, CallError> {
        let mut store = self.uninitialised(&[]).await;
        let account = self::properties(&self.emulator.url(), properties);
        store.init(&account).await?;
        Ok(store)
    }
}

/// The error that the store itself gave.
///
/// # Panics
/// If there is a result, or the component failed.
#[expect(clippy::panic, reason = "documented; for tests only")]
pub fn store_error<T>(result: Result<T, CallError>) -> StoreError {
    match result {
        Err(CallError::Store(error)) => error,
        Err(other) => panic!("not the store's error: {other}"),
        Ok(_) => panic!("a result instead of an error"),
    }
}

#[expect(clippy::expect_used, reason = "for tests only")]
fn outbound_to(emulator: &Emulator) -> Outbound {
    let mut builder = Outbound::builder()
        .native_roots(false)
        .allow(&emulator.url())
        .expect("the emulator's URL is an origin");
    if let Some(pem) = emulator.ca_pem() {
        builder = builder.extra_ca(pem.as_bytes()).expect("a CA");
    }
    builder.build().expect("an outbound client")
}

#[expect(clippy::expect_used, reason = "for tests only")]
async fn instance(outbound: &Outbound, output: &Output, env: &[(&str, &str)]) -> SecretStore {
    let options = InstanceOptions {
        env: metadata(env),
        output: Some(output.clone()),
    };
    let store = compiled().instantiate(outbound, &options).await;
    store.expect("an instance")
}
