//! Files that a person drops on a page or pastes into it, and those that come back as downloads.
//! Must not know what the page does with them. Bounds: those of what is dropped.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde_json::{Value, json};

use super::Browser;

/// A file as a person has it in hand.
#[derive(Clone, Copy, Debug)]
pub struct Upload<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its MIME type, as the system of that person has it.
    pub mime: &'a str,
    /// What is in it.
    pub bytes: &'a [u8],
}

/// Makes files of what it is given, and the events that a drop or a paste is.
const HAND_OVER: &str = "
    const [target, kind, files] = arguments;
    const held = new DataTransfer();
    for (const [name, type, bytes] of files) held.items.add(new File([new Uint8Array(bytes)], name, {type}));
    const common = {bubbles: true, cancelable: true, composed: true};
    if (kind === 'paste') {
        target.dispatchEvent(new ClipboardEvent('paste', {...common, clipboardData: held}));
    } else {
        const {left, top} = target.getBoundingClientRect();
        const event = {...common, dataTransfer: held, clientX: left + 5, clientY: top + 5};
        for (const part of kind) target.dispatchEvent(new DragEvent(part, event));
    }";

impl Browser {
    /// Drops files on the first element that fits a selector.
    ///
    /// # Errors
    /// There is none.
    pub fn drop_on(&self, css: &str, files: &[Upload<'_>]) -> anyhow::Result<()> {
        self.hand_over(css, &json!(["dragenter", "dragover", "drop"]), files)
    }

    /// Holds files over the first element that fits a selector, and does not let them go.
    ///
    /// # Errors
    /// There is none.
    pub fn hold_over(&self, css: &str, files: &[Upload<'_>]) -> anyhow::Result<()> {
        self.hand_over(css, &json!(["dragenter", "dragover"]), files)
    }

    /// Pastes files into the first element that fits a selector.
    ///
    /// # Errors
    /// There is none.
    pub fn paste_into(&self, css: &str, files: &[Upload<'_>]) -> anyhow::Result<()> {
        self.hand_over(css, &json!("paste"), files)
    }

    /// The bytes of a file that was downloaded under this name, once it is whole.
    ///
    /// # Errors
    /// There is none in time: with the page.
    pub fn downloaded(&self, name: &str) -> anyhow::Result<Vec<u8>> {
        let path = self.downloads().join(name);
        // It has another name until it is whole.
        let found = self.wait(&format!("download of {name}"), || Ok(fs::read(&path).ok()));
        found.with_context(|| format!("there are {:?}", self.all_downloaded()))
    }

    /// The names of all that was downloaded.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn all_downloaded(&self) -> anyhow::Result<Vec<String>> {
        let folder = self.downloads();
        if !folder.exists() {
            return Ok(Vec::new());
        }
        fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
    }

    fn downloads(&self) -> PathBuf {
        downloads(self.home.path())
    }

    fn hand_over(&self, css: &str, kind: &Value, files: &[Upload<'_>]) -> anyhow::Result<()> {
        let target = self.find(css)?.argument();
        let files: Vec<_> = files.iter().map(|file| json!([file.name, file.mime, file.bytes])).collect();
        self.run(HAND_OVER, &[target, kind.clone(), json!(files)]).map(drop)
    }
}

/// Where what is downloaded goes to.
pub(super) fn downloads(home: &Path) -> PathBuf {
    home.join("downloads")
}
