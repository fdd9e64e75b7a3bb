//! The key file against real folders: who may have it, what is taken for a key, and that nothing overwrites one.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::cell::Cell;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Barrier;
use std::thread;

use data_encoding::BASE64;
use tempfile::{TempDir, tempdir};
use whispernet_core::identity::Network;
use whispernet_core::time::UnixMillis;
use whispernet_core::trust::Rotation;
use whispernet_node::key::{self, Fault, KeyError, Passphrase, PublicKey, Wanted};

/// Longest key file read.
const FILE_BYTES_MAX: usize = 64 * 1024;

fn nobody_asks(wanted: Wanted) -> Result<Passphrase, KeyError> {
    panic!("asked for a {wanted:?} passphrase")
}

fn answer(text: &'static str) -> impl Fn(Wanted) -> Result<Passphrase, KeyError> {
    move |_| Passphrase::new(text)
}

fn file(dir: &TempDir) -> PathBuf {
    dir.path().join("key")
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn names(dir: &TempDir) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// The key of that folder, which is made where there is none.
fn key_of(dir: &TempDir) -> PublicKey {
    key::load_or_create(dir.path(), nobody_asks).unwrap().public()
}

/// Why a start does not get its key; what is there stays as it is.
#[track_caller]
fn refusal(dir: &TempDir) -> KeyError {
    let before = (names(dir), fs::read(file(dir)).ok());
    let error = key::load_or_create(dir.path(), nobody_asks).expect_err("it must not be taken");
    assert_eq!((names(dir), fs::read(file(dir)).ok()), before, "after {error}");
    let line = error.to_string();
    assert!(line.lines().count() == 1 && line.contains(&file(dir).display().to_string()), "{line}");
    error
}

#[track_caller]
fn fault(error: &KeyError) -> Fault {
    match error {
        KeyError::Unreadable { fault, .. } => *fault,
        other => panic!("{other}"),
    }
}

/// The seed in hex, as the plain form has it.
fn seed(dir: &TempDir) -> String {
    let text = fs::read_to_string(file(dir)).unwrap();
    text.lines().last().unwrap().split(':').nth(1).unwrap().to_owned()
}

#[test]
fn the_first_start_makes_it_and_the_next_keeps_it() {
    let (dir, other) = (tempdir().unwrap(), tempdir().unwrap());
    let made = key_of(&dir);
    assert_eq!((names(&dir), mode(&file(&dir))), (vec!["key".to_owned()], 0o600));
    let text = fs::read_to_string(file(&dir)).unwrap();
    assert_eq!((key_of(&dir), fs::read_to_string(file(&dir)).unwrap()), (made, text));
    assert_eq!(key::load(dir.path(), nobody_asks).unwrap().public(), made);
    assert_ne!(key_of(&other), made);
}

#[test]
fn where_there_is_none_only_a_start_makes_one() {
    let dir = tempdir().unwrap();
    let inside = dir.path().join("mistyped");
    for error in [
        key::load(&inside, nobody_asks).map(drop).unwrap_err(),
        key::export(&inside, nobody_asks).map(drop).unwrap_err(),
        key::protect(&inside, nobody_asks).unwrap_err(),
        key::unprotect(&inside, nobody_asks).unwrap_err(),
    ] {
        assert!(matches!(error, KeyError::Missing { .. }), "{error}");
    }
    assert!(names(&dir).is_empty());
}

#[test]
fn all_that_make_one_at_once_end_with_the_same() {
    for _ in 0..50 {
        let (dir, barrier) = (tempdir().unwrap(), Barrier::new(8));
        let keys: Vec<PublicKey> = thread::scope(|scope| {
            let make = || {
                barrier.wait();
                key_of(&dir)
            };
            let made: Vec<_> = (0..8).map(|_| scope.spawn(make)).collect();
            made.into_iter().map(|made| made.join().unwrap()).collect()
        });
        assert!(keys.iter().all(|key| *key == key_of(&dir)), "{keys:?}");
        assert_eq!(names(&dir), ["key"]);
    }
}

#[test]
fn others_may_have_no_part_in_it() {
    let dir = tempdir().unwrap();
    let made = key_of(&dir);
    for (bits, fits) in [
        (0o600, true),
        (0o400, true),
        (0o700, true),
        (0o640, false),
        (0o620, false),
        (0o610, false),
        (0o604, false),
        (0o602, false),
        (0o601, false),
        (0o666, false),
    ] {
        fs::set_permissions(file(&dir), fs::Permissions::from_mode(bits)).unwrap();
        if fits {
            assert_eq!(key_of(&dir), made, "{bits:o}");
        } else {
            let error = refusal(&dir);
            assert!(matches!(error, KeyError::Shared { mode, .. } if mode == bits), "{bits:o}: {error}");
            assert!(error.to_string().contains(&format!("chmod 600 {}", file(&dir).display())), "{error}");
        }
    }
}

#[test]
fn somebody_elses_is_not_taken() {
    let dir = tempdir().unwrap();
    key_of(&dir);
    if let Err(error) = chown(file(&dir), Some(12_345), None) {
        eprintln!("not looked at: only root can give a file away ({error})");
        return;
    }
    let error = refusal(&dir);
    assert!(matches!(error, KeyError::NotOurs { owner: 12_345, .. }), "{error}");
    assert!(error.to_string().contains("chown"), "{error}");
}

#[test]
fn what_is_no_regular_file_is_not_taken() {
    let real = tempdir().unwrap();
    key_of(&real);
    type Make<'a> = &'a dyn Fn(&Path);
    let checks: [(&str, Make<'_>); 4] = [
        ("a link", &|path| symlink(file(&real), path).unwrap()),
        ("a link to nothing", &|path| symlink("nothing", path).unwrap()),
        ("a folder", &|path| fs::create_dir(path).unwrap()),
        ("a pipe", &|path| assert!(Command::new("mkfifo").arg(path).status().unwrap().success())),
    ];
    for (what, make) in checks {
        let dir = tempdir().unwrap();
        make(&file(&dir));
        let error = match what {
            // To look at its bytes would wait for a writer.
            "a pipe" => key::load_or_create(dir.path(), nobody_asks).unwrap_err(),
            _ => refusal(&dir),
        };
        assert!(matches!(error, KeyError::NoFile { .. }), "{what}: {error}");
    }
    let dir = tempdir().unwrap();
    let _socket = UnixListener::bind(file(&dir)).unwrap();
    assert!(matches!(refusal(&dir), KeyError::Unread { .. }));
}

#[test]
fn what_is_cut_or_something_else_is_not_taken() {
    let dir = tempdir().unwrap();
    let made = key_of(&dir);
    let text = fs::read(file(&dir)).unwrap();
    let whole = text.len() - 1;
    for end in 0..whole {
        fs::write(file(&dir), &text[..end]).unwrap();
        assert_eq!(fault(&refusal(&dir)), Fault::Damaged, "cut at {end}");
    }
    let plain = String::from_utf8(text.clone()).unwrap();
    for (text, expected) in [
        (plain.replace("-key-1:", "-key-2:"), Fault::Later),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\n".to_owned(), Fault::OtherKind),
        (format!("age-encryption.org/v2\n{}", "x".repeat(100)), Fault::Later),
        (format!("age-encryption.org/v1\n{}", "x".repeat(100)), Fault::Damaged),
        ("\0".repeat(100), Fault::OtherKind),
    ] {
        fs::write(file(&dir), text).unwrap();
        assert_eq!(fault(&refusal(&dir)), expected);
    }
    let padded = |length: usize| [vec![b'#'; length - text.len() - 1], b"\n".to_vec(), text.clone()].concat();
    fs::write(file(&dir), padded(FILE_BYTES_MAX)).unwrap();
    assert_eq!(key_of(&dir), made);
    fs::write(file(&dir), padded(FILE_BYTES_MAX + 1)).unwrap();
    assert_eq!(fault(&refusal(&dir)), Fault::TooLong);
}

#[test]
fn an_export_gives_the_key_back_and_nothing_away() {
    let (dir, other) = (tempdir().unwrap(), tempdir().unwrap());
    let made = key_of(&dir);
    let export = key::export(dir.path(), |wanted| {
        assert_eq!(wanted, Wanted::New);
        Passphrase::new("correct horse")
    })
    .unwrap();
    assert!(export.starts_with("-----BEGIN AGE ENCRYPTED FILE-----\n"), "{export}");
    assert!(!export.contains(&seed(&dir)) && !export.contains("horse"));
    let import = |export: &[u8], ask: &dyn Fn(Wanted) -> Result<Passphrase, KeyError>| {
        key::import(other.path(), export, "the export", false, ask)
    };

    // What is cut is told before anybody is asked.
    for end in 0..export.trim_end().len() {
        let error = import(&export.as_bytes()[..end], &nobody_asks).unwrap_err();
        let expected = if end < 34 { Fault::NoExport } else { Fault::Damaged };
        assert_eq!(fault(&error), expected, "cut at {end}");
    }
    let wrong = import(export.as_bytes(), &answer("correct house")).unwrap_err();
    assert_eq!(fault(&wrong), Fault::WrongPassphrase);
    assert!(wrong.to_string().starts_with("the export") && !format!("{wrong} {wrong:?}").contains("house"), "{wrong}");
    let plain = fs::read(file(&dir)).unwrap();
    assert_eq!(fault(&import(&plain, &nobody_asks).unwrap_err()), Fault::NoExport);
    assert_eq!(fault(&import(&vec![b'x'; FILE_BYTES_MAX + 1], &nobody_asks).unwrap_err()), Fault::TooLong);
    assert!(!file(&other).exists(), "nothing was taken so far");

    let imported = import(export.as_bytes(), &answer("correct horse")).unwrap();
    assert_eq!((imported.key, imported.kept), (made, None));
    assert_eq!((key_of(&other), mode(&file(&other))), (made, 0o600));
}

#[test]
fn a_hostile_export_costs_little() {
    let (dir, other) = (tempdir().unwrap(), tempdir().unwrap());
    key_of(&dir);
    let export = key::export(dir.path(), answer("x")).unwrap();
    let base64: String = export.lines().filter(|line| !line.starts_with('-')).collect();
    let binary = BASE64.decode(base64.as_bytes()).unwrap();
    let at = binary.windows(4).position(|bytes| bytes == b" 17\n").expect("it says how much work it is");
    let mut greedy = binary.clone();
    greedy[at + 1..at + 3].copy_from_slice(b"19");
    let import = |bytes: &[u8]| key::import(other.path(), bytes, "the export", false, answer("x"));
    assert_eq!(fault(&import(&greedy).unwrap_err()), Fault::TooMuchWork);
    // The most that is taken: it does not open, since it was less work.
    greedy[at + 1..at + 3].copy_from_slice(b"18");
    assert_eq!(fault(&import(&greedy).unwrap_err()), Fault::WrongPassphrase);

    let recipient = age::x25519::Identity::generate().to_public();
    let to_a_key = age::encrypt(&recipient, b"anything").unwrap();
    assert_eq!(fault(&import(&to_a_key).unwrap_err()), Fault::OtherKind);
    assert!(import(&binary).is_ok(), "without armour it is as good");
}

#[test]
fn an_import_overwrites_nothing() {
    let (from, dir) = (tempdir().unwrap(), tempdir().unwrap());
    let (wanted, first) = (key_of(&from), key_of(&dir));
    let before = fs::read(file(&dir)).unwrap();
    let export = key::export(from.path(), answer("x")).unwrap();
    let refused = key::import(dir.path(), export.as_bytes(), "the export", false, nobody_asks).unwrap_err();
    assert!(matches!(&refused, KeyError::Occupied { .. }) && refused.to_string().contains("--replace"), "{refused}");
    assert_eq!(key_of(&dir), first);

    // Neither does one take the place of an earlier one.
    fs::write(dir.path().join("key.old-1"), "earlier").unwrap();
    let imported = key::import(dir.path(), export.as_bytes(), "the export", true, answer("x")).unwrap();
    let kept = dir.path().join("key.old-2");
    assert_eq!((imported.key, imported.kept.as_deref()), (wanted, Some(&*kept)));
    assert_eq!((key_of(&dir), mode(&file(&dir))), (wanted, 0o600));
    assert_eq!((fs::read(&kept).unwrap(), mode(&kept)), (before, 0o600));
    assert_eq!(names(&dir), ["key", "key.old-1", "key.old-2", "lock"]);

    let error = key::write_export(&kept, &export).unwrap_err();
    assert!(matches!(error, KeyError::Unwritten { .. }), "{error}");
    let path = dir.path().join("export");
    key::write_export(&path, &export).unwrap();
    assert_eq!((fs::read_to_string(&path).unwrap(), mode(&path)), (export, 0o600));
}

#[test]
fn a_passphrase_is_set_changed_and_taken_away() {
    let dir = tempdir().unwrap();
    let made = key_of(&dir);
    let seed = seed(&dir);
    // As a run leaves it that is killed while it writes.
    fs::copy(file(&dir), dir.path().join("key.new-0123456789abcdef")).unwrap();
    key::protect(dir.path(), answer("first")).unwrap();
    assert_eq!((names(&dir), mode(&file(&dir))), (vec!["key".to_owned(), "lock".to_owned()], 0o600));
    assert!(!fs::read_to_string(file(&dir)).unwrap().contains(&seed));

    let opens = |passphrase: &'static str| key::load_or_create(dir.path(), answer(passphrase)).map(|key| key.public());
    assert_eq!(opens("first").unwrap(), made);
    assert_eq!(fault(&opens("First").unwrap_err()), Fault::WrongPassphrase);
    let export = key::export(dir.path(), |wanted| {
        assert_eq!(wanted, Wanted::Present, "an export has the same passphrase");
        Passphrase::new("first")
    });
    assert!(export.is_ok());

    let asked = Cell::new(0);
    key::protect(dir.path(), |wanted| {
        asked.set(asked.get() + 1);
        Passphrase::new(if wanted == Wanted::Present { "first" } else { "second" })
    })
    .unwrap();
    assert_eq!((asked.get(), opens("second").unwrap()), (2, made));
    key::unprotect(dir.path(), answer("second")).unwrap();
    assert_eq!(key_of(&dir), made);
    let error = key::unprotect(dir.path(), nobody_asks).unwrap_err();
    assert!(matches!(error, KeyError::NotProtected { .. }), "{error}");
    assert!(matches!(Passphrase::new(""), Err(KeyError::EmptyPassphrase)));
}

/// The statement that is in force in that folder.
fn statement(dir: &TempDir, present: PublicKey) -> Option<Rotation> {
    let text = key::rotation(dir.path(), &present)?;
    let statement = Rotation::parse(&text).unwrap();
    assert!(statement.is_signed(&Network::OPEN.0) && statement.to_string() == text);
    Some(statement)
}

#[test]
fn a_rotation_says_which_key_took_the_place_of_which() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("rotation");
    let error = key::rotate(dir.path(), nobody_asks).unwrap_err();
    assert!(matches!(error, KeyError::Missing { .. }) && names(&dir).is_empty(), "{error}");
    let first = key_of(&dir);
    assert_eq!(statement(&dir, first), None);
    let before = fs::read(file(&dir)).unwrap();

    let rotated = key::rotate(dir.path(), nobody_asks).unwrap();
    let second = key_of(&dir);
    assert_eq!((rotated.old, rotated.new, &rotated.kept), (first, second, &dir.path().join("key.old-1")));
    assert_ne!(first, second);
    assert_eq!((fs::read(&rotated.kept).unwrap(), mode(&rotated.kept)), (before, 0o600));
    assert_eq!(names(&dir), ["key", "key.old-1", "lock", "rotation"]);
    assert_eq!([mode(&file(&dir)), mode(&path)], [0o600; 2]);
    let said = statement(&dir, second).unwrap();
    assert_eq!((said.old, said.new), (first, second));
    assert!(said.time.0 > 1_700_000_000_000, "in milliseconds");
    assert_eq!(fs::read_to_string(&path).unwrap(), format!("{said}\n"));
    assert_eq!(statement(&dir, first), None, "not in force for any other key");

    let third = key::rotate(dir.path(), nobody_asks).unwrap().new;
    let newest = statement(&dir, third).unwrap();
    assert_eq!((newest.old, newest.new), (second, third));
    // As a run leaves it that is killed before the key is in place: the key in use keeps its statement.
    assert_eq!(statement(&dir, second), Some(said));
    fs::copy(dir.path().join("key.old-2"), file(&dir)).unwrap();
    let fourth = key::rotate(dir.path(), nobody_asks).unwrap();
    assert_eq!(fourth.old, second);
    assert_eq!(statement(&dir, fourth.new).unwrap().old, second);
    assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 2, "no more than the one before");
}

