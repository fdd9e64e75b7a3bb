//! What is made of signed messages by whoever has no right to: altered, moved, stripped and richer copies, tokens that are none, and
//! messages under keys of the forger's own. Must not know links. Bounds: one message at a time; [`FILE_WORDS_MAX`].

use std::net::SocketAddr;

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use whispernet_core::codec;
use whispernet_core::identity::{Ext, FileFacts, Network, SecretKey, sign};
use whispernet_core::time::UnixMillis;

use super::dice::Dice;
use super::said::{Facts, MessageId, Registry, Texts};

/// A word of a file that goes along, and how it stands in the message.
const FILE_WORD: [&[u8]; 2] = [b"ABC", b"QUJD"];
/// Words of such a file.
const FILE_WORDS_MAX: usize = 300;
/// What is laid beside a signed message: less than a peer puts up with, and more.
const UNSIGNED_BYTES: [usize; 2] = [900, 1_500];
/// How many of the newest messages are altered: most hosts have them, and some wait for them.
const NEWEST: usize = 12;
/// Texts of an Ext that nobody signed.
const EXTS: [&str; 3] = ["{}", r#"{"nick":"eve"}"#, "no JSON"];
/// Characters that Base64 for URLs has.
const BASE64: [&str; 4] = ["A", "w", "_", "9"];
/// The neutral element of the curve as a key, and a signature of zeros: where it is taken, it holds for every text.
const WEAK_KEY: &str = "wn1:AQABAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Whoever makes it.
pub(super) struct Impostor<'a> {
    pub(super) dice: &'a mut Dice,
    pub(super) said: &'a mut Registry,
    pub(super) key: &'a SecretKey,
    pub(super) hosts: &'a [SocketAddr],
    /// The true time, in milliseconds since the UNIX epoch.
    pub(super) now: i64,
}

impl Impostor<'_> {
    /// The same, for a while.
    pub(super) fn again(&mut self) -> Impostor<'_> {
        Impostor { dice: &mut *self.dice, said: &mut *self.said, key: self.key, hosts: self.hosts, now: self.now }
    }

    /// Something about a message that was said lately, or under its own key.
    pub(super) fn any(&mut self) -> Vec<u8> {
        let Some(newest) = self.said.len().checked_sub(1) else { return Vec::new() };
        match self.dice.below(10) {
            0..4 => {
                let message = newest - self.dice.below(NEWEST).min(newest);
                self.altered(message)
            }
            4 | 5 => self.said.get(self.dice.below(newest + 1)).raw().to_vec(),
            6 => stripped(self.said, self.dice.below(newest + 1), self.dice.chance(50)),
            7 => self.elsewhere(),
            8 => self.own_file(),
            _ => self.own(""),
        }
    }

    /// A copy that its author did not make, of a signed message; of another one, a good copy. It is dropped, or is worth no more than
    /// ID, Addr and Body.
    pub(super) fn altered(&mut self, message: MessageId) -> Vec<u8> {
        let said = self.said.get(message);
        if said.token().is_none() {
            return said.raw().to_vec();
        }
        let (mut copy, mut more) = (said.full().clone(), "");
        let bare = Texts { id: copy.id.clone(), addr: copy.addr.clone(), body: copy.body.clone(), ..Texts::default() };
        let other = self.said.get(self.dice.below(self.said.len())).full();
        let filler = "x".repeat(*self.dice.pick(&UNSIGNED_BYTES));
        match self.dice.below(20) {
            0 => copy.body.push('!'),
            1 => copy.addr = self.dice.pick(self.hosts).to_string(),
            2 => copy.nick = "eve".to_owned(),
            3 => copy.omitempty = "eve".to_owned(),
            4 => copy.timestamp = Some(self.now + 1),
            5 => copy.ext = (*self.dice.pick(&EXTS)).to_owned(),
            6 => copy.file_type = "text/html".to_owned(),
            7 => copy.file = b"eA==".to_vec(),
            8 => copy = Texts { body: "bare and false".to_owned(), ..bare },
            9 => copy = Texts { nick: "eve".to_owned(), omitempty: "eve".to_owned(), ..bare },
            10 => copy = Texts { file: b"eA==".to_vec(), ..bare },
            11 => copy = Texts { ext: (*self.dice.pick(&EXTS)).to_owned(), ..bare },
            12 => (copy.addr, copy.body) = (other.addr.clone(), other.body.clone()),
            13 => copy = Texts { id: copy.id, ..other.clone() },
            14 | 15 => more = &filler,
            _ => copy.id = self.broken(&copy.id),
        }
        json(&copy, more)
    }

    /// An ID that is no token, or one that nobody signed.
    fn broken(&mut self, id: &[u8]) -> Vec<u8> {
        let id = String::from_utf8_lossy(id);
        let at = self.dice.between(10, id.len().saturating_sub(2));
        let (head, tail) = id.split_at(at);
        match self.dice.below(8) {
            0 => head.to_owned(),
            1 => format!("{id}AAAA"),
            2 => format!("{id}="),
            // Flags without a meaning.
            3 => id.replacen("wn1:AQ", "wn1:AR", 1),
            4 => format!("{WEAK_KEY}{}", "A".repeat(id.len().saturating_sub(WEAK_KEY.len()))),
            5 => "wn1:".to_owned(),
            _ => format!("{head}{}{}", self.dice.pick(&BASE64), tail.get(1..).unwrap_or_default()),
        }
        .into_bytes()
    }

    /// Under its own key, in somebody's name and with his Addr. `more`: makes it another message.
    pub(super) fn own(&mut self, more: &str) -> Vec<u8> {
        let nick = format!("n{}", self.dice.pick(self.hosts).port());
        let ext = self.dice.chance(80).then(|| Ext { nick: Some(nick), ..Ext::default() });
        let ago = *self.dice.pick(&[0, 0, 0, 0, 61_000, 300_000, 36_000_000, 100_000_000, -3_600_000]);
        self.signed(Network::OPEN, ext.as_ref(), more, ago, Vec::new())
    }

    /// The same with a file, which comes in parts.
    fn own_file(&mut self) -> Vec<u8> {
        let words = self.dice.between(1, FILE_WORDS_MAX);
        let [file, contents] = FILE_WORD.map(|word| word.repeat(words));
        let (size, sha256) = (file.len() as u64, Sha256::digest(file).into());
        let facts = FileFacts { name: "a.bin".to_owned(), kind: "text/plain".to_owned(), size, sha256 };
        let ext = Ext { nick: Some("eve".to_owned()), file: Some(facts), ..Ext::default() };
        let full = self.signed(Network::OPEN, Some(&ext), "file", 0, contents);
        let message = self.said.len() - 1;
        let unfiled = json(&Texts { file: Vec::new(), ..self.said.get(message).full().clone() }, "");
        let bare = stripped(self.said, message, false);
        match self.dice.below(4) {
            0 => full,
            1 => unfiled,
            2 => bare,
            _ => [bare, unfiled, full].concat(),
        }
    }

    /// For another network: nobody takes it in.
    fn elsewhere(&mut self) -> Vec<u8> {
        self.signed(Network([7; 32]), None, "elsewhere", 0, Vec::new())
    }

    fn signed(&mut self, network: Network, ext: Option<&Ext>, more: &str, ago: i64, file: Vec<u8>) -> Vec<u8> {
        let addr = self.dice.pick(self.hosts).to_string();
        let body = format!("signed {} {more}", self.dice.below(usize::MAX));
        let ext_text = ext.and_then(|ext| ext.text().ok());
        let (time, nick) = (self.now - ago, ext.and_then(|ext| ext.nick.clone()).unwrap_or_default());
        let id = sign(self.key, network, UnixMillis(time), ext_text.as_deref(), &addr, &body);
        let texts = Texts {
            id: id.into_bytes(),
            addr,
            body,
            omitempty: nick.clone(),
            nick,
            timestamp: Some(time),
            ext: ext_text.unwrap_or_default(),
            file_type: ext.and_then(|ext| ext.file.as_ref()).map(|file| file.kind.clone()).unwrap_or_default(),
            file,
            bytes: 0,
        };
        let raw = json(&texts, "");
        if network == Network::OPEN {
            note(self.said, Facts { odd: ago < 0, ..Facts::default() }, &raw);
        }
        raw
    }
}

