//! Files between real peers in line mode: sent, offered, listed, saved under a name that the user chose, and refused in one line.

mod mounts;
mod support;

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

use mounts::Mount;
use serde_json::json;
use support::{PATIENCE, Peer, chat, whisper};
use tempfile::TempDir;
use whispernet_lab::double::{DaemonOptions, DeadAddr, Double, PeerOptions};
use whispernet_lab::raw::RawSender;

/// Largest file that is sent, in bytes.
const FILE_BYTES_MAX: usize = 1024 * 1024;
const GIF: &[u8] = b"GIF89a\x01\0\x01\0";

/// A peer whose home directory, and with it the place for downloads, is in its folder.
#[track_caller]
fn start(nick: &str, options: &[&str]) -> Peer {
    let dir = Arc::new(TempDir::new().expect("a temporary folder"));
    fs::create_dir(dir.path().join("home")).expect("a folder");
    let mut command = whisper(&dir);
    command.env("HOME", dir.path().join("home")).env_remove("XDG_CONFIG_HOME").args(["--nick", nick]);
    command.args(["--bind", "127.0.0.1", "--port", "0", "--http", "127.0.0.1:0", "--discovery", "off"]).args(options);
    Peer::run(command, dir)
}

fn home(peer: &Peer) -> PathBuf {
    peer.dir.path().join("home")
}

fn linked_to(peer: &Peer, nick: &str, options: &[&str]) -> Peer {
    let new = start(nick, &[&["--peer", &peer.addr], options].concat());
    peer.out.wait(&format!("* {nick} joined"));
    peer.err.wait(&format!("connected: {} (outgoing)", new.addr));
    new
}

/// A file in a peer's home directory.
fn file(peer: &Peer, name: &str, bytes: &[u8]) -> String {
    let path = home(peer).join(name);
    fs::write(&path, bytes).expect("it can be written");
    path.to_str().expect("text").to_owned()
}

fn complaint(output: &Output) -> (i32, String) {
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code().expect("it was not killed"), told)
}

#[test]
fn a_file_is_sent_offered_and_saved_where_the_user_says() {
    let mut ann = start("ann", &[]);
    let mut ben = linked_to(&ann, "ben", &[]);
    let path = file(&ann, "my cat.gif", GIF);
    ann.say(&format!("/send '{path}' look at this\nnext"));
    ann.err.wait("sending my cat.gif, image/gif, 10 B");
    ben.out.wait("ann: next");
    assert_eq!(
        chat(&ben.out.all()),
        ["ann: look at this", " (file my cat.gif, image/gif, 10 B: /save 'my cat.gif')", "ann: next"]
    );
    let home = home(&ben).display().to_string();
    let offers = ben.dir.path().join("files/offers");
    assert_eq!(fs::read_dir(&offers).expect("it is there").count(), 1, "it waits");

    ben.say("/files\n/save 'my cat.gif'");
    let listed = ben.err.wait_part("my cat.gif, image/gif, 10 B, from ann, ");
    assert!(listed.ends_with(" UTC (waits)"), "{listed}");
    let digits = listed.split(' ').next().expect("digits").to_owned();
    ben.err.wait(&format!(
        "my cat.gif, image/gif, 10 B, from ann: to save it write `/save 'my cat.gif' '{home}/my cat.gif'`, or another place"
    ));
    assert_eq!(fs::read_dir(&home).expect("it is there").count(), 0, "nothing was saved yet");

    ben.say(&format!("/save {digits} {home}/cat.gif\n/files"));
    ben.err.wait(&format!("saved my cat.gif, image/gif, 10 B, from ann as {home}/cat.gif"));
    let saved = Path::new(&home).join("cat.gif");
    assert_eq!(fs::read(&saved).expect("it is there"), GIF);
    assert_eq!(fs::metadata(&saved).expect("it is there").permissions().mode() & 0o777, 0o600);
    ben.err.wait_part(" UTC (taken)");
    assert_eq!(fs::read_dir(&offers).expect("it is there").count(), 0, "it was taken");

    // Into a folder it goes under its own name.
    ben.say(&format!("/save {digits} ~"));
    ben.err.wait(&format!("saved my cat.gif, image/gif, 10 B, from ann as {home}/my cat.gif"));
    // And back, under another name by the same bytes.
    ben.say(&format!("/send {home}/cat.gif"));
    ann.out.wait("ben: sends cat.gif, image/gif, 10 B");
    ann.out.wait(" (file cat.gif, image/gif, 10 B: /save cat.gif)");
    ann.say("/files");
    ann.err.wait_part("cat.gif, image/gif, 10 B, from ben, ");
    assert_eq!(ann.err.all().iter().filter(|line| line.contains(" UTC (sent)")).count(), 0, "the newest is named");
}

