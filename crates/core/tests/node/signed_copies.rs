//! Copies of signed messages: whatever comes in whatever order by whatever link, the same is in the log in the end, and is passed on.

use proptest::prelude::*;
use whispernet_core::codec::{Object, parse};
use whispernet_core::counters::Count;
use whispernet_core::node::{Config, Output};
use whispernet_core::rank::Rank;
use whispernet_core::state::State;

use super::author::{Author, Said};
use super::solo::{OWN, Solo};
use super::{START_MS, config};

/// What a reader of the log has of each message in the end: its bytes as far as its author vouches for them, its rank, and the nick to
/// show; what was replaced is gone.
fn outcome(solo: &Solo) -> Vec<(String, Rank, State, Option<String>)> {
    let mut chunk = whispernet_core::log::Chunk::default();
    let start = whispernet_core::log::Cursor::at(solo.node.log().floor());
    solo.node.read_log(start, usize::MAX, |entry| !(entry.marks.own && entry.marks.hello), &mut chunk);
    let replaced: Vec<u64> = chunk.entries().filter_map(|(entry, _)| chunk.note(entry.seq)?.replaces).collect();
    let mut outcome: Vec<_> = chunk
        .entries()
        .filter(|(entry, _)| !replaced.contains(&entry.seq))
        .map(|(entry, raw)| {
            let nick = chunk.note(entry.seq).and_then(|note| note.nick.clone());
            let vouched = |object: &Object<'_>| {
                let text = [object.id(), object.addr(), object.body()].map(|text| text.decode().into_owned()).join("|");
                if object.ext().is_empty() { text } else { String::from_utf8(raw.to_vec()).unwrap() }
            };
            (parse(raw, vouched).unwrap().unwrap(), entry.rank, entry.state, nick)
        })
        .collect();
    outcome.sort_by(|a, b| a.0.cmp(&b.0));
    outcome
}

/// All that may be made of `said`: honest copies first, of growing rank, then what no author said.
fn copies(said: &Said, thief: &Author) -> Vec<Said> {
    let altered = |change: fn(&mut Said)| said.clone().with(change);
    vec![
        said.by_code_lab(),
        said.by_daemon(),
        said.without_file(),
        said.clone(),
        altered(|said| said.body.push('!')),
        altered(|said| said.addr = "127.0.0.1:1".into()),
        altered(|said| said.nick = "bob".into()),
        altered(|said| said.timestamp = Some(1)),
        altered(|said| said.ext = "{}".into()),
        altered(|said| said.file_contents = "eA==".into()),
        altered(|said| *said = said.by_code_lab().with(|said| said.body = "bare and false".into())),
        said.by_code_lab().with(|said| said.id = thief.says(&said.body).id),
    ]
}

fn node() -> Solo {
    Solo::with(Config { flood_limit: false, ..config(OWN) })
}

#[test]
fn a_richer_copy_takes_the_place_of_a_poorer_one_and_is_passed_on() {
    let said = Author::new(1, "ann").sends("look", b"text");
    let mut solo = node();
    let (link, out) = (solo.accept("127.0.0.1:9000"), solo.dial("127.0.0.1:7777"));
    solo.read(out);
    for (copy, checks, rank) in [
        (said.by_code_lab(), 1, Rank::Bare),
        (said.without_file(), 0, Rank::WithExt),
        (said.clone(), 0, Rank::WithFile),
    ] {
        solo.send(link, copy.json());
        assert_eq!(solo.check(), checks, "the signature is that of the first copy");
        assert_eq!(solo.read(out).trim_end(), copy.json());
        assert_eq!(outcome(&solo).len(), 1);
        assert_eq!(outcome(&solo)[0].1, rank);
    }
    assert_eq!((solo.count(Count::Accepted), solo.count(Count::Upgraded)), (1, 2));
    for copy in copies(&said, &Author::new(2, "thief")) {
        solo.send(link, copy.json());
    }
    solo.check();
    assert_eq!((solo.read(out), outcome(&solo).len()), (String::new(), 1));
}

#[test]
fn a_richer_copy_with_other_words_is_none() {
    let said = Author::new(1, "ann").says("true");
    let mut solo = node();
    let link = solo.accept("127.0.0.1:9000");
    solo.send(link, said.by_code_lab().json());
    solo.check();
    solo.send(link, said.clone().with(|said| said.body = "false".into()).json());
    assert_eq!((solo.check(), solo.count(Count::CopyAltered)), (0, 1));
    solo.send(link, said.json());
    assert_eq!(solo.bodies(), ["true", "true"]);
}

#[test]
fn a_bare_copy_shows_the_pinned_nick_and_pins_none() {
    let ann = Author::new(1, "ann");
    let mut solo = node();
    let link = solo.accept("127.0.0.1:9000");
    let liar = |said: Said| said.by_code_lab().with(|said| said.omitempty = "bob".into());
    solo.send(link, liar(ann.says("before")).json());
    solo.check();
    assert_eq!(outcome(&solo)[0].3.as_deref(), Some(""), "nobody vouches for bob");
    solo.send(link, ann.says("hi").json());
    solo.check();
    solo.send(link, liar(ann.says("after")).json());
    solo.check();
    let after = outcome(&solo).into_iter().find(|(raw, ..)| raw.contains("after")).unwrap();
    assert_eq!(after.3.as_deref(), Some("ann"));
    assert!(solo.node.whois("bob").is_err());
}

