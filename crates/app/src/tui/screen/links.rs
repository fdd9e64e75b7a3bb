//! Addresses of the web as they may stand in an escape sequence or in an argument, and OSC 8 around the cells that lead there.
//! Must not know where an address comes from: it is anybody's. Bounds: [`URL_BYTES_MAX`], [`LINKS_MAX`] in a frame.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use ratatui::layout::Rect;

/// Longest address, in bytes as it is written: what terminals take (VTE 2,083, <https://gist.github.com/egmontkob/eb114294efbcd5adb1944c9f3cb5feda>).
pub(crate) const URL_BYTES_MAX: usize = 2_048;
/// Places of links in one frame; further ones are plain text. Four for each row of a large terminal (a guess).
const LINKS_MAX: usize = 1_024;
const _: () = assert!(LINKS_MAX < u16::MAX as usize);

/// An address as it may be written: HTTP or HTTPS, printable ASCII alone, the rest as `%XX`. `None` for anything else, or if longer
/// than [`URL_BYTES_MAX`].
pub(crate) fn web_address(text: &str) -> Option<String> {
    let text = text.trim();
    if text.len() > URL_BYTES_MAX {
        return None;
    }
    let scheme = ["http://", "https://"]
        .into_iter()
        .find(|scheme| text.get(..scheme.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(scheme)))?;
    let rest = text.get(scheme.len()..).filter(|rest| rest.starts_with(|c: char| !matches!(c, '/' | '?' | '#')))?;
    let mut url = scheme.to_owned();
    for byte in rest.bytes() {
        if matches!(byte, 0x21..=0x7e) {
            url.push(char::from(byte));
        } else {
            // Writing to a String does not fail.
            let _ = write!(url, "%{byte:02X}");
        }
    }
    (url.len() <= URL_BYTES_MAX).then_some(url)
}

/// Which link each cell of a frame has.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Links {
    area: Rect,
    urls: Vec<String>,
    /// Row by row: one more than the index in `urls`, 0 for none. Empty where there are no links.
    cells: Vec<u16>,
}

impl Links {
    /// Those of a frame of that size; where places overlap, the last one holds. What is no address of the web is left out.
    pub(super) fn new(area: Rect, places: &[(Rect, Option<String>)]) -> Self {
        let mut links = Self { area, ..Self::default() };
        let mut numbers = BTreeMap::new();
        for (place, url) in places.iter().take(LINKS_MAX) {
            let number = match url.as_deref().map(web_address) {
                None => 0,
                Some(None) => continue,
                Some(Some(url)) => *numbers.entry(url).or_insert_with_key(|url| {
                    links.urls.push(url.clone());
                    // At most LINKS_MAX.
                    u16::try_from(links.urls.len()).unwrap_or(0)
                }),
            };
            links.fill(place.intersection(area), number);
        }
        links
    }

    fn fill(&mut self, place: Rect, number: u16) {
        if self.cells.is_empty() {
            if number == 0 {
                return;
            }
            self.cells.resize(usize::from(self.area.width) * usize::from(self.area.height), 0);
        }
        for position in place.positions() {
            if let Some(cell) = self.index(position.x, position.y).and_then(|at| self.cells.get_mut(at)) {
                *cell = number;
            }
        }
    }

    fn index(&self, x: u16, y: u16) -> Option<usize> {
        let (column, row) = (x.checked_sub(self.area.x)?, y.checked_sub(self.area.y)?);
        (column < self.area.width).then(|| usize::from(row) * usize::from(self.area.width) + usize::from(column))
    }

    /// Where the cell leads, if anywhere.
    pub(super) fn at(&self, x: u16, y: u16) -> Option<&str> {
        let number = self.index(x, y).and_then(|at| self.cells.get(at))?;
        self.urls.get(usize::from(*number).checked_sub(1)?).map(String::as_str)
    }
}

/// What begins a link; the parts of one address have one ID, so that a terminal takes them for one link wherever it was wrapped.
pub(super) fn begin(url: &str) -> String {
    let mut hasher = DefaultHasher::new();
    url.hash(&mut hasher);
    format!("\x1b]8;id={:016x};{url}\x1b\\", hasher.finish())
}

/// What ends a link.
pub(super) const END: &str = "\x1b]8;;\x1b\\";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_web_is_linked_and_only_in_plain_bytes() {
        let check = |text: &str, expected: Option<&str>| assert_eq!(web_address(text).as_deref(), expected, "{text:?}");
        check("https://example.org/a?b=c#d", Some("https://example.org/a?b=c#d"));
        check("HTTP://Example.org", Some("http://Example.org"));
        check("https://example.org/é", Some("https://example.org/%C3%A9"));
        check("https://example.org/\x1b]8;;\x07\u{9b}1m x", Some("https://example.org/%1B]8;;%07%C2%9B1m%20x"));
        check("https://example.org/\x7f\n", Some("https://example.org/%7F"));
        for text in [
            "",
            "https://",
            "https:///etc/passwd",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "example.org",
            "ftp://example.org",
            "https:/example.org",
            "-https://example.org",
            "é",
            "http:é//x",
        ] {
            check(text, None);
        }
    }

    #[test]
    fn the_bound_of_an_address_holds_to_the_byte() {
        let of = |bytes: usize, end: &str| format!("https://{}{end}", "a".repeat(bytes - 8 - end.len()));
        assert!(web_address(&of(URL_BYTES_MAX, "")).is_some());
        assert!(web_address(&of(URL_BYTES_MAX + 1, "")).is_none());
        assert!(web_address(&of(URL_BYTES_MAX, "é")).is_none(), "it is longer as it is written");
        assert!(web_address(&of(URL_BYTES_MAX - 4, "é")).is_some());
    }

    #[test]
    fn each_cell_has_the_last_link_put_on_it() {
        let area = Rect::new(0, 0, 4, 2);
        let url = |name: &str| Some(format!("https://{name}"));
        let links = Links::new(
            area,
            &[
                (Rect::new(1, 0, 2, 1), url("a")),
                (Rect::new(0, 1, 9, 9), url("b")),
                (Rect::new(2, 0, 1, 2), None),
                (Rect::new(0, 0, 4, 2), Some("file:///x".to_owned())),
            ],
        );
        let row = |y| (0..5).map(|x| links.at(x, y).map_or('.', |url| url.chars().last().unwrap())).collect::<String>();
        assert_eq!([row(0), row(1), row(2)], [".a...", "bb.b.", "....."]);
    }

    #[test]
    fn parts_of_one_address_have_one_id() {
        let one = begin("https://a");
        assert_eq!(one, begin("https://a"));
        assert_ne!(one[..24], begin("https://b")[..24]);
        assert!(one.starts_with("\x1b]8;id=") && one.ends_with(";https://a\x1b\\"), "{one:?}");
    }
}
