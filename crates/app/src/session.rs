//! The life of a peer that this process runs: start, faces, stop.
//! Must not know what a face shows. Bounds: 2 s from the wish to stop to the end of the process.

use std::io::{self, IsTerminal as _, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinSet;
use tokio::time::timeout;
use whispernet_node::config::Config;
use whispernet_node::handle::{Handle, Subscription};
use whispernet_node::{Home, Started};

use crate::args::PeerArgs;
use crate::desk::Desk;
use crate::http::{self, HttpChoice};
use crate::line::display::{Display, show_events};
use crate::line::output::{self, Sink};
use crate::line::typed;
use crate::settings::Ui;
use crate::shown::safe;
use crate::tui;

/// How long links, store and standard output get to take what is left. The rest of the 2 s is for what nobody can cut short: a write
/// to the disk that is under way.
const FLUSH_MAX: Duration = Duration::from_millis(1_500);
/// How long standard error gets after that.
const CHATTER_FLUSH_MAX: Duration = Duration::from_millis(100);
const _: () = assert!(FLUSH_MAX.as_millis() + CHATTER_FLUSH_MAX.as_millis() < 2_000);

/// Batches of lines that wait for a slow reader of standard output; later events wait in the log.
const BATCHES_MAX: usize = 4;
/// Lines that wait for a slow reader of standard error; further ones are left out and counted.
const CHATTER_LINES_MAX: usize = 256;

/// Which face the peer has on the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Face {
    /// Line mode.
    Chat,
    /// None: standard input is not read, and only `--json` writes to standard output.
    Serve,
}

/// Runs a peer until a signal, `/quit` or a closed standard output ends it.
///
/// # Errors
/// The peer or its web interface does not start, or standard output fails otherwise than by being closed.
pub(crate) async fn run(options: &PeerArgs, ui: Ui, face: Face, config: Config, home: Home) -> anyhow::Result<()> {
    // Before the start, so that a signal that comes early is not lost on a half-started peer.
    let mut signals = Signals::listen()?;
    let Started { handle, events, addr, data_dir, notices, ending } = whispernet_node::start(config, home).await?;
    let peer = Peer { handle: handle.clone(), addr, data_dir, notices };
    let (stdout, stdout_ended) = output::spawn("stdout", io::stdout(), BATCHES_MAX)?;
    let (stderr, stderr_ended) = output::spawn("stderr", io::stderr(), CHATTER_LINES_MAX)?;

    let faces = show_faces(options, ui, face, &peer, events, stdout, &stderr).await;
    if faces.is_ok() {
        tokio::select! {
            () = signals.any() => {}
            () = handle.stopped() => {}
        }
    }
    handle.stop();

    let mut flushed = false;
    let (faces, failure) = match faces {
        Ok(faces) => (faces, None),
        Err(error) => (JoinSet::new(), Some(error)),
    };
    let written = timeout(FLUSH_MAX, async {
        ending.finished().await;
        flushed = true;
        let faces = faces.join_all().await;
        (faces.into_iter().find_map(Result::err), stdout_ended.await)
    })
    .await;
    if !flushed {
        stderr.offer("whisper: stopped before everything was sent and stored");
    }
    drop(stderr);
    // Who does not read standard error misses its last lines.
    let _ = timeout(CHATTER_FLUSH_MAX, stderr_ended).await;
    match (failure, written) {
        (Some(error), _) | (None, Ok((Some(error), _))) => Err(error),
        (None, Ok((None, Ok(Err(error))))) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(error).context("standard output cannot be written")
        }
        _ => Ok(()),
    }
}

/// What faces need to know of the peer.
struct Peer {
    handle: Handle,
    addr: SocketAddr,
    data_dir: PathBuf,
    notices: Vec<String>,
}

/// Says where the peer is, and starts its faces.
async fn show_faces(
    options: &PeerArgs,
    ui: Ui,
    face: Face,
    peer: &Peer,
    events: Subscription,
    stdout: Sink,
    stderr: &Sink,
) -> anyhow::Result<JoinSet<anyhow::Result<()>>> {
    let handle = &peer.handle;
    let draws = face == Face::Chat && !options.plain && !options.json && tui::suits();
    let tell = |line: &str| match draws {
        // Written before the screen is drawn, or it would stand in the middle of it. Where nobody reads it, it is on the screen.
        true => drop(writeln!(io::stderr(), "{line}")),
        false => stderr.offer(line),
    };
    tell(&format!("listening on {}", peer.addr));
    for notice in &peer.notices {
        tell(&safe::line(notice));
    }
    let mut web = None;
    if let Some((addr, asked)) = options.http() {
        let up = http::serve(handle.clone(), &peer.data_dir, HttpChoice { addr, asked }).await?;
        // A link that opens the web is a secret: for eyes, not for a log.
        let link = if io::stderr().is_terminal() { up.launch_link() } else { format!("http://{}", up.addr) };
        tell(&format!("web on {link}"));
        web = Some(up);
    }
    let desk = Desk { handle: handle.clone(), data_dir: peer.data_dir.clone(), web, at_terminal: true };
    let mut faces = JoinSet::new();
    if draws {
        let start = tui::Start { desk, addr: peer.addr, notices: peer.notices.clone(), ui };
        let ended = tui::spawn(start, events)?;
        faces.spawn(async {
            ended.await.unwrap_or_else(|_| Err(anyhow!("the terminal UI failed: this is a fault of whisper")))
        });
        return Ok(faces);
    }
    let display = match face {
        Face::Chat => Display::of_chat(options.plain, options.json),
        Face::Serve if options.json => Display::Json,
        Face::Serve => Display::Nothing,
    };
    let events = if display.shows_messages() { events } else { events.without_messages() };
    let showing = show_events(handle.clone(), events, display, stdout, stderr.clone());
    faces.spawn(async {
        showing.await;
        Ok(())
    });
    if face == Face::Chat {
        let carrying_out = typed::carry_out(desk, stderr.clone())?;
        faces.spawn(async {
            carrying_out.await;
            Ok(())
        });
    }
    Ok(faces)
}

/// What asks a process to end: SIGINT, SIGTERM, SIGQUIT, and SIGHUP when its terminal goes.
struct Signals([Signal; 4]);

impl Signals {
    fn listen() -> anyhow::Result<Self> {
        let listen = |kind| signal(kind).context("signals cannot be received");
        let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::quit(), SignalKind::hangup()];
        let [interrupt, terminate, quit, hangup] = kinds.map(listen);
        Ok(Self([interrupt?, terminate?, quit?, hangup?]))
    }

    /// Resolves when one of them came.
    async fn any(&mut self) {
        let Self([interrupt, terminate, quit, hangup]) = self;
        let interrupted = async {
            loop {
                interrupt.recv().await;
                // The terminal sends it to the editor and to us.
                if !tui::interrupts_are_the_editors() {
                    return;
                }
            }
        };
        tokio::select! {
            () = interrupted => {}
            _ = terminate.recv() => {}
            _ = quit.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}
