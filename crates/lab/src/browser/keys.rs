//! Keys by the names that the terminal's tests use, as WebDriver presses them (W3C WebDriver, "Keyboard Actions").
//! Must not know where they go. Bounds: the length of what is typed.

use serde_json::{Value, json};

/// Keys by name, with the code point that stands for each.
const NAMED: [(&str, char); 15] = [
    ("Enter", '\u{e007}'),
    ("Tab", '\u{e004}'),
    ("Esc", '\u{e00c}'),
    ("BS", '\u{e003}'),
    ("Space", ' '),
    ("lt", '<'),
    ("Up", '\u{e013}'),
    ("Down", '\u{e015}'),
    ("Right", '\u{e014}'),
    ("Left", '\u{e012}'),
    ("Home", '\u{e011}'),
    ("End", '\u{e010}'),
    ("Del", '\u{e017}'),
    ("PageUp", '\u{e00e}'),
    ("PageDown", '\u{e00f}'),
];

/// Modifiers by the letter before a dash.
const MODIFIERS: [(&str, char); 3] = [("S-", '\u{e008}'), ("A-", '\u{e00a}'), ("C-", '\u{e009}')];

/// Presses and releases of `keys`, in their order. `None` where one of them does not exist.
pub(super) fn actions(keys: &str) -> Option<Vec<Value>> {
    let (mut actions, mut rest) = (Vec::new(), keys);
    while let Some(first) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix('<') {
            let (name, after) = after.split_once('>')?;
            press(name, &mut actions)?;
            rest = after;
        } else {
            tap(first, &mut actions);
            rest = &rest[first.len_utf8()..];
        }
    }
    Some(actions)
}

/// One key, behind its modifiers.
fn press(name: &str, actions: &mut Vec<Value>) -> Option<()> {
    if let Some((prefix, code)) = MODIFIERS.iter().find(|(prefix, _)| name.starts_with(prefix)) {
        actions.push(key("keyDown", *code));
        press(&name[prefix.len()..], actions)?;
        actions.push(key("keyUp", *code));
        return Some(());
    }
    let mut letters = name.chars();
    let code = match (letters.next(), letters.next()) {
        (Some(letter), None) => letter,
        _ => NAMED.iter().find(|(other, _)| *other == name)?.1,
    };
    tap(code, actions);
    Some(())
}

fn tap(code: char, actions: &mut Vec<Value>) {
    actions.extend([key("keyDown", code), key("keyUp", code)]);
}

fn key(what: &str, code: char) -> Value {
    json!({"type": what, "value": code.to_string()})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_go_down_and_up() {
        let check = |keys: &str, pressed: Option<&str>| {
            let word = |action: &Value| {
                let sign = if action["type"] == "keyDown" { '+' } else { '-' };
                format!("{sign}{}", action["value"].as_str().unwrap())
            };
            let actions = actions(keys).map(|actions| actions.iter().map(word).collect::<String>());
            assert_eq!(actions.as_deref(), pressed, "{keys}");
        };
        check("", Some(""));
        check("aé", Some("+a-a+é-é"));
        check("<lt>", Some("+<-<"));
        check("<Enter>", Some("+\u{e007}-\u{e007}"));
        check("<S-Enter>", Some("+\u{e008}+\u{e007}-\u{e007}-\u{e008}"));
        check("<C-S-k>", Some("+\u{e009}+\u{e008}+k-k-\u{e008}-\u{e009}"));
        check("<Nothing>", None);
        check("<", None);
    }
}
