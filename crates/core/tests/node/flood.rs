//! Floods: what is over an author's budget is dropped, and who does not stop gets no link for a while.

use whispernet_core::counters::Count;
use whispernet_core::flood::{AUTHOR_BYTES, AUTHOR_MESSAGES, STRIKES_MAX};
use whispernet_core::node::{Cause, Change, Config, Output, Past, Who};
use whispernet_core::source::Source;
use whispernet_core::time::UnixMillis;

use super::solo::{OWN, Solo};
use super::{START_MS, at, config, greeting, message};

const BURST: usize = AUTHOR_MESSAGES.burst as usize;

fn numbered(count: usize, addr: &str) -> String {
    (0..count).map(|n| message(&format!("{addr}-{n}"), addr, "hi")).collect()
}

/// A public address, so that an IP alone is a source.
fn public() -> Solo {
    Solo::with(Config { bound: "93.184.216.1".parse().unwrap(), ..config("93.184.216.1:5000") })
}

fn bans(solo: &Solo) -> Vec<(Source, i64)> {
    let ban = |output: &Output| match output {
        Output::SaveBan(source, ban) => Some((source.clone(), ban.until.0 - START_MS)),
        _ => None,
    };
    solo.out.iter().filter_map(ban).collect()
}

fn by(ip: &str, name: Option<&str>) -> Source {
    Source { ip: ip.parse().unwrap(), name: name.map(Into::into) }
}

#[test]
fn an_author_has_a_burst_and_a_pace() {
    let mut solo = Solo::new();
    let link = solo.accept("127.0.0.1:9000");
    solo.send(link, numbered(BURST + 1, "127.0.0.1:7"));
    assert_eq!((solo.count(Count::Accepted), solo.count(Count::OverBudget)), (200, 1));
    // Another author by the same link, and the same one by another link (whose budget is its own).
    solo.send(link, numbered(1, "127.0.0.1:8"));
    let other = solo.accept("127.0.0.1:9001");
    solo.send(other, message("x", "127.0.0.1:9", "names itself"));
    solo.send(other, message("y", "127.0.0.1:7", "relayed"));
    assert_eq!(solo.count(Count::Accepted), 203);
    solo.pass(1000);
    let more: String = (0..6).map(|n| message(&format!("more{n}"), "127.0.0.1:7", "hi")).collect();
    solo.send(link, more);
    assert_eq!((solo.count(Count::Accepted), solo.count(Count::OverBudget)), (208, 2), "5 a second");
}

/// A paste, and then the pace that an author has: what a link held back, all at once.
#[test]
fn what_a_stalled_link_held_back_is_no_flood() {
    let say = |solo: &mut Solo, link, name: &str, count: usize| {
        let before = solo.count(Count::Accepted);
        solo.send(link, (0..count).map(|n| message(&format!("{name}{n}"), "127.0.0.1:7", "hi")).collect::<String>());
        solo.count(Count::Accepted) - before
    };
    for (stalled_secs, accepted) in [(9, 200), (10, 249), (58, 489), (100, 699), (1_000, 700)] {
        let mut solo = Solo::new();
        let link = solo.accept("127.0.0.1:9000");
        assert_eq!(say(&mut solo, link, "first", 1), 1);
        solo.pass(stalled_secs * 1000);
        assert_eq!(say(&mut solo, link, "held", accepted as usize + 1), accepted, "{stalled_secs} s");
        // Over all, nobody says more than before.
        solo.pass(41_000);
        assert_eq!(say(&mut solo, link, "more", 600), 205, "{stalled_secs} s");
    }
}

