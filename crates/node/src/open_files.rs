//! Room for links among the files that a process may have open: many systems begin with 1,024.
//! Must not know what a link is. Bounds: the hard limit of the process.

use rlimit::Resource;

/// Files beside incoming links: outgoing ones, the database and its readers, the web interface (a guess, on the safe side).
const OTHER_FILES: u64 = 256 + 256;

/// Raises the limit so that `links_max` incoming links fit, as far as it may be raised. Returns what to tell where they do not.
pub(crate) fn allow(links_max: usize) -> Option<String> {
    let wanted = OTHER_FILES.saturating_add(links_max as u64);
    let (soft, hard) = Resource::NOFILE.get().ok()?;
    if soft >= wanted {
        return None;
    }
    let limit = wanted.min(hard);
    // Where it cannot be raised, what holds is told.
    let limit = Resource::NOFILE.set(limit, hard).map_or(soft, |()| limit);
    let room = limit.saturating_sub(OTHER_FILES);
    (limit < wanted).then(|| {
        format!("this process may have {limit} files open: room for about {room} incoming links, not {links_max} (ulimit -n)")
    })
}
