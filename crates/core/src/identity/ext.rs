//! What an author says beside the Body: nick, facts of a file, what is replied to. A JSON object as text, of which the token
//! holds a hash. Must not know the token, nor what stands beside the text. Bounds: [`EXT_BYTES_MAX`], `DEPTH_MAX`, one for each
//! member.

use alloc::string::String;
use core::fmt;
use core::marker::PhantomData;

use data_encoding::HEXLOWER;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

use crate::id::ID_BYTES_MAX;
use crate::text::{NICK_GRAPHEMES_MAX, graphemes};

/// Longest text, in bytes (a guess: a nick, a file and a reply take some 1,000).
pub const EXT_BYTES_MAX: usize = 8 * 1024;
/// Longest name of a file, in bytes: what most file systems take.
pub const FILE_NAME_BYTES_MAX: usize = 255;
/// Longest type of a file, in bytes: twice 127 and a slash (RFC 6838, 4.2).
pub const FILE_TYPE_BYTES_MAX: usize = 255;
/// Longest statement about keys, in bytes (one has some 300; a guess beyond that).
pub const STATEMENT_BYTES_MAX: usize = 512;
/// Largest file that may be named, in bytes: as much as a peer keeps of all files unless told otherwise. What comes along as
/// FileContents is bounded by the link.
pub const FILE_SIZE_MAX: u64 = 256 << 20;

/// Deepest nesting, the object itself being the first level: as for what crosses a link.
const DEPTH_MAX: usize = 32;

/// What the text says. Members that it does not know are skipped; `null` is as good as leaving one out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ext {
    /// The author's nick: 1 to 32 grapheme clusters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nick: Option<String>,
    /// The file that the message is about.
    #[serde(default, deserialize_with = "file", skip_serializing_if = "Option::is_none")]
    pub file: Option<FileFacts>,
    /// ID of the message that this one answers: 1 to 512 bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply: Option<String>,
    /// The statement that the author's key took the place of another one: 1 to [`STATEMENT_BYTES_MAX`] bytes, unchecked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rotate: Option<String>,
}

/// What is known of a file without having it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileFacts {
    /// How its author calls it: 1 to [`FILE_NAME_BYTES_MAX`] bytes. A text to be shown, not a path.
    pub name: String,
    /// Its MIME type by its author's word: 1 to [`FILE_TYPE_BYTES_MAX`] bytes.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its length in bytes: 1 to [`FILE_SIZE_MAX`].
    pub size: u64,
    /// Its hash; in the text, 64 hexadecimal digits in lower case.
    #[serde(serialize_with = "to_hex", deserialize_with = "from_hex")]
    pub sha256: [u8; 32],
}

/// What is wrong with a text, or with what is to be written as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ExtFault {
    /// Longer than [`EXT_BYTES_MAX`].
    #[error("Ext over {EXT_BYTES_MAX} bytes")]
    Long,
    /// Nested too deep.
    #[error("Ext nested deeper than {DEPTH_MAX}")]
    Deep,
    /// Not JSON.
    #[error("Ext is no JSON")]
    NotJson,
    /// No object, or a known member of the wrong type, twice, or missing in a file.
    #[error("Ext with a member of the wrong type, twice, or missing")]
    Member,
    /// The nick is empty or too long.
    #[error("nick in Ext is empty or over {NICK_GRAPHEMES_MAX} characters")]
    Nick,
    /// The name of a file is empty or too long.
    #[error("file name is empty or over {FILE_NAME_BYTES_MAX} bytes")]
    FileName,
    /// The type of a file is empty or too long.
    #[error("file type is empty or over {FILE_TYPE_BYTES_MAX} bytes")]
    FileType,
    /// The file is empty or too large.
    #[error("file is empty or over {FILE_SIZE_MAX} bytes")]
    FileSize,
    /// What is replied to is empty or too long for an ID.
    #[error("reply to an ID that is empty or over {ID_BYTES_MAX} bytes")]
    Reply,
    /// The statement about keys is empty or too long for one.
    #[error("a statement about keys that is empty or over {STATEMENT_BYTES_MAX} bytes")]
    Rotate,
}