/// As an old peer passes a message on: with what it knows alone. `daemon`: the one that knows nicks, and times every message. What is
/// not signed keeps its time here, or it would go round for ever among hosts that remember as little as these.
pub(super) fn stripped(said: &mut Registry, message: MessageId, daemon: bool) -> Vec<u8> {
    let of = said.get(message);
    let (full, signed) = (of.full(), of.token().is_some());
    if !signed && full.timestamp.is_none() {
        return of.raw().to_vec();
    }
    let (id, addr, body) = (full.id.clone(), full.addr.clone(), full.body.clone());
    let mut copy = Texts { id, addr, body, ..Texts::default() };
    if daemon || !signed {
        copy.omitempty.clone_from(&full.omitempty);
        copy.timestamp = full.timestamp;
    }
    let raw = json(&copy, "");
    // Of a message that is not signed any honest copy is as good as another.
    if !signed {
        note(said, Facts::default(), &raw);
    }
    raw
}

fn note(said: &mut Registry, facts: Facts, raw: &[u8]) {
    let noted = codec::parse(raw, |object| said.say(facts, &Texts::of(object), object.raw()));
    debug_assert!(matches!(noted, Ok(Some(_))), "what is made here is whole");
}

/// What is empty is left out.
fn json(texts: &Texts, more: &str) -> Vec<u8> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let keys = [
        ("ID", text(&texts.id)),
        ("Addr", texts.addr.clone()),
        ("Body", texts.body.clone()),
        ("Nick", texts.nick.clone()),
        ("omitempty", texts.omitempty.clone()),
        ("Ext", texts.ext.clone()),
        ("FileType", texts.file_type.clone()),
        ("FileContents", text(&texts.file)),
        ("x", more.to_owned()),
    ];
    let there = keys.into_iter().filter(|(_, value)| !value.is_empty());
    let mut object: Map<String, Value> = there.map(|(key, value)| (key.to_owned(), value.into())).collect();
    object.extend(texts.timestamp.map(|time| ("Timestamp".to_owned(), time.into())));
    Value::Object(object).to_string().into_bytes()
}
