//! The plain form of a key: a comment, and one line with its version, its seed and, to notice damage, its public key.
//! Must not know files or passphrases. Bounds: whoever reads the bytes keeps them.

use std::str;

use data_encoding::HEXLOWER;
use whispernet_core::identity::SecretKey;
use zeroize::Zeroizing;

use super::error::Fault;

const COMMENT: &str = "# The secret key of a whispernet peer. Whoever has it speaks in its name: show it to nobody.\n";
/// Begins the line of the key, before its version.
const KIND: &str = "whispernet-secret-key-";
/// The version of what follows: seed and public key in hex, `:` before each.
const VERSION: &str = "1";
/// Hexadecimal digits of seed and public key each.
const HEX_DIGITS: usize = 64;

/// As it stands in a file.
pub(super) fn write(key: &SecretKey) -> Zeroizing<Vec<u8>> {
    let length = COMMENT.len() + KIND.len() + VERSION.len() + 2 * (1 + HEX_DIGITS) + 1;
    // As long as it gets: one that grows would leave copies behind.
    let mut text = Zeroizing::new(Vec::with_capacity(length));
    let mut hex = Zeroizing::new([0; HEX_DIGITS]);
    for part in [COMMENT, KIND, VERSION] {
        text.extend_from_slice(part.as_bytes());
    }
    for bytes in [key.seed(), key.public().bytes()] {
        HEXLOWER.encode_mut(bytes, &mut *hex);
        text.push(b':');
        text.extend_from_slice(&*hex);
    }
    text.push(b'\n');
    text
}

/// The key that stands there.
pub(super) fn read(bytes: &[u8]) -> Result<SecretKey, Fault> {
    let text = str::from_utf8(bytes).map_err(|_| Fault::OtherKind)?;
    let mut lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let line = lines.next().ok_or(Fault::Damaged)?;
    let Some((version, rest)) = line.strip_prefix(KIND).map(|rest| rest.split_once(':').unwrap_or((rest, ""))) else {
        return Err(if KIND.starts_with(line) { Fault::Damaged } else { Fault::OtherKind });
    };
    if version != VERSION {
        let is_later = version.parse::<u32>().is_ok_and(|version| version > 1);
        return Err(if is_later { Fault::Later } else { Fault::Damaged });
    }
    let (seed, public) = rest.split_once(':').ok_or(Fault::Damaged)?;
    let mut bytes = Zeroizing::new([0; 32]);
    let fits = seed.len() == HEX_DIGITS && HEXLOWER.decode_mut(seed.as_bytes(), &mut *bytes).is_ok();
    let key = SecretKey::from_seed(&bytes);
    let whole = fits && key.public().to_string() == public && lines.next().is_none();
    if whole { Ok(key) } else { Err(Fault::Damaged) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_nothing_less() {
        let key = SecretKey::from_seed(&[0xa5; 32]);
        let text = write(&key);
        assert_eq!(text.capacity(), text.len(), "it did not grow");
        assert_eq!(read(&text).unwrap().seed(), key.seed());
        let line = &text[..text.len() - 1];
        assert_eq!(read(line).unwrap().seed(), key.seed(), "an editor may take the last line's end");
        for end in 0..line.len() {
            assert_eq!(read(&line[..end]).unwrap_err(), Fault::Damaged, "cut at {end}");
        }
        for at in COMMENT.len()..line.len() {
            let mut other = text.to_vec();
            other[at] ^= 1;
            assert!(read(&other).is_err(), "another byte at {at}");
        }
    }

    #[test]
    fn what_else_may_stand_there() {
        let key = SecretKey::from_seed(&[1; 32]);
        let text = String::from_utf8(write(&key).to_vec()).unwrap();
        let line = text.lines().nth(1).unwrap();
        for (text, fault) in [
            (text.replace("key-1:", "key-2:"), Some(Fault::Later)),
            (text.replace("key-1:", "key-99:whatever"), Some(Fault::Later)),
            (text.replace("key-1:", "key-0:"), Some(Fault::Damaged)),
            (text.replace("key-1:", "key-x:"), Some(Fault::Damaged)),
            (text.replace("key-1:", "key-:"), Some(Fault::Damaged)),
            (format!("{text}{line}\n"), Some(Fault::Damaged)),
            (format!("{line}0"), Some(Fault::Damaged)),
            (line.to_uppercase(), Some(Fault::OtherKind)),
            ("-----BEGIN OPENSSH PRIVATE KEY-----\n".to_owned(), Some(Fault::OtherKind)),
            (line.to_owned(), None),
            (format!("# mine\n\n{line}\r\n# the end\n"), None),
        ] {
            assert_eq!(read(text.as_bytes()).err(), fault, "{text}");
        }
        assert_eq!(read(b"\xff").unwrap_err(), Fault::OtherKind);
    }
}
