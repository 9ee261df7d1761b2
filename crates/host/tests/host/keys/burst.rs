//! Many callers at once on a store without keys.

use std::time::Instant;

use futures_util::future::join_all;

use super::{PATH, VALUE, World};
use crate::support::Served;

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_of_64_asks_once_for_keys() {
    for name in ["role", "cvm", "cvm, role", "pod"] {
        let world = World::new().await;
        let way = world.way(name);
        let served = Served::start(&world.folder(&way), &[], &way.env());
        let started = Instant::now();
        let path = |number| format!("{PATH}?metadata.number={number}");
        // Different reads: equal ones would be one call.
        let paths: Vec<String> = (0..64).map(path).collect();
        let answers = join_all(paths.iter().map(|path| served.get(path))).await;
        assert!(answers.iter().all(|answer| answer.body == VALUE), "{name}");
        println!("{name}: 64 reads took {:?}", started.elapsed());
        for action in way.asked {
            assert_eq!(world.emulator.count(action), 1, "{name}: {action}");
        }
        assert_eq!(world.emulator.count("GetSecretValue"), 64);
    }
}
