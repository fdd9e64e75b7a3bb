//! The commands that ask a running peer: `send`, `tail`, `search`, `peers`, `connect`, `disconnect`, `block`, `unblock`, `key verify`.
//! Must not know the peer, only its HTTP API. Bounds: those of the API.

mod api;
mod send;
mod tail;

use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;

use unicode_width::UnicodeWidthStr as _;
use whispernet_node::handle::PeerStatus;

use self::api::Api;
use self::tail::Printer;
use crate::args::{ClientCommand, VerifyArgs};
use crate::shown::safe;
use crate::slash;

/// Why a command failed, and with it the exit status.
#[derive(Debug)]
enum Failure {
    /// 1: what is wrong and what to do.
    Error(String),
    /// 2: nothing to do.
    Usage(String),
    /// 3: no peer runs there.
    NoPeer(String),
    /// 4: it may or may not have been said.
    NotAcknowledged(String),
    /// Nobody reads our standard output any more: an end, not an error.
    NobodyReads,
}

impl From<io::Error> for Failure {
    /// An error of our standard output.
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::NobodyReads,
            _ => Self::Error(format!("cannot write: {error}")),
        }
    }
}

/// Asks the peer of that data directory; errors go to standard error.
pub(crate) fn run(command: &ClientCommand, data_dir: &Path) -> ExitCode {
    ended(ask(command, data_dir))
}

/// Has the peer of that data directory compare a key with what its owner showed.
pub(crate) fn verify(args: &VerifyArgs, data_dir: &Path) -> ExitCode {
    let verified = match args.read() {
        Some((who, proof)) => Api::find(data_dir).and_then(|api| api.verify(who, &proof)),
        None => Err(Failure::Usage("nothing to compare: write `whisper key verify WHO DIGITS`".into())),
    };
    ended(verified.map(|person| say(&slash::verified(&person))))
}

fn ended(result: Result<(), Failure>) -> ExitCode {
    let (code, text) = match result {
        Ok(()) | Err(Failure::NobodyReads) => return ExitCode::SUCCESS,
        Err(Failure::Error(text)) => (1, text),
        Err(Failure::Usage(text)) => (2, text),
        Err(Failure::NoPeer(text)) => (3, text),
        Err(Failure::NotAcknowledged(text)) => (4, text),
    };
    say(&format!("whisper: {text}"));
    ExitCode::from(code)
}

fn ask(command: &ClientCommand, data_dir: &Path) -> Result<(), Failure> {
    match command {
        ClientCommand::Send(args) => send::send(args, data_dir),
        ClientCommand::Tail(args) => tail::tail(args, data_dir),
        ClientCommand::Search(args) => {
            let api = Api::find(data_dir)?;
            tail::pages(&api, 0, Some(&args.query), &mut Printer::new(args.json)).map(drop)
        }
        ClientCommand::Peers(args) => {
            let peers = Api::find(data_dir)?.peers()?;
            print(&if args.json { json_lines(&peers) } else { table(&peers) })
        }
        ClientCommand::Connect(args) => Api::find(data_dir)?.connect(&args.addr),
        ClientCommand::Disconnect(args) => Api::find(data_dir)?.disconnect(&args.addr),
        ClientCommand::Block(args) => Api::find(data_dir)?.block(&args.who),
        ClientCommand::Unblock(args) => Api::find(data_dir)?.unblock(&args.who),
    }
}

/// Data, to standard output.
fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(())
}

/// Chatter, to standard error; one that is closed is no error.
fn say(text: &str) {
    let _ = writeln!(io::stderr(), "{}", safe::line(text));
}

/// One object a line, with nothing in it that a terminal would obey.
fn json_lines(peers: &[PeerStatus]) -> String {
    // String keys and plain values only: this cannot fail.
    peers.iter().filter_map(|peer| serde_json::to_string(peer).ok()).fold(String::new(), |mut lines, json| {
        lines.extend([&safe::json(&json), "\n"]);
        lines
    })
}

/// Columns as wide as their widest cell; no head, so that each line is a peer.
fn table(peers: &[PeerStatus]) -> String {
    let rows: Vec<[String; 5]> = peers.iter().map(row).collect();
    let mut widths = [0; 5];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.width().max(*width);
        }
    }
    let mut text = String::new();
    for row in &rows {
        let mut line = String::new();
        for (width, cell) in widths.iter().zip(row) {
            line.push_str(cell);
            line.extend(std::iter::repeat_n(' ', width - cell.width() + 2));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn row(peer: &PeerStatus) -> [String; 5] {
    let link = match (peer.out, peer.incoming) {
        (true, true) => "in+out",
        (true, false) => "out",
        (false, true) => "in",
        (false, false) => "-",
    };
    let nick = Some(safe::nick(&peer.nick)).filter(|nick| !nick.is_empty());
    let lag = if peer.lag == 0 { String::new() } else { format!("{} to be sent", peer.lag) };
    [
        safe::addr(&peer.addr),
        safe::line(&peer.state).into_owned(),
        link.to_owned(),
        nick.unwrap_or_else(|| "-".into()),
        lag,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peers_stand_in_columns() {
        let peer = |addr: &str, nick: &str, out, incoming, state: &str, lag| PeerStatus {
            key: None,
            addr: addr.into(),
            nick: nick.into(),
            out,
            incoming,
            state: state.into(),
            lag,
        };
        let peers = [
            peer("10.0.0.7:55555", "phil", true, true, "connected", 0),
            peer("10.0.0.10:55555", "日本", true, false, "connected", 12),
            peer("10.0.0.8:1", "\u{1b}[2J", false, false, "held", 0),
            peer("10.0.0.9:1", "", false, true, "connected", 3),
        ];
        let expected = "\
10.0.0.7:55555   connected  in+out  phil
10.0.0.10:55555  connected  out     日本       12 to be sent
10.0.0.8:1       held       -       \\u{1b}[2J
10.0.0.9:1       connected  in      -          3 to be sent
";
        assert_eq!(table(&peers), expected);
        assert_eq!(table(&[]), "");
        let json = json_lines(&peers[2..]);
        let first =
            r#"{"addr":"10.0.0.8:1","nick":"\u001b[2J","out":false,"in":false,"state":"held","lag":0,"key":null}"#;
        assert_eq!(json.lines().next(), Some(first));
        assert_eq!((json.lines().count(), json_lines(&[]).as_str()), (2, ""));
    }
}
