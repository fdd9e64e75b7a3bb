//! The page in a real browser: what its first load costs, how soon a message is to be seen, and how long a key takes to the screen
//! while messages come, and over a long history. Must not know how the page works. Bounds: a time for each load and each key.

use std::path::Path;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, anyhow, ensure};
use clap::Args;
use serde_json::{Value, json};

use super::figure::Figure;
use super::load::numbers;
use super::rig::{Plan, Rig};
use super::script::Script;
use super::target::Kind;
use crate::browser::chat::Host;
use crate::browser::{Browser, Start};
use crate::clock;
use crate::print;

/// What the page is to keep to: bytes of its first load, time to its first message, and from a key to the screen.
const BYTES_GOAL: u64 = 60_000;
const FIRST_MESSAGE_GOAL: Duration = Duration::from_millis(300);
const KEY_GOAL: Duration = Duration::from_millis(100);
/// Between two keys: a fast typist's.
const PAUSE: Duration = Duration::from_millis(53);
/// Keys of a line, after which it is emptied.
const LINE_KEYS: usize = 40;
/// Bytes of a Body.
const BODY_BYTES: usize = 64;
/// Messages of the history that the first load shows a part of.
const SMALL_HISTORY: usize = 100;
/// Frames of a scroll through the history.
const SCROLL_FRAMES: u32 = 240;

/// What is looked at.
#[derive(Args, Clone, Copy, Debug)]
pub(super) struct PageArgs {
    /// Messages a second while somebody types.
    #[arg(long, default_value_t = 5_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    rate: u32,
    /// Seconds of typing without messages, and of typing at that rate.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=3_600))]
    seconds: u32,
    /// Messages of the long history.
    #[arg(long, default_value_t = 100_000, value_parser = numbers(1..=10_000_000))]
    messages: usize,
    /// How often the page is loaded for its time.
    #[arg(long, default_value_t = 20, value_parser = numbers(1..=1_000))]
    runs: usize,
}

