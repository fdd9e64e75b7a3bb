//! Files on the live page in a real browser: sent by button, drop and paste, seen as pictures or had as downloads, taken.

mod web_support;

use std::fs;

use anyhow::{Context as _, ensure};
use serde_json::json;
use web_support::host;
use whispernet_lab::browser::chat::Host;
use whispernet_lab::browser::{Browser, Start, Upload};
use whispernet_lab::raw::RawSender;

/// A picture of one pixel, as PNG (its specification, 5.2 to 5.6).
const PNG: &[u8] =
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89\0\0\0\rIDATx\xdac\xfc\xcf\xc0P\
                     \x0f\0\x04\x85\x01\x80\x84\xa9\x8c!\0\0\0\0IEND\xaeB`\x82";

/// Notes of each picture that comes into the list whether it was loaded by then: what comes later would move what is below it.
const NOTE_PICTURES: &str = "
    window.loaded = [];
    new MutationObserver(changes => changes.forEach(({addedNodes}) => {
        for (const node of addedNodes) if (node.matches?.('.view')) window.loaded.push(node.querySelector('img').complete);
    })).observe(document.querySelector('.scroll'), {subtree: true, childList: true});";

/// Waits for the file of that name in a message of the page: its element's selector.
fn file(browser: &Browser, name: &str) -> anyhow::Result<String> {
    browser.wait(name, || {
        for link in browser.all("li.message[data-seq] .file a[download]:not(.view)")? {
            if link.attribute("download")?.as_deref() == Some(name) {
                let href = link.attribute("href")?.context("it leads somewhere")?;
                return Ok(Some(format!(".file a[href='{href}']:not(.view)")));
            }
        }
        Ok(None)
    })
}

fn page(host: &Host) -> anyhow::Result<Browser> {
    let browser = Browser::at(host, &Start::default())?;
    browser.is_live()?;
    Ok(browser)
}

#[test]
fn files_go_both_ways() -> anyhow::Result<()> {
    let ann = host("ann", &[])?;
    let bea = host("bea", &["--peer", &ann.process.addr.to_string()])?;
    let (at_ann, at_bea) = (page(&ann)?, page(&bea)?);
    at_ann.wait_for_text("#peers", "bea")?;

    // By the button.
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("notes.txt");
    fs::write(&path, "written by hand\n")?;
    at_ann.find("#file")?.choose(&[&path])?;
    let link = file(&at_bea, "notes.txt")?;
    at_bea.find(&link)?.click()?;
    ensure!(at_bea.downloaded("notes.txt")? == b"written by hand\n");

    // By a drop; a picture is shown, by what its bytes are.
    at_bea.hold_over("body", &[Upload { name: "dot.png", mime: "image/png", bytes: PNG }])?;
    at_bea.find("body.dropping")?;
    at_bea.drop_on(".scroll", &[Upload { name: "dot.png", mime: "image/png", bytes: PNG }])?;
    at_bea.wait_for("!document.body.matches('.dropping')")?;
    let link = file(&at_ann, "dot.png")?;
    // It waits until it is taken, and is drawn for nobody until then.
    let take = at_ann.named(".file button", "Take it")?;
    ensure!(at_ann.run("return document.querySelectorAll('img.picture').length", &[])? == 0);
    at_ann.run(NOTE_PICTURES, &[])?;
    take.click()?;
    at_ann.wait_for("document.querySelector('img.picture[src^=\"blob:\"]')?.naturalWidth === 1")?;
    ensure!(at_ann.run("return loaded", &[])? == json!([true]), "a picture moved what is below it");
    at_ann.wait_for("!document.querySelector('.file .take')")?;
    at_ann.find(&link)?.click()?;
    ensure!(at_ann.downloaded("dot.png")? == PNG);

    // By a paste, two at once; what says to be a picture and is none is a download.
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg'/>";
    at_ann.paste_into(
        "#message",
        &[
            Upload { name: "drawing.svg", mime: "image/svg+xml", bytes: svg },
            Upload { name: "false.png", mime: "image/png", bytes: b"<html><script>alert(1)</script>" },
        ],
    )?;
    at_bea.wait("both of them", || {
        Ok((at_bea.all("li.message .file a[download]:not(.view)")?.len() == 4).then_some(()))
    })?;
    let pictures = at_bea.run("return document.querySelectorAll('img.picture').length", &[])?;
    ensure!(pictures == 1, "{pictures} pictures");

    // What is too large is told before it is sent.
    let large = vec![0; (1 << 20) + 1];
    at_ann.drop_on(".scroll", &[Upload { name: "large.bin", mime: "", bytes: &large }])?;
    at_ann.wait_for_text(".uploads li[data-state=failed]", "1 B longer than 1 MiB")?;
    at_ann.named(".uploads button", "Dismiss")?.click()?;
    at_ann.wait_for("!document.querySelector('.uploads li')")?;
    let full = vec![7; 1 << 20];
    at_ann.drop_on(".scroll", &[Upload { name: "full.bin", mime: "", bytes: &full }])?;
    let link = file(&at_bea, "full.bin")?;
    at_bea.find(&link)?.click()?;
    ensure!(at_bea.downloaded("full.bin")? == full);
    for browser in [&at_ann, &at_bea] {
        browser.is_quiet(&[])?;
    }
    Ok(())
}

#[test]
fn a_long_file_on_its_way_is_seen() -> anyhow::Result<()> {
    let ann = host("ann", &[])?;
    let browser = page(&ann)?;
    let link = RawSender::connect(ann.process.addr)?;
    let size = 300_000;
    let contents = "AAAA".repeat(size / 3);
    let (part, rest) = contents.split_at(contents.len() / 2);
    link.send_bytes(
        br#"{"ID":"strange","Addr":"127.0.0.1:9","Body":"a file","FileType":"text/plain","FileContents":""#,
    )?;
    link.send_bytes(part.as_bytes())?;
    browser.wait_for_text(".moving li", "Receiving a file from 127.0.0.1")?;
    browser.wait_for("document.querySelector('.moving progress').matches(':indeterminate')")?;
    link.send_bytes(rest.as_bytes())?;
    link.send_bytes(b"\"}\n")?;
    browser.wait_for("!document.querySelector('.moving li')")?;
    browser.wait_for_text(".file .kind", "300 kB")?;
    browser.is_quiet(&[])
}
