//! Files that we send: how they go out, and that others take each of them, whatever old peers on the way make of it.

use data_encoding::BASE64;
use serde_json::Value;
use sha2::{Digest, Sha256};
use whispernet_core::counters::Count;
use whispernet_core::identity::ExtFault;
use whispernet_core::node::{
    Config, FILE_SEND_BYTES_MAX, IdKind, LinkId, Output, SAY_PENDING_MAX, SayRefused, SayToken, SentFile, Words,
};
use whispernet_core::rank::Rank;

use super::author::Author;
use super::signed::hear;
use super::solo::{OWN, Solo};
use super::{START_MS, config, words};

/// Bytes that do not repeat soon.
fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|n| (n % 251) as u8).collect()
}

fn file(bytes: &[u8]) -> SentFile {
    SentFile::new("cat.gif".into(), "image/gif".into(), bytes, Sha256::digest(bytes).into())
}

fn with_file(body: &str, length: usize) -> Words {
    Words { file: Some(file(&bytes(length))), ..words(body) }
}

fn signing() -> Solo {
    Solo::with(Config { id: IdKind::Signed, ..config(OWN) })
}

fn say(solo: &mut Solo, words: Words) -> Result<SayToken, SayRefused> {
    solo.node.say(solo.now, words, &mut solo.out)
}

/// What was read from a link, object by object, but for greetings.
fn objects(stream: &str) -> Vec<Value> {
    let objects = serde_json::Deserializer::from_str(stream).into_iter().map(Result::unwrap);
    objects.filter(|object: &Value| object["Body"] != "/me joined").collect()
}

#[test]
fn goes_out_with_all_that_is_known_of_it_before_its_contents() {
    for (id, signed) in [(IdKind::Signed, true), (IdKind::Hash, false), (IdKind::Random, false)] {
        let mut solo = Solo::with(Config { id, ..config(OWN) });
        let out = solo.dial("127.0.0.1:6000");
        say(&mut solo, with_file("sends cat.gif", 5)).unwrap();
        let stream = solo.read(out);
        let object = &objects(&stream)[0];
        let text = |key: &str| object[key].as_str().unwrap_or_default();
        assert_eq!(
            (text("Body"), text("FileType"), object["Timestamp"].as_i64()),
            ("sends cat.gif", "image/gif", Some(START_MS))
        );
        assert_eq!(BASE64.decode(text("FileContents").as_bytes()).unwrap(), bytes(5));
        assert_eq!(object.get("Ext").is_some(), signed, "nobody vouches for it without a signature");
        if signed {
            let ext: Value = serde_json::from_str(text("Ext")).unwrap();
            let hash = data_encoding::HEXLOWER.encode(&Sha256::digest(bytes(5)));
            let expected = serde_json::json!({ "name": "cat.gif", "type": "image/gif", "size": 5, "sha256": hash });
            assert_eq!(ext["file"], expected);
            assert!(stream.find("\"Ext\"") < stream.find("\"FileContents\""));
        }
        let (entry, _) = solo.node.log().entries(0).find(|(entry, _)| entry.marks.file).unwrap();
        assert_eq!((entry.marks.own, entry.rank), (true, Rank::WithFile));
    }
}

#[test]
fn what_cannot_be_sent() {
    let mut solo = signing();
    let long = SentFile::new("n".repeat(256), "image/gif".into(), b"x", [0; 32]);
    for (file, refused) in [
        (file(b""), SayRefused::FileEmpty),
        (file(&bytes(FILE_SEND_BYTES_MAX + 3)), SayRefused::FileTooLarge(FILE_SEND_BYTES_MAX as u64 + 3)),
        (long, SayRefused::BadFile(ExtFault::FileName)),
    ] {
        assert_eq!(say(&mut solo, Words { file: Some(file), ..words("x") }), Err(refused));
    }
    assert_eq!(say(&mut solo, with_file("", 1)), Err(SayRefused::Empty), "old peers need a Body");
    say(&mut solo, with_file("x", FILE_SEND_BYTES_MAX)).unwrap();
    assert_eq!(solo.bodies(), ["x"]);
}

/// Two ways to somebody: by one each message comes as an old peer passes it on, and after it by the other as it was sent.
fn hear_both(to: &mut Solo, links: [LinkId; 2], objects: &[Value]) {
    for object in objects {
        let stripped = serde_json::json!({ "ID": object["ID"], "Addr": object["Addr"], "Body": object["Body"] });
        to.send(links[0], stripped.to_string());
        to.check();
        to.send(links[1], object.to_string());
        to.check();
    }
}

