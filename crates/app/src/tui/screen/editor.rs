//! A text in the user's editor: which program that is, and the file that goes to it and comes back.
//! Must not know whose text it is, nor the terminal. Bounds: [`TEXT_BYTES_MAX`], [`WORDS_MAX`].

use std::env;
use std::fs::{DirBuilder, File, remove_dir_all};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Longest text that comes back, in bytes: four times the longest Body, so that a draft too long is told by its own bound.
pub(crate) const TEXT_BYTES_MAX: usize = 64 * 1024;
/// Words that the variable of an editor may have.
const WORDS_MAX: usize = 32;
/// Where the environment names none.
const USUAL: [&str; 2] = ["vi", "nano"];

/// A text in a file of its own, in a folder of its own that only its user may look into. Both go when this is dropped.
pub(super) struct Draft {
    folder: PathBuf,
    file: PathBuf,
}

impl Draft {
    /// A new one with that text.
    ///
    /// # Errors
    /// There is no place for it.
    pub(super) fn create(text: &str) -> io::Result<Self> {
        Self::create_in(&env::temp_dir(), text)
    }

    fn create_in(place: &Path, text: &str) -> io::Result<Self> {
        let mut name = [0; 8];
        getrandom::fill(&mut name).map_err(io::Error::other)?;
        let folder = place.join(format!("whisper-draft-{:016x}", u64::from_ne_bytes(name)));
        // Fails where there is anything of that name.
        DirBuilder::new().mode(0o700).create(&folder)?;
        let draft = Self { file: folder.join("message.txt"), folder };
        File::options().write(true).create_new(true).mode(0o600).open(&draft.file)?.write_all(text.as_bytes())?;
        Ok(draft)
    }

    /// What stands in it now, without the line end that editors put behind the last line.
    ///
    /// # Errors
    /// It is gone, longer than [`TEXT_BYTES_MAX`], or no UTF-8.
    pub(super) fn read(&self) -> io::Result<String> {
        let refused = |why: &str| io::Error::new(io::ErrorKind::InvalidData, why.to_owned());
        let mut bytes = Vec::new();
        File::open(&self.file)?.take(TEXT_BYTES_MAX as u64 + 1).read_to_end(&mut bytes)?;
        if bytes.len() > TEXT_BYTES_MAX {
            return Err(refused("the text is longer than 64 KiB"));
        }
        let mut text = String::from_utf8(bytes).map_err(|_| refused("the text is no UTF-8"))?;
        if text.ends_with('\n') {
            text.pop();
        }
        Ok(text)
    }

    /// Its path.
    pub(super) fn path(&self) -> &Path {
        &self.file
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // Where it cannot be removed, it is still nobody else's.
        let _ = remove_dir_all(&self.folder);
    }
}

/// The editors to try, in this order, each with its arguments.
pub(super) fn programs() -> Vec<Vec<String>> {
    programs_of(|name| env::var(name).ok())
}

fn programs_of(variable: impl Fn(&str) -> Option<String>) -> Vec<Vec<String>> {
    let named = ["VISUAL", "EDITOR"].iter().filter_map(|name| words(&variable(name)?));
    // One that is named is meant: no other one is started in its place.
    named.take(1).next().map_or_else(|| USUAL.map(|name| vec![name.to_owned()]).to_vec(), |named| vec![named])
}

/// As a shell would split it, for words, quotes and backslashes; nothing is expanded. `None` for no word, or quotes without an end.
fn words(text: &str) -> Option<Vec<String>> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (None | Some('"'), '\\') => word.get_or_insert_default().push(chars.next()?),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    (quote.is_none() && !words.is_empty() && words.len() <= WORDS_MAX).then_some(words)
}

