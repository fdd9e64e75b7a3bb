//! Real peers on a network of their own that loses, delays, doubles and cuts, and that are killed meanwhile: what was acknowledged must
//! be everywhere in the end. Must not know how a peer works. Bounds: `PEERS_MAX`; a run by its arguments.

mod check;
mod member;
mod run;
mod said;
mod space;
mod switch;
mod weather;

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use clap::builder::RangedU64ValueParser;

use self::run::{Order, Report};
use self::space::Space;

use crate::print;

/// Most peers: each is a process with some threads, and a card in one network of 254 addresses.
const PEERS_MAX: usize = 100;
/// Longest run: a day.
const MINUTES_MAX: f64 = 24.0 * 60.0;
/// Set in a process that is root in a user namespace of its own.
const INSIDE: &str = "WHISPER_LAB_OWN_USERS";
/// The exit status where this machine cannot run it (the convention of Automake's tests).
pub const CANNOT: u8 = 77;

/// What to break, and for how long.
#[derive(Args, Debug)]
pub struct ChaosArgs {
    /// The program to run.
    #[arg(long, default_value = "target/release/whisper")]
    whisper: PathBuf,
    /// How many peers.
    #[arg(long, default_value_t = 20, value_parser = RangedU64ValueParser::<usize>::new().range(2..=PEERS_MAX as u64))]
    peers: usize,
    /// How long faults happen, in minutes; parts of one are allowed.
    #[arg(long, default_value_t = 5.0, value_parser = minutes)]
    minutes: f64,
    /// How long all may take to be everywhere after that, in seconds.
    #[arg(long, default_value_t = 300)]
    within: u64,
    /// Messages a second, of all peers together: nobody is to find that a flood, whatever lay in a queue meanwhile.
    #[arg(long, default_value_t = 5, value_parser = RangedU64ValueParser::<usize>::new().range(1..))]
    pace: usize,
    /// The longest partition, in seconds: longer than the systems of both ends keep a link for (50 s). Most last a fifth of it at most.
    #[arg(long, default_value_t = 100)]
    apart: u64,
    /// No plan: only the first peer is cut off from the others, at once, for so many seconds.
    #[arg(long)]
    outage: Option<u64>,
    /// Chooses the faults. The same seed gives the same plan; real processes take it each time a little differently.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// More than none, since in none nothing is tried.
fn minutes(text: &str) -> Result<f64, String> {
    let minutes = text.parse().map_err(|error| format!("{error}"))?;
    if minutes > 0.0 && minutes <= MINUTES_MAX { Ok(minutes) } else { Err(format!("more than 0, to {MINUTES_MAX}")) }
}

/// Runs one seed, and prints what happened. Where it fails, everything that the peers left is kept, and named.
///
/// # Errors
/// The peers cannot be run, or something was not as it must be.
pub fn run(args: &ChaosArgs) -> anyhow::Result<ExitCode> {
    if let Err(why) = Space::new().and_then(|space| space.plug(switch::mac(0), [10, 77, 0, 1].into())) {
        if std::env::var_os(INSIDE).is_none() {
            // Any user may have networks of his own inside a user namespace, unless the system forbids that.
            let mut again = Command::new("unshare");
            again.args(["--user", "--map-root-user", "--"]).arg(std::env::current_exe()?);
            let why = again.args(std::env::args_os().skip(1)).env(INSIDE, "1").exec();
            print::line(format_args!("not run: this machine gives no network of its own (unshare: {why})"))?;
        } else {
            print::line(format_args!("not run: this machine gives no network of its own: {why:#}"))?;
        }
        return Ok(ExitCode::from(CANNOT));
    }
    let whisper = args
        .whisper
        .canonicalize()
        .with_context(|| format!("{} is not there: build it, or give --whisper another one", args.whisper.display()))?;
    let folder = run::folder(args.seed)?;
    let order = Order {
        whisper: &whisper,
        peers: args.peers,
        faults: Duration::from_secs_f64(args.minutes * 60.0),
        within: Duration::from_secs(args.within),
        pace: args.pace,
        apart: Duration::from_secs(args.apart),
        outage: args.outage.map(Duration::from_secs),
        seed: args.seed,
        folder: &folder,
    };
    let ran = run::run(&order);
    match ran {
        Ok(report) => {
            print::line(format_args!(
                "seed {}: {} peers, {} minutes: {}",
                args.seed,
                args.peers,
                args.minutes,
                told(&report)
            ))?;
            fs::remove_dir_all(&folder)?;
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => {
            print::line(format_args!("seed {}: {error:#}\nkept: {}", args.seed, folder.display()))?;
            Ok(ExitCode::FAILURE)
        }
    }
}

fn told(report: &Report) -> String {
    let Report { said, acknowledged, kills, stops, parts, weathers, frames, met, converged, unanswered } = report;
    let [passed, lost, cut, twice, crowded] = frames;
    let [everywhere, somewhere, nowhere] = unanswered;
    format!(
        "all met in {:.1} s; {said} said, {acknowledged} acknowledged; {kills} kills, {stops} stops, {parts} partitions, \
         {weathers} weathers; frames: {passed} passed, {lost} lost, {cut} cut, {twice} doubled, {crowded} crowded out; \
         everywhere, once, {:.1} s after the last fault; of the unanswered {everywhere} are everywhere, {somewhere} \
         somewhere, {nowhere} nowhere",
        met.as_secs_f64(),
        converged.as_secs_f64()
    )
}
