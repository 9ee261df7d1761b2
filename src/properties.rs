//! Where settings come from: the metadata of a Dapr Component, or the environment.

use alloc::{format, string::String, vec::Vec};

use ssm::Error;
use ssm_settings::{CREDENTIALS, OTHERS, TKE, TKE_REGION, variable_name};
use zeroize::Zeroizing;

/// The properties that were given, an empty or blank one counting as not given. Wiped when dropped; no
/// `Debug`, because a key is among them.
pub struct Properties {
    given: Given,
    /// What the environment says of credentials, where the metadata has no keys.
    environment: Given,
    source: Source,
}

/// Names with their values.
#[derive(Default)]
pub(crate) struct Given(Vec<(&'static str, Zeroizing<String>)>);

impl Given {
    /// The value of `property`, as spelt in the documentation.
    pub(crate) fn get(&self, property: &str) -> Option<&Zeroizing<String>> {
        let found = self.0.iter().find(|(known, _)| *known == property);
        found.map(|(_, value)| value)
    }

    pub(crate) fn has(&self, property: &str) -> bool {
        self.get(property).is_some()
    }

    /// What `variable` has of credentials.
    fn credentials(variable: &impl Fn(&str) -> Option<String>) -> Self {
        let mut given = Self::default();
        for (property, names) in &CREDENTIALS {
            for name in *names {
                given.read(variable, property, &variable_name(property, name));
            }
        }
        for name in TKE {
            given.read(variable, name, name);
        }
        given
    }

    /// Takes `property` from the variable `name`, unless it is there or empty.
    fn read(
        &mut self,
        variable: &impl Fn(&str) -> Option<String>,
        property: &'static str,
        name: &str,
    ) {
        let value = variable(name).map(Zeroizing::new);
        if let Some(value) = value.filter(|value| !is_blank(value) && !self.has(property)) {
            self.0.push((property, value));
        }
    }
}

/// Nothing, or white space alone: a variable that somebody emptied.
fn is_blank(value: &str) -> bool {
    value.trim().is_empty()
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
        let mut given = Given::default();
        for (name, value) in metadata {
            let value = Zeroizing::new(value);
            let known = CREDENTIALS
                .iter()
                .map(|(known, _)| *known)
                .chain(OTHERS)
                .find(|known| known.eq_ignore_ascii_case(&name));
            let Some(property) = known.filter(|_| !is_blank(&value)) else {
                continue;
            };
            if given.has(property) {
                return Err(Error::invalid_config(format!(
                    "{property} is given twice (names differ only in case): remove one"
                )));
            }
            given.0.push((property, value));
        }
        Ok(Self {
            given,
            environment: Given::default(),
            source: Source::Metadata,
        })
    }

    /// Whether there are keys among them, or a part of one.
    pub fn has_keys(&self) -> bool {
        has_keys(&self.given)
    }

    /// Adds what the environment says of credentials and of the region, read through `variable`: it
    /// counts where the metadata names no keys, and each where that does not name the same.
    pub fn or_environment(mut self, variable: impl Fn(&str) -> Option<String>) -> Self {
        if !self.has_keys() {
            self.environment = Given::credentials(&variable);
        }
        self
    }

    /// Reads the environment through `variable`.
    pub fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Self {
        let mut given = Given::credentials(&variable);
        for property in OTHERS {
            given.read(&variable, property, &variable_name(property, ""));
        }
        Self {
            given,
            environment: Given::default(),
            source: Source::Environment,
        }
    }

    /// The value of `property`, as spelt in the documentation.
    pub(crate) fn get(&self, property: &str) -> Option<&Zeroizing<String>> {
        self.given.get(property)
    }

    /// The value of a property of credentials, also where the environment has it.
    pub(crate) fn credential(&self, property: &str) -> Option<&Zeroizing<String>> {
        let mut places = self.places().into_iter();
        places.find_map(|given| given.get(property))
    }

    /// Where credentials may be named: what was given, and what the environment adds.
    pub(crate) fn places(&self) -> [&Given; 2] {
        [&self.given, &self.environment]
    }

    /// The region, which must be there.
    pub(crate) fn region(&self) -> Result<&str, Error> {
        let own = self.credential("region");
        let region = own.or_else(|| self.credential(TKE_REGION));
        region.map(|region| region.as_str()).ok_or_else(|| {
            Error::invalid_config(match self.source {
                Source::Metadata => "region is missing: set it in the component's metadata",
                Source::Environment => {
                    "region is missing: the store was not initialised, so set TENCENTCLOUD_REGION in its \
                     environment, or call init"
                }
            })
        })
    }
}

/// Whether `given` has keys, or a part of one.
pub(crate) fn has_keys(given: &Given) -> bool {
    ["secretId", "secretKey", "token"]
        .iter()
        .any(|property| given.has(property))
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
        assert_eq!(value(&properties, "region"), None);
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
    fn what_is_blank_counts_as_not_given() {
        let given = metadata(&[("roleArn", " "), ("cvmRole", "\t"), ("region", "r")]);
        let given = given.ok().unwrap();
        assert_eq!(value(&given, "roleArn"), None);
        assert_eq!(value(&given, "cvmRole"), None);
        let variable = |name: &str| (name == "TKE_ROLE_ARN").then(|| " ".to_owned());
        let added = given.or_environment(variable);
        assert_eq!(added.credential("TKE_ROLE_ARN"), None);
    }

    #[test]
    fn a_missing_region_names_the_place_to_set_it() {
        let given = metadata(&[]).ok().unwrap();
        let error = given.region().unwrap_err();
        assert_eq!(
            error.message,
            "region is missing: set it in the component's metadata"
        );
        let environment = Properties::from_environment(|_| None);
        let error = environment.region().unwrap_err();
        assert!(error.message.contains("TENCENTCLOUD_REGION"), "{error}");
    }

    #[test]
    fn the_environment_counts_for_credentials_alone_and_where_the_metadata_has_no_keys() {
        let variable = |name: &str| Some(format!("environment {name}"));
        let given = metadata(&[("region", "given"), ("endpoint", "given")]);
        let both = given.ok().unwrap().or_environment(variable);
        let credential = |property| both.credential(property).map(|value| value.as_str());
        assert_eq!(credential("region"), Some("given"));
        let key = "environment TENCENTCLOUD_SECRET_KEY";
        assert_eq!(credential("secretKey"), Some(key));
        let tke = "environment TKE_PROVIDER_ID";
        assert_eq!(credential("TKE_PROVIDER_ID"), Some(tke));
        assert_eq!(value(&both, "endpoint"), Some("given"));
        assert_eq!(both.credential("timeout"), None);

        for part in ["secretId", "secretKey", "token"] {
            let alone = metadata(&[(part, "given")]).ok().unwrap();
            let alone = alone.or_environment(variable);
            assert_eq!(alone.environment.0.len(), 0, "{part}");
        }
    }

    #[test]
    fn a_region_of_tkes_counts_where_no_other_is_set() {
        let tke = |name: &str| (name == "TKE_REGION").then(|| "tke".to_owned());
        let both = |name: &str| tke(name).or((name == "TENCENTCLOUD_REGION").then(|| "own".into()));
        assert_eq!(Properties::from_environment(tke).region(), Ok("tke"));
        assert_eq!(Properties::from_environment(both).region(), Ok("own"));
        let given = metadata(&[("region", "given")]).ok().unwrap();
        assert_eq!(given.or_environment(both).region(), Ok("given"));
        let added = metadata(&[]).ok().unwrap().or_environment(tke);
        assert_eq!(added.region(), Ok("tke"));
    }

    #[test]
    fn the_variables_of_tke_are_no_properties() {
        let properties = metadata(&[("TKE_PROVIDER_ID", "x")]).ok().unwrap();
        assert_eq!(properties.given.0.len(), 0);
    }
}