#[test]
fn no_file_of_the_user_is_lost_and_no_link_is_followed() {
    let mut ann = start("ann", &[]);
    let mut ben = linked_to(&ann, "ben", &[]);
    let path = file(&ann, "cat.gif", GIF);
    ann.say(&format!("/send {path}"));
    ben.out.wait(" (file cat.gif, image/gif, 10 B: /save cat.gif)");
    let at = home(&ben);
    fs::write(at.join("mine"), "mine").expect("it can be written");
    fs::write(at.join("target"), "target").expect("it can be written");
    symlink("target", at.join("link")).expect("a link");
    symlink("nowhere", at.join("dangling")).expect("a link");
    let home = at.display();
    ben.say("/save cat.gif ~/mine\n/save cat.gif ~/link\n/save cat.gif ~/dangling --replace\n/save cat.gif ~/none/x");
    ben.say("/save cat.gif /dev/null --replace\n/save cat.gif a b\n/save cat.gi\n/save 'cat.gif\n/save 1234567\n/save cat.gif");
    for line in [
        format!(
            "{home}/mine is there already: give another name, or to replace it write `/save cat.gif {home}/mine --replace`"
        ),
        format!("{home}/link is a symbolic link, and files are not written through one: give another name"),
        format!("{home}/dangling is a symbolic link, and files are not written through one: give another name"),
        format!("there is no folder {home}/none: make it first, or give another name"),
        "/dev/null is no file, but a pipe, a socket or a device: give another name".to_owned(),
        r"one file is saved at one place: write a path with blanks as 'a b.png' or a\ b.png".to_owned(),
        "no file `cat.gi` was shown here lately: /files lists them".to_owned(),
        r"the quotes do not end: write a path with blanks as 'a b.png' or a\ b.png".to_owned(),
        "no file `1234567` was shown here lately: /files lists them".to_owned(),
    ] {
        ben.err.wait(&format!("whisper: {line}"));
    }
    // The last one shows that all before it were carried out.
    ben.err.wait_part(&format!("write `/save cat.gif {home}/cat.gif`"));
    let read = |name: &str| fs::read(at.join(name)).expect("it is there");
    assert_eq!((read("mine"), read("target")), (b"mine".to_vec(), b"target".to_vec()));
    assert!(!at.join("nowhere").exists());
    ben.say("/save cat.gif ~/mine --replace\n/save cat.gif");
    ben.err.wait(&format!("saved cat.gif, image/gif, 10 B, from ann as {home}/mine"));
    assert_eq!(read("mine"), GIF);
    let mut names: Vec<_> =
        fs::read_dir(&at).expect("a folder").map(|entry| entry.expect("a name").file_name()).collect();
    names.sort();
    assert_eq!(names, ["dangling", "link", "mine", "target"], "nothing is left half done");
}

