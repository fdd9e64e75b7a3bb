use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, SystemTime};

use tempfile::TempDir;
use whispernet_node::store::{Files, Gone, StoreError};

const GIF: &[u8] = b"GIF89a\x01\x00\x01\x00\x00\x00\x00;";
const BLOCK: u64 = 4_096;

fn folder(quota_bytes: u64) -> (TempDir, Files) {
    let dir = tempfile::tempdir().unwrap();
    let files = Files::open(dir.path().join("files"), quota_bytes).unwrap();
    (dir, files)
}

fn hash_of(bytes: &[u8]) -> String {
    Files::describe(bytes, None).0.hash
}

#[test]
fn a_file_is_named_by_its_bytes_alone() {
    let elf: &[u8] = &[b"\x7fELF\x02\x01\x01".as_slice(), &[0; 64]].concat();
    for (bytes, mime, extension) in [
        (GIF, "image/gif", "gif"),
        (b"\x89PNG\r\n\x1a\n", "image/png", "png"),
        (b"%PDF-1.7", "application/pdf", "pdf"),
        (b"hello\n", "text/plain", "txt"),
        ("grüße\t👍\r\n".as_bytes(), "text/plain", "txt"),
        (b"<!DOCTYPE html><script>alert(1)</script>", "text/html", "txt"),
        (b"#!/bin/sh\nrm -rf /\n", "text/x-shellscript", "txt"),
        (elf, "application/x-executable", "bin"),
        (b"", "application/octet-stream", "bin"),
        (b"esc \x1b[2J", "application/octet-stream", "bin"),
        (b"\xff\xfe\xfd\xfc", "application/octet-stream", "bin"),
    ] {
        let (file, claimed) = Files::describe(bytes, None);
        assert_eq!(file.mime, mime);
        assert_eq!(file.name, format!("{}.{extension}", &file.hash[..12]));
        assert_eq!((file.size, claimed), (bytes.len() as u64, None));
    }
    let hash = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    assert_eq!(hash_of(b"hello"), hash);
}

#[test]
fn kept_bytes_are_private_and_come_back() {
    let (dir, mut files) = folder(1 << 20);
    let hash = hash_of(GIF);
    assert!(files.keep(GIF, true).unwrap() && files.keep(GIF, true).unwrap());
    let (path, taken) = files.path(&hash).unwrap();
    assert!(taken);
    assert_eq!(fs::read(&path).unwrap(), GIF);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o600);
    assert_eq!(mode(&dir.path().join("files")), 0o700);
    assert_eq!(mode(&dir.path().join("files/offers")), 0o700);
    assert_eq!(fs::read_dir(dir.path().join("files")).unwrap().count(), 2);

    let files = Files::open(dir.path().join("files"), 1 << 20).unwrap();
    assert_eq!(files.path(&hash), Some((path, true)));
}

#[test]
fn only_a_hash_names_a_path() {
    let (dir, mut files) = folder(1 << 20);
    files.keep(b"hello", true).unwrap();
    let hash = hash_of(b"hello");
    fs::write(dir.path().join("files/other"), b"x").unwrap();
    let long = format!("{hash}0");
    let upper = hash.to_uppercase();
    let absent = "0".repeat(64);
    let climbing = format!("../files/{hash}");
    for name in ["", "other", "..", "/etc/passwd", &hash[1..], &long, &upper, &absent, &climbing] {
        assert_eq!(files.path(name), None, "{name}");
    }
    assert!(files.path(&hash).is_some());
}

#[test]
fn the_oldest_go_when_the_quota_needs_it() {
    let (_dir, mut files) = folder(3 * BLOCK);
    let [a, b, c, d] = [b"a", b"b", b"c", b"d"].map(|bytes| bytes.repeat(10));
    let keep = |files: &mut Files, bytes: &[u8]| {
        assert!(files.keep(bytes, true).unwrap());
        hash_of(bytes)
    };
    let hashes = [&a, &b, &c].map(|bytes| keep(&mut files, bytes));
    assert!(hashes.iter().all(|hash| files.path(hash).is_some()));
    // What is there already pushes nothing out.
    keep(&mut files, &a);
    let last = keep(&mut files, &d);
    let there = |files: &Files| hashes.clone().map(|hash| files.path(&hash).is_some());
    assert_eq!(there(&files), [false, true, true]);

    // Removed behind our back, and kept again: counted once.
    fs::remove_file(files.path(&hashes[1]).unwrap().0).unwrap();
    keep(&mut files, &b);
    assert_eq!(there(&files), [false, true, true]);
    assert!(files.path(&last).is_some());

    let whole = vec![0; 3 * BLOCK as usize];
    let hash = keep(&mut files, &whole);
    assert_eq!(there(&files), [false; 3]);
    assert!(files.path(&hash).is_some());
    let longer = vec![0; 3 * BLOCK as usize + 1];
    assert!(matches!(
        files.keep(&longer, true),
        Err(StoreError::FileTooLong { bytes, max }) if bytes == max + 1
    ));
    assert!(files.path(&hash).is_some());
}

