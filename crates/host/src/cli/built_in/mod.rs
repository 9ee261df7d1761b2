//! The store that is built in: its types, its variables, and what each store of it is granted.

mod answers;
mod chain;
mod names;
mod stores;

use std::sync::Arc;

use ssm_settings::{PREFIX, TKE, variable_name};

use self::{
    answers::KeyAnswers,
    chain::{Chain, keys},
    names::{Place, is_endpoint, is_of_credentials},
};
use super::{identity::Keys, profile::Profile};
use crate::{
    outbound::{Origin, Outbound},
    stores::{Environment, Grants, Needs, Properties, Reach},
};

pub(super) use self::{answers::KeysSeen, stores::StoresKeys};

/// The type that Dapr's own component has.
pub(super) const BUILT_IN: &str = "secretstores.tencentcloud.ssm";
/// The type under which daprd sees the component beside its own.
pub(super) const WASM: &str = "secretstores.tencentcloud.ssm.wasm";
/// The variables by which the built-in store is configured most often, for people.
pub(super) const VARIABLES: [&str; 3] = [
    "TENCENTCLOUD_SECRET_ID",
    "TENCENTCLOUD_SECRET_KEY",
    "TENCENTCLOUD_REGION",
];

/// Where Tencent Cloud's services answer.
const TENCENT_CLOUD: &str = "https://*.tencentcloudapi.com";
/// Where SSM answers for all regions.
const SSM: &str = "https://ssm.tencentcloudapi.com";
/// What the host goes by. Of these the cache's are nothing to the component.
const OF_THE_HOST: [&str; 6] = [
    "timeout",
    "maxRetries",
    "retryThrottled",
    "cacheTTL",
    "cacheMemoryLimit",
    "cacheStaleOnError",
];
/// This host sets the pace of single reads, and repeats in turn what is throttled.
const RETRY_THROTTLED: &str = "TENCENTCLOUD_SSM_RETRY_THROTTLED";
/// What the names of the cache's variables begin with.
const CACHE_PREFIX: &str = "TENCENTCLOUD_SSM_CACHE_";
const REGION: &str = "TENCENTCLOUD_REGION";
const ENDPOINT_VARIABLE: &str = "TENCENTCLOUD_SSM_ENDPOINT";

/// The environment `all`, where a profile says in the place of it who gives keys. Its region stays
/// where the profile has none.
pub(super) fn variables(
    all: impl Iterator<Item = (String, String)>,
    profile: Option<&Profile>,
) -> Vec<(String, String)> {
    let Some(profile) = profile else {
        return all.collect();
    };
    let own = profile.variables();
    let has_region = own.iter().any(|(name, _)| name == REGION);
    let stays = |(name, _): &(String, String)| {
        !is_of_credentials(name) || is_endpoint(name) || name == REGION && !has_region
    };
    all.filter(stays).chain(own.iter().cloned()).collect()
}

/// What stores of the built-in types are granted in the environment `all`; `stores` learns of their
/// keys.
pub(super) fn grants(
    outbound: Outbound,
    all: Vec<(String, String)>,
    stores: &StoresKeys,
) -> Grants {
    let is_ours = |(name, _): &(String, String)| {
        name.starts_with(PREFIX) && !name.starts_with(CACHE_PREFIX) || TKE.contains(&name.as_str())
    };
    let properties = of_the_host(&all);
    let variables: Vec<_> = all.into_iter().filter(is_ours).collect();
    let answers = stores.of(&Properties::default());
    let environment =
        of_environment(&variables, answers).map(|needs| Environment { needs, properties });
    let stores = stores.clone();
    let trusted = trusted(&outbound, &variables);
    let needs = move |properties: &Properties| {
        let answers = stores.of(properties);
        let chain = chain(properties, &variables);
        Needs {
            refused: refused(&chain, properties, &trusted),
            ..of_component(&chain, properties, &variables, answers)
        }
    };
    Grants {
        outbound,
        needs: Arc::new(needs),
        environment,
    }
}

/// Where this host's web identity may go, whoever asks: to Tencent Cloud, and where the operator says.
fn trusted(outbound: &Outbound, variables: &[(String, String)]) -> Outbound {
    let ours = outbound.allowing_patterns([TENCENT_CLOUD]);
    let ours = ours.unwrap_or_else(|_| outbound.clone());
    let named = Place::Variables(variables).find("stsEndpoint");
    let named = named.and_then(|found| Origin::parse(found.value).ok());
    named.map_or(ours.clone(), |origin| ours.allowing(&origin))
}

