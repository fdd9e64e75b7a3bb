//! The page: a template whose places are filled. Must not know where pictures come from. Bounds: one page.

use std::collections::BTreeMap;

use anyhow::{Context as _, ensure};

/// The words of the guide. `{{NAME}}` on a line of its own is a place.
const TEMPLATE: &str = include_str!("guide.md");
const PLACE: (&str, &str) = ("{{", "}}");

/// What the page is filled with: blocks of Markdown by the names of their places.
pub(super) type Blocks = BTreeMap<&'static str, String>;

/// A screen as a block of code, without the empty rows at its end.
pub(super) fn picture(screen: &str) -> String {
    let rows: String = screen.trim_end().lines().map(|row| format!("    {row}").trim_end().to_owned() + "\n").collect();
    rows.trim_end_matches('\n').to_owned()
}

/// Rows of two columns as a table.
pub(super) fn table(heads: [&str; 2], rows: &[(String, String)]) -> String {
    let cell = |text: &str| text.trim().replace('|', "\\|");
    let row = |(left, right): &(String, String)| format!("| `{}` | {} |", cell(left), cell(right));
    let [left, right] = heads;
    let head = format!("| {left} | {right} |\n| --- | --- |");
    [head].into_iter().chain(rows.iter().map(row)).collect::<Vec<_>>().join("\n")
}

/// The page.
pub(super) fn fill(blocks: &Blocks) -> anyhow::Result<String> {
    fill_template(TEMPLATE, blocks)
}

fn fill_template(template: &str, blocks: &Blocks) -> anyhow::Result<String> {
    let (mut page, mut used) = (String::new(), 0);
    for line in template.lines() {
        let name = line.strip_prefix(PLACE.0).and_then(|rest| rest.strip_suffix(PLACE.1));
        match name {
            Some(name) => {
                page.push_str(blocks.get(name).with_context(|| format!("nothing was made for the place {name}"))?);
                used += 1;
            }
            None => page.push_str(line),
        }
        page.push('\n');
    }
    ensure!(used == blocks.len(), "{} were made for {used} places", blocks.len());
    Ok(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_is_filled_and_nothing_is_left_over() {
        let blocks = |names: &[&'static str]| names.iter().map(|name| (*name, name.to_uppercase())).collect::<Blocks>();
        let filled = |template: &str, names: &[&'static str]| fill_template(template, &blocks(names)).ok();
        assert_eq!(filled("a\n{{x}}\n{{y}}\nb {{z}}\n", &["x", "y"]).as_deref(), Some("a\nX\nY\nb {{z}}\n"));
        assert_eq!(filled("{{x}}\n", &[]), None);
        assert_eq!(filled("{{x}}\n", &["x", "y"]), None);
    }

    #[test]
    fn screens_are_code_and_tables_are_tables() {
        assert_eq!(picture("a  \n\n  b\n\n"), "    a\n\n      b");
        let rows = [("Up ".to_owned(), "a | b".to_owned())];
        assert_eq!(table(["Key", "Does"], &rows), "| Key | Does |\n| --- | --- |\n| `Up` | a \\| b |");
    }
}
