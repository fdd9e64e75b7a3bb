//! Who wrote a message, as scripts and users see it, and what they decide: real peers that sign what they say.
//! Must not know how trust is reckoned. Bounds: `PATIENCE` for every wait.

mod support;

use serde_json::{Value, json};
use support::{Peer, chat, whisper};

/// The key of a running peer, and the digits that its owner shows.
fn key_of(peer: &Peer) -> (String, String) {
    let output = peer.ask(&["key", "show", "--json"]);
    let shown: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let text = |name: &str| shown[name].as_str().expect("a text").to_owned();
    (text("key"), text("digits"))
}

/// Two peers that hear each other.
fn pair(options: &[&str], other_nick: &str) -> (Peer, Peer) {
    let ann = Peer::start("ann", options);
    let bob = Peer::start(other_nick, &["--peer", &ann.addr]);
    bob.out.wait("* ann joined");
    (ann, bob)
}

#[test]
fn messages_say_how_far_their_author_is_believed() {
    let (ann, mut bob) = pair(&["--json"], "bob");
    let (key, digits) = key_of(&bob);
    bob.say("one");
    // The greeting may count as heard or not; the second message is never new.
    let one = ann.out.wait_event(&json!({"event": "message", "nick": "bob", "body": "one", "key": key}));
    assert!(["new", "pinned"].contains(&one["trust"].as_str().expect("a word")), "{one}");
    bob.say("two");
    ann.out.wait_event(&json!({"event": "message", "nick": "bob", "body": "two", "key": key, "trust": "pinned"}));
    let wrong = ann.ask(&["key", "verify", "bob", &digits.replace(&digits[..5], "00000")]);
    assert_eq!(wrong.status.code(), Some(1), "{wrong:?}");
    let verified = ann.ask(&["key", "verify", "bob", &digits]);
    assert_eq!(verified.status.code(), Some(0), "{verified:?}");
    assert!(String::from_utf8_lossy(&verified.stderr).starts_with(&format!("bob ({}) is verified: ", &key[..8])));
    ann.out.wait_event(&json!({"event": "trust", "key": key, "state": "verified"}));
    bob.say("three");
    let three = json!({"event": "message", "nick": "bob", "body": "three", "key": key, "trust": "verified"});
    let three = ann.out.wait_event(&three);
    assert_eq!(three.get("warning"), None, "{three}");
}

#[test]
fn a_newcomer_is_told_of_once_and_a_pinned_one_not() {
    let (ann, mut bob) = pair(&[], "bob");
    let (key, _) = key_of(&bob);
    bob.say("one\ntwo\nthree");
    ann.out.wait("bob: three");
    assert_eq!(chat(&ann.out.all()), ["bob: one", "bob: two", "bob: three"], "scripts see names alone");
    let told = format!("bob ({}) is new here", &key[..8]);
    ann.err.wait(&told);
    assert_eq!(ann.err.all().iter().filter(|line| **line == told).count(), 1, "{:#?}", ann.err.all());
}

#[test]
fn another_one_of_the_same_nick_has_digits_and_a_warning_until_it_is_trusted() {
    let (mut ann, mut bob) = pair(&[], "bob");
    let (key, _) = key_of(&bob);
    bob.say("one\ntwo");
    ann.out.wait("bob: two");
    let mut other = Peer::start("bob", &["--peer", &ann.addr]);
    let (other_key, _) = key_of(&other);
    let (short, other_short) = (&key[..8], &other_key[..8]);
    other.out.wait("* ann joined");
    other.say("I am bob");
    ann.out.wait(&format!("bob~{other_short}: I am bob"));
    ann.err.wait_part(&format!(
        "warning: bob ({other_short}): looks like bob, which is the key {short}: /whois {other_short}"
    ));
    bob.say("I am");
    ann.out.wait("bob: I am");
    ann.say(&format!("/whois bob\n/trust {other_short}"));
    ann.err.wait(&format!("key          {key}"));
    ann.err.wait(&format!("bob ({other_short}) is believed under this name from now on"));
    ann.err.wait_part("holds a name like it too: digits stand beside both");
    bob.say("both");
    ann.out.wait(&format!("bob~{short}: both"));
    ann.say("/whois bob");
    ann.err.wait_part("`bob` may be any of");
}

#[test]
fn a_name_of_ones_own_and_a_block() {
    let (mut ann, mut bob) = pair(&[], "bob");
    let (key, _) = key_of(&bob);
    let short = &key[..8];
    bob.say("one");
    ann.out.wait("bob: one");
    ann.say("/rename bob Bob Smith");
    ann.err.wait(&format!("Bob Smith ({short}) is what you see instead of bob; nobody else does"));
    bob.say("two");
    ann.out.wait("Bob Smith: two");
    ann.say("/block \"bob smith\"\n/blocks");
    ann.err.wait(&format!("Bob Smith ({short}) (user)"));
    bob.say("unheard");
    let mut cat = Peer::start("cat", &["--peer", &ann.addr]);
    cat.out.wait("* ann joined");
    // Others still get it.
    cat.out.wait("bob: unheard");
    cat.say("heard");
    ann.out.wait("cat: heard");
    assert!(!ann.out.all().iter().any(|line| line.contains("unheard")), "{:#?}", ann.out.all());
    assert!(ann.ask(&["unblock", &key]).status.success());
    bob.say("three");
    ann.out.wait("Bob Smith: three");
    ann.say(&format!("/rename {short}"));
    ann.err.wait(&format!("bob ({short}) is shown under the nick again"));
    bob.say("four");
    ann.out.wait("bob: four");
}

/// One's key is rotated while one is away: whoever knew the old key knows the new one, and is told once.
#[test]
fn who_rotates_the_key_stays_who_he_was() {
    let (mut ann, mut bob) = pair(&[], "bob");
    bob.say("one\ntwo");
    ann.out.wait("bob: two");
    let (old, digits) = key_of(&bob);
    ann.say(&format!("/verify bob {digits}"));
    ann.err.wait_part("is verified");
    let dir = bob.stop();
    let rotated = whisper(&dir).args(["key", "rotate"]).output().expect("the binary runs");
    assert!(rotated.status.success(), "{rotated:?}");
    for _ in 0..2 {
        let mut command = whisper(&dir);
        command.args(["chat", "--bind", "127.0.0.1", "--port", "0", "--http", "127.0.0.1:0", "--discovery", "off"]);
        command.args(["--peer", &ann.addr]);
        let mut bob = Peer::run(command, std::sync::Arc::clone(&dir));
        let (new, _) = key_of(&bob);
        assert_ne!(new, old);
        bob.say("still me");
        ann.out.wait_part("bob: still me");
        ann.say("/whois bob");
        ann.err.wait_part(&new);
        bob.stop();
    }
    let told = |line: &&String| line.contains("has a new key");
    assert_eq!(ann.err.all().iter().filter(told).count(), 1, "{:#?}", ann.err.all());
    assert!(!ann.err.all().iter().any(|line| line.contains("warning")), "{:#?}", ann.err.all());
    assert!(ann.err.all().iter().any(|line| line.contains("verified")), "the new key is verified as the old one was");
}
