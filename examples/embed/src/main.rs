//! Reads one secret: `cargo run --package embed -- NAME`. The configuration is the environment's,
//! as for every store that is not initialised; `SecretStore::init` takes it from a program.

#[cfg(target_family = "wasm")]
fn main() {}

#[cfg(not(target_family = "wasm"))]
#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    use std::env;

    use dapr_wasm_host::{InstanceOptions, Outbound, Runtime, RuntimeConfig};

    let name = env::args().nth(1).ok_or("the name of a secret?")?;
    let endpoint = env::var("TENCENTCLOUD_SSM_ENDPOINT");
    let endpoint = endpoint.unwrap_or_else(|_| "https://ssm.tencentcloudapi.com".to_owned());

    // Once in a process: the engine, the component, the road to the network.
    let component = Runtime::new(&RuntimeConfig::default())?.tencentcloud_ssm()?;
    let outbound = Outbound::builder().allow(&endpoint)?.build()?;
    // Once for each call at a time: an instance, with what it may see of the environment.
    let variables = env::vars().filter(|(name, _)| name.starts_with("TENCENTCLOUD_"));
    let options = InstanceOptions {
        env: variables.collect(),
        output: None,
    };
    let mut store = component.instantiate(&outbound, &options).await?;
    let secret = store.get(&name, &Vec::new()).await?;
    println!("{}", secret.value(&name).unwrap_or_default());
    Ok(())
}
