//! What one receiver got of a script: which messages, and whether each came once and in order.
//! Must not know sockets or clocks. Bounds: an unfinished object, and the numbers that are missing.

use std::collections::BTreeSet;

use anyhow::{Context, bail, ensure};
use serde_json::Value;

use super::deliveries::Deliveries;
use super::script::Script;

/// Longest object that a peer may send.
const OBJECT_BYTES_MAX: usize = 16 << 20;
/// So much of what is no object is told.
const TOLD_BYTES: usize = 60;

/// Deliveries to one receiver.
#[derive(Default)]
pub(super) struct Tally {
    /// The number after the highest that came.
    next: usize,
    /// So many bytes of it have come, exactly as they were said.
    begun: usize,
    /// An object that is not the next one word for word, as far as it came.
    odd: Odd,
    missing: BTreeSet<usize>,
    twice: usize,
    out_of_order: usize,
    altered: usize,
}

/// An object up to where it has come.
#[derive(Default)]
struct Odd {
    bytes: Vec<u8>,
    depth: usize,
    in_string: bool,
    escaped: bool,
}

impl Odd {
    /// Takes what belongs to it, white space before it too. How many bytes that were, and whether they end it.
    fn take(&mut self, read: &[u8]) -> anyhow::Result<(usize, bool)> {
        if self.bytes.is_empty() {
            let spaces = read.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            if spaces > 0 {
                return Ok((spaces, false));
            }
            if read.first().is_some_and(|byte| *byte != b'{') {
                let told = read.get(..TOLD_BYTES).unwrap_or(read);
                bail!("the peer sent what is no object: {:?}", String::from_utf8_lossy(told));
            }
        }
        let end = read.iter().position(|byte| self.ends_with(*byte));
        let taken = end.map_or(read.len(), |end| end + 1);
        self.bytes.extend_from_slice(read.get(..taken).unwrap_or_default());
        ensure!(self.bytes.len() <= OBJECT_BYTES_MAX, "the peer sent an object over {OBJECT_BYTES_MAX} bytes");
        Ok((taken, end.is_some()))
    }

    fn ends_with(&mut self, byte: u8) -> bool {
        if self.in_string {
            self.in_string = byte != b'"' || self.escaped;
            self.escaped = byte == b'\\' && !self.escaped;
            return false;
        }
        match byte {
            b'"' => self.in_string = true,
            b'{' => self.depth += 1,
            b'}' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        byte == b'}' && self.depth == 0
    }
}

impl Tally {
    /// How many of the script have come.
    pub(super) fn delivered(&self) -> usize {
        self.next - self.missing.len()
    }

    /// What became of a script so far.
    pub(super) fn deliveries(&self, script: &Script) -> Deliveries {
        let Self { twice, out_of_order, altered, .. } = *self;
        Deliveries { owed: script.count(), lost: script.count() - self.delivered(), twice, out_of_order, altered }
    }

    /// Takes what was read, and tells each number that came to `each`.
    pub(super) fn take(&mut self, script: &Script, mut read: &[u8], mut each: impl FnMut(usize)) -> anyhow::Result<()> {
        while !read.is_empty() {
            if self.odd.bytes.is_empty() {
                let rest = script.from(self.next).get(self.begun..).unwrap_or_default();
                let length = rest.len().min(read.len());
                let same = match (rest.get(..length), read.get(..length)) {
                    (Some(expected), Some(came)) if expected == came => length,
                    (Some(expected), Some(came)) => expected.iter().zip(came).take_while(|(a, b)| a == b).count(),
                    _ => 0,
                };
                let before = self.next;
                self.begun += same;
                self.next += self.begun / script.message_bytes();
                self.begun %= script.message_bytes();
                (before..self.next).for_each(&mut each);
                read = read.get(same..).unwrap_or_default();
                if read.is_empty() {
                    return Ok(());
                }
                // What began like the next message is another one.
                let mut begun = script.from(self.next).get(..self.begun).unwrap_or_default();
                self.begun = 0;
                while !begun.is_empty() {
                    begun = self.take_odd(script, begun, &mut each)?;
                }
            }
            read = self.take_odd(script, read, &mut each)?;
        }
        Ok(())
    }