#[test]
fn two_files_of_one_name_are_told_apart_by_their_digits() {
    let mut ann = start("ann", &[]);
    let mut ben = linked_to(&ann, "ben", &[]);
    for contents in ["one", "two"] {
        let path = file(&ann, "notes.txt", contents.as_bytes());
        ann.say(&format!("/send {path} {contents}"));
        ben.out.wait(&format!("ann: {contents}"));
    }
    ben.say("/save notes.txt ~/notes.txt");
    ben.err.wait("several files are meant by notes.txt: write the digits of one");
    // SHA-256 of `one`.
    ben.say("/save 7692c3ad ~/one");
    ben.err.wait_part("/one");
    assert_eq!(fs::read(home(&ben).join("one")).expect("it is there"), b"one");
    assert!(!home(&ben).join("notes.txt").exists());
    // Whoever calls a file like the digits of another does not get between them and the file that they name.
    let digits = "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed";
    for (name, contents) in [(&digits[..8], "three"), (digits, "four")] {
        let path = file(&ann, name, contents.as_bytes());
        ann.say(&format!("/send {path} {contents}"));
        ben.out.wait(&format!("ann: {contents}"));
    }
    ben.say(&format!("/save {} ~/x\n/save {digits} ~/again", &digits[..8]));
    ben.err.wait_part("/x");
    ben.err.wait_part("/again");
    for name in ["x", "again"] {
        assert_eq!(fs::read(home(&ben).join(name)).expect("it is there"), b"one");
    }
}

#[test]
fn what_is_no_file_is_refused_in_one_line_and_nothing_is_said() {
    let mut ann = start("ann", &[]);
    let ben = linked_to(&ann, "ben", &[]);
    let at = home(&ann);
    file(&ann, "empty", b"");
    file(&ann, "more", &vec![b'x'; FILE_BYTES_MAX + 1]);
    fs::create_dir(at.join("folder")).expect("a folder");
    assert!(Command::new("mkfifo").arg(at.join("fifo")).status().expect("mkfifo runs").success());
    ann.say("/send ~/none\n/send ~/empty\n/send ~/more\n/send ~/folder\n/send ~/fifo\n/send /dev/zero\n/send 'x");
    ann.say("/send file://elsewhere/x\n/send /proc/kallsyms\n/send\nend");
    let home = at.display();
    for line in [
        format!("there is no file {home}/none"),
        format!("{home}/empty is empty: there is nothing to send"),
        format!(
            "{home}/more has 1048577 bytes, and files up to 1 MiB (1048576 bytes) can be sent: larger files come with secured links"
        ),
        format!("{home}/folder is a folder: send the files in it, or one archive of them"),
        format!("{home}/fifo is a named pipe, not a file: only files are sent"),
        "/dev/zero is a device, not a file: only files are sent".to_owned(),
        r"the quotes do not end: write a path with blanks as 'a b.png' or a\ b.png".to_owned(),
        "`file://elsewhere/x` is no path of this machine".to_owned(),
        "write `/send PATH [TEXT]`".to_owned(),
    ] {
        ann.err.wait(&format!("whisper: {line}"));
    }
    ann.err.wait_part("whisper: /proc/kallsyms ");
    ben.out.wait("ann: end");
    assert_eq!(chat(&ben.out.all()), ["ann: end"]);
}

#[test]
fn the_largest_file_comes_whole_and_the_command_line_sends_like_the_chat() {
    let ann = start("ann", &["--json"]);
    let ben = linked_json(&ann, "ben");
    let bytes: Vec<u8> = (0..FILE_BYTES_MAX).map(|at| (at % 251) as u8).collect();
    let most = file(&ann, "most.bin", &bytes);
    let output = ann.ask(&["send", "--file", &most]);
    assert_eq!(complaint(&output), (0, String::new()));
    let came = ben.out.wait_event(&json!({"event": "message", "nick": "ann", "hello": null, "body": "sends most.bin, application/octet-stream, 1.0 MB"}));
    assert_eq!((&came["file"]["name"], &came["file"]["size"]), (&json!("most.bin"), &json!(FILE_BYTES_MAX)));
    let hash = came["file"]["hash"].as_str().expect("a hash").to_owned();
    ben.out.wait_event(&json!({"event": "offer", "seq": came["seq"]}));
    assert_eq!(fs::read(ben.dir.path().join("files/offers").join(hash)).expect("it is kept"), bytes);

    let cat = file(&ann, "cat.gif", GIF);
    assert_eq!(complaint(&ann.ask(&["send", "--file", &cat, "look"])), (0, String::new()));
    let came = ben.out.wait_event(&json!({"event": "message", "body": "look"}));
    assert_eq!((&came["file"]["name"], &came["file"]["type"]), (&json!("cat.gif"), &json!("image/gif")));
}

