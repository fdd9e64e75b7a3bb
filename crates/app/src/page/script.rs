//! The script of the page: ES modules, served as one, each in a scope of its own.
//! Must not know what they do. Bounds: the table below.
//!
//! One answer instead of two dozen: the heads of so many are longer than what is in them. What is linked here is less than the
//! language allows: an import or export takes one line, an import stands for a value that does not change, and none goes in a circle.

use std::fmt::Write as _;

/// Every module, after those that it imports.
const MODULES: [(&str, &str); 24] = [
    ("dom", include_str!("script/dom.js")),
    ("api", include_str!("script/api.js")),
    ("text", include_str!("script/text.js")),
    ("time", include_str!("script/time.js")),
    ("recent", include_str!("script/recent.js")),
    ("message", include_str!("script/message.js")),
    ("log", include_str!("script/log.js")),
    ("window", include_str!("script/window.js")),
    ("link", include_str!("script/link.js")),
    ("notices", include_str!("script/notices.js")),
    ("commands", include_str!("script/commands.js")),
    ("reply", include_str!("script/reply.js")),
    ("delivery", include_str!("script/delivery.js")),
    ("outbox", include_str!("script/outbox.js")),
    ("box", include_str!("script/box.js")),
    ("unread", include_str!("script/unread.js")),
    ("uploads", include_str!("script/uploads.js")),
    ("search", include_str!("script/search.js")),
    ("side", include_str!("script/side.js")),
    ("verify", include_str!("script/verify.js")),
    ("attached", include_str!("script/attached.js")),
    ("moving", include_str!("script/moving.js")),
    ("rows", include_str!("script/rows.js")),
    ("main", include_str!("script/main.js")),
];

/// All of them as they are served.
pub(super) fn linked() -> String {
    MODULES.iter().map(|(name, text)| scope(name, text)).collect()
}

/// A module as a constant that has what it exports, without what only its readers need: lines of comment, and indentation.
fn scope(name: &str, text: &str) -> String {
    let mut scope = format!("const ${name} = (() => {{\n");
    let mut exported = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//")) {
        let line = if let Some(import) = import(line) {
            import
        } else if let Some(export) = line.strip_prefix("export ") {
            exported.extend(declared(export));
            export.to_owned()
        } else {
            line.to_owned()
        };
        // Writing to a String does not fail.
        let _ = writeln!(scope, "{line}");
    }
    let _ = writeln!(scope, "return {{ {} }};\n}})();", exported.join(", "));
    scope
}

/// `import * as a from "./b.js";` and `import { a, b } from "./c.js";`, as what takes the values from the constant.
fn import(line: &str) -> Option<String> {
    let (names, from) = line.strip_prefix("import ")?.split_once(" from \"./")?;
    let module = from.strip_suffix(".js\";")?;
    let names = names.strip_prefix("* as ").unwrap_or(names);
    Some(format!("const {names} = ${module};"))
}

/// The name that a line declares.
fn declared(line: &str) -> Option<&str> {
    let line = line.strip_prefix("async ").unwrap_or(line);
    let rest = ["const ", "function ", "class "].iter().find_map(|word| line.strip_prefix(word))?;
    rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    /// Longest module, in lines.
    const LINES_MAX: usize = 300;

    #[test]
    fn a_module_is_a_scope() {
        let check = |text: &str, inside: &str, exported: &str| {
            assert_eq!(scope("a", text), format!("const $a = (() => {{\n{inside}return {{ {exported} }};\n}})();\n"));
        };
        check("// why\n\n  x();\n", "x();\n", "");
        check("import { x, y } from \"./b.js\";\nx();", "const { x, y } = $b;\nx();\n", "");
        check("import * as b from \"./b.js\";\nb.x();", "const b = $b;\nb.x();\n", "");
        check("export const A_B = 1;", "const A_B = 1;\n", "A_B");
        check(
            "export function y() {}\nexport async function z() {}",
            "function y() {}\nasync function z() {}\n",
            "y, z",
        );
        check("export class X extends Y {}", "class X extends Y {}\n", "X");
    }

    #[test]
    fn every_import_is_one_of_what_stands_before() {
        for (index, (name, text)) in MODULES.iter().enumerate() {
            for line in text.lines().filter(|line| line.starts_with("import ")) {
                let (names, from) = line.split_once(" from \"./").unwrap_or_else(|| panic!("{line} of {name}"));
                let imported = from.strip_suffix(".js\";").unwrap_or_else(|| panic!("{line} of {name}"));
                let before = &MODULES[..index];
                let (_, text) =
                    before.iter().find(|(name, _)| *name == imported).unwrap_or_else(|| panic!("{line} of {name}"));
                let exported: Vec<_> =
                    text.lines().filter_map(|line| line.strip_prefix("export ")).filter_map(declared).collect();
                let names = names.trim_start_matches("import ");
                let each = names.strip_prefix("{ ").and_then(|names| names.strip_suffix(" }")).unwrap_or_default();
                for wanted in each.split(", ").filter(|wanted| !wanted.is_empty()) {
                    assert!(exported.contains(&wanted), "{wanted} of {imported} for {name}");
                }
            }
        }
    }

    #[test]
    fn every_module_is_listed_and_imported() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/page/script");
        let names = fs::read_dir(folder).expect("the modules can be listed").map(|entry| {
            let path = entry.expect("the modules can be listed").path();
            path.file_stem().and_then(|stem| stem.to_str()).expect("a name").to_owned()
        });
        let kept: BTreeSet<_> = names.collect();
        let listed: BTreeSet<_> = MODULES.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(kept, listed);
        for (name, _) in MODULES.iter().filter(|(name, _)| *name != "main") {
            let import = format!(" from \"./{name}.js\";");
            assert!(MODULES.iter().any(|(_, text)| text.contains(&import)), "nothing imports {name}");
        }
    }

    #[test]
    fn modules_can_be_linked_by_lines_and_make_no_markup_of_text() {
        for (name, text) in MODULES {
            assert!(text.starts_with("// ") && text.lines().count() < LINES_MAX, "{name}");
            for line in text.lines() {
                assert_eq!(line.matches('`').count() % 2, 0, "{name}: a text over several lines: {line}");
                let exports = line.contains("export ") && !line.trim_start().starts_with("//");
                assert!(!exports || line.strip_prefix("export ").and_then(declared).is_some(), "{name}: {line}");
                assert!(!line.contains("import(") && !line.contains("/*"), "{name}: {line}");
            }
            let sinks =
                ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(", "DOMParser"];
            for word in sinks {
                assert!(!text.contains(word), "{word} in {name}");
            }
            assert!(!text.contains("http://"), "{name} asks for nothing elsewhere");
        }
    }
}
