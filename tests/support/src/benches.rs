//! What benches are told by their arguments.

/// The figures that are named among `arguments`; none means all. Cargo adds `--bench`.
pub fn named(arguments: impl IntoIterator<Item = String>) -> Vec<String> {
    let is_name = |argument: &String| !argument.starts_with('-');
    arguments.into_iter().filter(is_name).collect()
}
