//! What breaks which rule, at which byte: as PROTOCOL's "disconnect peers that send malformed messages" is read.

use super::{check_error, check_valid, whole};
use whispernet_core::codec::Rule::{self, ControlByte, NotAnObject, NotJson, Twice, WrongType};

/// Two good objects with space around them, so that offsets count what came before.
const BEFORE: &str = " {\"ID\":\"1\"}\r\n\t{\"ID\":\"2\",\"x\":[1,{}]} ";

#[track_caller]
fn check(object: &str, rule: Rule, byte: usize) {
    check_error(object.as_bytes(), 0, rule, byte);
    check_error(format!("{BEFORE}{object}").as_bytes(), 2, rule, BEFORE.len() + byte);
}

#[test]
fn not_an_object() {
    for (bytes, byte) in [
        ("[]", 0),
        ("5", 0),
        ("\"{}\"", 0),
        ("null", 0),
        (",{}", 0),
        ("}", 0),
        ("\u{feff}{}", 0),
        ("\u{c}{}", 0),
        ("  \n x", 4),
        ("\0", 0),
    ] {
        check(bytes, NotAnObject, byte);
    }
    check_error(b"{},{}", 1, NotAnObject, 2);
    check_error(b"{}}", 1, NotAnObject, 2);
    check_error(b"{}\x0b{}", 1, NotAnObject, 2);
}

#[test]
fn not_json() {
    for (bytes, byte) in [
        ("{]", 1),
        ("{x", 1),
        ("{'a':1}", 1),
        ("{,}", 1),
        ("{\"a\"}", 4),
        ("{\"a\" 1}", 5),
        ("{\"a\":}", 5),
        ("{\"a\":,", 5),
        ("{\"a\":1,}", 7),
        ("{\"a\":1,,", 7),
        ("{\"a\":1]", 6),
        ("{\"a\":1 2", 7),
        ("{\"a\":[1,]}", 8),
        ("{\"a\":[,", 6),
        ("{\"a\":[}", 6),
        ("{\"a\":[1}", 7),
        ("{\"a\":{]", 6),
        ("{\"a\":tru}", 8),
        ("{\"a\":True", 5),
        ("{\"a\":nulL", 8),
        ("{\"a\":fals ", 9),
        ("{\"a\":01", 6),
        ("{\"a\":-}", 6),
        ("{\"a\":+1", 5),
        ("{\"a\":.5", 5),
        ("{\"a\":1.}", 7),
        ("{\"a\":1e}", 7),
        ("{\"a\":1e+}", 8),
        ("{\"a\":1.e5", 7),
        ("{\"a\":0x1", 6),
        ("{\"a\":--1", 6),
        ("{\"a\":NaN", 5),
        ("{\"a\":\"\\x", 7),
        ("{\"a\":\"\\u12g", 10),
        ("{\"a\":\"\\u\"", 8),
        ("{\"a\":\"\\ ", 7),
        ("{\"a\":\u{a0}1", 5),
        ("{\"a\":1\u{c}}", 6),
        ("{/**/}", 1),
    ] {
        check(bytes, NotJson, byte);
    }
}

#[test]
fn control_bytes_in_strings() {
    for control in 0..0x20_u8 {
        let control = char::from(control);
        check(&format!("{{\"a\":\"xy{control}"), ControlByte, 8);
        check(&format!("{{\"a{control}"), ControlByte, 3);
    }
    check_valid("{\"a\":\"\u{7f}\u{80}\u{9f}\"}".as_bytes(), 1);
}

#[test]
fn known_keys_of_the_wrong_type() {
    let texts = ["ID", "Addr", "Body", "Nick", "omitempty", "FileType", "FileContents", "Ext"];
    for key in texts {
        for value in ["1", "-", "true", "false", "{}", "[]"] {
            check(&format!("{{\"{key}\":{value}"), WrongType(key), 4 + key.len());
        }
        check_valid(format!("{{\"{key}\":\"\"}}{{\"{key}\":null}}{{\"{key}\" \n:\t\"x\" }}").as_bytes(), 3);
    }
    for value in ["\"1\"", "true", "{}", "[]"] {
        check(&format!("{{\"Timestamp\":{value}"), WrongType("Timestamp"), 13);
    }
    // What begins no value is no JSON, whatever the key.
    check("{\"ID\":x", NotJson, 6);
    check("{\"ID\":}", NotJson, 6);
    // Only at the top, and only the key itself.
    check_valid(br#"{"x":{"ID":1,"ID":[],"Timestamp":"x"},"IDs":7,"y":[{"Body":5}],"":0}"#, 1);
}

#[test]
fn a_timestamp_is_a_64_bit_integer() {
    for good in ["0", "-0", "1", "-1", "9223372036854775807", "-9223372036854775808", "null"] {
        check_valid(format!("{{\"Timestamp\":{good}}}").as_bytes(), 1);
        check_valid(format!("{{\"timestamp\":{good} ,\"a\":1}}").as_bytes(), 1);
    }
    for (bad, byte) in [
        ("1.5", 1),
        ("1.0", 1),
        ("1e3", 1),
        ("0E0", 1),
        ("-1.5", 2),
        ("9223372036854775808", 0),
        ("-9223372036854775809", 0),
        ("99999999999999999999999999999999999999999999999999999999999999999999999999999999999", 0),
    ] {
        check(&format!("{{\"Timestamp\":{bad}}}"), WrongType("Timestamp"), 13 + byte);
    }
}

#[test]
fn known_keys_twice() {
    for (second, key) in [
        ("ID", "ID"),
        ("id", "ID"),
        ("\\u0049d", "ID"),
        ("omitemPTY", "omitempty"),
        ("Time\u{17f}tamp", "Timestamp"),
        ("nic\u{212a}", "Nick"),
        ("FILEcontents", "FileContents"),
        ("filetype", "FileType"),
        ("EXT", "Ext"),
    ] {
        let value = if key == "Timestamp" { "1" } else { "\"\"" };
        for value in [value, "null"] {
            let first = format!("{{\"{key}\":{value},\"x\":[],");
            check(&format!("{first}\"{second}\":{value}}}"), Twice(key), first.len());
        }
    }
    check_valid(br#"{"x":1,"x":2,"Nick":"a","omitempty":"b"}"#, 1);
}

#[test]
fn all_before_the_error_is_there() {
    let outcome = whole(b"{\"ID\":\"a\"}\n{\"ID\":\"b\"}{\"ID\":3}{\"ID\":\"c\"}");
    let ids: Vec<&str> = outcome.objects.iter().map(|object| object.id.as_str()).collect();
    assert_eq!(ids, ["a", "b"]);
}