#[test]
fn a_rotation_that_fails_leaves_the_key() {
    let dir = tempdir().unwrap();
    let before = key_of(&dir);
    fs::create_dir(dir.path().join("rotation")).unwrap();
    let error = key::rotate(dir.path(), nobody_asks).unwrap_err();
    assert!(matches!(&error, KeyError::Unwritten { path, .. } if path.ends_with("rotation")), "{error}");
    assert_eq!((key_of(&dir), statement(&dir, before)), (before, None));
}

#[test]
fn a_rotated_key_has_the_same_passphrase() {
    let dir = tempdir().unwrap();
    let old = key_of(&dir);
    key::protect(dir.path(), answer("first")).unwrap();
    let error = key::rotate(dir.path(), answer("other")).unwrap_err();
    assert_eq!((fault(&error), names(&dir)), (Fault::WrongPassphrase, vec!["key".to_owned(), "lock".to_owned()]));
    let rotated = key::rotate(dir.path(), |wanted| {
        assert_eq!(wanted, Wanted::Present, "it stays under the one it has");
        Passphrase::new("first")
    })
    .unwrap();
    let opens = || key::load(dir.path(), answer("first")).unwrap().public();
    assert_eq!((rotated.old, rotated.new), (old, opens()));
    assert_eq!(statement(&dir, opens()).map(|said| said.old), Some(old));
    fs::rename(rotated.kept, file(&dir)).unwrap();
    assert_eq!(opens(), old);
}

