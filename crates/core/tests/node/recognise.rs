//! Whose a link is, where its greeting was heard before: nobody else is taken for its author.

use whispernet_core::counters::Count;
use whispernet_core::fingerprint::Keyed;
use whispernet_core::identity::PublicKey;
use whispernet_core::node::LinkId;
use whispernet_core::rank::Rank;
use whispernet_core::time::UnixMillis;

use super::author::{Author, Said};
use super::solo::{OWN, Solo};
use super::{START_MS, addr, config};

const REMOTE: &str = "127.0.0.1:40000";
/// Links that may greet again at once.
const AT_ONCE: usize = 256;

/// Whose the only link is.
fn whose(solo: &Solo) -> Option<PublicKey> {
    let links = solo.node.links();
    assert_eq!(links.len(), 1);
    links[0].key
}

/// A link that begins with `said`.
fn link_with(solo: &mut Solo, remote: &str, said: &Said) -> LinkId {
    let link = solo.accept(remote);
    solo.send(link, said.json());
    link
}

fn greeting() -> (Author, Said) {
    let ann = Author::new(1, "ann");
    let said = ann.says("/me joined");
    (ann, said)
}

/// A peer that has heard `said` on a link that is no more.
fn who_has_heard(said: &Said) -> Solo {
    let mut solo = Solo::new();
    let link = link_with(&mut solo, REMOTE, said);
    solo.check();
    assert!(whose(&solo).is_some());
    solo.cut(link);
    solo
}

#[test]
fn a_greeting_heard_before_tells_whose_the_link_is() {
    let (ann, said) = greeting();
    let mut solo = who_has_heard(&said);
    link_with(&mut solo, REMOTE, &said);
    assert_eq!(whose(&solo), Some(ann.key()));
    assert_eq!((solo.check(), solo.count(Count::Duplicate), solo.bodies().len()), (0, 1, 1), "and is a duplicate");
}

#[test]
fn and_where_an_earlier_run_heard_it() {
    for rank in [Rank::Bare, Rank::WithExt, Rank::WithFile] {
        let (ann, said) = greeting();
        let mut solo = Solo::new();
        let print = Keyed::new(&config(OWN).fingerprint_key).fingerprint(said.id.as_bytes());
        solo.node.remember([(print, rank)], UnixMillis(START_MS - 1_000), true);
        link_with(&mut solo, REMOTE, &said);
        assert_eq!(whose(&solo), Some(ann.key()), "{rank:?}");
    }
}

#[test]
fn and_where_another_link_brings_it_at_the_same_time() {
    let (ann, said) = greeting();
    for copy in [said.clone(), said.by_daemon()] {
        let mut solo = Solo::new();
        let relay = link_with(&mut solo, "127.0.0.1:40001", &copy);
        link_with(&mut solo, REMOTE, &said);
        solo.check();
        solo.cut(relay);
        assert_eq!(whose(&solo), Some(ann.key()));
    }
}

#[test]
fn and_its_nick_is_known() {
    let (_, said) = greeting();
    let mut solo = Solo::new();
    solo.dial(&said.addr);
    let relay = link_with(&mut solo, "127.0.0.1:40001", &said.by_code_lab());
    solo.check();
    solo.cut(relay);
    let link = link_with(&mut solo, REMOTE, &said.clone().with(|said| said.nick = "eve".into()));
    solo.cut(link);
    let nick = |solo: &Solo| solo.node.book().get(&addr(&said.addr)).map(|known| known.nick.clone());
    assert_eq!(nick(&solo).as_deref(), Some(""), "nobody vouches for that one");
    link_with(&mut solo, REMOTE, &said);
    assert_eq!(nick(&solo).as_deref(), Some("ann"));
}

#[test]
fn what_is_altered_tells_nothing() {
    let changes: [fn(&mut Said); 3] = [
        |said| said.addr = "127.0.0.1:9002".into(),
        |said| said.nick = "eve".into(),
        |said| said.ext = r#"{"nick":"eve"}"#.into(),
    ];
    for change in changes {
        let (_, said) = greeting();
        let mut solo = who_has_heard(&said);
        link_with(&mut solo, REMOTE, &said.with(change));
        assert_eq!(whose(&solo), None);
    }
}

#[test]
fn who_is_elsewhere_is_somebody_else() {
    let (_, said) = greeting();
    let mut solo = who_has_heard(&said);
    link_with(&mut solo, "10.0.0.7:40000", &said);
    assert_eq!(whose(&solo), None);
}

#[test]
fn an_old_peer_that_passes_it_on_is_somebody_else() {
    let (_, said) = greeting();
    for copy in [said.by_daemon(), said.by_code_lab()] {
        let mut solo = who_has_heard(&said);
        link_with(&mut solo, REMOTE, &copy);
        assert_eq!(whose(&solo), None);
    }
}

#[test]
fn only_what_comes_first_counts() {
    let (ann, said) = greeting();
    let mut solo = who_has_heard(&said);
    let link = link_with(&mut solo, REMOTE, &ann.says("passed on").by_code_lab());
    solo.check();
    solo.send(link, said.json());
    assert_eq!(whose(&solo), None);
}

#[test]
fn other_words_of_the_same_author_tell_nothing() {
    let ann = Author::new(1, "ann");
    let mut solo = who_has_heard(&ann.says("/me joined"));
    let said = ann.says("hi");
    for _ in 0..2 {
        let link = link_with(&mut solo, REMOTE, &said);
        solo.check();
        assert_eq!(whose(&solo), None);
        solo.cut(link);
    }
}

#[test]
fn they_are_looked_at_within_a_budget() {
    let (ann, said) = greeting();
    let mut solo = who_has_heard(&said);
    for n in 0..=AT_ONCE {
        let link = link_with(&mut solo, REMOTE, &said);
        // One was looked at when it was heard first.
        assert_eq!(whose(&solo).is_some(), n + 1 < AT_ONCE, "{n}");
        solo.cut(link);
    }
    solo.pass(1_000);
    link_with(&mut solo, REMOTE, &said);
    assert_eq!(whose(&solo), Some(ann.key()), "and later again");
}