#[test]
fn bytes_count_too() {
    let mut solo = Solo::new();
    let link = solo.accept("127.0.0.1:9000");
    let file = |n: usize| format!(r#"{{"ID":"{n}","Body":"f","FileContents":"{}"}}"#, "A".repeat(600_000));
    for n in 0..4 {
        solo.send(link, file(n));
    }
    assert_eq!((solo.count(Count::Accepted), solo.count(Count::OverBudget)), (3, 1), "2 MiB");
    solo.pass(1000 * 600_200 * 1000 / AUTHOR_BYTES.milli_per_second);
    solo.send(link, file(9));
    assert_eq!(solo.count(Count::Accepted), 4, "16 KiB a second");
}

#[test]
fn the_longest_object_fits_a_budget_that_is_whole() {
    let mut solo = Solo::new();
    let link = solo.accept("127.0.0.1:9000");
    let longest = whispernet_core::codec::FILE_BYTES_MAX;
    solo.send(link, format!(r#"{{"ID":"1","Body":"f","FileContents":"{}"}}"#, "A".repeat(longest)));
    solo.send(link, message("2", "", "more"));
    assert_eq!((solo.count(Count::Accepted), solo.count(Count::OverBudget)), (1, 1));
}

#[test]
fn what_was_over_budget_was_not_seen() {
    let mut solo = Solo::new();
    let link = solo.accept("127.0.0.1:9000");
    solo.send(link, numbered(BURST, "127.0.0.1:7"));
    let late = message("late", "127.0.0.1:7", "late");
    solo.send(link, &late);
    assert_eq!(solo.count(Count::OverBudget), 1);
    let other = solo.accept("127.0.0.1:9001");
    solo.send(other, message("x", "127.0.0.1:9", "names itself"));
    solo.send(other, &late);
    assert_eq!(solo.bodies().last().unwrap(), "late");
}

#[test]
fn duplicates_and_replays_are_never_charged() {
    let mut solo = Solo::new();
    let link = solo.accept("127.0.0.1:9000");
    for _ in 0..2000 {
        solo.send(link, message("same", "127.0.0.1:7", "hi"));
    }
    for n in 0..2000 {
        let time = START_MS - 60_001;
        solo.send(link, format!(r#"{{"ID":"r{n}","Addr":"127.0.0.1:7","Body":"old","Timestamp":{time}}}"#));
    }
    assert_eq!((solo.count(Count::Duplicate), solo.count(Count::Accepted)), (1999, 2001));
    solo.send(link, numbered(BURST - 1, "127.0.0.1:7"));
    assert_eq!((solo.count(Count::OverBudget), solo.closed(link)), (0, false));
    solo.send(link, message("one more", "127.0.0.1:7", "hi"));
    assert_eq!(solo.count(Count::OverBudget), 1);
}

#[test]
fn a_thousand_strikes_and_not_one_less() {
    for bad in ["{}", r#"{"ID":"1"}"#, r#"{"ID":"hash:sha256:00","Body":"x"}"#] {
        let mut solo = public();
        let link = solo.accept("8.8.4.4:9000");
        solo.send(link, bad.repeat(STRIKES_MAX as usize - 1));
        assert!(!solo.closed(link));
        solo.send(link, format!("{bad}{}", message("after", "x", "after")));
        assert!(solo.closed(link) && solo.bodies().is_empty(), "nothing that follows counts");
        assert_eq!(bans(&solo), [(by("8.8.4.4", None), 60_000)]);
        let until = Some(UnixMillis(START_MS + 60_000));
        assert_eq!(solo.changes().last(), Some(&Change::Blocked(Cause::Flood, until)));
        assert_eq!(solo.count(Count::Flood), 1);
    }
}

#[test]
fn strikes_are_forgotten_after_ten_seconds() {
    let mut solo = public();
    let link = solo.accept("8.8.4.4:9000");
    for _ in 0..10 {
        solo.send(link, "{}".repeat(STRIKES_MAX as usize - 1));
        solo.pass(11_000);
    }
    assert!(!solo.closed(link));
}

#[test]
fn strikes_live_on_across_links() {
    let mut solo = public();
    let first = solo.accept("8.8.4.4:9000");
    solo.send(first, "{}".repeat(STRIKES_MAX as usize - 1));
    solo.cut(first);
    let second = solo.accept("8.8.4.4:9001");
    solo.send(second, "{}");
    assert!(solo.closed(second));
}

#[test]
fn a_ban_ends_and_doubles() {
    let mut solo = public();
    let mut now = 0;
    for minutes in [1, 2, 4] {
        let link = solo.accept("8.8.4.4:9000");
        solo.send(link, "{}".repeat(STRIKES_MAX as usize));
        assert_eq!(bans(&solo), [(by("8.8.4.4", None), now + minutes * 60_000)]);
        solo.take();
        assert!(solo.try_accept("8.8.4.4:9001").is_none());
        assert!(solo.try_accept("8.8.8.8:9001").is_some(), "others are welcome");
        solo.pass(minutes as u64 * 60_000 - 1);
        assert!(solo.try_accept("8.8.4.4:9001").is_none());
        solo.pass(1);
        now += minutes * 60_000;
    }
    assert!(solo.try_accept("8.8.4.4:9001").is_some());
}

#[test]
fn where_an_ip_is_shared_the_name_is_banned() {
    for (mut solo, ip, another) in
        [(public(), "8.8.4.4", true), (Solo::new(), "127.0.0.1", false), (Solo::new(), "10.0.0.9", false)]
    {
        let good = another.then(|| solo.accept(&format!("{ip}:9009")));
        let link = solo.accept(&format!("{ip}:9000"));
        let name = format!("{ip}:7000");
        solo.send(link, message("1", &name, "hi"));
        solo.send(link, "{}".repeat(STRIKES_MAX as usize));
        assert!(solo.closed(link) && good.is_none_or(|good| !solo.closed(good)));
        assert_eq!(bans(&solo), [(by(ip, Some(&name)), 60_000)]);
        // Others from there are let in; that one as soon as it names itself is not.
        let other = solo.accept(&format!("{ip}:9001"));
        solo.send(other, message("2", &format!("{ip}:7001"), "another"));
        let again = solo.accept(&format!("{ip}:9002"));
        assert!(!solo.closed(again));
        solo.take();
        solo.send(again, message("3", &name, "let me in"));
        assert!(solo.closed(again) && !solo.closed(other));
        assert_eq!(solo.changes(), [Change::Blocked(Cause::Flood, Some(UnixMillis(START_MS + 60_000)))]);
        assert_eq!(solo.bodies(), ["hi", "another"]);
    }
}

#[test]
fn a_ban_survives_a_restart() {
    for (ip, name) in [("8.8.4.4", None), ("127.0.0.1", Some("127.0.0.1:7000"))] {
        let mut before = if name.is_some() { Solo::new() } else { public() };
        let link = before.accept(&format!("{ip}:9000"));
        before.send(link, message("1", name.unwrap_or_default(), "x"));
        before.send(link, "{}".repeat(STRIKES_MAX as usize));
        let saved: Vec<_> = before
            .take()
            .into_iter()
            .filter_map(|output| match output {
                Output::SaveBan(source, ban) => Some((source, ban)),
                _ => None,
            })
            .collect();
        assert_eq!(saved.len(), 1);
        let past = Past { bans: saved, ..Past::default() };
        let mut after = Solo::with_past(before.node.config().clone(), past);
        assert_eq!(after.node.bans(at(0).wall).count(), 1);
        match name {
            None => assert!(after.try_accept("8.8.4.4:9000").is_none()),
            Some(name) => {
                let link = after.accept("127.0.0.1:9000");
                after.send(link, message("2", name, "y"));
                assert!(after.closed(link));
            }
        }
        // The next one is twice as long.
        after.pass(60_000);
        let link = after.accept(&format!("{ip}:9001"));
        after.send(link, message("3", name.unwrap_or_default(), "z"));
        after.send(link, "{}".repeat(STRIKES_MAX as usize));
        assert_eq!(bans(&after)[0].1, 60_000 + 120_000);
    }
}

#[test]
fn unblock_lifts_a_ban() {
    let mut solo = public();
    let link = solo.accept("8.8.4.4:9000");
    solo.send(link, "{}".repeat(STRIKES_MAX as usize));
    assert!(solo.try_accept("8.8.4.4:9001").is_none());
    let who = Who::parse("8.8.4.4").unwrap();
    assert_eq!(solo.node.unblock(who), Ok(vec![by("8.8.4.4", None)]));
    assert!(solo.try_accept("8.8.4.4:9001").is_some());
}

#[test]
fn without_the_limit_nothing_is_dropped_or_banned() {
    let mut solo = Solo::with(Config { flood_limit: false, ..config(OWN) });
    let link = solo.accept("127.0.0.1:9000");
    solo.send(link, numbered(5000, "127.0.0.1:7"));
    solo.send(link, "{}".repeat(5000));
    assert_eq!((solo.count(Count::Accepted), solo.count(Count::NoId), solo.closed(link)), (5000, 5000, false));
}

/// One stranger's messages, timed a little before its link, cost their author nothing at the relay, and are live to its neighbour.
#[test]
fn who_relays_a_flood_of_another_is_not_to_blame() {
    let (relay_addr, stranger_author) = ("10.0.0.1:5000", "198.51.100.1:5000");
    for authors in [1, 300] {
        let mut solo = Solo::new();
        let link = solo.accept("10.0.0.1:60000");
        solo.send(link, greeting("hello", relay_addr));
        let author = |n: usize| {
            if authors == 1 { stranger_author.to_owned() } else { format!("198.51.100.1:{}", 5000 + n % authors) }
        };
        solo.send(link, (0..200_000).map(|n| message(&format!("m{n}"), &author(n), "x")).collect::<String>());
        assert!(solo.count(Count::OverBudget) > 2 * BURST as u64);
        assert_eq!((solo.count(Count::Strike), solo.count(Count::Flood)), (0, 0), "{authors}");
        // Its own words are another matter.
        let own = (0..BURST + 999).map(|n| message(&format!("own{n}"), relay_addr, "x")).collect::<String>();
        solo.send(link, own);
        assert_eq!((solo.count(Count::Strike), solo.count(Count::Flood)), (1_000, 1), "{authors}");
    }
}

/// A forger's words in our name would have our peers hold us to blame, and old ones of our own would too.
#[test]
fn what_comes_in_our_name_goes_on_at_a_pace_that_peers_accept() {
    for timed in [true, false] {
        let mut solo = Solo::new();
        let peer = solo.dial("127.0.0.1:6000");
        solo.read(peer);
        let mut passed = 0;
        for stranger in 0..5 {
            let link = solo.accept(&format!("127.0.0.1:900{stranger}"));
            solo.send(link, message("first", &format!("127.0.0.1:800{stranger}"), "hi"));
            let time = if timed { format!(r#","Timestamp":{}"#, START_MS - 3_600_000) } else { String::new() };
            let forged = |n| format!(r#"{{"ID":"{stranger}-{n}","Addr":"{OWN}","Body":"forged"{time}}}"#);
            solo.send(link, (0..1_500).map(forged).collect::<String>());
            passed += solo.read(peer).matches("forged").count();
        }
        assert_eq!(passed, 20, "a tenth of what they accept, for our own pace takes nine");
        let kept = solo.read_log().matches("forged").count();
        assert_eq!((kept, solo.count(Count::OwnName)), if timed { (7_500, 7_480) } else { (1_000, 980) });
        solo.pass(10_000);
        let link = solo.accept("127.0.0.1:9009");
        solo.send(link, message("once more", OWN, "forged") + &message("and more", OWN, "forged"));
        assert_eq!(solo.read(peer).matches("forged").count(), 2);
    }
}