fn linked_json(peer: &Peer, nick: &str) -> Peer {
    let new = start(nick, &["--peer", &peer.addr, "--json"]);
    peer.out.wait_event(&json!({"event": "message", "nick": nick, "body": "/me joined"}));
    peer.out.wait_event(&json!({"event": "peer", "link": "out", "addr": new.addr, "state": "connected"}));
    new
}

#[test]
fn the_command_line_refuses_with_a_status_and_one_line() {
    let ann = start("ann", &[]);
    let cat = file(&ann, "cat.gif", GIF);
    let empty = file(&ann, "empty", b"");
    let more = file(&ann, "more", &vec![b'x'; FILE_BYTES_MAX + 1]);
    let fifo = home(&ann).join("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().expect("mkfifo runs").success());
    let fifo = fifo.to_str().expect("text");
    for (args, status, part) in [
        (&["send", "--file", &empty][..], 2, "is empty: there is nothing to send"),
        (&["send", "--file", "/nonexistent"], 1, "there is no file /nonexistent"),
        (&["send", "--file", &more], 1, "larger files come with secured links"),
        (&["send", "--file", fifo], 1, "is a named pipe"),
        (&["send", "--file", "/"], 1, "is a folder"),
        (&["send", "--to", "ben", "psst"], 1, "nothing was sent"),
        (&["send", "--to", "ben", "--file", &cat], 1, "nothing was sent"),
        (&["send", "--to", "ben"], 2, "required"),
        (&["send", "-"], 2, "nothing to send"),
    ] {
        let (code, told) = complaint(&ann.ask(args));
        assert_eq!((code, told.lines().count(), told.contains(part)), (status, 1, true), "{args:?}: {told}");
    }
    assert_eq!(ann.get("/api/v1/messages")["messages"], json!([]), "nothing was said");
    let dir = TempDir::new().expect("a temporary folder");
    let output = whisper(&dir).args(["send", "--file", &cat]).output().expect("the binary runs");
    assert_eq!(complaint(&output).0, 3, "no peer");
}

#[test]
fn an_old_peer_on_the_way_shows_the_body() {
    let ben = start("ben", &[]);
    let peer = PeerOptions { peers: vec![ben.addr.clone()], dead_addr: DeadAddr::Forgotten, ..PeerOptions::default() };
    let dan = Double::daemon(DaemonOptions { peer, nick: "dan".into(), ..DaemonOptions::default() }).expect("a port");
    assert!(dan.wait_links(|links| links.contains(&ben.addr), PATIENCE));
    // At a port that no peer dials on the word of the wire, so that the old peer stays between them.
    let mut ann = start("ann", &["--peer", &dan.addr().to_string(), "--advertise", "127.0.0.1:9"]);
    ann.err.wait(&format!("connected: {} (outgoing)", dan.addr()));
    let path = file(&ann, "cat.gif", GIF);
    ann.say(&format!("/send {path}"));
    let shows = |shown: &[String]| shown.iter().any(|line| line.ends_with("sends cat.gif, image/gif, 10 B"));
    assert!(dan.wait_shown(shows, PATIENCE), "{:#?}", dan.shown());
    assert!(!dan.crashed());
    // Who is behind it gets the words, which still are hers, and no file.
    let told = ben.out.wait_part(": sends cat.gif, image/gif, 10 B");
    // Signed, without the nick that old peers drop.
    assert!(told.starts_with("127.0.0.1:9"), "{told}");
    ben.err.wait_part(" is new here");
    assert!(!ben.out.all().concat().contains("(file"));
}

#[test]
fn files_of_strangers_have_harmless_names_and_are_kept_only_where_that_is_wanted() {
    let object = |id: &str, bytes: &str, kind: &str| {
        json!({"ID": id, "Addr": "here", "Body": "look", "Nick": "eve", "FileType": kind, "FileContents": bytes,
            "FileName": "../../x"})
        .to_string()
    };
    for (accept, line) in [
        ("ask", " (file c2f5f7e69c5d.gif, image/gif, 10 B: /save c2f5f7e69c5d.gif)"),
        ("none", " (file c2f5f7e69c5d.gif, image/gif, 10 B, not kept)"),
    ] {
        let mut ann = start("ann", &["--accept", accept]);
        let raw = RawSender::connect(&ann.addr).expect("it listens");
        // Base64 of the GIF.
        raw.send_bytes(object("1", "R0lGODlhAQABAA==", "text/html\u{1b}").as_bytes()).expect("it reads");
        ann.out.wait("eve: look");
        let told = ann.out.find("a file", |line| line.starts_with(" (file").then(|| line.to_owned()));
        let digits = told[" (file ".len()..].split('.').next().expect("digits").to_owned();
        assert_eq!(told, line.replace("c2f5f7e69c5d", &digits));
        assert!(digits.len() == 12 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()), "{digits}");
        ann.say(&format!("/files\n/save {digits}.gif ~/x.gif"));
        if accept == "ask" {
            ann.err.wait_part("saved ");
        } else {
            ann.err.wait_part(&format!("{digits}.gif, image/gif, 10 B, from eve is not kept here: "));
            ann.err.wait_part(" UTC (not kept)");
        }
    }
}

