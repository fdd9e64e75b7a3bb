//! The script of the page: ES modules, which name one another by what is in them, as the page names them.
//! Must not know what they do. Bounds: the table below.

use super::asset::Asset;

/// Every module, after those that it imports; the last one is what the page loads.
const MODULES: [(&str, &str); 21] = [
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
    ("outbox", include_str!("script/outbox.js")),
    ("box", include_str!("script/box.js")),
    ("unread", include_str!("script/unread.js")),
    ("uploads", include_str!("script/uploads.js")),
    ("search", include_str!("script/search.js")),
    ("side", include_str!("script/side.js")),
    ("verify", include_str!("script/verify.js")),
    ("attached", include_str!("script/attached.js")),
    ("main", include_str!("script/main.js")),
];

/// How a module names another one in an import.
const FROM: &str = "from \"./";

/// The modules as they are served.
pub(super) fn modules() -> Vec<Asset> {
    let mut served: Vec<Asset> = Vec::with_capacity(MODULES.len());
    for (index, (name, text)) in MODULES.iter().enumerate() {
        let path_of = |imported: &str| {
            let known = MODULES.iter().take(index).position(|(name, _)| imported.strip_suffix(".js") == Some(name))?;
            served.get(known).map(|asset| asset.path.clone())
        };
        let text = linked(&lean(text), path_of);
        served.push(Asset::new(name, "js", "text/javascript; charset=utf-8", text));
    }
    served
}

/// A module without what only its readers need: lines of comment, and indentation.
fn lean(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//"));
    lines.flat_map(|line| [line, "\n"]).collect()
}

/// A module in which each import names the path that is served. One that is not known stays, and its load fails.
fn linked(text: &str, path_of: impl Fn(&str) -> Option<String>) -> String {
    let mut linked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(FROM) {
        linked.push_str(before);
        match after.split_once('"').and_then(|(name, after)| Some((path_of(name)?, after))) {
            Some((path, after)) => {
                linked.extend(["from \"", &path, "\""]);
                rest = after;
            }
            None => {
                linked.push_str(FROM);
                rest = after;
            }
        }
    }
    linked.push_str(rest);
    linked
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    /// Longest module, in lines.
    const LINES_MAX: usize = 300;

    fn check(text: &str, served: &str) {
        let path_of = |name: &str| (name == "a.js").then(|| "/assets/a-1.js".to_owned());
        assert_eq!(linked(&lean(text), path_of), served, "of {text:?}");
    }

    #[test]
    fn imports_name_what_is_served() {
        check("import { x } from \"./a.js\";\nx();", "import { x } from \"/assets/a-1.js\";\nx();\n");
        check("// why\n  x();\n\n", "x();\n");
        check("import { x } from \"./b.js\";", "import { x } from \"./b.js\";\n");
        check("from \"./", "from \"./\n");
    }

    #[test]
    fn every_import_is_found() {
        let served = modules();
        for asset in &served {
            assert!(!asset.text.contains(FROM) && !asset.text.contains("import("), "of {}", asset.path);
            for part in asset.text.split(" from \"").skip(1) {
                let path = part.split('"').next().unwrap_or_default();
                assert!(served.iter().any(|other| other.path == path), "{path} of {}", asset.path);
            }
        }
    }

    #[test]
    fn every_module_is_imported_and_served() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/page/script");
        let names = fs::read_dir(folder).expect("the modules can be listed").map(|entry| {
            let path = entry.expect("the modules can be listed").path();
            path.file_stem().and_then(|stem| stem.to_str()).expect("a name").to_owned()
        });
        let kept: BTreeSet<_> = names.collect();
        let listed: BTreeSet<_> = MODULES.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(kept, listed);
        for (name, _) in MODULES.iter().filter(|(name, _)| *name != "main") {
            let import = format!("{FROM}{name}.js\"");
            assert!(MODULES.iter().any(|(_, text)| text.contains(&import)), "nothing imports {name}");
        }
    }

    #[test]
    fn modules_can_be_made_lean_and_nothing_in_them_makes_markup_of_text() {
        for (name, text) in MODULES {
            assert!(text.starts_with("// ") && text.lines().count() < LINES_MAX, "{name}");
            for line in text.lines() {
                assert_eq!(line.matches('`').count() % 2, 0, "{name}: a text over several lines: {line}");
            }
            for word in
                ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(", "DOMParser"]
            {
                assert!(!text.contains(word), "{word} in {name}");
            }
            assert!(!text.contains("http://") || name == "text", "{name} asks for nothing elsewhere");
        }
    }
}
