//! One type for all JSON that SSM answers.
//!
//! Deriving `Deserialize` for each answer costs a parser each, a third of the component's size.
//! One parser and a handful of lookups do the same, and every text is wiped when dropped.

use alloc::{borrow::ToOwned, string::String, vec::Vec};
use core::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use zeroize::Zeroizing;

/// A JSON value, as far as SSM's answers need it. It has no `Debug`: texts may be secret.
pub enum Json {
    /// `null`.
    Null,
    /// A whole number.
    Integer(i64),
    /// A string.
    Text(Zeroizing<String>),
    /// An array.
    List(Vec<Json>),
    /// An object's fields in the order in which they stand there, repeated ones included.
    Object(Vec<(String, Json)>),
    /// What no documented field is: true, false, other numbers.
    Other,
}

/// A field is not of the documented form, or is there twice.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct WrongForm;

impl Json {
    /// Parses a whole document; `None` if it is not JSON, or more than 128 levels deep.
    pub fn parse(document: &[u8]) -> Option<Self> {
        serde_json::from_slice(document).ok()
    }

    /// The field `name` of an object; `null` and absent are alike.
    pub(crate) fn field(&self, name: &str) -> Result<Option<&Self>, WrongForm> {
        let Self::Object(fields) = self else {
            return Err(WrongForm);
        };
        let mut found = fields.iter().filter(|(key, _)| key == name);
        match (found.next(), found.next()) {
            (None | Some((_, Self::Null)), None) => Ok(None),
            (Some((_, value)), None) => Ok(Some(value)),
            (_, Some(_)) => Err(WrongForm),
        }
    }

    /// The field `name` of an object, taken out of it. `None` unless it is there once.
    pub(crate) fn into_field(self, name: &str) -> Option<Self> {
        self.field(name).ok()??;
        let Self::Object(fields) = self else {
            return None;
        };
        fields
            .into_iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value)
    }

    /// The text in the field `name`.
    pub(crate) fn text(&self, name: &str) -> Result<Option<&str>, WrongForm> {
        match self.field(name)? {
            None => Ok(None),
            Some(Self::Text(text)) => Ok(Some(text)),
            Some(_) => Err(WrongForm),
        }
    }

    /// The whole number in the field `name`.
    pub(crate) fn integer(&self, name: &str) -> Result<Option<i64>, WrongForm> {
        match self.field(name)? {
            None => Ok(None),
            Some(Self::Integer(number)) => Ok(Some(*number)),
            Some(_) => Err(WrongForm),
        }
    }

    /// The list in the field `name`; absent is empty.
    pub(crate) fn list(&self, name: &str) -> Result<&[Self], WrongForm> {
        match self.field(name)? {
            None => Ok(&[]),
            Some(Self::List(items)) => Ok(items),
            Some(_) => Err(WrongForm),
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Json, E> {
        Ok(Json::Other)
    }

    fn visit_i64<E>(self, number: i64) -> Result<Json, E> {
        Ok(Json::Integer(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Json, E> {
        Ok(i64::try_from(number).map_or(Json::Other, Json::Integer))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Json, E> {
        Ok(Json::Other)
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(Zeroizing::new(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Json, A::Error> {
        let mut object = Vec::new();
        while let Some(field) = fields.next_entry()? {
            object.push(field);
        }
        Ok(Json::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Json {
        Json::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn fields_are_found_by_name_and_null_counts_as_absent() {
        let json = json(r#"{"a":"x","n":-7,"l":[1,{"b":"\u00e9"}],"z":null,"other":1.5}"#);
        assert_eq!(json.text("a"), Ok(Some("x")));
        assert_eq!(json.integer("n"), Ok(Some(-7)));
        assert_eq!(json.list("l").unwrap()[1].text("b"), Ok(Some("é")));
        assert_eq!(json.text("z"), Ok(None));
        assert_eq!(json.text("absent"), Ok(None));
        assert!(json.list("absent").unwrap().is_empty());
    }

    #[test]
    fn a_field_of_another_type_is_refused() {
        let json = json(r#"{"a":"x","n":1,"big":18446744073709551615,"f":1.5,"t":true}"#);
        assert_eq!(json.integer("a"), Err(WrongForm));
        assert_eq!(json.text("n"), Err(WrongForm));
        assert!(json.list("n").is_err());
        for not_an_integer in ["big", "f", "t"] {
            assert_eq!(json.integer(not_an_integer), Err(WrongForm));
        }
        assert_eq!(Json::Null.text("a"), Err(WrongForm));
        assert!(json.into_field("absent").is_none());
        assert!(Json::Null.into_field("a").is_none());
    }

    #[test]
    fn a_field_that_is_there_twice_is_refused() {
        let json = json(r#"{"a":"x","a":"y","b":null,"b":"z"}"#);
        assert_eq!(json.text("a"), Err(WrongForm));
        assert_eq!(json.text("b"), Err(WrongForm));
    }

    #[test]
    fn what_is_no_json_or_too_deep_is_refused() {
        for text in [
            "",
            "{",
            "nonsense",
            "{} {}",
            "\"\u{1}\"",
            &"[".repeat(500_000),
        ] {
            assert!(Json::parse(text.as_bytes()).is_none());
        }
        assert!(Json::parse(b"\"\xff\"").is_none());
    }
}
