//! Pictures of the page for the docs: real peers, a conversation between them, and what one of them sees of it.
//! Must not know how the page is made. Bounds: `PICTURE_BYTES_MAX` each.

mod play;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, ensure};
use clap::Args;

use crate::browser::{Browser, Looks};
use crate::print;

/// Longest picture, in bytes: what a reader of the docs waits for without noticing (a guess).
const PICTURE_BYTES_MAX: usize = 100_000;

/// A desk, and a phone; CSS pixels.
const DESK: (u32, u32) = (960, 600);
const PHONE: (u32, u32) = (360, 640);

/// Where the pictures go, and what they are of.
#[derive(Args, Debug)]
pub struct PicturesArgs {
    /// The program whose page they show.
    #[arg(long, default_value = "target/release/whisper")]
    whisper: PathBuf,
    /// The folder they are written to.
    #[arg(long, default_value = "docs/pictures")]
    folder: PathBuf,
}

/// Takes all of them anew.
///
/// # Errors
/// The program or the browser cannot be run, or the page does not show what it should.
pub fn run(args: &PicturesArgs) -> anyhow::Result<ExitCode> {
    fs::create_dir_all(&args.folder).with_context(|| args.folder.display().to_string())?;
    play::play(&args.whisper, &Camera { folder: &args.folder })?;
    Ok(ExitCode::SUCCESS)
}

/// What takes pictures.
struct Camera<'a> {
    folder: &'a Path,
}

impl Camera<'_> {
    /// Takes one of the page, as somebody sees it who likes it so.
    fn take(&self, browser: &Browser, name: &str, (width, height): (u32, u32), dark: bool) -> anyhow::Result<()> {
        browser.resize(width, height)?;
        browser.likes(Looks { dark, still: true })?;
        // Two frames: one in which all moves to its place, one that shows it there.
        browser.run("return new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))", &[])?;
        let picture = browser.picture()?;
        let path = self.folder.join(format!("{name}.png"));
        ensure!(picture.len() <= PICTURE_BYTES_MAX, "{} has {} bytes", path.display(), picture.len());
        fs::write(&path, &picture).with_context(|| path.display().to_string())?;
        print::line(format_args!("{}: {} bytes", path.display(), picture.len()))?;
        Ok(())
    }
}
