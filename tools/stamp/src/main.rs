//! Writes into components what they are: `stamp FILE.wasm NAME DESCRIPTION`. Cargo cannot.
//!
//! Name, description, version, licence, source and revision go where registries and
//! `wasm-tools metadata show` read them; a summary of the contract where
//! `wasm-tools component wit` shows it. A file that has them is left alone.

#[cfg(target_family = "wasm")]
fn main() {}

#[cfg(not(target_family = "wasm"))]
mod stamp;

#[cfg(not(target_family = "wasm"))]
fn main() -> anyhow::Result<()> {
    use std::{env, fs};

    let arguments: Vec<String> = env::args().skip(1).collect();
    let [file, name, description] = arguments.as_slice() else {
        anyhow::bail!("stamp FILE.wasm NAME DESCRIPTION");
    };
    let component = fs::read(file)?;
    if let Some(stamped) = stamp::stamp(&component, name, description)? {
        // Not in place: Cargo has a second link to the file that it made.
        let part = format!("{file}.part");
        fs::write(&part, stamped)?;
        fs::rename(part, file)?;
    }
    Ok(())
}
