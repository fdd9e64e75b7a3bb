//! A link's bytes in, objects out, whatever the cuts. Linear: each byte is scanned once and copied at most once.
//! Must not judge what an object says. Bounds: holds at most one unfinished object, hands over [`BATCH_MAX`] at a time.

use alloc::boxed::Box;
use alloc::vec::Vec;

use arrayvec::ArrayVec;

use super::keys::Key;
use super::object::Object;
use super::repair::repair;
use super::scan::{Malformed, Scanned, Scanner};
use super::text::Text;

/// Most objects that are handed over together: enough that what is looked up for each of them can be fetched from memory at the
/// same time, and few enough to stay in the first cache.
pub const BATCH_MAX: usize = 32;

/// Decodes what one link sends. Small while no object is unfinished: most links are idle most of the time.
#[derive(Debug, Default)]
pub struct Decoder {
    unfinished: Option<Box<Unfinished>>,
    /// Bytes of the link before the current object.
    consumed: u64,
}

/// A file of which some has come, and nothing is checked.
#[derive(Clone, Copy, Debug)]
pub struct ComingFile<'a> {
    /// `ID`; empty where it has not come before the file.
    pub id: Text<'a>,
    /// `Ext`; empty where it has not come before the file.
    pub ext: Text<'a>,
    /// How much of it came, in bytes of Base64.
    pub came: usize,
}

/// What came of an object so far.
#[derive(Debug, Default)]
struct Unfinished {
    scanner: Scanner,
    bytes: Vec<u8>,
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
        if let Some(mut unfinished) = self.unfinished.take() {
            let scanned = self.scan_object(&mut unfinished.scanner, &unfinished.bytes, piece)?;
            let Scanned::Object(end) = scanned else {
                unfinished.bytes.extend_from_slice(piece);
                self.unfinished = Some(unfinished);
                return Ok(());
            };
            let (last, rest) = piece.split_at_checked(end).unwrap_or((piece, &[]));
            unfinished.bytes.extend_from_slice(last);
            self.emit(&unfinished.scanner, &unfinished.bytes, each)?;
            self.consumed = self.consumed.saturating_add(unfinished.bytes.len() as u64);
            piece = rest;
        }
        loop {
            let object = after_space(piece);
            self.consumed = self.consumed.saturating_add(piece.len().abs_diff(object.len()) as u64);
            piece = object;
            if piece.is_empty() {
                return Ok(());
            }
            let mut scanner = Scanner::default();
            let Scanned::Object(end) = self.scan_object(&mut scanner, &[], piece)? else {
                self.unfinished = Some(Box::new(Unfinished { scanner, bytes: piece.to_vec() }));
                return Ok(());
            };
            let (object, rest) = piece.split_at_checked(end).unwrap_or((piece, &[]));
            if is_whole(&scanner, object) {
                batch.push(Object::new(object, scanner.spans));
                if batch.is_full() {
                    hand_over(batch, each);
                }
            } else {
                hand_over(batch, each);
                self.emit(&scanner, object, each)?;
            }
            self.consumed = self.consumed.saturating_add(object.len() as u64);
            piece = rest;
        }
    }

    fn scan_object(&self, scanner: &mut Scanner, before: &[u8], piece: &[u8]) -> Result<Scanned, Malformed> {
        let scanned = scanner.scan(before, piece);
        scanned.map_err(|(rule, offset)| Malformed { rule, byte: self.consumed.saturating_add(offset as u64) })
    }

    /// Hands over an object that does not stand in one piece, or needs repair.
    fn emit(&self, scanner: &Scanner, raw: &[u8], each: &mut impl FnMut(&[Object<'_>])) -> Result<(), Malformed> {
        if is_whole(scanner, raw) {
            each(&[Object::new(raw, scanner.spans)]);
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

    /// What is known of a file that is coming: of the unfinished object, where its FileContents have begun.
    #[must_use]
    pub fn coming_file(&self) -> Option<ComingFile<'_>> {
        let Unfinished { scanner, bytes } = self.unfinished.as_deref()?;
        let text = |key: Key| {
            let span = scanner.spans.get(key as usize).copied().unwrap_or_default();
            Text::new(bytes.get(span.range()).unwrap_or_default(), span.escaped)
        };
        let came = scanner.file_within(bytes.len()).len();
        (came > 0).then(|| ComingFile { id: text(Key::Id), ext: text(Key::Ext), came })
    }

    /// Bytes held of an unfinished object.
    #[must_use]
    pub fn partial_bytes(&self) -> usize {
        self.unfinished.as_ref().map_or(0, |unfinished| unfinished.bytes.len())
    }
}

/// Whether every string of the object is text.
fn is_whole(scanner: &Scanner, raw: &[u8]) -> bool {
    !scanner.lone_surrogate && (!scanner.high || core::str::from_utf8(raw).is_ok())
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
