//! The figures of docs/figures.md. Every one is measured beside what it is compared with, in turns and in
//! one run, because machines are noisy: `just bench`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    missing_docs,
    reason = "a measurement that fails shall stop"
)]

#[cfg(not(target_family = "wasm"))]
mod bulk;
#[cfg(not(target_family = "wasm"))]
mod get;
#[cfg(not(target_family = "wasm"))]
mod native;
#[cfg(not(target_family = "wasm"))]
mod plain;
#[cfg(not(target_family = "wasm"))]
mod upstream;

#[cfg(target_family = "wasm")]
fn main() {}

#[cfg(not(target_family = "wasm"))]
fn main() {
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        // `cargo test --benches` passes this: then there is nothing to measure.
        Some("--test") => {}
        Some(upstream::ARGUMENT) => upstream::serve(),
        Some(get::PINNED) => runtime(1, get::pinned(arguments.next().unwrap().parse().unwrap())),
        // Names of figures choose.
        first => {
            let first = first.map(str::to_owned);
            let named = test_support::benches::named(first.into_iter().chain(arguments));
            all(&|name| named.is_empty() || named.iter().any(|named| named == name));
        }
    }
}

#[cfg(not(target_family = "wasm"))]
fn all(wanted: &dyn Fn(&str) -> bool) {
    if wanted("get") {
        get::two_workers();
        get::one_core_each();
    }
    if wanted("bulk-get") {
        runtime(2, bulk::bulk_get());
    }
    if wanted("start") {
        runtime(2, bulk::start());
    }
}

/// Runs `work` as in a server: on the threads of a runtime.
#[cfg(not(target_family = "wasm"))]
fn runtime(workers: usize, work: impl Future<Output = ()> + Send + 'static) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers)
        // What a thread that ended has used is not counted.
        .thread_keep_alive(std::time::Duration::from_secs(3600))
        .enable_all()
        .build()
        .unwrap();
    let work = runtime.spawn(work);
    runtime.block_on(work).unwrap();
}

#[cfg(not(target_family = "wasm"))]
fn median(mut taken: Vec<std::time::Duration>) -> std::time::Duration {
    taken.sort();
    taken[taken.len() / 2]
}

#[cfg(not(target_family = "wasm"))]
fn micros(duration: std::time::Duration) -> String {
    format!("{:.1}", duration.as_secs_f64() * 1e6)
}
