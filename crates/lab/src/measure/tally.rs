//! What one receiver got of a script: which messages, and whether each came once and in order.
//! Must not know sockets or clocks. Bounds: an unfinished object, and the numbers that are missing.

use std::collections::BTreeSet;

use anyhow::{Context, ensure};
use serde_json::Value;

use super::script::Script;

/// Longest object that a peer may send.
const OBJECT_BYTES_MAX: usize = 16 << 20;

/// Deliveries to one receiver.
#[derive(Default)]
pub(super) struct Tally {
    /// The number after the highest that came.
    next: usize,
    /// So many bytes of it have come, exactly as they were said.
    begun: usize,
    /// An object that is not the next one word for word, as far as it came.
    odd: Vec<u8>,
    missing: BTreeSet<usize>,
    pub(super) twice: usize,
    pub(super) out_of_order: usize,
}

impl Tally {
    /// How many of the script have come.
    pub(super) fn delivered(&self) -> usize {
        self.next - self.missing.len()
    }

    /// Takes what was read, and tells each number that came to `each`.
    pub(super) fn take(&mut self, script: &Script, mut read: &[u8], mut each: impl FnMut(usize)) -> anyhow::Result<()> {
        while !read.is_empty() {
            if self.odd.is_empty() {
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
                let begun = script.from(self.next).get(..self.begun).unwrap_or_default();
                self.odd.extend_from_slice(begun);
                self.begun = 0;
            }
            read = self.take_odd(script, read, &mut each)?;
        }
        Ok(())
    }

    /// Takes the object that `odd` began, up to its end if that is in `read`.
    fn take_odd<'a>(
        &mut self,
        script: &Script,
        read: &'a [u8],
        each: &mut impl FnMut(usize),
    ) -> anyhow::Result<&'a [u8]> {
        let before = self.odd.len();
        // An object ends at a bracket: to try each is quick, since odd objects are short or rare.
        for (at, _) in read.iter().enumerate().filter(|(_, byte)| **byte == b'}') {
            self.odd.extend_from_slice(read.get(self.odd.len() - before..=at).unwrap_or_default());
            if let Ok(object) = serde_json::from_slice::<Value>(&self.odd) {
                self.odd.clear();
                if let Some(number) = object.get("ID").and_then(Value::as_str).and_then(|id| script.number(id)) {
                    self.arrived(number, each);
                }
                let rest = read.get(at + 1..).unwrap_or_default();
                return Ok(rest.trim_ascii_start());
            }
        }
        self.odd.extend_from_slice(read.get(self.odd.len() - before..).context("no more was taken than came")?);
        ensure!(self.odd.len() <= OBJECT_BYTES_MAX, "the peer sent what is no object");
        if self.odd.trim_ascii().is_empty() {
            self.odd.clear();
        }
        Ok(&[])
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
        Script::new(1, "127.0.0.1:9".parse().unwrap(), 10, 50)
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
        for between in ["", "{\"ID\":\"hello\",\"Body\":\"}{\"}\n", "\n", "{\"ID\":\"m0001-\"} "] {
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
            let other = format!("{{\"Timestamp\":0, \"ID\":{}, \"Body\":{}}}\n", object["ID"], object["Body"]);
            tally.take(&script, other.as_bytes(), |_| count += 1).unwrap();
        }
        assert_eq!((tally.delivered(), count), (50, 50));
    }
}
