//! The types of secrets.

/// A type of secrets, each of which SSM lists for itself
/// (<https://www.tencentcloud.com/document/product/1078/38646>).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SecretType {
    /// Made by a user, who names its versions.
    Custom = 0,
    /// Of a database, rotated by SSM: a JSON object with `UserName` and `Password`.
    Database = 1,
    /// An SSH key pair of CVM's, which has an action of its own to read it.
    SshKey = 2,
    /// A pair of cloud API keys, which SSM has for some accounts.
    CloudApiKey = 3,
    /// Of a Redis instance, rotated by SSM. SSM documents the type, but not that it lists it.
    Redis = 4,
}

impl SecretType {
    /// All types, in the order of SSM's numbers.
    pub const ALL: [Self; 5] = [
        Self::Custom,
        Self::Database,
        Self::SshKey,
        Self::CloudApiKey,
        Self::Redis,
    ];

    /// The type of this name, in any case.
    pub fn parse(name: &str) -> Option<Self> {
        let mut types = Self::ALL.into_iter();
        types.find(|kind| kind.name().eq_ignore_ascii_case(name))
    }

    /// Its name in settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Custom => "custom",
            Self::Database => "database",
            Self::SshKey => "ssh-key",
            Self::CloudApiKey => "cloud-api-key",
            Self::Redis => "redis",
        }
    }

    /// SSM's number, the `SecretType` of its lists.
    pub(crate) fn number(self) -> u8 {
        self as u8
    }

    /// Whether SSM documents that it lists this type by itself.
    pub(crate) fn is_listed(self) -> bool {
        self != Self::Redis
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_is_found_by_its_name_and_numbered_as_ssm_does() {
        for (number, kind) in (0..).zip(SecretType::ALL) {
            assert_eq!(SecretType::parse(kind.name()), Some(kind));
            assert_eq!(kind.number(), number);
        }
        assert_eq!(SecretType::parse("SSH-Key"), Some(SecretType::SshKey));
        for unknown in ["", "ssh", "custom ", "2"] {
            assert_eq!(SecretType::parse(unknown), None);
        }
    }
}
