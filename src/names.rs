//! The names of properties, and of the variables that stand for them.

use alloc::string::String;

/// What says where the keys come from, with what each is called in the environment if not
/// `TENCENTCLOUD_SSM_…`: the names that Tencent Cloud's tools have in use. For the token there is no
/// common one, so all are read.
pub(crate) const CREDENTIALS: [(&str, &[&str]); 14] = [
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
    (
        "cvmRole",
        &["TENCENTCLOUD_SSM_CVM_ROLE", "TENCENTCLOUD_CAM_ROLE_NAME"],
    ),
    (
        "externalId",
        &[
            "TENCENTCLOUD_SSM_EXTERNAL_ID",
            "TENCENTCLOUD_ASSUME_ROLE_EXTERNAL_ID",
        ],
    ),
    ("metadataEndpoint", &[]),
    ("providerId", &[]),
    (
        "roleArn",
        &[
            "TENCENTCLOUD_SSM_ROLE_ARN",
            "TENCENTCLOUD_ROLE_ARN",
            "TENCENTCLOUD_ASSUME_ROLE_ARN",
        ],
    ),
    (
        "roleSessionName",
        &[
            "TENCENTCLOUD_SSM_ROLE_SESSION_NAME",
            "TENCENTCLOUD_ROLE_SESSION_NAME",
            "TENCENTCLOUD_ASSUME_ROLE_SESSION_NAME",
        ],
    ),
    (
        "sessionDuration",
        &[
            "TENCENTCLOUD_SSM_SESSION_DURATION",
            "TENCENTCLOUD_ASSUME_ROLE_SESSION_DURATION",
        ],
    ),
    ("stsEndpoint", &[]),
    ("webIdentityToken", &[]),
    ("webIdentityTokenFile", &[]),
];

/// What TKE's pod-identity-webhook puts into the environment; no property has these names.
pub(crate) const TKE: [&str; 4] = [
    TKE_REGION,
    TKE_PROVIDER_ID,
    "TKE_WEB_IDENTITY_TOKEN_FILE",
    TKE_ROLE_ARN,
];
pub(crate) const TKE_REGION: &str = "TKE_REGION";
pub(crate) const TKE_PROVIDER_ID: &str = "TKE_PROVIDER_ID";
pub(crate) const TKE_ROLE_ARN: &str = "TKE_ROLE_ARN";

/// Every other property that is looked at, as Dapr users write it.
pub(crate) const OTHERS: [&str; 17] = [
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
    "timeout",
    "versionId",
    "versionLookup",
];

/// The environment variable of a property: `fooBar` is in `TENCENTCLOUD_SSM_FOO_BAR`, `cacheTTL`
/// in `TENCENTCLOUD_SSM_CACHE_TTL`.
pub(crate) fn variable_name(property: &str) -> String {
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
    use crate::Properties;

    /// The property that `variable` sets, if it is the only one in the environment.
    fn set_by(variable: &str) -> Option<&'static str> {
        let read = |name: &str| (name == variable).then(|| "set".to_owned());
        let properties = Properties::from_environment(read);
        let names = CREDENTIALS.map(|(name, _)| name).into_iter().chain(OTHERS);
        let mut set = names.filter(|name| properties.get(name).is_some());
        let property = set.next();
        assert_eq!(set.next(), None, "{variable}");
        property
    }

    #[test]
    fn every_property_has_its_names_in_the_environment() {
        for (property, variables) in [
            ("region", &["TENCENTCLOUD_REGION"][..]),
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
            (
                "cvmRole",
                &["TENCENTCLOUD_SSM_CVM_ROLE", "TENCENTCLOUD_CAM_ROLE_NAME"],
            ),
            (
                "externalId",
                &[
                    "TENCENTCLOUD_SSM_EXTERNAL_ID",
                    "TENCENTCLOUD_ASSUME_ROLE_EXTERNAL_ID",
                ],
            ),
            ("metadataEndpoint", &["TENCENTCLOUD_SSM_METADATA_ENDPOINT"]),
            ("providerId", &["TENCENTCLOUD_SSM_PROVIDER_ID"]),
            (
                "roleArn",
                &[
                    "TENCENTCLOUD_SSM_ROLE_ARN",
                    "TENCENTCLOUD_ROLE_ARN",
                    "TENCENTCLOUD_ASSUME_ROLE_ARN",
                ],
            ),
            (
                "roleSessionName",
                &[
                    "TENCENTCLOUD_SSM_ROLE_SESSION_NAME",
                    "TENCENTCLOUD_ROLE_SESSION_NAME",
                    "TENCENTCLOUD_ASSUME_ROLE_SESSION_NAME",
                ],
            ),
            (
                "sessionDuration",
                &[
                    "TENCENTCLOUD_SSM_SESSION_DURATION",
                    "TENCENTCLOUD_ASSUME_ROLE_SESSION_DURATION",
                ],
            ),
            ("stsEndpoint", &["TENCENTCLOUD_SSM_STS_ENDPOINT"]),
            ("webIdentityToken", &["TENCENTCLOUD_SSM_WEB_IDENTITY_TOKEN"]),
            (
                "webIdentityTokenFile",
                &["TENCENTCLOUD_SSM_WEB_IDENTITY_TOKEN_FILE"],
            ),
            ("endpoint", &["TENCENTCLOUD_SSM_ENDPOINT"]),
            ("maxInFlight", &["TENCENTCLOUD_SSM_MAX_IN_FLIGHT"]),
            (
                "maxRequestsPerSecond",
                &["TENCENTCLOUD_SSM_MAX_REQUESTS_PER_SECOND"],
            ),
            ("cacheTTL", &["TENCENTCLOUD_SSM_CACHE_TTL"]),
            (
                "multipleKeyValuesPerSecret",
                &["TENCENTCLOUD_SSM_MULTIPLE_KEY_VALUES_PER_SECRET"],
            ),
        ] {
            for variable in variables {
                assert_eq!(set_by(variable), Some(property), "{variable}");
            }
        }
        assert_eq!(set_by("TENCENTCLOUD_SSM_SECRET_ID"), None);
        assert_eq!(set_by("TKE_ROLE_ARN"), None);
    }
}
