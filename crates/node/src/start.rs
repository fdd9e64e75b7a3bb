//! From settings and a home to a running peer: store, address, node, threads. Must not know faces.
//! Bounds: what each part bounds; nothing here waits for the size of the history.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::Duration;

use data_encoding::HEXLOWER;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::sync::{oneshot, watch};
use whispernet_core::fingerprint::Fingerprint;
use whispernet_core::identity::{Network, SecretKey};
use whispernet_core::log::{Marks, Note};
use whispernet_core::node::{self, Node, Past, Restored, SEEN_MAX, SEQ_BLOCK, Stored};
use whispernet_core::time::{Now, UnixMillis};
use whispernet_core::trust::Rotation;

use crate::clock::Clock;
use crate::config::{Accept, Config, IdKind, StartError};
use crate::datadir::Locked;
use crate::event::{Level, Trust};
use crate::handle::{Handle, Say};
use crate::home::Home;
use crate::interfaces::Interfaces;
use crate::shared::{JOBS_MAX, Parts, Shared};
use crate::store::{self, Files, Opened, Reader, Row};
use crate::subscription::Subscription;
use crate::writer::{self, job};
use crate::{damage, key, network, nick, open_files, verifiers};

/// The port of the classic protocol.
pub const DEFAULT_PORT: u16 = 55_555;
/// Connections that the system holds for us: lost SYNs would cost a second each.
const LISTEN_BACKLOG: i32 = 4_096;
/// Bytes of received files on disk.
const FILES_BYTES_MAX: u64 = 256 << 20;
/// Fingerprints read back: one generation of what is remembered.
const REFILL_MAX: usize = SEEN_MAX / 2;
/// Copies read back that may come richer (a guess: the last hours).
const COPIES_MAX: usize = 4_096;
/// For so long after a key took the place of another one, that is said at each start.
const ANNOUNCE_WITHIN: Duration = Duration::from_secs(7 * 24 * 3600);
/// Between two look-ups of a name that did not resolve.
const RESOLVE_PAUSE_MIN: Duration = Duration::from_secs(1);
/// See [`RESOLVE_PAUSE_MIN`].
const RESOLVE_PAUSE_MAX: Duration = Duration::from_secs(60);

/// A peer that runs.
pub struct Started {
    /// The door to it.
    pub handle: Handle,
    /// Everything it has told since its start.
    pub events: Subscription,
    /// Where it listens.
    pub addr: SocketAddr,
    /// The folder that it keeps things in.
    pub data_dir: PathBuf,
    /// What a user should know of the start, a line each.
    pub notices: Vec<String>,
    /// Its end.
    pub ending: Ending,
}

/// The end of a peer, to be waited for.
pub struct Ending {
    threads: Vec<oneshot::Receiver<()>>,
    _lock: Locked,
}

impl Ending {
    /// Resolves when links are flushed and the store is closed, after [`Handle::stop`].
    pub async fn finished(self) {
        for ended in self.threads {
            // A thread that panicked has ended too.
            let _ = ended.await;
        }
    }
}

