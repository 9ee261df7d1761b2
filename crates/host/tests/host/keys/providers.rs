//! Every way to keys, through every front.

use std::collections::BTreeMap;

use test_support::{keys::last_role, programs::DAPRD};

use super::{PATH, TOKEN, VALUE, Way, World, path};
use crate::{
    daprd::{World as Daprd, wasm},
    plugged::Plugged,
    support::{Folder, Served, run, text},
};

/// What was asked for keys, and that the right ones read.
fn proved(world: &World, way: &Way) {
    let emulator = &world.emulator;
    let mut asked = BTreeMap::new();
    for request in emulator.requests() {
        *asked.entry(request.action).or_insert(0) += 1;
    }
    let reads = asked.remove("GetSecretValue");
    assert!(reads.is_some(), "{}: {asked:?}", way.name);
    let expected = way.asked.iter().map(|action| ((*action).to_owned(), 1));
    assert_eq!(asked, expected.collect(), "{}", way.name);
    assert_eq!(last_role(emulator).as_deref(), way.role, "{}", way.name);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_provider_serves_through_serve_with_one_request_for_keys() {
    for name in World::new().await.ways().iter().map(|way| way.name) {
        let world = World::new().await;
        let way = world.way(name);
        let served = Served::start(&world.folder(&way), &["--log-level=debug"], &way.env());
        for _ in 0..3 {
            let answer = served.get(PATH).await;
            assert_eq!(answer.body, VALUE, "{name}: {}", served.process.log());
        }
        proved(&world, &way);
        world.hides_all(&served.process.log(), &[]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_provider_serves_through_plug_to_whoever_initialises_it_or_not() {
    for name in World::new().await.ways().iter().map(|way| way.name) {
        let world = World::new().await;
        let way = world.way(name);
        let folder = Folder::new().with("a.yaml", &wasm(&world.yaml(&way, &[])));
        let sts = world.emulator.sts_url();
        let options = ["--resources-path", path(folder.path()), "--allow", &sts];
        let plugged = Plugged::start(&folder, &options, &way.env());
        let mut client = plugged.client().await;
        world.init(&mut client, "by-init", &way).await;
        assert_eq!(client.value("by-init", "api-token").await, TOKEN, "{name}");
        proved(&world, &way);
        world.emulator.clear_requests();
        // Found in the resources, as after a restart.
        assert_eq!(client.value("tencent", "api-token").await, TOKEN, "{name}");
        proved(&world, &way);
        world.hides_all(&plugged.process.log(), &[]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_provider_serves_under_a_real_daprd() {
    let Some(program) = DAPRD.find() else {
        return;
    };
    for name in World::new().await.ways().iter().map(|way| way.name) {
        let world = World::new().await;
        let way = world.way(name);
        let daprd = Daprd::new(program.clone());
        daprd
            .resources
            .write("a.yaml", &wasm(&world.yaml(&way, &[])));
        let sts = world.emulator.sts_url();
        let plug = daprd.plug_in(&["--allow", &sts], &way.env());
        let running = daprd.daprd().await;
        let read = running.read("tencent/api-token").await;
        assert_eq!(read, VALUE.trim_end(), "{name}: {}", plug.log());
        proved(&world, &way);
        world.hides_all(&plug.log(), &[]);
        world.hides_all(&running.process.log(), &[]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_nobody_initialises_takes_its_keys_from_the_environment() {
    for name in ["environment", "environment, role", "pod"] {
        let world = World::new().await;
        let way = world.way(name);
        let (ssm, sts) = (world.emulator.url(), world.emulator.sts_url());
        let mut env = way.env();
        env.extend([
            ("TENCENTCLOUD_REGION", "ap-guangzhou"),
            ("TENCENTCLOUD_SSM_ENDPOINT", ssm.as_str()),
            ("TENCENTCLOUD_SSM_STS_ENDPOINT", sts.as_str()),
        ]);
        let folder = Folder::new();
        let plugged = Plugged::start(&folder, &[], &env);
        let mut client = plugged.client().await;
        assert_eq!(client.value("any", "api-token").await, TOKEN);
        proved(&world, &way);
        world.hides_all(&plugged.process.log(), &[]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn check_says_who_gives_the_keys_and_never_a_key() {
    for (name, says) in [
        ("keys", &["keys by secretId"][..]),
        ("environment", &["keys by TENCENTCLOUD_SECRET_ID"]),
        (
            "role",
            &["keys by secretId, as qcs::cam::uin/200000000002:roleName/ssm-partner"],
        ),
        (
            "cvm",
            &["the CVM's role, because no key is set, the CVM's role is ssm-reader"],
        ),
        ("file", &["web identity by webIdentityTokenFile, as qcs"]),
        (
            "pod",
            &["web identity by TKE_WEB_IDENTITY_TOKEN_FILE, as qcs"],
        ),
    ] {
        let world = World::new().await;
        let way = world.way(name);
        let folder = world.folder(&way);
        let arguments = ["check", "--resources-path", path(folder.path())];
        let output = run(&arguments, &way.env());
        let said = text(&output.stdout) + &text(&output.stderr);
        assert!(output.status.success(), "{said}");
        for text in says {
            assert!(said.contains(text), "{text} is not in {said}");
        }
        assert!(said.contains(": account "), "{said}");
        assert_eq!(said.contains(" min left"), way.role.is_some(), "{said}");
        world.hides_all(&said, &[]);
    }
}
