//! Compiled code on disk: machine code, so only from where nobody else can put any, and only as it
//! was written.

use std::{
    fs,
    hash::{Hash, Hasher},
    io,
    path::{Path, PathBuf},
    time::SystemTime,
};

use sha2::{Digest, Sha256};
use uuid::Uuid;
use wasmtime::{Engine, component::Component as Compiled};

use super::trusted;

/// How the files are named whose names are digests.
const EXTENSION: &str = "code";
/// How many files are kept; the oldest go.
const MAX_FILES: usize = 32;
/// The length of a digest in bytes.
const DIGEST: usize = 32;

/// A folder of compiled components. A file is named by the digest of component and compiler; in it
/// stand a digest and the code.
pub(super) struct Cache {
    folder: PathBuf,
}

impl Cache {
    /// `None`, and a line in the log, where `folder` cannot be trusted.
    pub(super) fn open(folder: &Path) -> Option<Self> {
        match trusted::private(folder) {
            Ok(folder) => Some(Self { folder }),
            Err(why) => {
                let folder = folder.display();
                tracing::warn!("compiled code is not kept in {folder}: {why}");
                None
            }
        }
    }

    /// The code of `component`: as it was compiled before, or compiled now.
    pub(super) fn compiled(&self, engine: &Engine, component: &[u8]) -> wasmtime::Result<Compiled> {
        let key = key(engine, component);
        let file = self.folder.join(hex(&key)).with_extension(EXTENSION);
        if let Some(compiled) = read(&file, &key).and_then(|code| deserialize(engine, &code)) {
            return Ok(compiled);
        }
        let code = engine.precompile_component(component)?;
        if let Err(why) = self.write(&file, &key, &code) {
            tracing::warn!("compiled code is not kept in {}: {why}", file.display());
        }
        deserialize(engine, &code).map_or_else(|| Compiled::new(engine, component), Ok)
    }

    /// In one step: another process reads all of it or nothing.
    fn write(&self, file: &Path, key: &[u8; DIGEST], code: &[u8]) -> io::Result<()> {
        let part = self.folder.join(format!("{}.part", Uuid::new_v4()));
        let whole = [&digest(key, code), code].concat();
        let written = fs::write(&part, whole).and_then(|()| fs::rename(&part, file));
        if written.is_err() {
            let _ = fs::remove_file(&part);
        }
        written?;
        self.forget_oldest()
    }

    /// What a process left half-written goes with the rest.
    fn forget_oldest(&self) -> io::Result<()> {
        let mut files: Vec<(SystemTime, PathBuf)> = fs::read_dir(&self.folder)?
            .filter_map(|entry| {
                let entry = entry.ok()?;
                let written = entry.metadata().ok()?.modified().ok()?;
                Some((written, entry.path()))
            })
            .collect();
        files.sort();
        let old = files.len().saturating_sub(MAX_FILES);
        for (_, file) in files.drain(..old) {
            // Folders stay: they are not ours.
            let _ = fs::remove_file(file);
        }
        Ok(())
    }
}

/// The code in `file`, if every bit of it is as it was written for `key`.
fn read(file: &Path, key: &[u8; DIGEST]) -> Option<Vec<u8>> {
    let mut whole = fs::read(file).ok()?;
    let code = whole.split_off(DIGEST.min(whole.len()));
    (whole == digest(key, &code)).then_some(code)
}

#[expect(unsafe_code, reason = "wasmtime cannot check machine code")]
fn deserialize(engine: &Engine, code: &[u8]) -> Option<Compiled> {
    // SAFETY: this compiler made it: just now, or before and in a folder that only this user can
    // write to, and its digest says that it is as it was.
    unsafe { Compiled::deserialize(engine, code) }.ok()
}

fn key(engine: &Engine, component: &[u8]) -> [u8; DIGEST] {
    let mut hasher = Hashing(Sha256::new());
    engine.precompile_compatibility_hash().hash(&mut hasher);
    hasher.0.update(component);
    hasher.0.finalize().into()
}

fn digest(key: &[u8; DIGEST], code: &[u8]) -> [u8; DIGEST] {
    let digest = Sha256::new().chain_update(key).chain_update(code);
    digest.finalize().into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What wasmtime hashes of its settings goes into a digest.
struct Hashing(Sha256);

impl Hasher for Hashing {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        0 // nobody asks: the digest is taken as a whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wasm::compile;

    /// A component with nothing in it.
    const EMPTY: &[u8] = b"\0asm\x0d\0\x01\0";

    fn only_file(folder: &Path) -> PathBuf {
        let files: Vec<_> = fs::read_dir(folder).unwrap().collect();
        assert_eq!(files.len(), 1);
        files.into_iter().next().unwrap().unwrap().path()
    }

    #[test]
    fn what_is_not_as_it_was_written_is_compiled_anew() {
        let folder = tempfile::tempdir().unwrap();
        let engine = Engine::new(&compile::config()).unwrap();
        let cache = Cache::open(folder.path()).unwrap();
        cache.compiled(&engine, EMPTY).unwrap();
        let file = only_file(folder.path());
        let good = fs::read(&file).unwrap();
        let written = fs::metadata(&file).unwrap().modified().unwrap();
        cache.compiled(&engine, EMPTY).unwrap();
        let again = fs::metadata(&file).unwrap().modified().unwrap();
        assert_eq!(written, again, "what is good is used");

        let step = (good.len() / 300).max(1);
        let flipped = (0..good.len()).step_by(step).map(|at| {
            let mut bytes = good.clone();
            bytes[at] ^= 1 << (at % 8);
            bytes
        });
        let cut = [0, 1, DIGEST, good.len() - 1].map(|length| good[..length].to_vec());
        for bad in flipped.chain(cut) {
            fs::write(&file, bad).unwrap();
            cache.compiled(&engine, EMPTY).unwrap();
            assert!(fs::read(&file).unwrap() == good, "it was written anew");
        }
    }

    #[test]
    fn code_of_another_component_is_not_taken_for_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let engine = Engine::new(&compile::config()).unwrap();
        let cache = Cache::open(folder.path()).unwrap();
        cache.compiled(&engine, EMPTY).unwrap();
        let file = only_file(folder.path());
        let other = [0; DIGEST];
        assert!(read(&file, &key(&engine, EMPTY)).is_some());
        assert!(read(&file, &other).is_none());
    }

    #[test]
    fn the_oldest_go_when_there_are_many() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(folder.path()).unwrap();
        for number in 0..MAX_FILES + 3 {
            let file = folder.path().join(format!("{number:03}.code"));
            cache.write(&file, &[0; DIGEST], b"code").unwrap();
        }
        let count = fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(count, MAX_FILES);
    }
}
