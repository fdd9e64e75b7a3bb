//! Links that say nothing: what each takes, and whether messages pass beside them as before. Must not know how.
//! Bounds: the number of links.

use std::fmt;
use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, ensure};

use super::rig::{Outcome, Plan, Rig};
use super::script::Script;
use super::target::Kind;
use super::usage;
use crate::clock;

/// Links beside the source's and one more, with the most that a peer can be told to take.
pub(super) const LINKS: usize = 9_998;
/// See [`LINKS`].
pub(super) const OPTIONS: &[&str] = &["--inbound-max", "10000"];
/// Files that the driver needs for itself.
const OWN_FILES: usize = 64;
/// Messages said beside them.
const MESSAGES: usize = 1_000_000;

pub(super) struct Idle {
    pub(super) links: usize,
    /// Memory of the peer, in bytes a link.
    pub(super) bytes_per_link: f64,
    accepted_in: Duration,
    /// Messages a second before there were any, and beside them.
    pub(super) per_second: (f64, f64),
    pub(super) outcome: Outcome,
}

pub(super) fn measure(kind: &Kind, links: usize) -> anyhow::Result<Idle> {
    let files_max = usage::files_max()?;
    ensure!(
        links.saturating_add(OWN_FILES) <= files_max,
        "{links} links: this process may have {files_max} files open (ulimit -n)"
    );
    let mut rig = Rig::new(kind, 1)?;
    let pid = rig.target.pid.context("whose memory? Give --pid")?;
    let say = |rig: &mut Rig, messages: usize| {
        let script = Script::new(rig.author, 64, messages);
        let outcome = rig.run(&script, Plan::default(), |_, _| {})?;
        anyhow::Ok((messages as f64 / outcome.elapsed.as_secs_f64(), outcome))
    };
    say(&mut rig, MESSAGES)?;
    let (alone, _) = say(&mut rig, MESSAGES)?;
    let before = usage::memory(pid)?;
    let began = clock::moment();
    let idle = (0..links).map(|_| TcpStream::connect(rig.target.addr)).collect::<Result<Vec<_>, _>>()?;
    // What the last link says comes when all before it were accepted.
    let mut last = TcpStream::connect(rig.target.addr)?;
    let word = Script::new(rig.author, 64, 1);
    last.write_all(word.bytes())?;
    rig.wait(&word)?;
    let accepted_in = began.elapsed();
    let after = usage::memory(pid)?;
    let (beside, outcome) = say(&mut rig, MESSAGES)?;
    let open = idle.iter().chain([&last]).filter(|link| is_open(link)).count();
    ensure!(open == links + 1, "the peer has closed {} of {links} links", links + 1 - open);
    let bytes_per_link = after.saturating_sub(before) as f64 / links as f64;
    Ok(Idle { links, bytes_per_link, accepted_in, per_second: (alone, beside), outcome })
}

fn is_open(mut link: &TcpStream) -> bool {
    let waits = |error: std::io::Error| error.kind() == std::io::ErrorKind::WouldBlock;
    link.set_nonblocking(true).is_ok() && std::io::Read::read(&mut link, &mut [0]).err().is_some_and(waits)
}

impl fmt::Display for Idle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { links, bytes_per_link, accepted_in, per_second: (alone, beside), outcome } = self;
        write!(
            f,
            "{links} idle links: {bytes_per_link:.0} bytes each, accepted within {accepted_in:.1?}; \
             {alone:.0} messages a second before, {beside:.0} beside them, {}",
            outcome.deliveries
        )
    }
}
