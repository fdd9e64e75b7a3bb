//! Files whose authors mean ill: what their signed names and types come to.

use std::io::Write as _;
use std::net::TcpStream;
use std::time::SystemTime;

use sha2::{Digest, Sha256};
use whispernet_core::codec::{Draft, DraftFile, encode};
use whispernet_core::identity::{Ext, FileFacts, Network, SecretKey, sign};
use whispernet_core::time::UnixMillis;
use whispernet_node::event::Event;
use whispernet_node::store::name::NAME_BYTES_MAX;

use super::{Peer, run};

const ADDR: &str = "127.0.0.1:9";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n, or so";

fn base64(bytes: &[u8]) -> String {
    data_encoding::BASE64.encode(bytes)
}

#[expect(clippy::disallowed_methods, reason = "a message of long ago would be a replay")]
fn now_ms() -> i64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    i64::try_from(now.as_millis()).unwrap()
}

/// A signed message with this Body, about a file of that name and type, with these contents beside it.
fn signed(body: &str, name: &str, kind: &str, file: &[u8], contents: &[u8]) -> Vec<u8> {
    let time = now_ms();
    let facts = FileFacts {
        name: name.to_owned(),
        kind: kind.to_owned(),
        size: file.len() as u64,
        sha256: Sha256::digest(file).into(),
    };
    let ext = Ext { nick: Some("mallory".to_owned()), file: Some(facts), ..Ext::default() }.text().unwrap();
    let key = SecretKey::from_seed(&[7; 32]);
    let id = sign(&key, Network::OPEN, UnixMillis(time), Some(&ext), ADDR, body);
    let contents = base64(contents);
    let file = Some(DraftFile { kind, contents: &contents });
    encode(&Draft { id: &id, addr: ADDR, body, nick: "mallory", time, ext: Some(&ext), file })
}

#[test]
fn no_name_or_type_is_taken_at_its_word() {
    run(async {
        let mut bob = Peer::start(|_| {}).await;
        let mut link = TcpStream::connect(bob.addr).unwrap();
        let long = "n".repeat(255);
        for (number, (claimed, kind, name, warned)) in [
            ("cat.png", "image/png", Some("cat.png"), false),
            ("cat.gif", "image/gif", Some("cat.gif.png"), true),
            ("..", "image/png", None, false),
            ("......", "image/png", None, false),
            ("../../.ssh/authorized_keys", "image/png", Some("authorized_keys.png"), false),
            ("a/b.png", "image/png", Some("b.png"), false),
            ("CON.txt", "text/plain", Some("_CON.txt.png"), true),
            ("\u{202e}gpj.exe", "image/jpeg", Some("gpj.exe.png"), true),
            ("\x1b]0;x\x07.png", "image/\x1b[2J", Some("]0;x.png"), true),
            (&long, "image/png", Some(""), false),
        ]
        .into_iter()
        .enumerate()
        {
            let body = format!("file {number}");
            let bytes = [PNG, body.as_bytes()].concat();
            link.write_all(&signed(&body, claimed, kind, &bytes, &bytes)).unwrap();
            let came = bob.message(&body).await;
            let file = came.file.clone().unwrap();
            assert_eq!(file.mime, "image/png");
            match name {
                Some("") => assert!(file.name.len() <= NAME_BYTES_MAX && file.name.ends_with("n.png"), "{}", file.name),
                Some(name) => assert_eq!(file.name, name),
                None => assert_eq!(file.name, format!("{}.png", &file.hash[..12])),
            }
            let warning = came.file_warning();
            assert_eq!(warning.is_some(), warned, "{warning:?}");
            assert!(warning.is_none_or(|line| !line.chars().any(char::is_control)), "one clear line");
            let events = bob.until(|event| matches!(event, Event::Offer { .. })).await;
            assert!(matches!(events.last(), Some(Event::Offer { file: offered, .. }) if *offered == file));
        }
    });
}

#[test]
fn a_file_that_is_not_the_signed_one_is_dropped_and_the_true_one_comes() {
    run(async {
        let mut bob = Peer::start(|_| {}).await;
        let mut link = TcpStream::connect(bob.addr).unwrap();
        let bytes = [PNG, b"the true one"].concat();
        let other = [PNG, b"another one!"].concat();
        link.write_all(&signed("look", "a.png", "image/png", &bytes, &other)).unwrap();
        link.write_all(&signed("look", "a.png", "image/png", &bytes, &bytes)).unwrap();
        let file = bob.message("look").await.file.unwrap();
        assert_eq!(file.hash, data_encoding::HEXLOWER.encode(&Sha256::digest(&bytes)));
        let status = bob.handle.status();
        assert_eq!(status.counters.get("dropped_copy_file_hash"), Some(&1));
        let hash = data_encoding::HEXLOWER.encode(&Sha256::digest(&other));
        assert_eq!(bob.handle.kept(&hash), None);
    });
}
