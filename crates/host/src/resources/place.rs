//! Where a resource stands, and what is wrong there.

use std::{fmt, path::PathBuf};

/// Where in a file something stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub file: PathBuf,
    /// The document in it, from 1.
    pub document: usize,
    /// The line in the file, from 1.
    pub line: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.file.display();
        write!(f, "{file}:{} (document {})", self.line, self.document)
    }
}

/// Something that was left out, and why. It quotes no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where the document, or the line in it, stands.
    pub place: Place,
    /// What is wrong, and the way out.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}
