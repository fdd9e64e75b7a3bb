//! How long a key takes to the screen of the terminal UI: while nothing else happens, at a steady rate of messages, and in bursts.
//! Must not know how it draws. Bounds: a time for each key.

use std::path::Path;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, anyhow, ensure};
use clap::Args;

use super::figure::Figure;
use super::load::numbers;
use super::rig::{Outcome, Plan, Rig};
use super::script::Script;
use super::target::Kind;
use crate::clock;
use crate::print;
use crate::terminal::Screen;
use crate::terminal::chat::{Chat, Start};

/// Between two keys, in turn: a fast typist's, with two that roll over each other, and none a multiple of the time between two
/// pictures, so that keys fall anywhere in it.
const PAUSES: [Duration; 5] = [
    Duration::from_millis(97),
    Duration::from_millis(43),
    Duration::from_millis(131),
    Duration::from_millis(11),
    Duration::from_millis(61),
];
/// Keys of a line, after which it is emptied.
const LINE_KEYS: u16 = 40;
/// Keys are timed from a burst on for so long.
const BURST_LASTS: Duration = Duration::from_secs(1);
/// Bytes of a Body.
const BODY_BYTES: usize = 64;
/// A tenth of the time is typed before times are taken.
const WARM_UP: u32 = 10;

/// What is typed through.
#[derive(Args, Clone, Copy, Debug)]
pub(super) struct TypingArgs {
    /// Messages a second.
    #[arg(long, default_value_t = 5_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    rate: u32,
    /// Seconds of typing without messages, and of typing at that rate.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3_600))]
    seconds: u32,
    /// Messages of a burst.
    #[arg(long, default_value_t = 10_000, value_parser = numbers(1..=1_000_000))]
    burst: usize,
    /// How many bursts.
    #[arg(long, default_value_t = 20, value_parser = numbers(1..=1_000))]
    bursts: usize,
    /// Columns of the terminal.
    #[arg(long, default_value_t = 80, value_parser = clap::value_parser!(u16).range(60..=500))]
    columns: u16,
    /// Rows of the terminal.
    #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u16).range(3..=200))]
    rows: u16,
}

/// A typist, and somebody who talks meanwhile.
struct Typist {
    chat: Chat,
    /// Where the cursor stands while nothing is written: column and row.
    home: (u16, u16),
    /// The next letter.
    letter: u8,
}

pub(super) fn measure(whisper: &Path, history: bool, args: &TypingArgs) -> anyhow::Result<bool> {
    let history = if history { "on" } else { "off" };
    let options = ["--flood-limit", "off", "--history", history];
    let start = Start { options: &options, size: (args.columns, args.rows), ..Start::new("typist") };
    let chat = Chat::start(whisper, &start)?;
    let pid = u32::try_from(chat.terminal.pid()?.as_raw_nonzero().get())?;
    let mut rig = Rig::new(&Kind::Running(chat.addr, Some(pid)), 1)?;
    let home = chat.terminal.cursor().context("it was there")?;
    let mut typist = Typist { chat, home, letter: b'a' };
    let lasts = Duration::from_secs(u64::from(args.seconds));
    typist.times(lasts / WARM_UP)?;
    print::line(format_args!("{} x {}, nothing else: {}", args.columns, args.rows, Figure::of(typist.times(lasts)?)))?;

    let messages = usize::try_from(args.rate)?.saturating_mul(usize::try_from(args.seconds)?);
    let steady = Plan { per_second: Some(args.rate), rests: true, ..Plan::default() };
    let (figure, pictures, outcome) = typist.through(&mut rig, messages, steady, lasts)?;
    let rate = messages as f64 / outcome.elapsed.as_secs_f64();
    let Outcome { deliveries, .. } = outcome;
    let mut whole = deliveries.are_whole();
    print::line(format_args!("{rate:.0} messages a second, {pictures:.0} pictures: {figure}; {deliveries}"))?;

    let (mut times, at_once) = (Vec::new(), Plan { rests: true, ..Plan::default() });
    for _ in 0..args.bursts {
        let script = Script::new(rig.author, BODY_BYTES, args.burst);
        let (burst, outcome) = typist.beside(|| rig.run(&script, at_once, |_, _| {}), BURST_LASTS)?;
        whole &= outcome.deliveries.are_whole();
        times.extend(burst);
    }
    let Some(figure) = (!times.is_empty()).then(|| Figure::of(times)) else { return Ok(whole) };
    print::line(format_args!("the second from {} messages at once, {} times: {figure}", args.burst, args.bursts))?;
    Ok(whole)
}

impl Typist {
    /// Types while messages come: the times, and pictures drawn a second.
    fn through(
        &mut self,
        rig: &mut Rig,
        messages: usize,
        plan: Plan,
        lasts: Duration,
    ) -> anyhow::Result<(Figure, f64, Outcome)> {
        let script = Script::new(rig.author, BODY_BYTES, messages);
        let before = self.chat.terminal.heard().pictures;
        let (times, outcome) = self.beside(|| rig.run(&script, plan, |_, _| {}), lasts)?;
        let pictures = self.chat.terminal.heard().pictures - before;
        Ok((Figure::of(times), pictures as f64 / lasts.as_secs_f64(), outcome))
    }

    /// Types for so long while `other` runs.
    fn beside<T: Send>(
        &mut self,
        other: impl FnOnce() -> anyhow::Result<T> + Send,
        lasts: Duration,
    ) -> anyhow::Result<(Vec<Duration>, T)> {
        thread::scope(|scope| {
            let other = scope.spawn(other);
            let times = self.times(lasts)?;
            let outcome = other.join().map_err(|_| anyhow!("what runs beside the typist has failed"))??;
            Ok((times, outcome))
        })
    }

    /// Types for so long: the time of each key.
    fn times(&mut self, lasts: Duration) -> anyhow::Result<Vec<Duration>> {
        let (began, mut times) = (clock::moment(), Vec::new());
        let (mut in_line, mut pauses) = (LINE_KEYS, PAUSES.iter().cycle());
        let mut pause = || pauses.next().into_iter().for_each(|pause| thread::sleep(*pause));
        while began.elapsed() < lasts {
            if in_line == LINE_KEYS {
                self.empty()?;
                pause();
                in_line = 0;
            }
            times.push(self.key()?);
            in_line += 1;
            pause();
        }
        ensure!(!times.is_empty(), "nothing was typed");
        Ok(times)
    }

    /// Types a letter: from when it is written until it is seen, and the cursor behind it.
    fn key(&mut self) -> anyhow::Result<Duration> {
        let terminal = &self.chat.terminal;
        let letter = char::from(self.letter).to_string();
        self.letter = if self.letter == b'z' { b'a' } else { self.letter + 1 };
        let (column, row) = terminal.cursor().context("the cursor is hidden")?;
        let began = clock::moment();
        terminal.keys(&letter)?;
        terminal.wait_for_look("letter", |screen| {
            let is_there = screen.cell(row, column).is_some_and(|cell| cell.contents() == letter);
            is_there && !screen.hide_cursor() && screen.cursor_position() == (row, column + 1)
        })?;
        Ok(began.elapsed())
    }

    /// Empties the draft.
    fn empty(&self) -> anyhow::Result<()> {
        self.chat.terminal.keys("<C-u>")?;
        let (column, row) = self.home;
        let is_so = |screen: &Screen| !screen.hide_cursor() && screen.cursor_position() == (row, column);
        self.chat.terminal.wait_for_look("empty draft", is_so)
    }
}