/// The first of them that can be started, until it ends.
///
/// # Errors
/// None can be, or it says that it failed.
pub(super) fn run(programs: &[Vec<String>], file: &Path) -> io::Result<()> {
    let mut tried = Vec::new();
    for words in programs {
        let Some((program, arguments)) = words.split_first() else { continue };
        match Command::new(program).args(arguments).arg(file).status() {
            Ok(status) if status.success() => return Ok(()),
            Ok(status) => {
                return Err(io::Error::other(format!("{program} ended with {status}: the draft is as it was")));
            }
            Err(error) => tried.push(format!("{program}: {error}")),
        }
    }
    let tried = tried.join(", ");
    Err(io::Error::new(io::ErrorKind::NotFound, format!("no editor can be started ({tried}): set EDITOR to one")))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::MetadataExt as _;

    use super::*;

    #[test]
    fn words_as_a_shell_would_split_them() {
        let check = |text: &str, expected: Option<&[&str]>| {
            let expected = expected.map(|words| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
            assert_eq!(words(text), expected, "of {text:?}");
        };
        check("vi", Some(&["vi"]));
        check("  code   --wait ", Some(&["code", "--wait"]));
        check("'/my editors/vi' -c \"set tw=0\" ''", Some(&["/my editors/vi", "-c", "set tw=0", ""]));
        check(r#"a\ b "c\"d" 'e\f'"#, Some(&["a b", "c\"d", "e\\f"]));
        check("vi; rm -rf $HOME `id` | x", Some(&["vi;", "rm", "-rf", "$HOME", "`id`", "|", "x"]));
        check("", None);
        check("   ", None);
        check("vi 'open", None);
        check("vi \\", None);
        check(&"w ".repeat(WORDS_MAX + 1), None);
        assert!(words(&"w ".repeat(WORDS_MAX)).is_some());
    }

    #[test]
    fn the_variables_come_before_the_usual_ones() {
        let check = |visual: Option<&str>, editor: Option<&str>, expected: &[&str]| {
            let programs = programs_of(|name| match name {
                "VISUAL" => visual.map(str::to_owned),
                _ => editor.map(str::to_owned),
            });
            assert_eq!(programs.iter().map(|words| words.join(" ")).collect::<Vec<_>>(), expected);
        };
        check(Some("code -w"), Some("ed"), &["code -w"]);
        check(Some(""), Some("ed"), &["ed"]);
        check(None, Some("ed"), &["ed"]);
        check(None, None, &["vi", "nano"]);
    }

    #[test]
    fn a_draft_is_its_users_alone_and_goes() {
        let place = tempfile::tempdir().unwrap();
        let draft = Draft::create_in(place.path(), "dear\nall").unwrap();
        assert_eq!(fs::metadata(&draft.file).unwrap().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(&draft.folder).unwrap().mode() & 0o777, 0o700);
        assert_eq!(draft.read().unwrap(), "dear\nall");
        fs::write(&draft.file, "dear\nall\n\n").unwrap();
        assert_eq!(draft.read().unwrap(), "dear\nall\n");
        fs::write(draft.folder.join("message.txt~"), "what the editor left").unwrap();
        drop(draft);
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_comes_back_is_bounded() {
        let place = tempfile::tempdir().unwrap();
        let draft = Draft::create_in(place.path(), "").unwrap();
        for (bytes, fits) in [(0, true), (TEXT_BYTES_MAX, true), (TEXT_BYTES_MAX + 1, false)] {
            fs::write(&draft.file, vec![b'x'; bytes]).unwrap();
            assert_eq!(draft.read().is_ok(), fits, "of {bytes}");
        }
        fs::write(&draft.file, b"\xff").unwrap();
        assert!(draft.read().is_err());
    }

    #[test]
    fn the_editor_gets_the_file_and_says_when_it_failed() {
        let place = tempfile::tempdir().unwrap();
        let draft = Draft::create_in(place.path(), "before").unwrap();
        let program = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let missing = program(&["/nonexistent/editor"]);
        run(&[missing.clone(), program(&["sed", "-i", "s/before/after/"])], draft.path()).unwrap();
        assert_eq!(draft.read().unwrap(), "after");
        let failed = run(&[program(&["false"])], draft.path()).unwrap_err();
        assert!(failed.to_string().starts_with("false ended with"), "{failed}");
        let none = run(&[missing], draft.path()).unwrap_err();
        assert!(none.to_string().contains("set EDITOR"), "{none}");
    }
}