impl ExtFault {
    /// Its name among counters.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Long => "ext_long",
            Self::Deep => "ext_deep",
            Self::NotJson => "ext_not_json",
            Self::Member => "ext_member",
            Self::Nick => "ext_nick",
            Self::FileName => "ext_file_name",
            Self::FileType => "ext_file_type",
            Self::FileSize => "ext_file_size",
            Self::Reply => "ext_reply",
            Self::Rotate => "ext_rotate",
        }
    }
}

impl Ext {
    /// Reads a text. Members are known by their exact spelling.
    ///
    /// # Errors
    /// [`ExtFault`].
    pub fn parse(text: &str) -> Result<Self, ExtFault> {
        if text.len() > EXT_BYTES_MAX {
            return Err(ExtFault::Long);
        }
        if is_deep(text) {
            return Err(ExtFault::Deep);
        }
        let fault = |error: serde_json::Error| if error.is_data() { ExtFault::Member } else { ExtFault::NotJson };
        let Object::<Self>(ext) = serde_json::from_str(text).map_err(fault)?;
        ext.check()?;
        Ok(ext)
    }

    /// Writes it in the one form that we write, to be hashed and sent as it stands. One read from elsewhere is passed on in its own
    /// text, never in this one.
    ///
    /// # Errors
    /// [`ExtFault`] where others would not read it.
    pub fn text(&self) -> Result<String, ExtFault> {
        self.check()?;
        let text = serde_json::to_string(self).map_err(|_| ExtFault::NotJson)?;
        if text.len() > EXT_BYTES_MAX { Err(ExtFault::Long) } else { Ok(text) }
    }

    fn check(&self) -> Result<(), ExtFault> {
        let within = |text: &str, bytes_max: usize| (1..=bytes_max).contains(&text.len());
        if self.nick.as_ref().is_some_and(|nick| nick.is_empty() || graphemes(nick).nth(NICK_GRAPHEMES_MAX).is_some()) {
            return Err(ExtFault::Nick);
        }
        if self.reply.as_ref().is_some_and(|id| !within(id, ID_BYTES_MAX)) {
            return Err(ExtFault::Reply);
        }
        if self.rotate.as_ref().is_some_and(|statement| !within(statement, STATEMENT_BYTES_MAX)) {
            return Err(ExtFault::Rotate);
        }
        let Some(file) = &self.file else { return Ok(()) };
        if !within(&file.name, FILE_NAME_BYTES_MAX) {
            return Err(ExtFault::FileName);
        }
        if !within(&file.kind, FILE_TYPE_BYTES_MAX) {
            return Err(ExtFault::FileType);
        }
        if !(1..=FILE_SIZE_MAX).contains(&file.size) {
            return Err(ExtFault::FileSize);
        }
        Ok(())
    }
}

/// Whether brackets nest too deep. Of what is no JSON, any answer will do.
fn is_deep(text: &str) -> bool {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    text.bytes().any(|byte| {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_string,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => depth = depth.saturating_add(1),
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > DEPTH_MAX
    })
}

/// A JSON object: what serde derives would take an array of the members as well.
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Object<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(members)).map(Object)
            }
        }

        deserializer.deserialize_map(Members(PhantomData))
    }
}

fn file<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<FileFacts>, D::Error> {
    Ok(Option::<Object<FileFacts>>::deserialize(deserializer)?.map(|Object(facts)| facts))
}

fn to_hex<S: Serializer>(hash: &[u8; 32], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&HEXLOWER.encode(hash))
}

