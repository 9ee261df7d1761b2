//! `just soak`: `serve`, and `plug` under a running daprd, while SSM fails and restarts, files are
//! rewritten, and `plug` is killed. No value is wrong, no call is lost, nothing grows, nothing is told.

mod callers;
mod chaos;
mod figures;

use std::{env, sync::Arc, time::Duration};

use rustix::process::Signal;
use ssm_emulator::SAMPLE_SECRET_KEY;
use test_support::programs::DAPRD;
use tokio::time::{Instant, sleep};

use self::{
    callers::Callers,
    chaos::{Chaos, Random},
    figures::Figures,
};
use crate::{
    daprd::{World, wasm},
    support::{Folder, Served},
};

/// The store's `timeout`, so that faults that never answer are over soon.
const TIMEOUT: &str = "3s";
/// What every value begins with, to be found wherever it leaks.
const VALUE: &str = "soak-value-of-";
const SECRETS: usize = 20;

fn value(name: &str) -> String {
    format!("{VALUE}{name}")
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "it takes SOAK_SECONDS: `just soak`"]
async fn nothing_is_lost_mixed_up_or_told_in_chaos() {
    let Some(daprd) = DAPRD.find() else {
        return;
    };
    let number = |name: &str| {
        env::var(name)
            .ok()
            .and_then(|text| text.parse::<u64>().ok())
    };
    let seconds = number("SOAK_SECONDS").unwrap_or(600).max(30);
    let seed = number("SOAK_SEED").unwrap_or_else(Random::seed);
    println!("soak: {seconds} s, SOAK_SEED={seed}");

    let world = World::new(daprd);
    let folder = Folder::new();
    let mut chaos = Chaos::start(Random::new(seed), &folder, &world).await;
    let mut served = Served::start(&folder, &[], &[]);
    let daprd = world.daprd().await;

    let callers = Callers::start(&served, daprd.http).await;
    let started = Instant::now();
    let at = |part: f64| started + Duration::from_secs(seconds).mul_f64(part);
    chaos.rage(at(0.25), &mut served.process).await;
    let warm = Figures::of(&served.process);
    chaos.rage(at(0.75), &mut served.process).await;

    chaos.calm().await;
    // What was called in the chaos may fail until its own limits have passed.
    sleep(Duration::from_secs(10)).await;
    callers.wait_until_right().await;
    let plugged = Figures::of(&chaos.plug);
    callers.expect_no_failure();
    tokio::time::sleep_until(at(1.0).max(Instant::now() + Duration::from_secs(3))).await;
    let tally = Arc::clone(&callers.tally);
    callers.stop().await;

    let (served_end, plugged_end) = (Figures::of(&served.process), Figures::of(&chaos.plug));
    println!("soak: {} {}", tally.lock().unwrap(), chaos.done);
    println!("soak: serve {warm} -> {served_end}, plug {plugged} -> {plugged_end}");
    served_end.are_no_worse_than(&warm);
    plugged_end.are_no_worse_than(&plugged);

    served.process.signal(Signal::TERM);
    chaos.plug.signal(Signal::TERM);
    let (status, log) = served.process.end();
    assert!(status.success(), "{log}");
    let (status, plug_log) = chaos.plug.end();
    assert!(status.success(), "{plug_log}");
    let logs = [log, plug_log, chaos.logs_of_killed, daprd.process.log()];
    for secret in [VALUE, SAMPLE_SECRET_KEY, "Signature="] {
        let telling = logs.iter().flat_map(|log| log.lines());
        let telling: Vec<_> = telling.filter(|line| line.contains(secret)).collect();
        assert!(telling.is_empty(), "{telling:?}");
    }
    assert!(logs.iter().all(|log| !log.contains("panicked")));
}

/// The Component `tencent` for one front.
fn yaml(on: &str, front: Front) -> String {
    match front {
        Front::Serve => on.to_owned(),
        Front::Plug => wasm(on),
    }
}

/// Which of the two commands reads a file.
#[derive(Clone, Copy)]
enum Front {
    Serve,
    Plug,
}
