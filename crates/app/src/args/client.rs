//! The commands that ask a peer that runs already, and their arguments.
//! Must not know how it is asked. Bounds: none of its own.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::doctor::WebArgs;
use super::examples;
use super::value::host_port;

/// What is asked of a peer that runs already.
#[derive(Debug, Subcommand)]
pub(crate) enum ClientCommand {
    /// Say something
    #[command(after_help = examples::SEND)]
    Send(SendArgs),
    /// Print what was said, oldest first
    #[command(after_help = examples::TAIL)]
    Tail(TailArgs),
    /// Print the messages whose text or nick contains something
    #[command(after_help = examples::SEARCH)]
    Search(SearchArgs),
    /// List the peers
    #[command(after_help = examples::PEERS)]
    Peers(PeersArgs),
    /// Connect to a peer, and keep at it
    #[command(after_help = examples::CONNECT)]
    Connect(AddrArgs),
    /// Cut the links with a peer, until a connect
    #[command(after_help = examples::DISCONNECT)]
    Disconnect(AddrArgs),
    /// Give an address no link any more, or hide what a person says
    #[command(after_help = examples::BLOCK)]
    Block(WhoArgs),
    /// Take a block back
    #[command(after_help = examples::UNBLOCK)]
    Unblock(WhoArgs),
    /// Print a link that opens the page of the running peer in a browser
    #[command(after_help = examples::WEB)]
    Web(WebArgs),
}

/// Arguments of `send`.
#[derive(Debug, Args)]
pub(crate) struct SendArgs {
    /// To this person alone: not possible yet, nothing is sent then
    #[arg(long, value_name = "NICK|KEY")]
    pub(crate) to: Option<String>,
    /// Send this file of up to 1 MiB, with the text if there is one
    #[arg(long, value_name = "PATH")]
    pub(crate) file: Option<PathBuf>,
    /// The text; `-` reads it from standard input, to its end
    #[arg(value_name = "TEXT", required_unless_present = "file")]
    pub(crate) text: Option<String>,
}

/// Arguments of `tail`.
#[derive(Debug, Args)]
pub(crate) struct TailArgs {
    /// Only what came after this seq
    #[arg(long, value_name = "SEQ")]
    pub(crate) since: Option<u64>,
    /// Begin with the newest N [default: 100, or all with --since]
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<u64>,
    /// Go on with what is said from then on
    #[arg(short, long)]
    pub(crate) follow: bool,
    /// One JSON event a line
    #[arg(long)]
    pub(crate) json: bool,
}

/// Arguments of `search`.
#[derive(Debug, Args)]
pub(crate) struct SearchArgs {
    /// What to look for; letters are compared without case
    #[arg(value_name = "QUERY")]
    pub(crate) query: String,
    /// One JSON event a line
    #[arg(long)]
    pub(crate) json: bool,
}

/// Arguments of `peers`.
#[derive(Debug, Args)]
pub(crate) struct PeersArgs {
    /// One JSON object a line
    #[arg(long)]
    pub(crate) json: bool,
}

/// Arguments of `connect` and `disconnect`.
#[derive(Debug, Args)]
pub(crate) struct AddrArgs {
    /// HOST:PORT, for example 192.168.1.7:55555
    #[arg(value_name = "ADDR", value_parser = host_port)]
    pub(crate) addr: String,
}

/// Arguments of `block` and `unblock`.
#[derive(Debug, Args)]
pub(crate) struct WhoArgs {
    /// IP or IP:PORT; else a nick that was seen, a name you gave, or a key
    #[arg(value_name = "WHO")]
    pub(crate) who: String,
}
