//! Runs `vectors/`: every case through every stage in order, so that a failure names the stage.
//!
//! The published package leaves the vectors out, so there is nothing to run in it.

extern crate std;

use std::{
    collections::BTreeSet,
    format, fs,
    path::{Path, PathBuf},
    string::{String, ToString},
    vec::Vec,
};

use crate::{
    canonical::{CanonicalRequest, sha256_hex},
    date::utc_date,
    key::{hmac, ladder},
    sign::{credential_scope, string_to_sign},
    *,
};

macro_rules! cases {
    ($($name:ident => $folder:literal,)*) => {
        const FOLDERS: &[&str] = &[$($folder),*];
        $(#[test] fn $name() { run($folder); })*
    };
}

cases! {
    published_example => "published-example",
    published_example_asterisk_key => "published-example-asterisk-key",
    published_example_signs_action => "published-example-signs-action",
    published_example_masked => "published-example-masked",
    empty_object => "empty-object",
    python_sdk_spacing => "python-sdk-spacing",
    session_token_is_not_signed => "session-token-is-not-signed",
    compact_json => "compact-json",
    empty_version_id => "empty-version-id",
    list_secrets => "list-secrets",
    raw_utf8 => "raw-utf8",
    escaped_surrogate_pair => "escaped-surrogate-pair",
    escapes_and_controls => "escapes-and-controls",
    payload_64_kib => "payload-64-kib",
    before_leap_day => "before-leap-day",
    leap_day_first_second => "leap-day-first-second",
    leap_day_last_second => "leap-day-last-second",
    epoch => "epoch",
    year_2099 => "year-2099",
    regional_host => "regional-host",
    host_with_port => "host-with-port",
    sts_service => "sts-service",
    key_with_specials => "key-with-specials",
    key_over_hmac_block => "key-over-hmac-block",
}

#[test]
fn every_folder_of_vectors_has_a_test() {
    if is_published_package() {
        return;
    }
    let on_disk: BTreeSet<String> = fs::read_dir(root())
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_type().unwrap().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    let named: BTreeSet<String> = FOLDERS.iter().copied().map(String::from).collect();
    assert_eq!(on_disk, named);
}

fn run(folder: &str) {
    if is_published_package() {
        return;
    }
    let case = Case::read(folder);
    let headers: Vec<(&str, &str)> = case
        .headers
        .iter()
        .map(|header| header.split_once(": ").unwrap())
        .collect();
    let request = Request {
        method: &case.field("method"),
        path: &case.field("path"),
        query: &case.field("query"),
        headers: &headers,
        payload: &case.payload,
    };
    let (service, secret_key) = (case.field("service"), case.field("secret-key"));
    let timestamp: u64 = case.field("timestamp").parse().unwrap();

    case.stage("1-payload-sha256.txt", &sha256_hex(&case.payload));
    let canonical = CanonicalRequest::new(&request).unwrap();
    case.stage("2-canonical-request.txt", canonical.as_str());
    let date = utc_date(timestamp).unwrap();
    let to_sign = string_to_sign(timestamp, &credential_scope(&date, &service), &canonical);
    case.stage("3-string-to-sign.txt", &to_sign);
    let rungs = ladder(&secret_key, &date, &service);
    let rungs_hex: Vec<String> = rungs.iter().map(|rung| hex::encode(**rung)).collect();
    case.stage("4-signing-key.txt", &rungs_hex.join("\n"));
    let signature = hex::encode(*hmac(&*rungs[2], to_sign.as_bytes()));
    case.stage("5-signature.txt", &signature);

    let key = Key {
        secret_id: &case.field("secret-id"),
        secret_key: &secret_key,
    };
    let authorization = sign(&request, &key, &service, timestamp).unwrap();
    case.stage("6-authorization.txt", authorization.header_value());
}

struct Case {
    folder: PathBuf,
    context: String,
    headers: Vec<String>,
    payload: Vec<u8>,
}

impl Case {
    fn read(name: &str) -> Self {
        let folder = root().join(name);
        let context = fs::read_to_string(folder.join("context.txt")).unwrap();
        let headers = context
            .lines()
            .filter_map(|line| line.strip_prefix("header="))
            .map(String::from)
            .collect();
        let payload = fs::read(folder.join("payload.bin")).unwrap();
        Self {
            folder,
            context,
            headers,
            payload,
        }
    }

    fn field(&self, name: &str) -> String {
        let prefix = format!("{name}=");
        let mut lines = self.context.lines();
        lines
            .find_map(|line| line.strip_prefix(&prefix))
            .unwrap_or_else(|| panic!("context.txt has no {name}"))
            .to_string()
    }

    fn stage(&self, file: &str, got: &str) {
        let want = fs::read_to_string(self.folder.join(file)).unwrap();
        assert_eq!(
            got,
            want,
            "stage {file} of {}",
            self.folder.file_name().unwrap().display()
        );
    }
}

/// Whether this is not the repository: cargo puts the manifest as written into a package.
fn is_published_package() -> bool {
    let manifest_as_written = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml.orig");
    manifest_as_written.exists()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors")
}
