//! What must never be seen: values, keys, tokens, signatures.

use host_test::harness::{Harness, metadata};
use ssm_emulator::{Account, Config, Fault, FaultKind, Secret};

const KEY: &str = "the-key-that-nobody-may-see";
const TOKEN: &str = "the-token-that-nobody-may-see";
const VALUE: &str = "the-value-that-nobody-may-see";

fn config() -> Config {
    Config {
        accounts: vec![Account {
            secret_id: "AKIDseen".to_owned(),
            secret_key: KEY.to_owned(),
            token: Some(TOKEN.to_owned()),
            denied: Vec::new(),
        }],
        secrets: vec![Secret::text("hidden", "SSM_Current", VALUE)],
        ..Config::default()
    }
}

const PROPERTIES: &[(&str, &str)] = &[
    ("secretId", "AKIDseen"),
    ("secretKey", KEY),
    ("token", TOKEN),
    ("timeout", "2s"),
    ("maxRetries", "1"),
];

#[tokio::test]
async fn no_error_and_no_output_holds_a_value_a_key_a_token_or_a_signature() {
    let it = Harness::start(config(), PROPERTIES).await;
    let echo = format!(
        r#"{{"Response":{{"Error":{{"Code":"AuthFailure.{KEY}","Message":"bad {TOKEN} {KEY}"}},"RequestId":"{TOKEN}"}}}}"#
    );
    let misplaced = format!(
        r#"{{"Response":{{"SecretName":"hidden","VersionId":7,"SecretString":"{VALUE}","RequestId":"r"}}}}"#
    );
    let mut said = Vec::new();
    for kind in [
        FaultKind::Raw(echo.into_bytes()),
        FaultKind::Raw(misplaced.into_bytes()),
        FaultKind::Raw(VALUE.as_bytes().to_vec()),
        FaultKind::Redirect(format!("https://{VALUE}.example/{KEY}")),
        FaultKind::WrongName,
        FaultKind::NoRequestId,
        FaultKind::Truncated,
        FaultKind::SilentBody,
        FaultKind::Reset,
        FaultKind::Status(500),
        FaultKind::Error("InternalError".to_owned()),
        FaultKind::Error("AuthFailure.SignatureFailure".to_owned()),
    ] {
        it.emulator.clear_faults();
        it.emulator.add_fault(Fault::new(kind));
        let mut store = it.initialised(PROPERTIES).await.unwrap();
        said.push(format!("{:?}", store.get("hidden", &vec![]).await));
        said.push(format!("{:?}", store.bulk_get(&vec![]).await));
        said.push(format!("{:?}", store.ping().await));
    }
    // Keys that slipped into other properties and into requests.
    for property in [
        "region",
        "endpoint",
        "timeout",
        "maxRetries",
        "versionId",
        "prefix",
    ] {
        let mut properties = PROPERTIES.to_vec();
        properties.retain(|(name, _)| *name != property);
        let slipped = format!("{KEY} {TOKEN}");
        properties.push((property, &slipped));
        let refused = it.initialised(&properties).await.err().expect(property);
        said.push(format!("{refused:?}"));
    }
    let mut store = it.initialised(PROPERTIES).await.unwrap();
    let slipped = metadata(&[
        ("version_id", &format!("{KEY} ")),
        ("names", &format!("{TOKEN} /")),
    ]);
    said.push(format!(
        "{:?}",
        store.get(&format!("{KEY} "), &slipped).await
    ));
    said.push(format!("{:?}", store.bulk_get(&slipped).await));
    said.push(it.output.text());

    assert!(said.len() > 40);
    for text in said {
        for secret in [KEY, TOKEN, VALUE, "Signature="] {
            assert!(!text.contains(secret), "{secret:?} is in {text}");
        }
        // Signatures are 64 hexadecimal digits, and nothing else that is said is as long.
        let longest = text
            .split(|c: char| !c.is_ascii_hexdigit())
            .map(str::len)
            .max();
        assert!(longest.unwrap_or_default() < 40, "a signature is in {text}");
    }
}

#[tokio::test]
async fn the_component_prints_nothing() {
    let mut it = Harness::start(config(), PROPERTIES).await;
    it.store.get("hidden", &vec![]).await.unwrap();
    it.store.get("absent", &vec![]).await.unwrap_err();
    it.store.bulk_get(&vec![]).await.unwrap();
    it.store.ping().await.unwrap();
    assert_eq!(it.output.text(), "");
}

#[tokio::test]
async fn a_secret_in_debug_shows_its_keys_only() {
    let mut it = Harness::start(config(), PROPERTIES).await;
    let secret = it.store.get("hidden", &vec![]).await.unwrap();
    assert_eq!(secret.value("hidden"), Some(VALUE));
    assert!(!format!("{secret:?}").contains(VALUE));
}