#[test]
fn what_is_in_flight_is_replaced_by_a_richer_copy() {
    let said = Author::new(1, "ann").says("hi");
    let mut solo = node();
    let link = solo.accept("127.0.0.1:9000");
    solo.send(link, said.by_code_lab().json());
    solo.send(link, said.json());
    solo.send(link, said.by_daemon().json());
    assert_eq!(solo.check(), 1);
    assert_eq!(solo.logged().len(), 1);
    assert_eq!(outcome(&solo)[0].0, said.json());
}

#[test]
fn what_the_store_is_asked_about_is_replaced_by_a_richer_copy() {
    let said = Author::new(1, "ann").says("hi");
    for known in [false, true] {
        let mut solo = Solo::with(Config { seen_max: 10, flood_limit: false, ..config(OWN) });
        // What was said before a minute from now may have been forgotten.
        solo.remember([], whispernet_core::time::UnixMillis(START_MS + 60_000), true);
        solo.pass(120_000);
        let link = solo.accept("127.0.0.1:9000");
        solo.take();
        for copy in [said.by_code_lab(), said.clone(), said.by_daemon()] {
            solo.send(link, copy.json());
        }
        let asked = solo.take().into_iter().find_map(|output| match output {
            Output::LookUp { token, .. } => Some(token),
            _ => None,
        });
        assert_eq!((solo.check(), solo.count(Count::Duplicate)), (0, 1), "asked about once");
        solo.node.looked_up(solo.now, asked.unwrap(), known, &mut solo.out);
        assert_eq!(solo.check(), usize::from(!known));
        let expected = if known { vec![] } else { vec![said.json()] };
        assert_eq!(outcome(&solo).into_iter().map(|(raw, ..)| raw).collect::<Vec<_>>(), expected);
    }
}

#[test]
fn a_restart_between_two_copies_changes_nothing() {
    let said = Author::new(1, "ann").says("hi");
    let mut before = node();
    let link = before.accept("127.0.0.1:9000");
    before.send(link, said.by_code_lab().json());
    before.check();
    let entry = *before.node.log().entries(0).last().unwrap().0;
    let mut after = Solo::with(Config { first_seq: 1_000, flood_limit: false, ..config(OWN) });
    after.node.remember([(entry.fingerprint, entry.rank)], whispernet_core::time::UnixMillis(START_MS), false);
    after.node.remember_copies([(entry.fingerprint, entry.seq, entry.rank, said.addr.as_str(), said.body.as_str())]);
    let link = after.accept("127.0.0.1:9000");
    after.send(link, said.by_code_lab().json());
    after.send(link, said.json());
    assert_eq!((after.check(), after.count(Count::Upgraded)), (0, 1));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Three nodes hear all copies of some messages, each in an order and by links of its own, with checks in between at any time; in
    /// the end each has the richest true copy of each, and nothing else. So has a fourth that hears only what the first passes on.
    #[test]
    fn all_orders_end_alike(
        kinds in prop::collection::vec(0..3_u8, 1..4),
        orders in prop::collection::vec(prop::collection::vec((any::<u16>(), any::<bool>()), 48), 3),
    ) {
        let thief = Author::new(99, "thief");
        let said: Vec<Said> = kinds.iter().enumerate().map(|(n, kind)| {
            let author = Author::new(u8::try_from(n).unwrap() + 1, &format!("author {n}"));
            let body = format!("message {n}");
            match kind {
                0 => author.says_with(&body, START_MS, None, b""),
                1 => author.says(&body),
                _ => author.sends(&body, b"a file"),
            }
        }).collect();
        let all: Vec<String> =
            said.iter().flat_map(|said| copies(said, &thief)).map(|copy| copy.json()).collect();
        let mut outcomes = Vec::new();
        for order in &orders {
            let mut solo = node();
            let links = [solo.accept("127.0.0.1:9000"), solo.accept("127.0.0.1:9001")];
            let out = solo.dial("127.0.0.1:7777");
            let mut left: Vec<&String> = all.iter().collect();
            for (choice, check) in order.iter().cycle() {
                if left.is_empty() {
                    break;
                }
                let json = left.swap_remove(usize::from(*choice) % left.len());
                solo.send(links[usize::from(*choice) % 2], json);
                if *check {
                    solo.check_some(usize::from(*choice) % 3);
                }
            }
            solo.check();
            let passed_on = solo.read(out);
            outcomes.push(outcome(&solo));
            let mut next = node();
            let link = next.accept("127.0.0.1:9000");
            next.send(link, &passed_on);
            next.check();
            let heard = outcome(&next).into_iter().filter(|(raw, ..)| !raw.contains("/me joined"));
            prop_assert_eq!(heard.collect::<Vec<_>>(), outcome(&solo));
        }
        for (raw, rank, ..) in &outcomes[0] {
            let is_it = |said: &Said| if said.ext.is_empty() { raw.starts_with(&said.id) } else { said.json() == *raw };
            prop_assert!(*rank == Rank::WithFile && said.iter().any(is_it), "{}", raw);
        }
        prop_assert_eq!(outcomes[0].len(), said.len());
        prop_assert_eq!(&outcomes[0], &outcomes[1]);
        prop_assert_eq!(&outcomes[1], &outcomes[2]);
    }
}
