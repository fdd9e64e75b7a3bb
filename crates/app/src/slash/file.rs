//! What the commands about files do: read one to be sent, copy one out, list them.
//! Must not know how its answer is shown. Bounds: [`LISTED_MAX`] files a list; [`DISK_PATIENCE`] for a disk.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use whispernet_node::event::{File, Message, Via};
use whispernet_node::handle::{Handle, HistoryError, Say};
use whispernet_node::store::Files;
use whispernet_node::store::name::clean;

use super::{Error, Reply};
use crate::files::{self, CopyError, HASH_DIGITS_MIN, ReadError, Whether};
use crate::shown::{acquaintance, safe};

/// Files in a list.
const LISTED_MAX: usize = 20;
/// How long a disk, or the network behind it, may take to give or take a file (a guess).
const DISK_PATIENCE: Duration = Duration::from_secs(10);
/// What says that a file may go.
const REPLACE: &str = "--replace";

/// Why nothing was done about a file. Each is one line: what, and what to do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FileTrouble {
    /// It cannot be sent.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// It cannot be saved.
    #[error(transparent)]
    Copy(#[from] CopyError),
    /// What was said cannot be looked through.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// Whoever asks does not sit at this machine.
    #[error("/send and /save name files of the machine that the peer runs on: they can be typed at its terminal only")]
    Elsewhere,
    /// The words cannot be told apart.
    #[error("the quotes do not end: write a path with blanks as 'a b.png' or a\\ b.png")]
    Quotes,
    /// There is one path too many.
    #[error("one file is saved at one place: write a path with blanks as 'a b.png' or a\\ b.png")]
    TwoPlaces,
    /// It is on another machine.
    #[error("`{0}` is no path of this machine")]
    NoPath(String),
    /// No message came with it.
    #[error("no file `{0}` was shown here lately: /files lists them")]
    Unknown(String),
    /// It made room for others, or was never kept.
    #[error("{0} is not kept here: ask for it to be sent again")]
    NotKept(String),
    /// The disk has another one under that hash.
    #[error("{0} is not on the disk as it came: it was not saved; ask for it to be sent again")]
    Spoilt(String),
    /// Too long.
    #[error("the disk took longer than 10 s: look whether it was done after all, or try again")]
    Slow,
}

const _: () = assert!(DISK_PATIENCE.as_secs() == 10, "the text names it");

/// Does what may take as long as a disk does.
async fn on_disk<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, FileTrouble> {
    match timeout(DISK_PATIENCE, spawn_blocking(work)).await {
        Ok(Ok(done)) => Ok(done),
        _ => Err(FileTrouble::Slow),
    }
}

/// A path and what stands after it. Blanks that nobody quoted belong to the path where it exists only with them.
fn split(argument: &str) -> Result<(PathBuf, &str), FileTrouble> {
    let (word, rest) = files::word(argument).ok_or(FileTrouble::Quotes)?;
    let path = files::of_word(&word).ok_or(FileTrouble::NoPath(word))?;
    let whole = PathBuf::from(argument);
    if !rest.is_empty() && !path.exists() && files::is_file(&whole) { Ok((whole, "")) } else { Ok((path, rest)) }
}

/// What is to be said: the file, and the words that go with it.
pub(super) async fn send(argument: &str) -> Result<Reply, Error> {
    let owned = argument.to_owned();
    let read = on_disk(move || {
        let (path, words) = split(&owned)?;
        let attachment = files::read(&path, drop)?;
        let file = files::described(&attachment.name, &attachment.bytes);
        Ok::<_, FileTrouble>((attachment, words.to_owned(), file))
    });
    let (attachment, body, file) = read.await??;
    let lines = vec![format!("sending {}", files::brief(&file))];
    Ok(Reply { lines, say: Some(Say { body, file: Some(attachment), ..Say::default() }), ..Reply::default() })
}

/// What `/save` was given.
#[derive(Debug, PartialEq, Eq)]
struct Wanted {
    file: String,
    target: Option<PathBuf>,
    whether: Whether,
}

impl Wanted {
    fn read(argument: &str) -> Result<Self, FileTrouble> {
        let (file, mut rest) = files::word(argument).ok_or(FileTrouble::Quotes)?;
        let mut wanted = Self { file, target: None, whether: Whether::New };
        while !rest.is_empty() {
            let (word, after) = files::word(rest).ok_or(FileTrouble::Quotes)?;
            rest = after;
            if word == REPLACE {
                wanted.whether = Whether::Replace;
            } else if wanted.target.is_some() {
                return Err(FileTrouble::TwoPlaces);
            } else {
                wanted.target = Some(files::of_word(&word).ok_or(FileTrouble::NoPath(word))?);
            }
        }
        Ok(wanted)
    }
}

