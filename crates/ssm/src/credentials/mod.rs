//! Where keys come from, and how they stay fresh.
//!
//! A [`CredentialChain`] describes it, without I/O. What happens then has a file each: `keyring` has the
//! keys that are in use, `refresh` sees to it that they are good, `cvm_role`, `assume_role` and
//! `web_identity` get new ones.

mod assume_role;
mod cvm_role;
mod fixed;
mod flight;
mod identity;
mod keyring;
mod lease;
mod refresh;
pub(crate) mod sts;
mod web_identity;

use alloc::string::String;

pub use assume_role::Role;
pub use fixed::Credentials;
pub use identity::{Identity, Provider};
pub(crate) use keyring::{Keyring, Keys, Signer};
use zeroize::Zeroizing;

use crate::endpoint::Endpoint;

/// Where the keys come from. It has no `Debug`: it may hold a key.
pub struct CredentialChain {
    /// Who gives the first keys.
    pub source: CredentialSource,
    /// The role that is assumed with them, by AssumeRole of STS. Without one they sign themselves.
    pub role: Option<Role>,
    /// Where STS is.
    pub sts: Endpoint,
    /// Where the metadata service is.
    pub metadata: Endpoint,
    /// Why nothing that comes before `source` was taken, for the error where `source` gives nothing
    /// either; or nothing.
    pub earlier: String,
}

/// Who gives the first keys. It has no `Debug`: it may hold a key.
pub enum CredentialSource {
    /// Keys that are given.
    Fixed(Credentials),
    /// The role of this CVM, from the metadata service
    /// (<https://www.tencentcloud.com/document/product/213/4934>).
    CvmRole {
        /// Its name; `None` asks the metadata service for it.
        name: Option<String>,
    },
    /// AssumeRoleWithWebIdentity of STS: the identity of a pod in TKE, or of another provider of
    /// OpenID Connect.
    WebIdentity {
        /// The token that proves the identity.
        token: Zeroizing<String>,
        /// The provider's name in CAM.
        provider_id: String,
        /// The role that it gives.
        role: Role,
    },
}

impl CredentialChain {
    /// Keys of `source`, with the services where they usually are, and no role to assume.
    pub fn new(source: CredentialSource) -> Self {
        Self {
            source,
            role: None,
            sts: Endpoint::sts(),
            metadata: Endpoint::metadata(),
            earlier: String::new(),
        }
    }
}

impl From<Credentials> for CredentialChain {
    fn from(credentials: Credentials) -> Self {
        Self::new(CredentialSource::Fixed(credentials))
    }
}
