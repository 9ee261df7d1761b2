//! How much memory this process may use: what its control group says, or the machine.

use std::{
    fs,
    path::{Path, PathBuf},
};

const CGROUP: &str = "/sys/fs/cgroup";

/// Half of what there is for this process, in bytes: the other half is for connections, and for copies
/// of what stores have answered. `None` where nobody says.
pub(super) fn default_budget() -> Option<u64> {
    Some(limit()? / 2)
}

fn limit() -> Option<u64> {
    let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let files = limit_files(&groups);
    let of_groups = files.iter().filter_map(|file| number(file));
    let machine = fs::read_to_string("/proc/meminfo").ok();
    of_groups
        .chain(machine.as_deref().and_then(total))
        .filter(|bytes| *bytes > 0)
        .min()
}

/// The files of limits of the control groups in `groups` (`/proc/self/cgroup`), and of those above
/// them. In a container the group's own path is often not there, and its limit at the root.
fn limit_files(groups: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for line in groups.lines() {
        let mut parts = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else {
            continue;
        };
        let (root, file) = match controllers {
            "" => (PathBuf::from(CGROUP), "memory.max"),
            "memory" => (Path::new(CGROUP).join("memory"), "memory.limit_in_bytes"),
            _ => continue,
        };
        for group in Path::new(path.trim_start_matches('/')).ancestors() {
            files.push(root.join(group).join(file));
        }
    }
    files
}

/// `max` is no number.
fn number(file: &Path) -> Option<u64> {
    fs::read_to_string(file).ok()?.trim().parse().ok()
}

/// `MemTotal:       16318180 kB`.
fn total(meminfo: &str) -> Option<u64> {
    let rest = meminfo
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kibibytes: u64 = rest.trim().strip_suffix(" kB")?.parse().ok()?;
    kibibytes.checked_mul(1 << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_looked_for_in_the_group_and_all_above_it() {
        let files = limit_files("0::/kubepods/pod1\n5:cpu:/x\n4:memory:/docker\n");
        let expected = [
            "/sys/fs/cgroup/kubepods/pod1/memory.max",
            "/sys/fs/cgroup/kubepods/memory.max",
            "/sys/fs/cgroup/memory.max",
            "/sys/fs/cgroup/memory/docker/memory.limit_in_bytes",
            "/sys/fs/cgroup/memory/memory.limit_in_bytes",
        ];
        assert_eq!(files, expected.map(PathBuf::from));
    }

    #[test]
    fn the_machines_memory_is_the_most() {
        assert_eq!(total("MemFree: 1 kB\nMemTotal:   16 kB\n"), Some(16 << 10));
        assert_eq!(total("nothing"), None);
        if cfg!(target_os = "linux") {
            assert!(default_budget().is_some_and(|bytes| bytes > 0));
        }
    }
}
