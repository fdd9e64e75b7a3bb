//! How to write the /commands, in lines.
//! Must not know what they do. Bounds: the table.

use super::{COMMANDS, Error, Kind, find};

/// What is no command, in one line.
const WORDS: &str = "everything else is said to all; `//` at the beginning says a slash";

/// Every command, a line each.
pub(super) fn all() -> Vec<String> {
    let width = COMMANDS.iter().map(|command| command.usage().len()).max().unwrap_or(0);
    COMMANDS
        .iter()
        .map(|command| format!("{:<width$}  {}", command.usage(), command.help))
        .chain([meaning(Kind::Who).unwrap_or_default().to_owned(), WORDS.to_owned()])
        .collect()
}

/// One command, and what its arguments are.
///
/// # Errors
/// There is none of that name.
pub(super) fn one(name: &str) -> Result<Vec<String>, Error> {
    let command = find(&format!("/{}", name.strip_prefix('/').unwrap_or(name)))?;
    let arguments = command.takes.iter().filter_map(|argument| meaning(argument.kind));
    Ok([format!("{}: {}", command.usage(), command.help)].into_iter().chain(arguments.map(str::to_owned)).collect())
}

/// What is to be known of such an argument, where its name does not tell.
const fn meaning(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Who => Some(
            "WHO is a nick, a name you gave, a key or the digits beside a name; one of several words stands in \"quotes\"",
        ),
        Kind::HostPort => Some("HOST:PORT is where a peer listens, for example 192.168.1.7:55555"),
        Kind::Count | Kind::Command | Kind::Path | Kind::Text => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_names_every_command() {
        let help = all();
        for command in &COMMANDS {
            assert!(help.iter().any(|line| line.starts_with(command.name) && line.ends_with(command.help)));
        }
    }

    #[test]
    fn one_is_found_with_and_without_its_slash() {
        for name in ["/connect", "connect"] {
            let lines = one(name).expect("it is there");
            assert_eq!(lines[0], "/connect HOST:PORT: connect to a peer, and keep at it");
            assert_eq!(lines.len(), 2);
        }
        let error = one("conect").expect_err("it is not").to_string();
        assert_eq!(error, "no command `/conect`: did you mean `/connect`? (`//` sends a slash)");
    }
}
