//! A command line over a config file: what the line and the environment leave open, the file says, by the same options.
//! Must not know what any option means. Bounds: those of the file.

use std::ffi::OsString;

use clap::parser::ValueSource;
use clap::{ArgMatches, FromArgMatches as _};

use super::{Cli, in_one_line};
use crate::paths;
use crate::settings::{Setting, Settings, SettingsError};

const DATA_DIR: &str = "data-dir";
/// The commands that start a peer: what else is asked heeds the data directory alone.
const PEERS: [&str; 2] = ["chat", "serve"];

/// Why a command line is not carried out.
#[derive(Debug)]
pub(crate) enum LineError {
    /// It asks for what cannot be, or for help.
    Line(clap::Error),
    /// The config file does.
    File(SettingsError),
}

impl Cli {
    /// The keys of the config file: the options of a peer.
    pub(crate) fn keys() -> Vec<String> {
        let mut command = Self::definition();
        command.build();
        let longs = command.get_arguments().filter_map(|argument| argument.get_long().map(str::to_owned));
        longs.filter(|long| !["help", "version"].contains(&long.as_str())).collect()
    }

    /// Reads a command line, and for what it leaves open `settings`.
    ///
    /// # Errors
    /// Either is wrong, or the line asks for help.
    pub(crate) fn read_over(line: &[OsString], settings: &Settings) -> Result<Self, LineError> {
        Self::read(line).map_err(LineError::Line)?;
        let matches = Self::definition().try_get_matches_from(line).map_err(LineError::Line)?;
        let peer = matches.subcommand_name().is_none_or(|name| PEERS.contains(&name));
        let inner = matches.subcommand().filter(|_| peer).map_or(&matches, |(_, inner)| inner);
        let mut words = Vec::new();
        let heeded = settings.options.iter().filter(|setting| peer || setting.key == DATA_DIR);
        for setting in heeded {
            let more = as_words(setting);
            // What does not count today is a mistake all the same.
            check(&more).map_err(|what| LineError::File(settings.wrong(setting, &as_key(&what, &setting.key))))?;
            if !is_given(setting, inner) {
                words.extend(more);
            }
        }
        let mut line = line.to_vec();
        // A peer's options may stand at the end; what another command takes may begin with a dash there.
        let at = if peer { line.len() } else { 1.min(line.len()) };
        line.splice(at..at, words);
        let matches = Self::definition().try_get_matches_from(line).map_err(LineError::Line)?;
        Self::from_arg_matches(&matches).map_err(LineError::Line)
    }
}

/// Whether the command line or the environment says it.
fn is_given(setting: &Setting, matches: &ArgMatches) -> bool {
    if setting.key == DATA_DIR && paths::is_named_by_environment() {
        return true;
    }
    let id = if setting.key == "peer" { "peers".to_owned() } else { setting.key.replace('-', "_") };
    matches!(matches.value_source(&id), Some(ValueSource::CommandLine | ValueSource::EnvVariable))
}

fn as_words(setting: &Setting) -> Vec<OsString> {
    let words = setting.values.iter().map(|value| match value {
        Some(value) => format!("--{}={value}", setting.key),
        None => format!("--{}", setting.key),
    });
    words.map(OsString::from).collect()
}

/// Whether a command line may have these options; else why not.
fn check(words: &[OsString]) -> Result<(), String> {
    let line = [OsString::from("whisper")].into_iter().chain(words.iter().cloned());
    match Cli::definition().try_get_matches_from(line) {
        Ok(_) => Ok(()),
        Err(error) => Err(in_one_line(&error).trim_end_matches("; see --help").to_owned()),
    }
}

