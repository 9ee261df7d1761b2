//! From properties to the chain of credentials.

use alloc::{borrow::ToOwned, format, string::String};
use core::time::Duration;

use ssm::{CredentialChain, CredentialSource, Credentials, Endpoint, Error, Role};
use ssm_settings::{TKE, TKE_PROVIDER_ID, TKE_ROLE_ARN, TKE_WEB_IDENTITY_TOKEN_FILE};
use zeroize::Zeroizing;

use crate::{
    parse::duration,
    properties::{Given, Properties, has_keys},
};

/// The range of `sessionDuration` in milliseconds: STS gives 12 hours at most.
const SESSION_DURATIONS: (u64, u64) = (1_000, 43_200_000);

/// Where the keys come from: what is given before what the environment adds, and of each keys before a
/// web identity before the role of a CVM, which is what is left without any.
///
/// # Errors
/// `InvalidConfig`, naming the property and the way out, never its value.
pub(crate) fn chain(
    properties: &Properties,
    allow_insecure: bool,
) -> Result<CredentialChain, Error> {
    let text = |property| properties.credential(property).map(|value| value.trim());
    let role = Roles::new(properties)?;
    let [given, environment] = properties.places();
    let (place, kind) = match kind(given) {
        None => (environment, kind(environment)),
        found => (given, found),
    };
    let mut chain = CredentialChain::new(match kind {
        Some(Kind::Keys) => CredentialSource::Fixed(keys(place)?),
        Some(Kind::WebIdentity) => web_identity(properties, &role)?,
        Some(Kind::CvmRole) | None => CredentialSource::CvmRole {
            name: text("cvmRole")
                .filter(|name| !name.eq_ignore_ascii_case("auto"))
                .map(str::to_owned),
        },
    });
    let is_identity = matches!(kind, Some(Kind::WebIdentity));
    // That of a web identity is got by it, and only a pod, which has one by TKE, assumes another.
    let is_assumed =
        |arn: &&str| !is_identity || pods_role(properties).is_some_and(|pods| pods != *arn);
    if let Some(arn) = text("roleArn").filter(is_assumed) {
        chain.role = Some(role.role(arn)?);
    }
    if kind.is_none() {
        chain.earlier = nothing_set(properties);
    }
    if let Some(value) = text("stsEndpoint") {
        chain.sts = Endpoint::parse_sts(value, allow_insecure)?;
    }
    if let Some(value) = text("metadataEndpoint") {
        chain.metadata = Endpoint::parse_metadata(value, allow_insecure)?;
    }
    Ok(chain)
}

/// What a place names of credentials.
enum Kind {
    Keys,
    WebIdentity,
    CvmRole,
}

fn kind(given: &Given) -> Option<Kind> {
    let has = |property: &&str| given.has(property);
    let web_identity = ["webIdentityToken", "webIdentityTokenFile", "providerId"];
    if has_keys(given) {
        Some(Kind::Keys)
    } else if web_identity.iter().any(has) || TKE.iter().all(has) {
        Some(Kind::WebIdentity)
    } else {
        given.has("cvmRole").then_some(Kind::CvmRole)
    }
}

fn keys(given: &Given) -> Result<Credentials, Error> {
    let part = |property: &str| {
        given.get(property).cloned().ok_or_else(|| {
            Error::invalid_config(format!(
                "{property} is missing, and another part of the key is set: set secretId and secretKey \
                 (TENCENTCLOUD_SECRET_ID and TENCENTCLOUD_SECRET_KEY), or no part"
            ))
        })
    };
    let token = given.get("token").cloned();
    Credentials::new(part("secretId")?, part("secretKey")?, token)
}

