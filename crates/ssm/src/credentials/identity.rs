//! Who the keys belong to.

use alloc::{borrow::ToOwned, string::String};
use core::{fmt, time::Duration};

use super::{CredentialSource, Keyring};

/// Who the keys belong to, and who gave them. Never a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Who gave the first keys.
    pub provider: Provider,
    /// The role that was taken: its ARN, or the name of a CVM's role. `None` for a user's own keys.
    pub role: Option<String>,
    /// For how much longer the keys are good; `None` where they do not end by themselves.
    pub time_left: Option<Duration>,
    /// `AccountId`: the account, as STS says.
    pub account: String,
    /// `Arn`: the user or the session of a role, as STS says.
    pub arn: String,
    /// `Type`: `CAMUser`, `CAMRole` and the like, as STS says.
    pub kind: String,
    /// `UserId`, as STS says.
    pub user: String,
}

/// Who gave the first keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Provider {
    /// The configuration.
    Fixed,
    /// The metadata service of a CVM.
    CvmRole,
    /// STS, for a web identity.
    WebIdentity,
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fixed => "given keys",
            Self::CvmRole => "CVM role",
            Self::WebIdentity => "web identity",
        })
    }
}

impl Keyring {
    /// Who gave the keys that are in use at `now`, and STS's word on whose they are.
    pub(crate) fn identity(
        &self,
        now: Duration,
        [account, arn, kind, user]: [String; 4],
    ) -> Identity {
        let keys = self.current();
        let lease = keys.as_ref().and_then(|keys| keys.lease);
        let (provider, own) = match &self.chain.source {
            CredentialSource::Fixed(_) => (Provider::Fixed, None),
            CredentialSource::CvmRole { .. } => {
                let role = keys.and_then(|keys| keys.cvm_role.clone());
                (Provider::CvmRole, role)
            }
            CredentialSource::WebIdentity { role, .. } => {
                (Provider::WebIdentity, Some(role.arn().to_owned()))
            }
        };
        let assumed = self.chain.role.as_ref().map(|role| role.arn().to_owned());
        Identity {
            provider,
            role: assumed.or(own),
            time_left: lease.map(|lease| lease.until.saturating_sub(now)),
            account,
            arn,
            kind,
            user,
        }
    }
}
