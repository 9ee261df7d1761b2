//! Components that were made for another 0.2 of WASI than the host has.

use dapr_wasm_host::{InstanceOptions, Kind, Outbound, Runtime, RuntimeConfig};
use host_test::harness::{properties, store_error};
use ssm_emulator::{Config, Emulator};

/// What the component imports.
const ITS_OWN: &str = "@0.2.12";
/// The id of a component's sections of imports.
const IMPORTS: u8 = 10;

#[tokio::test]
async fn a_component_of_another_minor_version_reads_and_is_told_why_it_cannot() {
    let emulator = Emulator::start(Config::sample()).await.unwrap();
    let (url, nowhere) = (emulator.url(), "http://127.0.0.1:1");
    let allowed = Outbound::builder().native_roots(false).allow(&url).unwrap();
    let outbound = allowed.allow(nowhere).unwrap().build().unwrap();
    let runtime = Runtime::new(&RuntimeConfig::default()).unwrap();
    for version in ["@0.2.0", "@0.2.3"] {
        let wasm = importing(Runtime::TENCENTCLOUD_SSM, version);
        let component = runtime.load(&wasm).unwrap();
        let is_it = |import: &String| import.ends_with(version);
        assert!(component.imports().iter().all(is_it), "{version}");
        let options = InstanceOptions::default();
        let mut store = component.instantiate(&outbound, &options).await.unwrap();
        store.init(&properties(&url, &[])).await.unwrap();
        assert!(store.get("api-token", &vec![]).await.is_ok(), "{version}");
        assert_eq!(store.bulk_get(&vec![]).await.unwrap().len(), 4, "{version}");
        let mut store = component.instantiate(&outbound, &options).await.unwrap();
        let account = properties(nowhere, &[("maxRetries", "0")]);
        store.init(&account).await.unwrap();
        let error = store_error(store.get("api-token", &vec![]).await);
        assert_eq!(error.kind, Kind::Unavailable);
        assert!(error.message.contains("refused"), "{error}");
    }
}

/// `component`, importing its interfaces in `version`.
fn importing(component: &[u8], version: &str) -> Vec<u8> {
    let (header, mut rest) = component.split_at(8);
    let mut made = header.to_vec();
    while let Some((&id, after)) = rest.split_first() {
        let (length, from) = number(after);
        let (section, following) = after[from..].split_at(length);
        rest = following;
        let section = match id {
            IMPORTS => renamed(section, version),
            _ => section.to_vec(),
        };
        made.push(id);
        put(&mut made, section.len());
        made.extend(section);
    }
    made
}

/// A section of imports with other versions: a name stands behind its length, which is one byte.
fn renamed(section: &[u8], version: &str) -> Vec<u8> {
    let mut made = section.to_vec();
    let own = ITS_OWN.as_bytes();
    let mut position = 0;
    while let Some(found) = made[position..]
        .windows(own.len())
        .position(|part| part == own)
    {
        let (at, end) = (position + found, position + found + own.len());
        let begins = |length: &usize| usize::from(made[end - length - 1]) == *length;
        let length = (own.len()..end).find(begins).unwrap();
        made[end - length - 1] = u8::try_from(length - own.len() + version.len()).unwrap();
        made.splice(at..end, version.bytes());
        position = at + version.len();
    }
    made
}

/// A number in LEB128, and how many bytes it takes.
fn number(bytes: &[u8]) -> (usize, usize) {
    let taken = bytes.iter().position(|byte| byte & 0x80 == 0).unwrap() + 1;
    let parts = bytes[..taken].iter().rev();
    let value = parts.fold(0, |value, byte| value << 7 | usize::from(byte & 0x7f));
    (value, taken)
}

fn put(made: &mut Vec<u8>, mut value: usize) {
    while value >= 0x80 {
        made.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    made.push(value as u8);
}