    /// Takes `read` up to the end of one object at most; gives what is left.
    fn take_odd<'a>(
        &mut self,
        script: &Script,
        read: &'a [u8],
        each: &mut impl FnMut(usize),
    ) -> anyhow::Result<&'a [u8]> {
        let (taken, ended) = self.odd.take(read)?;
        if ended {
            let bytes = std::mem::take(&mut self.odd).bytes;
            let object: Value = serde_json::from_slice(&bytes).context("the peer sent what is no JSON")?;
            match script.find(&object) {
                Some((number, true)) => self.arrived(number, each),
                Some((_, false)) => self.altered += 1,
                None => {}
            }
        }
        Ok(read.get(taken..).unwrap_or_default())
    }

    fn arrived(&mut self, number: usize, each: &mut impl FnMut(usize)) {
        if number >= self.next {
            self.missing.extend(self.next..number);
            self.next = number + 1;
        } else if self.missing.remove(&number) {
            self.out_of_order += 1;
        } else {
            self.twice += 1;
            return;
        }
        each(number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script() -> Script {
        Script::new("127.0.0.1:9".parse().unwrap(), 10, 50)
    }

    /// What a tally says of `numbers`, with `between` before each, in pieces of `piece` bytes.
    fn tally(numbers: &[usize], between: &str, piece: usize) -> (Tally, Vec<usize>) {
        let script = script();
        let mut bytes = Vec::new();
        for number in numbers {
            bytes.extend_from_slice(between.as_bytes());
            bytes.extend_from_slice(&script.from(*number)[..script.message_bytes()]);
        }
        let (mut tally, mut came) = (Tally::default(), Vec::new());
        for piece in bytes.chunks(piece) {
            tally.take(&script, piece, |number| came.push(number)).unwrap();
        }
        (tally, came)
    }

    #[test]
    fn whole_and_in_order_at_any_split() {
        let all: Vec<usize> = (0..50).collect();
        for between in ["", "{\"ID\":\"hello\",\"Body\":\"}{\"}\n", "\n", "{\"ID\":\"00\"} "] {
            for piece in [1, 7, 64, 1000, 10_000] {
                let (tally, came) = tally(&all, between, piece);
                assert_eq!((tally.delivered(), tally.twice, tally.out_of_order), (50, 0, 0), "{between:?} {piece}");
                assert_eq!(came, all);
            }
        }
    }

    #[test]
    fn lost_twice_and_out_of_order() {
        for piece in [1, 50, 10_000] {
            let (tally, came) = tally(&[0, 1, 5, 3, 3, 4, 6, 0, 9], "", piece);
            assert_eq!((tally.delivered(), tally.twice, tally.out_of_order), (7, 2, 2));
            assert_eq!(came, [0, 1, 5, 3, 4, 6, 9]);
        }
    }

    #[test]
    fn written_anew_by_a_peer() {
        let script = script();
        let (mut tally, mut count) = (Tally::default(), 0);
        for number in 0..50 {
            let message = &script.from(number)[..script.message_bytes()];
            let object: Value = serde_json::from_slice(message).unwrap();
            let (id, addr, body) = (&object["ID"], &object["Addr"], &object["Body"]);
            let other = format!(r#"{{"x":[{{"}}":"\\\"}}"}}], "ID":{id}, "Addr":{addr}, "Body":{body}}}"#);
            tally.take(&script, other.as_bytes(), |_| count += 1).unwrap();
        }
        assert_eq!((tally.deliveries(&script), count), (Deliveries { owed: 50, ..Deliveries::default() }, 50));
    }

    #[test]
    fn without_what_parts_the_messages() {
        let script = script();
        let mut tally = Tally::default();
        for number in 0..50 {
            let message = &script.from(number)[..script.message_bytes() - 1];
            tally.take(&script, message, |_| {}).unwrap();
        }
        // The last one is whole when something else comes.
        tally.take(&script, b"{}", |_| {}).unwrap();
        assert_eq!(tally.delivered(), 50);
    }

    #[test]
    fn altered_is_lost() {
        let script = script();
        let mut tally = Tally::default();
        let mut altered = script.bytes().to_vec();
        // The last letter of the Body.
        for number in [0, 7, 49] {
            altered[(number + 1) * script.message_bytes() - 4] = b'y';
        }
        tally.take(&script, &altered, |_| {}).unwrap();
        let expected = Deliveries { owed: 50, lost: 3, altered: 3, ..Deliveries::default() };
        // What the altered ones made room for came in order.
        assert_eq!(tally.deliveries(&script), expected);
        assert!(!expected.are_whole() && expected.came() == 47);
    }

    #[test]
    fn what_is_no_object_is_told() {
        for (bytes, words) in [("HTTP/1.1 400", "no object"), ("[", "no object"), ("{\"ID\":}", "no JSON")] {
            let error = Tally::default().take(&script(), bytes.as_bytes(), |_| {}).unwrap_err();
            assert!(error.to_string().contains(words), "{error}");
        }
    }
}
