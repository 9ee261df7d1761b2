//! STS, the Security Token Service: what is asked of it, what it answers.
//!
//! Fields: <https://www.tencentcloud.com/document/product/1150/49443>.

use alloc::{borrow::ToOwned, rc::Rc, string::String};

use serde::Serialize;
use zeroize::Zeroizing;

use super::{Credentials, Keys, Role, Signer};
use crate::{
    call::{Call, Caller},
    error::Error,
    json::{Json, WrongForm},
    operation::Operation,
    quote::quote,
    service::Service,
    transport::Transport,
};

/// The parameters of AssumeRole and of AssumeRoleWithWebIdentity, which share most.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AssumeRole<'a> {
    role_arn: &'a str,
    role_session_name: &'a str,
    duration_seconds: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) external_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) provider_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) web_identity_token: Option<&'a str>,
}

impl<'a> AssumeRole<'a> {
    /// What both have in common.
    pub(crate) fn new(role: &'a Role) -> Self {
        Self {
            role_arn: role.arn(),
            role_session_name: role.session_name(),
            duration_seconds: role.duration().as_secs(),
            external_id: None,
            provider_id: None,
            web_identity_token: None,
        }
    }
}

impl<T: Transport> Caller<T> {
    /// Asks STS for temporary keys: unsigned with a web identity, else signed by the chain's source.
    pub(crate) async fn temporary_keys(
        &self,
        operation: &Operation,
        parameters: AssumeRole<'_>,
    ) -> Result<Rc<Keys>, Error> {
        let (action, signer, how) = match parameters.web_identity_token {
            Some(_) => (
                "AssumeRoleWithWebIdentity",
                Signer::Nobody,
                " by web identity",
            ),
            None => ("AssumeRole", Signer::Source, ""),
        };
        let subject = ["assuming the role ", parameters.role_arn, how].concat();
        let _asks = operation.asks(Service::Sts);
        let call = Call::sts(action, signer, &parameters, &subject)?;
        let answer = self.call(operation, &call).await?;
        let (credentials, expired_time) = answer.fields(&subject, |json| {
            let credentials = json.field("Credentials")?.ok_or(WrongForm)?;
            Ok((keys_in(credentials)?, json.integer("ExpiredTime")?))
        })?;
        let lease = self.lease(expired_time, answer.server_time);
        Ok(Keys::new(credentials, Some(lease), None))
    }

    /// Who the keys belong to: the answer of GetCallerIdentity, each text without keys in it.
    pub(crate) async fn caller_identity(
        &self,
        operation: &Operation,
    ) -> Result<[String; 4], Error> {
        let subject = "asking who the keys belong to";
        let _asks = operation.asks(Service::Sts);
        let call = Call::sts("GetCallerIdentity", Signer::Last, &Nothing {}, subject)?;
        let answer = self.call(operation, &call).await?;
        let keys = self.keyring.current();
        let secrets = self.keyring.secrets(keys.as_deref(), None);
        answer.fields(subject, |json| {
            let text = |name| Ok(quote(json.text(name)?.unwrap_or_default(), &secrets));
            Ok([
                text("AccountId")?,
                text("Arn")?,
                text("Type")?,
                text("UserId")?,
            ])
        })
    }
}

/// The parameters of GetCallerIdentity.
#[derive(Serialize)]
struct Nothing {}

/// The keys in an answer of STS's or of the metadata service, which name them alike.
pub(crate) fn keys_in(json: &Json) -> Result<Credentials, WrongForm> {
    let text = |name| {
        let text = json.text(name)?.unwrap_or_default();
        Ok(Zeroizing::new(text.to_owned()))
    };
    let token = text("Token")?;
    let token = Some(token).filter(|token| !token.is_empty());
    Credentials::new(text("TmpSecretId")?, text("TmpSecretKey")?, token).map_err(|_| WrongForm)
}
