//! Keys to drafts by tables, in a small notation: `hello<C-w>world<Enter>`; `<lt>` is a `<`.

use crossterm::event::KeyEventState;

use super::*;

struct Around;

impl Lookup for Around {
    fn nicks(&self) -> Vec<String> {
        ["phil", "philippa", "two words"].map(str::to_owned).into()
    }

    fn persons(&self) -> Vec<String> {
        self.nicks()
    }

    fn peers(&self) -> Vec<String> {
        vec!["10.0.0.7:55555".to_owned()]
    }
}

/// The keys that the notation names.
fn keys(notation: &str) -> Vec<KeyEvent> {
    let mut keys = Vec::new();
    let mut rest = notation;
    while let Some(c) = rest.chars().next() {
        let named = rest.strip_prefix('<').and_then(|rest| rest.split_once('>'));
        let (name, after) = named.unwrap_or((&rest[..c.len_utf8()], &rest[c.len_utf8()..]));
        keys.push(if named.is_some() { named_key(name) } else { KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE) });
        rest = after;
    }
    keys
}

fn named_key(name: &str) -> KeyEvent {
    let mut modifiers = KeyModifiers::NONE;
    let mut rest = name;
    for (prefix, modifier) in [("C-", KeyModifiers::CONTROL), ("A-", KeyModifiers::ALT), ("S-", KeyModifiers::SHIFT)] {
        if let Some(after) = rest.strip_prefix(prefix) {
            (rest, modifiers) = (after, modifiers | modifier);
        }
    }
    let code = match rest {
        "Enter" => KeyCode::Enter,
        "Tab" => KeyCode::Tab,
        "BackTab" => KeyCode::BackTab,
        "Esc" => KeyCode::Esc,
        "BS" => KeyCode::Backspace,
        "Del" => KeyCode::Delete,
        "Left" => KeyCode::Left,
        "Right" => KeyCode::Right,
        "Up" => KeyCode::Up,
        "Down" => KeyCode::Down,
        "Home" => KeyCode::Home,
        "End" => KeyCode::End,
        "PgUp" => KeyCode::PageUp,
        "lt" => KeyCode::Char('<'),
        one => KeyCode::Char(one.chars().next().filter(|_| one.chars().count() == 1).unwrap()),
    };
    KeyEvent::new(code, modifiers)
}

/// What the keys ask for, beginning with that history; the draft with `|` at the cursor is what is left.
fn press(input: &mut Input, notation: &str) -> Vec<Asked> {
    keys(notation).into_iter().filter_map(|key| input.key(key, &Around)).collect()
}

fn shown(input: &Input) -> String {
    let (left, right) = input.text().split_at(input.draft.cursor());
    format!("{left}|{right}")
}

fn hint_of(input: &Input) -> String {
    input.popup().and_then(|popup| popup.hint).map(|hint| hint.text).unwrap_or_default()
}

#[track_caller]
fn check(notation: &str, draft: &str) {
    let mut input = Input::new(vec!["first".to_owned(), "second line\nof two".to_owned(), "third".to_owned()]);
    press(&mut input, notation);
    assert_eq!(shown(&input), draft, "of {notation}");
}

#[track_caller]
fn submits(notation: &str, lines: &[&str], draft: &str) {
    let mut input = Input::new(Vec::new());
    let asked = press(&mut input, notation);
    assert_eq!(asked, lines.iter().map(|line| Asked::Submit((*line).to_owned())).collect::<Vec<_>>(), "of {notation}");
    assert_eq!(shown(&input), draft, "of {notation}");
}

#[test]
fn moving() {
    check("one two<C-a>x", "x|one two");
    check("one two<C-a><C-e>x", "one twox|");
    check("one two<Home>x<End>y", "xone twoy|");
    check("abc<C-b><Left>x<C-f><Right>y", "axbcy|");
    check("<C-b><Left><C-f><Right><C-a><C-e>", "|");
    check("one two  three<A-b>x", "one two  x|three");
    check("one two  three<A-b><A-b>x", "one x|two  three");
    check("one two<C-a><A-f>x", "onex| two");
    check("one two<C-Left><C-Left><C-Right>x", "onex| two");
    check("one<A-Enter>two<C-a>x", "one\nx|two");
    check("one<A-Enter>two<C-Home>x", "x|one\ntwo");
    check("one<A-Enter>two<Up><C-e>x<C-End>y", "onex\ntwoy|");
    check("a👨\u{200d}👩\u{200d}👧b<Left><Left>x", "ax|👨\u{200d}👩\u{200d}👧b");
}

