//! Paths and queries as daprd reads them.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use crate::Metadata;

/// The segments of a path, still escaped: doubled and trailing slashes are dropped, `.` and `..`
/// resolved.
pub(crate) fn segments(path: &str) -> Vec<&str> {
    let mut segments = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            segment => segments.push(segment),
        }
    }
    segments
}

/// One segment in plain text: as Go's `QueryUnescape`, by which `+` is a space. `None` if an
/// escape is broken.
pub(crate) fn unescape(segment: &str) -> Option<String> {
    let mut parts = segment.split('%');
    parts.next();
    let is_hex = |part: &str| {
        let mut bytes = part.bytes();
        let mut digit = || bytes.next().is_some_and(|byte| byte.is_ascii_hexdigit());
        digit() && digit()
    };
    if !parts.all(is_hex) {
        return None;
    }
    let spaced = segment.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8();
    decoded.ok().map(Cow::into_owned)
}

/// The request metadata in a query: pairs named `metadata.…`; of two of one name the first.
pub(crate) fn metadata(query: &str) -> Metadata {
    let mut metadata = Metadata::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let Some(name) = name.strip_prefix("metadata.") else {
            continue;
        };
        if metadata.iter().all(|(known, _)| known != name) {
            metadata.push((name.to_owned(), value.into_owned()));
        }
    }
    metadata
}

/// The first value of `name` in a query.
pub(crate) fn parameter(query: &str, name: &str) -> Option<String> {
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    pairs
        .find(|(found, _)| found == name)
        .map(|(_, value)| value.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cleaned_before_they_are_unescaped() {
        let dirty = "//v1.0/./x/../secrets//store/a%2Fb/";
        assert_eq!(segments(dirty), ["v1.0", "secrets", "store", "a%2Fb"]);
        assert_eq!(segments("/../.."), [] as [&str; 0]);
    }

    #[test]
    fn a_segment_is_unescaped_as_a_query() {
        for (segment, expected) in [
            ("a%2Fb", Some("a/b")),
            ("a%2Bb+c", Some("a+b c")),
            ("%E4%BD%A0", Some("你")),
            ("100%", None),
            ("%zz", None),
            ("%+1", None),
            ("%ff", None),
        ] {
            assert_eq!(unescape(segment).as_deref(), expected, "{segment}");
        }
    }

    #[test]
    fn metadata_keeps_its_case_and_its_first_value() {
        let query = "metadata.version_id=v+2&metadata.Foo=1&other=2&metadata.Foo=9&Metadata.x=1";
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            metadata(query),
            [pair("version_id", "v 2"), pair("Foo", "1")]
        );
        assert_eq!(parameter(query, "other").as_deref(), Some("2"));
    }
}
