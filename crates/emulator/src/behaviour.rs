//! Switches for what the reference marks as unknown of the live service.

/// What the unused one of `SecretString` and `SecretBinary` holds in an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnusedValue {
    /// It holds `""`, as in Tencent Cloud's older sample.
    Empty,
    /// It holds `null`.
    Null,
    /// It is left out.
    Absent,
}

/// What GetSecretValue answers for an SSH key pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SshSecretValue {
    /// It is refused with this code.
    Refused(String),
    /// Both values are empty.
    Empty,
    /// `SecretString` is JSON with the fields of GetSSHKeyPairValue.
    Json,
}

/// How the emulator does what is not documented. Every field has a default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Behaviour {
    /// `unused-value`: `empty` (default), `null` or `absent`.
    pub unused_value: UnusedValue,
    /// `empty-version-is-current`: an empty or missing `VersionId` means `SSM_Current`. Default:
    /// false, it is refused as `MissingParameter`.
    pub empty_version_is_current: bool,
    /// `missing-version-code`: what GetSecretValue says of a version that does not exist.
    /// Default: `ResourceNotFound`.
    pub missing_version_code: String,
    /// `max-limit`: ListSecrets gives no more items in a page than this. Default: no maximum.
    pub max_limit: Option<usize>,
    /// `search-is-exact`: `SearchSecretName` matches whole names. Default: false, parts.
    pub search_is_exact: bool,
    /// `versions-oldest-first`: the order of ListSecretVersionIds. Default: false.
    pub versions_oldest_first: bool,
    /// `clock-before-id`: a request that is too old is refused as that even if its key is unknown
    /// too. Default: true.
    pub clock_before_id: bool,
    /// `window-is-inclusive`: a request exactly 300 s off is accepted. Default: true.
    pub window_is_inclusive: bool,
    /// `region-required`: a request without `X-TC-Region` is refused. Default: true.
    pub region_required: bool,
    /// `current-answers-real-id`: asked for `SSM_Current` of a product secret, it answers with
    /// the id of the version that this stands for. Default: false.
    pub current_answers_real_id: bool,
    /// `ssh-keys-are-base64`: GetSSHKeyPairValue gives keys as base64 text, as its documentation
    /// says. Default: true; false is as its sample has them, plain.
    pub ssh_keys_are_base64: bool,
    /// `ssh-secret-value`: what GetSecretValue says of an SSH key pair, `empty`, `json` or a code.
    /// Default: `InvalidParameterValue`.
    pub ssh_secret_value: SshSecretValue,
    /// `redis-is-listed`: ListSecrets knows `SecretType` 4. Default: true; its documentation lists
    /// 0 to 3.
    pub redis_is_listed: bool,
    /// `forgotten-key-code`: what is said of a temporary key that was forgotten. Default:
    /// `AuthFailure.TokenFailure`.
    pub forgotten_key_code: String,
    /// `external-id-code`: what AssumeRole says of a wrong or missing `ExternalId`. Default:
    /// `UnauthorizedOperation`.
    pub external_id_code: String,
    /// `metadata-keeps-keys`: the metadata service gives the same key until it ends. Default:
    /// false, every request gets a new one.
    pub metadata_keeps_keys: bool,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            unused_value: UnusedValue::Empty,
            empty_version_is_current: false,
            missing_version_code: "ResourceNotFound".to_owned(),
            max_limit: None,
            search_is_exact: false,
            versions_oldest_first: false,
            clock_before_id: true,
            window_is_inclusive: true,
            region_required: true,
            current_answers_real_id: false,
            ssh_keys_are_base64: true,
            ssh_secret_value: SshSecretValue::Refused("InvalidParameterValue".to_owned()),
            redis_is_listed: true,
            forgotten_key_code: "AuthFailure.TokenFailure".to_owned(),
            external_id_code: "UnauthorizedOperation".to_owned(),
            metadata_keeps_keys: false,
        }
    }
}

impl Behaviour {
    /// Sets the switch `name` from text, as the option `--behaviour NAME=VALUE` does.
    ///
    /// # Errors
    /// What is wrong, for people.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        let flag = || {
            value
                .parse::<bool>()
                .map_err(|_| format!("{name} is true or false"))
        };
        match name {
            "unused-value" => {
                self.unused_value = match value {
                    "empty" => UnusedValue::Empty,
                    "null" => UnusedValue::Null,
                    "absent" => UnusedValue::Absent,
                    _ => return Err(format!("{name} is empty, null or absent")),
                }
            }
            "empty-version-is-current" => self.empty_version_is_current = flag()?,
            "missing-version-code" => self.missing_version_code = value.to_owned(),
            "max-limit" => {
                let limit = value.parse().ok().filter(|limit| *limit > 0);
                self.max_limit = Some(limit.ok_or_else(|| format!("{name} is a number"))?);
            }
            "search-is-exact" => self.search_is_exact = flag()?,
            "versions-oldest-first" => self.versions_oldest_first = flag()?,
            "clock-before-id" => self.clock_before_id = flag()?,
            "window-is-inclusive" => self.window_is_inclusive = flag()?,
            "region-required" => self.region_required = flag()?,
            "current-answers-real-id" => self.current_answers_real_id = flag()?,
            "ssh-keys-are-base64" => self.ssh_keys_are_base64 = flag()?,
            "ssh-secret-value" => {
                self.ssh_secret_value = match value {
                    "empty" => SshSecretValue::Empty,
                    "json" => SshSecretValue::Json,
                    code => SshSecretValue::Refused(code.to_owned()),
                }
            }
            "redis-is-listed" => self.redis_is_listed = flag()?,
            "forgotten-key-code" => self.forgotten_key_code = value.to_owned(),
            "external-id-code" => self.external_id_code = value.to_owned(),
            "metadata-keeps-keys" => self.metadata_keeps_keys = flag()?,
            _ => return Err(format!("there is no behaviour {name:?}")),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn switches_are_set_by_name_and_unknown_ones_refused() {
        let mut behaviour = Behaviour::default();
        behaviour.set("unused-value", "null").unwrap();
        behaviour.set("max-limit", "20").unwrap();
        behaviour.set("region-required", "false").unwrap();
        behaviour.set("ssh-secret-value", "json").unwrap();
        assert_eq!(behaviour.ssh_secret_value, SshSecretValue::Json);
        assert_eq!(behaviour.unused_value, UnusedValue::Null);
        assert_eq!(behaviour.max_limit, Some(20));
        assert!(!behaviour.region_required);
        for (name, value) in [
            ("unused-value", "no"),
            ("max-limit", "0"),
            ("region-required", "yes"),
            ("nonsense", "1"),
        ] {
            assert!(behaviour.set(name, value).is_err(), "{name}={value}");
        }
    }
}