#[test]
fn erasing_and_bringing_back() {
    check("abc<BS>", "ab|");
    check("abc<C-h>", "ab|");
    check("<BS><C-h><Del><C-w><C-k><C-u><C-y><C-t><C-_>", "|");
    check("abc<C-a><Del>", "|bc");
    check("abc<C-a><C-d>", "|bc");
    check("e\u{301}<BS>", "|");
    check("👨\u{200d}👩\u{200d}👧<BS>", "|");
    check("hello<C-w>world", "world|");
    check("one two/three<C-w>", "one |");
    check("one two/three<A-BS>", "one two/|");
    check("one two/three<C-BS>", "one two/|");
    check("one two<C-a><A-d>", "| two");
    check("one two<C-a><C-Del>", "| two");
    check("one two<C-a><A-f><C-k>", "one|");
    check("one<C-j>two<Up><C-k>", "one|two");
    check("one<C-j>two<Up><C-k><C-k><C-y>", "one\ntwo|");
    check("one two<Left><C-u>", "|");
    check("one<C-j>two<C-u><C-y>", "one\ntwo|");
    check("one two<C-w><C-w><C-y><C-y>", "one twoone two|");
    check("one two<C-a><A-d><A-d><C-y>", "one two|");
    check("one two<C-w>x<C-w><C-y>", "one x|");
    check("abc<C-t>", "acb|");
    check("xyz<Left><Left><C-t>", "yx|z");
    check("a<C-t>", "a|");
    check("ab<C-a><C-t>", "|ab");
    check("ab<C-j>c<C-t>", "ab\nc|");
}

#[test]
fn undoing() {
    for undo in ["<C-_>", "<C-7>", "<C-/>"] {
        check(&format!("one two{undo}"), "one|");
    }
    check("one two<C-_><C-_>", "|");
    check("one two<C-u><C-_>", "one two|");
    check("one<BS><BS><C-_>", "one|");
    check("one<C-a>x<C-_>", "|one");
    check("one<Enter><C-_>", "|");
    check("ab<C-t><C-_>", "ab|");
    check("draft<Up><Up><C-_>", "draft|");
    check("ph<Tab><Tab><C-_>", "ph|");
}

#[test]
fn several_lines_and_the_history() {
    for newline in ["<A-Enter>", "<C-j>", "<S-Enter>"] {
        check(&format!("one{newline}two"), "one\ntwo|");
    }
    check("<Up>", "third|");
    check("<Up><Up>", "second line\nof two|");
    check("<Up><Up><Up>", "second| line\nof two");
    check("<Up><Up><Up><Up>", "first|");
    check("<Up><Up><Up><Up><Up><Up>", "first|");
    check("draft<Up><Down>", "draft|");
    check("draft<C-p><C-p><C-p><C-p><C-n><C-n><C-n>", "draft|");
    check("draft<Down><C-n>", "draft|");
    check("abcd<C-j>a<C-j>abcd<Up><Up>x", "abcdx|\na\nabcd");
    check("one<C-j>two<Up><Up>", "third|");
    let mut input = Input::new(Vec::new());
    press(&mut input, "one<Enter>one<Enter> secret<Enter>/peers<Enter>");
    for expected in ["/peers|", "one|", "one|"] {
        press(&mut input, "<Up>");
        assert_eq!(shown(&input), expected);
    }
}

