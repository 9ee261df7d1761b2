//! What gives no keys: who has to act, in time, and without a word of a secret.

use std::time::{Duration, Instant};

use http::StatusCode;
use ssm_emulator::{Fault, FaultKind, Role, SAMPLE_POD_ROLE_ARN, SAMPLE_UIN};

use test_support::programs::DAPRD;

use super::{PATH, VALUE, World, path};
use crate::{
    daprd::{World as Daprd, wasm},
    plugged::Plugged,
    support::{Folder, Served, run, text},
};

/// A failure: of which way, what is done to the world, and what is said.
struct Case {
    way: &'static str,
    happens: fn(&World),
    /// More for the Component.
    properties: &'static [(&'static str, &'static str)],
    kind: &'static str,
    says: &'static [&'static str],
}

const NOWHERE: &str = "http://127.0.0.1:9";

fn nothing(_: &World) {}

fn silent(world: &World) {
    world
        .emulator
        .add_fault(Fault::new(FaultKind::Silent).on("MetadataRoleName"));
}

fn no_role(world: &World) {
    world.emulator.set_cvm_role(None);
}

fn denied(world: &World) {
    let role = Role::new("200000000002", "ssm-partner").trust_keys(&[]);
    world.emulator.put_role(role);
}

fn expired(world: &World) {
    world.emulator.set_web_identities(Vec::new());
}

fn untrusted(world: &World) {
    let role = Role::new(SAMPLE_UIN, "ssm-pod").trust_keys(&[]);
    assert_eq!(role.arn(), SAMPLE_POD_ROLE_ARN);
    world.emulator.put_role(role);
}

fn cases() -> Vec<Case> {
    vec![
        Case {
            way: "cvm",
            happens: no_role,
            properties: &[],
            kind: "invalid-config",
            says: &["TENCENTCLOUD_SECRET_ID", "role"],
        },
        Case {
            way: "cvm",
            happens: nothing,
            properties: &[("metadataEndpoint", NOWHERE), ("maxRetries", "0")],
            kind: "unavailable",
            says: &["secretId", "metadata"],
        },
        Case {
            way: "cvm, role",
            happens: nothing,
            properties: &[("metadataEndpoint", NOWHERE), ("maxRetries", "0")],
            kind: "unavailable",
            says: &["metadata"],
        },
        Case {
            way: "cvm",
            happens: silent,
            properties: &[],
            kind: "unavailable",
            says: &["metadata"],
        },
        Case {
            way: "role",
            happens: denied,
            properties: &[],
            kind: "permission-denied",
            says: &["ssm-partner", "UnauthorizedOperation"],
        },
        Case {
            way: "role",
            happens: nothing,
            properties: &[("stsEndpoint", NOWHERE), ("maxRetries", "0")],
            kind: "unavailable",
            says: &["assuming the role", "stsEndpoint"],
        },
        Case {
            way: "file",
            happens: expired,
            properties: &[],
            kind: "unauthenticated",
            says: &["webIdentityToken", "WebIdentityTokenError"],
        },
        Case {
            way: "pod",
            happens: expired,
            properties: &[],
            kind: "unauthenticated",
            says: &["WebIdentityTokenError"],
        },
        Case {
            way: "pod",
            happens: untrusted,
            properties: &[],
            kind: "permission-denied",
            says: &["UnauthorizedOperation"],
        },
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn each_failure_says_who_has_to_act_in_time_and_no_secret() {
    for case in cases() {
        let world = World::new().await;
        let way = world.way(case.way);
        (case.happens)(&world);
        let folder = Folder::new().with("a.yaml", &world.yaml(&way, case.properties));
        let served = Served::start(&folder, &["--log-level=debug"], &way.env());
        let started = Instant::now();
        let answer = served.get(PATH).await;
        let (name, body) = (case.way, &answer.body);
        assert!(
            started.elapsed() < Duration::from_secs(20),
            "{name}: {body}"
        );
        let kind = answer.header("dapr-error-kind");
        assert_eq!(kind, Some(case.kind), "{name}: {body}");
        for text in case.says {
            assert!(body.contains(text), "{name}: {text} is not in {body}");
        }
        world.hides_all(&format!("{body}{}", served.process.log()), &[]);
        let reads = world.emulator.count("GetSecretValue");
        assert_eq!(reads, 0, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_failure_is_told_through_a_real_daprd() {
    let Some(program) = DAPRD.find() else {
        return;
    };
    for case in cases() {
        let world = World::new().await;
        let way = world.way(case.way);
        (case.happens)(&world);
        let daprd = Daprd::new(program.clone());
        let yaml = wasm(&world.yaml(&way, case.properties));
        daprd.resources.write("a.yaml", &yaml);
        let sts = world.emulator.sts_url();
        let plug = daprd.plug_in(&["--allow", &sts], &way.env());
        let running = daprd.daprd().await;
        let answer = running.get(PATH).await;
        assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
        for text in case.says {
            assert!(answer.body.contains(text), "{}: {}", case.way, answer.body);
        }
        for said in [&answer.body, &plug.log(), &running.process.log()] {
            world.hides_all(said, &[]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_recovers_when_the_cause_is_gone() {
    let world = World::new().await;
    no_role(&world);
    let way = world.way("cvm");
    let served = Served::start(&world.folder(&way), &[], &[]);
    assert_ne!(served.get(PATH).await.body, VALUE);
    world
        .emulator
        .set_cvm_role(Some(Role::new(SAMPLE_UIN, "ssm-reader")));
    assert_eq!(served.get(PATH).await.body, VALUE);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_file_that_cannot_be_used_ends_the_start_with_its_path() {
    let world = World::new().await;
    let empty = world.files.file("empty");
    std::fs::write(&empty, " \n").unwrap();
    let long = world.files.file("long");
    std::fs::write(&long, "x".repeat(70_000)).unwrap();
    let words = world.files.file("words");
    std::fs::write(&words, "no token\n").unwrap();
    let absent = world.files.file("absent");
    for (file, says) in [
        (&empty, "empty"),
        (&long, "64 KiB"),
        (&words, "not one line of ASCII without spaces"),
        (&absent, "No such file"),
    ] {
        let file = path(file);
        let way = world.way("file");
        let yaml = world.yaml(&way, &[("webIdentityTokenFile", file)]);
        let folder = Folder::new().with("a.yaml", &yaml);
        let output = run(&["serve", "--resources-path", path(folder.path())], &[]);
        let said = text(&output.stderr) + &text(&output.stdout);
        assert!(!output.status.success() && said.contains(says), "{said}");
        assert!(
            said.contains(file) && said.contains("webIdentityTokenFile"),
            "{said}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_of_a_socket_gets_no_web_identity_of_the_host_sent_to_itself() {
    let world = World::new().await;
    for name in ["file", "pod"] {
        let way = world.way(name);
        let folder = Folder::new();
        let plugged = Plugged::start(&folder, &[], &way.env());
        let mut client = plugged.client().await;
        let all = world.properties(&way, &[]);
        let pairs: Vec<_> = all.iter().map(|(name, value)| (*name, &**value)).collect();
        let said = client.init_with("mine", &pairs).await.unwrap_err();
        assert!(said.message().contains("--allow"), "{said:?}");
        assert_eq!(world.emulator.requests().len(), 0, "{name}");
        world.hides_all(&plugged.process.log(), &[]);
    }
}
