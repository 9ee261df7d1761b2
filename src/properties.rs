//! Where settings come from: the metadata of a Dapr Component, or the environment.

use alloc::{borrow::ToOwned, format, string::String, vec::Vec};

use ssm::Error;
use zeroize::Zeroizing;

/// Every property that is looked at, as Dapr users write it, with what it is called in the
/// environment if not `TENCENTCLOUD_SSM_…`.
///
/// The first three environment names are the official SDKs'; for the token there is no common
/// one, so all in use are read.
const PROPERTIES: [(&str, &[&str]); 26] = [
    ("region", &["TENCENTCLOUD_REGION"]),
    ("secretId", &["TENCENTCLOUD_SECRET_ID"]),
    ("secretKey", &["TENCENTCLOUD_SECRET_KEY"]),
    (
        "token",
        &[
            "TENCENTCLOUD_TOKEN",
            "TENCENTCLOUD_SESSION_TOKEN",
            "TENCENTCLOUD_SECURITY_TOKEN",
        ],
    ),
    ("allowInsecureEndpoint", &[]),
    ("bulkOnError", &[]),
    ("cacheMemoryLimit", &[]),
    ("cacheStaleOnError", &[]),
    ("cacheTTL", &[]),
    ("cvmRole", &[]),
    ("endpoint", &[]),
    ("legacyKeys", &[]),
    ("maxInFlight", &[]),
    ("maxRequestsPerSecond", &[]),
    ("maxRetries", &[]),
    ("multipleKeyValuesPerSecret", &[]),
    ("prefix", &[]),
    ("roleArn", &[]),
    ("roleSessionName", &[]),
    ("secretTypes", &[]),
    ("stsEndpoint", &[]),
    ("tagFilters", &[]),
    ("timeout", &[]),
    ("versionId", &[]),
    ("versionLookup", &[]),
    ("webIdentityTokenFile", &[]),
];

/// The properties that were given, an empty one counting as not given. Wiped when dropped; no
/// `Debug`, because a key is among them.
pub struct Properties {
    values: Vec<(&'static str, Zeroizing<String>)>,
    source: Source,
}

enum Source {
    Metadata,
    Environment,
}

impl Properties {
    /// Takes the metadata of a Component. Names match without regard to case, as Dapr's do;
    /// unknown ones are ignored.
    ///
    /// # Errors
    /// `InvalidConfig` if one property is given twice.
    pub fn from_metadata(metadata: Vec<(String, String)>) -> Result<Self, Error> {
        let mut properties = Self {
            values: Vec::new(),
            source: Source::Metadata,
        };
        for (name, value) in metadata {
            let value = Zeroizing::new(value);
            let known = PROPERTIES
                .iter()
                .find(|(known, _)| known.eq_ignore_ascii_case(&name));
            let Some((property, _)) = known.filter(|_| !value.is_empty()) else {
                continue;
            };
            if properties.get(property).is_some() {
                return Err(Error::invalid_config(format!(
                    "{property} is given twice (names differ only in case): remove one"
                )));
            }
            properties.values.push((property, value));
        }
        Ok(properties)
    }

    /// Reads the environment through `variable`.
    pub fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Self {
        let read = |name: &str| {
            let value = variable(name).map(Zeroizing::new);
            value.filter(|value| !value.is_empty())
        };
        let mut values = Vec::new();
        for (property, names) in PROPERTIES {
            let value = if names.is_empty() {
                read(&variable_name(property))
            } else {
                names.iter().find_map(|name| read(name))
            };
            if let Some(value) = value {
                values.push((property, value));
            }
        }
        Self {
            values,
            source: Source::Environment,
        }
    }

    /// The value of `property`, as spelt in the documentation.
    pub(crate) fn get(&self, property: &str) -> Option<&Zeroizing<String>> {
        self.values
            .iter()
            .find(|(known, _)| *known == property)
            .map(|(_, value)| value)
    }

