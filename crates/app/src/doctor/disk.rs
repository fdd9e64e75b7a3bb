//! What the files of a peer tell: who else can read them, and whether there is room. Must not know how they were looked at.
//! Bounds: none.

use std::path::Path;

use super::facts::{Facts, Kept};
use super::finding::Finding;
use crate::client::Presence;
use crate::files::size;

/// With less free room, in bytes, a disk is full soon: room for 256 files of the longest kind (a guess).
const FREE_BYTES_LOW: u64 = 256 * 1024 * 1024;
/// With less, it is full: some programs fail by now (a guess).
const FREE_BYTES_NONE: u64 = 8 * 1024 * 1024;
const _: () = assert!(FREE_BYTES_NONE < FREE_BYTES_LOW);

pub(super) fn findings(facts: &Facts) -> Vec<Finding> {
    let (dir, disk) = (&facts.data_dir, &facts.disk);
    if disk.folder == Kept::Missing {
        return vec![Finding::ok("folder", format!("there is no {} yet: the first start makes it", dir.display()))];
    }
    let mut findings = vec![private("folder", &disk.folder, dir, 0o700)];
    // What the first start has yet to make is no news.
    let files = [("key", &disk.key), ("api-token", &disk.token)];
    findings.extend(
        files
            .into_iter()
            .filter(|(_, kept)| **kept != Kept::Missing)
            .map(|(name, kept)| private(name, kept, &dir.join(name), 0o600)),
    );
    findings.extend(disk.free_bytes.map(room));
    findings.extend(history(facts));
    findings
}

/// Whether only its owner can use it, who must be able to.
fn private(name: &'static str, kept: &Kept, path: &Path, wanted: u32) -> Finding {
    let shown = path.display();
    match kept {
        Kept::Mode(mode) if mode & 0o077 != 0 => Finding::fault(
            name,
            format!("other users of this machine can get at {shown} (mode {mode:04o})"),
            format!("chmod {wanted:o} '{shown}'"),
        ),
        Kept::Mode(mode) if mode & wanted & 0o600 != 0o600 => Finding::fault(
            name,
            format!("its owner cannot read and write {shown} (mode {mode:04o})"),
            format!("chmod {wanted:o} '{shown}'"),
        ),
        Kept::Mode(mode) => Finding::ok(name, format!("{shown} is private (mode {mode:04o})")),
        Kept::Missing => Finding::ok(name, format!("there is no {shown} yet")),
        Kept::Unknown(reason) => Finding::fault(
            name,
            format!("{shown} cannot be looked at: {reason}"),
            "see whose it is, and its folder: this user must be able to read and write it",
        ),
    }
}

fn room(free: u64) -> Finding {
    let found = format!("{} free", size(free));
    match free {
        ..FREE_BYTES_NONE => Finding::fault("disk", found, "make room: what is said can no longer be kept"),
        FREE_BYTES_NONE..FREE_BYTES_LOW => {
            Finding::warning("disk", found, "make room soon: history and files are kept there")
        }
        _ => Finding::ok("disk", found),
    }
}

/// What the peer says of its history, or what lies there.
fn history(facts: &Facts) -> Option<Finding> {
    let bytes = facts.disk.history_bytes.map(|bytes| format!("{} in whisper.db", size(bytes)));
    let said = match &facts.peer {
        Presence::Here(status) => status.disk.as_str(),
        Presence::Mute | Presence::Unclear(_) | Presence::Nowhere => "ok",
    };
    match said {
        "ok" => bytes.map(|bytes| Finding::ok("history", bytes)),
        "off" => Some(Finding::ok("history", "off: what is said is not kept")),
        reason => Some(Finding::fault(
            "history",
            format!("it is not being written: {reason}"),
            "make room or mend the disk: the peer tries again by itself",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::State;
    use super::*;

    #[test]
    fn only_the_owner_may_look() {
        let check = |kept: Kept, wanted: u32, state: State, has: &str| {
            let finding = private("key", &kept, Path::new("/d/key"), wanted);
            let text = format!("{}; {}", finding.found, finding.advice);
            assert!(finding.state == state && text.contains(has), "{kept:?}: {finding:?}");
        };
        check(Kept::Mode(0o600), 0o600, State::Ok, "private");
        check(Kept::Mode(0o700), 0o700, State::Ok, "private");
        check(Kept::Mode(0o755), 0o700, State::Fault, "chmod 700 '/d/key'");
        check(Kept::Mode(0o640), 0o600, State::Fault, "chmod 600 '/d/key'");
        check(Kept::Mode(0o601), 0o600, State::Fault, "mode 0601");
        check(Kept::Mode(0o400), 0o600, State::Fault, "cannot read and write");
        check(Kept::Unknown("denied".into()), 0o600, State::Fault, "denied");
    }

    #[test]
    fn room_runs_out() {
        for (free, state) in [
            (0, State::Fault),
            (FREE_BYTES_NONE - 1, State::Fault),
            (FREE_BYTES_NONE, State::Warning),
            (FREE_BYTES_LOW - 1, State::Warning),
            (FREE_BYTES_LOW, State::Ok),
            (u64::MAX, State::Ok),
        ] {
            assert_eq!(room(free).state, state, "{free}");
        }
    }
}
