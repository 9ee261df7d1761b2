//! The store's settings, checked.

use alloc::{borrow::ToOwned, format, string::String};
use core::ops::RangeInclusive;

use ssm::{Config, Endpoint, Error, OnError, Region, SecretName, VersionId, VersionLookup};

use crate::{
    chain::chain,
    entries::Shape,
    kinds::{secret_types, tag_filters},
    parse::{boolean, duration, number},
    properties::Properties,
};

/// The range of `timeout` in milliseconds: below, no answer could arrive; above, no caller waits.
const OPERATION_TIMEOUTS: (u64, u64) = (10, 600_000);
/// The range of `maxInFlight`: more would only pile up against SSM's rates.
const IN_FLIGHT: RangeInclusive<u32> = 1..=256;
/// The range of `maxRequestsPerSecond`; 0 is no pace. SSM allows no account as many as the end.
const REQUESTS_PER_SECOND: RangeInclusive<u32> = 0..=10_000;
/// The range of `maxRetries`: with backoffs of up to 5 s, more would pass any deadline.
const RETRIES: RangeInclusive<u32> = 0..=20;

/// Properties that a host with a cache keeps for itself, with the values that mean no cache. A store that
/// is handed another of them has nobody who caches, and ignoring it would ask SSM more often than the
/// operator reckons with.
const OF_THE_HOST: [(&str, &[&str]); 3] = [
    ("cacheMemoryLimit", &[]),
    ("cacheStaleOnError", &["0", "0s"]),
    ("cacheTTL", &["0", "0s"]),
];

/// The settings of a store, checked. It has no `Debug`: it holds a key.
pub struct Settings {
    pub(crate) client: Config,
    pub(crate) version: Option<VersionId>,
    pub(crate) prefix: String,
    pub(crate) shape: Shape,
    pub(crate) on_error: OnError,
}

impl Settings {
    /// Reads and checks `properties`. Does no I/O.
    ///
    /// # Errors
    /// `InvalidConfig`, naming the property and the way out, never its value.
    pub fn new(properties: &Properties) -> Result<Self, Error> {
        refuse_what_hosts_cache_by(properties)?;
        let text = |property| properties.get(property).map(|value| value.as_str());
        let flag = |property| text(property).map_or(Ok(false), |value| boolean(property, value));

        let allow_insecure = flag("allowInsecureEndpoint")?;
        let credentials = chain(properties, allow_insecure)?;
        let mut client = Config::new(Region::parse(properties.region()?.trim())?, credentials);
        if let Some(value) = text("endpoint") {
            client.endpoint = Endpoint::parse(value.trim(), allow_insecure)?;
        }
        if let Some(value) = text("timeout") {
            client.timeout = duration("timeout", value, OPERATION_TIMEOUTS)?;
        }
        if let Some(value) = text("maxRetries") {
            client.max_retries = number("maxRetries", value, RETRIES)?;
        }
        if let Some(value) = text("retryThrottled") {
            client.retry_throttled = boolean("retryThrottled", value)?;
        }
        if let Some(value) = text("maxInFlight") {
            client.max_in_flight = number("maxInFlight", value, IN_FLIGHT)? as usize;
        }
        if let Some(value) = text("maxRequestsPerSecond") {
            client.max_requests_per_second =
                number("maxRequestsPerSecond", value, REQUESTS_PER_SECOND)?;
        }
        if let Some(value) = text("versionLookup") {
            client.version_lookup = version_lookup(value)?;
        }
        if let Some(value) = text("secretTypes") {
            client.secret_types = secret_types(value)?;
        }
        if let Some(value) = text("tagFilters") {
            client.tag_filters = tag_filters(value)?;
        }
        Ok(Self {
            client,
            version: text("versionId").map(version).transpose()?,
            prefix: text("prefix").map(prefix).transpose()?.unwrap_or_default(),
            shape: Shape {
                multiple: flag("multipleKeyValuesPerSecret")?,
                legacy: flag("legacyKeys")?,
            },
            on_error: text("bulkOnError").map_or(Ok(OnError::Fail), on_error)?,
        })
    }
}

