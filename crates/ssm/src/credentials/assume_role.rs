//! A role that is assumed with other keys: AssumeRole of STS.

use alloc::string::String;
use core::time::Duration;

use zeroize::Zeroizing;

use super::sts::AssumeRole;
use crate::error::Error;

/// What every name of a role begins with.
const ARN: &str = "qcs::cam::";

/// A role to assume, and how. It has no `Debug`: an external id may be a secret.
#[derive(Clone)]
pub struct Role {
    arn: String,
    session_name: String,
    duration: Duration,
    external_id: Option<Zeroizing<String>>,
}

impl Role {
    /// The session name where none is set.
    pub const DEFAULT_SESSION_NAME: &str = "dapr-secretstores";
    /// How long the keys are good where nothing is set.
    pub const DEFAULT_DURATION: Duration = Duration::from_secs(7_200);

    /// Checks and keeps a role: `qcs::cam::uin/100000000001:roleName/reader`. STS counts `duration` in
    /// whole seconds.
    ///
    /// # Errors
    /// `InvalidConfig`, naming the property (`roleArn`, `roleSessionName`, `externalId`) but not its
    /// value: an ARN that is none of CAM's, a session name that is not 2 to 128 of
    /// `A-Z a-z 0-9 _ + = , . @ -`, an external id of less than 2 or more than 128 characters.
    pub fn new(
        arn: String,
        session_name: String,
        duration: Duration,
        external_id: Option<Zeroizing<String>>,
    ) -> Result<Self, Error> {
        let in_arn = |byte: u8| byte.is_ascii_graphic() || byte >= 0x80;
        if !arn.starts_with(ARN) || arn.len() > 1_024 || !arn.bytes().all(in_arn) {
            return Err(Error::invalid_config(
                "roleArn is malformed: write it as CAM shows it, for example \
                 qcs::cam::uin/100000000001:roleName/reader",
            ));
        }
        let in_name = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
        if !(2..=128).contains(&session_name.len()) || !session_name.bytes().all(in_name) {
            return Err(Error::invalid_config(
                "roleSessionName is malformed: STS takes 2 to 128 letters, digits and _ + = , . @ -",
            ));
        }
        if external_id
            .as_ref()
            .is_some_and(|id| !(2..=128).contains(&id.len()))
        {
            return Err(Error::invalid_config(
                "externalId is malformed: STS takes 2 to 128 characters",
            ));
        }
        Ok(Self {
            arn,
            session_name,
            duration,
            external_id,
        })
    }

    /// The role's name in CAM.
    pub fn arn(&self) -> &str {
        &self.arn
    }

    pub(crate) fn session_name(&self) -> &str {
        &self.session_name
    }

    pub(crate) fn duration(&self) -> Duration {
        self.duration
    }

    pub(crate) fn external_id(&self) -> Option<&str> {
        self.external_id.as_ref().map(|id| id.as_str())
    }
}

impl<'a> AssumeRole<'a> {
    /// The parameters of AssumeRole, for keys of `role`.
    pub(crate) fn with_keys(role: &'a Role) -> Self {
        let mut parameters = Self::new(role);
        parameters.external_id = role.external_id();
        parameters
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    fn role(arn: &str, session_name: &str, external_id: Option<&str>) -> Result<Role, Error> {
        let external_id = external_id.map(|id| Zeroizing::new(id.to_owned()));
        Role::new(
            arn.to_owned(),
            session_name.to_owned(),
            Role::DEFAULT_DURATION,
            external_id,
        )
    }

    const READER: &str = "qcs::cam::uin/100000000001:roleName/reader";

    #[test]
    fn roles_and_session_names_follow_sts() {
        for name in [
            "ab",
            "dapr-secretstores",
            "a+b=c,d.e@f-g_h",
            &"x".repeat(128),
        ] {
            assert!(role(READER, name, Some("ext-1")).is_ok(), "{name}");
        }
        assert!(role("qcs::cam::uin/1:role/4611686018427397919", "ab", None).is_ok());
    }

    #[test]
    fn what_sts_would_not_take_is_refused_by_name_and_not_quoted() {
        let long = "s3cr3t".repeat(30);
        for (arn, name, external_id, property) in [
            ("", "ab", None, "roleArn"),
            ("s3cr3t", "ab", None, "roleArn"),
            ("qcs::cam::uin/1:roleName/s3cr3t x", "ab", None, "roleArn"),
            ("qcs::cam::uin/1:roleName/s3cr3t\r\n", "ab", None, "roleArn"),
            (READER, "", None, "roleSessionName"),
            (READER, "s", None, "roleSessionName"),
            (READER, "s3cr3t/x", None, "roleSessionName"),
            (READER, "s3cr3té", None, "roleSessionName"),
            (READER, &long, None, "roleSessionName"),
            (READER, "ab", Some("s"), "externalId"),
            (READER, "ab", Some(&long), "externalId"),
        ] {
            let error = role(arn, name, external_id).err().expect("refused");
            assert_eq!(error.kind, ErrorKind::InvalidConfig);
            assert!(error.message.starts_with(property), "{error}");
            assert!(!error.message.contains("s3cr3t"), "{error}");
        }
    }
}
