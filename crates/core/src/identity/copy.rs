//! What a copy of a signed message is worth: relays drop keys that they do not know, and anybody can add some. Must not know
//! which copies came before. Bounds: the caller's on each text; a file is decoded `STEP_CHARS` at a time.

use data_encoding::BASE64;
use sha2::{Digest, Sha256};
use thiserror::Error;

use super::ext::{Ext, ExtFault, FileFacts};
use super::token::{Token, hash_of_ext};
use crate::rank::Rank;

/// Base64 that is decoded in one step.
const STEP_CHARS: usize = 4 * STEP_BYTES / 3;
/// What comes of it, in bytes (a guess: some blocks of the hash, and little on the stack).
const STEP_BYTES: usize = 3 * 1024;

/// What stands beside ID, Addr and Body in one copy, escapes undone. What is absent is empty.
#[derive(Clone, Copy, Debug, Default)]
pub struct Beside<'a> {
    /// `Timestamp`, just as it stands.
    pub timestamp: Option<i64>,
    /// The text of `Ext`.
    pub ext: &'a str,
    /// `Nick`.
    pub nick: &'a str,
    /// `omitempty`, where old daemons look for the nick.
    pub omitempty: &'a str,
    /// `FileType`.
    pub file_type: &'a str,
    /// `FileContents`: Base64.
    pub file_contents: &'a [u8],
}

/// Why a copy is dropped. The message may still come in a better one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CopyFault {
    /// Another time than the token's.
    #[error("Timestamp differs from the signed time")]
    Timestamp,
    /// The author signed no Ext.
    #[error("Ext beside an ID that was signed without one")]
    ExtUnsigned,
    /// The author signed another Ext.
    #[error("Ext differs from the signed one")]
    ExtHash,
    /// What the author signed is none.
    #[error(transparent)]
    Ext(ExtFault),
    /// `Nick` or `omitempty` differs from the nick in Ext.
    #[error("nick differs from the one in Ext")]
    Nick,
    /// `FileType` differs from the type in Ext.
    #[error("FileType differs from the one in Ext")]
    FileType,
    /// FileContents that no Ext beside them names.
    #[error("FileContents that no Ext names")]
    FileUnsigned,
    /// FileContents that are no Base64.
    #[error("FileContents are no Base64")]
    FileNotBase64,
    /// FileContents of another length than Ext names.
    #[error("FileContents differ from Ext in size")]
    FileSize,
    /// FileContents of another hash than Ext names.
    #[error("FileContents differ from Ext in hash")]
    FileHash,
}

impl CopyFault {
    /// Its name among counters.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Timestamp => "copy_timestamp",
            Self::ExtUnsigned => "copy_ext_unsigned",
            Self::ExtHash => "copy_ext_hash",
            Self::Ext(fault) => fault.name(),
            Self::Nick => "copy_nick",
            Self::FileType => "copy_file_type",
            Self::FileUnsigned => "copy_file_unsigned",
            Self::FileNotBase64 => "copy_file_not_base64",
            Self::FileSize => "copy_file_size",
            Self::FileHash => "copy_file_hash",
        }
    }
}

impl Beside<'_> {
    /// The rank of the copy if all of it holds. Costs nothing: a copy that cannot be worth more than one that is there already
    /// needs no other look.
    #[must_use]
    pub const fn rank_at_most(&self) -> Rank {
        match (self.ext.is_empty(), self.file_contents.is_empty()) {
            (true, _) => Rank::Bare,
            (false, true) => Rank::WithExt,
            (false, false) => Rank::WithFile,
        }
    }
}

/// Whether all that stands beside `token` is what its author said: then the rank of the copy, and its Ext. Says nothing of the
/// signature.
///
/// * **Timestamp** is the token's time, absent, or 0: one old peer leaves it out, the other then adds a 0. Neither changes a
///   number.
/// * **Ext** has the hash in the token. Without it the copy is bare, and what `Nick` and `FileType` say has nobody's word.
/// * With Ext, **Nick**, **omitempty** and **FileType** say the same as it, and are absent where it does not name them: who keeps an
///   unknown key like Ext keeps those too.
/// * **FileContents** have the size and hash in Ext. Without Ext there are none: who drops it drops them too.
///
/// # Errors
/// [`CopyFault`].
pub fn judge(token: &Token, beside: &Beside<'_>) -> Result<(Rank, Option<Ext>), CopyFault> {
    if beside.timestamp.is_some_and(|timestamp| timestamp != 0 && timestamp != token.time().0) {
        return Err(CopyFault::Timestamp);
    }
    let ext = if beside.ext.is_empty() { None } else { Some(vouched(token, beside)?) };
    if !beside.file_contents.is_empty() {
        let facts = ext.as_ref().and_then(|ext| ext.file.as_ref()).ok_or(CopyFault::FileUnsigned)?;
        check_file(facts, beside.file_contents)?;
    }
    Ok((beside.rank_at_most(), ext))
}

