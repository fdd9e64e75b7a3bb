//! What signed messages may cost: whose budget they are charged to, who is to blame, and how links share the checks of signatures.

use whispernet_core::counters::Count;
use whispernet_core::node::Config;

use super::author::Author;
use super::signed::hear;
use super::solo::{OWN, Solo};
use super::{START_MS, config};

const MINUTE_MS: i64 = 60_000;
const REMOTE: &str = "127.0.0.1:9000";

#[test]
fn a_flood_is_its_keys_whichever_links_bring_it() {
    let mut solo = Solo::new();
    let ann = Author::new(1, "ann");
    let links: Vec<_> = (0..10).map(|n| solo.accept(&format!("127.0.0.1:{}", 9_000 + n))).collect();
    for n in 0..1_000 {
        solo.send(links[n % 10], ann.says(&format!("{n}")).json());
        solo.check();
    }
    assert_eq!(solo.bodies().len(), 200);
    hear(&mut solo, &Author { addr: "127.0.0.1:1".into(), ..ann }.says("elsewhere"));
    assert_eq!(solo.bodies().len(), 200);
    hear(&mut solo, &Author::new(2, "bob").says("bob"));
    assert_eq!(solo.bodies().len(), 201);
}

#[test]
fn a_message_is_charged_once_however_its_copies_come() {
    let mut solo = Solo::new();
    let ann = Author::new(1, "ann");
    let links = [solo.accept(REMOTE), solo.accept("127.0.0.1:9001")];
    for n in 0..201 {
        let said = ann.sends(&format!("{n}"), b"a file");
        solo.send(links[0], said.by_code_lab().json());
        solo.check();
        solo.send(links[1], said.without_file().json());
        solo.send(links[1], said.json());
    }
    assert_eq!((solo.count(Count::Accepted), solo.count(Count::Upgraded)), (200, 400));
    // But not its file, which may be long: of a burst of 2 MiB, one of 1.5 passes and a second does not.
    let mut solo = Solo::new();
    let file = vec![7; 1_500_000];
    for n in 0..2 {
        let said = ann.sends(&format!("{n}"), &file);
        [said.without_file(), said].iter().for_each(|said| _ = hear(&mut solo, said));
    }
    assert_eq!((solo.count(Count::Accepted), solo.count(Count::Upgraded), solo.count(Count::OverBudget)), (2, 1, 1));
}

#[test]
fn another_spelling_of_a_message_costs_its_author_no_more() {
    let mut solo = Solo::new();
    let ann = Author::new(1, "ann");
    for n in 0..180 {
        let json = ann.says(&format!("{n} {}", "x".repeat(9_000))).json();
        let escaped = json.replace('x', "\\u0078");
        assert!(escaped.len() > 5 * json.len());
        let link = solo.accept(REMOTE);
        solo.send(link, &escaped);
        solo.check();
        solo.cut(link);
    }
    assert_eq!((solo.bodies().len(), solo.count(Count::OverBudget)), (180, 0));
}

#[test]
fn a_relay_is_not_to_blame_for_who_names_its_addr() {
    let mut solo = Solo::new();
    let relay = Author::new(1, "relay");
    let link = solo.accept(&relay.addr);
    solo.send(link, relay.says("/me joined").json());
    solo.check();
    for n in 0..15_u8 {
        let mallory = Author { addr: relay.addr.clone(), ..Author::new(100 + n, "mallory") };
        for m in 0..300 {
            solo.send(link, mallory.says(&format!("{m}")).json());
            solo.check();
        }
    }
    assert!(solo.count(Count::OverBudget) >= 1_000 && !solo.closed(link));
    for n in 0..1_300 {
        solo.send(link, relay.says(&format!("{n}")).json());
        solo.check();
    }
    assert!(solo.closed(link), "its own words are its own");
}

