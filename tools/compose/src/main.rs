//! Makes one component of a front and a store: `compose FRONT.wasm STORE.wasm OUT.wasm`. As
//! `wac plug`.

#[cfg(target_family = "wasm")]
fn main() {}

#[cfg(not(target_family = "wasm"))]
fn main() -> std::process::ExitCode {
    use std::process::ExitCode;

    let files: Vec<_> = std::env::args_os().skip(1).collect();
    match native::compose_files(&files) {
        Ok(done) => {
            println!("{done}");
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("compose: {why}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(not(target_family = "wasm"))]
mod native {
    use std::{ffi::OsString, fs, path::Path};

    /// Composes the first of three files with the second into the third; says so, for people.
    pub(super) fn compose_files(files: &[OsString]) -> Result<String, String> {
        let [front, store, out] = files else {
            return Err("write compose FRONT.wasm STORE.wasm OUT.wasm".to_owned());
        };
        let composed =
            compose::compose(&read(front)?, &read(store)?).map_err(|why| why.to_string())?;
        let out = Path::new(out);
        fs::write(out, &composed).map_err(|why| format!("{}: {why}", out.display()))?;
        Ok(format!("{} ({} bytes)", out.display(), composed.len()))
    }

    fn read(file: &OsString) -> Result<Vec<u8>, String> {
        fs::read(file).map_err(|why| format!("{}: {why}", Path::new(file).display()))
    }
}