#[test]
fn a_full_disk_saves_nothing_and_leaves_nothing() {
    if !mounts::are_own("a_full_disk_saves_nothing_and_leaves_nothing") {
        return;
    }
    let mut ann = start("ann", &[]);
    let mut ben = linked_to(&ann, "ben", &[]);
    let path = file(&ann, "most.bin", &vec![7; FILE_BYTES_MAX]);
    let at = home(&ben).join("stick");
    fs::create_dir(&at).expect("a folder");
    let mount = Mount::new(&at, "size=2m");
    let ballast = mount.fill();
    ann.say(&format!("/send {path}"));
    ben.out.wait(" (file most.bin, application/octet-stream, 1.0 MB: /save most.bin)");
    ben.say("/save most.bin ~/stick");
    let told = ben.err.wait_part("cannot be written: ");
    assert!(told.ends_with("nothing was saved"), "{told}");
    let left: Vec<_> = fs::read_dir(&at).expect("a folder").map(|entry| entry.expect("a name").path()).collect();
    assert_eq!(left, [ballast.as_path()]);
    fs::remove_file(ballast).expect("it goes");
    ben.say("/save most.bin ~/stick/kept");
    ben.err.wait_part("saved most.bin");
    assert_eq!(fs::metadata(at.join("kept")).expect("it is there").len(), FILE_BYTES_MAX as u64);
}

#[test]
fn without_a_history_no_file_is_kept_and_that_is_told() {
    let mut ann = start("ann", &[]);
    let mut ben = linked_to(&ann, "ben", &["--history", "off"]);
    let path = file(&ann, "cat.gif", GIF);
    ann.say(&format!("/send {path} look"));
    ben.out.wait(" (file cat.gif, image/gif, 10 B, not kept)");
    ben.say("/save cat.gif\n/files");
    ben.err.wait("whisper: no file `cat.gif` was shown here lately: /files lists them");
    ben.err.wait("no file was sent here lately: /send PATH sends one");
}