/// Why a store is not started that a peer initialises: whoever has a web identity acts as it, so that a
/// peer may use this host's and not have it sent to a place of its own.
fn refused(chain: &Chain<'_>, properties: &Properties, trusted: &Outbound) -> Option<String> {
    let named = Place::Properties(properties).find("stsEndpoint")?;
    if !properties.are_of_a_peer() || !chain.gives_away() {
        return None;
    }
    let is_trusted = Origin::parse(named.value).is_ok_and(|origin| trusted.allows(&origin));
    (!is_trusted).then(|| {
        "stsEndpoint is no place for this host's web identity or external id, as whoever may connect \
         could name it: start dapr-wasm-host with --allow and that origin, or with it in \
         TENCENTCLOUD_SSM_STS_ENDPOINT"
            .to_owned()
    })
}

/// What a store needs that is configured by its Component, and sees the environment as far as it finds
/// keys there.
fn of_component(
    chain: &Chain<'_>,
    properties: &Properties,
    variables: &[(String, String)],
    answers: KeyAnswers,
) -> Needs {
    let endpoint = properties.get("endpoint").map(|url| ("endpoint", url));
    if keys(Place::Properties(properties)).is_some() {
        return needs(chain, endpoint, Vec::new(), answers);
    }
    let seen = |(name, _): &&(String, String)| is_of_credentials(name);
    let seen = variables.iter().filter(seen).cloned().collect();
    needs(chain, endpoint, seen, answers)
}

/// Where the keys of a store come from that is configured by its Component: from that alone, where it
/// has any.
fn chain<'a>(properties: &'a Properties, variables: &'a [(String, String)]) -> Chain<'a> {
    let given = Place::Properties(properties);
    if keys(given).is_some() {
        return Chain::of(vec![given]);
    }
    Chain::of(vec![given, Place::Variables(variables)])
}

/// Where to ask as whom the keys of such a store act, and these, if they are given. `None` where that
/// is not to be asked: of a store that reads from elsewhere than Tencent Cloud, as long as no STS is
/// named that goes with it.
pub(super) fn whom_to_ask(
    properties: &Properties,
    variables: &[(String, String)],
) -> Option<(String, Option<Keys>)> {
    let chain = chain(properties, variables);
    let (sts, is_named) = chain.sts();
    let is_asked = is_named || properties.get("endpoint").is_none();
    is_asked.then(|| (sts.to_owned(), chain.given()))
}

/// What a store needs that nobody initialises; `None` where the environment does not say where keys
/// come from.
fn of_environment(variables: &[(String, String)], answers: KeyAnswers) -> Option<Needs> {
    let place = Place::Variables(variables);
    if !Chain::is_said(place) {
        return None;
    }
    let endpoint = place.variable(ENDPOINT_VARIABLE);
    let endpoint = endpoint.map(|found| (found.name, found.value));
    let chain = Chain::of(vec![place]);
    let mut seen = variables.to_vec();
    if place.variable(RETRY_THROTTLED).is_none() {
        seen.push((RETRY_THROTTLED.to_owned(), "false".to_owned()));
    }
    Some(needs(&chain, endpoint, seen, answers))
}

fn needs(
    chain: &Chain<'_>,
    endpoint: Option<(&'static str, &str)>,
    variables: Vec<(String, String)>,
    answers: KeyAnswers,
) -> Needs {
    let (named_by, url) = endpoint.unwrap_or(("endpoint", SSM));
    let ssm = Reach {
        named_by,
        url: url.to_owned(),
    };
    Needs {
        reaches: [ssm].into_iter().chain(chain.reaches()).collect(),
        files: chain.file().into_iter().collect(),
        variables,
        sharing: Some(Arc::new(answers)),
        refused: None,
        keys_from: Some(chain.describe()),
    }
}

fn of_the_host(variables: &[(String, String)]) -> Properties {
    let set = |property: &str| {
        let variable = variable_name(property, "");
        let (_, value) = variables.iter().find(|(name, _)| *name == variable)?;
        Some((property.to_owned(), value.clone()))
    };
    Properties::new(OF_THE_HOST.into_iter().filter_map(set))
}

#[cfg(test)]
mod tests;
