//! Composes two components: `plug FRONT.wasm STORE.wasm COMPOSED.wasm`. As `wac plug`.

#[cfg(target_family = "wasm")]
fn main() {}

#[cfg(not(target_family = "wasm"))]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    use std::{env, fs};

    let files: Vec<_> = env::args_os().skip(1).collect();
    let [front, store, composed] = files.as_slice() else {
        return Err("plug FRONT.wasm STORE.wasm COMPOSED.wasm".into());
    };
    let both = host_test::compose::compose(&fs::read(front)?, &fs::read(store)?)?;
    Ok(fs::write(composed, both)?)
}