/// Starts a peer in the home that was opened for these settings. Links are accepted when this returns.
///
/// # Errors
/// See [`StartError`].
pub async fn start(config: Config, home: Home) -> Result<Started, StartError> {
    let clock = Clock::start();
    let now = clock.now();
    let Home { locked, notice, key } = home;
    let mut notices: Vec<String> = notice.into_iter().chain(open_files::allow(config.inbound_max)).collect();

    let failed = |error: String| StartError::DataDir { path: locked.path.clone(), reason: error };
    let random = entropy::<16>().map_err(failed)?;
    let mut opened = store::open(&locked.path, now.wall.0, random).map_err(|error| failed(error.to_string()))?;
    let reserved = opened.seq_first.saturating_add(SEQ_BLOCK);
    opened.writer.reserve_seq(reserved).map_err(|error| failed(error.to_string()))?;
    let files_dir = locked.path.join("files");
    let files = Files::open(files_dir.clone(), FILES_BYTES_MAX).map_err(|error| failed(error.to_string()))?;
    if let Some(aside) = &opened.set_aside {
        notices.push(format!("the history was damaged and is set aside as {}; a new one begins", aside.display()));
    }
    if let Some(aside) = &opened.log_aside {
        notices.push(format!("the end of the history was damaged and is set aside as {}", aside.display()));
    }

    let interfaces = Interfaces::list();
    let bound = config.bind.unwrap_or_else(|| interfaces.default_ip());
    let (listener, other_port) = listen(bound, config.port)?;
    notices.extend(other_port);
    let listening = listener.local_addr().map_err(|error| cannot_listen(bound, &error))?;
    let seed = entropy::<32>().map_err(failed)?;
    let run = HEXLOWER.encode(&entropy::<8>().map_err(failed)?);
    let own_nick = choose_nick(&config, &mut opened, &mut notices).map_err(failed)?;
    let public_key = key.public();
    let rotation = key::rotation(&locked.path, &public_key).filter(|_| config.id == IdKind::Signed);
    let settings = node::Config {
        rotation: rotation.clone(),
        ..settings(&config, &opened, &interfaces, listening, own_nick, key)
    };
    let node = make_node(settings, &opened, &config, seed, now, &mut notices);

    let (jobs, jobs_taken) = sync_channel(JOBS_MAX);
    let shared = Shared::new(Parts {
        node,
        clock,
        run,
        key: public_key,
        database: Some(opened.path.clone()),
        history: config.history,
        keeps_files: config.history && config.accept != Accept::None,
        files_dir,
        files,
        jobs,
    });
    let handle = Handle { shared: Arc::clone(&shared) };
    let events = handle.subscribe(None);
    let (ready, is_ready) = watch::channel(false);
    let network =
        network::Start { shared: Arc::clone(&shared), listener, bound, discovery: config.discovery, ready: is_ready };
    let writer = writer::Start {
        shared: Arc::clone(&shared),
        jobs: jobs_taken,
        writer: opened.writer,
        accept: config.accept,
        dir: locked.path.clone(),
        fingerprint_key: opened.fingerprint_key,
        history: config.history,
        reserved,
    };
    let (written, writer_ended) = oneshot::channel();
    let (flushed, network_ended) = oneshot::channel();
    spawn("store", move || {
        writer::run(writer);
        let _ = written.send(());
    })
    .map_err(failed)?;
    let after_links = Arc::clone(&shared);
    spawn("network", move || {
        network::run(network);
        // The store ends after the links, with what they said last.
        after_links.end_store();
        let _ = flushed.send(());
    })
    .map_err(failed)?;
    let (refill, path, unclean) = (Arc::clone(&shared), opened.path, opened.unclean);
    spawn("refill", move || {
        remember(&refill, &path);
        let _ = ready.send(true);
        if unclean {
            damage::look(&refill);
        }
    })
    .map_err(failed)?;
    if let Some(statement) = &rotation {
        announce_rotation(&handle, statement);
    }
    verifiers::start(&shared).map_err(|error| failed(format!("no thread to check signatures: {error}")))?;
    for peer in config.peers {
        tokio::spawn(connect(handle.clone(), peer));
    }
    Ok(Started {
        handle,
        events,
        addr: listening,
        data_dir: locked.path.clone(),
        notices,
        ending: Ending { threads: vec![network_ended, writer_ended], _lock: locked },
    })
}

pub(crate) fn check(config: &Config) -> Result<(), StartError> {
    let usage = |text: &str| Err(StartError::Usage(text.to_owned()));
    if !(1..=10_000).contains(&config.inbound_max) {
        return usage("--inbound-max takes 1 to 10000");
    }
    if config.backlog > 1_000 {
        return usage("--backlog takes 0 to 1000");
    }
    if config.nick.as_deref().is_some_and(|nick| !nick::is_fit(nick)) {
        return usage("--nick takes 1 to 32 characters, none of them a control character, and no space at either end");
    }
    Ok(())
}

