//! What a file is, by its bytes alone. Must not know its name. Bounds: one look at the bytes.

use infer::MatcherType;

use super::name;

const UNKNOWN_TYPE: &str = "application/octet-stream";

/// What bytes show of themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sniffed {
    /// MIME type.
    pub(super) mime: &'static str,
    /// An extension for it that a double click opens and never runs.
    pub(super) extension: &'static str,
    /// They are of a format with a mark of its own, rather than some text or anything at all.
    pub(super) is_marked: bool,
}

/// Looks at the bytes. What a double click would run gets an extension that nothing runs.
pub(super) fn sniff(bytes: &[u8]) -> Sniffed {
    let Some(found) = infer::get(bytes) else {
        let (mime, extension) = if is_plain_text(bytes) { ("text/plain", "txt") } else { (UNKNOWN_TYPE, "bin") };
        return Sniffed { mime, extension, is_marked: false };
    };
    let (extension, is_marked) = match found.matcher_type() {
        MatcherType::Text => ("txt", false),
        MatcherType::App | MatcherType::Custom => ("bin", true),
        _ if name::is_run(found.extension()) => ("bin", true),
        _ => (found.extension(), true),
    };
    Sniffed { mime: found.mime_type(), extension, is_marked }
}

fn is_plain_text(bytes: &[u8]) -> bool {
    let shown = |char: char| !char.is_control() || matches!(char, '\t' | '\n' | '\r');
    !bytes.is_empty() && str::from_utf8(bytes).is_ok_and(|text| text.chars().all(shown))
}

impl Sniffed {
    /// What its author calls it, where the bytes show that it is something else. Of text and of bytes without a mark only a picture, a
    /// sound or the like is said to be something else: any program may have a format of its own.
    pub(super) fn belied(&self, claimed: &str) -> Option<String> {
        let claimed = claimed.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let plain = |mime: &str| mime.replace("/x-", "/").replace("image/jpg", "image/jpeg");
        let top = claimed.split('/').next().unwrap_or_default();
        let belied = if self.is_marked {
            plain(&claimed) != plain(self.mime)
        } else {
            matches!(top, "image" | "audio" | "video" | "font")
        };
        belied.then(|| readable(&claimed))
    }
}

/// Longest type that is told as it stands, in bytes (the registered ones have up to 80).
const CLAIM_BYTES_MAX: usize = 100;

/// What RFC 6838 allows in a type, anything else being no type.
fn readable(claimed: &str) -> String {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$&-^_.+/".contains(&byte);
    if !claimed.is_empty() && claimed.len() <= CLAIM_BYTES_MAX && claimed.bytes().all(allowed) {
        claimed.to_owned()
    } else {
        "something that is no type".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

    #[test]
    fn a_claim_that_the_bytes_belie() {
        for (bytes, claimed, told) in [
            (PNG, "image/png", None),
            (PNG, "IMAGE/PNG; x=y", None),
            (PNG, "image/gif", Some("image/gif")),
            (PNG, "text/html", Some("text/html")),
            (PNG, "", Some("something that is no type")),
            (PNG, "image/\u{202e}gnp", Some("something that is no type")),
            (PNG, &"a".repeat(101), Some("something that is no type")),
            (b"\xff\xd8\xff\xe0", "image/jpg", None),
            (b"{\"a\":1}", "application/json", None),
            (b"<!DOCTYPE html>", "text/plain", None),
            (b"<!DOCTYPE html>", "image/png", Some("image/png")),
            (b"\x00\x01\x02", "application/x-blender", None),
            (b"\x00\x01\x02", "video/mp4", Some("video/mp4")),
        ] {
            assert_eq!(sniff(bytes).belied(claimed).as_deref(), told, "{claimed}");
        }
    }
}
