//! The text of a config file, taken apart: options as the command line would have them, and the table `[ui]`.
//! Must not know which options there are: it is told. Bounds: the text it is given.

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use super::{SettingsError, Ui};
use crate::nearest::nearest;

/// What the config file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Settings {
    /// Where it is; `None`: there is none.
    pub(crate) path: Option<PathBuf>,
    /// Its options, in their order.
    pub(crate) options: Vec<Setting>,
    /// The table `[ui]`.
    pub(crate) ui: Ui,
}

/// An option with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Setting {
    /// As the option is called.
    pub(crate) key: String,
    /// What would stand after it, once for each time that it would be given; a switch has none.
    pub(crate) values: Vec<Option<String>>,
    /// Where it stands in the file, from 1.
    pub(crate) line: usize,
}

/// The switches: they have no value on the command line.
const SWITCHES: [&str; 2] = ["plain", "json"];
const UI: &str = "ui";
const UI_KEYS: [&str; 6] = ["notify", "notify-for", "pictures", "links", "side", "colors"];

impl Settings {
    /// Takes the text of the file at `path` apart. `options`: the keys that it may hold beside `[ui]`.
    ///
    /// # Errors
    /// `Wrong`.
    pub(crate) fn read(path: &Path, text: &str, options: &[String]) -> Result<Self, SettingsError> {
        let wrong =
            |at: usize, what: String| SettingsError::Wrong { path: path.to_owned(), line: line(text, at), what };
        let table = DeTable::parse(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            wrong(at, format!("this is no TOML: {}", error.message().replace('\n', "; ")))
        })?;
        let mut settings = Self { path: Some(path.to_owned()), ..Self::default() };
        for (key, value) in table.into_inner() {
            let at = key.span().start;
            let key = key.into_inner();
            if key == UI {
                settings.ui = read_ui(value).map_err(|(at, what)| wrong(at, what))?;
            } else if options.iter().any(|option| *option == key) {
                let values = values(&key, value.get_ref()).map_err(|what| wrong(at, what))?;
                settings.options.push(Setting { key: key.into_owned(), values, line: line(text, at) });
            } else {
                let known = options.iter().map(String::as_str).chain([UI]);
                return Err(wrong(at, unknown(&key, known)));
            }
        }
        Ok(settings)
    }
}

impl Settings {
    /// That this setting is wrong.
    pub(crate) fn wrong(&self, setting: &Setting, what: &str) -> SettingsError {
        let path = self.path.clone().unwrap_or_default();
        SettingsError::Wrong { path, line: setting.line, what: what.to_owned() }
    }
}

/// What would stand after the option `key`.
fn values(key: &str, value: &DeValue<'_>) -> Result<Vec<Option<String>>, String> {
    let one = |value: &DeValue<'_>| match value {
        DeValue::String(text) => Ok(Some(text.to_string())),
        DeValue::Integer(number) => Ok(Some(number.to_string())),
        DeValue::Boolean(on) => Ok(Some(if *on { "on" } else { "off" }.to_owned())),
        _ => Err(format!("`{key}` takes a text, a number, true or false")),
    };
    match value {
        DeValue::Boolean(on) if SWITCHES.contains(&key) => Ok(if *on { vec![None] } else { vec![] }),
        _ if SWITCHES.contains(&key) => Err(format!("`{key}` takes true or false")),
        DeValue::Array(values) => values.iter().map(|value| one(value.get_ref())).collect(),
        value => Ok(vec![one(value)?]),
    }
}