    /// The value of a property that must be there.
    pub(crate) fn require(&self, property: &str) -> Result<&Zeroizing<String>, Error> {
        self.get(property).ok_or_else(|| {
            let way_out = match self.source {
                Source::Metadata => "set it in the component's metadata".to_owned(),
                Source::Environment => format!(
                    "the store was not initialised, so set {} in its environment, or call init",
                    environment_name(property)
                ),
            };
            Error::invalid_config(format!("{property} is missing: {way_out}"))
        })
    }
}

/// The environment variable to name in an error: of several, the first.
fn environment_name(property: &str) -> String {
    let names = PROPERTIES.iter().find(|(known, _)| *known == property);
    match names.and_then(|(_, names)| names.first()) {
        Some(name) => (*name).to_owned(),
        None => variable_name(property),
    }
}

/// The environment variable of a property: `fooBar` is in `TENCENTCLOUD_SSM_FOO_BAR`, `cacheTTL`
/// in `TENCENTCLOUD_SSM_CACHE_TTL`.
fn variable_name(property: &str) -> String {
    let mut name = String::from("TENCENTCLOUD_SSM_");
    let mut after_lower = false;
    for letter in property.chars() {
        if letter.is_ascii_uppercase() && after_lower {
            name.push('_');
        }
        after_lower = letter.is_ascii_lowercase();
        name.push(letter.to_ascii_uppercase());
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata(pairs: &[(&str, &str)]) -> Result<Properties, Error> {
        let own = |(name, value): &(&str, &str)| (name.to_string(), value.to_string());
        Properties::from_metadata(pairs.iter().map(own).collect())
    }

    fn value<'a>(properties: &'a Properties, property: &str) -> Option<&'a str> {
        properties.get(property).map(|value| value.as_str())
    }

    #[test]
    fn names_match_without_regard_to_case_and_unknown_ones_are_ignored() {
        let properties = metadata(&[
            ("REGION", "ap-guangzhou"),
            ("SecretID", "id"),
            ("nonsense", "x"),
            ("nonsense", "y"),
        ])
        .ok()
        .unwrap();
        assert_eq!(value(&properties, "region"), Some("ap-guangzhou"));
        assert_eq!(value(&properties, "secretId"), Some("id"));
        assert_eq!(value(&properties, "nonsense"), None);
    }

    #[test]
    fn an_empty_value_counts_as_not_given() {
        let properties = metadata(&[("token", ""), ("TOKEN", "t"), ("region", "")])
            .ok()
            .unwrap();
        assert_eq!(value(&properties, "token"), Some("t"));
        assert!(properties.require("region").is_err());
    }

    #[test]
    fn a_property_given_twice_is_refused_without_its_value() {
        let error = metadata(&[("secretKey", "s3cr3t"), ("SECRETKEY", "s3cr3t2")])
            .err()
            .unwrap();
        assert!(error.message.starts_with("secretKey is given twice"));
        assert!(!error.message.contains("s3cr3t"));
    }

    #[test]
    fn every_property_has_its_name_in_the_environment() {
        for (property, variable) in [
            ("region", "TENCENTCLOUD_REGION"),
            ("secretId", "TENCENTCLOUD_SECRET_ID"),
            ("secretKey", "TENCENTCLOUD_SECRET_KEY"),
            ("token", "TENCENTCLOUD_TOKEN"),
            ("token", "TENCENTCLOUD_SESSION_TOKEN"),
            ("token", "TENCENTCLOUD_SECURITY_TOKEN"),
            ("endpoint", "TENCENTCLOUD_SSM_ENDPOINT"),
            ("maxInFlight", "TENCENTCLOUD_SSM_MAX_IN_FLIGHT"),
            (
                "maxRequestsPerSecond",
                "TENCENTCLOUD_SSM_MAX_REQUESTS_PER_SECOND",
            ),
            ("cacheTTL", "TENCENTCLOUD_SSM_CACHE_TTL"),
            (
                "multipleKeyValuesPerSecret",
                "TENCENTCLOUD_SSM_MULTIPLE_KEY_VALUES_PER_SECRET",
            ),
        ] {
            let properties =
                Properties::from_environment(|name| (name == variable).then(|| "set".to_owned()));
            assert_eq!(value(&properties, property), Some("set"), "{variable}");
            assert_eq!(properties.values.len(), 1);
        }
    }

    #[test]
    fn the_first_token_that_is_not_empty_counts() {
        let properties = Properties::from_environment(|name| match name {
            "TENCENTCLOUD_TOKEN" => Some(String::new()),
            "TENCENTCLOUD_SESSION_TOKEN" => Some("second".into()),
            "TENCENTCLOUD_SECURITY_TOKEN" => Some("third".into()),
            _ => None,
        });
        assert_eq!(value(&properties, "token"), Some("second"));
    }

    #[test]
    fn a_missing_property_names_the_place_to_set_it() {
        let from_metadata = metadata(&[]).ok().unwrap();
        let error = from_metadata.require("region").unwrap_err();
        assert_eq!(
            error.message,
            "region is missing: set it in the component's metadata"
        );
        let from_environment = Properties::from_environment(|_| None);
        let error = from_environment.require("region").unwrap_err();
        assert!(error.message.contains("TENCENTCLOUD_REGION"), "{error}");
    }
}
