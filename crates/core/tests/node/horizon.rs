//! What is older than memory: only the store knows whether it is new, and it never floods again. And memory across restarts.

use whispernet_core::counters::Count;
use whispernet_core::fingerprint::Fingerprint;
use whispernet_core::node::{Config, Output};
use whispernet_core::time::UnixMillis;

use super::solo::{OWN, Solo};
use super::{START_MS, bodies, config, message};

const MINUTE_MS: i64 = 60_000;
/// Within this of the horizon a clock may be wrong.
const SLACK_MS: i64 = 10 * MINUTE_MS;

fn timed(id: &str, time: i64) -> String {
    format!(r#"{{"ID":"{id}","Addr":"127.0.0.1:7000","Body":"{id}","Timestamp":{time}}}"#)
}

/// Memory reaches back to here.
const HORIZON_MS: i64 = START_MS - 60 * MINUTE_MS;

/// A node that remembers little and has forgotten what came more than an hour ago.
fn forgetful(stored: bool) -> Solo {
    let mut solo = Solo::with(Config { seen_max: 10, stored, flood_limit: false, ..config(OWN) });
    let seen: Vec<Fingerprint> = (0..4).map(|n| solo.node.fingerprint(&format!("seen{n}"))).collect();
    solo.remember(seen, UnixMillis(HORIZON_MS), true);
    solo
}

fn lookups(solo: &mut Solo) -> Vec<(u64, String)> {
    let look_up = |output: Output| match output {
        Output::LookUp { token, id, .. } => Some((token, id)),
        _ => None,
    };
    solo.take().into_iter().filter_map(look_up).collect()
}

#[test]
fn the_store_is_asked_about_what_is_older_than_memory() {
    let mut solo = forgetful(true);
    let out = solo.dial("127.0.0.1:6000");
    solo.read(out);
    let link = solo.accept("127.0.0.1:9000");
    solo.take();
    let old = HORIZON_MS + SLACK_MS - 1;
    solo.send(link, [timed("new", old), timed("known", old), timed("new", old)].concat());
    assert_eq!((solo.bodies(), solo.count(Count::Duplicate)), (vec![], 1), "asked about once");
    let asked = lookups(&mut solo);
    assert_eq!(asked.iter().map(|(_, id)| id.as_str()).collect::<Vec<_>>(), ["new", "known"]);
    for (token, id) in &asked {
        solo.node.looked_up(solo.now, *token, id == "known", &mut solo.out);
    }
    assert_eq!((solo.bodies(), solo.count(Count::SeenLongAgo)), (vec!["new".to_owned()], 1));
    let marks = solo.logged()[0].1;
    assert!(marks.replay && marks.withheld, "kept as replay, and not for classic links");
    assert_eq!(solo.read(out), "");
    solo.send(link, timed("new", old));
    assert_eq!(solo.count(Count::Duplicate), 2, "and now it is known");
    solo.node.looked_up(solo.now, asked[0].0, false, &mut solo.out);
    solo.node.looked_up(solo.now, 999, false, &mut solo.out);
    assert_eq!(solo.bodies().len(), 1, "an answer counts once");
}

#[test]
fn what_is_newer_or_has_no_time_is_not_looked_up() {
    let mut solo = forgetful(true);
    let link = solo.accept("127.0.0.1:9000");
    solo.send(link, timed("edge", HORIZON_MS + SLACK_MS));
    solo.send(link, message("untimed", "127.0.0.1:7", "untimed"));
    solo.send(link, timed("zero", 0));
    assert_eq!((solo.bodies().len(), lookups(&mut solo)), (3, vec![]));
}

/// Where memory spans minutes, the slack is half of that: or everything would seem old.
#[test]
fn a_short_memory_has_little_slack() {
    let mut solo = Solo::with(Config { seen_max: 10, ..config(OWN) });
    solo.remember([], UnixMillis(START_MS - 4 * MINUTE_MS), true);
    let link = solo.accept("127.0.0.1:9000");
    solo.send(link, timed("just now", START_MS - 2 * MINUTE_MS));
    assert_eq!((solo.bodies().len(), lookups(&mut solo).len()), (1, 0));
    solo.send(link, timed("longer ago", START_MS - 2 * MINUTE_MS - 1));
    assert_eq!((solo.bodies().len(), lookups(&mut solo).len()), (1, 1));
}

#[test]
fn nothing_is_old_while_nothing_is_forgotten() {
    let mut solo = Solo::new();
    let link = solo.accept("127.0.0.1:9000");
    solo.send(link, timed("ancient", 1));
    assert_eq!((solo.bodies().len(), lookups(&mut solo)), (1, vec![]));
}

#[test]
fn without_a_store_it_is_kept_as_replay() {
    let mut solo = forgetful(false);
    let out = solo.dial("127.0.0.1:6000");
    solo.read(out);
    let link = solo.accept("127.0.0.1:9000");
    solo.send(link, timed("old", HORIZON_MS).repeat(2));
    let logged = solo.logged();
    assert_eq!(logged.len(), 1);
    assert!(logged[0].1.replay && logged[0].1.withheld && lookups(&mut solo).is_empty());
    assert_eq!(solo.read(out), "");
}

#[test]
fn so_many_wait_for_an_answer() {
    let mut solo = forgetful(true);
    let link = solo.accept("127.0.0.1:9000");
    solo.take();
    for n in 0..1025 {
        solo.send(link, timed(&format!("old{n}"), HORIZON_MS));
    }
    let asked = lookups(&mut solo);
    assert_eq!((asked.len(), solo.count(Count::HorizonBusy)), (1024, 1));
    solo.node.looked_up(solo.now, asked[0].0, false, &mut solo.out);
    solo.send(link, timed("old1024", HORIZON_MS));
    assert_eq!(lookups(&mut solo).len(), 1, "a later copy is asked about again");

    let mut heavy = forgetful(true);
    let link = heavy.accept("127.0.0.1:9000");
    let file = |n: usize| {
        let contents = "A".repeat(1 << 20);
        format!(r#"{{"ID":"{n}","Body":"b","Timestamp":{HORIZON_MS},"FileContents":"{contents}"}}"#)
    };
    for n in 0..5 {
        heavy.send(link, file(n));
    }
    assert_eq!((lookups(&mut heavy).len(), heavy.count(Count::HorizonBusy)), (3, 2), "4 MiB");
}

#[test]
fn a_restart_shows_and_relays_nothing_again() {
    let mut before = Solo::new();
    let link = before.accept("127.0.0.1:9000");
    let heard: String = (0..20).map(|n| message(&format!("id{n}"), "127.0.0.1:7", "hi")).collect();
    before.send(link, &heard);
    before.say("mine");
    let out = before.dial("127.0.0.1:6000");
    let all = before.read(out);
    assert_eq!(bodies(&all).len(), 22);
    let seen: Vec<Fingerprint> = before.node.log().entries(0).map(|(entry, _)| entry.fingerprint).collect();

    let mut after = Solo::with(Config { first_seq: 1_000_000, ..config(OWN) });
    after.remember(seen, UnixMillis(START_MS), false);
    let link = after.accept("127.0.0.1:9000");
    after.send(link, &all);
    after.send(link, &heard);
    assert_eq!((after.bodies(), after.count(Count::Duplicate)), (vec![], 42));
    let out = after.dial("127.0.0.1:6000");
    assert_eq!(bodies(&after.read(out)), ["/me joined"]);
}

/// More than fits: what is forgotten at once lies behind the horizon, and the store is asked about it.
#[test]
fn a_restart_with_more_than_memory_holds() {
    for count in [8, 10, 11, 12, 30] {
        let mut solo = Solo::with(Config { seen_max: 10, flood_limit: false, ..config(OWN) });
        let ids: Vec<String> = (0..count).map(|n| format!("id{n}")).collect();
        let seen: Vec<Fingerprint> = ids.iter().map(|id| solo.node.fingerprint(id)).collect();
        solo.remember(seen, UnixMillis(START_MS - 3_600_000), false);
        let link = solo.accept("127.0.0.1:9000");
        for (n, id) in ids.iter().enumerate() {
            // The oldest an hour ago, the newest just now.
            let time = START_MS - 3_600_000 + 3_600_000 * n as i64 / count;
            solo.send(link, timed(id, time));
        }
        let taken = solo.bodies();
        assert_eq!(taken, Vec::<String>::new(), "of {count} again");
    }
}
