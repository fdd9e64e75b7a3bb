//! One key in the place of another: the statement by which both say so, and what it carries over. Must not know how it came here.
//! Bounds: a statement is a word of fixed form; `FORMER_MAX` keys before one.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use data_encoding::BASE64URL_NOPAD;

use super::look::Look;
use super::record::{Record, Standing};
use super::{Change, Trust};
use crate::identity::PublicKey;
use crate::time::UnixMillis;

/// Begins the text that both keys sign.
const DOMAIN: &[u8] = b"whispernet rotate 1\0";
/// Begins the statement, as text.
const PREFIX: &str = "whispernet-rotate:1:";

/// The statement that `new` takes the place of `old`, signed by both: the old key names the new one, and the new one agrees, so that nobody
/// gives a key to somebody who does not want it. It proves itself, whoever passes it on.
///
/// As text it is one word: `whispernet-rotate:1:OLD:NEW:TIME:OLDSIGNATURE:NEWSIGNATURE`, keys and signatures in base64url without padding, the
/// time in decimal digits. It travels in the Body of a message, on a line of its own below one for people ([`Rotation::body`]), so that peers
/// which know nothing of it show text. What both keys sign is `whispernet rotate 1`, a zero byte, the network (32 bytes), the old key, the new
/// key, and the time (ms since the epoch, 8 bytes, big-endian). The time is when it was made, for people to read; nothing is decided by it.
///
/// Whoever hears it before the old key is known here has nothing to carry over, so the new key does well to say it again from time to time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// The key that is given up.
    pub old: PublicKey,
    /// The key that takes its place.
    pub new: PublicKey,
    /// When it was said.
    pub time: UnixMillis,
    /// The old key's signature.
    pub old_signature: [u8; 64],
    /// The new key's.
    pub new_signature: [u8; 64],
}

/// A rotation that was carried out. It is told once: the same statement again is [`RotationError::Known`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotated {
    /// The key that was given up.
    pub old: PublicKey,
    /// The key that is in its place now: the one named, or one that took that one's place already.
    pub new: PublicKey,
    /// By which name the user knows it: the petname, else the nick used last.
    pub name: String,
    /// What changed: the record of the old key is forgotten, that of the new one has all of it.
    pub change: Change,
}

/// Why a rotation was not carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RotationError {
    /// A signature is not that of its key, or is for another network.
    #[error("the statement is not signed by both keys for this network")]
    NotSigned,
    /// It names one key twice, or one that the old key took the place of itself.
    #[error("the statement leads back to the key that it gives up")]
    Loop,
    /// Nothing is known about the old key, so there is nothing to carry over.
    #[error("the key that is given up was never seen here")]
    Unknown,
    /// It was carried out before.
    #[error("this is known already")]
    Known,
    /// The old key has a successor already, and the first one stays. Warn: one of the two statements is made with a stolen key.
    #[error(
        "the key was given up for {first} already, and now names another: it may be stolen; ask its owner which key is right"
    )]
    SecondSuccessor {
        /// The key that took its place.
        first: PublicKey,
    },
}

impl Rotation {
    /// What both keys sign.
    #[must_use]
    pub fn signed_text(network: &[u8; 32], old: &PublicKey, new: &PublicKey, time: UnixMillis) -> Vec<u8> {
        [DOMAIN, network, old.bytes(), new.bytes(), &time.0.to_be_bytes()].concat()
    }

    /// Whether both signed it for this network.
    #[must_use]
    pub fn is_signed(&self, network: &[u8; 32]) -> bool {
        let text = Self::signed_text(network, &self.old, &self.new, self.time);
        self.old.verifies(&text, &self.old_signature) && self.new.verifies(&text, &self.new_signature)
    }

    /// The Body of a message that says so, to people and to peers.
    #[must_use]
    pub fn body(&self) -> String {
        alloc::format!(
            "I have a new key, {}, and give up the one before, {}.\n{self}",
            self.new.short(),
            self.old.short()
        )
    }

