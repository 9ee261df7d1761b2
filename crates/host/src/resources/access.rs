//! What the Configurations in some files limit.

use std::path::PathBuf;

use super::{
    configuration::{add, problem},
    expand::Expanded,
    place::Problem,
    scopes::Scopes,
};
use crate::{files, stores::environment};

/// The scopes in all Configurations that `files` hold together. Variables of the environment are
/// filled in over each file, as by daprd. Blocks.
///
/// # Errors
/// If a file cannot be read, holds no Configuration, or an entry cannot be understood whole:
/// whoever limits access must not get less of it than was written.
pub fn scopes(files: &[PathBuf]) -> Result<Scopes, Problem> {
    let mut scopes = Scopes::default();
    for file in files {
        let text = files::read(file).and_then(|bytes| files::text(&bytes));
        let text = text.map_err(|why| problem(file, 1, 1, format!("it cannot be read: {why}")))?;
        add(&mut scopes, file, &Expanded::of(&text, environment::set))?;
    }
    Ok(scopes)
}
