//! The first five minutes of Ann: what she and her friends do, and what she sees. Must not know how it becomes a page.
//! Bounds: the patience of the terminals.

use std::net::IpAddr;
use std::path::Path;

use anyhow::{Context as _, ensure};

use super::masks::Net;
use super::page::{Blocks, picture, table};
use super::people::Person;
use crate::double::{DaemonOptions, DeadAddr, Double, PeerOptions};
use crate::peer::PATIENCE;
use crate::terminal::Screen;

/// The smallest picture: a GIF of one pixel.
const CAT: &[u8] = b"GIF89a\x01\0\x01\0\x80\0\0\xff\xff\xff\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";
/// Columns of a screen on which no line of the help wraps, and rows that hold all of it.
const LARGE: (u16, u16) = (130, 100);

/// Plays it all: the screens and tables of the page.
pub(super) fn play(whisper: &Path) -> anyhow::Result<Blocks> {
    let net = Net::own();
    let mut blocks = Blocks::new();
    let ann = Person::start(whisper, net, "ann", 105, &[])?;
    start(&ann, &mut blocks)?;
    let ann_at = format!("{}:55555", net.host(105));
    let ben = Person::start(whisper, net, "ben", 107, &["--peer", &ann_at])?;
    meet(&ann, &ben, &mut blocks)?;
    verify(&ann, &ben, &mut blocks)?;
    let bind = IpAddr::from(net.host(109));
    let peer = PeerOptions { bind, port: 55555, peers: vec![ann_at], dead_addr: DeadAddr::Forgotten, echo: false };
    let old = Double::daemon(DaemonOptions { nick: "olga".to_owned(), peer, ..DaemonOptions::default() })?;
    old_peer(&ann, &old, &mut blocks)?;
    file(&ann, &ben, &mut blocks)?;
    look_back(&ann, &ben, &mut blocks)?;
    help(&ann, &mut blocks)?;
    Ok(blocks)
}

fn start(ann: &Person, blocks: &mut Blocks) -> anyhow::Result<()> {
    ann.sees(&["Nobody is here yet"])?;
    blocks.insert("first screen", picture(&ann.screen()));
    ann.keys("Is this thing on?<Enter>")?;
    ann.sees(&["ann", "Is this thing on?"])?;
    blocks.insert("first line", picture(&ann.screen()));
    Ok(())
}

fn meet(ann: &Person, ben: &Person, blocks: &mut Blocks) -> anyhow::Result<()> {
    ann.sees(&["ben is here"])?;
    ben.sees(&["ann", "Is this thing on?"])?;
    ben.keys("It is! Hi Ann.<Enter>")?;
    ann.sees(&["ben", "It is! Hi Ann."])?;
    ann.keys("be<Tab>")?;
    ann.sees(&["ben: "])?;
    ann.keys("lunch at the harbour?<Enter>")?;
    ben.sees(&["ann", "lunch at the harbour?"])?;
    ben.keys("/me puts on his coat<Enter>")?;
    ann.sees(&["ben puts on his coat"])?;
    blocks.insert("talk", picture(&ann.screen()));
    Ok(())
}

fn verify(ann: &Person, ben: &Person, blocks: &mut Blocks) -> anyhow::Result<()> {
    let digits = ben.digits();
    let first = digits.split_whitespace().next().context("a key has digits")?;
    ben.keys("/key<Enter>")?;
    ben.sees(&[first])?;
    blocks.insert("key", picture(&ben.screen()));
    ann.keys(&format!("/verify ben {digits}<Enter>"))?;
    ann.sees(&["verified"])?;
    ben.keys("The table by the window is free.<Enter>")?;
    ann.sees(&["=", "ben", "The table by the window"])?;
    blocks.insert("verified", picture(&ann.screen()));
    Ok(())
}

fn old_peer(ann: &Person, old: &Double, blocks: &mut Blocks) -> anyhow::Result<()> {
    old.say("hello from a gopher of 2012");
    ann.sees(&["?", "olga", "hello from a gopher of 2012"])?;
    ann.keys("Welcome, Olga!<Enter>")?;
    ensure!(old.wait_line("ann: Welcome, Olga!", PATIENCE), "the old peer did not hear it: {:?}", old.shown());
    blocks.insert("old peer", picture(&ann.screen()));
    Ok(())
}

fn file(ann: &Person, ben: &Person, blocks: &mut Blocks) -> anyhow::Result<()> {
    ben.has_file("cat.gif", CAT)?;
    ben.keys("/send cat.gif<Enter>")?;
    ann.sees(&["ben", "sends cat.gif, image/gif"])?;
    ann.sees(&["/save"])?;
    blocks.insert("offer", picture(&ann.screen()));
    ann.keys("/save cat.gif ~/cat.gif<Enter>")?;
    ann.sees(&["saved"])?;
    blocks.insert("saved", picture(&ann.screen()));
    ensure!(std::fs::read(ann.chat.terminal.home().join("cat.gif"))? == CAT, "it is not what was sent");
    Ok(())
}

fn look_back(ann: &Person, ben: &Person, blocks: &mut Blocks) -> anyhow::Result<()> {
    for line in ["Soup of the day: lentils.", "Or fish, from the harbour.", "The harbour is foggy today."] {
        ben.keys(&format!("{line}<Enter>"))?;
        ann.sees(&["ben", line])?;
    }
    ann.keys("/search harbour<Enter>")?;
    ann.sees(&["The harbour is foggy today."])?;
    ann.sees(&["Esc"])?;
    blocks.insert("search", picture(&ann.screen()));
    ann.keys("<Esc>")?;
    ann.sees_no("Esc: close")?;
    Ok(())
}

/// Keys and commands, as the help has them.
fn help(ann: &Person, blocks: &mut Blocks) -> anyhow::Result<()> {
    let terminal = &ann.chat.terminal;
    terminal.resize(LARGE.0, LARGE.1)?;
    ann.keys("<F1>")?;
    ann.sees(&["Keys"])?;
    let full =
        |screen: &Screen| screen.size().1.get() == LARGE.0 && screen.rows(0, LARGE.0).any(|row| row.contains("/quit"));
    terminal.wait_for_look("help", full)?;
    let screen = ann.screen();
    for (name, heads, from, to) in [
        ("keys", ["Key", "What it does"], "Keys", "Commands"),
        ("commands", ["Command", "What it does"], "Commands", "Marks"),
    ] {
        let rows = section(&screen, from, to);
        ensure!(rows.len() > 5, "the help tells of no {name}:\n{screen}");
        blocks.insert(name, table(heads, &rows));
    }
    Ok(())
}

/// The rows of two columns between two headings.
fn section(screen: &str, from: &str, to: &str) -> Vec<(String, String)> {
    let inner = |row: &str| row.trim_matches(|c: char| c == '│' || c == '|').trim_end().to_owned();
    let rows = screen.lines().map(inner).skip_while(|row| row.trim() != from).skip(1);
    let rows = rows.take_while(|row| !row.trim_start().starts_with(to));
    rows.filter_map(|row| {
        let (left, right) =
            row.trim_start().split_once("  ").map(|(left, right)| (left.to_owned(), right.trim().to_owned()))?;
        (!right.is_empty()).then_some((left, right))
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_is_read_from_the_help() {
        let screen = "┌ Help ┐\n│Keys    │\n│Enter   send│\n│  r     answer it│\n│        │\n│Commands│\n│x  y│";
        let pair = |left: &str, right: &str| (left.to_owned(), right.to_owned());
        assert_eq!(section(screen, "Keys", "Commands"), [pair("Enter", "send"), pair("r", "answer it")]);
    }
}