    /// Whether a statement may be in `body`: costs little.
    #[must_use]
    pub fn is_in(body: &[u8]) -> bool {
        body.len() > PREFIX.len() && body.windows(PREFIX.len()).any(|part| part == PREFIX.as_bytes())
    }

    /// The first statement in `body`, if there is one. It is not verified yet.
    #[must_use]
    pub fn parse(body: &str) -> Option<Self> {
        let word = body.split_whitespace().find(|word| word.starts_with(PREFIX))?;
        let mut fields = word.strip_prefix(PREFIX)?.split(':');
        let mut next = || fields.next();
        let statement = Self {
            old: PublicKey::new(bytes(next()?)?),
            new: PublicKey::new(bytes(next()?)?),
            time: UnixMillis(next()?.parse::<u64>().ok()?.try_into().ok()?),
            old_signature: bytes(next()?)?,
            new_signature: bytes(next()?)?,
        };
        // One statement has one form: numbers can be written in several.
        (fields.next().is_none() && alloc::format!("{statement}") == word).then_some(statement)
    }
}

impl fmt::Display for Rotation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
        let (old, new, time) = (text(self.old.bytes()), text(self.new.bytes()), self.time.0);
        write!(f, "{PREFIX}{old}:{new}:{time}:{}:{}", text(&self.old_signature), text(&self.new_signature))
    }
}

fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    BASE64URL_NOPAD.decode(text.as_bytes()).ok()?.try_into().ok()
}

impl Trust {
    /// Whether the statement, if it is signed, would change or warn of anything: costs little.
    #[must_use]
    pub fn is_news(&self, statement: &Rotation) -> bool {
        match self.memory.successor(&statement.old) {
            Some(first) => first != self.current(statement.new),
            None => self.memory.get(&statement.old).is_some(),
        }
    }

    /// Carries a rotation out: what is known and was decided about the old key holds for the new one. Where that one is known too, it keeps
    /// its own petname and what it was verified or blocked for, and has of each nick the better standing; a block of either stays. It
    /// carries over to the last of several successors, and from a key that is not in use, nothing.
    ///
    /// # Errors
    ///
    /// Where nothing is carried over; [`RotationError::SecondSuccessor`] is to be told to the user.
    pub fn rotate(
        &mut self,
        now: UnixMillis,
        statement: &Rotation,
        network: &[u8; 32],
    ) -> Result<Rotated, RotationError> {
        let (old, named) = (statement.old, statement.new);
        if !statement.is_signed(network) {
            return Err(RotationError::NotSigned);
        }
        let new = self.current(named);
        if let Some(first) = self.memory.successor(&old) {
            return Err(if old == named {
                RotationError::Loop
            } else if first == new {
                RotationError::Known
            } else {
                RotationError::SecondSuccessor { first }
            });
        }
        if new == old {
            return Err(RotationError::Loop);
        }
        let given_up = self.memory.take(&old).ok_or(RotationError::Unknown)?.record;
        let nick = || given_up.nick().map(|nick| nick.nick.clone());
        let name = given_up.petname.clone().or_else(nick).unwrap_or_default();
        let freed = self.freed(&given_up, new);
        // The old key has left its place to it, in the better one of both their tiers.
        let change = self.memory.change(new, now, |record| {
            record.succeed(given_up, now);
            for nick in record.nicks.iter_mut().filter(|nick| nick.standing == Standing::Changed) {
                if freed.contains(&Look::of(&nick.nick)) {
                    nick.standing = Standing::Pinned;
                }
            }
        });
        Ok(Rotated { old, new, name, change: Change { save: change.unwrap_or_default().save, forget: Some(old) } })
    }

