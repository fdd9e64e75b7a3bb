//! Completion by tables: what stands before the cursor, and what it can become.

use std::fs;
use std::path::{Path, PathBuf};

use super::*;

/// People, peers and a home to complete.
struct Around {
    nicks: Vec<&'static str>,
    home: PathBuf,
}

impl Lookup for Around {
    fn nicks(&self) -> Vec<String> {
        self.nicks.iter().map(|nick| (*nick).to_owned()).collect()
    }

    fn persons(&self) -> Vec<String> {
        self.nicks()
    }

    fn peers(&self) -> Vec<String> {
        ["10.0.0.7:55555", "10.0.0.8:55555", "[fe80::1]:55555"].map(str::to_owned).into()
    }

    fn files(&self) -> Vec<String> {
        ["sun.png", "my cat.gif", "es\u{1b}cape"].map(str::to_owned).into()
    }

    fn home(&self) -> Option<PathBuf> {
        Some(self.home.clone())
    }
}

fn around(home: &Path) -> Around {
    let nicks = vec![
        "phil",
        "Anna",
        "philippa",
        "two words",
        "two wheels",
        "anna",
        "x\u{202e}y",
        "say \"hi\"",
        "/quit",
        "",
        "phil",
        "üwe",
    ];
    Around { nicks, home: home.to_owned() }
}

/// What `left` can become, with `|` between, and behind `=>` what all have in common.
#[track_caller]
fn check_line(around: &Around, left: &str, expected: &str) {
    let found = complete(left, around).map_or_else(String::new, |found| {
        let all = found.candidates.iter().map(|each| format!("{}{}", &left[..found.start], each.inserted));
        let common = found.common.map_or_else(String::new, |common| format!(" => {}{common}", &left[..found.start]));
        format!("{}{common}", all.collect::<Vec<_>>().join("|"))
    });
    assert_eq!(found, expected, "of {left:?}");
}

#[test]
fn nicks_whoever_spoke_last_first() {
    let around = around(Path::new("/"));
    let check = |left: &str, expected: &str| check_line(&around, left, expected);
    check("ph", "phil: |philippa:  => phil");
    check("PHIL", "phil: |philippa: ");
    check("phili", "philippa:  => philippa");
    check("hi ph", "hi phil |hi philippa  => hi phil");
    check("one\nphili", "one\nphilippa:  => one\nphilippa");
    check("an", "Anna: |anna:  => Anna");
    check("Ü", "üwe:  => üwe");
    check("two", "two words: |two wheels:  => two w");
    check("hi two wo", "hi two words  => hi two words");
    check("x", "x\\u{202e}y:  => x\\u{202e}y");
    check("hi /q", "hi /quit  => hi /quit");
    check("/me and phili", "/me and philippa  => /me and philippa");
    check("nobody", "");
    assert_eq!(complete("", &around).unwrap().candidates.len(), 9, "all but the empty one, the second phil, and /quit");
    assert_eq!(complete("hi ", &around).unwrap().candidates.len(), 10);
}

#[test]
fn commands_by_name() {
    let around = around(Path::new("/"));
    let check = |left: &str, expected: &str| check_line(&around, left, expected);
    check("/conn", "/connect  => /connect");
    check("/bloc", "/block |/blocks  => /block");
    check("/block", "/block |/blocks ");
    check("/nothing", "");
    check("//conn", "");
    check(" /conn", "");
}

#[test]
fn arguments_by_what_they_are() {
    let around = around(Path::new("/"));
    let check = |left: &str, expected: &str| check_line(&around, left, expected);
    check("/whois phili", "/whois philippa  => /whois philippa");
    check("/whois an", "/whois Anna |/whois anna  => /whois Anna");
    check("/whois two", "/whois \"two words\" |/whois \"two wheels\"  => /whois \"two w");
    check("/whois \"two wo", "/whois \"two words\"  => /whois \"two words");
    check("/whois \"phili", "/whois \"philippa\"  => /whois \"philippa");
    check("/whois \"phil\"", "");
    check("/whois x", "");
    check("/whois say", "");
    check("/whois phil ", "");
    check("/rename \"two words\" phili", "/rename \"two words\" philippa  => /rename \"two words\" philippa");
    check("/connect 10.0.0.8", "/connect 10.0.0.8:55555  => /connect 10.0.0.8:55555");
    check("/connect ", "/connect 10.0.0.7:55555 |/connect 10.0.0.8:55555 |/connect [fe80::1]:55555 ");
    check("/connect phil", "");
    check("/whois\nphili", "/whois\nphilippa:  => /whois\nphilippa");
    check("/peers phili", "");
    check("/verify phil phili", "/verify phil philippa  => /verify phil philippa");
}

