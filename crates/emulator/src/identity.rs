//! Who may become whom: roles, and the web identities that they trust.

use std::time::Duration;

/// The account that everything belongs to, unless a [`Role`] says otherwise.
pub const SAMPLE_UIN: &str = "100000000001";
/// A role of [`Config::sample`](crate::Config::sample) that any key may assume, and the role of its
/// CVM.
pub const SAMPLE_ROLE_ARN: &str = "qcs::cam::uin/100000000001:roleName/ssm-reader";
/// A role of another account that wants [`SAMPLE_EXTERNAL_ID`].
pub const SAMPLE_FOREIGN_ROLE_ARN: &str = "qcs::cam::uin/200000000002:roleName/ssm-partner";
/// The external id of [`SAMPLE_FOREIGN_ROLE_ARN`].
pub const SAMPLE_EXTERNAL_ID: &str = "sample-external-id";
/// A role for web identities of [`SAMPLE_PROVIDER_ID`] alone.
pub const SAMPLE_POD_ROLE_ARN: &str = "qcs::cam::uin/100000000001:roleName/ssm-pod";
/// The identity provider of the sample pod: TKE's are named after the cluster.
pub const SAMPLE_PROVIDER_ID: &str = "cls-sample";
/// The sample pod's web identity token.
pub const SAMPLE_WEB_IDENTITY_TOKEN: &str = "sample.web-identity.token";

/// A CAM role: whom it lets assume it, and what it may do.
#[derive(Clone)]
pub struct Role {
    pub(crate) uin: String,
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) external_id: Option<String>,
    pub(crate) trusted_keys: Option<Vec<String>>,
    pub(crate) trusted_providers: Vec<String>,
    pub(crate) denied: Vec<String>,
    pub(crate) longest_session: Duration,
}

/// A token that an identity provider has given out and vouches for.
#[derive(Clone)]
pub struct WebIdentity {
    pub(crate) provider_id: String,
    pub(crate) token: String,
}

impl Role {
    /// A role of the account `uin` that every key may assume, no web identity, and that may do
    /// everything.
    pub fn new(uin: &str, name: &str) -> Self {
        // Tencent Cloud's ids of roles are numbers of this size.
        let digest = name.bytes().fold(7_u64, |digest, byte| {
            (digest * 31 + u64::from(byte)) % 1_000_000_000
        });
        Self {
            uin: uin.to_owned(),
            name: name.to_owned(),
            id: format!("4611686018{digest:09}"),
            external_id: None,
            trusted_keys: None,
            trusted_providers: Vec::new(),
            denied: Vec::new(),
            longest_session: Duration::from_secs(43_200),
        }
    }

    /// The role's ARN by its name: `qcs::cam::uin/UIN:roleName/NAME`.
    pub fn arn(&self) -> String {
        format!("qcs::cam::uin/{}:roleName/{}", self.uin, self.name)
    }

    /// The role's ARN by its id: `qcs::cam::uin/UIN:role/ID`.
    pub fn arn_by_id(&self) -> String {
        format!("qcs::cam::uin/{}:role/{}", self.uin, self.id)
    }

    /// Wants this `ExternalId` of whoever assumes it.
    #[must_use]
    pub fn external_id(mut self, external_id: &str) -> Self {
        self.external_id = Some(external_id.to_owned());
        self
    }

    /// Lets only keys with these ids assume it: with none, nobody's.
    #[must_use]
    pub fn trust_keys(mut self, secret_ids: &[&str]) -> Self {
        let owned = secret_ids.iter().map(|id| (*id).to_owned()).collect();
        self.trusted_keys = Some(owned);
        self
    }

    /// Lets web identities of this provider assume it.
    #[must_use]
    pub fn trust_provider(mut self, provider_id: &str) -> Self {
        self.trusted_providers.push(provider_id.to_owned());
        self
    }

    /// Denies it an action of SSM or STS, as a CAM policy does.
    #[must_use]
    pub fn deny(mut self, action: &str) -> Self {
        self.denied.push(action.to_owned());
        self
    }

    /// Refuses sessions that shall be longer than this. Default: twelve hours, STS's own limit.
    #[must_use]
    pub fn longest_session(mut self, longest: Duration) -> Self {
        self.longest_session = longest;
        self
    }

    /// Whether `arn` names this role, by its name or its id.
    pub(crate) fn is(&self, arn: &str) -> bool {
        arn == self.arn() || arn == self.arn_by_id()
    }
}

impl WebIdentity {
    /// A valid token of the provider.
    pub fn new(provider_id: &str, token: &str) -> Self {
        Self {
            provider_id: provider_id.to_owned(),
            token: token.to_owned(),
        }
    }
}

/// The roles of [`Config::sample`](crate::Config::sample).
pub(crate) fn sample_roles() -> Vec<Role> {
    vec![
        Role::new(SAMPLE_UIN, "ssm-reader"),
        Role::new("200000000002", "ssm-partner").external_id(SAMPLE_EXTERNAL_ID),
        Role::new(SAMPLE_UIN, "ssm-pod")
            .trust_keys(&[])
            .trust_provider(SAMPLE_PROVIDER_ID),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_named_by_its_name_or_its_id() {
        let roles = sample_roles();
        assert_eq!(roles[0].arn(), SAMPLE_ROLE_ARN);
        assert_eq!(roles[1].arn(), SAMPLE_FOREIGN_ROLE_ARN);
        assert_eq!(roles[2].arn(), SAMPLE_POD_ROLE_ARN);
        assert!(roles[0].is(&roles[0].arn_by_id()) && !roles[0].is(&roles[1].arn_by_id()));
    }
}
