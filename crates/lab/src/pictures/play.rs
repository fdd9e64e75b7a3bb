//! What is to be seen: Ann, Ben, whom she has verified, Olga with a program from long ago, and Cleo, who is new.
//! Must not know where the pictures go. Bounds: the patience of browser and peers.

use std::path::Path;

use anyhow::{Context as _, ensure};
use serde_json::json;

use super::{Camera, DESK, PHONE};
use crate::browser::chat::Host;
use crate::browser::{Browser, Start, Upload};
use crate::double::{DaemonOptions, DeadAddr, Double, PeerOptions};
use crate::peer::PATIENCE;

/// What Ben sends a picture of.
const HARBOUR: &str = "data:text/html,<style>html{height:100%;background:\
                       radial-gradient(circle at 70% 38%, %23fff3c4 7%, transparent 7.1%),\
                       linear-gradient(%23f7b267 30%, %23f4845f 30.1% 45%, %23355070 45.1% 70%, %231d2d44 70.1%)}</style>";

pub(super) fn play(whisper: &Path, camera: &Camera<'_>) -> anyhow::Result<()> {
    let ann = Host::start(whisper, "ann", &[])?;
    let at = ann.process.addr.to_string();
    let browser = Browser::at(&ann, &Start::default())?;
    browser.is_live()?;
    camera.take(&browser, "empty", DESK, false)?;

    let ben = Host::start(whisper, "ben", &["--peer", &at])?;
    let cleo = Host::start(whisper, "cleo", &["--peer", &at])?;
    let peer = PeerOptions { peers: vec![at.clone()], dead_addr: DeadAddr::Forgotten, ..PeerOptions::default() };
    let olga = Double::daemon(DaemonOptions { nick: "olga".to_owned(), peer, ..DaemonOptions::default() })?;
    ensure!(olga.wait_links(|links| links.contains(&at), PATIENCE), "olga is not linked");
    for nick in ["ben", "cleo"] {
        browser.wait_for_text("#peers", nick)?;
    }
    talk(&browser, &ann, &ben, &cleo, &olga)?;
    camera.take(&browser, "light", DESK, false)?;
    camera.take(&browser, "dark", DESK, true)?;
    camera.take(&browser, "phone", PHONE, false)?;
    camera.take(&browser, "phone-dark", PHONE, true)?;

    browser.resize(DESK.0, DESK.1)?;
    browser.find("#message")?.click()?;
    browser.keys("/")?;
    browser.wait_for("!document.querySelector('#commands').hidden")?;
    camera.take(&browser, "commands", PHONE, false)?;
    browser.keys("<Esc><BS>")?;
    let cleos = browser.named("li.peer button", &format!("Verify {}", "cleo"))?;
    cleos.click()?;
    browser.wait_for("document.querySelector('dialog#verify').open")?;
    camera.take(&browser, "verify", DESK, false)?;
    browser.keys("<Esc>")?;

    drop(ann);
    browser.wait_for_text("#link", "lost")?;
    browser.say("Can you still hear me?")?;
    browser.wait_for_text("li[data-state=failed]", "Not sent")?;
    camera.take(&browser, "lost", DESK, true)
}

fn talk(browser: &Browser, ann: &Host, ben: &Host, cleo: &Host, olga: &Double) -> anyhow::Result<()> {
    ben.say("Morning! Is anybody going down to the harbour today?")?;
    let asked = browser.sees("ben", "Morning! Is anybody going down to the harbour today?")?;
    let known = ann.api.get("/api/v1/people/ben")?;
    let digits = known["digits"].as_str().with_context(|| format!("no digits in {known}"))?;
    ann.ask("POST", "/api/v1/people/ben", &json!({"verify": digits}))?;
    browser.say("Yes, after lunch. The fish is fresh on Tuesdays: https://example.com/market?day=tuesday")?;
    browser.wait_for("!document.querySelector('li[data-client]')")?;
    olga.say("I will bring bread and the good knives");
    browser.sees("olga", "I will bring bread and the good knives")?;
    cleo.say("Room for one more?")?;
    browser.sees("cleo", "Room for one more?")?;
    ben.say("/me is already on his bike")?;
    browser.sees("ben", "is already on his bike")?;
    browser.find(&format!("#m-{} .reply", asked.seq))?.click()?;
    browser.say("Meet you at the lighthouse at one, then")?;
    browser.wait_for("!document.querySelector('li[data-client]')")?;
    let painter = Browser::start(&Start::default())?;
    painter.resize(300, 150)?;
    painter.open(HARBOUR)?;
    let bytes = painter.picture()?;
    painter.enter(ben)?;
    painter.is_live()?;
    painter.drop_on(".scroll", &[Upload { name: "harbour.png", mime: "image/png", bytes: &bytes }])?;
    browser.named(".file button", "Take it")?.click()?;
    browser.find("img.picture[src^='blob:']")?;
    // So that the pointer rests on no message.
    browser.find("#message")?.click()?;
    ben.say("Look at that sky \u{1f305}")?;
    browser.sees("ben", "Look at that sky \u{1f305}").map(drop)
}