#[test]
fn searching() {
    check("draft<C-r>se", "|second line\nof two");
    check("draft<C-r>ir", "th|ird");
    check("draft<C-r>ir<C-r>", "f|irst");
    check("draft<C-r>ir<C-r><C-s>", "th|ird");
    check("draft<C-r>ir<C-r><C-r>", "f|irst");
    check("draft<C-r>ir<Esc>", "draft|");
    check("draft<C-r>ir<C-g>x", "draftx|");
    check("draft<C-r>irx<BS><BS><BS>", "draft|");
    check("draft<C-r>ir<Enter>", "th|ird");
    check("draft<C-r>ir<C-e>x", "thirdx|");
    check("draft<C-r>ir<Enter><Down>", "draft|");
    check("draft<C-r>ir<Enter><C-_>", "draft|");
    check("draft<C-r><Enter>", "draft|");
    check("draft<C-r>f<BS><Enter><Up>", "third|");
    let mut input = Input::new(vec!["one".to_owned()]);
    press(&mut input, "<C-r>");
    assert_eq!(hint_of(&input), "search the history: type a part of the line");
    press(&mut input, "ne");
    assert_eq!(hint_of(&input), "search `ne`: Ctrl-R older, Ctrl-S newer, Enter takes it, Esc goes back");
    press(&mut input, "<C-r>");
    assert_eq!(hint_of(&input), "search `ne`: no more lines have it");
    press(&mut input, "<Esc><C-r>zz");
    assert_eq!(hint_of(&input), "search `zz`: no line has it");
}

#[test]
fn sending() {
    submits("hi<Enter>", &["hi"], "|");
    submits("hi<C-m>", &["hi"], "|");
    submits("hi<Left><Enter>yo<Enter>", &["hi", "yo"], "|");
    submits("one<C-j>two<Enter>", &["one\ntwo"], "|");
    submits("//usr<Enter>", &["//usr"], "|");
    submits("/connect a:1<Enter>", &["/connect a:1"], "|");
    submits("/conect a:1<Enter>", &[], "/conect a:1|");
    submits("/conect<Enter><Enter>", &[], "/conect|");
    submits("  <Enter>", &[], "  |");
    submits("/a<C-j>b<Enter>", &[], "/a\nb|");
    submits("/a<C-j>b<Enter><Enter>", &["//a\nb"], "|");
    submits("/a<C-j>b<Enter>c<Enter>", &[], "/a\nbc|");
    let mut input = Input::new(Vec::new());
    press(&mut input, "/conect<Enter>");
    assert_eq!(hint_of(&input), "no command `/conect`: did you mean `/connect`? (`//` sends a slash)");
    press(&mut input, "<Left>");
    assert_eq!(hint_of(&input), "");
}

#[test]
fn what_means_nothing_here_is_handed_back() {
    let mut input = Input::new(Vec::new());
    let unused = |input: &mut Input, notation: &str| {
        assert_eq!(press(input, notation), [Asked::Unused], "of {notation}");
    };
    for notation in
        ["<C-c>", "<C-l>", "<C-z>", "<C-d>", "<Esc>", "<PgUp>", "<Enter>", "<BackTab>", "<A-q>", "<C-Enter>"]
    {
        unused(&mut input, notation);
        assert!(input.is_empty());
    }
    press(&mut input, "x<C-a>");
    unused(&mut input, "<Esc>");
    assert_eq!(press(&mut input, "<C-d><Down><Up>"), []);
}

#[test]
fn a_released_key_does_nothing() {
    let mut input = Input::new(Vec::new());
    for (kind, expected) in [(KeyEventKind::Press, "a"), (KeyEventKind::Release, "a"), (KeyEventKind::Repeat, "aa")] {
        let key =
            KeyEvent { code: KeyCode::Char('a'), modifiers: KeyModifiers::NONE, kind, state: KeyEventState::NONE };
        assert_eq!(input.key(key, &Around), None);
        assert_eq!(input.text(), expected);
    }
    let enter = KeyEvent { kind: KeyEventKind::Release, ..KeyEvent::from(KeyCode::Enter) };
    assert_eq!((input.key(enter, &Around), input.text()), (None, "aa"));
}

#[test]
fn the_external_editor() {
    let mut input = Input::new(Vec::new());
    assert_eq!(press(&mut input, "draft<C-x><C-e>"), [Asked::EditExternally("draft".to_owned())]);
    assert_eq!(input.text(), "draft");
    for (text, expected) in [("new", "new|"), ("a\r\nb\n", "a\nb\n|"), ("\x1b[2J", "[2J|"), ("", "|")] {
        input.set_text(text);
        assert_eq!(shown(&input), expected, "of {text:?}");
    }
    press(&mut input, "<C-_>");
    assert_eq!(input.text(), "[2J");
    assert_eq!(press(&mut input, "<C-x>x<C-e>"), []);
    assert_eq!(shown(&input), "[2Jx|");
}

