//! A token's file that kubelet rotates.

use std::{fs, time::Duration};

use rustix::process::Signal;
use ssm_emulator::{Fault, FaultKind, SAMPLE_PROVIDER_ID, SAMPLE_WEB_IDENTITY_TOKEN, WebIdentity};
use tokio::time::sleep;

use super::{PATH, TOKEN, VALUE, World, older::five_at_once, refresh::read_steadily};
use crate::{
    daprd::wasm,
    plugged::Plugged,
    support::{Folder, Served},
};

const SECOND: &str = "second.web-identity.token";
const THIRD: &str = "third.web-identity.token";

fn believe(world: &World, tokens: &[&str]) {
    let identity = |token: &&str| WebIdentity::new(SAMPLE_PROVIDER_ID, token);
    world
        .emulator
        .set_web_identities(tokens.iter().map(identity).collect());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_token_goes_to_new_instances_and_no_read_fails() {
    for name in ["file", "pod"] {
        let world = World::new().await;
        world.emulator.set_key_life(Some(Duration::from_secs(8)));
        let way = world.way(name);
        let mut served = Served::start(&world.folder(&way), &[], &way.env());
        let rotating = async {
            sleep(Duration::from_millis(500)).await;
            believe(&world, &[SAMPLE_WEB_IDENTITY_TOKEN, SECOND]);
            world.rotate(SECOND);
        };
        tokio::join!(read_steadily(&served, Duration::from_secs(2)), rotating);
        let said = "what it holds is another now";
        served.process.wait_for(said, 1);
        // The first one ends, and so do all keys that came of it.
        believe(&world, &[SECOND]);
        world.emulator.forget_temporary_keys();
        read_steadily(&served, Duration::from_secs(1)).await;
        let broken = world.token_file();
        let file = broken.to_str().unwrap().to_owned();
        // Neither an empty file nor none changes anything but the log.
        world.rotate("");
        let kept = "what it held before stays in force";
        let lines = served.process.wait_for(kept, 1);
        assert!(
            lines[0].contains(&file) && lines[0].contains("WARN"),
            "{lines:?}"
        );
        // Who asks for it to be read again hears that again.
        served.process.signal(Signal::HUP);
        served.process.wait_for(kept, 2);
        world.emulator.forget_temporary_keys();
        read_steadily(&served, Duration::from_secs(1)).await;
        fs::remove_file(&broken).unwrap();
        served.process.wait_for(kept, 3);
        world.emulator.forget_temporary_keys();
        assert_eq!(served.get(PATH).await.body, VALUE);
        // Half of it, and then the rest.
        believe(&world, &[SECOND, THIRD]);
        fs::write(&broken, &THIRD[..9]).unwrap();
        sleep(Duration::from_millis(50)).await;
        fs::write(&broken, THIRD).unwrap();
        served.process.wait_for(said, 2);
        believe(&world, &[THIRD]);
        world.emulator.forget_temporary_keys();
        read_steadily(&served, Duration::from_secs(1)).await;
        world.hides_all(&served.process.log(), &[SECOND, THIRD]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugged_host_follows_the_file_too_whoever_initialised_the_store() {
    let world = World::new().await;
    let way = world.way("pod");
    let folder = Folder::new().with("a.yaml", &wasm(&world.yaml(&way, &[])));
    let (resources, sts) = (folder.path().to_str().unwrap(), world.emulator.sts_url());
    let options = ["--resources-path", resources, "--allow", &sts];
    let mut plugged = Plugged::start(&folder, &options, &way.env());
    let mut client = plugged.client().await;
    world.init(&mut client, "by-init", &way).await;
    for instance in ["by-init", "tencent"] {
        assert_eq!(client.value(instance, "api-token").await, TOKEN);
    }
    world.rotate(SECOND);
    plugged.process.wait_for("what it holds is another now", 1);
    believe(&world, &[SECOND]);
    world.emulator.forget_temporary_keys();
    for instance in ["by-init", "tencent"] {
        assert_eq!(client.value(instance, "api-token").await, TOKEN);
    }
    // One file, one follower, however many stores it is for.
    let log = plugged.process.log();
    assert_eq!(log.matches("another now").count(), 1, "{log}");
    world.hides_all(&log, &[SECOND]);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_the_old_token_brought_serve_until_they_end_whatever_the_new_one_is() {
    let said = "what it holds is another now";
    let rotating = |name| async move {
        let world = World::new().await;
        let way = world.way(name);
        let mut served = Served::start(&world.folder(&way), &[], &way.env());
        assert_eq!(served.get(PATH).await.body, VALUE, "{name}");
        // Nobody gives keys for it.
        let down = Fault::new(FaultKind::Status(503)).on("AssumeRoleWithWebIdentity");
        world.emulator.add_fault(down);
        world.rotate(SECOND);
        served.process.wait_for(said, 1);
        five_at_once(&served, name).await;
        // It is nobody's.
        world.emulator.clear_faults();
        world.rotate(THIRD);
        served.process.wait_for(said, 2);
        five_at_once(&served, name).await;
        // It is no token.
        world.rotate("fourth token");
        let lines = served.process.wait_for("stays in force", 1);
        let file = world.token_file();
        let warns = lines[0].contains("WARN") && lines[0].contains(file.to_str().unwrap());
        assert!(warns && !lines[0].contains("fourth"), "{lines:?}");
        five_at_once(&served, name).await;
        assert_eq!(world.emulator.count("AssumeRoleWithWebIdentity"), 1);
        world.hides_all(&served.process.log(), &[SECOND, THIRD]);
    };
    tokio::join!(rotating("file"), rotating("pod"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_token_that_is_refused_leaves_the_keys_of_the_old_one_when_new_ones_are_due() {
    let world = World::new().await;
    world.emulator.set_key_life(Some(Duration::from_secs(24)));
    let way = world.way("file");
    let mut served = Served::start(&world.folder(&way), &[], &way.env());
    assert_eq!(served.get(PATH).await.body, VALUE);
    world.rotate(SECOND);
    served.process.wait_for("what it holds is another now", 1);
    sleep(Duration::from_secs(14)).await;
    five_at_once(&served, "refused").await;
    assert!(world.emulator.count("AssumeRoleWithWebIdentity") > 1);
    // As soon as it is believed, it brings new ones.
    believe(&world, &[SECOND]);
    world.emulator.forget_temporary_keys();
    five_at_once(&served, "believed").await;
}
