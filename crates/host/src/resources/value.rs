//! How what stands in a document becomes what is expected there.

use zeroize::Zeroizing;

use super::{
    node::{Content, Mistake, Node},
    scalar::Meaning,
};

/// A place in a document, with or without something there.
#[derive(Clone)]
pub(super) struct At<'a> {
    node: Option<&'a Node>,
    /// Its line; where nothing is there, that of what it is missing from.
    pub(super) line: usize,
    path: String,
}

impl<'a> At<'a> {
    pub(super) fn root(node: &'a Node) -> Self {
        Self {
            node: Some(node),
            line: node.line,
            path: String::new(),
        }
    }

    /// The field `name`, matched without regard to case as Go's JSON decoder does; an exact match
    /// counts more. Where this is no map, nothing is there.
    pub(super) fn field(&self, name: &str) -> Self {
        let fields = self.fields();
        let exact = fields.iter().find(|(key, _)| key == name);
        let folded = || {
            fields
                .iter()
                .find(|(key, _)| key.eq_ignore_ascii_case(name))
        };
        let node = exact.or_else(folded).map(|(_, node)| node);
        self.down(
            node,
            if self.path.is_empty() {
                name.to_owned()
            } else {
                format!("{}.{name}", self.path)
            },
        )
    }

    /// Its fields, if it is a map.
    pub(super) fn fields(&self) -> &'a [(String, Node)] {
        match self.node.map(|node| &node.content) {
            Some(Content::Fields(fields)) => fields,
            _ => &[],
        }
    }

    /// It itself, if it is a map or nothing.
    pub(super) fn map(self) -> Result<Self, Mistake> {
        match self.node.map(|node| &node.content) {
            Some(Content::Fields(_)) => Ok(self),
            _ if self.is_nothing() => Ok(self),
            _ => Err(self.mistake("fields are expected, one a line, each with a value")),
        }
    }

    /// Its items, if it is a list or nothing.
    pub(super) fn list(&self) -> Result<Vec<Self>, Mistake> {
        match self.node.map(|node| &node.content) {
            Some(Content::List(list)) => {
                let numbered = list.iter().enumerate();
                Ok(numbered
                    .map(|(index, node)| {
                        self.down(Some(node), format!("{}[{}]", self.path, index + 1))
                    })
                    .collect())
            }
            _ if self.is_nothing() => Ok(Vec::new()),
            _ => Err(self.mistake("a list is expected, its items begin with -")),
        }
    }

    /// Its text; absent, `null` and empty are alike, and numbers and booleans are text too.
    pub(super) fn text(&self) -> Result<Option<String>, Mistake> {
        match self.node.map(|node| &node.content) {
            None => Ok(None),
            Some(Content::Scalar(scalar)) => Ok(scalar.text().filter(|text| !text.is_empty())),
            Some(_) => Err(self.mistake("text is expected")),
        }
    }

    /// As [`Self::text`], where what is read must be what was written: `0600` is not `384`.
    pub(super) fn exact_text(&self) -> Result<Option<String>, Mistake> {
        let text = self.text()?;
        let written = match self.node.map(|node| &node.content) {
            Some(Content::Scalar(scalar)) => scalar.written.as_str(),
            _ => "",
        };
        match text {
            Some(text) if text != written => {
                Err(self.mistake("a number or truth is not its text in YAML: put it in quotes"))
            }
            text => Ok(text),
        }
    }

    /// The texts of its list.
    pub(super) fn texts(
        &self,
        text: fn(&Self) -> Result<Option<String>, Mistake>,
    ) -> Result<Vec<String>, Mistake> {
        let items = self.list()?;
        let texts = items.iter().map(|item| Ok(text(item)?.unwrap_or_default()));
        texts.collect()
    }

    /// Whether it is `true`; absent is false.
    pub(super) fn truth(&self) -> Result<bool, Mistake> {
        match self.node.map(|node| &node.content) {
            _ if self.is_nothing() => Ok(false),
            Some(Content::Scalar(scalar)) => match scalar.meaning {
                Meaning::Bool(truth) => Ok(truth),
                _ => Err(self.mistake("true or false is expected, without quotes")),
            },
            _ => Err(self.mistake("true or false is expected")),
        }
    }

    /// What it is for a component: text as it is, anything else as compact JSON; nothing if empty.
    pub(super) fn property(&self) -> Option<Zeroizing<String>> {
        let node = self.node.filter(|node| !node.is_null())?;
        let text = match &node.content {
            Content::Scalar(scalar) if scalar.meaning == Meaning::Text => scalar.written.clone(),
            _ => Zeroizing::new(self.json()),
        };
        Some(text).filter(|text| !text.is_empty())
    }

    /// As Go writes it: compact, keys sorted, `<`, `>` and `&` escaped.
    pub(super) fn json(&self) -> String {
        let mut json = String::new();
        if let Some(node) = self.node {
            write(node, &mut json);
        }
        json
    }

    pub(super) fn is_nothing(&self) -> bool {
        self.node.is_none_or(Node::is_null)
    }

    pub(super) fn is_list(&self) -> bool {
        matches!(self.node.map(|node| &node.content), Some(Content::List(_)))
    }

    /// What is wrong here; names the place and quotes no value.
    pub(super) fn mistake(&self, what: &str) -> Mistake {
        let path = &self.path;
        let message = if path.is_empty() {
            what.to_owned()
        } else {
            format!("{path}: {what}")
        };
        Mistake::new(self.line, message)
    }

    fn down(&self, node: Option<&'a Node>, path: String) -> Self {
        let line = node.map_or(self.line, |node| node.line);
        Self { node, line, path }
    }
}

