//! The store that is built in: its types, its variables, and where its API answers.

use crate::stores::{Environment, Properties};

/// The type that Dapr's own component has.
pub(super) const BUILT_IN: &str = "secretstores.tencentcloud.ssm";
/// The type under which daprd sees the component beside its own.
pub(super) const WASM: &str = "secretstores.tencentcloud.ssm.wasm";
/// The variables without which the built-in store cannot be configured by its environment.
pub(super) const VARIABLES: [&str; 3] = [
    "TENCENTCLOUD_SECRET_ID",
    "TENCENTCLOUD_SECRET_KEY",
    "TENCENTCLOUD_REGION",
];
/// What the names of the built-in store's variables begin with: keys are among them.
pub(super) const PREFIX: &str = "TENCENTCLOUD_";
/// SSM's and STS's endpoints in all regions.
pub(super) const ORIGINS: &str = "https://*.tencentcloudapi.com";

/// What the host goes by, and in which variable. Those of its cache are nothing to the component.
const OF_THE_HOST: [(&str, &str); 7] = [
    ("timeout", "TENCENTCLOUD_SSM_TIMEOUT"),
    ("endpoint", "TENCENTCLOUD_SSM_ENDPOINT"),
    ("maxRetries", "TENCENTCLOUD_SSM_MAX_RETRIES"),
    ("retryThrottled", RETRY_THROTTLED),
    ("cacheTTL", "TENCENTCLOUD_SSM_CACHE_TTL"),
    ("cacheMemoryLimit", "TENCENTCLOUD_SSM_CACHE_MEMORY_LIMIT"),
    ("cacheStaleOnError", "TENCENTCLOUD_SSM_CACHE_STALE_ON_ERROR"),
];
/// This host sets the pace of single reads, and repeats in turn what is throttled.
const RETRY_THROTTLED: &str = "TENCENTCLOUD_SSM_RETRY_THROTTLED";
/// What the names of the cache's variables begin with.
const CACHE_PREFIX: &str = "TENCENTCLOUD_SSM_CACHE_";

/// What the built-in store configures itself from where nobody initialises it; `None` without a key.
pub(super) fn environment(all: impl Iterator<Item = (String, String)>) -> Option<Environment> {
    let variables: Vec<_> = all.filter(|(name, _)| name.starts_with(PREFIX)).collect();
    let value = |wanted: &str| {
        let found = variables.iter().find(|(name, _)| name == wanted);
        found.map(|(_, value)| value.clone())
    };
    value(VARIABLES[0])?;
    let set = |(property, variable): (&str, &str)| Some((property.to_owned(), value(variable)?));
    let properties = Properties::new(OF_THE_HOST.into_iter().filter_map(set));
    let is_seen = |(name, _): &(String, String)| !name.starts_with(CACHE_PREFIX);
    let mut seen: Vec<_> = variables.iter().filter(|it| is_seen(it)).cloned().collect();
    if value(RETRY_THROTTLED).is_none() {
        seen.push((RETRY_THROTTLED.to_owned(), "false".to_owned()));
    }
    Some(Environment {
        properties,
        variables: seen,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_store_sees_its_own_variables_and_the_host_goes_by_some_of_them() {
        let with = |pairs: &[(&str, &str)]| {
            let owned = pairs
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            environment(owned.collect::<Vec<_>>().into_iter())
        };
        let environment = with(&[
            ("TENCENTCLOUD_SECRET_ID", "id"),
            ("TENCENTCLOUD_SSM_TIMEOUT", "2m"),
            ("TENCENTCLOUD_SSM_ENDPOINT", "http://127.0.0.1:1"),
            ("TENCENTCLOUD_SSM_CACHE_TTL", "5m"),
            ("PATH", "/bin"),
        ])
        .unwrap();
        let names = environment.variables.iter().map(|(name, _)| name.as_str());
        assert_eq!(names.filter(|name| *name == "PATH").count(), 0);
        assert_eq!(environment.variables.len(), 4);
        assert!(
            environment
                .variables
                .contains(&(RETRY_THROTTLED.to_owned(), "false".to_owned()))
        );
        assert_eq!(environment.properties.get("timeout"), Some("2m"));
        assert_eq!(environment.properties.get("cacheTTL"), Some("5m"));
        let endpoint = environment.properties.get("endpoint");
        assert_eq!(endpoint, Some("http://127.0.0.1:1"));
        assert!(with(&[("TENCENTCLOUD_REGION", "ap-guangzhou")]).is_none());
    }
}
