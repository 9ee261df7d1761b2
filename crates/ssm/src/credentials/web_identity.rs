//! A role that a web identity gives: AssumeRoleWithWebIdentity of STS, which nobody signs.

use alloc::format;

use super::{Keys, Role, Signer, sts::AssumeRole};
use crate::{call::Caller, error::Error, operation::Operation, transport::Transport};

impl<T: Transport> Caller<T> {
    /// Keys of `role` for whom `token` of the provider proves.
    pub(crate) async fn web_identity(
        &self,
        operation: &Operation,
        token: &str,
        provider_id: &str,
        role: &Role,
    ) -> Result<Keys, Error> {
        let subject = format!("assuming the role {} by web identity", role.arn());
        let mut parameters = AssumeRole::new(role);
        parameters.provider_id = Some(provider_id);
        parameters.web_identity_token = Some(token);
        let action = "AssumeRoleWithWebIdentity";
        self.temporary_keys(operation, action, Signer::Nobody, &parameters, &subject)
            .await
    }
}
