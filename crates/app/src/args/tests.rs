//! What lines ask for, and which cannot be. Must not know how a line is carried out. Bounds: none.

use std::net::{IpAddr, Ipv4Addr};

use whispernet_node::config::{Config, DataDir, IdKind};

use super::peer::HTTP_DEFAULT;
use super::*;

fn parse(line: &str) -> Result<Cli, clap::Error> {
    Cli::read(["whisper"].into_iter().chain(line.split_whitespace()))
}

/// The options of a chat as the line gives them, and what a peer is started with.
fn chat(line: &str) -> (PeerArgs, Config) {
    let cli = parse(line).unwrap_or_else(|error| panic!("{line:?}: {error}"));
    let args = match cli.command {
        None => cli.chat,
        Some(Command::Chat(args) | Command::Serve(args)) => *args,
        Some(command) => panic!("{line:?} is {command:?}"),
    };
    let config = args.config(DataDir::Exactly(PathBuf::new()));
    (args, config)
}

#[test]
fn the_definition_holds_together() {
    Cli::command().debug_assert();
}

#[test]
fn without_options_the_defaults_hold() {
    for line in ["", "chat", "serve"] {
        let (args, config) = chat(line);
        assert_eq!(args.http(), Some((HTTP_DEFAULT, false)));
        assert!(!args.plain && !args.json);
        assert_eq!((config.peers.len(), config.port, config.bind, config.advertise), (0, None, None, None));
        assert_eq!((config.nick, config.discovery, config.id), (None, Some(5555), IdKind::Signed));
        assert_eq!((config.inbound_max, config.history, config.backlog, config.flood_limit), (256, true, 50, true));
    }
}

#[test]
fn options_work_with_and_without_the_word() {
    let options = "--peer a:1 --peer [::1]:2 --port 0 --bind 127.0.0.1 --advertise 10.0.0.1:7 --nick phil \
        --http off --discovery off --id hash --inbound-max 10000 --history off --backlog 0 --flood-limit off \
        --plain --json";
    for word in ["", "chat ", "serve "] {
        let (args, config) = chat(&format!("{word}{options}"));
        assert_eq!(args.http(), None);
        assert!(args.plain && args.json);
        assert_eq!(config.peers, ["a:1", "[::1]:2"]);
        assert_eq!((config.port, config.bind), (Some(0), Some(IpAddr::V4(Ipv4Addr::LOCALHOST))));
        assert_eq!(config.advertise, Some("10.0.0.1:7".parse().unwrap()));
        assert_eq!((config.nick.as_deref(), config.discovery, config.id), (Some("phil"), None, IdKind::Hash));
        assert_eq!((config.inbound_max, config.history), (10_000, false));
        assert_eq!((config.backlog, config.flood_limit), (0, false));
    }
}

#[test]
fn one_option_at_a_time() {
    let http = |line: &str| chat(line).0.http();
    assert_eq!(http("--http 9000"), Some(("127.0.0.1:9000".parse().unwrap(), true)));
    assert_eq!(http("--http [::1]:0"), Some(("[::1]:0".parse().unwrap(), true)));
    assert_eq!(chat("--discovery 65535").1.discovery, Some(65_535));
    assert_eq!(chat("--backlog 1000").1.backlog, 1_000);
    assert_eq!(chat("--inbound-max 1").1.inbound_max, 1);
    for (kind, id) in [("signed", IdKind::Signed), ("hash", IdKind::Hash), ("random", IdKind::Random)] {
        assert_eq!(chat(&format!("--id {kind}")).1.id, id);
    }
}

#[test]
fn the_data_directory_goes_with_every_command() {
    let peers = ["", "chat", "serve", "send hi", "tail", "search x", "peers", "connect a:1", "disconnect a:1"];
    for word in peers.into_iter().chain(["key show", "key import f", "key protect", "key verify bob 1"]) {
        for line in [format!("{word} --data-dir d"), format!("--data-dir d {word}")] {
            assert_eq!(parse(&line).unwrap().data_dir, Some(PathBuf::from("d")), "of {line:?}");
        }
    }
}