#[test]
fn what_is_no_statement_of_this_key_says_nothing() {
    let dir = tempdir().unwrap();
    key_of(&dir);
    let path = dir.path().join("rotation");
    let present = key::rotate(dir.path(), nobody_asks).unwrap().new;
    let good = fs::read_to_string(&path).unwrap();
    let word = good.trim_end();
    let said = Rotation::parse(word).unwrap();
    let padded = |bytes: usize| format!("{good}{}", "#".repeat(bytes - good.len())).into_bytes();
    for (what, bytes, counts) in [
        ("as it is", good.clone().into_bytes(), true),
        ("without its end", word.as_bytes().to_vec(), true),
        ("second", format!("\n{good}").into_bytes(), true),
        ("third", format!("\n\n{good}").into_bytes(), false),
        ("empty", Vec::new(), false),
        ("cut", word.as_bytes()[..word.len() - 1].to_vec(), false),
        (
            "signed by one",
            Rotation { new_signature: said.old_signature, ..said.clone() }.to_string().into_bytes(),
            false,
        ),
        ("of another time", Rotation { time: UnixMillis(1), ..said.clone() }.to_string().into_bytes(), false),
        ("no text", b"\xff".to_vec(), false),
        ("as long as it may be", padded(FILE_BYTES_MAX), true),
        ("longer", padded(FILE_BYTES_MAX + 1), false),
    ] {
        fs::write(&path, bytes).unwrap();
        assert_eq!(statement(&dir, present).is_some(), counts, "{what}");
    }
    fs::remove_file(&path).unwrap();
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    assert_eq!(statement(&dir, present), None, "and it waits for nobody");
}
