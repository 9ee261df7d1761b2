//! YAML as daprd's parser builds it: of a key written twice the last counts, `<<` merges where it
//! stands.

use std::collections::BTreeMap;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, Span, StrInput, Tag};

use super::{
    node::{Content, Document, Mistake, Node, Repeated},
    scalar::Scalar,
};

/// How many nodes a document may come to, aliases resolved.
const MAX_NODES: usize = 100_000;

/// Parses the first document in `text`.
pub(super) fn parse(text: &str) -> Result<Document, Mistake> {
    let options = granit_parser::options! {
        emit_comments: false,
        block_scalar_eof_without_line_feed: true,
    };
    let mut reader = Reader {
        events: Parser::new_from_str_with_options(text, options),
        anchors: BTreeMap::new(),
        path: Vec::new(),
        repeated: Vec::new(),
        nodes: 0,
    };
    let mut root = None;
    let mut further = None;
    while let Some((event, span)) = reader.next()? {
        match event {
            Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
            Event::DocumentStart(..) if root.is_some() => {
                further = Some(line(&span));
                break;
            }
            Event::DocumentStart(..) => {}
            event => root = Some(reader.node(event, &span)?),
        }
    }
    Ok(Document {
        root: root.unwrap_or(Node {
            line: 1,
            content: Content::Scalar(Scalar::null()),
        }),
        repeated: reader.repeated,
        further,
    })
}

struct Reader<'a> {
    events: Parser<'a, StrInput<'a>>,
    anchors: BTreeMap<usize, Node>,
    /// The keys that lead to where it reads.
    path: Vec<String>,
    repeated: Vec<Repeated>,
    nodes: usize,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<Option<(Event<'a>, Span)>, Mistake> {
        match self.events.next_event() {
            None => Ok(None),
            Some(Ok(next)) => Ok(Some(next)),
            Some(Err(why)) => {
                let what = match why.kind() {
                    // It quotes a character of what may be a value.
                    ErrorKind::UnexpectedCharacter { .. } => {
                        "a character that may not stand there: put the text in quotes".to_owned()
                    }
                    kind => kind.to_string(),
                };
                let message = format!("it is not YAML that can be read: {what}");
                Err(Mistake::new(why.marker().line().max(1), message))
            }
        }
    }

    fn inside(&mut self, begin: usize) -> Result<(Event<'a>, Span), Mistake> {
        let end = || Mistake::new(begin, "it is not YAML that can be read: it ends too early");
        self.next()?.ok_or_else(end)
    }

    fn node(&mut self, event: Event<'a>, span: &Span) -> Result<Node, Mistake> {
        let line = line(span);
        self.count(line, 1)?;
        let (content, anchor) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                let plain = style == ScalarStyle::Plain;
                let tag = tag.as_deref().map(core);
                let scalar = Scalar::new(text.into_owned(), plain, tag)
                    .map_err(|why| Mistake::new(line, self.here(&why)))?;
                (Content::Scalar(scalar), anchor)
            }
            Event::SequenceStart(_, anchor, _) => (Content::List(self.list(line)?), anchor),
            Event::MappingStart(_, anchor, _) => (Content::Fields(self.fields(line)?), anchor),
            Event::Alias(anchor) => {
                let node = self.anchors.get(&anchor).cloned().ok_or_else(|| {
                    Mistake::new(line, self.here("the alias leads back to itself"))
                })?;
                self.count(line, node.count())?;
                return Ok(Node { line, ..node });
            }
            _ => return Err(Mistake::new(line, self.here("a value is expected"))),
        };
        let node = Node { line, content };
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn list(&mut self, begin: usize) -> Result<Vec<Node>, Mistake> {
        let mut list = Vec::new();
        loop {
            let (event, span) = self.inside(begin)?;
            if matches!(event, Event::SequenceEnd) {
                return Ok(list);
            }
            self.path.push(format!("[{}]", list.len() + 1));
            list.push(self.node(event, &span)?);
            self.path.pop();
        }
    }

    fn fields(&mut self, begin: usize) -> Result<Vec<(String, Node)>, Mistake> {
        let mut fields = Vec::new();
        loop {
            let (event, span) = self.inside(begin)?;
            if matches!(event, Event::MappingEnd) {
                return Ok(fields);
            }
            let merges =
                matches!(&event, Event::Scalar(text, ScalarStyle::Plain, ..) if text == "<<");
            let line = line(&span);
            let key = self.node(event, &span)?;
            let key = key.key().ok_or_else(|| {
                Mistake::new(
                    line,
                    self.here("a key is expected that is text: put it in quotes"),
                )
            })?;
            self.path.push(key.clone());
            let (event, span) = self.inside(begin)?;
            let value = self.node(event, &span)?;
            if merges {
                self.merge(value, &mut fields)?;
            } else if set(&mut fields, key, value) {
                let path = self.path.join(".").replace(".[", "[");
                self.repeated.push(Repeated { path, line });
            }
            self.path.pop();
        }
    }

    fn merge(&self, from: Node, into: &mut Vec<(String, Node)>) -> Result<(), Mistake> {
        let wrong = Mistake::new(from.line, self.here("<< merges maps, and lists of maps"));
        let maps = match from.content {
            Content::Fields(_) => vec![from],
            // The earlier of several counts more.
            Content::List(list) => list.into_iter().rev().collect(),
            Content::Scalar(_) => return Err(wrong),
        };
        for map in maps {
            let Content::Fields(fields) = map.content else {
                return Err(wrong);
            };
            for (key, value) in fields {
                set(into, key, value);
            }
        }
        Ok(())
    }

    fn count(&mut self, line: usize, more: usize) -> Result<(), Mistake> {
        self.nodes += more;
        if self.nodes > MAX_NODES {
            return Err(Mistake::new(line, "it comes to more than 100,000 values"));
        }
        Ok(())
    }

    fn here(&self, what: &str) -> String {
        let path = self.path.join(".").replace(".[", "[");
        if path.is_empty() {
            return what.to_owned();
        }
        format!("{path}: {what}")
    }
}

