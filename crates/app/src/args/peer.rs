//! The options of a peer that this process runs, and what it is started with.
//! Must not know the config file. Bounds: the ranges stand at each option.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use clap::builder::FalseyValueParser;
use clap::{Args, ValueEnum};
use whispernet_node::config::{self, Config, DataDir, IdKind};

use super::value::{HttpAddr, OrOff, UdpPort, host_port, ip, ip_port, within};

/// Where the web interface and the API are, unless the user says otherwise.
pub(super) const HTTP_DEFAULT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8888);

/// The options of a peer.
#[derive(Debug, Args)]
pub(crate) struct PeerArgs {
    /// Connect to this peer, and keep at it (may be given several times)
    #[arg(long = "peer", env = "WHISPER_PEER", hide_env = true, value_delimiter = ',', value_name = "HOST:PORT", value_parser = host_port)]
    peers: Vec<String>,

    /// TCP port; 0 takes any [default: 55555, or a free one where that is taken]
    #[arg(long, env = "WHISPER_PORT", hide_env = true, value_name = "N", value_parser = within::<0, { u16::MAX }>)]
    port: Option<u16>,

    /// Listen on this address of this machine [default: the first that is not loopback]
    #[arg(long, env = "WHISPER_BIND", hide_env = true, value_name = "IP", value_parser = ip)]
    bind: Option<IpAddr>,

    /// Tell others to connect to this address instead
    #[arg(long, env = "WHISPER_ADVERTISE", hide_env = true, value_name = "IP:PORT", value_parser = ip_port)]
    advertise: Option<SocketAddr>,

    /// Your name in the chat [default: the one used last, else a friendly one]
    #[arg(long, env = "WHISPER_NICK", hide_env = true, value_name = "NAME")]
    nick: Option<String>,

    /// Web interface and API on IP:PORT or PORT [default: 127.0.0.1:8888, or a free port]
    #[arg(long, env = "WHISPER_HTTP", hide_env = true, value_name = "ADDR|off")]
    http: Option<OrOff<HttpAddr>>,

    /// UDP port on which peers of this network find each other
    #[arg(long, env = "WHISPER_DISCOVERY", hide_env = true, value_name = "PORT|off", default_value_t = OrOff::On(UdpPort(5555)))]
    discovery: OrOff<UdpPort>,

    /// The kind of ID on what you write: signed proves to everybody that it is yours
    #[arg(long, env = "WHISPER_ID", hide_env = true, value_name = "KIND", default_value = "signed")]
    id: Id,

    /// Where the key is under a passphrase, read it from the first line of this file instead of asking for it; `-` is standard input
    #[arg(long, env = "WHISPER_PASSPHRASE_FILE", hide_env = true, value_name = "PATH")]
    pub(crate) passphrase_file: Option<PathBuf>,

    /// Most incoming links, 1 to 10000
    #[arg(long, env = "WHISPER_INBOUND_MAX", hide_env = true, value_name = "N", default_value_t = 256, value_parser = within::<1, 10_000>)]
    inbound_max: u16,

    /// Keep what is said on disk
    #[arg(long, env = "WHISPER_HISTORY", hide_env = true, value_name = "on|off", default_value = "on")]
    history: Switch,

    /// Messages that a newly connected peer is sent, 0 to 1000
    #[arg(long, env = "WHISPER_BACKLOG", hide_env = true, value_name = "N", default_value_t = 50, value_parser = within::<0, 1_000>)]
    backlog: u16,

    /// Protection against floods; off is for trusted benches
    #[arg(long, env = "WHISPER_FLOOD_LIMIT", hide_env = true, value_name = "default|off", default_value = "default")]
    flood_limit: FloodLimit,

    /// Which files of others are taken without a question; others wait as offers, with none they are not kept
    #[arg(long, env = "WHISPER_ACCEPT", hide_env = true, value_name = "WHOSE", default_value = "ask")]
    accept: Accept,

    /// Line mode: append-only lines, `nick: body`
    #[arg(long, env = "WHISPER_PLAIN", hide_env = true, value_parser = FalseyValueParser::new())]
    pub(crate) plain: bool,

    /// Line mode with one JSON event a line
    #[arg(long, env = "WHISPER_JSON", hide_env = true, value_parser = FalseyValueParser::new())]
    pub(crate) json: bool,
}

impl PeerArgs {
    /// What to start the peer with.
    pub(crate) fn config(&self, data_dir: DataDir) -> Config {
        Config {
            peers: self.peers.clone(),
            port: self.port,
            bind: self.bind,
            advertise: self.advertise,
            nick: self.nick.clone(),
            discovery: match self.discovery {
                OrOff::On(UdpPort(port)) => Some(port),
                OrOff::Off => None,
            },
            data_dir,
            id: match self.id {
                Id::Signed => IdKind::Signed,
                Id::Hash => IdKind::Hash,
                Id::Random => IdKind::Random,
            },
            inbound_max: usize::from(self.inbound_max),
            history: self.history == Switch::On,
            backlog: usize::from(self.backlog),
            accept: match self.accept {
                Accept::Ask => config::Accept::Ask,
                Accept::Verified => config::Accept::Verified,
                Accept::All => config::Accept::All,
                Accept::None => config::Accept::None,
            },
            flood_limit: self.flood_limit == FloodLimit::Default,
        }
    }

    /// Where to serve the web interface, and whether the user asked for exactly that; `None`: nowhere.
    pub(crate) fn http(&self) -> Option<(SocketAddr, bool)> {
        match self.http {
            Some(OrOff::On(HttpAddr(addr))) => Some((addr, true)),
            Some(OrOff::Off) => None,
            None => Some((HTTP_DEFAULT, false)),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Accept {
    Ask,
    Verified,
    All,
    None,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Id {
    Signed,
    Hash,
    Random,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Switch {
    On,
    Off,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum FloodLimit {
    Default,
    Off,
}