fn entropy<const N: usize>() -> Result<[u8; N], String> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| format!("the system gives no random numbers: {error}"))?;
    Ok(bytes)
}

fn cannot_listen(ip: IpAddr, error: &io::Error) -> StartError {
    StartError::CannotListen { ip, reason: error.to_string() }
}

/// Listens on the port asked for, or on the default one, or where that is taken on a free one, which is then said aloud.
fn listen(ip: IpAddr, port: Option<u16>) -> Result<(TcpListener, Option<String>), StartError> {
    let asked = port.unwrap_or(DEFAULT_PORT);
    match (listen_on(SocketAddr::new(ip, asked)), port) {
        (Ok(listener), _) => Ok((listener, None)),
        (Err(error), Some(port)) if error.kind() == io::ErrorKind::AddrInUse => Err(StartError::PortTaken { ip, port }),
        (Err(error), None) if error.kind() == io::ErrorKind::AddrInUse => {
            let listener = listen_on(SocketAddr::new(ip, 0)).map_err(|error| cannot_listen(ip, &error))?;
            Ok((listener, Some(format!("port {asked} is taken: this peer has another one"))))
        }
        (Err(error), _) => Err(cannot_listen(ip, &error)),
    }
}

fn listen_on(addr: SocketAddr) -> io::Result<TcpListener> {
    let domain = if addr.is_ipv4() { Domain::IPV4 } else { Domain::IPV6 };
    let socket = Socket::new(domain, Type::STREAM, Some(Protocol::TCP))?;
    // A restart must not wait for connections of the last run to be forgotten.
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&addr.into())?;
    socket.listen(LISTEN_BACKLOG)?;
    Ok(socket.into())
}

fn choose_nick(config: &Config, opened: &mut Opened, notices: &mut Vec<String>) -> Result<String, String> {
    let last = opened.tables.nick.take().filter(|nick| nick::is_fit(nick));
    let chosen = match (&config.nick, &last) {
        (Some(nick), _) | (None, Some(nick)) => nick.clone(),
        (None, None) => {
            let nick = nick::generated(entropy::<4>()?);
            notices.push(format!("you are {nick}: --nick or /nick changes that"));
            nick
        }
    };
    if last.as_ref() != Some(&chosen) {
        opened.writer.set_nick(&chosen).map_err(|error| error.to_string())?;
    }
    Ok(chosen)
}

fn settings(
    config: &Config,
    opened: &Opened,
    interfaces: &Interfaces,
    listening: SocketAddr,
    nick: String,
    key: SecretKey,
) -> node::Config {
    let reachable = if listening.ip().is_unspecified() { interfaces.default_ip() } else { listening.ip() };
    let addr = config.advertise.unwrap_or_else(|| SocketAddr::new(reachable, listening.port()));
    // Every way to name the port that we listen on ourselves.
    let everywhere = listening.ip().is_unspecified().then(|| interfaces.ips()).into_iter().flatten();
    let own = everywhere.map(|ip| SocketAddr::new(ip, listening.port())).chain([listening]).collect();
    node::Config {
        addr,
        bound: reachable,
        own,
        nick,
        id: match config.id {
            IdKind::Signed => node::IdKind::Signed,
            IdKind::Hash => node::IdKind::Hash,
            IdKind::Random => node::IdKind::Random,
        },
        key,
        network: Network::OPEN,
        rotation: None,
        inbound_max: config.inbound_max,
        backlog: config.backlog,
        flood_limit: config.flood_limit,
        discovery: config.discovery.is_some(),
        stored: config.history,
        first_seq: opened.seq_first,
        fingerprint_key: opened.fingerprint_key,
        seen_max: SEEN_MAX,
        log: whispernet_core::log::Limits::default(),
    }
}