/// Copies a file out, or says where to.
pub(super) async fn save(handle: &Handle, argument: &str) -> Result<Vec<String>, Error> {
    let wanted = Wanted::read(argument)?;
    let messages = files::meant(handle, &wanted.file).await.map_err(FileTrouble::from)?;
    let (file, whose, warning) = match messages.as_slice() {
        [message] => (message.file.clone(), format!(", from {}", from(message)), message.file_warning()),
        // Where nothing is remembered a whole hash is enough.
        [] => (nameless(handle, &wanted.file).await, String::new(), None),
        several => {
            let head = format!("several files are meant by {}: write the digits of one", files::quoted(&wanted.file));
            return Ok([head].into_iter().chain(several.iter().map(|each| line(handle, each))).collect());
        }
    };
    let file = file.ok_or(FileTrouble::Unknown(wanted.file.clone()))?;
    let brief = format!("{}{whose}", files::brief(&file));
    let kept = handle.file(&file.hash).await.ok_or_else(|| FileTrouble::NotKept(brief.clone()))?;
    let word = files::quoted(&wanted.file);
    let File { name, hash, .. } = file;
    // It is clean where it comes from; here it becomes a path.
    let name = clean(&name).unwrap_or_else(|| hash.clone());
    let warning = warning.map(|warning| format!("warning: {warning}"));
    let Some(target) = wanted.target else {
        let place = files::proposed(&name).map_or_else(|| "PATH".to_owned(), |path| path.display().to_string());
        let place = files::quoted(&place);
        let proposal = format!("{brief}: to save it write `/save {word} {place}`, or another place");
        return Ok([proposal].into_iter().chain(warning).collect());
    };
    let handle = handle.clone();
    let saved = on_disk(move || {
        let bytes = fs::read(kept).map_err(|_| FileTrouble::NotKept(brief.clone()))?;
        if Files::describe(&bytes, None).0.hash != hash {
            return Err(FileTrouble::Spoilt(brief));
        }
        let path = files::copy(&bytes, &name, &target, wanted.whether, &word)?;
        // It is saved either way: what is not marked as taken makes room for others first, and that is told.
        let unmarked =
            handle.accept_file(&hash).err().map(|error| format!("here it still counts as an offer: {error}"));
        Ok([format!("saved {brief} as {}", path.display())].into_iter().chain(unmarked).chain(warning).collect())
    });
    Ok(saved.await??)
}

/// A file of which only the hash is known.
async fn nameless(handle: &Handle, text: &str) -> Option<File> {
    let path = handle.file(&files::whole_hash(text)?).await?;
    on_disk(move || fs::read(path).ok().map(|bytes| Files::describe(&bytes, None).0)).await.ok()?
}

/// The newest files, the newest first.
pub(super) async fn list(handle: &Handle) -> Result<Vec<String>, Error> {
    let messages = files::newest(handle, LISTED_MAX).await.map_err(FileTrouble::from)?;
    if messages.is_empty() {
        return Ok(vec!["no file was sent here lately: /send PATH sends one".to_owned()]);
    }
    let hint = "/save FILE copies one out: FILE is its name, or the digits before it".to_owned();
    Ok(messages.iter().map(|message| line(handle, message)).chain([hint]).collect())
}

/// A file in a list: digits that name it, what it is, from whom, when, and where it stands.
fn line(handle: &Handle, message: &Message) -> String {
    let Some(file) = &message.file else { return String::new() };
    let state = match handle.kept(&file.hash) {
        None => "not kept",
        Some(_) if message.via == Via::Own => "sent",
        Some(kept) if kept.accepted => "taken",
        Some(_) => "waits",
    };
    let digits = file.hash.get(..HASH_DIGITS_MIN).unwrap_or(&file.hash);
    let when = Timestamp::from_millisecond(message.received).unwrap_or_default().strftime("%Y-%m-%d %H:%M UTC");
    format!("{}  {}, from {}, {when} ({state})", safe::line(digits), files::brief(file), from(message))
}

/// Whose message it is, with digits where the name does not tell.
fn from(message: &Message) -> String {
    if message.via == Via::Own {
        return "you".to_owned();
    }
    let name = acquaintance::name(message);
    match &message.about.short {
        Some(short) => format!("{name}~{}", safe::line(short)),
        None => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_save_is_given() {
        let check = |argument: &str, file: &str, target: Option<&str>, whether| {
            let expected = Wanted { file: file.to_owned(), target: target.map(PathBuf::from), whether };
            assert_eq!(Wanted::read(argument).unwrap(), expected, "of {argument:?}");
        };
        check("cat.gif", "cat.gif", None, Whether::New);
        check("'my cat.gif' /tmp/a\\ b", "my cat.gif", Some("/tmp/a b"), Whether::New);
        check("cat.gif /tmp --replace", "cat.gif", Some("/tmp"), Whether::Replace);
        check("cat.gif --replace /tmp", "cat.gif", Some("/tmp"), Whether::Replace);
        check("cat.gif file:///tmp/a%20b", "cat.gif", Some("/tmp/a b"), Whether::New);
        assert!(matches!(Wanted::read("cat.gif /tmp /home"), Err(FileTrouble::TwoPlaces)));
        assert!(matches!(Wanted::read("'cat.gif"), Err(FileTrouble::Quotes)));
        assert!(matches!(Wanted::read("cat.gif 'a"), Err(FileTrouble::Quotes)));
        assert!(matches!(Wanted::read("cat.gif file://far/a"), Err(FileTrouble::NoPath(_))));
    }

    #[test]
    fn blanks_belong_to_a_path_that_exists_only_with_them() {
        let temp = tempfile::tempdir().unwrap();
        let at = |name: &str| format!("{}/{name}", temp.path().display());
        for name in ["a", "b c", "a d"] {
            fs::write(at(name), "x").unwrap();
        }
        let check = |argument: &str, path: &str, words: &str| {
            assert_eq!(split(argument).unwrap(), (PathBuf::from(path), words), "of {argument:?}");
        };
        check(&at("a"), &at("a"), "");
        check(&at("a d"), &at("a"), "d");
        check(&at("b c"), &at("b c"), "");
        check(&at("b\\ c  look "), &at("b c"), "look");
        check(&at("none at all"), &at("none"), "at all");
        assert!(matches!(split("file://far/a x"), Err(FileTrouble::NoPath(_))));
        assert!(matches!(split("'a"), Err(FileTrouble::Quotes)));
    }
}