#[test]
fn pasting() {
    let check = |before: &str, pasted: &str, draft: &str, told: &str| {
        let mut input = Input::new(Vec::new());
        press(&mut input, before);
        input.paste(pasted);
        assert_eq!((shown(&input).as_str(), hint_of(&input).as_str()), (draft, told), "of {pasted:?}");
    };
    check("", "one\rtwo\r\nthree\n", "one\ntwo\nthree\n|", "");
    check("ab<Left>", "x\ty", "ax\ty|b", "");
    check("", "a\x1b[31mb", "a[31mb|", "left out: a control character");
    check("", "", "|", "");
    check("", ":tada:", ":tada:|", "");
    let long = "x".repeat(BODY_BYTES_MAX);
    check("", &long, &format!("{long}|"), "0 bytes left");
    check("", &format!("{long}yz"), &format!("{long}|"), "left out: the last 2 bytes: there is no more room");
    submits("", &[], "|");
    let mut input = Input::new(Vec::new());
    input.paste("/quit\n");
    assert_eq!(press(&mut input, "<Enter>"), []);
    assert!(hint_of(&input).contains("Enter again sends it as text"), "{}", hint_of(&input));
    input.paste("/quit");
    assert_eq!(press(&mut input, "<Enter>"), [], "a paste is no answer");
    assert_eq!(press(&mut input, "<Enter>"), [Asked::Submit("//quit\n/quit".to_owned())]);
}

#[test]
fn the_draft_is_bounded() {
    let mut input = Input::new(Vec::new());
    let long = "x".repeat(BODY_BYTES_MAX);
    input.paste(&long);
    input.paste(&long[1..]);
    assert_eq!(press(&mut input, "a"), []);
    assert_eq!(input.text().len(), DRAFT_BYTES_MAX);
    assert_eq!(hint_of(&input), format!("{} bytes too many", BODY_BYTES_MAX));
    assert_eq!(press(&mut input, "b"), []);
    assert_eq!(hint_of(&input), format!("the draft is full: it holds {DRAFT_BYTES_MAX} bytes"));
    input.paste("c");
    assert_eq!(hint_of(&input), "left out: the last byte: there is no more room");
    assert_eq!(press(&mut input, "<Enter>"), []);
    assert_eq!(hint_of(&input), format!("too long to send: shorten it by {BODY_BYTES_MAX} bytes"));
    press(&mut input, "<C-u><C-y><C-y>");
    assert_eq!(input.text().len(), DRAFT_BYTES_MAX);
}

#[test]
fn completing() {
    check("ph<Tab>", "phil|");
    check("ph<Tab><Tab>", "phil: |");
    check("ph<Tab><Tab><Tab>", "philippa: |");
    check("ph<Tab><Tab><Tab><Tab>", "phil: |");
    check("ph<Tab><BackTab>", "philippa: |");
    check("ph<Tab><S-Tab>", "philippa: |");
    check("ph<Tab><Down><Down>", "philippa: |");
    check("ph<Tab><Tab><Esc>", "ph|");
    check("ph<Tab><Tab>hi", "phil: hi|");
    check("ph<Tab><Tab><Enter>", "phil: |");
    check("ph<Tab>i<Tab>", "philippa: |");
    check("phili<Tab>", "philippa: |");
    check("hi phili<Tab>", "hi philippa |");
    check("hi there<C-Left>phili <Left><Tab>", "hi philippa| there");
    check("zz<Tab>", "zz|");
    check("/conn<Tab>", "/connect |");
    check("/conn<Tab>10<Tab>", "/connect 10.0.0.7:55555 |");
    check("/whois tw<Tab>", "/whois \"two words\" |");
    check(":tada<Tab>", "🎉|");
    check(":tada:", "🎉|");
    check(":tada:<C-_>", ":tada:|");
    check("/connect :tada:", "/connect :tada:|");
    check("12:30:", "12:30:|");
    submits("ph<Tab><Enter>", &["phil"], "|");
    submits("phili<Tab>hi<Enter>", &["philippa: hi"], "|");
}

