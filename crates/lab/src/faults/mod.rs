//! Every write of a peer fails once, with each error, alone and with all later ones, or is the last that the peer does; and each time
//! nothing may be lost that was acknowledged. Must not know what a peer writes. Bounds: a walk ends where a session makes no more such calls.

mod point;
mod session;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, ensure};
use clap::Args;
use clap::builder::{PossibleValuesParser, RangedU64ValueParser};

use self::point::{CALLS, FAULTS, Point, can_trace};
use self::session::{Before, Outcome};
use crate::chaos::CANNOT;
use crate::clock;
use crate::peer::api::Api;
use crate::peer::own_address;
use crate::peer::process::Process;
use crate::print;
use crate::raw::RawListener;

/// No session makes more calls of a kind.
const NUMBER_MAX: usize = 2_000;
/// Words in the folder of a peer that was killed.
const BEFORE: usize = 20;

/// Which writes are to fail.
#[derive(Args, Debug)]
pub struct FaultsArgs {
    /// The program whose writes fail.
    #[arg(long, default_value = "target/release/whisper")]
    pub whisper: PathBuf,
    /// Leaves points out: only each N-th call of a kind fails.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = RangedU64ValueParser::<usize>::new().range(1..))]
    pub stride: usize,
    /// Only this call.
    #[arg(long, value_parser = PossibleValuesParser::new(CALLS))]
    pub call: Option<String>,
    /// Only this one of each thread's calls.
    #[arg(long, value_parser = RangedU64ValueParser::<usize>::new().range(1..NUMBER_MAX as u64))]
    pub number: Option<usize>,
    /// Goes on after a point that failed, and tells of all in the end.
    #[arg(long)]
    pub all: bool,
}

/// The folders that sessions begin with.
struct Scene {
    name: &'static str,
    /// What is copied; `None` for an empty folder.
    dir: Option<PathBuf>,
    before: Before,
}

/// Walks, and prints how peers took it.
///
/// # Errors
/// The program cannot be run, or makes none of the calls that were to fail.
pub fn run(args: &FaultsArgs) -> anyhow::Result<ExitCode> {
    if !can_trace() {
        print::line(format_args!("not run: this machine lets strace trace nothing, or has none"))?;
        return Ok(ExitCode::from(CANNOT));
    }
    let began = clock::moment();
    let folder = tempfile::tempdir()?;
    let root = folder.path().canonicalize()?;
    let scenes =
        [Scene { name: "new", dir: None, before: Before::new() }, killed(&args.whisper, &root.join("killed"))?];
    let (mut outcomes, mut bad) = (BTreeMap::<String, usize>::new(), 0);
    for scene in &scenes {
        for call in CALLS.into_iter().filter(|call| args.call.as_ref().is_none_or(|only| only == call)) {
            for fault in FAULTS {
                let first = args.number.unwrap_or(1);
                for number in (first..NUMBER_MAX).step_by(args.stride) {
                    let point = Point { call, number, fault };
                    match at(&args.whisper, scene, &point, &root) {
                        Ok(Outcome::NotReached) => break,
                        Ok(outcome) => *outcomes.entry(format!("{outcome:?}").to_lowercase()).or_default() += 1,
                        Err(why) => {
                            print::line(format_args!("{} folder, {point} {why:#}", scene.name))?;
                            bad += 1;
                            if !args.all {
                                return Ok(ExitCode::FAILURE);
                            }
                        }
                    }
                    if args.number.is_some() {
                        break;
                    }
                }
            }
        }
    }
    let points: usize = outcomes.values().sum::<usize>() + bad;
    print::line(format_args!(
        "{points} points in {:.0} s: {outcomes:?}, {} not as it must be",
        began.elapsed().as_secs_f64(),
        bad
    ))?;
    ensure!(points > 0, "nothing was tried: no session makes such a call so often");
    Ok(if bad == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What a peer leaves that was killed after it had said something.
fn killed(whisper: &Path, dir: &Path) -> anyhow::Result<Scene> {
    fs::create_dir(dir)?;
    let listener = RawListener::bind_at(own_address())?;
    let mut peer = Process::start(session::with_options(Process::command(whisper), dir, &listener), None)?;
    let api = Api::new(peer.web, dir)?;
    for number in 0..BEFORE {
        let body = format!("before {number}");
        let (status, answer) = api.say(&body, &body)?;
        ensure!(status == 201, "{body} was answered with {status}: {answer}");
    }
    let before = api.history(0)?;
    ensure!(before.len() == BEFORE, "{} of {BEFORE} are in the history", before.len());
    peer.kill()?;
    Ok(Scene { name: "killed", dir: Some(dir.to_owned()), before })
}

fn at(whisper: &Path, scene: &Scene, point: &Point, root: &Path) -> anyhow::Result<Outcome> {
    let (dir, trace) = (root.join("peer"), root.join("trace"));
    if dir.exists() {
        fs::remove_dir_all(&dir)?;
    }
    if let Some(from) = &scene.dir {
        let copied = Command::new("cp").arg("-r").arg(from).arg(&dir).status()?;
        ensure!(copied.success(), "{} cannot be copied", from.display());
    }
    session::run(whisper, point, &dir, &scene.before, &trace).context("is taken badly")
}
