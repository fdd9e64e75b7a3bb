use super::*;

fn shell(script: &str) -> Terminal {
    let mut command = Command::new("sh");
    command.args(["-c", script]);
    Terminal::spawn(&command, 40, 6).unwrap()
}

#[test]
fn shows_what_is_typed_and_pasted() {
    let mut cat = Terminal::spawn(&Command::new("cat"), 40, 6).unwrap();
    cat.keys("hello <lt>you><Enter>").unwrap();
    cat.wait_for("both lines", |screen| screen.matches("hello <you>").count() == 2).unwrap();
    cat.paste("pasted\n").unwrap();
    cat.wait_for("both lines", |screen| screen.matches("pasted").count() == 2).unwrap();
    assert_eq!(cat.screen(), "hello <you>\nhello <you>\npasted\npasted\n\n");
    assert_eq!(cat.cursor(), Some((0, 4)));
    assert!(cat.raw().ends_with(b"pasted\r\npasted\r\n"), "{:?}", cat.raw());
    cat.keys("<C-d>").unwrap();
    assert!(cat.exit().unwrap().success());
    assert!(cat.is_whole().unwrap());
}

#[test]
fn the_environment_is_clean() {
    let mut command = Command::new("sh");
    command.args(["-c", "env | sort; echo end"]).env("NO_COLOR", "1").env("LANG", "C");
    let terminal = Terminal::spawn(&command, 200, 30).unwrap();
    terminal.wait_for_text("end").unwrap();
    let screen = terminal.screen();
    let names: Vec<&str> = screen.lines().filter_map(|line| Some(line.split_once('=')?.0)).collect();
    let expected = [
        "HOME",
        "LANG",
        "NO_COLOR",
        "OLDPWD",
        "PATH",
        "PWD",
        "SHLVL",
        "TERM",
        "TZ",
        "XDG_CACHE_HOME",
        "XDG_CONFIG_HOME",
        "XDG_DATA_HOME",
        "XDG_RUNTIME_DIR",
        "XDG_STATE_HOME",
        "_",
    ];
    assert!(names.iter().all(|name| expected.contains(name)), "{names:?}");
    assert!(screen.contains("LANG=C\n") && screen.contains("TERM=xterm-256color"), "{screen}");
}

#[test]
fn a_program_learns_of_a_new_size() {
    let mut terminal = shell("trap 'stty size; exit 7' WINCH; stty size; while :; do read line; done");
    terminal.wait_for_text("6 40").unwrap();
    terminal.resize(60, 9).unwrap();
    terminal.wait_for_text("9 60").unwrap();
    assert_eq!(terminal.exit().unwrap().code(), Some(7));
}

#[test]
fn what_is_asked_is_answered() {
    let script = "stty raw -echo min 10 time 0; printf '\\033[c'; head -c 9 | od -An -c; stty sane; echo done";
    let terminal = shell(script);
    terminal.wait_for_text("done").unwrap();
    assert!(terminal.screen().contains("033   [   ?   6   2   ;   2   2   c"), "{}", terminal.framed());
}

#[test]
fn a_terminal_left_in_disorder_is_told_from_a_whole_one() {
    for (script, is_whole) in [
        ("echo", true),
        ("stty raw", false),
        ("stty -echo", false),
        ("printf '\\033[?1049h'", false),
        ("printf '\\033[?1049h\\033[?1049l'", true),
        ("printf '\\033[?25l'", false),
        ("printf '\\033[?2004h'", false),
        ("printf '\\033[?1004h'", false),
        ("printf '\\033[?1000h'", false),
    ] {
        let mut terminal = shell(script);
        assert!(terminal.exit().unwrap().success());
        assert_eq!(terminal.is_whole().unwrap(), is_whole, "{script}");
    }
}

#[test]
fn a_wait_for_nothing_tells_the_screen() {
    let mut terminal = shell("echo over");
    let error = terminal.wait_for_text("never").unwrap_err().to_string();
    assert_eq!(error, "no \"never\", the program has ended:\n+---\n| over\n| \n| \n| \n| \n+---");
    assert!(terminal.exit().unwrap().success());
    assert!(terminal.keys("<Nokey>").is_err());
}

#[test]
fn signals_reach_it() {
    let mut terminal = shell("trap 'echo told; exit 3' TERM; echo ready; while :; do read line; done");
    terminal.wait_for_text("ready").unwrap();
    terminal.signal(Signal::TERM).unwrap();
    terminal.wait_for_text("told").unwrap();
    assert_eq!(terminal.exit().unwrap().code(), Some(3));
}
