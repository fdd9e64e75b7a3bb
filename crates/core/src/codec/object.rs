//! One message as it crossed the wire, with its known keys at hand and undecoded. Must not judge it.
//! Bounds: those of the scanner.

use super::decode::Decoder;
use super::keys::Key;
use super::scan::{Malformed, Span};
use super::text::Text;

/// Timestamps below this are in seconds: as milliseconds they would lie in the year 1973.
const SECONDS_MAX: i64 = 100_000_000_000;

/// A valid JSON object. `null` counts as absent, as it does for old peers.
#[derive(Clone, Copy, Debug)]
pub struct Object<'a> {
    raw: &'a [u8],
    spans: [Span; Key::ALL.len()],
}

impl<'a> Object<'a> {
    pub(super) const fn new(raw: &'a [u8], spans: [Span; Key::ALL.len()]) -> Self {
        Self { raw, spans }
    }

    /// The object as it came, from bracket to bracket.
    #[must_use]
    pub const fn raw(&self) -> &'a [u8] {
        self.raw
    }

    fn span(&self, key: Key) -> Span {
        self.spans.get(key as usize).copied().unwrap_or_default()
    }

    fn text(&self, key: Key) -> Text<'a> {
        let span = self.span(key);
        Text::new(self.raw.get(span.range()).unwrap_or_default(), span.escaped)
    }

    /// `ID`; empty where absent.
    #[must_use]
    pub fn id(&self) -> Text<'a> {
        self.text(Key::Id)
    }

    /// `Addr`; empty where absent.
    #[must_use]
    pub fn addr(&self) -> Text<'a> {
        self.text(Key::Addr)
    }

    /// `Body`; empty where absent.
    #[must_use]
    pub fn body(&self) -> Text<'a> {
        self.text(Key::Body)
    }

    /// The author's nick: `Nick`, or where that is absent `omitempty`, the name that the old daemon uses.
    #[must_use]
    pub fn nick(&self) -> Text<'a> {
        if self.span(Key::Nick).present() { self.text(Key::Nick) } else { self.text(Key::Omitempty) }
    }

    /// `Nick` alone; empty where absent.
    #[must_use]
    pub fn nick_key(&self) -> Text<'a> {
        self.text(Key::Nick)
    }

    /// `omitempty` alone; empty where absent.
    #[must_use]
    pub fn omitempty(&self) -> Text<'a> {
        self.text(Key::Omitempty)
    }

    /// `FileType`; empty where absent.
    #[must_use]
    pub fn file_type(&self) -> Text<'a> {
        self.text(Key::FileType)
    }

    /// `Ext`: the text of a JSON object, unchecked. Empty where absent.
    #[must_use]
    pub fn ext(&self) -> Text<'a> {
        self.text(Key::Ext)
    }

    /// How many of its bytes stand neither in ID, Addr and Body nor, where it has an Ext, in what Ext vouches for.
    #[must_use]
    pub fn bytes_beside(&self) -> usize {
        let always = [Key::Id, Key::Addr, Key::Body].as_slice();
        let with_ext = [Key::Ext, Key::Nick, Key::Omitempty, Key::FileType, Key::FileContents].as_slice();
        let vouched = if self.ext().is_empty() { &[] } else { with_ext };
        let known = always.iter().chain(vouched).map(|key| self.text(*key).raw().len());
        known.fold(self.raw.len(), usize::saturating_sub)
    }

    /// Whether it has the key `Nick`, which old peers do not know and drop.
    #[must_use]
    pub fn has_nick(&self) -> bool {
        !self.text(Key::Nick).is_empty()
    }

    /// Whether it is written as the old daemon writes its own: `omitempty` and no `Nick`.
    #[must_use]
    pub fn daemon_style(&self) -> bool {
        self.span(Key::Omitempty).present() && !self.span(Key::Nick).present()
    }

    /// `Timestamp` as it stands; `None` where absent.
    #[must_use]
    pub fn timestamp(&self) -> Option<i64> {
        let digits = self.raw.get(self.span(Key::Timestamp).range())?;
        core::str::from_utf8(digits).ok()?.parse().ok()
    }

    /// When the author says it was said, in milliseconds since the UNIX epoch: small Timestamps are seconds, 0 is none.
    #[must_use]
    pub fn time(&self) -> Option<i64> {
        match self.timestamp()? {
            0 => None,
            seconds if seconds < SECONDS_MAX => Some(seconds.saturating_mul(1000)),
            millis => Some(millis),
        }
    }

    /// `FileContents`: Base64, unchecked. Empty where absent.
    #[must_use]
    pub fn file_contents(&self) -> Text<'a> {
        self.text(Key::FileContents)
    }
}

/// Decodes one whole object, for example one read back from the store.
///
/// # Errors
/// [`Malformed`] as for a link; `None` where `raw` holds no whole object.
pub fn parse<T>(raw: &[u8], with: impl FnOnce(&Object<'_>) -> T) -> Result<Option<T>, Malformed> {
    let mut with = Some(with);
    let mut result = None;
    Decoder::default().feed(raw, |object| {
        if let Some(with) = with.take() {
            result = Some(with(object));
        }
    })?;
    Ok(result)
}
