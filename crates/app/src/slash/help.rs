//! How to write the /commands, in lines. Must not know what they do. Bounds: the table.

use super::{COMMANDS, Error, find};

/// What a WHO is.
const WHO: &str =
    "WHO is a nick, a name you gave, a key or the digits beside a name; one of several words stands in \"quotes\"";
/// What is no command.
const WORDS: &str = "everything else is said to all; `//` at the beginning says a slash";

/// Every command, a line each.
pub(super) fn all() -> Vec<String> {
    let width = COMMANDS.iter().map(|command| command.usage().len()).max().unwrap_or(0);
    COMMANDS
        .iter()
        .map(|command| format!("{:<width$}  {}", command.usage(), command.help))
        .chain([WHO.to_owned(), WORDS.to_owned()])
        .collect()
}

/// One command, by its name with or without the slash.
///
/// # Errors
/// There is none of that name.
pub(super) fn one(name: &str) -> Result<Vec<String>, Error> {
    let command = find(&format!("/{}", name.trim_start_matches('/')))?;
    let who = command.arguments.contains("WHO").then(|| WHO.to_owned());
    Ok([format!("{}  {}", command.usage(), command.help)].into_iter().chain(who).collect())
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
            assert_eq!(one(name).unwrap(), ["/connect HOST:PORT  connect to a peer, and keep at it"]);
        }
        let whois = one("whois").unwrap();
        assert!(whois.len() == 2 && whois[1].starts_with("WHO is "), "{whois:?}");
        let error = one("conect").unwrap_err().to_string();
        assert_eq!(error, "no command `/conect`: did you mean `/connect`? (`//` sends a slash)");
    }
}
