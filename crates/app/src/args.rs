//! The command line: what can be said there, within which ranges, and its help.
//! Must not know what becomes of it. Bounds: the ranges stand at each option.

mod doctor;
mod environment;
mod examples;
mod file;
mod key;
mod peer;
mod value;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Arg, Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use clap_complete::Shell;

pub(crate) use doctor::{DoctorArgs, WebArgs};
pub(crate) use file::LineError;
pub(crate) use key::{ExportArgs, ImportArgs, KeyCommand, PassphraseArgs, ProtectArgs, ShowArgs, VerifyArgs};
pub(crate) use peer::PeerArgs;
use value::host_port;

/// Serverless group chat: finds its neighbours, and talks with every old whispering gopher.
///
/// Without a command it chats: what you type goes to everyone, and what others say is shown.
#[derive(Debug, Parser)]
#[command(name = "whisper", version, after_help = examples::WHISPER)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    #[command(flatten)]
    pub(crate) chat: PeerArgs,

    /// Where history and settings are kept [env: WHISPER_DATA_DIR] [default: `whispernet` in the XDG data directory, or
    /// `whispernet-2`, ... where another peer uses it]
    #[arg(long, value_name = "DIR", global = true)]
    pub(crate) data_dir: Option<PathBuf>,
}

impl Cli {
    /// What can be said.
    pub(crate) fn definition() -> clap::Command {
        environment::without_empty(Self::command())
    }

    /// What is wrong with an option in the environment, where `error` may come from there: it names the option alone.
    pub(crate) fn fault_of_environment(error: &clap::Error) -> Option<String> {
        let by_value = matches!(error.kind(), ErrorKind::InvalidValue | ErrorKind::ValueValidation);
        if by_value { environment::fault(&Self::definition()) } else { None }
    }

    /// Whether it is to be done whatever is in the config file: it tells of the program, or of what is wrong.
    pub(crate) const fn is_about_the_program(&self) -> bool {
        use Command as C;
        matches!(self.command, Some(C::Config(_) | C::Completions(_) | C::Man(_) | C::Doctor(_)))
    }

    /// Reads a command line. Before a command only `--data-dir` may stand: what else is there would be a chat's, which the command is not.
    ///
    /// # Errors
    /// It asks for what cannot be, or for help.
    pub(crate) fn read(line: impl IntoIterator<Item = impl Into<OsString> + Clone>) -> Result<Self, clap::Error> {
        let mut definition = Self::definition();
        let matches = definition.try_get_matches_from_mut(line)?;
        if let Some(command) = matches.subcommand_name() {
            let given = |arg: &&Arg| matches.value_source(arg.get_id().as_str()) == Some(ValueSource::CommandLine);
            let misplaced = definition.get_arguments().filter(|arg| !arg.is_global_set()).find(given);
            if let Some(option) = misplaced.and_then(Arg::get_long) {
                let text = format!("'--{option}' stands before '{command}': write it after");
                return Err(definition.error(ErrorKind::ArgumentConflict, text));
            }
        }
        Self::from_arg_matches(&matches)
    }
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Chat in this terminal (also without this word)
    #[command(after_help = examples::CHAT)]
    Chat(Box<PeerArgs>),
    /// Run a peer without a face on the terminal
    #[command(after_help = examples::SERVE)]
    Serve(Box<PeerArgs>),
    /// Show the key of this peer, keep it safe, or verify another one's
    #[command(subcommand, after_help = examples::KEY)]
    Key(KeyCommand),
    /// Print a config file with all that can be set, or where one is looked for
    #[command(subcommand, after_help = examples::CONFIG)]
    Config(ConfigCommand),
    /// Print what completes commands and options in a shell
    #[command(after_help = examples::COMPLETIONS)]
    Completions(CompletionsArgs),
    /// Print the manual page, or write one for each command
    #[command(after_help = examples::MAN)]
    Man(ManArgs),
    /// Look for what keeps this peer from others, and tell what to do
    #[command(after_help = examples::DOCTOR)]
    Doctor(DoctorArgs),
    #[command(flatten)]
    Client(ClientCommand),
}

/// What to print about the config file.
#[derive(Clone, Copy, Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print a config file with all that can be set, as it is without one
    #[command(after_help = examples::CONFIG_DEFAULT)]
    Default,
    /// Print where the config file is looked for
    #[command(after_help = examples::CONFIG_PATH)]
    Path,
}

/// Arguments of `completions`.
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// For which shell
    #[arg(value_name = "SHELL")]
    pub(crate) shell: Shell,
}

/// Arguments of `man`.
#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// Write a page for each command into this folder
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
}

