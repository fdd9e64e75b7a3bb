//! The terminal UI: what is said above, a line to write in below, everything else a key away.
//! Must not know how the peer works, only its `Handle`. Bounds: [`EVENTS_A_TURN`]; the rest stands in the parts.
//!
//! It runs on a thread of its own, so that a terminal that does not read holds up neither the peer nor its other faces.

mod app;
mod cells;
mod header;
mod input;
mod neighbours;
mod overlay;
mod people;
mod screen;
mod timeline;
mod welcome;

use std::io;
use std::net::SocketAddr;
use std::thread;
use std::time::Duration;

use anyhow::Context as _;
use tokio::sync::oneshot;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};
use whispernet_node::event::Event;
use whispernet_node::handle::Subscription;

use self::app::{App, Effect, Place};
use self::screen::{Events, FRAMES_PER_SECOND_MAX, Input, Notify, Options, Pace, Pictures, Screen};
pub(crate) use self::screen::{interrupts_are_the_editors, suits};
use self::timeline::Extras;
use crate::desk::Desk;
use crate::settings::{self, Colors, Ui};
use crate::shown::color;

/// Events that are taken before keys have their turn again.
const EVENTS_A_TURN: usize = 256;
/// Frames for what comes by itself.
const FRAMES_PER_SECOND: u32 = 20;
/// Frames for keys, which wait for none of the others: fingers that roll over several keys see each of them at once.
const KEY_FRAMES_AT_ONCE: u32 = 10;
/// And when they go on so: more than what a key repeats that is held down, on most keyboards.
const KEY_FRAMES_PER_SECOND: u32 = 29;
// One frame of events may be drawn at once, too.
const _: () = assert!(1 + FRAMES_PER_SECOND + KEY_FRAMES_AT_ONCE + KEY_FRAMES_PER_SECOND <= FRAMES_PER_SECOND_MAX);
/// How often what changes without being told is looked at.
const REFRESH: Duration = Duration::from_secs(1);

/// What the terminal UI is started with.
pub(crate) struct Start {
    /// The peer.
    pub(crate) desk: Desk,
    /// Where it listens.
    pub(crate) addr: SocketAddr,
    /// What was to be told at its start.
    pub(crate) notices: Vec<String>,
    /// What the user likes.
    pub(crate) ui: Ui,
}

/// Starts it on a thread of its own. What is returned resolves when it has ended and the terminal is as it was.
///
/// # Errors
/// There is no room for a thread.
pub(crate) fn spawn(start: Start, events: Subscription) -> io::Result<oneshot::Receiver<anyhow::Result<()>>> {
    let (end, ended) = oneshot::channel();
    thread::Builder::new().name("tui".to_owned()).spawn(move || {
        let handle = start.desk.handle.clone();
        let result = run_here(start, events);
        handle.stop();
        // Whoever waited for the end may have given up.
        let _ = end.send(result);
    })?;
    Ok(ended)
}

fn run_here(start: Start, events: Subscription) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("the terminal cannot be waited for on this system")?;
    let result = runtime.block_on(run(start, events));
    // What still reads the history must not hold up the end.
    runtime.shutdown_background();
    result
}

async fn run(start: Start, events: Subscription) -> anyhow::Result<()> {
    let mut events = events.named("terminal");
    let Start { desk, addr, notices, ui } = start;
    let colors = ui.colors == Colors::Auto && color::allowed();
    let handle = desk.handle.clone();
    let (mut screen, mut inputs) = Screen::enter(options(&ui)).context("the terminal cannot be used: try --plain")?;
    let mut app = App::new(desk, &Place { addr, notices }, ui, colors);
    let mut refresh = interval(REFRESH);
    refresh.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // Something has changed since the last frame; it was a key.
    let (mut dirty, mut typed) = (true, false);
    let mut pace = Pace::new(1, FRAMES_PER_SECOND);
    let mut typing = Pace::new(KEY_FRAMES_AT_ONCE, KEY_FRAMES_PER_SECOND);
    loop {
        let now = Instant::now().into_std();
        let wait = if typed { pace.wait(now).min(typing.wait(now)) } else { pace.wait(now) };
        if dirty && wait.is_zero() {
            app.before_drawing();
            let mut extras = Extras::default();
            screen.draw(|frame, overlay, gallery| {
                app.draw(frame, &mut extras);
                app.place(&extras, frame, overlay, gallery);
            })?;
            dirty = app.after_drawing(&extras);
            let budget = if typed && typing.wait(now).is_zero() { &mut typing } else { &mut pace };
            budget.drawn(now);
            typed = false;
        }
        tokio::select! {
            biased;
            input = inputs.next() => {
                if input == Input::Resumed {
                    screen.resume()?;
                }
                app.input(input);
                (dirty, typed) = (true, true);
            }
            () = sleep(wait), if dirty => {}
            _ = refresh.tick() => {
                app.refresh();
                dirty = true;
            }
            done = app.next_done() => {
                done.into_iter().for_each(|done| app.done(done));
                dirty = true;
            }
            event = events.next() => {
                let Some(event) = event else { break };
                take_events(&mut app, event, &mut events).await;
                dirty = true;
            }
        }
        for effect in app.effects() {
            carry_out(effect, &mut screen, &mut inputs, &mut app).await?;
            dirty = true;
        }
    }
    handle.stop();
    screen.leave()?;
    Ok(())
}

/// Takes this event, and those that are there already.
async fn take_events(app: &mut App, first: Event, events: &mut Subscription) {
    let mut next = Some(first);
    let mut taken = 0;
    while let Some(event) = next {
        app.event(event);
        taken += 1;
        if taken >= EVENTS_A_TURN {
            return;
        }
        next = tokio::select! {
            biased;
            event = events.next() => event,
            () = std::future::ready(()) => None,
        };
    }
}

async fn carry_out(effect: Effect, screen: &mut Screen, inputs: &mut Events, app: &mut App) -> anyhow::Result<()> {
    match effect {
        Effect::Suspend => screen.suspend(inputs).await?,
        Effect::Redraw => screen.forget()?,
        Effect::Copy(text) => match screen.copy(&text) {
            Ok(()) => app.hint("copied, where the terminal takes it".to_owned()),
            Err(error) => app.hint(error.to_string()),
        },
        Effect::Open(link) => {
            if let Err(error) = screen::open_url(&link) {
                app.hint(format!("the link does not open: {error}"));
            }
        }
        Effect::Notify(notification) => screen.notify(&notification, Instant::now().into_std())?,
        Effect::Edit(text) => match screen.edit_externally(inputs, &text).await {
            Ok(text) => app.edited(text),
            Err(error) => app.hint(format!("the editor did not work: {error}")),
        },
    }
    Ok(())
}

/// What the user likes, as the screen has it.
fn options(ui: &Ui) -> Options {
    let has = |way| ui.notify.contains(&way);
    Options {
        pictures: match ui.pictures {
            settings::Pictures::Auto => Pictures::Auto,
            settings::Pictures::Off => Pictures::Off,
            settings::Pictures::HalfBlocks => Pictures::HalfBlocks,
            settings::Pictures::Sixel => Pictures::Sixel,
            settings::Pictures::Kitty => Pictures::Kitty,
            settings::Pictures::Iterm => Pictures::Iterm,
        },
        links: (!ui.links).then_some(false),
        notify: Notify {
            bell: has(settings::Notify::Bell),
            osc9: has(settings::Notify::Osc9),
            osc777: has(settings::Notify::Osc777),
            desktop: has(settings::Notify::Desktop),
        },
    }
}
