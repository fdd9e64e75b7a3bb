//! The same verdict as serde_json on what is generated and then damaged, but for our own rules: known keys twice or of a
//! wrong type, and Timestamps that are no int64. Depth, keys and lengths stay within their bounds here.

use std::fmt;

use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde::Deserialize;
use serde::de::{self, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::{Decoded, whole};
use whispernet_core::codec::{Rule, parse};

const NAMES: [&str; 9] = ["id", "addr", "body", "nick", "omitempty", "timestamp", "filetype", "filecontents", "ext"];

/// A string's bytes, escapes undone; lone surrogates as three bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Bytes(Vec<u8>);

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct OfString;
        impl Visitor<'_> for OfString {
            type Value = Bytes;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Bytes, E> {
                Ok(Bytes(bytes.to_vec()))
            }
        }
        from.deserialize_bytes(OfString)
    }
}

impl Bytes {
    /// Its text: U+FFFD for each lone surrogate, and for each other byte that is no UTF-8.
    fn text(&self) -> String {
        let (mut text, mut rest) = (String::new(), self.0.as_slice());
        while !rest.is_empty() {
            let valid = rest.utf8_chunks().next().unwrap().valid();
            text.push_str(valid);
            rest = &rest[valid.len()..];
            if !rest.is_empty() {
                let surrogate = matches!(rest, [0xed, 0xa0..=0xbf, 0x80..=0xbf, ..]);
                text.push('\u{fffd}');
                rest = &rest[if surrogate { 3 } else { 1 }..];
            }
        }
        text
    }
}

/// The known keys' values, by serde.
#[derive(Debug, Default)]
struct Model {
    texts: [Option<String>; NAMES.len()],
    timestamp: Option<i64>,
}

impl<'de> Deserialize<'de> for Model {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct OfObject;
        impl<'de> Visitor<'de> for OfObject {
            type Value = Model;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Model, A::Error> {
                let (mut model, mut found) = (Model::default(), [false; NAMES.len()]);
                while let Some(key) = map.next_key::<Bytes>()? {
                    let folded: String = key.text().chars().map(fold).collect();
                    let Some(place) = NAMES.iter().position(|name| *name == folded) else {
                        map.next_value::<IgnoredAny>()?;
                        continue;
                    };
                    if std::mem::replace(&mut found[place], true) {
                        return Err(de::Error::custom("twice"));
                    }
                    if folded == "timestamp" {
                        model.timestamp = map.next_value()?;
                    } else {
                        model.texts[place] = map.next_value::<Option<Bytes>>()?.map(|bytes| bytes.text());
                    }
                }
                Ok(model)
            }
        }
        from.deserialize_map(OfObject)
    }
}

fn fold(character: char) -> char {
    match character {
        '\u{17f}' => 's',
        '\u{212a}' => 'k',
        other => other.to_ascii_lowercase(),
    }
}

impl Model {
    fn text(&self, name: &str) -> Option<&str> {
        self.texts[NAMES.iter().position(|known| *known == name).unwrap()].as_deref()
    }

