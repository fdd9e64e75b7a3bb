//! How many signed messages a second a peer checks and relays, beside how many signatures can be checked on the same cores when nothing
//! else is done. Must not know how a peer checks. Bounds: the load.

use std::fmt;
use std::net::SocketAddr;
use std::thread;
use std::time::Duration;

use anyhow::{Context, ensure};
use whispernet_core::identity::{Claim, Form, Network, SecretKey, Verifier, classify, sign};
use whispernet_core::time::UnixMillis;

use super::deliveries::Deliveries;
use super::load::{Load, Told, median};
use super::rig::{Plan, Rig};
use super::script::Script;
use super::target::Kind;
use super::usage;
use crate::clock;

/// Messages of a run, where nothing else is asked for: some seconds.
const MESSAGES: usize = 100_000;
/// Signatures that each thread checks for the limit.
const BARE_CHECKS: usize = 20_000;

/// What one run came to.
pub(super) struct Signed {
    /// Messages a second that came to each receiver.
    per_second: f64,
    /// CPU time of the peer, in microseconds a message.
    micros: f64,
    bare: Bare,
    pub(super) deliveries: Deliveries,
}

/// Checks of signatures alone.
#[derive(Clone, Copy)]
struct Bare {
    per_second: f64,
    micros: f64,
}

pub(super) fn measure(kind: &Kind, load: &Load) -> anyhow::Result<Signed> {
    let runs = (0..load.runs).map(|_| one(kind, load)).collect::<anyhow::Result<Vec<_>>>()?;
    let mut deliveries = Deliveries::default();
    runs.iter().for_each(|run| deliveries += run.deliveries);
    let middle = median(runs, |run| run.micros / run.bare.micros).context("no run")?;
    Ok(Signed { deliveries, ..middle })
}

fn one(kind: &Kind, load: &Load) -> anyhow::Result<Signed> {
    let bare = bare(load.body)?;
    let mut rig = Rig::new(kind, load.receivers)?;
    let messages = load.messages.unwrap_or(MESSAGES);
    let warm = Script::signed(rig.author, load.body, (messages / 10).max(1));
    let plan = Plan { rests: true, ..Plan::default() };
    let mut deliveries = rig.run(&warm, plan, |_, _| {})?.deliveries;
    let script = Script::signed(rig.author, load.body, messages);
    let outcome = rig.run(&script, plan, |_, _| {})?;
    deliveries += outcome.deliveries;
    let came = outcome.deliveries.came() as f64 / load.receivers as f64;
    ensure!(came > 0.0, "nothing that was said has come: {deliveries}");
    let cpu = outcome.cpu.context("the process of the peer is not known: give --pid")?;
    let micros = micros(cpu) / messages as f64;
    Ok(Signed { per_second: came / outcome.elapsed.as_secs_f64(), micros, bare, deliveries })
}

/// The same messages' signatures, checked by as many threads as there are processors.
fn bare(body_bytes: usize) -> anyhow::Result<Bare> {
    let secret = SecretKey::from_seed(&[7; 32]);
    let author = SocketAddr::from(([127, 0, 0, 1], 9)).to_string();
    let claim = |number: usize| -> Option<Claim> {
        let body = format!("{number:x>body_bytes$}");
        let id = sign(&secret, Network::OPEN, UnixMillis(0), None, &author, &body);
        match classify(id.as_bytes()) {
            Ok(Form::Signed(token)) => Some(token.claim(Network::OPEN, &author, &body)),
            _ => None,
        }
    };
    let claims: Vec<Claim> = (0..1_000).filter_map(claim).collect();
    let threads = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let check = || -> anyhow::Result<(usize, Duration)> {
        let mut verifier = Verifier::default();
        let held = claims.iter().cycle().take(BARE_CHECKS).filter(|claim| claim.holds_for(&mut verifier)).count();
        Ok((held, usage::thread_cpu()?))
    };
    let began = clock::moment();
    let checked: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(check)).collect();
        threads.into_iter().filter_map(|thread| thread.join().ok()).collect()
    });
    let elapsed = began.elapsed();
    let (mut held, mut cpu) = (0, Duration::ZERO);
    for checked in checked {
        let (more, time) = checked?;
        (held, cpu) = (held + more, cpu + time);
    }
    ensure!(held == threads * BARE_CHECKS, "a signature of our own does not hold");
    Ok(Bare { per_second: held as f64 / elapsed.as_secs_f64(), micros: micros(cpu) / held as f64 })
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

impl Told for Signed {
    fn are_whole(&self) -> bool {
        self.deliveries.are_whole()
    }
}

impl fmt::Display for Signed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { per_second, micros, bare, deliveries } = self;
        write!(
            f,
            "{per_second:.0} signed messages a second beside the driver, {micros:.2} us of CPU each; checks alone {:.0} a second on all \
             cores, {:.2} us each: {:.0}% of that CPU time is checks; {deliveries}",
            bare.per_second,
            bare.micros,
            100.0 * bare.micros / micros
        )
    }
}