#[test]
fn commands_to_a_running_peer() {
    let check = |line: &str, debug: &str| match parse(line) {
        Ok(Cli { command: Some(Command::Client(command)), .. }) => assert_eq!(format!("{command:?}"), debug),
        other => panic!("{line:?} is {other:?}"),
    };
    check("send -", r#"Send(SendArgs { to: None, file: None, text: Some("-") })"#);
    check("send -- -x", r#"Send(SendArgs { to: None, file: None, text: Some("-x") })"#);
    check("send --file a", r#"Send(SendArgs { to: None, file: Some("a"), text: None })"#);
    check("send --to bob --file a -", r#"Send(SendArgs { to: Some("bob"), file: Some("a"), text: Some("-") })"#);
    check("tail", "Tail(TailArgs { since: None, limit: None, follow: false, json: false })");
    check(
        "tail --since 0 --limit 3 -f --json",
        "Tail(TailArgs { since: Some(0), limit: Some(3), follow: true, json: true })",
    );
    check("search x", r#"Search(SearchArgs { query: "x", json: false })"#);
    check("search --json x", r#"Search(SearchArgs { query: "x", json: true })"#);
    check("peers", "Peers(PeersArgs { json: false })");
    check("peers --json", "Peers(PeersArgs { json: true })");
    check("connect a:1", r#"Connect(AddrArgs { addr: "a:1" })"#);
    check("disconnect a:1", r#"Disconnect(AddrArgs { addr: "a:1" })"#);
    check("block 10.0.0.7", r#"Block(WhoArgs { who: "10.0.0.7" })"#);
    check("unblock 10.0.0.7:1", r#"Unblock(WhoArgs { who: "10.0.0.7:1" })"#);
}

#[test]
fn a_mistake_is_one_line() {
    let check = |line: &str, told: &str| assert_eq!(in_one_line(&parse(line).map(drop).unwrap_err()), told);
    check("--backlog 1001", "invalid value '1001' for '--backlog <N>': write a number from 0 to 1000; see --help");
    check(
        "--bakclog 1",
        "unexpected argument '--bakclog' found; tip: a similar argument exists: '--backlog'; see --help",
    );
    check("--port x", "invalid value 'x' for '--port <N>': write a number from 0 to 65535; see --help");
    check("config", "'whisper config' needs one of these after it: default, path; see --help");
    check("send", "the following required arguments were not provided: <TEXT>; see --help");
    check("--plain --port 0 tail", "'--port' stands before 'tail': write it after; see --help");
    check("--history x", "invalid value 'x' for '--history <on|off>' [possible values: on, off]; see --help");
}

#[test]
fn what_cannot_be_is_usage() {
    for line in [
        "--inbound-max 0",
        "--inbound-max 10001",
        "--backlog 1001",
        "--backlog -1",
        "--port 65536",
        "--bind localhost",
        "--advertise 10.0.0.1",
        "--http here",
        "--http 70000",
        "--discovery 0",
        "--discovery no",
        "--history maybe",
        "--flood-limit on",
        "--id none",
        "--peer host",
        "--peer host:0",
        "--peer host:65536",
        "--peer :1",
        "--peer ::1:1",
        "--unknown",
        "--port 0 serve",
        "--port 0 tail",
        "send",
        "send --to bob",
        "search",
        "connect",
        "connect host",
        "block",
        "key verify",
        "nonsense",
    ] {
        let error = parse(line).map(drop).unwrap_err();
        assert_eq!(error.exit_code(), 2, "of {line:?}");
    }
}

#[test]
fn every_command_has_examples_of_itself() {
    fn check(command: &clap::Command, path: &str) {
        let help = command.get_after_help().unwrap_or_else(|| panic!("{path} has no examples")).to_string();
        let examples = help.strip_prefix("Examples:\n").unwrap_or_else(|| panic!("{path}: {help}"));
        let own = examples.lines().take_while(|line| !line.is_empty()).any(|line| line.contains(path));
        assert!(own, "{path} is not among its examples");
        for inner in command.get_subcommands().filter(|inner| inner.get_name() != "help") {
            check(inner, &format!("{path} {}", inner.get_name()));
        }
    }
    check(&Cli::command(), "whisper");
}
