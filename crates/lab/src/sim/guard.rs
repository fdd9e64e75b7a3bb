//! The bounds that one sees from outside the node alone: what it dials, whom it accepts, what it puts up with, what it sends
//! again. Its numbers are the design's, not the core's. Must not know how the node keeps them.
//! Bounds: those that it guards, and what one run's strangers name.

use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use whispernet_core::addr::Range;
use whispernet_core::codec::Decoder;
use whispernet_core::identity::PublicKey;
use whispernet_core::node::LinkId;
use whispernet_core::time::{Instant, Now};

use super::disk::Disk;
use super::network::PipeId;
use super::plan::HostPlan;

/// Links from one IP, and from one that many may share.
const PER_IP_MAX: [usize; 2] = [8, 64];
/// Outgoing links.
const OUTGOING_MAX: usize = 256;
/// Dials on the wire's word: at once after a quiet time, and one more a second.
const DIALS_BURST: u64 = 32;
/// Dials on the wire's word at a time.
const DIALS_MAX: usize = 4;
/// Dials that the user asked for at a time.
const WANTED_DIALS_MAX: usize = 16;
/// Ports from 1024 on that nobody dials on the wire's word; strangers name them.
const SERVICES: [u16; 4] = [3_306, 5_432, 6_379, 8_080];
/// Messages of one author by one source: at once after a quiet time, and so many a second.
const AUTHOR_MESSAGES: [u64; 2] = [200, 5];
/// Their bytes.
const AUTHOR_BYTES: [u64; 2] = [2 << 20, 16 << 10];
/// Where nothing came for so long, it was held up: what the rates give in that time, of at most so long, may come at once.
const HELD_UP: [Duration; 2] = [Duration::from_secs(10), Duration::from_secs(100)];
/// Before all others in order.
const FIRST_ADDR: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);
/// Dropped messages of one link within [`STRIKE_WINDOW`] after which it is closed.
const STRIKES_MAX: u64 = 1_000;
/// A second less than the design's, which is counted in steps of a second.
const STRIKE_WINDOW: Duration = Duration::from_secs(9);
/// Old messages that wait for the store's word.
const LOOKUPS_MAX: usize = 1_024;
/// What a link that resumes sends again.
const RESUME_MAX: [usize; 2] = [1_024, 256 * 1024];
/// Bytes of a backlog.
const BACKLOG_BYTES_MAX: usize = 256 * 1024;
/// One message more than a bound of bytes may begin within it.
const OBJECT_BYTES_MAX: usize = 128 * 1024;

/// Whether all is well, or what is not.
pub(super) type Guarded = Result<(), String>;

/// So much at once, and so much more a second.
#[derive(Clone, Copy)]
struct Budget {
    micros: u64,
    at: Instant,
}

impl Budget {
    const fn new(burst: u64, at: Instant) -> Self {
        Self { micros: burst * 1_000_000, at }
    }

    /// Takes `units`; `false` where they were not there.
    fn take(&mut self, units: u64, bound: [u64; 2], now: Instant) -> bool {
        self.refill(bound, Duration::ZERO, now);
        // A thousandth of a unit may be lost to rounding.
        let enough = self.micros + 1_000 >= units * 1_000_000;
        self.micros = self.micros.saturating_sub(units * 1_000_000);
        enough
    }

    /// Refills it to its burst, and beyond that by what its rate gives in `held_up`.
    fn refill(&mut self, [burst, rate]: [u64; 2], held_up: Duration, now: Instant) {
        let gain = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX).saturating_mul(rate);
        let full = burst * 1_000_000 + gain(held_up);
        self.micros = self.micros.saturating_add(gain(now.since(self.at))).min(full.max(self.micros));
        self.at = now;
    }
}

/// What a link may send again, and what it has.
struct Again {
    addr: SocketAddr,
    decoder: Decoder,
    /// A link that does not resume begins with the backlog: what was there before this place.
    backlog_end: Option<u64>,
    sent: [usize; 2],
}

/// Which entries of this run a peer was sent.
#[derive(Default)]
struct Sent(Vec<u64>);

impl Sent {
    /// Notes the entry that is so many places behind the run's first. Whether it was there.
    fn insert(&mut self, place: u64) -> bool {
        let (word, bit) = ((place / 64) as usize, 1 << (place % 64));
        if word >= self.0.len() {
            self.0.resize(word + 1, 0);
        }
        let was = self.0[word] & bit != 0;
        self.0[word] |= bit;
        was
    }
}

