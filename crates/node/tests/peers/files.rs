//! Files from one peer to another: whole, named, kept as the settings say, and without holding up the chat.

use std::fs;

use whispernet_node::FILE_SEND_BYTES_MAX;
use whispernet_node::config::{Accept, IdKind};
use whispernet_node::event::{Event, Progress, Work};
use whispernet_node::handle::{FileError, Kept, Query, SayError};
use whispernet_node::store::Files;

use super::{Peer, attached, message, picture, run, words};

fn hash_of(bytes: &[u8]) -> String {
    Files::describe(bytes, None).0.hash
}

#[test]
fn the_largest_arrives_as_it_was_and_waits_as_an_offer() {
    run(async {
        let mut ann = Peer::start(|_| {}).await;
        let mut bob = Peer::start(|_| {}).await;
        ann.link(&mut bob).await;
        let bytes = picture(FILE_SEND_BYTES_MAX);
        let said = ann.handle.say(attached("the cat.gif", &bytes)).await.unwrap();

        let came = bob.message("sends the cat.gif, image/gif, 1.0 MB").await;
        let file = came.file.clone().unwrap();
        assert_eq!((file.name.as_str(), file.mime.as_str(), file.size), ("the cat.gif", "image/gif", 1 << 20));
        assert_eq!((&file.hash, &came.id, came.file_warning()), (&hash_of(&bytes), &said.id, None));
        let events = bob.until(|event| matches!(event, Event::Offer { .. })).await;
        let Some(Event::Offer { seq, file: offered }) = events.last() else { panic!("{events:?}") };
        assert_eq!((*seq, offered), (came.seq, &file));
        assert_eq!(bob.handle.kept(&file.hash), Some(Kept { path: bob.offer(&file.hash), accepted: false }));
        assert_eq!(fs::read(bob.handle.file(&file.hash).await.unwrap()).unwrap(), bytes);

        // It stays an offer until it is taken, restarts or not.
        let dir = bob.stop().await;
        let bob = Peer::start_in(dir, |_| {}).await;
        assert_eq!(bob.handle.kept(&file.hash).map(|kept| kept.accepted), Some(false));
        bob.handle.accept_file(&file.hash).unwrap();
        bob.handle.accept_file(&file.hash).unwrap();
        assert_eq!(bob.handle.kept(&file.hash), Some(Kept { path: bob.file(&file.hash), accepted: true }));
        let history = bob.handle.messages(Query { limit: 10, ..Query::default() }).await.unwrap();
        assert_eq!(history.last().and_then(|message| message.file.clone()), Some(file.clone()));

        // What was sent from here is among one's own files.
        assert_eq!(ann.handle.kept(&file.hash), Some(Kept { path: ann.file(&file.hash), accepted: true }));
        let own = ann.message("sends the cat.gif, image/gif, 1.0 MB").await;
        assert_eq!(own.file, Some(file));
    });
}

#[test]
fn the_settings_choose_what_is_taken() {
    run(async {
        let mut ann = Peer::start(|_| {}).await;
        let key = ann.handle.status().key;
        let bytes = picture(1_000);
        let hash = hash_of(&bytes);
        for (accept, verified, taken) in [
            (Accept::Ask, true, Some(false)),
            (Accept::Verified, false, Some(false)),
            (Accept::Verified, true, Some(true)),
            (Accept::All, false, Some(true)),
            (Accept::None, true, None),
        ] {
            let mut bob = Peer::start(|config| config.accept = accept).await;
            ann.link(&mut bob).await;
            ann.handle.say(words("so that he knows the key")).await.unwrap();
            bob.message("so that he knows the key").await;
            if verified {
                bob.handle.verify(&key, &key).unwrap();
            }
            ann.handle.say(attached("cat.gif", &bytes)).await.unwrap();
            let came = bob.message("sends cat.gif, image/gif, 1 kB").await;
            assert_eq!(came.file.map(|file| file.name).as_deref(), Some("cat.gif"), "it is told of in any case");
            bob.handle.file(&hash).await;
            let kept = bob.handle.kept(&hash).map(|kept| kept.accepted);
            assert_eq!(kept, taken, "{accept:?}, verified: {verified}");
            match (bob.handle.accept_file(&hash), bob.handle.accept_file(&"0".repeat(64))) {
                (Err(FileError::NotKept), Err(FileError::NotKept)) => assert_eq!(accept, Accept::None),
                (Ok(()), Err(FileError::NoSuchFile { hash })) => assert_eq!(hash, "0".repeat(64)),
                other => panic!("{accept:?}: {other:?}"),
            }
            let offers = fs::read_dir(bob.dir.path().join("files/offers")).unwrap().count();
            assert_eq!(offers, 0, "what is kept was taken by now");
            ann.handle.disconnect(&bob.addr.to_string()).await.unwrap();
            bob.stop().await;
        }
    });
}