fn write(node: &Node, json: &mut String) {
    match &node.content {
        Content::Scalar(scalar) if scalar.meaning == Meaning::Text => quoted(&scalar.written, json),
        Content::Scalar(scalar) => json.push_str(&scalar.meaning.json()),
        Content::List(list) => {
            json.push('[');
            for (index, item) in list.iter().enumerate() {
                if index > 0 {
                    json.push(',');
                }
                write(item, json);
            }
            json.push(']');
        }
        Content::Fields(fields) => {
            let mut sorted: Vec<_> = fields.iter().collect();
            sorted.sort_by(|(a, _), (b, _)| a.cmp(b));
            json.push('{');
            for (index, (key, value)) in sorted.into_iter().enumerate() {
                if index > 0 {
                    json.push(',');
                }
                quoted(key, json);
                json.push(':');
                write(value, json);
            }
            json.push('}');
        }
    }
}

fn quoted(text: &str, json: &mut String) {
    // A text can always be written.
    let quoted = Zeroizing::new(serde_json::to_string(text).unwrap_or_default());
    for c in quoted.chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                json.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => json.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resources::yaml::parse;

    #[test]
    fn values_become_text_as_in_dapr() {
        for (value, expected) in [
            ("as it is", Some("as it is")),
            ("'3'", Some("3")),
            ("3", Some("3")),
            ("1.50", Some("1.5")),
            ("yes", Some("true")),
            ("{b: 1, a: [on, ~]}", Some(r#"{"a":[true,null],"b":1}"#)),
            ("[<&>]", Some(r#"["\u003c\u0026\u003e"]"#)),
            ("<&>", Some("<&>")),
            ("''", None),
            ("~", None),
        ] {
            let document = parse(&format!("v: {value}")).ok().unwrap();
            let text = At::root(&document.root).field("v").property();
            assert_eq!(text.as_ref().map(|text| text.as_str()), expected, "{value}");
        }
    }

    #[test]
    fn fields_match_without_regard_to_case_and_exactly_first() {
        let text = "SecretKeyRef: {a: 1}\nNAME: upper\nname: exact\nnumber: 7\n";
        let document = parse(text).ok().unwrap();
        let root = At::root(&document.root);
        assert_eq!(
            root.field("secretKeyRef").field("a").text(),
            Ok(Some("1".to_owned()))
        );
        assert_eq!(root.field("name").text(), Ok(Some("exact".to_owned())));
        assert_eq!(root.field("absent").text(), Ok(None));
        assert_eq!(root.field("number").field("deeper").text(), Ok(None));
        let refused = root.field("secretKeyRef").text().unwrap_err();
        assert_eq!(
            (refused.line, refused.message.as_str()),
            (1, "secretKeyRef: text is expected")
        );
    }

    #[test]
    fn what_limits_access_is_read_as_it_was_written() {
        let document = parse("a: [x, 12, '0600']\nb: [no]\nc: [0600]\n")
            .ok()
            .unwrap();
        let root = At::root(&document.root);
        let texts = |name| root.field(name).texts(At::exact_text);
        assert_eq!(texts("a").unwrap(), ["x", "12", "0600"]);
        for (name, line) in [("b", 2), ("c", 3)] {
            let refused = texts(name).unwrap_err();
            assert!(refused.message.contains("quotes") && refused.line == line);
        }
    }
}
