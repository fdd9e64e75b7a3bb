//! The files that the page needs beside itself: part of the program, and named by what is in them.
//! Must not know HTTP. Bounds: three files.

use std::sync::LazyLock;

use super::{gzip, script};

/// One file.
pub(crate) struct Asset {
    /// `/assets/` and its name, which changes with what is in it: it can be kept for ever.
    pub(crate) path: String,
    /// Its MIME type.
    pub(crate) mime: &'static str,
    /// What is in it.
    pub(crate) text: String,
    /// The same in the gzip format.
    pub(crate) packed: Vec<u8>,
}

/// How the page looks.
pub(crate) static STYLE: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("style", "css", "text/css; charset=utf-8", include_str!("style.css").to_owned()));

/// Its sign in tabs and bookmarks.
pub(crate) static ICON: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("icon", "svg", "image/svg+xml", include_str!("icon.svg").to_owned()));

/// What makes it live.
pub(crate) static SCRIPT: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("script", "js", "text/javascript; charset=utf-8", script::linked()));

/// All of them.
fn all() -> impl Iterator<Item = &'static Asset> {
    [&STYLE, &ICON, &SCRIPT].into_iter().map(|asset| &**asset)
}

/// The file at that path.
pub(crate) fn find(path: &str) -> Option<&'static Asset> {
    all().find(|asset| asset.path == path)
}

/// Makes them ready before somebody asks: that takes some milliseconds.
pub(crate) fn pack() {
    all().for_each(drop);
}

impl Asset {
    fn new(name: &str, extension: &str, mime: &'static str, text: String) -> Self {
        let path = format!("/assets/{name}-{:016x}.{extension}", fnv(&text));
        Self { path, mime, packed: gzip::pack(text.as_bytes()), text }
    }
}

/// FNV-1a, 64 bits: tells versions of our own files apart, and keeps nobody out.
fn fnv(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_by_their_whole_path() {
        assert!(find(&STYLE.path).is_some_and(|asset| asset.mime.starts_with("text/css")));
        assert!(find(&ICON.path).is_some_and(|asset| asset.mime == "image/svg+xml"));
        assert!(find(&SCRIPT.path).is_some_and(|asset| asset.mime.starts_with("text/javascript")));
        for path in ["/assets/", "/assets/style.css", "/assets/script.js", "/assets/../style.css", ""] {
            assert!(find(path).is_none(), "{path}");
        }
    }

    #[test]
    fn names_change_with_the_contents() {
        // Of the reference list at isthe.com/chongo/tech/comp/fnv.
        assert_eq!((fnv(""), fnv("foobar")), (0xcbf2_9ce4_8422_2325, 0x8594_4171_f739_67e8));
    }

    #[test]
    fn style_and_icon_ask_nothing_from_elsewhere() {
        for asset in [&STYLE, &ICON] {
            for word in ["http:", "https:", "@import", "url(", "<script", "javascript"] {
                let text = asset.text.replace("http://www.w3.org/2000/svg", "");
                assert!(!text.contains(word), "{word} in {}", asset.path);
            }
        }
    }
}
