//! Bad starts and broken databases: what is told, what goes on, and that no seq comes twice.
//! Must not know how the store works. Bounds: `PATIENCE` for every wait.

mod ask;
mod support;

use std::fs::{self, OpenOptions};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use ask::{Api, database, files_named, text};
use serde_json::json;
use support::{PATIENCE, Peer, whisper};
use tempfile::TempDir;
use whispernet_lab::raw::{RawListener, RawSender};

const SERVE: [&str; 9] = ["serve", "--bind", "127.0.0.1", "--port", "0", "--http", "127.0.0.1:0", "--discovery", "off"];
const TRUSTED: [&str; 3] = ["--json", "--flood-limit", "off"];
const PAGE_BYTES: usize = 4_096;

/// How a start ended that cannot be: its exit status, and its one line.
#[track_caller]
fn refused(command: &mut Command) -> (i32, String) {
    let ended = command.stdin(Stdio::null()).output().expect("the binary runs");
    let complaint = String::from_utf8(ended.stderr).expect("text");
    assert_eq!((ended.stdout.as_slice(), complaint.lines().count()), (&b""[..], 1), "{complaint}");
    (ended.status.code().expect("it was not killed"), complaint)
}

/// A peer of a user who names no folder, and whose folders are all in `home`.
fn nameless(home: &Arc<TempDir>, options: &[&str]) -> Peer {
    let mut command = Command::new(env!("CARGO_BIN_EXE_whisper"));
    command.env_remove("WHISPER_DATA_DIR").env("HOME", home.path()).env("XDG_DATA_HOME", home.path());
    Peer::run(
        {
            command.args(options);
            command
        },
        Arc::clone(home),
    )
}

#[test]
fn a_file_in_the_way_is_told() {
    let dir = TempDir::new().expect("a temporary folder");
    fs::write(dir.path().join("file"), "").expect("it can be written");
    for name in ["file", "file/below"] {
        let path = dir.path().join(name);
        let (status, complaint) = refused(whisper(&dir).args(SERVE).arg("--data-dir").arg(&path));
        assert_eq!(status, 1);
        assert!(complaint.contains(&path.display().to_string()) && complaint.contains("--data-dir"), "{complaint}");
    }
}

#[test]
fn a_folder_that_is_in_use_is_refused_by_name_and_left_otherwise() {
    let home = Arc::new(TempDir::new().expect("a temporary folder"));
    let first = nameless(&home, &SERVE);
    let dir = home.path().join("whispernet");
    let (status, complaint) = refused(whisper(&home).args(SERVE).arg("--data-dir").arg(&dir));
    assert_eq!(status, 1);
    assert!(
        complaint.contains(&dir.display().to_string()) && complaint.contains("in use by another peer"),
        "{complaint}"
    );

    let second = nameless(&home, &SERVE);
    let said = second.err.wait_part("in use by another peer");
    assert!(said.contains("whispernet-2"), "{said}");
    assert!(home.path().join("whispernet-2/whisper.db").exists());
    drop(first);
    // Its folder is free again, however it ended.
    let third = nameless(&home, &SERVE);
    third.err.wait_part("web on");
    assert_eq!(files_named(home.path(), "whispernet"), ["whispernet", "whispernet-2"]);
}

#[test]
fn a_port_that_is_taken_is_refused_by_name_and_replaced_otherwise() {
    let dir = Arc::new(TempDir::new().expect("a temporary folder"));
    let holder = TcpListener::bind("127.0.0.1:0").expect("a port");
    let taken = holder.local_addr().expect("it is bound");
    let port = taken.port().to_string();
    let asked = ["serve", "--bind", "127.0.0.1", "--http", "off", "--discovery", "off", "--port", &port];
    let (status, complaint) = refused(whisper(&dir).args(asked));
    assert_eq!(status, 1);
    assert!(complaint.contains(&port) && complaint.contains("taken") && complaint.contains("--port"), "{complaint}");

    // The default one, on an address of loopback that no other test uses.
    let [.., high, low] = std::process::id().to_be_bytes();
    let ip = Ipv4Addr::new(127, 77, high, low.clamp(1, 254)).to_string();
    let _holder = TcpListener::bind((ip.as_str(), 55_555)).expect("nobody else has it");
    let mut command = whisper(&dir);
    command.args(["serve", "--bind", &ip, "--discovery", "off", "--http", "127.0.0.1:0"]);
    let peer = Peer::run(command, Arc::clone(&dir));
    peer.err.wait_part("port 55555 is taken");
    assert!(peer.socket_addr().port() != 55_555 && peer.addr.starts_with(&ip), "{}", peer.addr);
    drop(peer);

    let web = taken.to_string();
    let mut command = whisper(&dir);
    command.args(["serve", "--bind", "127.0.0.1", "--port", "0", "--discovery", "off", "--http", &web]);
    let ended = command.output().expect("the binary runs");
    let complaint = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(1));
    assert!(complaint.contains(&format!("{web} is taken")), "{complaint}");
}