/// What one host was seen to do in this run.
#[derive(Default)]
pub(super) struct Guard {
    first_seq: u64,
    /// Who is being dialled, and whether the user asked for it.
    dialling: BTreeMap<SocketAddr, bool>,
    dials: Option<Budget>,
    /// Ranges that somebody was heard from.
    heard: Vec<Range>,
    bans: BTreeMap<IpAddr, i64>,
    strikes: BTreeMap<PipeId, VecDeque<(Instant, u64)>>,
    authors: BTreeMap<(IpAddr, SocketAddr), [Budget; 2]>,
    /// When something was taken in from an IP last.
    taken_in: BTreeMap<IpAddr, Instant>,
    /// What may be taken in of each key, whoever brings it, and when something was last.
    keys: BTreeMap<PublicKey, ([Budget; 2], Instant)>,
    lookups: usize,
    again: BTreeMap<LinkId, Again>,
    sent: BTreeMap<SocketAddr, Sent>,
}

impl Guard {
    /// A run begins: what its node knows is what the disk has.
    pub(super) fn begin_run(&mut self, disk: &Disk, first_seq: u64, now: Now) {
        let bans = disk.bans().into_iter().filter(|(source, _)| source.name.is_none());
        *self = Self {
            first_seq,
            heard: std::mem::take(&mut self.heard),
            dials: Some(Budget::new(DIALS_BURST, now.instant)),
            bans: bans.map(|(source, ban)| (source.ip, ban.until.0)).collect(),
            ..Self::default()
        };
    }

    /// Somebody at `ip` connected, or was heard.
    pub(super) fn hears(&mut self, ip: IpAddr) {
        let range = Range::of(ip);
        if !self.heard.contains(&range) {
            self.heard.push(range);
        }
    }

    /// The node wants `addr` dialled.
    pub(super) fn dials(&mut self, plan: &HostPlan, addr: SocketAddr, now: Now) -> Guarded {
        let wanted = plan.peers.contains(&addr);
        if addr == plan.addr {
            return Err("dials itself".to_owned());
        }
        if self.dialling.insert(addr, wanted).is_some() {
            return Err(format!("dials {addr} twice at a time"));
        }
        let at_a_time = self.dialling.values().filter(|of| **of == wanted).count();
        let most = if wanted { WANTED_DIALS_MAX } else { DIALS_MAX };
        if at_a_time > most {
            return Err(format!("dials {at_a_time} at a time"));
        }
        if wanted {
            return Ok(());
        }
        let range = Range::of(addr.ip());
        let alone = Range::of(plan.addr.ip()) == Range::Loopback;
        let fits = match range {
            Range::Nowhere => false,
            Range::Loopback => alone,
            Range::Public => !alone,
            Range::Private(_) | Range::Link => !alone && self.heard.contains(&range),
        };
        if !fits || addr.port() < 1_024 || SERVICES.contains(&addr.port()) {
            return Err(format!("dials {addr} on the wire's word"));
        }
        let within = self.dials.as_mut().is_none_or(|dials| dials.take(1, [DIALS_BURST, 1], now.instant));
        within.then_some(()).ok_or_else(|| format!("dials {addr}, one more than its budget"))
    }

    pub(super) fn dial_ended(&mut self, addr: SocketAddr) {
        self.dialling.remove(&addr);
    }

    pub(super) fn bans(&mut self, ip: IpAddr, named: bool, until: i64) {
        if !named {
            self.bans.insert(ip, until);
        }
        // Its strikes are forgiven, whichever of its links they came by.
        self.strikes.clear();
    }

    /// The node took in a link from `ip`.
    pub(super) fn accepts(&mut self, ip: IpAddr, now: Now) -> Guarded {
        self.hears(ip);
        let banned = self.bans.get(&ip).is_some_and(|until| *until > now.wall.0);
        if banned { Err(format!("accepts a link from {ip}, which it has banned")) } else { Ok(()) }
    }

    /// The links there are now, the incoming ones by their IPs.
    pub(super) fn links(&self, plan: &HostPlan, incoming: impl Iterator<Item = IpAddr>, outgoing: usize) -> Guarded {
        let mut by_ip: BTreeMap<IpAddr, usize> = BTreeMap::new();
        incoming.for_each(|ip| *by_ip.entry(ip).or_default() += 1);
        let all: usize = by_ip.values().sum();
        if all > plan.inbound_max || outgoing > OUTGOING_MAX {
            return Err(format!("has {all} incoming and {outgoing} outgoing links"));
        }
        let over = by_ip.iter().find(|(ip, links)| **links > PER_IP_MAX[usize::from(Range::of(**ip).is_shared())]);
        over.map_or(Ok(()), |(ip, links)| Err(format!("has {links} links from {ip}")))
    }

    /// A link sent `dropped` messages that had to be dropped. Whether it must be closed now.
    pub(super) fn strikes(&mut self, pipe: PipeId, dropped: u64, now: Instant) -> bool {
        let strikes = self.strikes.entry(pipe).or_default();
        strikes.push_back((now, dropped));
        while strikes.pop_front_if(|(at, _)| now.since(*at) > STRIKE_WINDOW).is_some() {}
        strikes.iter().map(|(_, dropped)| dropped).sum::<u64>() >= STRIKES_MAX
    }

