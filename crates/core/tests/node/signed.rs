//! Signed messages: what is dropped and why, what is believed, and that nobody can speak or be suppressed in another's name.

use whispernet_core::counters::Count;
use whispernet_core::identity::{Network, PublicKey};
use whispernet_core::node::{Config, IdKind, Output, Told};
use whispernet_core::state::State;

use super::author::{Author, Said};
use super::solo::{OWN, Solo};
use super::{START_MS, addr, config, words};

const MINUTE_MS: i64 = 60_000;
const REMOTE: &str = "127.0.0.1:9000";

/// The Bodies in its log with how far their authors are believed, but for its own greetings.
fn believed(solo: &Solo) -> Vec<(String, State)> {
    let bodies = solo.bodies();
    let states = solo.node.log().entries(0).filter(|(entry, _)| !(entry.marks.own && entry.marks.hello));
    bodies.into_iter().zip(states.map(|(entry, _)| entry.state)).collect()
}

/// Sends one message, checks what is to be checked, and returns how often that was.
pub(crate) fn hear(solo: &mut Solo, said: &Said) -> usize {
    let link = solo.accept(REMOTE);
    solo.send(link, said.json());
    let checks = solo.check();
    solo.cut(link);
    checks
}

#[test]
fn is_taken_in_once_its_signature_held() {
    let mut solo = Solo::new();
    let ann = Author::new(1, "ann");
    let link = solo.accept(REMOTE);
    solo.send(link, ann.says("hi").json());
    assert_eq!((solo.bodies().len(), solo.node.checks_waiting()), (0, 1));
    assert_eq!(solo.check(), 1);
    assert_eq!(believed(&solo), [("hi".to_owned(), State::New)]);
    solo.send(link, ann.says("ho").json());
    solo.check();
    assert_eq!(believed(&solo)[1], ("ho".to_owned(), State::Pinned));
    assert_eq!(solo.count(Count::Verified), 2);
}

#[test]
fn duplicates_cost_no_second_check() {
    let mut solo = Solo::new();
    let said = Author::new(1, "ann").says("hi");
    let links = [solo.accept(REMOTE), solo.accept("127.0.0.1:9001")];
    for _ in 0..3 {
        links.iter().for_each(|link| solo.send(*link, said.json()));
    }
    assert_eq!(solo.check(), 1);
    links.iter().for_each(|link| solo.send(*link, said.json()));
    assert_eq!((solo.check(), solo.bodies().len(), solo.count(Count::Duplicate)), (0, 1, 7));
}