#[test]
fn emoji_by_shortcode() {
    let around = around(Path::new("/"));
    let first = |left: &str| complete(left, &around).map(|found| (found.start, found.candidates[0].inserted.clone()));
    let check = |left: &str, expected: Option<(usize, &str)>| {
        assert_eq!(first(left), expected.map(|(start, emoji)| (start, emoji.to_owned())), "of {left:?}");
    };
    check(":smi", Some((0, "😄")));
    check("hi :smile", Some((3, "😄")));
    check("(:tada", Some((1, "🎉")));
    check("/me :tada", Some((4, "🎉")));
    check(":", None);
    check("12:30", None);
    check("http://host:80", None);
    check("http://host/(:smi", None);
    check("/connect :smi", None);
    let all = complete(":s", &around).unwrap();
    assert_eq!(all.candidates.len(), CANDIDATES_MAX);
    assert!(emoji::complete(":smi").unwrap().common.is_none());
    assert_eq!(emoji::complete(":heart_ey").unwrap().common.as_deref(), Some(":heart_eyes"));

    let check = |left: &str, expected| assert_eq!(closed(left), expected, "of {left:?}");
    check(":tada:", Some((0, "🎉")));
    check("so :+1:", Some((3, "👍")));
    check("🎉:tada:", Some((4, "🎉")));
    check("x:tada:", None);
    check("12:100:", None);
    check(" :nothing:", None);
    check("::", None);
    check("http://host/(:tada:", None);
    check("/tada:tada:", None);
    check(":tada", None);
    assert!(is_literal("/connect :tada:") && is_literal("/whois :tada:"));
    assert!(!is_literal("/me :tada:") && !is_literal(":tada:"));
}

/// What a path in `left` can become, and what all have in common.
fn paths(left: &str, home: &Path) -> (Vec<String>, Option<String>) {
    path::complete(0, left, Some(home.to_owned())).map_or_else(Default::default, |found| {
        (found.candidates.into_iter().map(|each| each.inserted).collect(), found.common)
    })
}

#[test]
fn paths_from_their_folder() {
    let home = tempfile::tempdir().unwrap();
    for file in ["cat.gif", "Cat.png", "car", ".hidden", "my file", "es\u{1b}cape", "~"] {
        fs::write(home.path().join(file), "").unwrap();
    }
    fs::create_dir(home.path().join("pictures")).unwrap();
    fs::write(home.path().join("pictures/sun.png"), "").unwrap();
    let check = |left: &str, expected: &[&str], common: Option<&str>| {
        let found = paths(left, home.path());
        let found = (found.0.iter().map(String::as_str).collect::<Vec<_>>(), found.1.as_deref());
        assert_eq!(found, (expected.into(), common), "of {left:?}");
    };
    check("~/ca", &["~/car ", "~/cat.gif "], None);
    check("~/c", &["~/car ", "~/cat.gif "], Some("~/ca"));
    check("~/cat", &["~/cat.gif "], Some("~/cat.gif"));
    check("~/C", &["~/Cat.png "], Some("~/Cat.png"));
    check("~/pic", &["~/pictures/"], Some("~/pictures"));
    check("~/pictures/", &["~/pictures/sun.png "], Some("~/pictures/sun.png"));
    check("~/.", &["~/.hidden "], Some("~/.hidden"));
    check("~/my", &["~/my\\ file "], Some("~/my\\ file"));
    check("~/my\\ f", &["~/my\\ file "], Some("~/my\\ file"));
    check("\"~/my", &[], None);
    check("~/es", &[], None);
    check("~/nothing/x", &[], None);
    check("~", &["~/Cat.png ", "~/car ", "~/cat.gif ", "~/my\\ file ", "~/pictures/", "~/~ "], Some("~/"));
    let here = home.path().display();
    check(&format!("{here}/my"), &[&format!("{here}/my\\ file ")], Some(&format!("{here}/my\\ file")));
    check(&format!("\"{here}/my fi"), &[&format!("{here}/my\\ file ")], Some(&format!("{here}/my\\ file")));
    assert!(path::complete(0, "~/", None).is_none());

    let around = around(home.path());
    check_line(&around, "/send ~/pictures/s", "/send ~/pictures/sun.png  => /send ~/pictures/sun.png");
    check_line(&around, "/send ~/my\\ file phili", "/send ~/my\\ file philippa  => /send ~/my\\ file philippa");
    check_line(&around, "/save sun.png ~/pic", "/save sun.png ~/pictures/ => /save sun.png ~/pictures");
    check_line(&around, "/save 'a b' ~/pic", "/save 'a b' ~/pictures/ => /save 'a b' ~/pictures");
    check_line(&around, "/save my", "/save my\\ cat.gif  => /save my\\ cat.gif");
}

#[test]
fn a_large_folder_is_bounded() {
    let home = tempfile::tempdir().unwrap();
    for number in 0..=CANDIDATES_MAX {
        fs::write(home.path().join(format!("{number:04}")), "").unwrap();
    }
    let (found, common) = paths("~/", home.path());
    assert_eq!((found.len(), found[0].as_str(), common.as_deref()), (CANDIDATES_MAX, "~/0000 ", Some("~/0")));
}

#[test]
fn a_command_explains_itself() {
    let names = |text: &str| {
        let (items, explained) = live(text, text);
        (items.into_iter().map(|item| format!("{}: {}", item.text, item.help)).collect::<Vec<_>>(), explained)
    };
    assert_eq!(names("/conn").0, ["/connect HOST:PORT: connect to a peer, and keep at it"]);
    let connect = Some("/connect HOST:PORT  connect to a peer, and keep at it".to_owned());
    for text in ["/connect", "/connect ", "/connect a:1"] {
        assert_eq!(names(text), (vec![], connect.clone()), "of {text:?}");
    }
    assert_eq!(names("/").0.len(), crate::slash::COMMANDS.len());
    for text in ["", "//", "//connect", "hi /connect", "/nothing", "/nothing at all", "/connect\n", "/connect a\nb"] {
        assert_eq!(names(text), (vec![], None), "of {text:?}");
    }
}
