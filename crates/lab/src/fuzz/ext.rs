//! The text of Ext against a tree of all its values: the same members, or the same fault. Must not know signatures.
//! Bounds: the fuzzer's on its input.

use std::fmt;

use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use whispernet_core::identity::{EXT_BYTES_MAX, Ext, ExtFault, FileFacts};
use whispernet_core::text::graphemes;

/// Checks `text` as that of an Ext.
pub(super) fn ext(text: &str) {
    let read = Ext::parse(text);
    // serde's tree refuses some numbers and escapes in members that nobody reads.
    if let Ok(tree) = serde_json::from_str::<Tree>(text) {
        assert_eq!(read, expected(text, tree), "what an Ext says");
    }
    let Ok(ext) = read else { return };
    assert!(serde_json::from_str::<IgnoredAny>(text).is_ok(), "an Ext is JSON");
    let written = ext.text().expect("what was read can be written");
    assert!(written.len() <= text.len(), "no shorter form says the same");
    assert_eq!(Ext::parse(&written).as_ref(), Ok(&ext), "what was written says the same");
}

/// A JSON value, keys that stand twice among it.
enum Tree {
    Null,
    Text(String),
    Size(u64),
    Array(Vec<Tree>),
    Object(Vec<(String, Tree)>),
    Other,
}

impl Tree {
    fn depth(&self) -> usize {
        match self {
            Self::Array(items) => 1 + items.iter().map(Self::depth).max().unwrap_or_default(),
            Self::Object(members) => 1 + members.iter().map(|(_, value)| value.depth()).max().unwrap_or_default(),
            _ => 0,
        }
    }

    /// The values of these keys, if it is an object and has none of them twice.
    fn members<const N: usize>(self, keys: [&str; N]) -> Result<[Self; N], ExtFault> {
        let Self::Object(members) = self else { return Err(ExtFault::Member) };
        let mut found = keys.map(|_| None);
        for (key, value) in members {
            if let Some(at) = keys.iter().position(|known| *known == key)
                && found[at].replace(value).is_some()
            {
                return Err(ExtFault::Member);
            }
        }
        Ok(found.map(|value| value.unwrap_or(Self::Null)))
    }

    fn text(self) -> Result<Option<String>, ExtFault> {
        match self {
            Self::Null => Ok(None),
            Self::Text(text) => Ok(Some(text)),
            _ => Err(ExtFault::Member),
        }
    }
}

fn expected(text: &str, tree: Tree) -> Result<Ext, ExtFault> {
    if text.len() > EXT_BYTES_MAX {
        return Err(ExtFault::Long);
    }
    if tree.depth() > 32 {
        return Err(ExtFault::Deep);
    }
    let [nick, file, reply, rotate] = tree.members(["nick", "file", "reply", "rotate"])?;
    let file = if matches!(file, Tree::Null) { None } else { Some(facts(file)?) };
    let (nick, reply, rotate) = (nick.text()?, reply.text()?, rotate.text()?);
    if nick.as_ref().is_some_and(|nick| !(1..=32).contains(&graphemes(nick).count())) {
        return Err(ExtFault::Nick);
    }
    if reply.as_ref().is_some_and(|id| !(1..=512).contains(&id.len())) {
        return Err(ExtFault::Reply);
    }
    if rotate.as_ref().is_some_and(|statement| !(1..=512).contains(&statement.len())) {
        return Err(ExtFault::Rotate);
    }
    if let Some(facts) = &file {
        let lengths = [(&facts.name, ExtFault::FileName), (&facts.kind, ExtFault::FileType)];
        for (text, fault) in lengths {
            (1..=255).contains(&text.len()).then_some(()).ok_or(fault)?;
        }
        (1..=268_435_456).contains(&facts.size).then_some(()).ok_or(ExtFault::FileSize)?;
    }
    Ok(Ext { nick, file, reply, rotate })
}

fn facts(file: Tree) -> Result<FileFacts, ExtFault> {
    let [name, kind, size, hash] = file.members(["name", "type", "size", "sha256"])?;
    let (Some(name), Some(kind), Tree::Size(size), Some(hash)) = (name.text()?, kind.text()?, size, hash.text()?)
    else {
        return Err(ExtFault::Member);
    };
    let digits: Option<Vec<u8>> = hash
        .bytes()
        .map(|digit| b"0123456789abcdef".iter().position(|d| *d == digit).map(|value| value as u8))
        .collect();
    let digits = digits.filter(|digits| digits.len() == 64).ok_or(ExtFault::Member)?;
    let mut sha256 = [0; 32];
    for (byte, pair) in sha256.iter_mut().zip(digits.chunks(2)) {
        *byte = pair[0] << 4 | pair[1];
    }
    Ok(FileFacts { name, kind, size, sha256 })
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;

        impl<'de> Visitor<'de> for Any {
            type Value = Tree;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }

            fn visit_unit<E>(self) -> Result<Tree, E> {
                Ok(Tree::Null)
            }

            fn visit_bool<E>(self, _: bool) -> Result<Tree, E> {
                Ok(Tree::Other)
            }

            fn visit_i64<E>(self, _: i64) -> Result<Tree, E> {
                Ok(Tree::Other)
            }

            fn visit_f64<E>(self, _: f64) -> Result<Tree, E> {
                Ok(Tree::Other)
            }

            fn visit_u64<E>(self, size: u64) -> Result<Tree, E> {
                Ok(Tree::Size(size))
            }

            fn visit_str<E>(self, text: &str) -> Result<Tree, E> {
                Ok(Tree::Text(text.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Tree, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = seq.next_element()? {
                    items.push(item);
                }
                Ok(Tree::Array(items))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Tree, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Tree::Object(members))
            }
        }

        deserializer.deserialize_any(Any)
    }
}