#[test]
fn lines_go_on_while_files_come() {
    run(async {
        let mut ann = Peer::start(|_| {}).await;
        let mut bob = Peer::start(|_| {}).await;
        let mut eve = Peer::start(|_| {}).await;
        ann.link(&mut bob).await;
        eve.link(&mut bob).await;
        // The second one waits for its pace, and what is said after it does not.
        for n in 0..2 {
            ann.handle.submit(attached(&format!("{n}.gif"), &picture(FILE_SEND_BYTES_MAX - n))).unwrap();
        }
        for n in 0..50 {
            eve.handle.submit(words(&format!("line {n}"))).unwrap();
        }
        ann.handle.submit(words("after the files")).unwrap();
        let waiting = ann.handle.waiting();
        assert_eq!(waiting.messages, 1);
        assert!(waiting.next_in.is_some_and(|next| next.as_secs() > 10 && next.as_secs() < 120), "{waiting:?}");
        assert_eq!(bob.handle.waiting(), whispernet_node::handle::Waiting::default());
        let events = bob.until(|event| message(event).is_some_and(|message| message.body == "after the files")).await;
        assert!(events.iter().filter_map(message).any(|message| message.file.is_some()), "in its order");
        if !events.iter().filter_map(message).any(|message| message.body == "line 49") {
            bob.message("line 49").await;
        }
    });
}

#[test]
fn without_a_signature_a_file_has_no_name() {
    run(async {
        for id in [IdKind::Hash, IdKind::Random] {
            let mut ann = Peer::start(|config| config.id = id).await;
            let mut bob = Peer::start(|_| {}).await;
            ann.link(&mut bob).await;
            ann.handle.say(attached("cat.gif", &picture(100))).await.unwrap();
            let file = bob.message("sends cat.gif, image/gif, 100 B").await.file.unwrap();
            assert_eq!(file.name, format!("{}.gif", &file.hash[..12]));
            assert_eq!((file.hash, file.mime.as_str()), (hash_of(&picture(100)), "image/gif"));
        }
    });
}

#[test]
fn how_far_a_file_is_is_told_by_both_sides() {
    run(async {
        let mut ann = Peer::start(|_| {}).await;
        let mut bob = Peer::start(|_| {}).await;
        ann.link(&mut bob).await;
        let said = ann.handle.say(attached("cat.gif", &picture(FILE_SEND_BYTES_MAX))).await.unwrap();
        let size = FILE_SEND_BYTES_MAX as u64;
        let at_end = |what: Work| move |event: &Event| matches!(event, Event::Progress(progress) if progress.what == what && progress.done == size);
        let (from, to) = (ann.addr.to_string(), bob.addr.to_string());
        for (peer, what, other) in [(&mut ann, Work::Send, to), (&mut bob, Work::Receive, from)] {
            let events = peer.until(at_end(what)).await;
            let progress = |event: &Event| match event {
                Event::Progress(progress) => Some(progress.clone()),
                _ => None,
            };
            let all: Vec<Progress> = events.iter().filter_map(progress).collect();
            for progress in &all {
                assert_eq!((progress.what, progress.name.as_str(), progress.total), (what, "cat.gif", size));
                assert_eq!(progress.peer.as_deref(), Some(other.as_str()));
            }
            assert!(all.is_sorted_by_key(|progress| progress.done), "{all:?}");
        }
        // A short one is nobody's patience.
        ann.handle.say(attached("small.gif", &picture(10_000))).await.unwrap();
        ann.handle.say(words("the end")).await.unwrap();
        let is_end = |event: &Event| message(event).is_some_and(|message| message.body == "the end");
        for peer in [&mut ann, &mut bob] {
            let events = peer.until(is_end).await;
            let small = |event: &&Event| matches!(event, Event::Progress(progress) if progress.name == "small.gif");
            assert_eq!(events.iter().find(small), None);
        }
        assert!(said.seq > 0);
    });
}

#[test]
fn what_cannot_be_sent_is_said_clearly() {
    run(async {
        let ann = Peer::start(|_| {}).await;
        let error = |say| ann.handle.submit(say).err().unwrap();
        assert!(matches!(error(attached("a", b"")), SayError::FileEmpty));
        let large = error(attached("a", &vec![0; FILE_SEND_BYTES_MAX + 1]));
        assert!(matches!(large, SayError::FileTooLarge { bytes: 1_048_577, max: FILE_SEND_BYTES_MAX }));
        assert!(large.to_string().contains("1 MiB") && large.to_string().contains("secured links"), "{large}");
        assert!(matches!(error(attached("..", b"x")), SayError::FileName));
        let own_words = whispernet_node::handle::Say { body: "look".to_owned(), ..attached("a/b.txt", b"hello") };
        ann.handle.say(own_words).await.unwrap();
        let history = ann.handle.messages(Query { limit: 1, ..Query::default() }).await.unwrap();
        let file = history[0].file.clone().unwrap();
        assert_eq!((history[0].body.as_str(), file.name.as_str()), ("look", "b.txt"));
    });
}

#[test]
fn with_no_history_nothing_is_kept() {
    run(async {
        let mut ann = Peer::start(|config| config.history = false).await;
        let said = ann.handle.say(attached("cat.gif", &picture(100))).await.unwrap();
        let own = ann.message("sends cat.gif, image/gif, 100 B").await;
        let hash = own.file.unwrap().hash;
        assert_eq!((own.seq, ann.handle.kept(&hash), ann.handle.file(&hash).await), (said.seq, None, None));
        assert!(matches!(ann.handle.accept_file(&hash), Err(FileError::NotKept)));
    });
}