/// The Ext, if it is the author's and all outer keys agree with it.
fn vouched(token: &Token, beside: &Beside<'_>) -> Result<Ext, CopyFault> {
    let signed = token.ext().ok_or(CopyFault::ExtUnsigned)?;
    if hash_of_ext(beside.ext) != *signed {
        return Err(CopyFault::ExtHash);
    }
    let ext = Ext::parse(beside.ext).map_err(CopyFault::Ext)?;
    let nick = ext.nick.as_deref().unwrap_or_default();
    if beside.nick != nick || beside.omitempty != nick {
        return Err(CopyFault::Nick);
    }
    let file_type = ext.file.as_ref().map_or("", |file| &file.kind);
    if beside.file_type != file_type {
        return Err(CopyFault::FileType);
    }
    Ok(ext)
}

/// Size first: it tells without a look at the contents.
fn check_file(facts: &FileFacts, contents: &[u8]) -> Result<(), CopyFault> {
    let padding = contents.iter().rev().take(2).take_while(|byte| **byte == b'=').count();
    let decoded_max = BASE64.decode_len(contents.len()).map_err(|_| CopyFault::FileNotBase64)?;
    if facts.size != decoded_max.saturating_sub(padding) as u64 {
        return Err(CopyFault::FileSize);
    }
    let (mut hash, mut size, mut buffer) = (Sha256::new(), 0_u64, [0; STEP_BYTES]);
    for chars in contents.chunks(STEP_CHARS) {
        let space = BASE64.decode_len(chars.len()).ok().and_then(|length| buffer.get_mut(..length));
        let space = space.ok_or(CopyFault::FileNotBase64)?;
        let length = BASE64.decode_mut(chars, space).map_err(|_| CopyFault::FileNotBase64)?;
        hash.update(space.get(..length).unwrap_or_default());
        size = size.saturating_add(length as u64);
    }
    // Padding in the middle, where two texts were joined.
    if size != facts.size {
        return Err(CopyFault::FileNotBase64);
    }
    if <[u8; 32]>::from(hash.finalize()) != facts.sha256 {
        return Err(CopyFault::FileHash);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeSet;
    use alloc::vec::Vec;

    use super::*;
    use crate::identity::{Form, Network, SecretKey, classify, sign};
    use crate::time::UnixMillis;

    const TIME: i64 = 1_382_050_782_085;
    const CONTENTS: &[u8] = b"GIF89a, or so";

    fn token(ext: Option<&str>) -> Token {
        let id = sign(&SecretKey::from_seed(&[7; 32]), Network::OPEN, UnixMillis(TIME), ext, "10.0.0.7:55555", "hi");
        let Ok(Form::Signed(token)) = classify(id.as_bytes()) else { panic!("{id}") };
        token
    }

    fn facts(contents: &[u8]) -> FileFacts {
        let sha256 = Sha256::digest(contents).into();
        FileFacts { name: "cat.gif".into(), kind: "image/gif".into(), size: contents.len() as u64, sha256 }
    }

    fn ext() -> Ext {
        Ext { nick: Some("phil".into()), file: Some(facts(CONTENTS)), reply: None, rotate: None }
    }

    /// What is said of a copy that `change` makes of the one with all that its author sent.
    #[track_caller]
    fn check(ext: &Ext, change: impl for<'a> FnOnce(&mut Beside<'a>), expected: Result<(Rank, bool), CopyFault>) {
        let (text, contents) = (ext.text().unwrap(), BASE64.encode(CONTENTS));
        let mut beside = Beside {
            timestamp: Some(TIME),
            ext: &text,
            nick: "phil",
            omitempty: "phil",
            file_type: "image/gif",
            file_contents: contents.as_bytes(),
        };
        change(&mut beside);
        let judged = judge(&token(Some(&text)), &beside);
        if let Ok((_, Some(read))) = &judged {
            assert_eq!(read, ext);
        }
        assert_eq!(judged.map(|(rank, ext)| (rank, ext.is_some())), expected);
    }

    #[test]
    fn ranks() {
        check(&ext(), |_| {}, Ok((Rank::WithFile, true)));
        check(&ext(), |copy| copy.file_contents = b"", Ok((Rank::WithExt, true)));
        check(&ext(), |copy| *copy = Beside { omitempty: "phil", ..Beside::default() }, Ok((Rank::Bare, false)));
        assert!(Rank::Bare < Rank::WithExt && Rank::WithExt < Rank::WithFile);
        let bare = token(None);
        assert_eq!(judge(&bare, &Beside::default()), Ok((Rank::Bare, None)));
        let nicks = Beside { nick: "anybody", omitempty: "somebody", file_type: "x", ..Beside::default() };
        assert_eq!(judge(&bare, &nicks), Ok((Rank::Bare, None)), "nobody's word");
    }

    #[test]
    fn times() {
        for (timestamp, fits) in [
            (None, true),
            (Some(0), true),
            (Some(TIME), true),
            (Some(TIME / 1000), false),
            (Some(TIME + 1), false),
            (Some(-TIME), false),
        ] {
            let expected = if fits { Ok((Rank::WithFile, true)) } else { Err(CopyFault::Timestamp) };
            check(&ext(), |copy| copy.timestamp = timestamp, expected);
        }
    }

    #[test]
    fn what_others_put_there() {
        use CopyFault::{ExtHash, ExtUnsigned, FileType, FileUnsigned, Nick};
        check(&ext(), |copy| copy.nick = "eve", Err(Nick));
        check(&ext(), |copy| copy.nick = "", Err(Nick));
        check(&ext(), |copy| copy.omitempty = "eve", Err(Nick));
        check(&ext(), |copy| copy.omitempty = "", Err(Nick));
        check(&ext(), |copy| copy.file_type = "text/html", Err(FileType));
        check(&ext(), |copy| copy.file_type = "", Err(FileType));
        check(&ext(), |copy| copy.ext = "{}", Err(ExtHash));
        check(&ext(), |copy| copy.ext = "{\"nick\":\"phil\"", Err(ExtHash));
        check(&ext(), |copy| copy.ext = "", Err(FileUnsigned));
        let no_nick = Ext { nick: None, ..ext() };
        check(&no_nick, |_| {}, Err(Nick));
        check(&no_nick, |copy| (copy.nick, copy.omitempty) = ("", ""), Ok((Rank::WithFile, true)));
        let no_file = Ext { file: None, ..ext() };
        check(&no_file, |_| {}, Err(FileType));
        check(&no_file, |copy| copy.file_type = "", Err(FileUnsigned));
        check(&no_file, |copy| (copy.file_type, copy.file_contents) = ("", b""), Ok((Rank::WithExt, true)));
        let with_ext = Beside { ext: "{}", ..Beside::default() };
        assert_eq!(judge(&token(None), &with_ext), Err(ExtUnsigned));
        let with_file = Beside { file_contents: b"eA==", ..Beside::default() };
        assert_eq!(judge(&token(None), &with_file), Err(FileUnsigned));
    }

    #[test]
    fn an_author_who_signs_nonsense() {
        for (text, fault) in
            [("nonsense", ExtFault::NotJson), ("[]", ExtFault::Member), ("{\"nick\":\"\"}", ExtFault::Nick)]
        {
            let beside = Beside { ext: text, ..Beside::default() };
            assert_eq!(judge(&token(Some(text)), &beside), Err(CopyFault::Ext(fault)));
        }
    }

    /// What is said of these FileContents beside an Ext that names `file`.
    #[track_caller]
    fn check_contents(file: &[u8], contents: &str, expected: Result<(), CopyFault>) {
        assert_eq!(check_file(&facts(file), contents.as_bytes()), expected, "{contents}");
    }

    #[test]
    fn files() {
        use CopyFault::{FileHash, FileNotBase64, FileSize};
        for length in [1, 2, 3, 4, STEP_BYTES - 1, STEP_BYTES, STEP_BYTES + 1, 2 * STEP_BYTES, 2 * STEP_BYTES + 2] {
            let file: Vec<u8> = (0..length).map(|n| (n % 251) as u8).collect();
            let contents = BASE64.encode(&file);
            check_contents(&file, &contents, Ok(()));
            check_contents(&file[1..], &contents, Err(FileSize));
            let mut other = file.clone();
            other[length - 1] ^= 1;
            check_contents(&other, &contents, Err(FileHash));
            check_contents(&file, &format!("{contents}="), Err(FileNotBase64));
            check_contents(&file, &format!("{contents}AAAA"), Err(FileSize));
        }
        check_contents(b"xy", "eHl=", Err(FileNotBase64));
        check_contents(b"xy", "eHk", Err(FileNotBase64));
        check_contents(b"xyz", "eHl\u{2d}", Err(FileNotBase64));
        check_contents(b"xyz", "eH 6", Err(FileNotBase64));
        check_contents(b"xy", "eA==eQ==", Err(FileSize));
        check_contents(b"xyzw", "eA==eXo=", Err(FileSize));
        check_contents(b"xyzzy", "eA==eXo=", Err(FileNotBase64));
        let joined = format!("{}eA==", "eA==".repeat(STEP_CHARS / 4));
        check_contents(&[b'x'; STEP_BYTES + 1], &joined, Err(FileNotBase64));
    }

    #[test]
    fn each_fault_has_a_name_of_its_own() {
        use CopyFault as F;
        let ext = [
            ExtFault::Long,
            ExtFault::Deep,
            ExtFault::NotJson,
            ExtFault::Member,
            ExtFault::Nick,
            ExtFault::FileName,
            ExtFault::FileType,
            ExtFault::FileSize,
            ExtFault::Reply,
            ExtFault::Rotate,
        ];
        let own = [
            F::Timestamp,
            F::ExtUnsigned,
            F::ExtHash,
            F::Nick,
            F::FileType,
            F::FileUnsigned,
            F::FileNotBase64,
            F::FileSize,
            F::FileHash,
        ];
        let names: BTreeSet<_> = own.into_iter().chain(ext.map(F::Ext)).map(CopyFault::name).collect();
        assert_eq!(names.len(), own.len() + ext.len());
    }
}
