//! Options in the environment: what is empty there counts as absent, and what does not fit is told by its own name.
//! Must not know what an option means. Bounds: one variable an option.

use std::env;

use clap::{Arg, ArgAction, Command};

/// The name of no variable: what has one cannot be made to have none again.
const NO_VARIABLE: &str = "";

/// The definition without the variables that are empty.
pub(super) fn without_empty(definition: Command) -> Command {
    let heed = |arg: Arg| {
        let empty = arg.get_env().and_then(env::var_os).is_some_and(|value| value.is_empty());
        if empty { arg.env(NO_VARIABLE) } else { arg }
    };
    definition.mut_args(heed).mut_subcommands(move |command| command.mut_args(heed))
}

/// What is wrong with the first variable whose value its option does not take.
pub(super) fn fault(definition: &Command) -> Option<String> {
    definition.get_arguments().find_map(|arg| {
        let name = arg.get_env().filter(|_| !matches!(arg.get_action(), ArgAction::SetTrue))?;
        let (value, option) = (env::var_os(name)?, arg.get_long()?);
        let line = format!("--{option}={}", value.to_string_lossy());
        let alone = Command::new("option").no_binary_name(true).arg(arg.clone().env(NO_VARIABLE));
        let error = alone.try_get_matches_from([line]).err()?;
        Some(format!("{}: {}", name.to_string_lossy(), super::in_one_line(&error)))
    })
}
