//! Keys in the files of Tencent Cloud's tools: the profiles of tccli, and the SDKs' file of keys. They
//! are read for people at a command line; no store reads them.

use std::{
    env, fs, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde_json::Value;
use thiserror::Error;
use zeroize::{Zeroize, Zeroizing};

use crate::stores::environment::set;

/// The profile that is meant where none is named.
const DEFAULT: &str = "default";
/// Where the SDKs look for their file below no home.
const SYSTEM_FILE: &str = "/etc/tencentcloud/credentials";

/// What a profile says, as the variables that say the same. They are wiped when dropped; it has no
/// `Debug`.
pub struct Profile {
    variables: Vec<(String, String)>,
    /// What its user should know.
    pub warnings: Vec<String>,
}

/// Why a profile gives nothing. Never a key.
#[derive(Debug, Error)]
pub enum ProfileError {
    /// There is no such profile.
    #[error("there is no profile {0}: tccli keeps it in {path}", path = .1.display())]
    Absent(String, PathBuf),
    /// Its file cannot be used.
    #[error("{path}: {1}", path = .0.display())]
    Unusable(PathBuf, String),
}

impl Profile {
    /// The profile `name` of tccli (`~/.tccli/NAME.credential`); for `default`, where there is none, the
    /// section `default` of the SDKs' file.
    ///
    /// # Errors
    /// [`ProfileError`].
    pub fn named(name: &str) -> Result<Self, ProfileError> {
        Self::at(name, &home(), Path::new(SYSTEM_FILE))
    }

    /// The profile that tccli would use (`TCCLI_PROFILE`, or `default`), if there is one.
    ///
    /// # Errors
    /// [`ProfileError`], if it cannot be used, or was asked for and is not there.
    pub fn of_user() -> Result<Option<Self>, ProfileError> {
        let named = set("TCCLI_PROFILE");
        let name = named.as_deref().unwrap_or(DEFAULT);
        match Self::named(name) {
            Err(ProfileError::Absent(..)) if named.is_none() => Ok(None),
            found => found.map(Some),
        }
    }

    /// The variables that say what the profile says.
    pub fn variables(&self) -> &[(String, String)] {
        &self.variables
    }

    /// The value of the variable `name`.
    pub fn variable(&self, name: &str) -> Option<&str> {
        let found = self.variables.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    fn at(name: &str, home: &Path, system: &Path) -> Result<Self, ProfileError> {
        let folder = home.join(".tccli");
        let file = folder.join(format!("{name}.credential"));
        // It is the name of a file in this folder, and no way out of it.
        let is_name = !name.is_empty() && !name.contains(['/', '\0']);
        if is_name && let Some(text) = text(&file)? {
            let mut profile = Self::of_tccli(&text, SystemTime::now())
                .map_err(|why| ProfileError::Unusable(file.clone(), why))?;
            profile.warn_of_others(&file);
            let configure = folder.join(format!("{name}.configure"));
            profile.add("TENCENTCLOUD_REGION", region(&configure)?);
            return Ok(profile);
        }
        if name == DEFAULT {
            for file in [&home.join(".tencentcloud/credentials"), system] {
                if let Some(text) = text(file)? {
                    let unusable = |why| ProfileError::Unusable(file.to_owned(), why);
                    let mut profile = Self::of_ini(&text).map_err(unusable)?;
                    profile.warn_of_others(file);
                    return Ok(profile);
                }
            }
        }
        Err(ProfileError::Absent(name.to_owned(), file))
    }

    fn of_tccli(text: &str, now: SystemTime) -> Result<Self, String> {
        let json: Value = serde_json::from_str(text)
            .map_err(|why| format!("it is not JSON: see its line {}", why.line()))?;
        let value = |name: &str| json[name].as_str().map(str::to_owned);
        let kind = json["type"].as_str().unwrap_or_default();
        if let Some(end) = json["expiresAt"].as_u64()
            && ["sso", "oauth"].contains(&kind)
            && UNIX_EPOCH + Duration::from_secs(end) <= now
        {
            return Err(
                "its keys have expired, and only tccli can renew them: call any service \
                        with tccli, or log in again"
                    .to_owned(),
            );
        }
        let mut profile = Self::empty();
        if kind == "cvm-role" {
            profile.add("TENCENTCLOUD_SSM_CVM_ROLE", Some("auto".to_owned()));
        } else {
            for (variable, name) in [
                ("TENCENTCLOUD_SECRET_ID", "secretId"),
                ("TENCENTCLOUD_SECRET_KEY", "secretKey"),
            ] {
                let given = value(name).filter(|value| !value.is_empty());
                given.as_ref().ok_or_else(|| format!("it has no {name}"))?;
                profile.add(variable, given);
            }
            profile.add("TENCENTCLOUD_TOKEN", value("token"));
        }
        profile.add("TENCENTCLOUD_ROLE_ARN", value("role-arn"));
        let session = value("role-session-name");
        profile.add("TENCENTCLOUD_ROLE_SESSION_NAME", session);
        Ok(profile)
    }

    /// `role_arn` is passed over, as the SDKs do.
    fn of_ini(text: &str) -> Result<Self, String> {
        let mut profile = Self::empty();
        let mut section = "";
        for line in text.lines().map(str::trim) {
            if let Some(name) = line.strip_prefix('[').and_then(|it| it.strip_suffix(']')) {
                section = name.trim();
            }
            let Some((name, value)) = line.split_once('=').filter(|_| section == DEFAULT) else {
                continue;
            };
            let variable = match name.trim() {
                "secret_id" => "TENCENTCLOUD_SECRET_ID",
                "secret_key" => "TENCENTCLOUD_SECRET_KEY",
                "token" => "TENCENTCLOUD_TOKEN",
                _ => continue,
            };
            profile.add(variable, Some(value.trim().to_owned()));
        }
        for (variable, name) in [
            ("TENCENTCLOUD_SECRET_ID", "secret_id"),
            ("TENCENTCLOUD_SECRET_KEY", "secret_key"),
        ] {
            let missing = || format!("its section [default] has no {name}");
            profile.variable(variable).ok_or_else(missing)?;
        }
        Ok(profile)
    }

    #[cfg(test)]
    pub(super) fn of(variables: Vec<(String, String)>) -> Self {
        Self {
            variables,
            warnings: Vec::new(),
        }
    }

    fn empty() -> Self {
        Self {
            variables: Vec::new(),
            warnings: Vec::new(),
        }
    }

    fn add(&mut self, variable: &str, value: Option<String>) {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            self.variables.push((variable.to_owned(), value));
        }
    }

    fn warn_of_others(&mut self, file: &Path) {
        let mode = fs::metadata(file).map(|it| it.permissions().mode());
        if mode.is_ok_and(|mode| mode & 0o044 != 0) {
            let file = file.display();
            let message =
                format!("{file} can be read by other users, and has keys: chmod 600 {file}");
            self.warnings.push(message);
        }
    }
}

impl Drop for Profile {
    fn drop(&mut self) {
        self.variables
            .iter_mut()
            .for_each(|(_, value)| value.zeroize());
    }
}

fn home() -> PathBuf {
    env::home_dir().unwrap_or_default()
}

/// `None` if there is no such file.
fn text(file: &Path) -> Result<Option<Zeroizing<String>>, ProfileError> {
    match fs::read_to_string(file) {
        Ok(text) => Ok(Some(Zeroizing::new(text))),
        Err(why) if why.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(why) => Err(ProfileError::Unusable(file.to_owned(), why.to_string())),
    }
}

/// The region in tccli's other file, where newer versions of tccli have it, or older ones.
fn region(file: &Path) -> Result<Option<String>, ProfileError> {
    let Some(text) = text(file)? else {
        return Ok(None);
    };
    let json: Value = serde_json::from_str(&text).unwrap_or_default();
    let region = json["_sys_param"]["region"].as_str();
    Ok(region
        .or_else(|| json["region"].as_str())
        .map(str::to_owned))
}

#[cfg(test)]
mod tests;