#[test]
fn an_altered_copy_that_comes_first_suppresses_nothing() {
    let true_one = Author::new(1, "ann").says("true");
    type Change = fn(&mut Said);
    let changes: [(Change, Count); 8] = [
        (|said| said.body = "false".into(), Count::BadSignature),
        (|said| said.addr = "127.0.0.1:1".into(), Count::BadSignature),
        (|said| said.timestamp = Some(START_MS + 1), Count::CopyTimestamp),
        (|said| said.nick = "bob".into(), Count::CopyNick),
        (|said| said.omitempty = "bob".into(), Count::CopyNick),
        (|said| said.ext = r#"{"nick":"bob"}"#.into(), Count::CopyExtHash),
        (|said| said.file_type = "text/html".into(), Count::CopyFileType),
        (|said| said.file_contents = "eA==".into(), Count::CopyFileUnsigned),
    ];
    for (change, count) in changes {
        for at_once in [false, true] {
            let mut solo = Solo::new();
            let link = solo.accept(REMOTE);
            solo.send(link, true_one.clone().with(change).json());
            if !at_once {
                solo.check();
            }
            solo.send(link, true_one.json());
            solo.check();
            assert_eq!(solo.bodies(), ["true"], "{count:?}");
            assert_eq!((solo.count(count), solo.closed(link)), (1, false), "{count:?}");
            solo.send(link, true_one.clone().with(change).json());
            assert_eq!((solo.check(), solo.bodies().len()), (0, 1), "the other way round: {count:?}");
        }
    }
}

#[test]
fn what_is_no_token_is_counted_and_dropped() {
    let said = Author::new(1, "ann").says("hi");
    // The neutral element of the curve as the key: with it, one signature would hold for every text.
    let mut token = [0; 138];
    (token[0], token[2]) = (1, 1);
    let weak = format!("wn1:{}", data_encoding::BASE64URL_NOPAD.encode(&token));
    assert_eq!(weak.len(), said.id.len());
    let mut bytes = data_encoding::BASE64URL_NOPAD.decode(&said.id.as_bytes()[4..]).unwrap();
    bytes[1] = 1;
    let flags = format!("wn1:{}", data_encoding::BASE64URL_NOPAD.encode(&bytes));
    let id = |change: fn(&str) -> String| change(&said.id);
    let cases = [
        ("wn1:".to_owned(), Count::TokenEmpty),
        (id(|id| format!("{id}=")), Count::TokenPadded),
        (id(|id| format!("{}!", &id[..187])), Count::TokenNotBase64),
        (id(|id| id[..184].to_owned()), Count::TokenShort),
        (id(|id| format!("{id}AAAA")), Count::TokenLong),
        (flags, Count::TokenFlags),
        (weak, Count::BadSignature),
    ];
    for (id, count) in cases {
        let mut solo = Solo::new();
        let link = solo.accept(REMOTE);
        let plain = said.by_code_lab().with(|said| said.id.clone_from(&id));
        solo.send(link, plain.json());
        solo.check();
        assert_eq!((solo.count(count), solo.bodies().len(), solo.closed(link)), (1, 0, false), "{id}");
    }
    // Of another version: somebody's opaque ID.
    let mut solo = Solo::new();
    let other = said.by_code_lab().with(|said| said.id = said.id.replacen("wn1:AQ", "wn1:Ag", 1));
    hear(&mut solo, &other);
    assert_eq!(believed(&solo), [("hi".to_owned(), State::Unsigned)]);
}

#[test]
fn nothing_signed_for_another_network_passes() {
    let mut solo = Solo::new();
    let stranger = Author { network: Network([7; 32]), ..Author::new(1, "ann") };
    hear(&mut solo, &stranger.says("hi"));
    assert_eq!((solo.bodies().len(), solo.count(Count::BadSignature)), (0, 1));
}

#[test]
fn too_much_that_nobody_signed_is_dropped() {
    for (bytes, taken) in [(1_000, true), (1_400, false)] {
        let mut solo = Solo::new();
        let more = format!(",\"x\":\"{}\"", "y".repeat(bytes));
        hear(&mut solo, &Author::new(1, "ann").says("hi").with(|said| said.more = more));
        assert_eq!((solo.bodies().len() == 1, solo.count(Count::CopyUnsigned) == 1), (taken, !taken), "{bytes}");
    }
}

#[test]
fn a_time_far_off_is_marked_and_kept_here() {
    for (time, odd) in [
        (START_MS - 24 * 60 * MINUTE_MS, false),
        (START_MS - 24 * 60 * MINUTE_MS - 1, true),
        (START_MS + 10 * MINUTE_MS, false),
        (START_MS + 10 * MINUTE_MS + 1, true),
        (i64::MIN, true),
        (i64::MAX, true),
    ] {
        let mut solo = Solo::new();
        let out = solo.dial("127.0.0.1:7777");
        solo.read(out);
        hear(&mut solo, &Author::new(1, "ann").says_at("hi", time));
        let marks = solo.logged()[0].1;
        assert_eq!((marks.withheld, solo.read(out).is_empty()), (odd, odd), "{time}");
        assert_eq!(marks.replay, time < START_MS - MINUTE_MS || odd, "{time}");
    }
}

#[test]
fn our_own_nick_is_held_by_our_own_key() {
    let mut solo = Solo::new();
    let stranger = Author::new(1, "me");
    hear(&mut solo, &stranger.says("I am you"));
    assert_eq!(believed(&solo)[0].1, State::Changed);
    assert_eq!(solo.node.trust().resolve("me"), Ok(solo.node.own_key()));
    hear(&mut solo, &Author::new(2, "zoe").says("hi"));
    solo.node.set_nick("zoe", solo.now);
    hear(&mut solo, &Author::new(3, "zoe").says("me too"));
    assert_eq!(believed(&solo)[2].1, State::Changed);
}

#[test]
fn what_is_hidden_takes_no_nick_and_a_new_key_evades_no_block() {
    use whispernet_core::time::UnixMillis;
    use whispernet_core::trust::Rotation;
    let mut solo = Solo::new();
    let bad = Author::new(1, "bad");
    hear(&mut solo, &bad.says("before"));
    solo.node.block_key(solo.now, bad.key(), &mut solo.out).unwrap();
    let dora = |n| Author { nick: "dora".into(), ..Author::new(n, "") };
    (0..3).for_each(|n| _ = hear(&mut solo, &dora(1).says(&format!("{n}"))));
    hear(&mut solo, &dora(2).says("the true one"));
    assert_eq!(believed(&solo).last().unwrap().1, State::New);
    let keys = [bad.clone(), Author::new(3, "bad"), Author::new(4, "bad")];
    for pair in keys.windows(2) {
        let (time, old, new) = (UnixMillis(START_MS), pair[0].key(), pair[1].key());
        let text = Rotation::signed_text(&Network::OPEN.0, &old, &new, time);
        let (old_signature, new_signature) = (pair[0].secret.sign(&text), pair[1].secret.sign(&text));
        hear(&mut solo, &pair[1].says(&Rotation { old, new, time, old_signature, new_signature }.body()));
        assert!(solo.logged().last().unwrap().1.hidden);
    }
}

#[test]
fn an_unsigned_nick_like_a_held_one_is_warned_of() {
    let mut solo = Solo::new();
    let ann = Author::new(1, "ann");
    (0..2).for_each(|n| _ = hear(&mut solo, &ann.says(&format!("{n}"))));
    let warning = |solo: &mut Solo, nick: &str| {
        let json = format!(r#"{{"ID":"{nick}","Addr":"127.0.0.1:1","Body":"hi","Nick":"{nick}"}}"#);
        let link = solo.accept(REMOTE);
        solo.send(link, json);
        solo.cut(link);
        let mut chunk = whispernet_core::log::Chunk::default();
        let last = solo.node.log().end() - 1;
        solo.node.read_log(whispernet_core::log::Cursor::at(last), usize::MAX, |_| true, &mut chunk);
        chunk.note(last).and_then(|note| note.warning.clone())
    };
    let expected = format!("looks like ann, which is the key {}", ann.key().short());
    for nick in ["ann", "ANN", "a\u{200b}nn"] {
        assert_eq!(warning(&mut solo, nick).as_deref(), Some(expected.as_str()), "{nick}");
    }
    assert_eq!(warning(&mut solo, "zoe"), None);
    assert!(believed(&solo).iter().skip(2).all(|(_, state)| *state == State::Unsigned));
}

#[test]
fn a_blocked_key_is_relayed_and_not_shown() {
    let mut solo = Solo::new();
    let ann = Author::new(1, "ann");
    let out = solo.dial("127.0.0.1:7777");
    hear(&mut solo, &ann.says("before"));
    solo.read(out);
    solo.node.block_key(solo.now, ann.key(), &mut solo.out).unwrap();
    hear(&mut solo, &Author { addr: "127.0.0.1:1".into(), ..ann.clone() }.says("hidden"));
    let (body, marks) = &solo.logged()[1];
    assert_eq!((body.as_str(), marks.hidden), ("hidden", true));
    assert!(solo.read(out).contains("hidden"));
    assert!(solo.node.unblock_key(solo.now, ann.key(), &mut solo.out));
    hear(&mut solo, &ann.says("after"));
    assert!(!solo.logged()[2].1.hidden);
}

#[test]
fn what_comes_before_its_link_closed_is_kept() {
    let mut solo = Solo::new();
    let link = solo.accept(REMOTE);
    solo.send(link, Author::new(1, "ann").says("last words").json());
    solo.cut(link);
    solo.check();
    assert_eq!(solo.bodies(), ["last words"]);
}

#[test]
fn two_people_may_hold_one_nick() {
    let mut solo = Solo::new();
    let (ann, other) = (Author::new(1, "ann"), Author::new(2, "ann"));
    (0..2).for_each(|n| _ = hear(&mut solo, &ann.says(&format!("{n}"))));
    hear(&mut solo, &other.says("me too"));
    let states: Vec<_> = believed(&solo).into_iter().map(|(_, state)| state).collect();
    assert_eq!(states, [State::New, State::Pinned, State::Changed]);
    solo.node.accept(solo.now, other.key(), &mut solo.out).unwrap();
    assert!(solo.wants(&Output::Tell(Told::Trust { key: other.key(), state: State::Pinned })));
    hear(&mut solo, &other.says("again"));
    assert_eq!(believed(&solo)[3].1, State::Pinned);
    let digits = ann.key().digits();
    assert_eq!(solo.node.verify(solo.now, &ann.key().to_string(), &digits, &mut solo.out), Ok(ann.key()));
    hear(&mut solo, &ann.says("verified"));
    assert_eq!(believed(&solo)[4].1, State::Verified);
}

#[test]
fn greetings_pin_nobody() {
    let mut solo = Solo::new();
    let ann = Author::new(1, "ann");
    (0..3).for_each(|n| _ = hear(&mut solo, &ann.says_at("/me joined", START_MS + n)));
    hear(&mut solo, &ann.says("first words"));
    assert!(believed(&solo).iter().all(|(_, state)| *state == State::New));
    hear(&mut solo, &ann.says("second words"));
    hear(&mut solo, &Author::new(2, "ann").says("/me joined"));
    assert_eq!(believed(&solo).last().unwrap().1, State::Changed);
}

#[test]
fn what_we_say_verifies_elsewhere_and_survives_old_peers() {
    let mut from = Solo::with(Config { id: IdKind::Signed, ..config(OWN) });
    let out = from.dial("127.0.0.1:7777");
    from.say("a \"b\" \u{1}\u{2028}<&> \u{1f600}");
    let written = from.read(out);
    let mut to = Solo::with(config("127.0.0.1:5001"));
    let link = to.accept(REMOTE);
    to.send(link, &written);
    assert_eq!(to.check(), 2);
    assert_eq!(to.bodies(), ["/me joined", "a \"b\" \u{1}\u{2028}<&> \u{1f600}"]);
    assert_eq!(to.node.whois(&from.node.own_key().to_string()).unwrap().record.nick().unwrap().nick, "me");
}

#[test]
fn a_reply_names_what_it_answers_where_we_sign() {
    let mut solo = Solo::with(Config { id: IdKind::Signed, ..config(OWN) });
    let out = solo.dial("127.0.0.1:7777");
    let reply = |id: &str| whispernet_core::node::Words { reply: Some(id.into()), ..words("yes") };
    solo.node.say(solo.now, reply("wn1:x"), &mut solo.out).unwrap();
    assert!(solo.read(out).contains(r#""Ext":"{\"nick\":\"me\",\"reply\":\"wn1:x\"}""#));
    assert!(solo.node.say(solo.now, reply(""), &mut solo.out).is_err());
    let ann = Author::new(1, "ann");
    let said = ann.says("a question");
    hear(&mut solo, &said);
    solo.node.say(solo.now, reply(&said.id), &mut solo.out).unwrap();
    assert!(solo.node.whois("ann").unwrap().record.spoken_to, "whom one answers is no stranger");
    assert!(Solo::new().node.say(solo.now, reply("x"), &mut Vec::new()).is_err());
}

#[test]
fn our_own_words_from_elsewhere_are_ours() {
    let mut solo = Solo::new();
    let me = Author { secret: config(OWN).key, ..Author::new(1, "me") };
    hear(&mut solo, &me.says("from my other machine"));
    assert_eq!(believed(&solo), [("from my other machine".to_owned(), State::Own)]);
    let forged = me.says("x").with(|said| said.body = "forged".into());
    hear(&mut solo, &forged);
    assert_eq!(solo.bodies().len(), 1);
}

#[test]
fn clocks_that_differ_are_told_once() {
    let mut solo = Solo::new();
    let ahead = START_MS + 11 * MINUTE_MS;
    let mut told = Vec::new();
    for n in 1..=3 {
        let peer = Author::new(n, &format!("peer {n}"));
        let link = solo.accept(&peer.addr);
        solo.send(link, peer.says_at("/me joined", ahead).json());
        solo.check();
        let clock =
            |output: &Output| matches!(output, Output::Tell(Told::Clock { ahead_ms }) if *ahead_ms == ahead - START_MS);
        told.push(solo.take().iter().filter(|output| clock(output)).count());
    }
    assert_eq!(told, [0, 1, 0]);
}

#[test]
fn a_new_key_in_the_place_of_an_old_one_is_told_once() {
    use whispernet_core::time::UnixMillis;
    use whispernet_core::trust::Rotation;
    let (old, new) = (Author::new(1, "ann"), Author::new(2, "ann"));
    let statement = |old: &Author, new: &Author| {
        let (time, keys) = (UnixMillis(START_MS), (old.key(), new.key()));
        let text = Rotation::signed_text(&Network::OPEN.0, &keys.0, &keys.1, time);
        let signed = |by: &Author| by.secret.sign(&text);
        Rotation { old: keys.0, new: keys.1, time, old_signature: signed(old), new_signature: signed(new) }
    };
    let mut solo = Solo::new();
    (0..2).for_each(|n| _ = hear(&mut solo, &old.says(&format!("{n}"))));
    let rotation = statement(&old, &new);
    hear(&mut solo, &Author::new(9, "eve").says(&rotation.body()));
    assert_eq!(solo.node.trust().current(old.key()), old.key(), "it is not Eve's to say");
    let told = |solo: &mut Solo| -> Vec<(PublicKey, PublicKey)> {
        let told = solo.take().into_iter().filter_map(|output| match output {
            Output::Tell(Told::Rotated { old, new, .. }) => Some((old, new)),
            _ => None,
        });
        told.collect()
    };
    told(&mut solo);
    hear(&mut solo, &new.says(&rotation.body()));
    hear(&mut solo, &new.says(&format!("again: {rotation}")));
    assert_eq!(told(&mut solo), [(old.key(), new.key())]);
    let states = || believed(&solo).iter().rev().take(2).map(|(_, state)| *state).collect::<Vec<_>>();
    assert_eq!(states(), [State::Pinned; 2], "the message that says so is the new key's already");
    hear(&mut solo, &new.says("pinned as before"));
    assert_eq!(believed(&solo).last().unwrap().1, State::Pinned);
    hear(&mut solo, &old.says(&statement(&old, &Author::new(9, "eve")).body()));
    assert!(solo.take().iter().any(|output| matches!(output, Output::Tell(Told::SecondSuccessor { .. }))));
    assert_eq!(addr(&old.addr).port(), 9_001);
}
