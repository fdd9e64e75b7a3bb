//! Each bound of the codec, at its value and one beyond, at the same byte whatever the pieces.

use super::{check_error, check_valid, feed, whole};
use whispernet_core::codec::Rule::{FileTooLong, ObjectTooLong, TooDeep, TooManyKeys};
use whispernet_core::codec::{DEPTH_MAX, FILE_BYTES_MAX, KEYS_MAX, OBJECT_BYTES_MAX};

/// `before`, then so many `x`, then `after`.
fn padded(before: &str, pad: usize, after: &str) -> Vec<u8> {
    [before.as_bytes(), &vec![b'x'; pad], after.as_bytes()].concat()
}

#[test]
fn depth() {
    for (open, close) in [("[", "]"), ("{\"k\":", "}")] {
        let nested = |depth: u32| {
            let levels = depth as usize - 1;
            format!("{{\"a\":{}1{}}}", open.repeat(levels), close.repeat(levels)).into_bytes()
        };
        check_valid(&nested(1), 1);
        check_valid(&nested(DEPTH_MAX), 1);
        let place = 5 + open.len() * (DEPTH_MAX as usize - 1);
        check_error(&nested(DEPTH_MAX + 1), 0, TooDeep, place);
        // Closed levels do not count.
        let twice = [nested(DEPTH_MAX), nested(DEPTH_MAX)].concat();
        check_valid(&twice, 2);
    }
    let wide = format!("{{\"a\":[{}1]}}", "[],{},".repeat(1000));
    check_valid(wide.as_bytes(), 1);
}

#[test]
fn keys() {
    let with = |keys: usize| {
        let keys: Vec<String> = (0..keys).map(|n| format!("\"k{n}\":0")).collect();
        format!("{{{}}}", keys.join(","))
    };
    for keys in [0, 1, usize::from(KEYS_MAX)] {
        check_valid(with(keys).as_bytes(), 1);
    }
    let over = with(usize::from(KEYS_MAX) + 1);
    check_error(over.as_bytes(), 0, TooManyKeys, over.rfind("\"k").unwrap());
    // Keys of inner objects are not counted, nor those of the object before.
    let inner = format!("{{\"a\":{}}}", with(300));
    check_valid(format!("{inner}{}{inner}", with(usize::from(KEYS_MAX))).as_bytes(), 3);
}

#[test]
fn object_length() {
    for (before, after) in [("{\"Body\":\"", "\"}"), ("{\"x\":[\"", "\",1]}"), ("{\"", "\":null}")] {
        let pad = OBJECT_BYTES_MAX - before.len() - after.len();
        check_valid(&padded(before, pad, after), 1);
        check_error(&padded(before, pad + 1, after), 0, ObjectTooLong, OBJECT_BYTES_MAX);
        check_error(&padded(before, pad + 70_000, after), 0, ObjectTooLong, OBJECT_BYTES_MAX);
    }
    let spaces = format!("{{{}}}", " ".repeat(OBJECT_BYTES_MAX - 1));
    check_error(spaces.as_bytes(), 0, ObjectTooLong, OBJECT_BYTES_MAX);
}

#[test]
fn the_space_before_an_object_is_free() {
    let object = padded("{\"Body\":\"", OBJECT_BYTES_MAX - 11, "\"}");
    let spaced = [" \n".repeat(OBJECT_BYTES_MAX).into_bytes(), object].concat();
    check_valid(&spaced, 1);
    assert_eq!(whole(" ".repeat(10_000_000).as_bytes()).partial, 0);
}

/// An object with a file of so many bytes, and so many bytes beside it before and after.
fn with_file(before: usize, file: usize, after: usize) -> Vec<u8> {
    let head = padded("{\"a\":\"", before - 24, "\",\"FileContents\":\"");
    assert_eq!(head.len(), before);
    [head, vec![b'A'; file], padded("\",\"b\":\"", after - 9, "\"}")].concat()
}

#[test]
fn file_length() {
    for file in [0, 1, FILE_BYTES_MAX] {
        check_valid(&with_file(100, file, 100), 1);
    }
    check_error(&with_file(100, FILE_BYTES_MAX + 1, 100), 0, FileTooLong, 100 + FILE_BYTES_MAX);
    assert_eq!(whole(&with_file(100, 5000, 100)).objects[0].file.len(), 5000);
}

#[test]
fn what_stands_beside_a_file_counts_alone() {
    let max = OBJECT_BYTES_MAX;
    for file in [0, 1, 400_000] {
        for before in [100, 50_000, max - 100] {
            check_valid(&with_file(before, file, max - before), 1);
            check_error(&with_file(before, file, max - before + 1), 0, ObjectTooLong, max + file);
            check_error(&with_file(before, file, max - before + 5000), 0, ObjectTooLong, max + file);
        }
        check_error(&with_file(max + 100, file, 100), 0, ObjectTooLong, max);
    }
    check_error(&with_file(max + 100, FILE_BYTES_MAX + 1, 100), 0, ObjectTooLong, max);
    check_error(&with_file(100, FILE_BYTES_MAX + 1, max), 0, FileTooLong, 100 + FILE_BYTES_MAX);
}

#[test]
fn the_first_broken_rule_counts() {
    // Too long first, and no JSON later on: in one piece and in many.
    let mut bytes = padded("{\"a\":\"", OBJECT_BYTES_MAX, "\"]");
    check_error(&bytes, 0, ObjectTooLong, OBJECT_BYTES_MAX);
    bytes.truncate(1000);
    bytes.push(0);
    check_error(&bytes, 0, whispernet_core::codec::Rule::ControlByte, 1000);
}

#[test]
fn no_buffer_without_an_unfinished_object() {
    assert_eq!(feed([&b"{\"a\":1}  \n"[..]]).partial, 0);
    assert_eq!(feed([&b"{\"a\":1"[..], b"} {"]).partial, 1);
}