#[test]
fn others_take_every_file_that_we_send_at_our_pace() {
    // Large ones with short Bodies, and small ones with long Bodies, which count twice where a poorer copy came first.
    for (count, body, length) in [(6, 10, FILE_SEND_BYTES_MAX), (150, 16_000, 1), (150, 10, 40_000)] {
        let (mut solo, mut other) = (signing(), Solo::with(config("127.0.0.1:6000")));
        let out = solo.dial("127.0.0.1:6000");
        let links = [other.accept("127.0.0.1:9000"), other.accept("127.0.0.1:9001")];
        for n in 0..count {
            say(&mut solo, with_file(&format!("{n:03}{}", "b".repeat(body)), length)).unwrap();
        }
        let mut came = 0;
        for _ in 0..1_200 {
            let objects = objects(&solo.read(out));
            came += objects.len();
            hear_both(&mut other, links, &objects);
            solo.pass(1_000);
            other.pass(1_000);
        }
        let counts = [Count::Accepted, Count::Upgraded, Count::OverBudget].map(|it| other.count(it));
        assert_eq!((came, counts), (count, [count as u64, count as u64, 0]), "{count} of {length}");
    }
}

#[test]
fn an_unsigned_file_is_charged_as_its_bytes_are() {
    let (mut solo, mut other) = (Solo::new(), Solo::with(config("127.0.0.1:6000")));
    let (out, link) = (solo.dial("127.0.0.1:6000"), other.accept("127.0.0.1:9000"));
    (0..3).for_each(|_| _ = say(&mut solo, with_file("x", FILE_SEND_BYTES_MAX)).unwrap());
    for _ in 0..300 {
        other.send(link, solo.read(out));
        solo.pass(1_000);
        other.pass(1_000);
    }
    assert_eq!((other.bodies().iter().filter(|body| *body == "x").count(), other.count(Count::OverBudget)), (3, 0));
}

#[test]
fn a_file_that_waits_holds_up_no_words() {
    let mut solo = signing();
    for n in 0..3 {
        say(&mut solo, with_file(&format!("file {n}"), FILE_SEND_BYTES_MAX)).unwrap();
    }
    solo.say("words");
    assert_eq!((solo.bodies(), solo.node.pending()), (vec!["file 0".to_owned(), "words".to_owned()], 2));
    assert!(solo.node.next_say(solo.now.instant).is_some_and(|due| due > solo.now.instant));
    // One file at a time, in their order.
    solo.pass(300_000);
    assert_eq!(solo.bodies(), ["file 0", "words", "file 1", "file 2"]);
    assert_eq!((solo.node.pending(), solo.node.next_say(solo.now.instant)), (0, None));
}

#[test]
fn the_same_tag_is_the_same_file() {
    let mut solo = signing();
    let tagged = |length| Words { client: Some("tag".into()), ..with_file("x", length) };
    say(&mut solo, with_file("first", FILE_SEND_BYTES_MAX)).unwrap();
    (0..2).for_each(|_| _ = say(&mut solo, tagged(FILE_SEND_BYTES_MAX)).unwrap());
    solo.pass(300_000);
    assert_eq!(solo.bodies(), ["first", "x"]);
    let said = |output: &&Output| matches!(output, Output::Said { repeated: true, .. });
    assert_eq!(solo.out.iter().filter(said).count(), 1);
}

#[test]
fn what_waits_is_bounded_in_bytes_too() {
    let mut solo = signing();
    let mut sent = 0;
    let refused = loop {
        match say(&mut solo, with_file("x", FILE_SEND_BYTES_MAX)) {
            Ok(_) => sent += 1,
            Err(refused) => break refused,
        }
    };
    // One goes at once, and 16 MiB of Base64 wait.
    assert_eq!((sent, refused), (12, SayRefused::Busy(11)));
    assert!(!solo.node.bounds().iter().any(whispernet_core::bound::Bound::is_broken));
    say(&mut solo, with_file("a small one", 10)).unwrap();
    assert!(sent < SAY_PENDING_MAX);
}

#[test]
fn a_file_of_another_hash_is_dropped_and_counted() {
    let mut solo = Solo::new();
    let said = Author::new(1, "ann").sends("look", b"a picture");
    hear(&mut solo, &said.clone().with(|said| said.file_contents = BASE64.encode(b"A picture")));
    hear(&mut solo, &said.clone().with(|said| said.file_contents = BASE64.encode(b"pictures")));
    let counts = |solo: &Solo| [Count::CopyFileHash, Count::CopyFileSize, Count::Accepted].map(|it| solo.count(it));
    assert_eq!((counts(&solo), solo.bodies().len()), ([1, 1, 0], 0));
    hear(&mut solo, &said);
    assert_eq!((counts(&solo), solo.bodies().len()), ([1, 1, 1], 1), "the true one still comes");
}