#[test]
fn a_bad_option_is_usage() {
    let dir = TempDir::new().expect("a temporary folder");
    for options in [
        &["--port", "65536"][..],
        &["--nick", "two\nlines"],
        &["--nick", ""],
        &["--bind", "nowhere"],
        &["--inbound-max", "0"],
        &["--nonsense"],
    ] {
        let (status, complaint) = refused(whisper(&dir).arg("serve").args(options));
        assert_eq!(status, 2, "{complaint}");
    }
    let (status, complaint) = refused(whisper(&dir).args(["--port", "0", "serve"]));
    assert_eq!((status, complaint.contains("write it after")), (2, true), "{complaint}");
    let (status, _) =
        refused(whisper(&dir).args(["serve", "--bind", "192.0.2.1", "--port", "0", "--discovery", "off"]));
    assert_eq!(status, 1, "an address that this machine does not have");
}

/// A folder with some history, of a peer that ended well or was killed; and the largest seq that it gave out.
fn with_history(killed: bool) -> (Arc<TempDir>, u64) {
    let mut peer = Peer::start("ann", &TRUSTED);
    let api = Api::of(&peer);
    let seq = (0..200).map(|number| api.must_say(&format!("{number} {}", "text ".repeat(100)))).max().expect("some");
    let dir = Arc::clone(&peer.dir);
    if killed {
        peer.signal("KILL");
        peer.ended_within(PATIENCE).expect("it was killed");
    } else {
        peer.stop();
    }
    (dir, seq)
}

#[test]
fn what_is_broken_at_the_start_is_set_aside_and_said() {
    type Break = fn(&Path);
    let breaks: [(&str, bool, Break); 5] = [
        ("garbage", false, |db| fs::write(db, "this is no database".repeat(1_000)).expect("it can be written")),
        ("cut in half", false, |db| {
            let file = OpenOptions::new().write(true).open(db).expect("it is there");
            let length = file.metadata().expect("it is there").len();
            file.set_len(length / 2).expect("it can be cut");
        }),
        ("emptied and its log garbage", true, |db| {
            fs::write(db, "").expect("it can be written");
            fs::write(db.with_extension("db-wal"), "garbage".repeat(1_000)).expect("it can be written");
        }),
        ("its log garbage", true, |db| {
            fs::write(db.with_extension("db-wal"), "garbage".repeat(1_000)).expect("it can be written");
        }),
        ("zeros", false, |db| {
            fs::remove_file(db).expect("it is there");
            fs::write(db, [0; 3 * PAGE_BYTES]).expect("it can be written");
        }),
    ];
    for (name, killed, break_it) in breaks {
        let (dir, seq_before) = with_history(killed);
        break_it(&database(&dir));
        let peer = Peer::start_in(Arc::clone(&dir), "ann", &TRUSTED);
        let said = peer.err.wait_part("set aside");
        assert!(said.contains("damaged"), "{name}: {said}");
        let named = |file: &&String| said.split([' ', ';']).any(|word| word.ends_with(file.as_str()));
        assert_eq!(files_named(dir.path(), "broken").iter().filter(named).count(), 1, "{name}: {said}");
        let api = Api::of(&peer);
        let seq = api.must_say("after");
        assert!(seq > seq_before, "{name}: {seq} after {seq_before}");
        assert_eq!(text(api.history().last().expect("it is kept"), "body"), "after", "{name}");
        // Said once, and the next start is in order.
        let peer = Peer::start_in(peer.stop(), "ann", &TRUSTED);
        let api = Api::of(&peer);
        assert!(api.must_say("later") > seq, "{name}");
        assert!(peer.err.all().iter().all(|line| !line.contains("damaged")), "{name}: {:?}", peer.err.all());
    }
}