    /// A stranger's message was taken in, live, by a link from `ip`, which tells it apart.
    pub(super) fn takes_in(&mut self, ip: IpAddr, author: SocketAddr, bytes: usize, now: Instant) -> Guarded {
        let silent = now.since(self.taken_in.insert(ip, now).unwrap_or(now));
        if silent >= HELD_UP[0] {
            let held_up = silent.min(HELD_UP[1]);
            for (_, [messages, all_bytes]) in
                self.authors.range_mut((ip, FIRST_ADDR)..).take_while(|((of, _), _)| *of == ip)
            {
                messages.refill(AUTHOR_MESSAGES, held_up, now);
                all_bytes.refill(AUTHOR_BYTES, held_up, now);
            }
        }
        let fresh = || [Budget::new(AUTHOR_MESSAGES[0], now), Budget::new(AUTHOR_BYTES[0], now)];
        let [messages, all_bytes] = self.authors.entry((ip, author)).or_insert_with(fresh);
        let within = messages.take(1, AUTHOR_MESSAGES, now) & all_bytes.take(bytes as u64, AUTHOR_BYTES, now);
        within.then_some(()).ok_or_else(|| format!("takes in too much of {author} from {ip}"))
    }

    /// Something signed by `key` was taken in, live.
    pub(super) fn takes_in_signed(&mut self, key: PublicKey, bytes: usize, now: Instant) -> Guarded {
        let fresh = || ([Budget::new(AUTHOR_MESSAGES[0], now), Budget::new(AUTHOR_BYTES[0], now)], now);
        let ([messages, all_bytes], last) = self.keys.entry(key).or_insert_with(fresh);
        let silent = now.since(std::mem::replace(last, now));
        if silent >= HELD_UP[0] {
            messages.refill(AUTHOR_MESSAGES, silent.min(HELD_UP[1]), now);
            all_bytes.refill(AUTHOR_BYTES, silent.min(HELD_UP[1]), now);
        }
        let within = messages.take(1, AUTHOR_MESSAGES, now) & all_bytes.take(bytes as u64, AUTHOR_BYTES, now);
        within.then_some(()).ok_or_else(|| format!("takes in too much of the key {key}"))
    }

    pub(super) fn looks_up(&mut self) -> Guarded {
        self.lookups += 1;
        if self.lookups > LOOKUPS_MAX { Err(format!("{} messages wait for the store", self.lookups)) } else { Ok(()) }
    }

    pub(super) const fn looked_up(&mut self) {
        self.lookups = self.lookups.saturating_sub(1);
    }

    /// A link to `addr` begins, while the log ends at `end`; `resumes`: where an earlier one stood.
    pub(super) fn link_begins(&mut self, link: LinkId, addr: SocketAddr, resumes: bool, end: u64) {
        let backlog_end = (!resumes).then_some(end);
        self.again.insert(link, Again { addr, decoder: Decoder::default(), backlog_end, sent: [0; 2] });
    }

    /// `bytes` are written on a link. `place` tells of an ID where the log has its message, if others get that.
    pub(super) fn writes(
        &mut self,
        plan: &HostPlan,
        link: LinkId,
        bytes: &[u8],
        place: impl Fn(&[u8]) -> Option<u64>,
    ) -> Guarded {
        let Some(Again { addr, decoder, backlog_end, sent }) = self.again.get_mut(&link) else { return Ok(()) };
        let sent_before = self.sent.entry(*addr).or_default();
        let fed = decoder.feed(bytes, |object| {
            let Some(seq) = place(&object.id().bytes()) else { return };
            // What earlier runs sent is known to their nodes alone.
            let again = seq.checked_sub(self.first_seq).is_some_and(|place| sent_before.insert(place));
            if backlog_end.map_or(again, |end| seq < end) {
                *sent = [sent[0] + 1, sent[1] + object.raw().len() + 1];
            }
        });
        if fed.is_err() {
            // Another rule sees that what is sent is no message.
            self.again.remove(&link);
            return Ok(());
        }
        let most = if backlog_end.is_some() { [plan.backlog, BACKLOG_BYTES_MAX] } else { RESUME_MAX };
        if sent[0] > most[0] || sent[1] > most[1] + OBJECT_BYTES_MAX {
            return Err(format!("sends again {sent:?} messages and bytes, {most:?} may be"));
        }
        Ok(())
    }

    /// A link to `addr` skipped entries: where it ends, the next one goes back to before them, over what others sent.
    pub(super) fn skipped(&mut self, addr: &SocketAddr) {
        self.sent.remove(addr);
    }

    pub(super) fn link_ends(&mut self, link: LinkId, pipe: PipeId) {
        self.again.remove(&link);
        self.strikes.remove(&pipe);
    }
}