/// The same words about the key of a file instead of the option.
fn as_key(what: &str, key: &str) -> String {
    let quoted = format!("'--{key}");
    let Some((before, option)) = what.split_once(&quoted) else { return what.to_owned() };
    let after = option.split_once('\'').map_or("", |(_, after)| after);
    format!("{before}`{key}`{after}")
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use whispernet_node::config::DataDir;

    use super::super::Command;
    use super::*;
    use crate::settings::{DEFAULT, Ui};

    fn over(line: &str, text: &str) -> Result<Cli, String> {
        let settings = Settings::read(Path::new("c.toml"), text, &Cli::keys()).map_err(|error| error.to_string())?;
        let line = ["whisper"].into_iter().chain(line.split_whitespace()).map(OsString::from).collect::<Vec<_>>();
        Cli::read_over(&line, &settings).map_err(|error| match error {
            LineError::Line(error) => in_one_line(&error),
            LineError::File(error) => error.to_string(),
        })
    }

    fn config(line: &str, text: &str) -> whispernet_node::config::Config {
        let cli = over(line, text).unwrap();
        let args = match cli.command {
            None => cli.chat,
            Some(Command::Chat(args) | Command::Serve(args)) => *args,
            Some(command) => panic!("{command:?}"),
        };
        args.config(DataDir::Exactly(PathBuf::new()))
    }

    #[test]
    fn the_line_comes_before_the_file() {
        let text = "nick = \"file\"\nbacklog = 7\npeer = [\"a:1\", \"b:2\"]\nhistory = false\ndiscovery = \"off\"";
        for word in ["", "chat", "serve"] {
            let config = config(word, text);
            assert_eq!((config.nick.as_deref(), config.backlog, config.history), (Some("file"), 7, false));
            assert_eq!((config.peers, config.discovery), (vec!["a:1".to_owned(), "b:2".to_owned()], None));
        }
        let config = config("serve --nick line --peer c:3 --backlog 50", text);
        assert_eq!((config.nick.as_deref(), config.backlog, config.peers), (Some("line"), 50, vec!["c:3".to_owned()]));
        assert!(over("--json", "plain = true").unwrap().chat.plain);
    }

    #[test]
    fn other_commands_take_the_data_directory_alone() {
        let text = "nick = \"file\"\ndata-dir = \"d\"";
        for line in ["send hi", "tail --follow", "send -- -x", "peers"] {
            assert_eq!(over(line, text).unwrap().data_dir, Some(PathBuf::from("d")), "{line}");
        }
        assert_eq!(over("tail --data-dir e", text).unwrap().data_dir, Some(PathBuf::from("e")));
    }

    #[test]
    fn a_wrong_value_is_told_with_its_place() {
        for (text, begins) in [
            ("\nport = 70000", "c.toml, line 2: invalid value '70000' for `port`: write a number"),
            ("backlog = 1001", "c.toml, line 1: invalid value '1001' for `backlog`"),
            ("id = \"x\"", "c.toml, line 1: invalid value 'x' for `id`"),
            ("nick = [\"a\", \"b\"]", "c.toml, line 1: the argument `nick` cannot"),
            ("discovery = true", "c.toml, line 1: invalid value 'on' for `discovery`"),
            ("nik = 1", "c.toml, line 1: there is no `nik`: did you mean `nick`?"),
        ] {
            let error = over("", text).unwrap_err();
            assert!(error.starts_with(begins) && !error.contains('\n'), "{error}");
        }
        let error = over("--port 5", "port = 70000").unwrap_err();
        assert!(error.contains("'70000'"), "what the line says instead does not make it right: {error}");
    }

    #[test]
    fn the_default_file_says_what_holds_without_one() {
        assert_eq!(format!("{:?}", config("", DEFAULT)), format!("{:?}", config("", "")));
        assert_eq!(Settings::read(Path::new(""), DEFAULT, &Cli::keys()).unwrap().ui, Ui::default());
        // Each key is in it, and each that is commented out is one, too.
        let all = DEFAULT.lines().map(|line| line.strip_prefix("# ").filter(|line| is_setting(line)).unwrap_or(line));
        let all = all.collect::<Vec<_>>().join("\n");
        let settings = Settings::read(Path::new(""), &all, &Cli::keys()).unwrap();
        let mut found = settings.options.into_iter().map(|setting| setting.key).collect::<Vec<_>>();
        let mut keys = Cli::keys();
        found.sort_unstable();
        keys.sort_unstable();
        assert_eq!(found, keys);
    }

    /// `key = value`, and no sentence.
    fn is_setting(line: &str) -> bool {
        line.split_once(" = ").is_some_and(|(key, _)| key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'))
    }
}
