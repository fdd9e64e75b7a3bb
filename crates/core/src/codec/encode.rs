//! Our own messages as they go out: one object without a newline. Must not decide what is said.
//! Bounds: those of its parts, checked by who made them.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;

/// What a message of our own says.
#[derive(Clone, Copy, Debug)]
pub struct Draft<'a> {
    /// The ID: globally unique.
    pub id: &'a str,
    /// Where we listen.
    pub addr: &'a str,
    /// The text: not empty.
    pub body: &'a str,
    /// Our nick: goes out as `Nick`, and as `omitempty` for the old daemon.
    pub nick: &'a str,
    /// When it was said, in milliseconds since the UNIX epoch.
    pub time: i64,
    /// What else the author says: goes out as `Ext`.
    pub ext: Option<&'a str>,
    /// The file that goes with it.
    pub file: Option<DraftFile<'a>>,
}

/// A file on its way out.
#[derive(Clone, Copy, Debug)]
pub struct DraftFile<'a> {
    /// Its MIME type: goes out as `FileType`.
    pub kind: &'a str,
    /// Its bytes in Base64: go out as `FileContents`.
    pub contents: &'a str,
}

/// Writes `draft` as JSON. The contents of a file come last: who has the rest knows how long they will be.
#[must_use]
pub fn encode(draft: &Draft<'_>) -> Vec<u8> {
    let contents = draft.file.map_or(0, |file| file.contents.len());
    let mut json = String::with_capacity(draft.body.len().saturating_add(contents).saturating_add(256));
    for (key, value) in [
        ("{\"ID\":", draft.id),
        (",\"Addr\":", draft.addr),
        (",\"Body\":", draft.body),
        (",\"Nick\":", draft.nick),
        (",\"omitempty\":", draft.nick),
    ] {
        json.push_str(key);
        push_string(&mut json, value);
    }
    // Writing to a String cannot fail.
    let _ = write!(json, ",\"Timestamp\":{}", draft.time);
    if let Some(ext) = draft.ext {
        json.push_str(",\"Ext\":");
        push_string(&mut json, ext);
    }
    if let Some(file) = draft.file {
        json.push_str(",\"FileType\":");
        push_string(&mut json, file.kind);
        json.push_str(",\"FileContents\":");
        push_string(&mut json, file.contents);
    }
    json.push('}');
    json.into_bytes()
}

/// Most bytes that `text` takes on the wire, whoever wrote the object anew on its way: the old Go peers escape more than we.
#[must_use]
pub fn wire_bytes_max(text: &str) -> usize {
    let bytes = |character: char| match character {
        '"' | '\\' | '\n' | '\r' | '\t' => 2,
        '\0'..='\u{1f}' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => 6,
        other => other.len_utf8(),
    };
    text.chars().fold(0, |sum: usize, character| sum.saturating_add(bytes(character)))
}

fn push_string(json: &mut String, text: &str) {
    json.push('"');
    for character in text.chars() {
        match character {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            '\n' => json.push_str("\\n"),
            '\r' => json.push_str("\\r"),
            '\t' => json.push_str("\\t"),
            '\0'..='\u{1f}' => {
                let _ = write!(json, "\\u{:04x}", u32::from(character));
            }
            other => json.push(other),
        }
    }
    json.push('"');
}

#[cfg(test)]
mod tests {
    use super::{Draft, DraftFile, encode, wire_bytes_max};

    #[test]
    fn reads_back_as_it_was() {
        let body = "a\"b\\c\nd\re\tf\0g\u{1f}h<>&é😀\u{2028}";
        let ext = Some("{\"a\":\"\\n\"}");
        let draft = Draft { id: "i", addr: "127.0.0.1:1", body, nick: "né", time: -5, ext, file: None };
        let value = |draft| serde_json::from_slice::<serde_json::Value>(&encode(draft)).unwrap();
        let mut expected = serde_json::json!({
            "ID": "i", "Addr": "127.0.0.1:1", "Body": body, "Nick": "né", "omitempty": "né", "Timestamp": -5, "Ext": "{\"a\":\"\\n\"}"
        });
        assert_eq!(value(&draft), expected);
        let with_file = Draft { file: Some(DraftFile { kind: "a/\"b\"", contents: "eA==" }), ..draft };
        expected["FileType"] = "a/\"b\"".into();
        expected["FileContents"] = "eA==".into();
        assert_eq!(value(&with_file), expected);
        let text = String::from_utf8(encode(&with_file)).unwrap();
        assert!(
            text.ends_with(r#","FileContents":"eA=="}"#) && text.find("\"Ext\"") < text.find("\"FileType\""),
            "{text}"
        );
    }

    #[test]
    fn no_peer_writes_a_text_longer() {
        for (text, bytes) in
            [("", 0), ("plain é😀", 12), ("\"\\\n", 6), ("\u{1}\u{8}", 12), ("a<b>&", 20), ("\u{2028}", 6)]
        {
            assert_eq!(wire_bytes_max(text), bytes, "{text:?}");
            let draft = Draft { id: "", addr: "", body: text, nick: "", time: 0, ext: None, file: None };
            assert!(encode(&draft).len() - encode(&Draft { body: "", ..draft }).len() <= bytes);
        }
    }
}
