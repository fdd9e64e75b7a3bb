//! `whisper-lab double`: one double on a terminal.
//! Must not know the protocol: it hands lines in, the double shows lines itself.
//! Bounds: `LINE_BYTES_MAX` a line.

use std::io::{self, BufRead as _, Read as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;

use anyhow::Context as _;
use clap::{Args, Subcommand};

use super::{DaemonOptions, DeadAddr, Double, PeerOptions};

/// Longest line taken at once, in bytes; the rest of a longer one counts as the next.
const LINE_BYTES_MAX: u64 = 64 * 1024;

/// Exit code of a Go program that panics.
const CRASH_EXIT_CODE: u8 = 2;

/// The arguments of `whisper-lab double`.
#[derive(Debug, Args)]
pub struct DoubleArgs {
    #[command(subcommand)]
    peer: OldPeer,
}

#[derive(Debug, Subcommand)]
enum OldPeer {
    /// The old daemon: nicks, Timestamps, GET /peers; crashes (exit code 2) on an empty Body.
    Daemon {
        #[command(flatten)]
        peer: PeerArgs,
        /// The user's name.
        #[arg(long, default_value = "")]
        nick: String,
        /// Port of GET /peers on 127.0.0.1; 0 takes any.
        #[arg(long, value_name = "PORT", default_value_t = 0)]
        http: u16,
        /// Send the datagram of the start to this address.
        #[arg(long, value_name = "IP:PORT")]
        beacon: Option<SocketAddr>,
    },
    /// The old code-lab peer.
    #[command(name = "codelab")]
    CodeLab {
        #[command(flatten)]
        peer: PeerArgs,
    },
}

#[derive(Debug, Args)]
struct PeerArgs {
    /// Port to listen on; 0 takes any.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Address to listen on.
    #[arg(long, value_name = "IP", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    bind: IpAddr,
    /// A peer to dial at the start; may be given more than once.
    #[arg(long = "peer", value_name = "HOST:PORT")]
    peers: Vec<String>,
    /// Forget an Addr that cannot be dialled, where an old peer may wait for it for good.
    #[arg(long)]
    forget_dead: bool,
}

impl From<PeerArgs> for PeerOptions {
    fn from(args: PeerArgs) -> Self {
        let PeerArgs { port, bind, peers, forget_dead } = args;
        let dead_addr = if forget_dead { DeadAddr::Forgotten } else { DeadAddr::StaysRegistered };
        Self { bind, port, peers, dead_addr, echo: true }
    }
}

/// Runs a double until it crashes or the process is killed: stdin is its user, stdout its screen.
///
/// # Errors
/// When the double cannot start, for its port is taken or its beacon cannot be sent.
pub fn run(args: DoubleArgs) -> anyhow::Result<ExitCode> {
    let double = match args.peer {
        OldPeer::Daemon { peer, nick, http, beacon } => {
            Double::daemon(DaemonOptions { peer: peer.into(), nick, http_port: http, beacon })
        }
        OldPeer::CodeLab { peer } => Double::codelab(peer.into()),
    };
    let double = Arc::new(double.context("the double cannot start")?);
    eprintln!("listening on {}", double.addr());
    if let Some(http) = double.http_addr() {
        eprintln!("peers at http://{http}/peers");
    }
    let user = Arc::clone(&double);
    thread::Builder::new().name("stdin".into()).spawn(move || type_lines(&user)).context("no thread for stdin")?;
    let _ = double.wait_crashed(None);
    eprintln!("panic: a message without a Body");
    Ok(ExitCode::from(CRASH_EXIT_CODE))
}

/// The peer lives on when its input ends, as one without a terminal does.
fn type_lines(double: &Double) {
    let mut stdin = io::stdin().lock();
    let mut line = Vec::new();
    while matches!((&mut stdin).take(LINE_BYTES_MAX).read_until(b'\n', &mut line), Ok(1..)) {
        double.say(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']));
        line.clear();
    }
}
