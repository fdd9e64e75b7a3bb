//! A file of the user on its way out: named, looked at, and told of in a line. Must not know when it goes.
//! Bounds: [`FILE_SEND_BYTES_MAX`], and those of a name.

use sha2::{Digest, Sha256};
use whispernet_core::identity::{FILE_NAME_BYTES_MAX, FileFacts};
use whispernet_core::node::{FILE_SEND_BYTES_MAX, SentFile};

use crate::handle::{Attachment, SayError};
use crate::store::{Files, name};

/// Units from the million on, each a thousand of the one before it.
const UNITS: [&str; 3] = ["MB", "GB", "TB"];

/// The file as it goes out: its type by its bytes, its name without what no disk takes.
pub(crate) fn ready(attachment: Attachment) -> Result<SentFile, SayError> {
    let Attachment { name, bytes } = attachment;
    if bytes.is_empty() {
        return Err(SayError::FileEmpty);
    }
    if bytes.len() > FILE_SEND_BYTES_MAX {
        return Err(SayError::FileTooLarge { bytes: bytes.len() as u64, max: FILE_SEND_BYTES_MAX });
    }
    let name = Some(name).filter(|name| name.len() <= FILE_NAME_BYTES_MAX).and_then(|name| name::clean(&name));
    let name = name.ok_or(SayError::FileName)?;
    let (file, _) = Files::describe(&bytes, None);
    Ok(SentFile::new(name, file.mime, &bytes, Sha256::digest(&bytes).into()))
}

/// What old peers read in the place of the file.
pub(crate) fn body(facts: &FileFacts) -> String {
    format!("sends {}, {}, {}", facts.name, facts.kind, size(facts.size))
}

/// A number of bytes as people read it, a kB being 1,000 of them: `812 B`, `12 kB`, `1.2 MB`.
pub fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => return format!("{bytes} B"),
        1_000..999_500 => return format!("{} kB", (bytes + 500) / 1_000),
        _ => {}
    }
    let mut tenths = bytes.saturating_add(50_000) / 100_000;
    let mut units = UNITS.iter();
    let mut unit = units.next();
    while tenths >= 10_000 && !units.as_slice().is_empty() {
        tenths = (tenths + 500) / 1_000;
        unit = units.next();
    }
    format!("{}.{} {}", tenths / 10, tenths % 10, unit.unwrap_or(&""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn told_in_a_line_that_old_peers_show() {
        for (bytes, words) in [
            (1, "sends cat.gif, text/plain, 1 B"),
            (812, "sends cat.gif, text/plain, 812 B"),
            (999, "sends cat.gif, text/plain, 999 B"),
            (1_000, "sends cat.gif, text/plain, 1 kB"),
            (12_345, "sends cat.gif, text/plain, 12 kB"),
            (999_499, "sends cat.gif, text/plain, 999 kB"),
            (999_500, "sends cat.gif, text/plain, 1.0 MB"),
            (FILE_SEND_BYTES_MAX, "sends cat.gif, text/plain, 1.0 MB"),
        ] {
            let sent = ready(Attachment { name: "../x/cat.gif".to_owned(), bytes: vec![b'x'; bytes] }).unwrap();
            assert_eq!(body(&sent.facts), words);
            assert_eq!(sent.facts.size, bytes as u64);
        }
    }

    #[test]
    fn what_cannot_be_sent() {
        let error = |name: &str, bytes: usize| {
            let attachment = Attachment { name: name.to_owned(), bytes: vec![b'x'; bytes] };
            ready(attachment).err().map(|error| error.to_string())
        };
        assert!(error("a", 0).is_some_and(|text| text.contains("empty")));
        let large = error("a", FILE_SEND_BYTES_MAX + 1).unwrap();
        assert!(large.contains("1048577") && large.contains("1 MiB") && large.contains("secured links"), "{large}");
        for name in ["", "..", "a/..", &"n".repeat(256)] {
            assert!(error(name, 1).is_some_and(|text| text.contains("name")), "{name}");
        }
        assert_eq!(error(&"n".repeat(255), 1), None);
    }

    #[test]
    fn sizes() {
        for (bytes, words) in [
            (0, "0 B"),
            (999, "999 B"),
            (1_000, "1 kB"),
            (12_345, "12 kB"),
            (12_500, "13 kB"),
            (999_499, "999 kB"),
            (999_500, "1.0 MB"),
            (1_048_576, "1.0 MB"),
            (1_234_567, "1.2 MB"),
            (999_949_999, "999.9 MB"),
            (999_950_000, "1.0 GB"),
            (4_500_000_000, "4.5 GB"),
            (u64::MAX, "18446744.1 TB"),
        ] {
            assert_eq!(size(bytes), words, "of {bytes}");
        }
    }
}
