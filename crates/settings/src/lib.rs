//! The names of the settings of the store for Tencent Cloud SSM: as properties of a Dapr Component, and
//! as environment variables. The component reads by them, and the host grants by them.
//!
//! `no_std`; the allocator is used for names that follow a rule.

#![no_std]

extern crate alloc;

use alloc::string::String;

/// What says where the keys come from, with what each is called in the environment behind
/// [`PREFIX`]: the names that Tencent Cloud's tools have in use, and an empty one for `SSM_…`. For the
/// token there is no common one, so all are read.
pub const CREDENTIALS: [(&str, &[&str]); 14] = [
    ("region", &["REGION"]),
    ("secretId", &["SECRET_ID"]),
    ("secretKey", &["SECRET_KEY"]),
    ("token", &["TOKEN", "SESSION_TOKEN", "SECURITY_TOKEN"]),
    ("cvmRole", &["", "CAM_ROLE_NAME"]),
    ("externalId", &["", "ASSUME_ROLE_EXTERNAL_ID"]),
    ("metadataEndpoint", &[""]),
    ("providerId", &[""]),
    ("roleArn", &["", "ROLE_ARN", "ASSUME_ROLE_ARN"]),
    (
        "roleSessionName",
        &["", "ROLE_SESSION_NAME", "ASSUME_ROLE_SESSION_NAME"],
    ),
    ("sessionDuration", &["", "ASSUME_ROLE_SESSION_DURATION"]),
    ("stsEndpoint", &[""]),
    ("webIdentityToken", &[""]),
    ("webIdentityTokenFile", &[""]),
];

/// What the names of all variables but [`TKE`] begin with.
pub const PREFIX: &str = "TENCENTCLOUD_";

/// What TKE's pod-identity-webhook puts into the environment; no property has these names.
pub const TKE: [&str; 4] = [
    TKE_REGION,
    TKE_PROVIDER_ID,
    TKE_WEB_IDENTITY_TOKEN_FILE,
    TKE_ROLE_ARN,
];
/// The region of the pod's cluster.
pub const TKE_REGION: &str = "TKE_REGION";
/// The identity provider's name in CAM.
pub const TKE_PROVIDER_ID: &str = "TKE_PROVIDER_ID";
/// The file of the web identity's token.
pub const TKE_WEB_IDENTITY_TOKEN_FILE: &str = "TKE_WEB_IDENTITY_TOKEN_FILE";
/// The role that the pod gets.
pub const TKE_ROLE_ARN: &str = "TKE_ROLE_ARN";

/// Every other property that is looked at, as Dapr users write it.
pub const OTHERS: [&str; 18] = [
    "allowInsecureEndpoint",
    "bulkOnError",
    "cacheMemoryLimit",
    "cacheStaleOnError",
    "cacheTTL",
    "endpoint",
    "legacyKeys",
    "maxInFlight",
    "maxRequestsPerSecond",
    "maxRetries",
    "multipleKeyValuesPerSecret",
    "prefix",
    "retryThrottled",
    "secretTypes",
    "tagFilters",
    "timeout",
    "versionId",
    "versionLookup",
];

/// The environment variable that is called `name` behind [`PREFIX`]; of an empty one by the rule for
/// all properties: `fooBar` is in `TENCENTCLOUD_SSM_FOO_BAR`, `cacheTTL` in
/// `TENCENTCLOUD_SSM_CACHE_TTL`.
// Inline: compiled here, it would bring 1.3 KB of generics that the component has already.
#[inline]
pub fn variable_name(property: &str, name: &str) -> String {
    if !name.is_empty() {
        return [PREFIX, name].concat();
    }
    let mut variable = [PREFIX, "SSM_"].concat();
    let mut after_lower = false;
    for letter in property.chars() {
        if letter.is_ascii_uppercase() && after_lower {
            variable.push('_');
        }
        after_lower = letter.is_ascii_lowercase();
        variable.push(letter.to_ascii_uppercase());
    }
    variable
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::{collections::BTreeSet, vec::Vec};

    use super::*;

    /// The variables of every property, each name behind [`PREFIX`].
    const EXPECTED: [(&str, &[&str]); 14] = [
        ("region", &["REGION"]),
        ("secretId", &["SECRET_ID"]),
        ("secretKey", &["SECRET_KEY"]),
        ("token", &["TOKEN", "SESSION_TOKEN", "SECURITY_TOKEN"]),
        ("cvmRole", &["SSM_CVM_ROLE", "CAM_ROLE_NAME"]),
        (
            "externalId",
            &["SSM_EXTERNAL_ID", "ASSUME_ROLE_EXTERNAL_ID"],
        ),
        ("metadataEndpoint", &["SSM_METADATA_ENDPOINT"]),
        ("providerId", &["SSM_PROVIDER_ID"]),
        ("roleArn", &["SSM_ROLE_ARN", "ROLE_ARN", "ASSUME_ROLE_ARN"]),
        (
            "roleSessionName",
            &[
                "SSM_ROLE_SESSION_NAME",
                "ROLE_SESSION_NAME",
                "ASSUME_ROLE_SESSION_NAME",
            ],
        ),
        (
            "sessionDuration",
            &["SSM_SESSION_DURATION", "ASSUME_ROLE_SESSION_DURATION"],
        ),
        ("stsEndpoint", &["SSM_STS_ENDPOINT"]),
        ("webIdentityToken", &["SSM_WEB_IDENTITY_TOKEN"]),
        ("webIdentityTokenFile", &["SSM_WEB_IDENTITY_TOKEN_FILE"]),
    ];

    fn variables(property: &str, names: &[&str]) -> Vec<String> {
        let variables = names.iter().map(|name| variable_name(property, name));
        variables.collect()
    }

    #[test]
    fn every_property_of_credentials_has_its_variables() {
        for ((property, names), (expected, behind)) in CREDENTIALS.iter().zip(EXPECTED) {
            assert_eq!(*property, expected);
            let behind = behind.iter().map(|name| [PREFIX, name].concat());
            assert!(behind.eq(variables(property, names)), "{property}");
        }
    }

    #[test]
    fn other_properties_have_one_by_the_rule() {
        for (property, variable) in [
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
            assert!(OTHERS.contains(&property), "{property}");
            assert_eq!(variable_name(property, ""), variable);
        }
    }

    #[test]
    fn no_variable_stands_for_two_properties() {
        let of_credentials = CREDENTIALS
            .iter()
            .flat_map(|(property, names)| variables(property, names));
        let of_others = OTHERS.iter().map(|property| variable_name(property, ""));
        let tke = TKE.iter().map(|name| String::from(*name));
        let all: Vec<String> = of_credentials.chain(of_others).chain(tke).collect();
        let distinct: BTreeSet<&String> = all.iter().collect();
        assert_eq!(distinct.len(), all.len());
    }
}