/// Refuses the properties of [`OF_THE_HOST`] unless they have a value that changes nothing.
fn refuse_what_hosts_cache_by(properties: &Properties) -> Result<(), Error> {
    for (property, same) in OF_THE_HOST {
        if let Some(value) = properties.get(property)
            && !same.contains(&value.as_str())
        {
            return Err(Error::invalid_config(format!(
                "{property} is for a host that caches: the command dapr-wasm-host does and keeps it \
                 for itself, this component remembers no value; remove it, or run the store there"
            )));
        }
    }
    Ok(())
}

fn version(value: &str) -> Result<VersionId, Error> {
    VersionId::parse(value).map_err(|_| {
        Error::invalid_config(
            "versionId is malformed: SSM's version ids have at most 64 letters, digits, '-', '_' \
             and '.' and begin with a letter or digit",
        )
    })
}

fn prefix(value: &str) -> Result<String, Error> {
    match SecretName::parse(value) {
        Ok(_) => Ok(value.to_owned()),
        Err(_) => Err(Error::invalid_config(
            "prefix is malformed: SSM's names have at most 128 letters, digits, '-' and '_' and \
             begin with a letter or digit",
        )),
    }
}

fn on_error(value: &str) -> Result<OnError, Error> {
    match value.trim().to_ascii_lowercase().as_str() {
        "fail" => Ok(OnError::Fail),
        "skip" => Ok(OnError::Skip),
        _ => Err(Error::invalid_config(
            "bulkOnError is neither fail nor skip: write one of them",
        )),
    }
}

