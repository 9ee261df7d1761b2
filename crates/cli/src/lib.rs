//! The parts of the command `secrets` that know no WASI: its arguments, and what it prints.

pub mod arguments;
pub mod output;