/// Whether `key` was there before.
fn set(fields: &mut Vec<(String, Node)>, key: String, value: Node) -> bool {
    match fields.iter_mut().find(|(known, _)| *known == key) {
        Some((_, old)) => {
            *old = value;
            true
        }
        None => {
            fields.push((key, value));
            false
        }
    }
}

/// What follows `!!`; for a tag of others, all of it.
fn core(tag: &Tag) -> &str {
    let binary = (tag.handle(), tag.suffix()) == ("tag:yaml.org,2002:", "binary");
    let other = if binary { "binary" } else { "!" };
    tag.core_suffix().unwrap_or(other)
}

fn line(span: &Span) -> usize {
    span.start.line().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resources::value::At;

    fn json(text: &str) -> String {
        At::root(&parse(text).ok().unwrap().root).json()
    }

    fn wrong(text: &str) -> Mistake {
        parse(text).err().unwrap()
    }

    #[test]
    fn the_last_of_a_key_written_twice_counts_and_is_named() {
        let document = parse("a:\n  b: 1\n  c: [{d: 1, d: 2}]\n  b: 3\n")
            .ok()
            .unwrap();
        assert_eq!(
            At::root(&document.root).json(),
            r#"{"a":{"b":3,"c":[{"d":2}]}}"#
        );
        let repeated = document
            .repeated
            .iter()
            .map(|it| (it.path.as_str(), it.line));
        assert_eq!(repeated.collect::<Vec<_>>(), [("a.c[1].d", 3), ("a.b", 4)]);
    }

    #[test]
    fn aliases_merges_and_keys_are_as_in_go() {
        let merged = "base: &b {x: 1, z: 2}\nall:\n  z: 3\n  <<: *b\n  x: 4\n";
        let both = r#"{"all":{"x":4,"z":2},"base":{"x":1,"z":2}}"#;
        assert_eq!(json(merged), both);
        let several = "a: &a {x: 1}\nb: &b {x: 2, z: 3}\nc: {<<: [*a, *b]}\n";
        assert!(json(several).contains(r#""c":{"x":1,"z":3}"#));
        assert_eq!(
            json("{1: a, yes: b, 1.50: c}"),
            r#"{"1":"a","1.5":"c","true":"b"}"#
        );
        assert_eq!(json(""), "null");
        assert_eq!(json("# only a comment\n"), "null");
        assert!(wrong("a: &a [*a]").message.contains("leads back"));
    }

    #[test]
    fn mistakes_have_their_line_and_no_value() {
        for (text, line, says) in [
            ("a: 1\nb: [s3cr3t\n", 2, "bracket"),
            ("a: 1\nb: s3cr3t: x\n", 2, ""),
            ("a: 1\n\tb: s3cr3t\n", 1, "tab"),
            ("a: @s3cr3t\n", 1, "quotes"),
            ("a:\n- b: {~: s3cr3t}\n", 2, "a[1].b: a key"),
            ("a: !!int s3cr3t\n", 1, "a: what has the tag !!int"),
        ] {
            let mistake = wrong(text);
            assert_eq!(mistake.line, line, "{text}{}", mistake.message);
            assert!(mistake.message.contains(says), "{}", mistake.message);
            assert!(!mistake.message.contains("s3cr3t"), "{}", mistake.message);
        }
    }

    #[test]
    fn a_document_that_multiplies_itself_is_refused() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let list = vec![format!("*a{}", level - 1); 10].join(", ");
            text += &format!("a{level}: &a{level} [{list}]\n");
        }
        assert!(wrong(&text).message.contains("100,000"));
    }

    #[test]
    fn a_further_document_is_seen_and_not_read() {
        let document = parse("a: 1\n...\n---\nb: 2\n").ok().unwrap();
        assert_eq!(At::root(&document.root).json(), r#"{"a":1}"#);
        assert_eq!(document.further, Some(3));
        assert_eq!(parse("--- \na: 1\n...\n").ok().unwrap().further, None);
    }
}