/// The table `[ui]`; else where it is wrong, and how.
fn read_ui(value: Spanned<DeValue<'_>>) -> Result<Ui, (usize, String)> {
    let at = value.span().start;
    let DeValue::Table(table) = value.into_inner() else { return Err((at, "`ui` is a table: write [ui]".to_owned())) };
    let mut ui = Ui::default();
    for (key, value) in table {
        let at = key.span().start;
        let key = key.into_inner();
        match key.as_ref() {
            "notify" => set(&mut ui.notify, &key, value),
            "notify-for" => set(&mut ui.notify_for, &key, value),
            "pictures" => set(&mut ui.pictures, &key, value),
            "links" => set(&mut ui.links, &key, value),
            "side" => set(&mut ui.side, &key, value),
            "colors" => set(&mut ui.colors, &key, value),
            _ => Err(unknown(&key, UI_KEYS.into_iter())),
        }
        .map_err(|what| (at, what))?;
    }
    Ok(ui)
}

fn set<T: DeserializeOwned>(target: &mut T, key: &str, value: Spanned<DeValue<'_>>) -> Result<(), String> {
    *target = T::deserialize(ValueDeserializer::from(value))
        .map_err(|error| format!("`{key}`: {}", error.message().replace('\n', "; ")))?;
    Ok(())
}

fn unknown<'a>(key: &str, known: impl Iterator<Item = &'a str>) -> String {
    let shown: String = key.chars().take(32).collect();
    match nearest(key, known) {
        Some(nearest) => format!("there is no `{shown}`: did you mean `{nearest}`?"),
        None => format!("there is no `{shown}`: `whisper config default` lists what can be set"),
    }
}

/// The line of a byte, from 1.
fn line(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::super::{Notify, Side};
    use super::*;

    fn read(text: &str) -> Result<Settings, String> {
        let options = ["nick", "port", "peer", "history", "plain"].map(str::to_owned);
        Settings::read(Path::new("c.toml"), text, &options).map_err(|error| error.to_string())
    }

    #[test]
    fn options_are_read_as_they_would_be_typed() {
        let settings = read(
            "# mine\nnick = \"ann\"\nport = 7\npeer = [\"a:1\", \"b:2\"]\nhistory = false\nplain = true\n\
             [ui]\nnotify = [\"osc9\"]\nside = \"on\"\n",
        )
        .unwrap();
        let options = settings.options.iter().map(|Setting { key, values, line }| {
            let values = values.iter().map(|value| value.as_deref().unwrap_or("-")).collect::<Vec<_>>();
            format!("{line} {key} {}", values.join(","))
        });
        assert_eq!(
            options.collect::<Vec<_>>(),
            ["5 history off", "2 nick ann", "4 peer a:1,b:2", "6 plain -", "3 port 7"]
        );
        assert_eq!((settings.ui.notify, settings.ui.side), (vec![Notify::Osc9], Side::On));
        assert!(read("plain = false").unwrap().options[0].values.is_empty());
    }

    #[test]
    fn mistakes_are_told_with_their_line() {
        for (text, error) in [
            ("\nnik = 1", "c.toml, line 2: there is no `nik`: did you mean `nick`?"),
            (
                "zzzzzzzzzz = 1",
                "c.toml, line 1: there is no `zzzzzzzzzz`: `whisper config default` lists what can be set",
            ),
            ("[ui]\n\nsid = \"on\"", "c.toml, line 3: there is no `sid`: did you mean `side`?"),
            ("ui = 3", "c.toml, line 1: `ui` is a table: write [ui]"),
            ("plain = \"on\"", "c.toml, line 1: `plain` takes true or false"),
            ("port = 1.5", "c.toml, line 1: `port` takes a text, a number, true or false"),
        ] {
            assert_eq!(read(text).unwrap_err(), error, "of {text:?}");
        }
        for (text, begins) in [
            ("[ui]\nside = \"left\"", "c.toml, line 2: `side`: unknown variant `left`, expected one of "),
            ("[ui]\nlinks = 1", "c.toml, line 2: `links`: invalid type: integer `1`, expected a boolean"),
            ("nick = ", "c.toml, line 1: this is no TOML: "),
            ("nick = \"a\"\nnick = \"b\"", "c.toml, line 2: this is no TOML: duplicate key"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.starts_with(begins) && !error.contains('\n'), "{error}");
        }
    }
}