/// Notes, in every page, when its first message is drawn, how long each key takes to the frame that shows it, and what keeps the
/// page from everything else for 50 ms and more (W3C, "Long Tasks").
const NOTE: &str = "
    window.noted = {first: null, keys: [], tasks: []};
    const drawn = work => requestAnimationFrame(() => {
        const channel = new MessageChannel();
        channel.port1.onmessage = () => work(performance.now());
        channel.port2.postMessage(null);
    });
    const look = () => {
        if (document.querySelector('li.message')) drawn(now => { noted.first = now });
        else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
    addEventListener('keydown', event => drawn(now => noted.keys.push(now - event.timeStamp)), true);
    new PerformanceObserver(list => list.getEntries().forEach(each => noted.tasks.push(each.duration)))
        .observe({type: 'longtask', buffered: true});";

/// Scrolls up by a screen a frame, and then to the end: how long each frame took.
const SCROLL: &str = "
    const log = document.querySelector('.scroll'), frames = [];
    const frame = () => new Promise(requestAnimationFrame);
    return (async () => {
        let before = await frame();
        for (let count = 0; count < arguments[0]; count += 1) {
            log.scrollBy(0, -log.clientHeight);
            const now = await frame();
            frames.push(now - before);
            before = now;
        }
        return frames;
    })();";

pub(super) fn measure(whisper: &Path, args: &PageArgs) -> anyhow::Result<bool> {
    let host = Host::start(whisper, "ann", &["--flood-limit", "off"])?;
    let mut rig = rig(&host)?;
    rig.run(&Script::new(rig.author, BODY_BYTES, SMALL_HISTORY), Plan { rests: true, ..Plan::default() }, |_, _| {})?;
    let mut good = first_load(&host)?;
    let browser = Browser::at(&host, &Start { first: NOTE, ..Start::default() })?;
    good &= loads(&browser, args.runs, "a short history")?;
    browser.is_live()?;

    let lasts = Duration::from_secs(args.seconds.into());
    good &= typing(&browser, lasts, "nothing else")?;
    let count = usize::try_from(args.rate)?.saturating_mul(usize::try_from(args.seconds)?);
    let script = Script::new(rig.author, BODY_BYTES, count);
    let plan = Plan { per_second: Some(args.rate), rests: true, ..Plan::default() };
    let (ends, outcome) = thread::scope(|scope| {
        let source = scope.spawn(|| rig.run(&script, plan, |_, _| {}));
        let ends = typing(&browser, lasts, &format!("{} messages a second", args.rate));
        (ends, source.join())
    });
    let outcome = outcome.map_err(|_| anyhow!("what runs beside the typist has failed"))??;
    good &= ends? && outcome.deliveries.are_whole();
    let rate = count as f64 / outcome.elapsed.as_secs_f64();
    print::line(format_args!("  in fact {rate:.0} a second; {}", outcome.deliveries))?;
    good &= shows_the_last(&browser, &host)?;

    let more = args.messages.saturating_sub(count);
    rig.run(&Script::new(rig.author, BODY_BYTES, more), Plan { rests: true, ..Plan::default() }, |_, _| {})?;
    good &= shows_the_last(&browser, &host)?;
    good &= loads(&browser, args.runs, &format!("{} messages of history", args.messages))?;
    browser.is_live()?;
    scroll(&browser)?;
    good &= typing(&browser, lasts / 2, "in the middle of the history")?;
    Ok(good)
}

fn rig(host: &Host) -> anyhow::Result<Rig> {
    Rig::new(&Kind::Running(host.process.addr, Some(host.process.pid())), 1)
}

/// What a browser that was never here loads.
fn first_load(host: &Host) -> anyhow::Result<bool> {
    let browser = Browser::start(&Start { notes_requests: true, ..Start::default() })?;
    browser.enter(host)?;
    browser.is_live()?;
    let mut sum = 0;
    let mut parts = Vec::new();
    for request in browser.requests()? {
        let bytes = request.bytes.unwrap_or_default();
        sum += bytes;
        if request.url.starts_with("data:") {
            continue;
        }
        let path = request.url.rsplit('/').next().unwrap_or_default();
        let name = path.split(['?', '-']).next().unwrap_or_default();
        parts.push(format!("{} {bytes}", if name.is_empty() { "page" } else { name }));
    }
    print::line(format_args!(
        "first load with {SMALL_HISTORY} messages: {sum} bytes over the wire (goal {BYTES_GOAL}): {}",
        parts.join(", ")
    ))?;
    Ok(sum <= BYTES_GOAL)
}

/// Loads the page again and again.
fn loads(browser: &Browser, runs: usize, what: &str) -> anyhow::Result<bool> {
    let mut times = Vec::new();
    for _ in 0..runs {
        browser.reload()?;
        browser.wait_for("noted.first !== null")?;
        times.push(millis(&browser.run("return noted.first", &[])?)?);
    }
    let figure = Figure::of(times);
    print::line(format_args!("request to first message, {what}: {figure} (goal {FIRST_MESSAGE_GOAL:?})"))?;
    Ok(figure.p50() <= FIRST_MESSAGE_GOAL)
}

/// Types for so long, and tells how long keys took.
fn typing(browser: &Browser, lasts: Duration, what: &str) -> anyhow::Result<bool> {
    browser.run("noted.keys = []; noted.tasks = []", &[])?;
    browser.find("#message")?.click()?;
    let began = clock::moment();
    let mut typed = 0;
    while began.elapsed() < lasts {
        if typed % LINE_KEYS == 0 {
            browser.keys("<C-a><BS>")?;
        }
        browser.keys("x")?;
        typed += 1;
        thread::sleep(PAUSE);
    }
    let noted = browser.run("return noted", &[])?;
    let keys = all_millis(&noted["keys"])?;
    ensure!(!keys.is_empty(), "no key came to the page");
    let longest = all_millis(&noted["tasks"])?.into_iter().max().unwrap_or_default();
    let figure = Figure::of(keys);
    print::line(format_args!(
        "key to screen, {what}: {figure} (goal {KEY_GOAL:?}); longest task {longest:.1?} (50 ms and more are told)"
    ))?;
    Ok(figure.max() <= KEY_GOAL)
}

/// Waits until the page shows the newest message: how long that takes after it was kept.
fn shows_the_last(browser: &Browser, host: &Host) -> anyhow::Result<bool> {
    let began = clock::moment();
    let last = host.say("the last of these")?;
    browser.find(&format!("#m-{last}"))?;
    let rows = browser.run("return document.querySelectorAll('li.message').length", &[])?;
    print::line(format_args!("  what is said then is shown within {:.1?}; the list has {rows} rows", began.elapsed()))?;
    Ok(true)
}

fn scroll(browser: &Browser) -> anyhow::Result<()> {
    let frames = Figure::of(all_millis(&browser.run(SCROLL, &[json!(SCROLL_FRAMES)])?)?);
    let rows = browser.run("return document.querySelectorAll('li.message').length", &[])?;
    print::line(format_args!("a frame of scrolling up, a screen each: {frames}; the list has {rows} rows"))
        .context("the figure cannot be written")
}

fn all_millis(values: &Value) -> anyhow::Result<Vec<Duration>> {
    values.as_array().context("a list of times")?.iter().map(millis).collect()
}

fn millis(value: &Value) -> anyhow::Result<Duration> {
    let millis = value.as_f64().with_context(|| format!("a time, not {value}"))?;
    Ok(Duration::from_secs_f64(millis.max(0.0) / 1_000.0))
}
