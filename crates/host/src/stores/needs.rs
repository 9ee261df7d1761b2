//! What a store needs that its properties only name: origins, files, variables.

use std::{path::PathBuf, sync::Arc};

use super::properties::Properties;
use crate::outbound::Sharing;

/// What one store is granted beyond its properties. It has no `Debug`: keys are among the variables.
#[derive(Clone, Default)]
pub struct Needs {
    /// What it may reach.
    pub reaches: Vec<Reach>,
    /// Files whose text it is handed.
    pub files: Vec<FileText>,
    /// What its instances see of the environment.
    pub variables: Vec<(String, String)>,
    /// Which answers its instances share.
    pub sharing: Option<Arc<dyn Sharing>>,
    /// Why it is not started, if so.
    pub refused: Option<String>,
    /// Where its keys come from, for people; never a key.
    pub keys_from: Option<String>,
}

/// A place that a store may reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reach {
    /// What names it, for people.
    pub named_by: &'static str,
    /// Where it is, as [`Origin::parse`](crate::outbound::Origin::parse) reads it.
    pub url: String,
}

/// A file that the host reads and follows for a store, which opens none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileText {
    /// The property or variable that names it; a store does not see it.
    pub named_by: &'static str,
    /// The file.
    pub path: PathBuf,
    /// The property, or for a store that nobody initialises the variable, that has the file's text
    /// in its place.
    pub handed_as: &'static str,
}

impl Needs {
    /// What a store of any type needs: its `endpoint`, where its Component names one.
    pub fn of_any(properties: &Properties) -> Self {
        let endpoint = properties.get("endpoint").map(|url| Reach {
            named_by: "endpoint",
            url: url.to_owned(),
        });
        Self {
            reaches: endpoint.into_iter().collect(),
            ..Self::default()
        }
    }
}
