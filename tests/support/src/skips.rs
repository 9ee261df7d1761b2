//! Tests that were skipped, as `cargo test` tells it at its end.
//!
//! libtest hides what a test prints that passes, so every skip becomes a line of a file, and the
//! last test program, `tests/skipped.rs`, reads them. All test programs of one `cargo test` have
//! the same parent, whose process id is the file's name.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::process::parent_id,
    path::PathBuf,
    thread,
    time::Duration,
};

use component_build::target_dir;

/// A run that is this old has ended, even if nobody read what it skipped.
const STALE: Duration = Duration::from_hours(24);

/// The skipped tests of one `cargo test`.
pub struct Skips {
    folder: PathBuf,
    run: u32,
}

impl Skips {
    /// The skipped tests of the `cargo test` that runs this process.
    pub fn of_this_run() -> Self {
        Self {
            folder: target_dir().join("skipped-tests"),
            run: parent_id(),
        }
    }

    /// Adds the test that runs in this thread, for want of `missing`, which the command `by` gets.
    pub(crate) fn add(&self, missing: &str, by: &str) -> io::Result<()> {
        let program = env::args().next().unwrap_or_default();
        let thread = thread::current();
        let test = thread.name().unwrap_or_default();
        fs::create_dir_all(&self.folder)?;
        // In one write, because other tests write too.
        OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.file())?
            .write_all(format!("{program} {test}\t{missing}\t{by}\n").as_bytes())
    }

    /// Gives a summary for people, and forgets the skipped tests.
    ///
    /// # Errors
    /// If what was noted down cannot be read or removed.
    pub fn take(&self) -> io::Result<String> {
        let skips = match fs::read_to_string(self.file()) {
            Ok(skips) => skips,
            Err(why) if why.kind() == io::ErrorKind::NotFound => String::new(),
            Err(why) => return Err(why),
        };
        if !skips.is_empty() {
            fs::remove_file(self.file())?;
        }
        self.remove_stale();
        Ok(summary(&skips))
    }

    fn file(&self) -> PathBuf {
        self.folder.join(self.run.to_string())
    }

    /// Removes what runs left whose summary nobody asked for, as far as possible.
    fn remove_stale(&self) {
        let files = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        for file in files {
            let modified = file.metadata().and_then(|metadata| metadata.modified());
            let age = modified.map(|at| at.elapsed().unwrap_or_default());
            if age.is_ok_and(|age| age > STALE) {
                let _ = fs::remove_file(file.path());
            }
        }
    }
}

/// `2 tests skipped: 1 needs this (run that), …` of lines as [`Skips::add`] writes them.
fn summary(skips: &str) -> String {
    // A test that asked twice was skipped once.
    let tests: BTreeSet<&str> = skips.lines().collect();
    let mut counts = BTreeMap::<_, usize>::new();
    for test in &tests {
        if let Some((_, want)) = test.split_once('\t') {
            *counts.entry(want).or_default() += 1;
        }
    }
    let wants: Vec<_> = counts
        .into_iter()
        .map(|(want, count)| {
            let (missing, by) = want.split_once('\t').unwrap_or((want, ""));
            let need = if count == 1 { "needs" } else { "need" };
            format!("{count} {need} {missing} (run {by})")
        })
        .collect();
    match tests.len() {
        0 => "no test was skipped".to_owned(),
        1 => format!("1 test skipped: {}", wants.join(", ")),
        count => format!("{count} tests skipped: {}", wants.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use std::{fs::File, path::Path, time::SystemTime};

    use super::*;

    fn skips(folder: &Path, run: u32) -> Skips {
        let folder = folder.join("skipped");
        Skips { folder, run }
    }

    #[test]
    fn what_is_missing_is_told_once_with_how_many_tests_want_it_and_how_to_get_it() {
        assert_eq!(summary(""), "no test was skipped");
        let one = "e2e a\tdaprd\ttools/daprd\n";
        assert_eq!(
            summary(one),
            "1 test skipped: 1 needs daprd (run tools/daprd)"
        );
        let more = "e2e b\tthe wasmtime command\ttools/setup\n\
                    e2e c\tthe wasmtime command\ttools/setup\n\
                    e2e c\tthe wasmtime command\ttools/setup\n";
        assert_eq!(
            summary(&format!("{more}{one}")),
            "3 tests skipped: 1 needs daprd (run tools/daprd), 2 need the wasmtime command (run \
             tools/setup)"
        );
    }

    #[test]
    fn a_run_takes_its_own_skips_once_and_removes_what_a_run_long_ago_left() {
        let folder = tempfile::tempdir().unwrap();
        let (ours, other) = (skips(folder.path(), 1), skips(folder.path(), 2));
        assert_eq!(ours.take().unwrap(), "no test was skipped");
        ours.add("daprd", "tools/daprd").unwrap();
        ours.add("daprd", "tools/daprd").unwrap();
        other.add("npm", "nothing").unwrap();
        let told = "1 test skipped: 1 needs daprd (run tools/daprd)";
        assert_eq!(ours.take().unwrap(), told);
        assert_eq!(ours.take().unwrap(), "no test was skipped");
        assert!(other.file().exists());

        let yesterday = SystemTime::now() - STALE - Duration::from_secs(1);
        let file = File::options().write(true).open(other.file()).unwrap();
        file.set_modified(yesterday).unwrap();
        ours.take().unwrap();
        assert!(!other.file().exists());
    }
}
