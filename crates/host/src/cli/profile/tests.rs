//! Profiles as tccli and the SDKs write them.

use super::*;

struct Home(tempfile::TempDir);

impl Home {
    fn with(files: &[(&str, &str)]) -> Self {
        let home = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let file = home.path().join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(&file, text).unwrap();
            fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).unwrap();
        }
        Self(home)
    }

    fn profile(&self, name: &str) -> Result<Profile, ProfileError> {
        let home = self.0.path();
        Profile::at(name, home, &home.join("etc/credentials"))
    }
}

const KEYS: &str = r#"{"secretId": "AKIDx", "secretKey": "hunter2", "token": "hunter3",
    "role-arn": "qcs::cam::uin/1:roleName/r", "type": "default"}"#;

#[test]
fn a_profile_of_tccli_is_read_with_its_region_and_its_role() {
    let region = r#"{"_sys_param": {"region": "ap-beijing", "output": "json"}}"#;
    let home = Home::with(&[
        (".tccli/work.credential", KEYS),
        (".tccli/work.configure", region),
    ]);
    let profile = home.profile("work").ok().unwrap();
    for (variable, value) in [
        ("TENCENTCLOUD_SECRET_ID", "AKIDx"),
        ("TENCENTCLOUD_SECRET_KEY", "hunter2"),
        ("TENCENTCLOUD_TOKEN", "hunter3"),
        ("TENCENTCLOUD_ROLE_ARN", "qcs::cam::uin/1:roleName/r"),
        ("TENCENTCLOUD_REGION", "ap-beijing"),
    ] {
        assert_eq!(profile.variable(variable), Some(value));
    }
    assert_eq!(profile.variables().len(), 5);
    assert!(profile.warnings.is_empty());
    for absent in ["default", "other", "", "../.tccli/work"] {
        let why = home.profile(absent).err().unwrap();
        assert!(matches!(why, ProfileError::Absent(..)), "{absent}");
    }
    let cvm = Home::with(&[(".tccli/default.credential", r#"{"type": "cvm-role"}"#)]);
    let cvm = cvm.profile("default").ok().unwrap();
    assert_eq!(cvm.variable("TENCENTCLOUD_SSM_CVM_ROLE"), Some("auto"));
}

#[test]
fn keys_of_a_login_count_while_they_are_valid() {
    let text = KEYS.replace(r#""default""#, r#""oauth", "expiresAt": 1000"#);
    let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
    assert!(Profile::of_tccli(&text, at(999)).is_ok());
    let why = Profile::of_tccli(&text, at(1_000)).err().unwrap();
    assert!(why.contains("expired") && !why.contains("hunter"), "{why}");
}

#[test]
fn the_file_of_the_sdks_stands_in_for_the_default_profile() {
    let ini = "[other]\nsecret_id = no\n[default]\nsecret_id = AKIDx\nsecret_key=hunter2\n";
    let home = Home::with(&[(".tencentcloud/credentials", ini), ("etc/credentials", "")]);
    let profile = home.profile("default").ok().unwrap();
    assert_eq!(profile.variable("TENCENTCLOUD_SECRET_ID"), Some("AKIDx"));
    assert_eq!(profile.variable("TENCENTCLOUD_SECRET_KEY"), Some("hunter2"));
    assert!(home.profile("other").is_err());
    let system = Home::with(&[("etc/credentials", ini)]);
    assert!(system.profile("default").is_ok());
    let both = Home::with(&[
        (".tencentcloud/credentials", ini),
        (
            ".tccli/default.credential",
            r#"{"secretId": "first", "secretKey": "k"}"#,
        ),
    ]);
    let profile = both.profile("default").ok().unwrap();
    assert_eq!(profile.variable("TENCENTCLOUD_SECRET_ID"), Some("first"));
}

#[test]
fn what_cannot_be_used_is_named_and_not_quoted_and_open_files_are_warned_of() {
    for broken in [
        r#"{"secretId": hunter2}"#,
        r#"{"secretKey": "hunter2"}"#,
        "[]",
    ] {
        let home = Home::with(&[(".tccli/a.credential", broken)]);
        let why = home.profile("a").err().unwrap().to_string();
        assert!(
            why.contains("a.credential") && !why.contains("hunter2"),
            "{why}"
        );
    }
    let home = Home::with(&[(".tccli/a.credential", KEYS)]);
    let file = home.0.path().join(".tccli/a.credential");
    fs::set_permissions(&file, PermissionsExt::from_mode(0o644)).unwrap();
    let warnings = &home.profile("a").ok().unwrap().warnings;
    assert!(warnings[0].contains("chmod 600"), "{warnings:?}");
    assert!(!warnings[0].contains("hunter"), "{warnings:?}");
}