#[test]
fn a_log_that_is_gone_does_not_start_numbers_again() {
    for left in [None, Some(0), Some(40_000)] {
        let (dir, seq_before) = with_history(true);
        let log = database(&dir).with_extension("db-wal");
        match left {
            None => fs::remove_file(log).expect("it is there"),
            Some(length) => {
                OpenOptions::new().write(true).open(log).and_then(|log| log.set_len(length)).expect("it is cut")
            }
        }
        let peer = Peer::start_in(dir, "ann", &TRUSTED);
        let seq = Api::of(&peer).must_say("after");
        assert!(seq > seq_before, "{left:?}: {seq} after {seq_before}");
    }
}

/// Writes garbage over the pages of a database from `page` on.
fn spoil(db: &Path, page: usize) {
    let mut file = OpenOptions::new().write(true).open(db).expect("it is there");
    let length = usize::try_from(file.metadata().expect("it is there").len()).expect("a size");
    let from = page * PAGE_BYTES;
    file.seek(SeekFrom::Start(from as u64)).expect("it can be sought");
    file.write_all(&vec![0xa5; length - from]).expect("it can be written");
}

#[test]
fn a_database_that_breaks_while_it_is_used_is_replaced() {
    for page in [0, 1] {
        let (dir, _) = with_history(false);
        let listener = RawListener::bind().expect("a port");
        let to_listener = listener.addr().to_string();
        let options = [&TRUSTED[..], &["--peer", &to_listener, "--backlog", "20"]].concat();
        let peer = Peer::start_in(Arc::clone(&dir), "ann", &options);
        let api = Api::of(&peer);
        assert!(peer.ask(&["block", "127.0.0.9"]).status.success());
        let link = RawSender::connect(&peer.addr).expect("it listens");
        link.send_object("before", "here", "before").expect("it reads");
        assert!(listener.wait_body("before", PATIENCE));
        api.must_say("in order");

        spoil(&database(&dir), page);
        // Whoever meets the damage first: a reader, or the one who writes.
        let (status, answer) = api.call("GET", "/api/v1/messages?since=0", "").expect("it answers");
        assert!(status == 500 && text(&answer["error"], "text").contains("damaged"), "{status}: {answer}");
        let seq = api.must_say("after");
        let said = peer.out.wait_event(&json!({"event": "notice", "level": "error"}));
        let said = text(&said, "text");
        assert!(
            said.contains("damaged") && said.contains("whisper.db.broken-1") && said.contains("a new one"),
            "{said}"
        );
        link.send_object("meanwhile", "here", "meanwhile").expect("it reads");
        assert!(listener.wait_body("meanwhile", PATIENCE), "the chat goes on");
        assert!(api.must_say("later") > seq);
        let kept: Vec<String> = api.history().iter().map(|message| text(message, "body").to_owned()).collect();
        let newest: Vec<&str> = kept.iter().map(String::as_str).skip_while(|body| *body != "before").collect();
        assert_eq!(newest, ["before", "in order", "after", "meanwhile", "later"]);
        assert!(kept.len() >= 20, "what was in memory is kept again: {}", kept.len());
        assert_eq!(peer.out.texts_of("notice", "level").iter().filter(|level| *level == "error").count(), 1, "once");

        // All that the old database held besides history is in the new one, and IDs are still known.
        let peer = Peer::start_in(peer.stop(), "ann", &options);
        let api = Api::of(&peer);
        assert_eq!(api.get("/api/v1/blocks")["blocks"][0]["who"], "127.0.0.9");
        let link = RawSender::connect(&peer.addr).expect("it listens");
        for id in ["before", "meanwhile", "new"] {
            link.send_object(id, "here", id).expect("it reads");
        }
        peer.out.wait_event(&json!({"event": "message", "body": "new"}));
        assert_eq!(peer.out.texts_of("message", "body").iter().filter(|body| *body != "/me joined").count(), 1);
        assert_eq!(files_named(dir.path(), "broken-2"), [""; 0]);
    }
}
