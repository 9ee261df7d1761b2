//! What goes wrong, at random but by a seed.

use std::{
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use rustix::process::Signal;
use ssm_emulator::{Config, Emulator, Fault, Rates, Secret};
use tokio::time::{Instant, sleep};

use super::{Front, SECRETS, TIMEOUT, value, yaml};
use crate::{
    daprd::World,
    support::{Folder, Process, on},
};

const FAULTS: [&str; 17] = [
    "latency=300ms",
    "status=503",
    "status=429",
    "error=InternalError",
    "error=RequestLimitExceeded",
    "reset",
    "truncated",
    "silent",
    "silent-body",
    "huge",
    "redirect=http://127.0.0.1:1/",
    "raw=<html>",
    "wrong-name",
    "wrong-version",
    "both-values",
    "empty-values",
    "no-request-id",
];

/// The most of a hundred requests that one fault befalls.
const MAX_PERCENT: u64 = 30;
/// How long nothing new goes wrong.
const PAUSE: Duration = Duration::from_millis(600);

pub(super) struct Chaos<'a> {
    random: Random,
    folder: &'a Folder,
    world: &'a World,
    config: Config,
    ssm: Option<Emulator>,
    pub(super) plug: Process,
    pub(super) logs_of_killed: String,
    pub(super) done: Done,
}

/// What was done.
#[derive(Default)]
pub(super) struct Done {
    faults: u32,
    restarts: u32,
    reloads: u32,
    hang_ups: u32,
    kills: u32,
}

impl<'a> Chaos<'a> {
    /// Starts SSM and `plug`, and writes the files for `serve` and daprd.
    pub(super) async fn start(random: Random, folder: &'a Folder, world: &'a World) -> Self {
        let secrets = (0..SECRETS).map(|number| {
            let name = format!("s{number}");
            Secret::text(&name, "v1", &value(&name))
        });
        let mut config = Config {
            secrets: secrets.collect(),
            rates: Rates::none(),
            ..Config::default()
        };
        let ssm = Emulator::start(config.clone()).await.unwrap();
        config.listen = ssm.address();
        let component = on(&ssm, "tencent", &[("timeout", TIMEOUT)]);
        folder.write("a.yaml", &yaml(&component, Front::Serve));
        world
            .resources
            .write("a.yaml", &yaml(&component, Front::Plug));
        Self {
            random,
            folder,
            world,
            config,
            ssm: Some(ssm),
            plug: plug(world),
            logs_of_killed: String::new(),
            done: Done::default(),
        }
    }

    /// Goes on until then.
    pub(super) async fn rage(&mut self, until: Instant, serve: &mut Process) {
        while Instant::now() < until {
            match self.random.below(8) {
                0..=2 => self.faults(),
                3 => self.restart().await,
                4 => self.rewrite("kind: [\n"),
                5 => {
                    let retries = self.random.below(4).to_string();
                    let more = [("timeout", TIMEOUT), ("maxRetries", &*retries)];
                    let component = on(self.ssm(), "tencent", &more);
                    self.rewrite(&yaml(&component, Front::Serve));
                }
                6 => {
                    serve.signal(Signal::HUP);
                    self.plug.signal(Signal::HUP);
                    self.done.hang_ups += 1;
                }
                _ => self.kill(),
            }
            serve.is_running();
            self.ssm().clear_requests();
            sleep(PAUSE).await;
        }
    }

    /// Lets all be well.
    pub(super) async fn calm(&mut self) {
        self.ssm().clear_faults();
        let component = on(self.ssm(), "tencent", &[("timeout", TIMEOUT)]);
        self.rewrite(&yaml(&component, Front::Serve));
    }

    fn ssm(&self) -> &Emulator {
        self.ssm.as_ref().unwrap()
    }

    fn faults(&mut self) {
        self.ssm().clear_faults();
        for _ in 0..self.random.below(4) {
            let kind = FAULTS[self.random.below(FAULTS.len() as u64) as usize];
            let percent = 1 + self.random.below(MAX_PERCENT);
            let fault = Fault::parse(&format!("{kind}%{percent}")).unwrap();
            self.ssm().add_fault(fault);
            self.done.faults += 1;
        }
    }

    /// Ends it, and starts another one on the same port a little later.
    async fn restart(&mut self) {
        self.ssm = None;
        sleep(Duration::from_millis(self.random.below(800))).await;
        for _ in 0..500 {
            match Emulator::start(self.config.clone()).await {
                Ok(ssm) => {
                    self.ssm = Some(ssm);
                    self.done.restarts += 1;
                    return;
                }
                // The old one's listener ends when its task is polled.
                Err(_) => sleep(Duration::from_millis(10)).await,
            }
        }
        panic!("the port is not free again");
    }

    fn rewrite(&mut self, text: &str) {
        self.folder.write("a.yaml", text);
        self.done.reloads += 1;
    }

    fn kill(&mut self) {
        self.plug.signal(Signal::KILL);
        self.logs_of_killed.push_str(&self.plug.log());
        self.plug = plug(self.world);
        self.done.kills += 1;
    }
}

fn plug(world: &World) -> Process {
    let resources = world.resources.path().to_str().unwrap();
    world.plug(&["--resources-path", resources, "--app-id=shop"])
}

impl fmt::Display for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "({} faults, {} restarts of SSM, {} files rewritten, {} hang-ups, {} kills of plug)",
            self.faults, self.restarts, self.reloads, self.hang_ups, self.kills
        )
    }
}

/// Numbers that a seed gives again (xorshift).
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.max(1))
    }

    /// A seed that is another one each time.
    pub(super) fn seed() -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        u64::from(since.subsec_nanos())
    }

    pub(super) fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) % limit
    }
}
