//! Order: what a link brings is taken in in its order, although checks end in any order and other links bring the same.

use std::collections::BTreeMap;

use proptest::prelude::*;
use whispernet_core::counters::Count;
use whispernet_core::identity::SecretKey;
use whispernet_core::log::Limits;
use whispernet_core::node::Config;

use super::author::Author;
use super::config;
use super::solo::{OWN, Solo};

#[test]
fn what_follows_a_message_of_another_link_waits_for_it() {
    let mut solo = Solo::with(Config { flood_limit: false, ..config(OWN) });
    let (ann, bob) = (Author::new(1, "ann"), Author::new(2, "bob"));
    let links = [solo.accept("127.0.0.1:9000"), solo.accept("127.0.0.1:9001")];
    (0..10).for_each(|n| solo.send(links[0], ann.says(&format!("flood {n}")).json()));
    let question = ann.says("question");
    solo.send(links[0], question.json());
    // The other link brings it too, and what was answered to it: nobody waits for the flood.
    solo.send(links[1], question.json());
    solo.send(links[1], bob.says("answer").json());
    solo.send(links[1], r#"{"ID":"1","Addr":"x","Body":"unsigned"}"#);
    solo.check_some(4);
    assert_eq!(solo.bodies(), ["flood 0", "flood 1", "question", "answer", "unsigned"]);
    assert_eq!(solo.check(), 8);
    assert_eq!(solo.bodies().len(), 13);
}

#[test]
fn what_is_being_checked_for_one_link_is_waited_for_by_another() {
    let mut solo = Solo::with(Config { flood_limit: false, ..config(OWN) });
    let (ann, bob) = (Author::new(1, "ann"), Author::new(2, "bob"));
    let links = [solo.accept("127.0.0.1:9000"), solo.accept("127.0.0.1:9001")];
    let question = ann.says("question");
    solo.send(links[0], question.json());
    let taken = solo.node.take_checks(solo.now, 1);
    solo.send(links[1], question.json());
    solo.send(links[1], bob.says("answer").json());
    assert_eq!(solo.check(), 1);
    assert_eq!(solo.bodies(), [""; 0], "the answer is known to be true, and waits");
    solo.node.checked(solo.now, &[(taken[0].0, true)], &mut solo.out);
    assert_eq!(solo.bodies(), ["question", "answer"]);
}

#[test]
fn what_is_known_waits_while_the_store_lags() {
    const BYTES: usize = 8 * 1024;
    let limits = Limits { tail_bytes: 64 * 1024, segment_bytes: 4 * 1024, uncommitted_bytes: BYTES };
    for ends in ["committed", "not stored"] {
        let mut solo = Solo::with(Config { flood_limit: false, log: limits, ..config(OWN) });
        let (ann, link) = (Author::new(1, "ann"), solo.accept("127.0.0.1:9000"));
        (0..100).for_each(|n| solo.send(link, ann.says(&format!("{n}")).json()));
        solo.send(link, r#"{"ID":"1","Addr":"x","Body":"unsigned"}"#);
        assert_eq!((solo.check(), solo.node.is_paused()), (100, true));
        let taken = solo.bodies().len();
        let uncommitted = solo.node.log().uncommitted_bytes();
        assert!(taken < 100 && (BYTES..BYTES + 1_024).contains(&uncommitted), "{taken}: {uncommitted}");
        assert_eq!(solo.node.deadline(solo.now.instant), None, "it would wake for nothing");
        if ends == "committed" {
            let end = solo.node.log().end();
            solo.node.committed(solo.now, end, &mut solo.out);
            assert_eq!(solo.bodies().len(), 2 * taken, "as much again");
        }
        solo.node.set_stored(false);
        solo.pass(0);
        let bodies: Vec<_> = solo.bodies();
        assert_eq!(bodies.last().map(String::as_str), Some("unsigned"), "{ends}");
        assert_eq!(solo.node.bounds().iter().find(|bound| bound.what.contains("of one link")).unwrap().is, 0);
    }
}

/// A link's own budgets do not count against what another link has brought as well.
#[test]
fn a_flood_of_a_link_takes_nothing_from_what_another_one_brings_too() {
    for links in [2, 3] {
        let mut solo = Solo::new();
        let bob = Author::new(2, "bob");
        let links: Vec<_> = (0..links).map(|n| solo.accept(&format!("198.51.100.{}:9000", n + 1))).collect();
        // More keys than one link has budgets for, so that they share one, and more than that one has.
        let flooding = &links[..links.len() - 1];
        for n in 0..600 * flooding.len() {
            let mut seed = [7; 32];
            seed[..8].copy_from_slice(&n.to_be_bytes());
            let flooder = Author { secret: SecretKey::from_seed(&seed), ..Author::new(1, "flooder") };
            solo.send(flooding[n % flooding.len()], flooder.says(&format!("{n}")).json());
        }
        let honest = bob.says("honest");
        solo.send(links[0], honest.json());
        let taken = solo.node.take_checks(solo.now, usize::MAX);
        links.iter().skip(1).for_each(|link| solo.send(*link, honest.json()));
        let results: Vec<_> = taken.iter().map(|(check, claim)| (*check, claim.holds())).collect();
        solo.node.checked(solo.now, &results, &mut solo.out);
        assert!(solo.count(Count::OverBudget) > 100, "a flood");
        assert_eq!(solo.bodies().iter().filter(|body| *body == "honest").count(), 1, "{} links", links.len());
    }
}

/// What happens in one step.
#[derive(Clone, Debug)]
enum Step {
    /// A link brings this message.
    Send(usize, usize),
    /// So many claims are taken.
    Take(usize),
    /// Of what is taken, this one is done.
    Done(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..4_usize, 0..24_usize).prop_map(|(link, message)| Step::Send(link, message)),
        2 => (1..4_usize).prop_map(Step::Take),
        2 => (0..16_usize).prop_map(Step::Done),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    /// Four links bring the same messages in any order, some unsigned and some forged, while checks are taken and end in any order. In
    /// the end none is stuck; and before each message in the log is all true that one of the links which brought it had brought before.
    #[test]
    fn nothing_is_stuck_or_out_of_order(steps in prop::collection::vec(step(), 1..160)) {
        let mut solo = Solo::with(Config { flood_limit: false, ..config(OWN) });
        let links: Vec<_> = (0..4).map(|n| solo.accept(&format!("127.0.0.1:{}", 9_000 + n))).collect();
        let authors: Vec<_> = (0..3).map(|n| Author::new(n + 1, &format!("author {n}"))).collect();
        let json = |message: usize| {
            let body = format!("m{message}");
            match message % 6 {
                4 => format!(r#"{{"ID":"{body}","Addr":"x","Body":"{body}"}}"#),
                5 => authors[0].says("x").with(|said| said.body = body).json(),
                _ => authors[message % 3].says(&body).json(),
            }
        };
        let mut taken = Vec::new();
        // What each link that brought a message had brought before.
        let mut before: BTreeMap<usize, Vec<Vec<usize>>> = BTreeMap::new();
        let mut brought = vec![Vec::new(); 4];
        for step in &steps {
            match step {
                Step::Send(link, message) => {
                    solo.send(links[*link], json(*message));
                    before.entry(*message).or_default().push(brought[*link].clone());
                    brought[*link].push(*message);
                }
                Step::Take(count) => taken.extend(solo.node.take_checks(solo.now, *count)),
                Step::Done(which) if !taken.is_empty() => {
                    let (check, claim) = taken.swap_remove(which % taken.len());
                    solo.node.checked(solo.now, &[(check, claim.holds())], &mut solo.out);
                }
                Step::Done(_) => {}
            }
        }
        while let Some((check, claim)) = taken.pop() {
            solo.node.checked(solo.now, &[(check, claim.holds())], &mut solo.out);
        }
        solo.check();
        let bodies = solo.bodies();
        let place = |message: usize| bodies.iter().position(|body| *body == format!("m{message}"));
        let true_ones: Vec<_> = before.keys().copied().filter(|message| message % 6 != 5).collect();
        prop_assert_eq!(bodies.len(), true_ones.len(), "{:?}", &bodies);
        for message in true_ones {
            let at = place(message);
            prop_assert!(at.is_some(), "m{} is stuck", message);
            let in_order = |before: &Vec<usize>| before.iter().all(|earlier| place(*earlier) <= at);
            prop_assert!(before[&message].iter().any(in_order), "m{} comes too soon in {:?}", message, &bodies);
        }
        let broken: Vec<_> = solo.node.bounds().into_iter().filter(|bound| bound.is_broken()).collect();
        prop_assert!(broken.is_empty(), "{:?}", broken);
    }
}
