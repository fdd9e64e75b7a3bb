//! What the known keys say, found and decoded as the old Go peers do.

use super::whole;
use whispernet_core::codec::parse;

#[track_caller]
fn object(json: &str) -> super::Decoded {
    let outcome = whole(json.as_bytes());
    assert_eq!((outcome.objects.len(), outcome.error), (1, None), "{json}");
    outcome.objects.into_iter().next().unwrap()
}

#[test]
fn keys_in_every_spelling() {
    for (key, value) in [
        ("ID", "ID"),
        ("id", "ID"),
        ("iD", "ID"),
        (r"\u0049\u0044", "ID"),
        (r"\u0069D", "ID"),
        ("BODY", "Body"),
        (r"bo\u0064y", "Body"),
        ("addr", "Addr"),
        ("NICK", "Nick"),
        ("nic\u{212a}", "Nick"),
        (r"nic\u212a", "Nick"),
        (r"nic\u212A", "Nick"),
        ("FileContent\u{17f}", "FileContents"),
        (r"filecontent\u017F", "FileContents"),
    ] {
        let object = object(&format!("{{\"{key}\":\"found\"}}"));
        let found = [("ID", &object.id), ("Addr", &object.addr), ("Body", &object.body), ("Nick", &object.nick)];
        for (name, text) in found.into_iter().chain([("FileContents", &object.file)]) {
            assert_eq!(text, if name == value { "found" } else { "" }, "{key}: {name}");
        }
    }
    for key in ["Id ", " ID", "I\u{307}D", "\u{131}d", "\u{ff29}D", r"ID\u0000", "Bödy", "body\u{301}", "Nicks", ""] {
        let object = object(&format!("{{\"{key}\":\"x\"}}"));
        assert_eq!((object.id, object.body, object.nick), Default::default(), "{key}");
    }
    assert_eq!(object("{\"time\u{17f}tamp\":7}").timestamp, Some(7));
    assert_eq!(object(r#"{"time\u017ftamp":7}"#).timestamp, Some(7));
}

#[test]
fn values_with_escapes() {
    for (raw, text) in [
        ("plain", "plain"),
        (r#"\"\\\/\b\f\n\r\t"#, "\"\\/\u{8}\u{c}\n\r\t"),
        (r"\u0041\u00e9\u20AC", "A\u{e9}\u{20ac}"),
        (r"\ud83d\ude00", "\u{1f600}"),
        (r"\u0000x", "\0x"),
        (r"\uffff\ufffe", "\u{ffff}\u{fffe}"),
        ("\u{10ffff}é", "\u{10ffff}é"),
        (r"\\u0041", r"\u0041"),
        (r"\u005cu0041", r"\u0041"),
    ] {
        let object = object(&format!("{{\"Body\":\"{raw}\",\"ID\":\"{raw}\"}}"));
        assert_eq!((object.body.as_str(), object.id.as_str()), (text, text), "{raw}");
    }
}

#[test]
fn null_counts_as_absent() {
    let object = object(r#"{"ID":null,"Addr":null,"Body":null,"Nick":null,"Timestamp":null,"FileContents":null}"#);
    assert_eq!((object.id, object.addr, object.body, object.nick, object.file), Default::default());
    assert_eq!(object.timestamp, None);
}

#[test]
fn the_nick_under_either_name() {
    for (keys, nick, daemon_style) in [
        ("", "", false),
        (r#""Nick":"n""#, "n", false),
        (r#""omitempty":"o""#, "o", true),
        (r#""omitempty":"o","Nick":"n""#, "n", false),
        (r#""Nick":"","omitempty":"o""#, "", false),
        (r#""Nick":null,"omitempty":"o""#, "o", true),
        (r#""Nick":"n","omitempty":null"#, "n", false),
        (r#""omitempty":null"#, "", false),
        (r#""omitempty":"""#, "", true),
    ] {
        let object = object(&format!("{{{keys}}}"));
        assert_eq!((object.nick.as_str(), object.daemon_style), (nick, daemon_style), "{keys}");
    }
}

#[test]
fn times_in_seconds_and_milliseconds() {
    for (timestamp, time) in [
        ("null", None),
        ("0", None),
        ("-0", None),
        ("1", Some(1000)),
        ("1382050782", Some(1_382_050_782_000)),
        ("99999999999", Some(99_999_999_999_000)),
        ("100000000000", Some(100_000_000_000)),
        ("1382050782085", Some(1_382_050_782_085)),
        ("9223372036854775807", Some(i64::MAX)),
        ("-1", Some(-1000)),
        ("-9223372036854775808", Some(i64::MIN)),
    ] {
        let json = format!("{{\"Timestamp\":{timestamp}}}");
        assert_eq!(parse(json.as_bytes(), |object| object.time()), Ok(Some(time)), "{timestamp}");
    }
}

#[test]
fn the_empty_object() {
    let object = object("{}");
    assert_eq!((object.raw.as_slice(), object.id.as_str(), object.timestamp), (&b"{}"[..], "", None));
    assert_eq!(super::check_valid(b"{}{}\n{ }\t{\r\n}", 4), ());
}

#[test]
fn parse_takes_one_whole_object() {
    assert_eq!(parse(br#" {"ID":"a"} {"ID":"b"}"#, |object| object.id().decode().into_owned()), Ok(Some("a".into())));
    assert_eq!(parse(br#"{"ID":"a""#, |_| ()), Ok(None));
    assert_eq!(parse(b"", |_| ()), Ok(None));
    assert!(parse(b"x", |_| ()).is_err());
}
