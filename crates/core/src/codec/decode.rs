//! A link's bytes in, objects out, whatever the cuts. Linear: each byte is scanned once and copied at most once.
//! Must not judge what an object says. Bounds: holds at most one unfinished object, hands over [`BATCH_MAX`] at a time.

use alloc::vec::Vec;
use core::mem;

use arrayvec::ArrayVec;

use super::object::Object;
use super::repair::repair;
use super::scan::{Malformed, Scanned, Scanner};

/// Most objects that are handed over together: enough that what is looked up for each of them can be fetched from memory at the
/// same time, and few enough to stay in the first cache.
pub const BATCH_MAX: usize = 32;

/// Decodes what one link sends. Holds no buffer while no object is unfinished.
#[derive(Debug, Default)]
pub struct Decoder {
    scanner: Scanner,
    /// What came of an unfinished object.
    partial: Vec<u8>,
    /// Bytes of the link before the current object.
    consumed: u64,
}

impl Decoder {
    /// Decodes `piece`, which follows what was fed before, and hands each object that ends in it to `each`.
    ///
    /// # Errors
    /// [`Malformed`] at the first broken rule; all objects before it were handed on. The link is to be closed, and this
    /// decoder not fed again.
    pub fn feed(&mut self, piece: &[u8], mut each: impl FnMut(&Object<'_>)) -> Result<(), Malformed> {
        self.feed_batches(piece, |objects| objects.iter().for_each(&mut each))
    }

    /// The same, with the objects handed over in batches of one to [`BATCH_MAX`], in order.
    ///
    /// # Errors
    /// As [`Decoder::feed`].
    pub fn feed_batches(&mut self, piece: &[u8], mut each: impl FnMut(&[Object<'_>])) -> Result<(), Malformed> {
        let mut batch = Batch::new();
        let fed = self.scan(piece, &mut batch, &mut each);
        hand_over(&mut batch, &mut each);
        fed
    }

    fn scan<'p>(
        &mut self,
        mut piece: &'p [u8],
        batch: &mut Batch<'p>,
        each: &mut impl FnMut(&[Object<'_>]),
    ) -> Result<(), Malformed> {
        loop {
            if self.partial.is_empty() {
                let object = after_space(piece);
                self.consumed = self.consumed.saturating_add(piece.len().abs_diff(object.len()) as u64);
                piece = object;
            }
            if piece.is_empty() {
                return Ok(());
            }
            let scanned = self
                .scanner
                .scan(&self.partial, piece)
                .map_err(|(rule, offset)| Malformed { rule, byte: self.consumed.saturating_add(offset as u64) })?;
            let Scanned::Object(end) = scanned else {
                self.partial.extend_from_slice(piece);
                return Ok(());
            };
            let (last, rest) = piece.split_at_checked(end).unwrap_or((piece, &[]));
            let mut object = mem::take(&mut self.partial);
            let length = object.len().saturating_add(last.len());
            if object.is_empty() && self.is_whole(last) {
                batch.push(Object::new(last, self.scanner.spans));
                if batch.is_full() {
                    hand_over(batch, each);
                }
            } else {
                object.extend_from_slice(last);
                hand_over(batch, each);
                self.emit(&object, each)?;
            }
            self.scanner.start_over();
            self.consumed = self.consumed.saturating_add(length as u64);
            piece = rest;
        }
    }

    /// Whether every string of the object is text.
    fn is_whole(&self, raw: &[u8]) -> bool {
        !self.scanner.lone_surrogate && (!self.scanner.high || core::str::from_utf8(raw).is_ok())
    }

    /// Hands over an object that does not stand in one piece, or needs repair.
    fn emit(&self, raw: &[u8], each: &mut impl FnMut(&[Object<'_>])) -> Result<(), Malformed> {
        if self.is_whole(raw) {
            each(&[Object::new(raw, self.scanner.spans)]);
            return Ok(());
        }
        let repaired = repair(raw);
        let mut scanner = Scanner::default();
        match scanner.scan(&[], &repaired) {
            Ok(_) => {
                each(&[Object::new(&repaired, scanner.spans)]);
                Ok(())
            }
            Err((rule, _)) => Err(Malformed { rule, byte: self.consumed }),
        }
    }

    /// Bytes held of an unfinished object.
    #[must_use]
    pub const fn partial_bytes(&self) -> usize {
        self.partial.len()
    }
}

/// Objects that wait to be handed over together.
type Batch<'p> = ArrayVec<Object<'p>, BATCH_MAX>;

fn hand_over(batch: &mut Batch<'_>, each: &mut impl FnMut(&[Object<'_>])) {
    if !batch.is_empty() {
        each(batch);
        batch.clear();
    }
}

/// Without leading white space as JSON has it (no form feed).
fn after_space(bytes: &[u8]) -> &[u8] {
    let start = bytes.iter().position(|b| !matches!(b, b' ' | b'\t' | b'\r' | b'\n')).unwrap_or(bytes.len());
    bytes.get(start..).unwrap_or_default()
}