#[test]
fn what_is_seen_beside_the_draft() {
    let mut input = Input::new(Vec::new());
    assert_eq!(input.popup(), None);
    press(&mut input, "ph<Tab>");
    let popup = input.popup().unwrap();
    assert_eq!(popup.items.iter().map(|item| item.text.as_str()).collect::<Vec<_>>(), ["phil", "philippa"]);
    assert_eq!((popup.selected, popup.hint), (None, None));
    press(&mut input, "<Tab>");
    assert_eq!(input.popup().unwrap().selected, Some(0));
    press(&mut input, "x");
    assert_eq!(input.popup(), None);
    press(&mut input, "<C-u>/conn");
    assert_eq!(input.popup().unwrap().items[0].text, "/connect HOST:PORT");
    press(&mut input, "<Tab>");
    assert_eq!(hint_of(&input), "/connect HOST:PORT  connect to a peer, and keep at it");
    assert_eq!(press(&mut input, "<Esc>a"), []);
    assert_eq!(input.popup(), None, "closed until another command begins");
    press(&mut input, "<C-u>/conn");
    assert!(input.popup().is_some());
}

#[test]
fn rows_and_small_windows() {
    let mut input = Input::new(Vec::new());
    assert_eq!((input.height(20), input.height(0)), (1, 1));
    press(&mut input, "0123456789");
    assert_eq!(
        (input.height(20), input.height(11), input.height(10), input.height(3), input.height(1)),
        (1, 1, 2, 5, 10)
    );
    let mut buf = Buffer::empty(Rect::new(0, 0, 20, 5));
    for (width, height, expected) in
        [(20, 5, (10, 0)), (3, 2, (2, 1)), (3, 5, (2, 4)), (1, 1, (0, 0)), (0, 0, (0, 0)), (0, 3, (0, 0))]
    {
        let at = input.draw(Rect::new(0, 0, width, height), &mut buf);
        assert_eq!((at.x, at.y), expected, "{width} x {height}");
        // Keys find their rows in any window.
        press(&mut input, "<Up><Down><C-e>");
    }
    input.draw(Rect::new(0, 0, 6, 2), &mut buf);
    press(&mut input, "<Left><Left><Up>");
    assert_eq!(shown(&input), "012|3456789");
}

/// Keys and texts of all kinds, to be pressed and pasted in any order.
const ANYTHING: [&str; 44] = [
    "a",
    " ",
    ":",
    "/",
    "\"",
    "é",
    "\u{301}",
    "漢",
    "👨",
    "\u{200d}",
    "\u{1f1e9}",
    "\u{202e}",
    "ש",
    "ph",
    "/conn",
    "/whois t",
    ":tad",
    "<Tab>",
    "<Tab>",
    "<BackTab>",
    "<Esc>",
    "<Enter>",
    "<C-j>",
    "<Up>",
    "<Down>",
    "<C-p>",
    "<C-n>",
    "<C-r>",
    "<C-s>",
    "<Left>",
    "<Right>",
    "<BS>",
    "<Del>",
    "<C-w>",
    "<C-k>",
    "<C-u>",
    "<C-y>",
    "<C-t>",
    "<C-_>",
    "<A-b>",
    "<A-f>",
    "<A-d>",
    "<C-a>",
    "<C-x>",
];

#[test]
fn any_keys_in_any_order() {
    let mut seed = 0x5eed_u64;
    let mut number = |below: usize| {
        // xorshift
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed % below as u64).unwrap()
    };
    for round in 0..40 {
        let mut input = Input::new(vec!["👨\u{200d}👩 one".to_owned(), "two\nlines".to_owned()]);
        let mut pressed = String::new();
        for _ in 0..200 {
            let next = ANYTHING[number(ANYTHING.len())];
            pressed.push_str(next);
            match number(12) {
                0 => input.paste("\u{301}x\r\n\u{1f468}\x1b[2J"),
                _ => drop(press(&mut input, next)),
            }
            let cursor = input.draft.cursor();
            assert_eq!(grapheme::fit(input.text(), cursor), cursor, "round {round}: {pressed}");
            assert!(!input.text().contains(|c: char| c.is_control() && c != '\n'), "round {round}: {pressed}");
            let area = Rect::new(2, 1, u16::try_from(number(12)).unwrap(), u16::try_from(number(4)).unwrap());
            let mut buf = Buffer::empty(Rect::new(0, 0, 14, 5));
            let at = input.draw(area, &mut buf);
            assert!(area.is_empty() || area.contains(at), "round {round}: {pressed}");
            assert!(input.height(area.width) >= 1);
            let popup = input.popup().unwrap_or_default();
            assert!(popup.selected.is_none_or(|selected| selected < popup.items.len()), "round {round}: {pressed}");
        }
    }
}
