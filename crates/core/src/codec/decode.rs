//! A link's bytes in, objects out, whatever the cuts. Linear: each byte is scanned once and copied at most once.
//! Must not judge what an object says. Bounds: holds at most one unfinished object.

use alloc::vec::Vec;
use core::mem;

use super::object::Object;
use super::repair::repair;
use super::scan::{Malformed, Scanned, Scanner};

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
    pub fn feed(&mut self, mut piece: &[u8], mut each: impl FnMut(&Object<'_>)) -> Result<(), Malformed> {
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
            let partial = mem::take(&mut self.partial);
            let length = partial.len().saturating_add(last.len());
            if partial.is_empty() {
                self.emit(last, &mut each)?;
            } else {
                let mut object = partial;
                object.extend_from_slice(last);
                self.emit(&object, &mut each)?;
            }
            self.scanner = Scanner::default();
            self.consumed = self.consumed.saturating_add(length as u64);
            piece = rest;
        }
    }

    fn emit(&self, raw: &[u8], each: &mut impl FnMut(&Object<'_>)) -> Result<(), Malformed> {
        let whole = !self.scanner.lone_surrogate && (!self.scanner.high || core::str::from_utf8(raw).is_ok());
        if whole {
            each(&Object::new(raw, self.scanner.spans));
            return Ok(());
        }
        let repaired = repair(raw);
        let mut scanner = Scanner::default();
        match scanner.scan(&[], &repaired) {
            Ok(_) => {
                each(&Object::new(&repaired, scanner.spans));
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

/// Without leading white space as JSON has it (no form feed).
fn after_space(bytes: &[u8]) -> &[u8] {
    let start = bytes.iter().position(|b| !matches!(b, b' ' | b'\t' | b'\r' | b'\n')).unwrap_or(bytes.len());
    bytes.get(start..).unwrap_or_default()
}
