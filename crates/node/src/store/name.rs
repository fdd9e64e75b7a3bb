//! How a file may be called on any disk: one rule for names from the wire and for those that we send. Must not know where it is kept.
//! Bounds: [`NAME_BYTES_MAX`].

use whispernet_core::text::graphemes;

use super::sniff::Sniffed;

/// Longest name, in bytes: with a hash or a number beside it, it fits every file system.
pub const NAME_BYTES_MAX: usize = 100;
/// Longest extension that a cut keeps, in bytes; what is longer is none.
const EXTENSION_BYTES_MAX: usize = 16;

/// What Windows takes for a device, whatever stands after a dot.
const DEVICES: [&str; 8] = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$", "COM"];
/// Extensions that a double click runs, or opens with what runs what is inside, on one system or another: programs, scripts, installers,
/// links to any of these, pages and pictures with scripts, documents with macros, disks that start by themselves.
const RUN: &str = " action app appimage applescript application appref-ms appx appxbundle bash bat chm cmd com command cpl csh deb desktop \
     diagcab directory dll dmg docm dotm drv elf exe fileloc fish flatpakref gadget hlp hta htm html img inetloc inf iso jar \
     jnlp js jse ksh library-ms lnk lua mht mhtml mjs mpkg msc msi msix msp ocx osx out php pif pkg pl ppam pptm ps1 ps1xml \
     psd1 psm1 py pyc pyw rb reg rpm run scf scpt scr search-ms settingcontent-ms sh shtml sldm snap svg svgz swf sys tcl \
     terminal theme tool url vb vbe vbs vhd vhdx webloc workflow ws wsf wsh xbap xhtml xlam xll xlsb xlsm zsh ";

/// Extensions of one format, the one that the bytes show first.
const SAME: [&[&str]; 10] = [
    &["jpg", "jpeg", "jpe", "jfif"],
    &["tif", "tiff"],
    &["mp4", "m4v", "m4a", "mov"],
    &["m4a", "mp4"],
    &["mpg", "mpeg", "mp2"],
    &["mkv", "mka", "webm"],
    &["ogg", "oga", "ogv", "opus"],
    &["mid", "midi"],
    &["gz", "tgz"],
    &["zip", "cbz", "kmz", "xpi"],
];

/// Whether a double click on such a file may run it.
pub(super) fn is_run(extension: &str) -> bool {
    !extension.contains(' ') && RUN.contains(&format!(" {} ", extension.to_ascii_lowercase()))
}

/// `text` as the name of a file: what stands after its last `/` or `\`, without controls and marks that hide or turn text, without dots,
/// dashes and blanks before it and dots and blanks after it, no device of Windows, at most [`NAME_BYTES_MAX`] long with its extension
/// kept. `None` where nothing is left.
#[must_use]
pub fn clean(text: &str) -> Option<String> {
    clean_to(text, NAME_BYTES_MAX)
}

/// The name of a file that its author calls `claimed`. Where the bytes are of another format than its extension says, or where a double
/// click would run it, the extension that fits is added: `cat.gif` with the bytes of a PNG is `cat.gif.png`, `setup.exe` is
/// `setup.exe.bin`.
pub(super) fn fitting(claimed: &str, sniffed: &Sniffed) -> Option<String> {
    let name = clean(claimed)?;
    let extension = extension(&name).unwrap_or_default().to_ascii_lowercase();
    let is_same = |fits: &str| {
        let same = SAME.iter().find(|same| same.first() == Some(&fits));
        extension == fits || same.is_some_and(|same| same.contains(&extension.as_str()))
    };
    let fits = if sniffed.is_marked && sniffed.extension != "bin" {
        is_same(sniffed.extension)
    } else {
        is_same(sniffed.extension) || !infer::is_supported(&extension)
    };
    if fits && !is_run(&extension) {
        return Some(name);
    }
    let room = NAME_BYTES_MAX.saturating_sub(sniffed.extension.len() + 1);
    Some(format!("{}.{}", clean_to(claimed, room)?, sniffed.extension))
}

