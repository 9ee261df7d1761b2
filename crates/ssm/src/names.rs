//! Names that SSM accepts, parsed once.
//!
//! The rules are those of CreateSecret
//! (<https://www.tencentcloud.com/document/product/1078/38656>).

use alloc::{borrow::ToOwned, string::String};

use crate::error::Error;

/// A secret's name: 1 to 128 of `A-Z a-z 0-9 - _`, first a letter or digit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SecretName(String);

impl SecretName {
    /// Parses a secret's name.
    ///
    /// # Errors
    /// `InvalidRequest`, naming the rule.
    pub fn parse(name: &str) -> Result<Self, Error> {
        if name.is_empty() {
            return Err(Error::invalid_request(
                "the secret's name is empty: name the secret to read",
            ));
        }
        if !is_identifier(name, 128, "-_") {
            return Err(Error::invalid_request(
                "the secret's name is malformed: SSM's names have at most 128 letters, digits, \
                 '-' and '_' and begin with a letter or digit",
            ));
        }
        Ok(Self(name.to_owned()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A version's id: 1 to 64 of `A-Z a-z 0-9 - _ .`, first a letter or digit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionId(String);

impl VersionId {
    /// Parses a version's id.
    ///
    /// # Errors
    /// `InvalidRequest`, naming the rule.
    pub fn parse(id: &str) -> Result<Self, Error> {
        if !is_identifier(id, 64, "-_.") {
            return Err(Error::invalid_request(
                "version_id is malformed: SSM's version ids have at most 64 letters, digits, '-', \
                 '_' and '.' and begin with a letter or digit",
            ));
        }
        Ok(Self(id.to_owned()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A region, such as `ap-guangzhou`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region(String);

impl Region {
    /// Parses a region's id. A zone's id (`ap-beijing-3`, as Dapr's own page shows) means its
    /// region. There is no list of regions here: SSM knows which it serves.
    ///
    /// # Errors
    /// `InvalidConfig`, naming `region` and the form it has.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let region = match text.rsplit_once('-') {
            Some((region, zone)) if is_number(zone) => region,
            _ => text,
        };
        let mut parts = region.split('-');
        let area = parts.next().unwrap_or_default();
        let is_part = |part: &str| {
            !part.is_empty()
                && part
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        };
        let good = region.len() <= 64
            && area.len() >= 2
            && area.bytes().all(|b| b.is_ascii_lowercase())
            && region.len() > area.len()
            && parts.all(is_part);
        if !good {
            return Err(Error::invalid_config(
                "region is malformed: write it as SSM does, for example ap-guangzhou",
            ));
        }
        Ok(Self(region.to_owned()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_identifier(text: &str, max_len: usize, marks: &str) -> bool {
    text.len() <= max_len
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || marks.as_bytes().contains(&byte))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secret_names_follow_ssm() {
        for good in ["a", "0", "db-password_2", &"x".repeat(128)] {
            assert_eq!(SecretName::parse(good).unwrap().as_str(), good);
        }
        for bad in [
            "",
            "-a",
            "_a",
            "a/b",
            "a.b",
            "a b",
            "é",
            "a\n",
            &"x".repeat(129),
        ] {
            let error = SecretName::parse(bad).unwrap_err();
            assert_eq!(error.kind, crate::ErrorKind::InvalidRequest);
            assert!(error.message.contains("name"), "{error}");
        }
    }

    #[test]
    fn version_ids_follow_ssm() {
        for good in ["v1.0", "SSM_Current", "1", &"x".repeat(64)] {
            assert_eq!(VersionId::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", ".1", "a/b", "a b", "v\u{661}", &"x".repeat(65)] {
            let error = VersionId::parse(bad).unwrap_err();
            assert!(error.message.contains("version_id"), "{error}");
        }
    }

    #[test]
    fn a_zone_means_its_region() {
        for (text, region) in [
            ("ap-beijing", "ap-beijing"),
            ("ap-beijing-3", "ap-beijing"),
            ("ap-shanghai-fsi", "ap-shanghai-fsi"),
            ("ap-shanghai-fsi-1", "ap-shanghai-fsi"),
            ("na-siliconvalley-12", "na-siliconvalley"),
        ] {
            assert_eq!(Region::parse(text).unwrap().as_str(), region);
        }
    }

    #[test]
    fn malformed_regions_are_refused_by_name() {
        for bad in [
            "",
            "beijing",
            "ap",
            "ap-",
            "ap-3",
            "AP-Beijing",
            "ap beijing",
            "ap--x",
            "a-b",
            "ap-x\r\n",
            "ap-é",
            &format!("ap-{}", "x".repeat(80)),
        ] {
            let error = Region::parse(bad).unwrap_err();
            assert!(error.message.starts_with("region"), "{bad}: {error}");
        }
    }
}
