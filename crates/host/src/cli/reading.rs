//! The built-in store for another command line than this one.

use std::{error::Error, sync::Arc};

use super::{
    built_in::{self, BUILT_IN, StoresKeys},
    profile::Profile,
};
use crate::{
    outbound::Outbound,
    stores::{PoolOptions, Properties, Store, StoreTypes, environment},
    wasm::{Runtime, RuntimeConfig},
};

/// Starts the store of Tencent Cloud SSM with `properties`. Where they have no key, it looks for one
/// as a store of a Component does, in the environment of this process, or where there is one in
/// `profile` instead.
///
/// # Errors
/// What cannot be set up, and what the store says of its properties.
pub async fn built_in_store(
    properties: Properties,
    profile: Option<&Profile>,
) -> Result<Arc<dyn Store>, Box<dyn Error>> {
    let runtime = Runtime::new(&RuntimeConfig::default())?;
    let outbound = Outbound::builder().build()?;
    let variables = built_in::variables(environment::all(), profile);
    let grants = built_in::grants(outbound.clone(), variables, &StoresKeys::default());
    let options = PoolOptions {
        outbound,
        max_instances: 1,
    };
    let types = StoreTypes::new(options);
    let types = types.granting(BUILT_IN.parse()?, runtime.tencentcloud_ssm()?, grants);
    let started = types.start(&BUILT_IN.parse()?, properties).await;
    Ok(started.ok_or("the type is not served")??)
}