fn version_lookup(value: &str) -> Result<VersionLookup, Error> {
    match value.trim().to_ascii_lowercase().as_str() {
        "sequential" => Ok(VersionLookup::Sequential),
        "parallel" => Ok(VersionLookup::Parallel),
        _ => Err(Error::invalid_config(
            "versionLookup is neither sequential nor parallel: write one of them",
        )),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use ssm::SecretType;

    use super::*;

    const GOOD: [(&str, &str); 3] = [
        ("region", "ap-guangzhou"),
        ("secretId", "AKIDx"),
        ("secretKey", "s3cr3t"),
    ];

    fn settings(more: &[(&str, &str)]) -> Result<Settings, Error> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        for (name, value) in GOOD.iter().chain(more) {
            pairs.retain(|(known, _)| known != name);
            pairs.push((name.to_string(), value.to_string()));
        }
        Settings::new(&Properties::from_metadata(pairs)?)
    }

    #[test]
    fn todays_component_yaml_is_enough() {
        let settings = settings(&[]).ok().unwrap();
        assert_eq!(settings.client.region.as_str(), "ap-guangzhou");
        assert_eq!(settings.client.endpoint, Endpoint::default());
        assert_eq!(settings.client.timeout, Duration::from_secs(30));
        assert_eq!(settings.client.max_retries, 3);
        assert!(settings.client.retry_throttled);
        assert_eq!(settings.client.max_in_flight, ssm::DEFAULT_MAX_IN_FLIGHT);
        assert_eq!(settings.client.max_requests_per_second, 300);
        assert_eq!(settings.client.version_lookup, VersionLookup::Sequential);
        assert_eq!(settings.client.secret_types, [SecretType::Custom]);
        assert!(settings.client.tag_filters.is_empty());
        assert!(settings.version.is_none());
        assert_eq!(settings.prefix, "");
        assert_eq!(settings.on_error, OnError::Fail);
        assert!(!settings.shape.multiple && !settings.shape.legacy);
    }

    #[test]
    fn every_setting_is_taken_over() {
        let settings = settings(&[
            ("region", "ap-beijing-3"),
            ("endpoint", "http://127.0.0.1:8080"),
            ("timeout", "1m30s"),
            ("maxRetries", "0"),
            ("retryThrottled", "false"),
            ("maxInFlight", "7"),
            ("maxRequestsPerSecond", "0"),
            ("versionId", "v1.0"),
            ("versionLookup", "Parallel"),
            ("prefix", "team-a_"),
            ("multipleKeyValuesPerSecret", "true"),
            ("legacyKeys", "yes"),
            ("bulkOnError", "Skip"),
            ("secretTypes", "database,ssh-key"),
            ("tagFilters", "env=prod"),
            ("cacheTTL", "0"),
            ("cacheStaleOnError", "0s"),
        ])
        .ok()
        .unwrap();
        assert_eq!(settings.client.region.as_str(), "ap-beijing");
        assert_eq!(settings.client.endpoint.authority(), "127.0.0.1:8080");
        assert_eq!(settings.client.timeout, Duration::from_secs(90));
        assert_eq!(settings.client.max_retries, 0);
        assert!(!settings.client.retry_throttled);
        assert_eq!(settings.client.max_in_flight, 7);
        assert_eq!(settings.client.max_requests_per_second, 0);
        assert_eq!(settings.client.version_lookup, VersionLookup::Parallel);
        let types = [SecretType::Database, SecretType::SshKey];
        assert_eq!(settings.client.secret_types, types);
        assert_eq!(settings.client.tag_filters[0].tag_key, "env");
        assert_eq!(settings.version.unwrap().as_str(), "v1.0");
        assert_eq!(settings.prefix, "team-a_");
        assert_eq!(settings.on_error, OnError::Skip);
        assert!(settings.shape.multiple && settings.shape.legacy);
    }

    #[test]
    fn a_bad_value_is_refused_by_the_name_of_its_property() {
        for (property, value) in [
            ("region", ""),
            ("region", "Mars"),
            ("secretId", ""),
            ("secretKey", ""),
            ("secretKey", "s3cr3t "),
            ("token", "s3cr3t\n"),
            ("endpoint", "http://ssm.example.com"),
            ("endpoint", "https://s3cr3t@host"),
            ("allowInsecureEndpoint", "s3cr3t"),
            ("timeout", "s3cr3t"),
            ("timeout", "0s"),
            ("timeout", "1h"),
            ("maxRetries", "s3cr3t"),
            ("retryThrottled", "s3cr3t"),
            ("maxInFlight", "0"),
            ("maxRequestsPerSecond", "10001"),
            ("versionId", "s3cr3t!"),
            ("versionLookup", "s3cr3t"),
            ("prefix", "a/s3cr3t"),
            ("multipleKeyValuesPerSecret", "s3cr3t"),
            ("legacyKeys", "2"),
            ("bulkOnError", "s3cr3t"),
            ("secretTypes", "custom,s3cr3t"),
            ("tagFilters", "s3cr3t"),
            ("cacheTTL", "5m"),
            ("cacheMemoryLimit", "16Mi"),
            ("cacheStaleOnError", "1h"),
        ] {
            let error = settings(&[(property, value)]).err().expect(property);
            assert_eq!(error.kind, ssm::ErrorKind::InvalidConfig);
            assert!(error.message.starts_with(property), "{error}");
            assert!(!error.message.contains("s3cr3t"), "{error}");
        }
    }

    #[test]
    fn what_a_host_caches_by_is_refused_with_a_word_on_who_caches() {
        for (property, variable) in [
            ("cacheTTL", "TENCENTCLOUD_SSM_CACHE_TTL"),
            ("cacheMemoryLimit", "TENCENTCLOUD_SSM_CACHE_MEMORY_LIMIT"),
            ("cacheStaleOnError", "TENCENTCLOUD_SSM_CACHE_STALE_ON_ERROR"),
        ] {
            let given = settings(&[(property, "5m")]).err().unwrap();
            let environment =
                Properties::from_environment(|name| (name == variable).then(|| "5m".to_owned()));
            let read = Settings::new(&environment).err().unwrap();
            for error in [given, read] {
                assert_eq!(error.kind, ssm::ErrorKind::InvalidConfig);
                assert!(error.message.starts_with(property), "{error}");
                assert!(error.message.contains("dapr-wasm-host"), "{error}");
            }
        }
    }

    #[test]
    fn plain_http_beyond_loopback_must_be_asked_for() {
        let insecure = ("endpoint", "http://ssm.internal:80");
        assert!(settings(&[insecure]).is_err());
        assert!(settings(&[insecure, ("allowInsecureEndpoint", "true")]).is_ok());
    }
}