fn clean_to(text: &str, bytes_max: usize) -> Option<String> {
    let last = text.rsplit(['/', '\\']).next().unwrap_or_default();
    let mut name = String::new();
    for char in last.chars().filter(|char| !is_hidden(*char)) {
        match char {
            '<' | '>' | ':' | '"' | '|' | '?' | '*' => name.push('_'),
            blank if blank.is_whitespace() => {
                if !name.ends_with(' ') {
                    name.push(' ');
                }
            }
            other => name.push(other),
        }
    }
    let mut name = cut(trimmed(&name), bytes_max.saturating_sub(1))?;
    if is_device(&name) {
        name.insert(0, '_');
    }
    Some(name)
}

/// Controls, marks that turn the direction of text, and what has no width and joins nothing.
fn is_hidden(char: char) -> bool {
    char.is_control()
        || matches!(char,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

fn trimmed(name: &str) -> &str {
    name.trim_start_matches(['.', '-', ' ']).trim_end_matches(['.', ' '])
}

fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim().to_ascii_uppercase();
    let numbered = |device: &str| {
        stem.strip_prefix(device).is_some_and(|rest| {
            let mut chars = rest.chars();
            matches!((chars.next(), chars.next()), (Some('0'..='9' | '\u{b9}' | '\u{b2}' | '\u{b3}'), None))
        })
    };
    DEVICES.contains(&stem.as_str()) || numbered("COM") || numbered("LPT")
}

/// What stands after the last dot, where that looks like an extension.
fn extension(name: &str) -> Option<&str> {
    let (stem, extension) = name.rsplit_once('.')?;
    let fit = !extension.is_empty() && extension.len() <= EXTENSION_BYTES_MAX && !extension.contains(' ');
    (fit && !stem.is_empty()).then_some(extension)
}

/// The name within `bytes_max`, cut between what a reader sees as characters, its extension kept.
fn cut(name: &str, bytes_max: usize) -> Option<String> {
    if name.len() <= bytes_max {
        return (!name.is_empty()).then(|| name.to_owned());
    }
    let extension = extension(name).map(|extension| format!(".{extension}")).unwrap_or_default();
    let stem = name.strip_suffix(&extension).unwrap_or(name);
    let room = bytes_max.saturating_sub(extension.len());
    let end = graphemes(stem).scan(0, |end, grapheme| {
        *end += grapheme.len();
        Some(*end)
    });
    let end = end.take_while(|end| *end <= room).last().unwrap_or_default();
    let stem = trimmed(stem.get(..end).unwrap_or_default());
    (!stem.is_empty()).then(|| format!("{stem}{extension}"))
}

#[cfg(test)]
mod tests {
    use super::super::sniff::sniff;
    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
    const ELF: &[u8] = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

    #[test]
    fn names_that_any_disk_takes() {
        for (text, name) in [
            ("cat.gif", Some("cat.gif")),
            ("Grüße aus 東京 👍.png", Some("Grüße aus 東京 👍.png")),
            ("", None),
            (".", None),
            ("..", None),
            ("......", None),
            (" . - . ", None),
            ("/", None),
            ("a/b", Some("b")),
            ("a\\b", Some("b")),
            ("../../etc/passwd", Some("passwd")),
            ("..\\..\\x.txt", Some("x.txt")),
            ("a/..", None),
            ("C:\\x.txt", Some("x.txt")),
            ("C:x.txt", Some("C_x.txt")),
            ("a\0b\n\x1b[2Jc.txt", Some("ab[2Jc.txt")),
            ("\u{202e}gpj.exe", Some("gpj.exe")),
            ("a\u{200b}\u{2066}\u{feff}\u{e0041}b", Some("ab")),
            (".bashrc", Some("bashrc")),
            ("-rf", Some("rf")),
            ("--help.txt", Some("help.txt")),
            ("x. . .", Some("x")),
            ("a \t\u{a0}\u{3000} b", Some("a b")),
            ("a<b>c|d?e*f\"g", Some("a_b_c_d_e_f_g")),
            ("CON", Some("_CON")),
            ("con.txt", Some("_con.txt")),
            ("Nul.tar.gz", Some("_Nul.tar.gz")),
            ("COM1.x", Some("_COM1.x")),
            ("lpt\u{b2}", Some("_lpt\u{b2}")),
            ("COM10", Some("COM10")),
            ("CONTROL.txt", Some("CONTROL.txt")),
            ("aux .c", Some("_aux .c")),
        ] {
            assert_eq!(clean(text).as_deref(), name, "{text:?}");
        }
    }

    #[test]
    fn long_names_keep_their_extension() {
        let long = clean(&format!("{}.gif", "n".repeat(4_000))).unwrap();
        assert_eq!((long.len(), long.ends_with("n.gif")), (NAME_BYTES_MAX - 1, true));
        let wide = clean(&format!("{}.gif", "👨\u{200d}👩\u{200d}👧".repeat(50))).unwrap();
        assert!(wide.len() < NAME_BYTES_MAX && wide.ends_with("👧.gif"), "{wide}");
        assert_eq!(clean(&"x".repeat(4_000)).unwrap().len(), NAME_BYTES_MAX - 1);
        let blanks = format!("a{}.gif", " .".repeat(2_000));
        assert_eq!(clean(&blanks).as_deref(), Some("a.gif"));
        assert_eq!(clean(&format!("a{}.gif", "\u{301}".repeat(2_000))), None, "no character fits");
        let tail = clean(&format!("a.{}", "e".repeat(4_000))).unwrap();
        assert_eq!(tail.len(), NAME_BYTES_MAX - 1);
        assert!(clean(&format!("con.{}", "x".repeat(4_000))).unwrap().len() <= NAME_BYTES_MAX);
    }

    #[test]
    fn the_last_extension_is_true_and_never_run() {
        let gz = b"\x1f\x8b\x08\0";
        for (claimed, bytes, name) in [
            ("cat.png", PNG, Some("cat.png")),
            ("cat.PNG", PNG, Some("cat.PNG")),
            ("cat.gif", PNG, Some("cat.gif.png")),
            ("cat", PNG, Some("cat.png")),
            ("cat.exe", PNG, Some("cat.exe.png")),
            ("\u{202e}gnp.exe", PNG, Some("gnp.exe.png")),
            ("photo.jpeg", b"\xff\xd8\xff\xe0", Some("photo.jpeg")),
            ("a.tar.gz", gz, Some("a.tar.gz")),
            ("a.tgz", gz, Some("a.tgz")),
            ("notes", b"hello", Some("notes")),
            ("notes.md", b"hello", Some("notes.md")),
            ("data.json", b"{}", Some("data.json")),
            ("cat.png", b"hello", Some("cat.png.txt")),
            ("run.bat", b"echo", Some("run.bat.txt")),
            ("RUN.BAT", b"echo", Some("RUN.BAT.txt")),
            ("page.html", b"<!DOCTYPE html>", Some("page.html.txt")),
            ("pic.svg", b"<svg/>", Some("pic.svg.txt")),
            ("x.sh", b"#!/bin/sh\n", Some("x.sh.txt")),
            ("scene.blend", b"\0\x01\x02", Some("scene.blend")),
            ("film.mp4", b"\0\x01\x02", Some("film.mp4.bin")),
            ("setup.exe", ELF, Some("setup.exe.bin")),
            ("tool", ELF, Some("tool")),
            ("cat.png", ELF, Some("cat.png.bin")),
            ("..", PNG, None),
        ] {
            assert_eq!(fitting(claimed, &sniff(bytes)).as_deref(), name, "{claimed:?}");
        }
        let long = fitting(&format!("{}.exe", "n".repeat(4_000)), &sniff(PNG)).unwrap();
        assert!(long.len() <= NAME_BYTES_MAX && long.ends_with("n.exe.png"), "{long}");
    }
}