#[test]
fn opening_clears_leftovers_and_what_a_smaller_quota_has_no_room_for() {
    let (dir, mut files) = folder(1 << 20);
    let folder = dir.path().join("files");
    let hashes = [b"a", b"b", b"c"].map(|bytes| {
        files.keep(bytes, true).unwrap();
        hash_of(bytes)
    });
    // By age b, a, c.
    for (hash, age_s) in [(&hashes[1], 300), (&hashes[0], 200), (&hashes[2], 100)] {
        let modified = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000 - age_s);
        let file = File::options().write(true).open(folder.join(hash)).unwrap();
        file.set_modified(modified).unwrap();
    }
    fs::write(folder.join(".tmp"), b"half a fi").unwrap();
    fs::write(folder.join("notes.txt"), b"the user's own").unwrap();

    let mut files = Files::open(folder.clone(), 2 * BLOCK).unwrap();
    assert!(!folder.join(".tmp").exists());
    assert!(folder.join("notes.txt").exists());
    let there = |files: &Files| hashes.clone().map(|hash| files.path(&hash).is_some());
    assert_eq!(there(&files), [true, false, true]);
    files.keep(b"d", true).unwrap();
    assert_eq!(there(&files), [false, false, true]);
}

#[test]
fn a_failed_write_leaves_nothing_behind() {
    let (dir, mut files) = folder(1 << 20);
    // A folder in the place of the temporary file makes the write fail, for root too.
    let temporary = dir.path().join("files/.tmp");
    fs::create_dir(&temporary).unwrap();
    let hash = hash_of(GIF);
    assert!(matches!(files.keep(GIF, true), Err(StoreError::Io(_))));
    assert_eq!(files.path(&hash), None);
    fs::remove_dir(&temporary).unwrap();
    files.keep(GIF, true).unwrap();
    assert!(files.path(&hash).is_some());
}

#[test]
fn an_offer_waits_apart_until_it_is_taken() {
    let (dir, mut files) = folder(1 << 20);
    let (hash, folder) = (hash_of(GIF), dir.path().join("files"));
    assert!(!files.keep(GIF, false).unwrap() && !files.keep(GIF, false).unwrap());
    assert_eq!(files.path(&hash), Some((folder.join("offers").join(&hash), false)));
    // A start recovers both folders.
    fs::write(folder.join("offers/.tmp"), b"half a fi").unwrap();
    drop(files);
    let mut files = Files::open(folder.clone(), 1 << 20).unwrap();
    assert!(!folder.join("offers/.tmp").exists());
    assert_eq!(files.path(&hash), Some((folder.join("offers").join(&hash), false)));
    assert!(files.accept(&hash).unwrap() && files.accept(&hash).unwrap());
    assert_eq!(files.path(&hash), Some((folder.join(&hash), true)));
    assert_eq!(fs::read_dir(folder.join("offers")).unwrap().count(), 0);
    // What was taken is no offer any more, however often it comes.
    assert!(files.keep(GIF, false).unwrap());
    for name in ["", "..", "offers", &"0".repeat(64)] {
        assert!(!files.accept(name).unwrap(), "{name}");
    }
    // An offer that comes from somebody whose files are taken is taken too.
    assert!(!files.keep(b"hello", false).unwrap() && files.keep(b"hello", true).unwrap());
    assert_eq!(files.path(&hash_of(b"hello")).map(|(_, taken)| taken), Some(true));
}

#[test]
fn offers_make_room_first() {
    let (dir, mut files) = folder(3 * BLOCK);
    let names = ["a", "b", "c", "d", "e"];
    let hashes = names.map(|name| hash_of(name.as_bytes()));
    let there = |files: &Files| hashes.clone().map(|hash| files.path(&hash).map(|(_, taken)| taken));
    for (name, taken) in [("a", true), ("b", false), ("c", false), ("d", true)] {
        files.keep(name.as_bytes(), taken).unwrap();
    }
    assert_eq!(there(&files), [Some(true), None, Some(false), Some(true), None]);
    assert_eq!((files.take_gone(), files.take_gone()), (Gone { offers: 1, taken: 0 }, Gone::default()));
    files.accept(&hashes[2]).unwrap();
    files.keep(b"e", false).unwrap();
    assert_eq!(there(&files), [None, None, Some(true), Some(true), Some(false)]);
    assert_eq!(files.take_gone(), Gone { offers: 0, taken: 1 });
    // One that was taken late is as old as it is: `c` came before `d`.
    for (hash, age_s) in [(&hashes[2], 300), (&hashes[3], 200)] {
        let file = File::options().write(true).open(files.path(hash).unwrap().0).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000 - age_s)).unwrap();
    }
    let mut files = Files::open(dir.path().join("files"), 2 * BLOCK).unwrap();
    assert_eq!(there(&files), [None, None, Some(true), Some(true), None]);
    files.keep(b"a", true).unwrap();
    assert_eq!(there(&files), [Some(true), None, None, Some(true), None]);
}
