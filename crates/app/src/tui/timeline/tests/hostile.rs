//! Text that is out to break the list: no cell obeys, no row is forged, nothing panics, at any size.

use unicode_width::UnicodeWidthChar as _;
use whispernet_node::event::File;

use super::*;

fn corpus() -> Vec<String> {
    let mut corpus: Vec<String> = [
        "",
        "\n\n\n",
        "/me ",
        "\u{1b}[2J\u{1b}]0;title\u{7}\u{9b}31m",
        "\u{202e}reversed\u{202c} \u{2066}isolate\u{2069}",
        "a\u{200b}b\u{feff}c\u{ad}d\u{2060}e",
        "one\ttab\t\ttwo",
        "\r\nbob: forged\r--- Monday ---",
        "עברית with English עברית: שלום",
        "مرحبا بالعالم (1) hello",
        "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467} family \u{1f3f3}\u{fe0f}\u{200d}\u{1f308}",
        "\u{2764}\u{fe0f}1\u{fe0f}\u{20e3}\u{1f1e9}\u{1f1ea}",
        "漢字かな交じり文、全角。ＡＢＣ",
        "ｶﾞｷﾞ \u{ff9e}\u{ff9f}",
        "\u{1100}\u{1161}\u{11a8}각 각",
        "नमस्ते क्षत्रिय",
        "\u{3000}\u{2800}\u{a0} blanks",
        "\u{fdfd}\u{12031}",
        "https://example.org/\u{202e}gpj.exe https://\u{430}.org",
        "|  ---- new ----  [file] /save x",
    ]
    .map(str::to_owned)
    .into();
    corpus.push(format!("a{}", "\u{301}".repeat(5_000)));
    corpus.push("x".repeat(32 * 1024));
    corpus.push("漢".repeat(10_000));
    corpus.push(format!("{}12:00   alice: hi", " ".repeat(70)));
    corpus.push(format!("{}--- new ---", "\u{3000}".repeat(35)));
    corpus.push("\u{1f468}\u{200d}".repeat(3_000));
    corpus.push("\u{1100}".repeat(3_000));
    corpus.push("\n".repeat(16 * 1024));
    corpus.push("http://a.b ".repeat(3_000));
    corpus.push((0..3_000).map(|number| char::from_u32(number * 37).unwrap_or('x')).collect());
    corpus
}

/// As little as a terminal may make of a row.
fn check(buf: &Buffer, begins: &[&str]) {
    for row in rows(buf) {
        for c in row.chars() {
            assert!(!c.is_control() && !matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'), "{row:?}");
        }
        let free = row.chars().take(9).all(|c| c == ' ');
        let is_ours = begins.iter().any(|begin| row.starts_with(begin));
        assert!(buf.area.width < 40 || free || is_ours, "a row that begins like one of ours: {row:?}");
    }
}

#[test]
fn nothing_is_obeyed_and_no_row_is_forged() {
    for text in corpus() {
        let file = File { name: text.clone(), mime: text.clone(), size: u64::MAX, hash: text.clone() };
        let about = About {
            trust: Trust::Unsigned,
            key: Some(text.clone()),
            petname: None,
            short: Some(text.clone()),
            warning: Some(text.clone()),
            reply: Some("id1".to_owned()),
            replaces: None,
            file_claimed: Some(text.clone()),
        };
        let hostile = [
            message(1, &text),
            Message { nick: text.clone(), addr: text.clone(), ..message(2, "hi") },
            Message { file: Some(file), ..message(3, &text) },
            Message { about, nick: String::new(), ..message(4, &text) },
            Message { time: Some(i64::MIN), received: i64::MAX, ..message(5, &format!("/me {text}")) },
        ];
        let mut timeline = timeline();
        timeline.set_pictures(3);
        timeline.highlight(Some(&text));
        timeline.set_me(&text, &text);
        for message in hostile {
            timeline.push(message, true);
        }
        timeline.note(i64::MAX, Level::Error, &text);
        timeline.pending(1, &text);
        timeline.failed(1, &text);
        for (width, height) in [(1, 1), (2, 3), (3, 2), (5, 40), (20, 5), (39, 10), (40, 10), (80, 24), (256, 60)] {
            for scroll in [Scroll::Bottom, Scroll::Pages(-1), Scroll::Rows(-3), Scroll::Top, Scroll::Pages(2)] {
                timeline.scroll(scroll);
                let (buf, _) = draw(&mut timeline, width, height);
                check(&buf, &[" 12:", " 00:", " 23:", "-", "       "]);
            }
        }
    }
}

#[test]
fn no_row_is_wider_than_the_most_pessimistic_of_terminals_draws_it() {
    for text in corpus() {
        for width in [20, 40, 80] {
            let mut timeline = timeline();
            timeline.push(message(1, &text), true);
            timeline.scroll(Scroll::Top);
            let (buf, _) = draw(&mut timeline, width, 100);
            for row in rows(&buf).iter().filter(|row| !row.is_empty()) {
                let most = |c: char| if c.is_alphabetic() { c.width() } else { c.width_cjk() }.unwrap_or(0);
                let columns = row.chars().map(most).sum::<usize>();
                assert!(columns <= usize::from(width), "{columns} of {width}: {:.200}", row.escape_debug());
            }
        }
    }
}

#[test]
fn long_words_are_cut_and_wide_ones_are_not_halved() {
    let mut timeline = timeline();
    timeline.push(message(1, &format!("{} 漢字漢字漢字漢字漢字漢字漢字漢", "x".repeat(40))), true);
    let expected = "
 12:02   bob:
           xxxxxxxxxxxxxxxxxxxxxxxxxxxxx
           xxxxxxxxxxx 漢字漢字漢字漢字
           漢字漢字漢字漢
";
    assert!(text(&mut timeline, 40, 10).ends_with(expected), "{}", text(&mut timeline, 40, 10));
}

#[test]
fn an_area_of_nothing_is_drawn() {
    let mut timeline = filled(1..20);
    for (width, height) in [(0, 0), (0, 5), (5, 0)] {
        assert_eq!(draw(&mut timeline, width, height).1, Extras::default());
    }
    timeline.scroll(Scroll::Pages(-1));
    timeline.select(Select::Previous);
    let mut buf = Buffer::empty(Rect::new(0, 0, 10, 3));
    timeline.draw(Rect::new(5, 2, 100, 100), &mut buf, &mut Extras::default());
    timeline.draw(Rect::new(50, 50, 10, 10), &mut buf, &mut Extras::default());
}
