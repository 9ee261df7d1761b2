//! A table of what was read.

use std::fmt;

use dapr_wasm_host::{CallError, Secret};

pub(super) struct Table {
    rows: Vec<[String; 5]>,
    values: bool,
}

impl Table {
    /// Shows values: for samples, and for those who ask.
    pub(super) fn with_values() -> Self {
        Self::new(true)
    }

    pub(super) fn without_values() -> Self {
        Self::new(false)
    }

    fn new(values: bool) -> Self {
        let mut titles = ["NAME", "VERSION", "KIND", "LENGTH", "VALUE"].map(String::from);
        if !values {
            titles[4].clear();
        }
        Self {
            rows: vec![titles],
            values,
        }
    }

    pub(super) fn add(&mut self, asked: &str, result: &Result<Secret, CallError>) {
        let mut row = [asked, "-", "-", "-", ""].map(String::from);
        match result {
            Ok(secret) => {
                let value = secret.value(&secret.name).unwrap_or_default();
                let kind = match secret.value("SecretValueType") {
                    Some("20") => "binary",
                    _ => "text",
                };
                row[1].clone_from(&secret.version_id);
                row[2] = kind.to_owned();
                row[3] = value.len().to_string();
                if self.values {
                    row[4] = value.to_owned();
                }
            }
            Err(why) => row[4] = why.to_string(),
        }
        self.rows.push(row);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |column: usize| {
            let widths = self.rows.iter().map(|row| row[column].len());
            widths.max().unwrap_or_default()
        };
        let [name, version, kind, length] = [0, 1, 2, 3].map(width);
        for row in &self.rows {
            let line = format!(
                "{:name$}  {:version$}  {:kind$}  {:>length$}  {}",
                row[0], row[1], row[2], row[3], row[4]
            );
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}