    /// The nicks of `new` that looked like those of the key which it takes the place of, and like nobody else's.
    fn freed(&self, given_up: &Record, new: PublicKey) -> Vec<Look> {
        let held = || given_up.nicks.iter().filter(|nick| nick.standing.is_held()).map(|nick| Look::of(&nick.nick));
        let record = self.memory.get(&new).map(|entry| &entry.record);
        let looks = record.into_iter().flat_map(|record| &record.nicks).map(|nick| Look::of(&nick.nick));
        let is_freed =
            |look: &Look| held().any(|its| its.is_like(look)) && self.memory.holders(look, Some(new)).next().is_none();
        looks.filter(is_freed).collect()
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::super::tests::{World, check, key, statement};
    use super::super::{State, Warning};
    use super::*;

    const NETWORK: [u8; 32] = super::super::tests::NETWORK;

    #[test]
    fn a_statement_travels_as_text() {
        let said = statement(1, 2, 1_700_000_000_000);
        assert!(said.is_signed(&NETWORK) && !said.is_signed(&[0; 32]));
        let body = said.body();
        assert_eq!(body.lines().count(), 2);
        assert_eq!(Rotation::parse(&body), Some(said.clone()));
        assert_eq!(Rotation::parse(&alloc::format!("> {said} and more")), Some(said.clone()));
        let word = said.to_string();
        let cases = [
            String::new(),
            PREFIX.into(),
            word.replace(":1700000000000:", ":01700000000000:"),
            word.replace(":1700000000000:", ":+1700000000000:"),
            word.replace(":1700000000000:", ":-5:"),
            word.replace(":1700000000000:", ":99999999999999999999:"),
            word.replace("rotate:1:", "rotate:2:"),
            alloc::format!("{word}:"),
            alloc::format!("{word}A"),
            word[..word.len() - 1].into(),
            word.to_uppercase(),
        ];
        for text in cases {
            assert_eq!(Rotation::parse(&text), None, "{text}");
        }
    }

    #[test]
    fn what_is_signed_is_fixed() {
        let (old, new) = (PublicKey::new([1; 32]), PublicKey::new([2; 32]));
        let text = Rotation::signed_text(&[3; 32], &old, &new, UnixMillis(0x0102));
        let expected = [b"whispernet rotate 1\0".as_slice(), &[3; 32], &[1; 32], &[2; 32], &[0, 0, 0, 0, 0, 0, 1, 2]];
        assert_eq!(text, expected.concat());
    }

    #[test]
    fn both_must_have_signed_it() {
        let mut world = check(&[(1, "bob", "new bob")]);
        let good = statement(1, 2, 5);
        let other = statement(1, 3, 5);
        for bad in [
            Rotation { old_signature: other.old_signature, ..good.clone() },
            Rotation { new_signature: other.new_signature, ..good.clone() },
            Rotation { old_signature: good.new_signature, new_signature: good.old_signature, ..good.clone() },
            Rotation { new: key(3), ..good.clone() },
            Rotation { old: key(2), new: key(1), ..good.clone() },
            Rotation { time: UnixMillis(6), ..good.clone() },
        ] {
            assert_eq!(world.trust.rotate(world.now(), &bad, &NETWORK), Err(RotationError::NotSigned));
        }
        assert_eq!(world.trust.rotate(world.now(), &good, &[8; 32]), Err(RotationError::NotSigned));
        assert!(world.trust.rotate(world.now(), &good, &NETWORK).is_ok());
    }

    #[test]
    fn what_was_decided_goes_over_to_the_new_key() {
        let mut world = check(&[
            (1, "bob", "new bob"),
            (1, "bob", "pinned bob"),
            (1, "/rotate 2", "bob"),
            (2, "bob", "pinned bob"),
            (2, "", "pinned bob"),
            (1, "bob", "changed bob#!"),
            (3, "bob", "changed bob#!"),
            (4, "anna", "new anna"),
            (4, "/verify 4", ""),
            (4, "/rename Mum", ""),
            (4, "/rotate 5", "Mum"),
            (5, "whatever", "verified Mum"),
        ]);
        assert_eq!(world.say(1, "bob").warning, Some(Warning::Retired { successor: key(2) }));
        world.block(2);
        assert!(world.trust.is_blocked(&key(1)), "the key before as well");
        assert_eq!(world.rotate(2, 6).map(|rotated| rotated.new), Ok(key(6)));
        assert!(world.trust.is_blocked(&key(6)), "a block is not shaken off");
        let former: Vec<_> = world.rows[&key(6)].former.iter().map(|former| former.key).collect();
        assert_eq!(former, [key(1), key(2)]);
    }

    #[test]
    fn replays_loops_chains_and_second_successors() {
        let second = |first| alloc::format!("SecondSuccessor {{ first: {} }}", key(first));
        check(&[
            (1, "/rotate 2", "Unknown"),
            (1, "bob", "new bob"),
            (1, "bob", "pinned bob"),
            (1, "/rotate 1", "Loop"),
            (1, "/rotate 2", "bob"),
            (1, "/rotate 2", "Known"),
            (1, "/rotate 3", &second(2)),
            (2, "/rotate 1", "Loop"),
            (2, "/rotate 4", "bob"),
            (4, "/rotate 1", "Loop"),
            (4, "/rotate 2", "Loop"),
            (1, "/rotate 2", "Known"),
            (1, "/rotate 4", "Known"),
            (1, "/rotate 3", &second(4)),
            (4, "bob", "pinned bob"),
            (2, "bob", "changed bob#!"),
            (3, "bob", "changed bob#!"),
            // To a key that was given up itself: to the one in its place.
            (5, "zoe", "new zoe"),
            (5, "/rotate 2", "zoe"),
            (4, "", "pinned bob"),
            (6, "zoe", "new zoe#"),
        ]);
    }

    #[test]
    fn a_new_key_that_is_known_keeps_what_is_better() {
        // It announced itself under the old one's nick.
        check(&[
            (1, "bob", "new bob"),
            (1, "bob", "pinned bob"),
            (2, "bob", "changed bob#!"),
            (2, "BOB", "changed BOB#!"),
            (2, "b\u{43e}b", "changed b\u{43e}b#!"),
            (1, "/rotate 2", "bob"),
            (2, "bob", "pinned bob"),
            (2, "b\u{43e}b", "pinned b\u{43e}b#!"),
        ]);
        // It looks like somebody else too, who still holds that nick.
        check(&[
            (1, "Kari", "new Kari"),
            (1, "Kari", "pinned Kari"),
            (3, "Karl", "new Karl"),
            (3, "Karl", "pinned Karl"),
            (2, "KarI", "changed KarI#!"),
            (1, "/rotate 2", "Kari"),
            (2, "KarI", "changed KarI#!"),
        ]);
        let mut world = check(&[
            (1, "bob", "new bob"),
            (1, "/rename Uncle", ""),
            (2, "robert", "new robert"),
            (2, "/rename Bob", ""),
            (2, "/verify 2", ""),
            (1, "/rotate 2", "Uncle"),
            (2, "robert", "verified Bob"),
            (2, "bob", "verified Bob"),
            (3, "uncle", "new uncle"),
        ]);
        let at = world.rows[&key(2)].verified;
        world.now += 10;
        world.verify(2);
        assert_eq!(world.rows[&key(2)].verified, at, "when it was verified first");
    }

    #[test]
    fn only_the_last_keys_before_one_are_remembered() {
        let mut world = World::default();
        world.say(1, "bob");
        for n in 1..20 {
            world.rotate(n, n + 1).unwrap();
        }
        let former = &world.rows[&key(20)].former;
        assert_eq!((former.len(), former[0].key), (super::super::FORMER_MAX, key(12)));
        assert_eq!(world.trust.current(key(12)), key(20));
        assert_eq!(world.say(11, "bob").state, State::New, "forgotten: a stranger");
    }
}
