//! Files between people: sent by a command or by dragging one in, offered, saved.

mod tui_support;

use std::fs;

use tempfile::TempDir;
use tui_support::Tui;

/// The smallest picture: a GIF of one pixel.
const GIF: &[u8] = b"GIF89a\x01\0\x01\0\x80\0\0\xff\xff\xff\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";

#[test]
fn a_file_is_sent_offered_and_saved() {
    let folder = TempDir::new().expect("a temporary folder");
    let path = folder.path().join("dot.gif");
    fs::write(&path, GIF).expect("a file");
    let ann = Tui::start("ann", &[]);
    let ben = Tui::linked_to(&ann, "ann", "ben");
    ann.keys(&format!("/send {}<Enter>", path.display()));
    ann.wait("dot.gif");
    ben.wait_row(&["ann", "sends dot.gif, image/gif"]);
    // It waits until somebody wants it.
    ben.wait("/save");
    let target = folder.path().join("saved.gif");
    ben.keys(&format!("/save dot.gif {}<Enter>", target.display()));
    ben.wait("saved");
    assert_eq!(fs::read(&target).expect("it is there"), GIF);
}

#[test]
fn a_path_dragged_in_asks_first() {
    let folder = TempDir::new().expect("a temporary folder");
    let path = folder.path().join("my dot.gif");
    fs::write(&path, GIF).expect("a file");
    let ann = Tui::start("ann", &[]);
    let ben = Tui::linked_to(&ann, "ann", "ben");
    ann.paste(&format!("'{}'", path.display()));
    ann.wait("Send the file");
    ann.keys("n");
    ann.wait_no("Send the file");
    ann.keys("<C-u>");
    ann.paste(&format!("'{}'", path.display()));
    ann.wait("Send the file");
    ann.keys("y");
    ben.wait_row(&["ann", "sends my dot.gif, image/gif"]);
    assert_eq!(ben.screen().matches("sends my dot.gif").count(), 1);
}

#[test]
fn what_cannot_be_sent_is_told() {
    let folder = TempDir::new().expect("a temporary folder");
    let ann = Tui::start("ann", &[]);
    let large = folder.path().join("large.bin");
    fs::write(&large, vec![7; (1 << 20) + 1]).expect("a file");
    let empty = folder.path().join("empty");
    fs::write(&empty, "").expect("a file");
    for (path, told) in [
        (large.display().to_string(), "1 MiB"),
        (empty.display().to_string(), "empty"),
        (folder.path().join("nothing").display().to_string(), "nothing"),
        (folder.path().display().to_string(), "folder"),
    ] {
        ann.keys(&format!("<C-u>/send {path}<Enter>"));
        ann.wait_for(told, |screen| screen.split_whitespace().collect::<Vec<_>>().join(" ").contains(told));
    }
}