    fn decoded(&self, raw: Vec<u8>) -> Decoded {
        let text = |name| self.text(name).unwrap_or_default().to_owned();
        Decoded {
            raw,
            id: text("id"),
            addr: text("addr"),
            body: text("body"),
            nick: self.text("nick").or(self.text("omitempty")).unwrap_or_default().to_owned(),
            daemon_style: self.text("omitempty").is_some() && self.text("nick").is_none(),
            timestamp: self.timestamp,
            file: text("filecontents"),
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum End {
    Clean,
    Partial,
    Malformed,
}

/// What serde makes of a stream: each object's bytes and values, and how it ends.
fn reference(mut bytes: &[u8]) -> (Vec<(&[u8], Model)>, End) {
    let mut objects = Vec::new();
    loop {
        let start = bytes.iter().position(|byte| !b" \t\r\n".contains(byte)).unwrap_or(bytes.len());
        bytes = &bytes[start..];
        match bytes.first() {
            None => return (objects, End::Clean),
            Some(b'{') => {}
            Some(_) => return (objects, End::Malformed),
        }
        // Twice: what serde reads as bytes may hold raw control bytes, what it ignores may not.
        let mut ignored = serde_json::Deserializer::from_slice(bytes).into_iter::<IgnoredAny>();
        let valid = ignored.next().unwrap();
        let model = Model::deserialize(&mut serde_json::Deserializer::from_slice(bytes));
        match (valid, model) {
            (Ok(_), Ok(model)) => {
                let (raw, rest) = bytes.split_at(ignored.byte_offset());
                objects.push((raw, model));
                bytes = rest;
            }
            (Err(error), _) | (_, Err(error)) if !error.is_eof() => return (objects, End::Malformed),
            _ => return (objects, End::Partial),
        }
    }
}

fn check(bytes: &[u8]) -> Result<(), TestCaseError> {
    // serde reads -0 as a float; the old peers, and we, as the integer 0.
    let minus_zero = bytes.windows(2).any(|pair| pair == b"-0");
    prop_assume!(!minus_zero);
    let (expected, end) = reference(bytes);
    let ours = whole(bytes);
    let rule = ours.error.map(|error| error.rule);
    let agrees = match (&end, rule) {
        (End::Clean, None) => ours.partial == 0,
        (End::Partial, None) => ours.partial > 0,
        // Found at the first byte of a value, or of an escape, which serde wants to see the end of.
        (End::Partial, Some(Rule::WrongType(_))) => true,
        (End::Partial, Some(_)) => bytes[bytes.len().saturating_sub(5)..].windows(2).any(|pair| pair == br"\u"),
        (End::Malformed, Some(_)) => true,
        // serde wants the end of a number, where we wait for its next byte.
        (End::Malformed, None) => {
            ours.partial > 0 && bytes.last().is_some_and(|last| b"+-.eE0123456789".contains(last))
        }
        (End::Clean, Some(_)) => false,
    };
    let shown = String::from_utf8_lossy(bytes);
    prop_assert!(agrees, "{:?}, but {:?}: {}", end, ours.error, shown);
    prop_assert_eq!(expected.len(), ours.objects.len(), "{}", shown);
    for ((raw, model), object) in expected.iter().zip(&ours.objects) {
        prop_assert_eq!(&model.decoded(object.raw.clone()), object, "{}", shown);
        let text = std::str::from_utf8(&object.raw);
        prop_assert!(text.is_ok());
        let again = parse(&object.raw, |object| object.raw().to_vec());
        prop_assert_eq!(again, Ok(Some(object.raw.clone())), "once repaired, it is clean");
        let clean = std::str::from_utf8(raw).is_ok_and(|raw| !raw.to_ascii_lowercase().contains(r"\ud"));
        prop_assert!(!clean || *raw == object.raw, "relayed to the letter: {}", shown);
    }
    Ok(())
}

/// The inside of a JSON string.
fn inside() -> impl Strategy<Value = String> {
    let escape = select(vec![
        r"\n",
        r#"\""#,
        r"\\",
        r"\/",
        r"\u0041",
        r"\u00e9",
        r"\ud83d\ude00",
        r"\uD83D",
        r"\udc00",
        r"\u0000",
        "😀",
        "é",
    ]);
    // U+D000 to U+D7FF are left out: one damaged byte makes a surrogate of them.
    let plain = "[ !#-\\[\\]-~\u{80}-\u{cfff}\u{10000}-\u{10ffff}]{0,6}";
    prop::collection::vec(prop_oneof![plain.prop_map(String::from), escape.prop_map(String::from)], 0..4)
        .prop_map(|parts| parts.concat())
}

fn space() -> impl Strategy<Value = &'static str> {
    prop_oneof![6 => Just(""), 1 => select(vec![" ", "\n", "\t", "\r\n", "  "])]
}

fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<i64>().prop_map(|n| n.to_string()),
        select(vec![
            "0",
            "-1",
            "1.5",
            "1e3",
            "-2.25E-7",
            "9223372036854775808",
            "1e+02",
            "123456789012345678901234567890"
        ])
        .prop_map(String::from),
    ]
}

