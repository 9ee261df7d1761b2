//! Files that others write while the host runs: read whole, and followed.

mod follow;
mod held;
mod read;
mod stamp;

pub use follow::Changes;
pub(crate) use held::{Held, HeldTexts};
pub(crate) use read::{read, stamped, text, yaml_files};
pub(crate) use stamp::Stamp;
