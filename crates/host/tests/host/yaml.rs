//! Files as people have them, read by the host and by an unmodified daprd.

use std::fs;

use test_support::programs::{self, DAPRDS};

use crate::{
    daprd::World,
    support::{Folder, Served, component},
};

/// How a property is written, and what the store gets: as a prefix of variables it can be seen.
const VALUES: [(&str, &str); 31] = [
    ("value: plain", "plain"),
    ("value: '0600'", "0600"),
    ("value: 0600", "384"),
    ("value: 0o17", "15"),
    ("value: 0x1F", "31"),
    ("value: 0b11", "3"),
    ("value: 08", "8"),
    ("value: -5", "-5"),
    ("value: +5", "5"),
    ("value: 1_000", "1000"),
    ("value: 1.50", "1.5"),
    ("value: .5", "0.5"),
    ("value: 1e3", "1000"),
    ("value: 1e21", "1e+21"),
    ("value: 0.0000001", "1e-7"),
    ("value: 18446744073709551615", "18446744073709551615"),
    (
        "value: 123456789012345678901234567890",
        "1.2345678901234568e+29",
    ),
    ("value: 1:30", "1:30"),
    ("value: 2026-11-25", "2026-11-25"),
    ("value: yes", "true"),
    ("value: n", "false"),
    ("value: OFF", "false"),
    ("value: yEs", "yEs"),
    ("value: True", "true"),
    ("value: !!str 0600", "0600"),
    ("value: !!float 5", "5"),
    ("value: [1.0, '<', on]", "[1,\"\\u003c\",true]"),
    (
        "value: {b: 1, a: ~, 010: x}",
        "{\"8\":\"x\",\"a\":null,\"b\":1}",
    ),
    ("value: first\n    value: last", "last"),
    (
        "value: x\n  - value: nameless\n  - name: prefix\n    value: again",
        "again",
    ),
    ("VALUE: shouted", "shouted"),
];

const ENV: &str = "secretstores.local.env";

fn of_value(number: usize, value: &str) -> String {
    component(&format!("s{number}"), ENV, &[], "")
        .replace("  metadata:\n", "")
        .replace(
            "  version: v1\n",
            &format!("  version: v1\n  metadata:\n  - name: prefix\n    {value}\n"),
        )
}

/// Whole files, each with one store that is called as the file and reads `<name>Z`.
fn files() -> Vec<(&'static str, Vec<u8>)> {
    let store = |name: &str| component(name, ENV, &[("prefix", name)], "");
    let wide = |text: &str, mark: [u8; 2], unit: fn(u16) -> [u8; 2]| {
        mark.into_iter()
            .chain(text.encode_utf16().flat_map(unit))
            .collect::<Vec<u8>>()
    };
    let twice = store("twice").replace("  version: v1\n", "  version: v7\n  version: v1\n");
    let secretless = store("secretless") + "auth:\n  secretStore: absent\n";
    let merged = store("merged").replace(
        "apiVersion",
        "more: &more {type: secretstores.local.env}\napiVersion",
    );
    let merged = merged.replace("  type: secretstores.local.env\n", "  <<: *more\n");
    vec![
        ("bom", [b"\xEF\xBB\xBF", store("bom").as_bytes()].concat()),
        (
            "little",
            wide(&store("little"), [0xFF, 0xFE], u16::to_le_bytes),
        ),
        ("big", wide(&store("big"), [0xFE, 0xFF], u16::to_be_bytes)),
        ("lines", store("lines").replace('\n', "\r\n").into_bytes()),
        ("opened", format!("---\n{}", store("opened")).into_bytes()),
        ("closed", format!("{}---\n", store("closed")).into_bytes()),
        (
            "second",
            format!("kind: Other\n---\n{}", store("second")).into_bytes(),
        ),
        ("twice", twice.into_bytes()),
        ("secretless", secretless.into_bytes()),
        ("merged", merged.into_bytes()),
        (
            "misplaced",
            (store("misplaced") + "labels: {a: b}\nversion: 7\n").into_bytes(),
        ),
    ]
}

fn write(folder: &Folder) -> Vec<(String, String)> {
    let mut env = Vec::new();
    for (number, (value, prefix)) in VALUES.iter().enumerate() {
        folder.write(&format!("s{number}.yaml"), &of_value(number, value));
        env.push((format!("{prefix}Z"), format!("by {prefix}")));
    }
    for (name, bytes) in files() {
        fs::write(folder.file(&format!("{name}.yaml")), bytes).unwrap();
        env.push((format!("{name}Z"), format!("by {name}")));
    }
    env
}

/// Where each is read, and what is expected there.
fn expected() -> Vec<(String, String)> {
    let of_values = VALUES
        .iter()
        .enumerate()
        .map(|(number, (_, prefix))| (format!("s{number}"), *prefix));
    let files = files();
    let of_files = files.iter().map(|(name, _)| ((*name).to_owned(), *name));
    let answer = |(store, prefix): (String, &str)| {
        let value = serde_json::json!({ "Z": format!("by {prefix}") });
        // Go escapes these in JSON.
        let body = value.to_string().replace('<', "\\u003c");
        (format!("/v1.0/secrets/{store}/Z"), body)
    };
    of_values.chain(of_files).map(answer).collect()
}

#[tokio::test]
async fn the_host_reads_files_as_people_have_them() {
    let folder = Folder::new();
    let env = write(&folder);
    let env: Vec<_> = env
        .iter()
        .map(|(name, value)| (&**name, &**value))
        .collect();
    let served = Served::start(&folder, &[], &env);
    for (path, body) in expected() {
        let answer = served.get(&path).await;
        assert_eq!(
            answer.body.trim_end(),
            body,
            "{path}:\n{}",
            served.process.log()
        );
    }
    let log = served.process.log();
    for said in [
        "twice.yaml:8 (document 1): spec.version is written twice",
        "s28.yaml:11 (document 1): spec.metadata[1].value is written twice",
        "spec.metadata[2]: it has no name, so it is ignored",
        "labels is no field of a Component",
        "version is not read there: it belongs at spec.version",
    ] {
        assert!(log.contains(said), "{said}:\n{log}");
    }
}

#[tokio::test]
async fn daprd_reads_them_as_the_host_does() {
    for program in programs::found(&DAPRDS) {
        let mut world = World::new(program);
        world.env = write(&world.resources);
        let daprd = world.daprd().await;
        for (path, body) in expected() {
            let answer = daprd.get(&path).await;
            assert_eq!(
                answer.body.trim_end(),
                body,
                "{path}:\n{}",
                daprd.process.log()
            );
        }
    }
}