/// What is asked of a peer that runs already.
#[derive(Debug, Subcommand)]
pub(crate) enum ClientCommand {
    /// Say something
    #[command(after_help = examples::SEND)]
    Send(SendArgs),
    /// Print what was said, oldest first
    #[command(after_help = examples::TAIL)]
    Tail(TailArgs),
    /// Print the messages whose text or nick contains something
    #[command(after_help = examples::SEARCH)]
    Search(SearchArgs),
    /// List the peers
    #[command(after_help = examples::PEERS)]
    Peers(PeersArgs),
    /// Connect to a peer, and keep at it
    #[command(after_help = examples::CONNECT)]
    Connect(AddrArgs),
    /// Cut the links with a peer, until a connect
    #[command(after_help = examples::DISCONNECT)]
    Disconnect(AddrArgs),
    /// Give an address no link any more, or hide what a person says
    #[command(after_help = examples::BLOCK)]
    Block(WhoArgs),
    /// Take a block back
    #[command(after_help = examples::UNBLOCK)]
    Unblock(WhoArgs),
    /// Print a link that opens the page of the running peer in a browser
    #[command(after_help = examples::WEB)]
    Web(WebArgs),
}

/// Arguments of `send`.
#[derive(Debug, Args)]
pub(crate) struct SendArgs {
    /// To this person alone: not possible yet, nothing is sent then
    #[arg(long, value_name = "NICK|KEY")]
    pub(crate) to: Option<String>,
    /// Send this file of up to 1 MiB, with the text if there is one
    #[arg(long, value_name = "PATH")]
    pub(crate) file: Option<PathBuf>,
    /// The text; `-` reads it from standard input, up to 1 MiB, and splits it at line ends into messages of 16 KiB
    #[arg(value_name = "TEXT", required_unless_present = "file")]
    pub(crate) text: Option<String>,
}

/// Arguments of `tail`.
#[derive(Debug, Args)]
pub(crate) struct TailArgs {
    /// Only what came after this seq
    #[arg(long, value_name = "SEQ")]
    pub(crate) since: Option<u64>,
    /// Begin with the newest N [default: 100, or all with --since]
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<u64>,
    /// Go on with what is said from then on
    #[arg(short, long)]
    pub(crate) follow: bool,
    /// One JSON event a line
    #[arg(long)]
    pub(crate) json: bool,
}

/// Arguments of `search`.
#[derive(Debug, Args)]
pub(crate) struct SearchArgs {
    /// What to look for; letters are compared without case
    #[arg(value_name = "QUERY")]
    pub(crate) query: String,
    /// One JSON event a line
    #[arg(long)]
    pub(crate) json: bool,
}

/// Arguments of `peers`.
#[derive(Debug, Args)]
pub(crate) struct PeersArgs {
    /// One JSON object a line
    #[arg(long)]
    pub(crate) json: bool,
}

/// Arguments of `connect` and `disconnect`.
#[derive(Debug, Args)]
pub(crate) struct AddrArgs {
    /// HOST:PORT, for example 192.168.1.7:55555
    #[arg(value_name = "ADDR", value_parser = host_port)]
    pub(crate) addr: String,
}

/// Arguments of `block` and `unblock`.
#[derive(Debug, Args)]
pub(crate) struct WhoArgs {
    /// IP or IP:PORT; else a nick that was seen, a name you gave, or a key
    #[arg(value_name = "WHO")]
    pub(crate) who: String,
}

/// What is wrong with a command line, without the page that clap makes of it.
pub(crate) fn in_one_line(error: &clap::Error) -> String {
    let page = error.to_string();
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return without_subcommand(&page);
    }
    let page = page.strip_prefix("error: ").unwrap_or(&page);
    let is_news = |part: &&str| !part.starts_with("Usage:") && !part.starts_with("For more information");
    let joined = |part: &str| part.split_whitespace().collect::<Vec<_>>().join(" ");
    page.split("\n\n").filter(is_news).map(joined).chain(["see --help".to_owned()]).collect::<Vec<_>>().join("; ")
}

/// The same for a command that needs another one after it, of which clap gives the whole help.
fn without_subcommand(page: &str) -> String {
    let usage = page.lines().find_map(|line| line.strip_prefix("Usage: ")).unwrap_or_default();
    let command = usage.split(" [").next().unwrap_or_default().trim_end_matches(" <COMMAND>");
    let names = page.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    // Further lines of what one does stand further in.
    let names = names.filter_map(|line| line.strip_prefix("  ").filter(|line| !line.starts_with(' ')));
    let names = names.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help");
    format!("'{command}' needs one of these after it: {}; see --help", names.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
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
}
