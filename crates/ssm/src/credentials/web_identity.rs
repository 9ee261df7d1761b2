//! A role that a web identity gives: AssumeRoleWithWebIdentity of STS, which nobody signs.

use super::{Role, sts::AssumeRole};

impl<'a> AssumeRole<'a> {
    /// The parameters of AssumeRoleWithWebIdentity, for keys of `role`: `token` of the provider proves
    /// whose they are.
    pub(crate) fn with_web_identity(role: &'a Role, provider_id: &'a str, token: &'a str) -> Self {
        let mut parameters = Self::new(role);
        parameters.provider_id = Some(provider_id);
        parameters.web_identity_token = Some(token);
        parameters
    }
}