fn from_hex<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[u8; 32], D::Error> {
    let digits = String::deserialize(deserializer)?;
    let bytes = HEXLOWER.decode(digits.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
    bytes.ok_or_else(|| D::Error::custom("no SHA-256 in hexadecimal"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    const HASH: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

    fn ext() -> Ext {
        let sha256 = HEXLOWER.decode(HASH.as_bytes()).unwrap().try_into().unwrap();
        let file = FileFacts { name: "cat.gif".into(), kind: "image/gif".into(), size: 5, sha256 };
        Ext { nick: Some("phil".into()), file: Some(file), reply: Some("wn1:x".into()), rotate: None }
    }

    #[test]
    fn the_form_that_we_write() {
        let text = ext().text().unwrap();
        let expected = format!(
            "{{\"nick\":\"phil\",\"file\":{{\"name\":\"cat.gif\",\"type\":\"image/gif\",\"size\":5,\"sha256\":\"{HASH}\"}},\"reply\":\"wn1:x\"}}"
        );
        assert_eq!((text.as_str(), Ext::parse(&text)), (expected.as_str(), Ok(ext())));
        assert_eq!(Ext::default().text().as_deref(), Ok("{}"));
    }

    #[test]
    fn reads_what_others_write() {
        let nick = |nick: &str| Ext { nick: Some(nick.into()), ..Ext::default() };
        for (text, expected) in [
            ("{}", Ext::default()),
            (" {\n} ", Ext::default()),
            (r#"{"nick":null,"file":null,"reply":null}"#, Ext::default()),
            (r#"{"new":[1.5e999,{"nick":"x"},"\ud800"],"nick":"a","Nick":7}"#, nick("a")),
            (r#"{"ni\u0063k":"\u0061\ud83d\ude00"}"#, nick("a😀")),
            (r#"{"nick":"a\u0000\n"}"#, nick("a\0\n")),
        ] {
            assert_eq!(Ext::parse(text), Ok(expected), "{text}");
        }
        let odd = format!(
            r#"{{"file":{{"sha256":"\u0032{}","more":[],"size":5,"type":"image/gif","name":"cat.gif"}}}}"#,
            &HASH[1..]
        );
        assert_eq!(Ext::parse(&odd), Ok(Ext { nick: None, reply: None, ..ext() }));
    }

    #[test]
    fn what_is_no_ext() {
        for (text, fault) in [
            ("", ExtFault::NotJson),
            ("{", ExtFault::NotJson),
            ("{}}", ExtFault::NotJson),
            ("{} {}", ExtFault::NotJson),
            (r#"{"a":01}"#, ExtFault::NotJson),
            (r#"{"a":1,}"#, ExtFault::NotJson),
            ("{\"a\":\"\n\"}", ExtFault::NotJson),
            (r#"{"nick":"\ud800"}"#, ExtFault::NotJson),
            ("[]", ExtFault::Member),
            ("null", ExtFault::Member),
            ("\"{}\"", ExtFault::Member),
            (r#"["phil",null,null]"#, ExtFault::Member),
            (r#"{"nick":7}"#, ExtFault::Member),
            (r#"{"nick":["a"]}"#, ExtFault::Member),
            (r#"{"reply":{}}"#, ExtFault::Member),
            (r#"{"nick":"a","nick":"a"}"#, ExtFault::Member),
            (r#"{"nick":null,"ni\u0063k":"a"}"#, ExtFault::Member),
            (r#"{"file":"cat.gif"}"#, ExtFault::Member),
            (r#"{"file":{}}"#, ExtFault::Member),
        ] {
            assert_eq!(Ext::parse(text), Err(fault), "{text}");
        }
        let whole = format!(r#""name":"a","type":"b","size":1,"sha256":"{HASH}""#);
        let upper = whole.replace(HASH, &HASH.to_uppercase());
        let array = format!(r#"{{"file":["a","b",1,"{HASH}"]}}"#);
        let within = |members: &str| format!(r#"{{"file":{{{members}}}}}"#);
        assert!(Ext::parse(&within(&whole)).is_ok());
        for text in [
            array,
            within(&upper),
            within(&whole.replace(HASH, &HASH[1..])),
            within(&whole.replace(HASH, &format!("{HASH}0"))),
            within(&whole.replace(HASH, &HASH.replace('2', "g"))),
            within(&whole.replace(":1", ":1.0")),
            within(&whole.replace(":1", ":-1")),
            within(&whole.replace(":1", ":\"1\"")),
            within(&whole.replace(":1", ":18446744073709551616")),
            within(&whole.replace("\"a\"", "null")),
            within(&whole.replace("\"size\":1,", "")),
            within(&format!("{whole},\"size\":1")),
            format!("{{\"file\":null,\"file\":{{{whole}}}}}"),
        ] {
            assert_eq!(Ext::parse(&text), Err(ExtFault::Member), "{text}");
        }
    }

    /// Changed so, it is written and read at `max`, and neither at 0 nor at one more.
    #[track_caller]
    fn check(max: usize, fault: ExtFault, change: fn(&mut Ext, usize)) {
        for (length, expected) in [(0, Err(fault)), (1, Ok(())), (max, Ok(())), (max + 1, Err(fault))] {
            let mut ext = ext();
            change(&mut ext, length);
            assert_eq!(ext.text().map(|_| ()), expected, "{length} written");
            let text = serde_json::to_string(&ext).unwrap();
            assert_eq!(Ext::parse(&text), expected.map(|()| ext), "{length} read");
        }
    }

    #[test]
    fn bounds() {
        check(32, ExtFault::Nick, |ext, length| ext.nick = Some("e\u{301}".repeat(length)));
        check(32, ExtFault::Nick, |ext, length| ext.nick = Some("👨\u{200d}👩\u{200d}👧\u{200d}👦".repeat(length)));
        check(512, ExtFault::Reply, |ext, length| ext.reply = Some("r".repeat(length)));
        check(512, ExtFault::Rotate, |ext, length| ext.rotate = Some("r".repeat(length)));
        check(255, ExtFault::FileName, |ext, length| ext.file.as_mut().unwrap().name = "n".repeat(length));
        check(255, ExtFault::FileType, |ext, length| ext.file.as_mut().unwrap().kind = "t".repeat(length));
        check(256 << 20, ExtFault::FileSize, |ext, length| ext.file.as_mut().unwrap().size = length as u64);
        let long = |length: usize| format!("{{\"x\":\"{}\"}}", "y".repeat(length - 8));
        assert_eq!(Ext::parse(&long(EXT_BYTES_MAX)), Ok(Ext::default()));
        assert_eq!(Ext::parse(&long(EXT_BYTES_MAX + 1)), Err(ExtFault::Long));
        // 32 graphemes, of any length.
        let zalgo = |marks: usize| Ext { nick: Some("a".to_string() + &"\u{301}".repeat(marks)), ..Ext::default() };
        let most = (EXT_BYTES_MAX - "{\"nick\":\"a\"}".len()) / 2;
        assert_eq!(Ext::parse(&zalgo(most).text().unwrap()), Ok(zalgo(most)));
        assert_eq!(zalgo(most + 1).text(), Err(ExtFault::Long));
    }

    #[test]
    fn depth() {
        let nested = |levels: usize| {
            let inner = levels - 1;
            format!("{{\"\\\"]}}\":{}\"[[\\\\[[\"{}}}", "[".repeat(inner), "]".repeat(inner))
        };
        assert_eq!(Ext::parse(&nested(DEPTH_MAX)), Ok(Ext::default()), "{}", nested(DEPTH_MAX));
        assert_eq!(Ext::parse(&nested(DEPTH_MAX + 1)), Err(ExtFault::Deep));
        assert_eq!(Ext::parse(&"[".repeat(EXT_BYTES_MAX)), Err(ExtFault::Deep));
        let side_by_side = format!("{{\"a\":[{}0]}}", "{},[],".repeat(100));
        assert_eq!(Ext::parse(&side_by_side), Ok(Ext::default()));
    }
}
