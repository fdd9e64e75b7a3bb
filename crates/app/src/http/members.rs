//! The members of a body of JSON.
//! Must not know calls. Bounds: those of a body; `NAME_CHARS_MAX` of a name are told.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use super::code::Code;
use super::error::ApiError;

/// So much of a name that a caller made up is said again to him (a guess: far longer than any that is known).
const NAME_CHARS_MAX: usize = 32;

/// All of them, known or not, each under a name of its own. What is null is as if it were not there.
pub(super) struct Members(Vec<(String, Value)>);

impl Members {
    /// # Errors
    /// That is no JSON, no object, or names something twice.
    pub(super) fn read(body: &[u8]) -> Result<Self, ApiError> {
        // An array of values in the order of the members is nothing that anybody should rely on.
        if !body.trim_ascii_start().starts_with(b"{") {
            return Err(wrong("the body must be a JSON object: {...}"));
        }
        let Pairs(pairs) = serde_json::from_slice(body).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            wrong(format!("the body is no JSON that can be read: look at line {line}, column {column}"))
        })?;
        let mut names: Vec<&str> = pairs.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        if let Some([name, _]) = names.array_windows().find(|[name, next]| name == next) {
            return Err(wrong(format!("{} stands there more than once: give it once", quoted(name))));
        }
        Ok(Self(pairs))
    }

    /// Refuses what has another name than these.
    ///
    /// # Errors
    /// There is such a member.
    pub(super) fn only(&self, names: &[&str]) -> Result<(), ApiError> {
        let Some((other, _)) = self.0.iter().find(|(name, _)| !names.contains(&name.as_str())) else { return Ok(()) };
        let names: Vec<String> = names.iter().map(|name| quoted(name)).collect();
        let names = match names.split_last() {
            Some((last, [])) => last.clone(),
            Some((last, others)) => format!("{} and {last}", others.join(", ")),
            None => "nothing".to_owned(),
        };
        Err(wrong(format!("{} is not known here: only {names} may be there", quoted(other))))
    }

    /// Whether it is there.
    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// The text that one is.
    ///
    /// # Errors
    /// It is something else.
    pub(super) fn text(&self, name: &str) -> Result<Option<String>, ApiError> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(wrong(format!("{} must be a text: \"...\"", quoted(name)))),
        }
    }

    /// The text of one that a call cannot be without.
    ///
    /// # Errors
    /// It is not there, or something else.
    pub(super) fn needed(&self, name: &str) -> Result<String, ApiError> {
        self.text(name)?.ok_or_else(|| wrong(format!("{} must be there", quoted(name))))
    }

    /// The text of one that has another name too.
    ///
    /// # Errors
    /// It is not there, something else, or there under both.
    pub(super) fn needed_as(&self, name: &str, other: &str) -> Result<String, ApiError> {
        match (self.has(name), self.has(other)) {
            (true, true) => {
                Err(wrong(format!("{} and {} are the same: give one, not both", quoted(name), quoted(other))))
            }
            (false, true) => self.needed(other),
            _ => self.needed(name),
        }
    }

    /// Whether one is true.
    ///
    /// # Errors
    /// It is neither true nor false.
    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, ApiError> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(_) => Err(wrong(format!("{} must be true", quoted(name)))),
        }
    }

    fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(key, value)| key == name && !value.is_null()).map(|(_, value)| value)
    }
}

/// Members as they stand there.
struct Pairs(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct All;
        impl<'de> Visitor<'de> for All {
            type Value = Pairs;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Pairs, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = members.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(All)
    }
}

/// A name as it stands in a text for people.
fn quoted(name: &str) -> String {
    let mut short: String = name.chars().take(NAME_CHARS_MAX).collect();
    if short.len() < name.len() {
        short.push('…');
    }
    format!("`{short}`")
}

fn wrong(text: impl Into<String>) -> ApiError {
    ApiError::new(Code::BadJson, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told<T>(read: Result<T, ApiError>) -> String {
        read.err().map(|error| error.text).unwrap_or_default()
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for body in [
            "",
            "null",
            "[]",
            "\"{\"",
            "{",
            "{}x",
            "{\"a\":}",
            "{\"a\":1,}",
            "{'a':1}",
            "\u{feff}{}",
            "{\"a\":1,\"a\":2}",
        ] {
            assert!(Members::read(body.as_bytes()).is_err(), "{body}");
        }
        assert!(Members::read(b"{\"a\":\"\xff\"}").is_err());
        assert!(Members::read(format!("{{\"a\":{}", "[".repeat(100_000)).as_bytes()).is_err());
        assert!(Members::read(b" \n{ }\n").is_ok());
        assert_eq!(
            told(Members::read(b"{\"a\":1,\n x}")),
            "the body is no JSON that can be read: look at line 2, column 2"
        );
    }

    #[test]
    fn each_is_what_it_must_be() {
        let members = Members::read(br#"{"text":"\u00e9","empty":"","flag":true,"number":1,"null":null}"#);
        let members = members.expect("an object");
        assert_eq!(members.text("text").expect("a text").as_deref(), Some("é"));
        assert_eq!(members.needed("empty").expect("a text"), "");
        assert_eq!(members.flag("flag").expect("a flag"), Some(true));
        assert_eq!(told(members.text("number")), "`number` must be a text: \"...\"");
        assert_eq!(told(members.flag("number")), "`number` must be true");
        for absent in ["null", "other"] {
            assert!(!members.has(absent));
            assert_eq!(members.text(absent).expect("none"), None);
            assert_eq!(members.flag(absent).expect("none"), None);
            assert_eq!(told(members.needed(absent)), format!("`{absent}` must be there"));
        }
        assert_eq!(members.needed_as("null", "text").expect("a text"), "é");
        assert_eq!(members.needed_as("text", "null").expect("a text"), "é");
        assert_eq!(told(members.needed_as("text", "empty")), "`text` and `empty` are the same: give one, not both");
        assert_eq!(told(members.needed_as("null", "other")), "`null` must be there");
    }

    #[test]
    fn others_are_named_in_few_characters() {
        let members = Members::read(format!("{{\"{}\":1}}", "ü".repeat(33)).as_bytes()).expect("an object");
        assert_eq!(
            told(members.only(&["a", "b", "c"])),
            format!("`{}…` is not known here: only `a`, `b` and `c` may be there", "ü".repeat(32))
        );
        assert_eq!(told(members.only(&["a"])).split(": ").nth(1), Some("only `a` may be there"));
        assert!(members.only(&["a", &"ü".repeat(33)]).is_ok());
    }
}
