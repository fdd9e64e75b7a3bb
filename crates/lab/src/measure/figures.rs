//! All figures in one run, as a table for the README: what it is, the goal, ours, the limit relay's, and what was lost.
//! Must not know how a figure is taken. Bounds: those of each measurement.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;

use super::load::Load;
use super::target::{Kind, stand_aside};
use super::throughput::Throughput;
use super::{connect, idle, latency, memory, slow, start, throughput};
use crate::print;

/// Bodies and receivers, and the goal in messages a second on one core (from trials of the design on another machine).
const THROUGHPUT: [(usize, usize, f64); 5] =
    [(64, 1, 4.5e6), (64, 8, 2.2e6), (64, 32, 1e6), (256, 8, 1.6e6), (4096, 32, 55e3)];
/// With history: messages a second in.
const HISTORY_GOAL: f64 = 60e3;

/// Which program.
#[derive(Args, Debug)]
pub struct FiguresArgs {
    /// The program to measure: a release build.
    #[arg(long, default_value = "target/release/whisper")]
    whisper: PathBuf,
    /// Runs of each throughput, of which the median is told.
    #[arg(long, default_value_t = 5)]
    runs: usize,
}

/// Measures everything, and prints a table in Markdown.
///
/// # Errors
/// The program cannot be run, or does not do what it should.
pub fn run(args: &FiguresArgs) -> anyhow::Result<ExitCode> {
    let start = start::times(&args.whisper, 40)?;
    let with_history = Kind::whisper(args.whisper.clone(), true, &[]);
    let kept = throughput::measure(&with_history, &Load { runs: args.runs, ..Load::new(256, 8) })?;
    stand_aside()?;
    print::line(format_args!("{}\n", machine()?))?;
    print::line(format_args!("| figure | goal | whisper | copy | whisper / copy | lost |"))?;
    print::line(format_args!("| --- | --- | --- | --- | --- | --- |"))?;
    let ours = Kind::whisper(args.whisper.clone(), false, &[]);
    for (body, receivers, goal) in THROUGHPUT {
        let load = Load { runs: args.runs, ..Load::new(body, receivers) };
        let (whisper, copy) = (throughput::measure(&ours, &load)?, throughput::measure(&Kind::Copy, &load)?);
        throughput_row(&format!("{body} B, {receivers} receivers"), goal, &whisper, Some(&copy))?;
    }
    throughput_row("the same with history, 256 B, 8 receivers, all cores", HISTORY_GOAL, &kept, None)?;
    rest(&ours, args)?;
    print::line(format_args!("| start to `listening on`, new data directory | 50 ms | {} | | | |", start.short()))?;
    Ok(ExitCode::SUCCESS)
}

fn throughput_row(what: &str, goal: f64, whisper: &Throughput, copy: Option<&Throughput>) -> io::Result<()> {
    let told = |run: &Throughput| match run.micros {
        Some(micros) => format!("{} ({micros:.3} us)", short(run.per_second)),
        None => short(run.per_second),
    };
    let ratio = copy.and_then(|copy| Some(whisper.micros? / copy.micros?));
    print::line(format_args!(
        "| messages a second (CPU each), {what} | {} | {} | {} | {} | {} |",
        short(goal),
        told(whisper),
        copy.map(told).unwrap_or_default(),
        ratio.map(|ratio| format!("{ratio:.2}")).unwrap_or_default(),
        whisper.deliveries.lost,
    ))
}

/// Everything but throughput.
fn rest(ours: &Kind, args: &FiguresArgs) -> anyhow::Result<()> {
    let load = Load::new(64, 8);
    let (whisper, copy) = (latency::measure(ours, &load, 10_000)?, latency::measure(&Kind::Copy, &load, 10_000)?);
    print::line(format_args!(
        "| latency at 10,000 a second, 64 B, 8 receivers: p50 / p99 | 45 / 100 us | {} | {} | {:.2} | {} |",
        whisper.figure.short(),
        copy.figure.short(),
        whisper.figure.p50().as_secs_f64() / copy.figure.p50().as_secs_f64(),
        whisper.deliveries.lost
    ))?;
    let (whisper, copy) = (slow::measure(ours, &load)?, slow::measure(&Kind::Copy, &load)?);
    print::line(format_args!(
        "| one of 8 receivers stops: what the others get | 95%, no pause over 100 ms | {whisper} | {:.0}% | | |",
        copy.delivered_percent
    ))?;
    let seen = memory::measure(ours, 3_000_000)?;
    print::line(format_args!(
        "| bytes per seen ID, of the first million (with the log that holds them) and from there to three million | 24 | \
         {:.0}, {:.1} | | | |",
        seen.per_message(0, 1_000_000).context("a million were seen")?,
        seen.per_message(1_000_000, 3_000_000).context("three million were seen")?
    ))?;
    let idle = idle::measure(&Kind::whisper(args.whisper.clone(), false, idle::OPTIONS), idle::LINKS)?;
    print::line(format_args!("| 10,000 idle links | 1 kB each | {idle} | | | {} |", idle.outcome.deliveries.lost))?;
    let connect = connect::measure(ours, 20_000, 32)?;
    print::line(format_args!(
        "| links that say one thing and go | | {:.0} a second | | | {} |",
        connect.per_second, connect.deliveries.lost
    ))?;
    Ok(())
}

/// A number as one says it.
fn short(number: f64) -> String {
    if number >= 1e6 { format!("{:.2}M", number / 1e6) } else { format!("{:.0}k", number / 1e3) }
}

/// What it ran on.
fn machine() -> anyhow::Result<String> {
    let read = |path: &str| fs::read_to_string(Path::new(path)).with_context(|| path.to_owned());
    let cpuinfo = read("/proc/cpuinfo")?;
    let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    let cpus = cpuinfo.lines().filter(|line| line.starts_with("processor")).count();
    let kernel = read("/proc/sys/kernel/osrelease")?;
    let load = read("/proc/loadavg")?;
    Ok(format!(
        "{cpus} CPUs ({}), Linux {}, load {} before",
        model.trim_start_matches([' ', '\t', ':']),
        kernel.trim(),
        load.split_whitespace().next().unwrap_or_default()
    ))
}