fn make_node(
    settings: node::Config,
    opened: &Opened,
    config: &Config,
    seed: [u8; 32],
    now: Now,
    notices: &mut Vec<String>,
) -> Node {
    let rows = if config.history { tail(&opened.path, config.backlog, notices) } else { Vec::new() };
    let past = Past {
        backlog: rows.iter().map(restored).collect(),
        peers: opened.tables.peers.iter().filter_map(job::known).collect(),
        bans: opened.tables.bans.iter().filter_map(job::ban).collect(),
        blocks: opened.tables.blocks.clone(),
        trust: opened.tables.trust.clone(),
    };
    Node::new(settings, past, seed, now)
}

fn tail(path: &Path, backlog: usize, notices: &mut Vec<String>) -> Vec<Row> {
    Reader::open(path).and_then(|reader| reader.tail(backlog)).unwrap_or_else(|error| {
        notices.push(format!("newcomers get no backlog: {error}"));
        Vec::new()
    })
}

fn restored(row: &Row) -> Restored<'_> {
    let marks = Marks {
        own: row.own,
        hello: row.hello,
        replay: row.replay,
        file: row.file.is_some(),
        hidden: false,
        withheld: !row.public,
    };
    let about = row.about.clone();
    Restored {
        stored: Stored { seq: row.seq, addr: &row.addr, marks, raw: &row.raw },
        fingerprint: Fingerprint::from_bits(row.fingerprint),
        received: row.received,
        rank: row.rank,
        state: about.trust.into(),
        note: Note {
            replaces: about.replaces,
            nick: (about.trust != Trust::Unsigned).then(|| row.nick.clone()),
            petname: about.petname,
            short: about.short,
            warning: about.warning,
        },
    }
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> Result<(), String> {
    let spawned = thread::Builder::new().name(name.to_owned()).spawn(run);
    spawned.map(drop).map_err(|error| format!("no thread for the {name}: {error}"))
}

/// Reads back which IDs were seen, so that nothing is shown or relayed again, and which copies may still come richer. Without a history
/// there is nothing to read.
fn remember(shared: &Shared, path: &Path) {
    let read = Reader::open(path).and_then(|reader| Ok((reader.fingerprints(REFILL_MAX)?, reader.poor(COPIES_MAX)?)));
    match read {
        Ok((prints, poor)) => {
            let since = prints.oldest_received.map_or(shared.clock.now().wall, UnixMillis);
            let seen = prints.values.into_iter().map(|(print, rank)| (Fingerprint::from_bits(print), rank));
            let copies = poor.iter().map(|copy| {
                let (addr, body) = (copy.addr.as_str(), copy.body.as_str());
                (Fingerprint::from_bits(copy.fingerprint), copy.seq, copy.rank, addr, body)
            });
            let mut node = shared.node();
            node.remember(seen, since, prints.older);
            node.remember_copies(copies);
        }
        Err(error) => {
            let text = format!("what was seen before the start may be shown again: {error}");
            shared.notice(Level::Warn, text);
        }
    }
}

/// Says that our key took the place of another one, where it did so lately: once a day at most. Greetings say it too, but old peers
/// drop what is beside a Body.
fn announce_rotation(handle: &Handle, statement: &str) {
    let Some(rotation) = Rotation::parse(statement) else { return };
    if rotation.time.after(ANNOUNCE_WITHIN) < handle.shared.clock.now().wall {
        return;
    }
    let client = Some(format!("rotation to {}", rotation.new));
    let said = handle.submit(Say { body: rotation.body(), client, ..Say::default() });
    if let Err(error) = said {
        handle.shared.notice(Level::Warn, format!("the others were not told of the new key: {error}"));
    }
}

/// Connects to a peer named at the start; a name that does not resolve is looked up again.
async fn connect(handle: Handle, peer: String) {
    let mut pause = RESOLVE_PAUSE_MIN;
    loop {
        let Err(error) = handle.connect(&peer).await else { return };
        if pause == RESOLVE_PAUSE_MIN {
            handle.shared.notice(Level::Warn, error.to_string());
        }
        if !matches!(error, crate::handle::CommandError::NotAnAddress(_)) || !peer.contains(':') {
            return;
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = handle.stopped() => return,
        }
        pause = pause.saturating_mul(2).min(RESOLVE_PAUSE_MAX);
    }
}