fn web_identity(properties: &Properties, roles: &Roles) -> Result<CredentialSource, Error> {
    let either = |property, variable| {
        let own = properties.credential(property);
        let text = own.or_else(|| properties.credential(variable));
        text.map(|text| text.trim())
    };
    // A file ends in a line break, a token does not.
    let Some(token) = either("webIdentityToken", "") else {
        let file = either("webIdentityTokenFile", TKE_WEB_IDENTITY_TOKEN_FILE);
        return Err(Error::invalid_config(if file.is_some() {
            "webIdentityTokenFile (or TKE_WEB_IDENTITY_TOKEN_FILE) names a file, and only the command \
             dapr-wasm-host reads it and hands over the token; elsewhere, set webIdentityToken \
             (TENCENTCLOUD_SSM_WEB_IDENTITY_TOKEN)"
        } else {
            "webIdentityToken is missing, and providerId is set: set both, or neither"
        }));
    };
    if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Error::invalid_config(
            "webIdentityToken has characters that no token has: copy it again",
        ));
    }
    let missing = |property: &str, variable: &str| {
        Error::invalid_config(format!(
            "{property} is missing: a web identity needs it; set it, or {variable}"
        ))
    };
    let provider_id = either("providerId", TKE_PROVIDER_ID)
        .ok_or_else(|| missing("providerId", TKE_PROVIDER_ID))?;
    let arn = pods_role(properties).or_else(|| either("roleArn", TKE_ROLE_ARN));
    let arn = arn.ok_or_else(|| missing("roleArn", TKE_ROLE_ARN))?;
    Ok(CredentialSource::WebIdentity {
        token: Zeroizing::new(token.to_owned()),
        provider_id: provider_id.to_owned(),
        role: roles.role(arn)?,
    })
}

/// The role that TKE gives the pod, where TKE's provider vouches for it.
fn pods_role(properties: &Properties) -> Option<&str> {
    let own_provider = properties.credential("providerId");
    let role = properties
        .credential(TKE_ROLE_ARN)
        .filter(|_| own_provider.is_none());
    role.map(|arn| arn.trim())
}

/// How roles are assumed.
struct Roles {
    session_name: String,
    duration: Duration,
    external_id: Option<Zeroizing<String>>,
}

impl Roles {
    fn new(properties: &Properties) -> Result<Self, Error> {
        let session_name = properties.credential("roleSessionName");
        let session_name = session_name.map_or(Role::DEFAULT_SESSION_NAME, |name| name.as_str());
        let roles = Self {
            session_name: session_name.to_owned(),
            duration: match properties.credential("sessionDuration") {
                None => Role::DEFAULT_DURATION,
                Some(text) => session_duration(text.trim())?,
            },
            external_id: properties.credential("externalId").cloned(),
        };
        // What would be refused with a role is refused without one too.
        roles.role("qcs::cam::")?;
        Ok(roles)
    }

    fn role(&self, arn: &str) -> Result<Role, Error> {
        Role::new(
            arn.to_owned(),
            self.session_name.clone(),
            self.duration,
            self.external_id.clone(),
        )
    }
}

/// A duration, or a number of seconds, as Terraform's variable has it.
fn session_duration(text: &str) -> Result<Duration, Error> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let unit = if is_number { "s" } else { "" };
    duration("sessionDuration", &[text, unit].concat(), SESSION_DURATIONS)
}

/// Why nothing but the role of a CVM is left.
fn nothing_set(properties: &Properties) -> String {
    let why = "secretId and secretKey (TENCENTCLOUD_SECRET_ID, TENCENTCLOUD_SECRET_KEY) are not set, \
                   nor is webIdentityToken (TENCENTCLOUD_SSM_WEB_IDENTITY_TOKEN)";
    let mut missing = String::new();
    for name in TKE {
        if properties.credential(name).is_none() {
            missing.extend([if missing.is_empty() { " " } else { ", " }, name]);
        }
    }
    let some_of_tke = TKE.iter().any(|name| properties.credential(name).is_some());
    if some_of_tke {
        return [why, ", and of TKE's variables there is no", &missing].concat();
    }
    [why, ", nor are TKE's variables"].concat()
}

#[cfg(test)]
mod tests;
