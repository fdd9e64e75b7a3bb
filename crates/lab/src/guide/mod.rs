//! The guide for newcomers: plays the first five minutes with real peers, and puts their screens between the words of a template.
//! Must not know how the screens come about. Bounds: one page.

mod masks;
mod page;
mod people;
mod play;

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;

use crate::print;

/// Where the guide goes, and what it is made with.
#[derive(Args, Debug)]
pub struct GuideArgs {
    /// The program that is played.
    #[arg(long, default_value = "target/release/whisper")]
    whisper: PathBuf,
    /// The page that is written.
    #[arg(long, default_value = "docs/guide.md")]
    page: PathBuf,
    /// Write nothing, and tell whether the page is what would be written.
    #[arg(long)]
    check: bool,
}

/// Writes the guide, or looks whether it is up to date: the exit status is 1 where it is not.
///
/// # Errors
/// The program cannot be run, or does not do what the guide tells of; the page cannot be read or written.
pub fn run(args: &GuideArgs) -> anyhow::Result<ExitCode> {
    let made = page::fill(&play::play(&args.whisper)?)?;
    let named = || args.page.display().to_string();
    if !args.check {
        fs::write(&args.page, made).with_context(named)?;
        print::line(format_args!("{} is written", named()))?;
        return Ok(ExitCode::SUCCESS);
    }
    let there = fs::read_to_string(&args.page).with_context(named)?;
    let other = there.lines().zip(made.lines()).position(|(there, made)| there != made);
    let Some(at) = other.or_else(|| (there != made).then(|| there.lines().count().min(made.lines().count()))) else {
        print::line(format_args!("{} is up to date", named()))?;
        return Ok(ExitCode::SUCCESS);
    };
    print::line(format_args!("{} is not what is made now, from line {} on:", named(), at + 1))?;
    for (who, text) in [("there", &there), ("made ", &made)] {
        print::line(format_args!("{who}: {}", text.lines().nth(at).unwrap_or("(the end)")))?;
    }
    print::line("whisper-lab guide writes it anew")?;
    Ok(ExitCode::FAILURE)
}
