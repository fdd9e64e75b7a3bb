//! Peers and their pages in a real browser. Must not know what is tested. Bounds: the lab's `PATIENCE` for every wait.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::path::{Path, PathBuf};

use whispernet_lab::browser::Browser;
use whispernet_lab::browser::chat::Host;

/// The version of axe-core that `scripts/packages.sh` fetches.
const AXE: &str = "axe-core-4.14.1";

/// The program.
pub(crate) fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_whisper"))
}

/// The script of axe-core.
pub(crate) fn axe() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "../../target", AXE, "package/axe.min.js"].iter().collect()
}

/// A peer without the pace that would spread what is said over minutes.
pub(crate) fn host(nick: &str, options: &[&str]) -> anyhow::Result<Host> {
    Host::start(program(), nick, &[&["--flood-limit", "off"], options].concat())
}

/// Loads the page until it shows something: what pages without scripts are for.
pub(crate) fn reload_until<T>(
    browser: &Browser,
    what: &str,
    mut look: impl FnMut() -> anyhow::Result<Option<T>>,
) -> anyhow::Result<T> {
    browser.wait(what, || match look()? {
        Some(found) => Ok(Some(found)),
        None => browser.reload().map(|()| None),
    })
}