fn value() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        inside().prop_map(|text| format!("\"{text}\"")),
        number(),
        select(vec!["true", "false", "null"]).prop_map(String::from),
    ];
    leaf.prop_recursive(4, 16, 4, |inner| {
        prop_oneof![
            (prop::collection::vec(inner.clone(), 0..4), space())
                .prop_map(|(items, space)| format!("[{space}{}]", items.join(&format!("{space},")))),
            prop::collection::vec((inside(), inner, space()), 0..4).prop_map(|members| {
                let members: Vec<_> =
                    members.into_iter().map(|(key, value, space)| format!("\"{key}\"{space}:{value}")).collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
}

fn member() -> impl Strategy<Value = String> {
    let texts = select(vec![
        "ID",
        "id",
        "Addr",
        "Body",
        r"bo\u0064y",
        "Nick",
        "NIC\u{212a}",
        "omitempty",
        "FileType",
        "filecontent\u{17f}",
        "Ext",
    ]);
    prop_oneof![
        8 => (texts.clone(), inside()).prop_map(|(key, text)| format!("\"{key}\":\"{text}\"")),
        2 => any::<i64>().prop_map(|n| format!("\"Timestamp\":{n}")),
        1 => (texts, value()).prop_map(|(key, value)| format!("\"{key}\":{value}")),
        1 => number().prop_map(|n| format!("\"time\u{17f}tamp\":{n}")),
        4 => (inside(), value()).prop_map(|(key, value)| format!("\"{key}\":{value}")),
    ]
}

fn object() -> impl Strategy<Value = String> {
    (prop::collection::vec(member(), 0..5), space()).prop_map(|(members, space)| {
        let mut members = members;
        members.dedup();
        format!("{{{space}{}{space}}}", members.join(&format!("{space},{space}")))
    })
}

/// A few objects one after the other, and then a few damages: a byte changed, put in, taken out, or the end cut off.
pub(crate) fn stream() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        3 => select(b"{}[]\",:\\u0a1-+.eEtfn \n\x00\x1f".to_vec()),
        // 0xed begins a surrogate in UTF-8, which serde's bytes do not tell from an escaped one.
        1 => any::<u8>().prop_filter("no surrogates", |byte| *byte != 0xed),
    ];
    let damage = (0..4_u8, any::<Index>(), byte);
    let objects = prop::collection::vec((object(), space()), 0..4);
    (objects, prop::collection::vec(damage, 0..3)).prop_map(|(objects, damages)| {
        let mut bytes: Vec<u8> =
            objects.iter().flat_map(|(object, space)| [object.as_str(), space]).collect::<String>().into();
        for (kind, place, byte) in damages {
            let place = place.index(bytes.len() + 1);
            match (kind, place < bytes.len()) {
                (0, true) => bytes[place] = byte,
                (1, true) => drop(bytes.remove(place)),
                (2, _) => bytes.truncate(place),
                _ => bytes.insert(place, byte),
            }
        }
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, max_global_rejects: 100_000, ..ProptestConfig::default() })]

    #[test]
    fn the_same_verdict_and_values(bytes in stream()) {
        check(&bytes)?;
    }
}

#[test]
fn the_generator_makes_good_and_bad() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let (mut objects, mut ends) = (0, [0; 3]);
    for _ in 0..500 {
        let bytes = stream().new_tree(&mut runner).unwrap().current();
        let (found, end) = reference(&bytes);
        objects += found.len();
        ends[end as usize] += 1;
    }
    assert!(objects > 200 && ends.iter().all(|count| *count > 20), "{objects} objects, ends {ends:?}");
}