#[test]
fn nobody_is_held_to_account_for_what_others_forge() {
    let mut solo = Solo::new();
    let ann = Author::new(1, "ann");
    let link = solo.accept(REMOTE);
    for n in 0..900 {
        solo.send(link, ann.says("x").with(|said| said.body = format!("{n}")).json());
        solo.check();
    }
    assert_eq!((solo.count(Count::BadSignature), solo.bodies().len(), solo.closed(link)), (900, 0, false));
    let honest: Vec<_> = (0..200).map(|n| ann.says(&format!("true {n}")).json()).collect();
    solo.send(link, honest.concat());
    solo.check();
    assert_eq!(solo.bodies().len(), 200);
    for n in 0..100 {
        solo.send(link, ann.says("x").with(|said| said.body = format!("more {n}")).json());
        solo.check();
    }
    assert!(solo.closed(link), "a thousand are a flood");
}

#[test]
fn each_link_has_its_turn_and_keeps_its_order() {
    let mut solo = Solo::with(Config { flood_limit: false, ..config(OWN) });
    let (flooder, ann) = (Author::new(1, "flooder"), Author::new(2, "ann"));
    let links = [solo.accept(REMOTE), solo.accept("127.0.0.1:9001")];
    (0..100).for_each(|n| solo.send(links[0], flooder.says(&format!("flood {n}")).json()));
    (0..3).for_each(|n| solo.send(links[1], ann.says(&format!("ann {n}")).json()));
    assert_eq!(solo.check_some(6), 6);
    let bodies = solo.bodies();
    assert_eq!(bodies.iter().filter(|body| body.starts_with("ann")).count(), 3, "{bodies:?}");
    // Results may come in any order: what a link brought goes in as it came.
    let claims = solo.node.take_checks(solo.now, 4);
    for (check, claim) in claims.iter().rev() {
        solo.node.checked(solo.now, &[(*check, claim.holds())], &mut solo.out);
    }
    let floods: Vec<_> = solo.bodies().into_iter().filter(|body| body.starts_with("flood")).collect();
    assert_eq!(floods, (0..7).map(|n| format!("flood {n}")).collect::<Vec<_>>());
}

#[test]
fn a_link_with_too_much_to_check_is_held_back_alone() {
    let mut solo = Solo::with(Config { flood_limit: false, ..config(OWN) });
    let ann = Author::new(1, "ann");
    let links = [solo.accept(REMOTE), solo.accept("127.0.0.1:9001")];
    (0..1_024).for_each(|n| solo.send(links[0], ann.says(&format!("{n}")).json()));
    assert_eq!(links.map(|link| solo.node.is_held_back(link)), [true, false]);
    solo.check_some(1);
    assert!(!solo.node.is_held_back(links[0]));
}

#[test]
fn links_that_are_full_hold_back_none_that_is_not() {
    let mut solo = Solo::with(Config { flood_limit: false, ..config(OWN) });
    let (ann, body) = (Author::new(1, "ann"), "x".repeat(16_000));
    let links: Vec<_> = (0..20).map(|n| solo.accept(&format!("127.0.0.1:{}", 9_000 + n))).collect();
    let last = solo.accept("127.0.0.1:9999");
    for link in &links {
        let mut n = 0;
        while !solo.node.is_held_back(*link) {
            solo.send(*link, ann.says(&format!("{link:?} {n} {body}")).json());
            n += 1;
        }
    }
    assert!(!solo.node.is_held_back(last));
    solo.send(last, ann.says("let me in").json());
    assert!(solo.node.is_held_back(last), "there is no room for more of it until its turn has come");
    solo.check_some(links.len() + 1);
    assert!(solo.bodies().contains(&"let me in".to_owned()));
}

#[test]
fn checks_are_paced() {
    let mut solo = Solo::new();
    let links: Vec<_> = (0..60).map(|n| solo.accept(&format!("127.0.0.1:{}", 9_000 + n))).collect();
    // Said long ago, so that no budget of an author stands in the way.
    for (n, link) in links.iter().enumerate() {
        let ann = Author::new(u8::try_from(n).unwrap(), "ann");
        let said = (0..100).map(|m| ann.says_at(&format!("{m}"), START_MS - 10 * MINUTE_MS).json());
        solo.send(*link, said.collect::<String>());
    }
    assert_eq!((solo.node.take_checks(solo.now, usize::MAX).len(), solo.node.checks_waiting()), (5_000, 1_000));
    assert!(solo.node.checks_due().is_some_and(|due| due > solo.now.instant));
    solo.pass(100);
    assert_eq!(solo.node.take_checks(solo.now, usize::MAX).len(), 500);
}
