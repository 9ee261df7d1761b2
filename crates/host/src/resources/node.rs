//! What a document is once it is parsed.

use super::scalar::{Meaning, Scalar};

/// A value of a document. It has no `Debug`: it may hold keys. Its scalars are wiped when dropped.
#[derive(Clone)]
pub(super) struct Node {
    /// Where it begins, from 1.
    pub(super) line: usize,
    pub(super) content: Content,
}

#[derive(Clone)]
pub(super) enum Content {
    Scalar(Scalar),
    List(Vec<Node>),
    Fields(Vec<(String, Node)>),
}

/// A parsed document.
pub(super) struct Document {
    /// Null where the document is empty.
    pub(super) root: Node,
    /// The keys that were written again, which counts, with their places from the root.
    pub(super) repeated: Vec<Repeated>,
    /// Where a further document begins, which is not read.
    pub(super) further: Option<usize>,
}

/// A key that was written twice.
pub(super) struct Repeated {
    pub(super) path: String,
    pub(super) line: usize,
}

/// What is wrong, and in which line, from 1. It quotes no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mistake {
    pub(super) line: usize,
    pub(super) message: String,
}

impl Mistake {
    pub(super) fn new(line: usize, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { line, message }
    }
}

impl Node {
    /// The text that it is as a key, if it can be one.
    pub(super) fn key(&self) -> Option<String> {
        match &self.content {
            Content::Scalar(scalar) => scalar.text(),
            _ => None,
        }
    }

    /// How many values it comes to.
    pub(super) fn count(&self) -> usize {
        1 + match &self.content {
            Content::Scalar(_) => 0,
            Content::List(list) => list.iter().map(Self::count).sum(),
            Content::Fields(fields) => fields.iter().map(|(_, node)| node.count()).sum::<usize>(),
        }
    }

    pub(super) fn is_null(&self) -> bool {
        matches!(&self.content, Content::Scalar(scalar) if scalar.meaning == Meaning::Null)
    }
}
