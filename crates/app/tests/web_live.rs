//! The live page in a real browser: what is said, heard, lost and found again, without loading the page again.

mod web_support;

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use serde_json::json;
use web_support::{host, program};
use whispernet_lab::browser::chat::Host;
use whispernet_lab::browser::{Browser, Looks, Start};
use whispernet_lab::double::{DaemonOptions, DeadAddr, Double, PeerOptions};
use whispernet_lab::peer::PATIENCE;

/// The console of a page whose peer is gone for a while.
const WHILE_AWAY: &[&str] =
    &["ERR_CONNECTION_REFUSED", "WebSocket connection", "ERR_EMPTY_RESPONSE", "ERR_CONNECTION_RESET"];

/// Opens the page of a peer, and waits until it is live.
fn page(host: &Host) -> anyhow::Result<Browser> {
    let browser = Browser::at(host, &Start::default())?;
    browser.is_live()?;
    Ok(browser)
}

/// Two peers that are linked, and the pages of both.
fn two() -> anyhow::Result<[(Host, Browser); 2]> {
    let ann = host("ann", &[])?;
    let bea = host("bea", &["--peer", &ann.process.addr.to_string()])?;
    let pages = [page(&ann)?, page(&bea)?];
    pages[0].wait_for_text("#peers", "bea")?;
    let [ann_page, bea_page] = pages;
    Ok([(ann, ann_page), (bea, bea_page)])
}

/// Notes the states of everything that the page lists while it waits.
const NOTE_STATES: &str = "
    window.states = [];
    const note = item => window.states.push(item.dataset.state);
    new MutationObserver(changes => changes.forEach(({target, addedNodes}) => {
        if (target.matches?.('li[data-client]')) note(target);
        for (const item of addedNodes) if (item.matches?.('li[data-client]')) note(item);
    })).observe(document.querySelector('.scroll'), {subtree: true, childList: true, attributeFilter: ['data-state']});";

#[test]
fn two_people_chat_from_page_to_page() -> anyhow::Result<()> {
    let [(ann, at_ann), (_bea, at_bea)] = two()?;
    at_ann.run(NOTE_STATES, &[])?;
    at_ann.say("hello bea")?;
    at_bea.sees("ann", "hello bea")?;
    at_ann.wait_for("document.querySelectorAll('li.message:not([data-client])').length === 1")?;
    let (said, kept) = (at_ann.messages()?, ann.api.history(0)?);
    ensure!(said.len() == 1 && said[0].seq == kept[0].seq && said[0].state.is_empty(), "{said:?} {kept:?}");
    let said = &said[0];
    at_ann.find(&format!("li.message#m-{}", said.seq))?;
    let went = format!("document.querySelector('#m-{} .went')?.title === 'went to 1 peer'", said.seq);
    at_ann.wait_for(&went)?;
    let states = at_ann.run("return states", &[])?;
    ensure!(states[0] == "pending", "it was shown at once: {states}");

    // Two lines, and an answer.
    at_bea.find("#message")?.click()?;
    at_bea.keys("one line<S-Enter>and another<Enter>")?;
    let lines = at_ann.sees("bea", "one line\nand another")?;
    let reply = at_ann.find(&format!("#m-{} .reply", lines.seq))?;
    reply.click()?;
    at_ann.wait_for_text(".answering", "one line")?;
    at_ann.keys("<Esc>")?;
    at_ann.wait_for("!document.querySelector('.answering')")?;
    at_ann.find(&format!("#m-{} .reply", lines.seq))?.click()?;
    at_ann.say("an answer")?;
    let answer = at_bea.sees("ann", "an answer")?;
    at_bea.wait_for_text(&format!("#m-{} .quote", answer.seq), "one line")?;
    at_bea.say("/me waves")?;
    let action = at_ann.sees("bea", "waves")?;
    at_ann.find(&format!("li.action#m-{}", action.seq))?;

    // Search, and back.
    at_ann.find("#search")?.write("another\u{e007}")?;
    at_ann.wait_for_text(".found", "another")?;
    at_ann.wait_for("document.querySelectorAll('li.message').length === 1")?;
    at_ann.find(".found a")?.click()?;
    at_ann.sees("ann", "hello bea")?;
    for browser in [at_ann, at_bea] {
        browser.is_quiet(&[])?;
    }
    Ok(())
}

#[test]
fn what_came_unseen_is_counted_and_the_first_message_is_reached() -> anyhow::Result<()> {
    let ann = host("ann", &[])?;
    let bea = host("bea", &["--peer", &ann.process.addr.to_string()])?;
    for number in 0..700 {
        ann.say(&format!("number {number}"))?;
    }
    let browser = page(&ann)?;
    browser.wait_for_text("#peers", "bea")?;
    browser.sees("ann", "number 699")?;
    browser.wait("first message", || {
        browser.run("document.querySelector('.scroll').scrollTop = -1e9", &[])?;
        let messages = browser.messages()?;
        ensure!(messages.len() <= 500, "{} rows are kept", messages.len());
        Ok(messages.first().filter(|shown| shown.body == "number 0").map(drop))
    })?;
    for (number, shown) in browser.messages()?.iter().enumerate() {
        ensure!(shown.body == format!("number {number}"), "{shown:?} in place {number}");
    }
    bea.say("unseen")?;
    bea.say("also unseen")?;
    browser.wait("count in the title", || Ok(browser.title()?.starts_with("(2) ").then_some(())))?;
    browser.wait_for_text(".to-end", "2 new messages")?;
    browser.find(".to-end")?.click()?;
    browser.sees("bea", "also unseen")?;
    browser.wait_for("document.querySelector('li.divider')?.textContent === 'New'")?;
    let divided =
        "document.querySelector('li.divider').nextElementSibling.querySelector('.body').textContent === 'unseen'";
    browser.wait_for(divided)?;
    browser.wait("end of the count", || Ok((!browser.title()?.starts_with('(')).then_some(())))?;
    browser.is_quiet(&[])
}

#[test]
fn a_peer_that_was_killed_is_found_again_and_nothing_is_lost_or_twice() -> anyhow::Result<()> {
    let mut ann = host("ann", &[])?;
    let bea = host("bea", &["--peer", &ann.process.addr.to_string()])?;
    let browser = page(&ann)?;
    browser.wait_for_text("#peers", "bea")?;
    browser.say("before")?;
    bea.say("before, too")?;
    browser.sees("bea", "before, too")?;
    browser.wait_for("!document.querySelector('li.message[data-client]')")?;

    let (at, web): (SocketAddr, SocketAddr) = (ann.process.addr, ann.process.web);
    ann.process.kill()?;
    browser.wait_for("document.documentElement.dataset.link === 'lost'")?;
    browser.wait_for_text("#link", "lost")?;
    browser.say("meanwhile")?;
    browser.wait_for_text("li[data-state=failed]", "Not sent")?;
    browser.named("li[data-state=failed] button", "Discard")?;
    browser.named("li[data-state=failed] button", "Try again")?.click()?;
    browser.wait_for_text("li[data-state=failed]", "Not sent")?;
    bea.say("while you were away")?;
    let ports = ["--http".to_owned(), web.to_string(), "--port".to_owned(), at.port().to_string()];
    let options: Vec<&str> = ports.iter().map(String::as_str).chain(["--flood-limit", "off"]).collect();
    let ann = Host::start_in(program(), Arc::clone(&ann.dir), "ann", &options)?;
    // Sessions outlive the process, and what was written and not sent outlives the reload.
    browser.is_live()?;
    browser.sees("bea", "while you were away")?;
    // Nobody was there to take it: now it goes by itself.
    browser.wait_for("!document.querySelector('li.message[data-client]')")?;
    browser.say("after")?;
    browser.wait_for("!document.querySelector('li.message[data-client]')")?;

    let kept: Vec<_> = ann.api.history(0)?.into_iter().map(|message| message.body).collect();
    let mut shown: Vec<_> = browser.messages()?.into_iter().map(|shown| shown.body).collect();
    assert_eq!(shown, kept, "as the history has it");
    shown.sort();
    assert_eq!(shown, ["after", "before", "before, too", "meanwhile", "while you were away"]);
    browser.is_quiet(WHILE_AWAY)
}

#[test]
fn peers_come_and_go_in_the_list() -> anyhow::Result<()> {
    let ann = host("ann", &[])?;
    let browser = page(&ann)?;
    let is = |addr: &str, state: &str| browser.find(&format!("li.peer[data-addr='{addr}'] .dot.{state}")).map(drop);
    let peer = PeerOptions {
        peers: vec![ann.process.addr.to_string()],
        dead_addr: DeadAddr::Forgotten,
        ..PeerOptions::default()
    };
    let old = Double::daemon(DaemonOptions { nick: "olga".to_owned(), peer, ..DaemonOptions::default() })?;
    ensure!(
        old.wait_links(|links| links.contains(&ann.process.addr.to_string()), PATIENCE),
        "the double is not linked"
    );
    // Its place is known once it has said something.
    old.say("hello from long ago");
    browser.sees("olga", "hello from long ago")?;
    is(&old.addr().to_string(), "connected")?;
    browser.say("hello olga")?;
    ensure!(
        old.wait_shown(|shown| shown.iter().any(|line| line.contains("hello olga")), PATIENCE),
        "olga heard nothing"
    );

    let bea = host("bea", &[])?;
    let at = bea.process.addr.to_string();
    browser.find("#addr")?.write(&at)?;
    browser.named("#peers button", "Connect")?.click()?;
    is(&at, "connected")?;
    browser.wait_for_text(&format!("li.peer[data-addr='{at}']"), "bea")?;
    browser.named("li.peer button", &format!("Disconnect {at}"))?.click()?;
    is(&at, "held")?;
    browser.named("li.peer button", &format!("Connect {at}"))?.click()?;
    is(&at, "connected")?;
    browser.named("li.peer button", &format!("Block {at}"))?.click()?;
    browser.wait_for_text("li.blocked", &at)?;
    browser.named("li.blocked button", &format!("Unblock {at}"))?.click()?;
    browser.wait_for("!document.querySelector('li.blocked')")?;
    browser.find("#addr")?.write("nonsense\u{e007}")?;
    browser.wait_for_text(".notices", "nonsense")?;
    browser.is_quiet(&["400 (Bad Request)"])
}

#[test]
fn a_key_is_verified_by_hand_and_eye() -> anyhow::Result<()> {
    let [(_ann, at_ann), (_bea, at_bea)] = two()?;
    at_bea.say("it is me")?;
    at_ann.sees("bea", "it is me")?;
    let digits =
        |css: &str| format!("Array.from(document.querySelectorAll('{css} span'), span => span.textContent).join(' ')");
    let theirs = at_bea.run(&format!("return {}", digits("#you .digits")), &[])?;
    let theirs = theirs.as_str().context("digits are text")?;
    at_ann.find("li.peer .verify:not([hidden])")?.click()?;
    at_ann.wait_for("document.querySelector('dialog#verify').open")?;
    at_ann.wait_for(&format!("{} === '{theirs}'", digits("#verify .theirs .digits")))?;
    at_ann.is_accessible(&web_support::axe())?;
    at_ann.find("#proof")?.write("11111 22222 33333")?;
    at_ann.named("#verify button", "They match")?.click()?;
    at_ann.find("#verify .problem:not([hidden])")?;
    at_ann.find("#proof")?.empty()?;
    at_ann.find("#proof")?.write(theirs)?;
    at_ann.named("#verify button", "They match")?.click()?;
    at_ann.wait_for("!document.querySelector('dialog#verify').open")?;
    at_ann.wait_for_text("li.peer", "verified")?;
    at_bea.say("and again")?;
    let said = at_ann.sees("bea", "and again")?;
    at_ann.find(&format!("li.from-verified#m-{}", said.seq))?;
    at_ann.is_quiet(&["status of 4"])
}

#[test]
fn a_keyboard_is_enough_and_nothing_moves_that_need_not() -> anyhow::Result<()> {
    let [(_ann, browser), (bea, _)] = two()?;
    browser.likes(Looks { dark: false, still: true })?;
    browser.reload()?;
    browser.is_live()?;
    browser.keys("said without a mouse<Enter>")?;
    browser.sees("ann", "said without a mouse")?;
    let focused = |css: &str| {
        for _ in 0..60 {
            if browser.run("return document.activeElement.matches(arguments[0])", &[json!(css)])? == true {
                return Ok(());
            }
            browser.keys("<Tab>")?;
        }
        anyhow::bail!("{css} is not reached by Tab")
    };
    // The palette, by its keys.
    focused("#message")?;
    browser.keys("/")?;
    browser.wait_for("!document.querySelector('#commands').hidden")?;
    let all = browser.all("#commands [role=option]:not([hidden])")?.len();
    ensure!(all > 8, "{all} commands");
    browser.keys("pee<Tab>")?;
    browser.wait_for("document.querySelector('#message').value.startsWith('/peers')")?;
    browser.keys("<Enter>")?;
    browser.wait_for_text(".notices", &bea.process.addr.to_string())?;
    browser.keys("/<Down><Esc>")?;
    browser.wait_for("document.querySelector('#commands').hidden")?;
    browser.keys("<BS>")?;
    // The conversation is one stop; arrows go from message to message, and Tab to what can be done with one.
    for number in 0..30 {
        bea.say(&format!("number {number}"))?;
    }
    browser.sees("bea", "number 29")?;
    focused(".scroll")?;
    let stands_at = |body: &str| {
        let at = "document.activeElement.querySelector('.body')?.textContent";
        browser.wait_for(&format!("document.activeElement.matches('.message') && {at} === '{body}'"))
    };
    browser.keys("<Up>")?;
    stands_at("number 29")?;
    browser.keys("<Up><Up><Down>")?;
    stands_at("number 28")?;
    browser.keys("<Home>")?;
    stands_at("said without a mouse")?;
    browser.keys("<Down>")?;
    stands_at("number 0")?;
    browser.keys("<Tab><Enter>")?;
    browser.wait_for_text(".answering", "number 0")?;
    browser.keys("<Esc>")?;
    browser.wait_for("!document.querySelector('.answering')")?;
    focused(".scroll")?;
    for stop in [".scroll a.reply", ".scroll button.verify", ":not(.scroll *)"] {
        browser.keys("<Tab>")?;
        browser.wait_for(&format!("document.activeElement.matches('{stop}')"))?;
    }
    focused(".scroll")?;
    browser.keys("<Up><Esc>")?;
    browser.wait_for("document.activeElement.matches('#message')")?;
    focused("li.peer button")?;
    focused("#addr")?;
    focused("#search")?;
    let moving = "document.getAnimations().filter(each => each.playState === 'running').length === 0 && \
                  Array.from(document.querySelectorAll('*')).every(each => { const style = getComputedStyle(each); \
                  return parseFloat(style.transitionDuration) < 0.02 && style.scrollBehavior !== 'smooth' })";
    browser.wait_for(moving)?;
    browser.is_quiet(&[])
}

#[test]
fn what_cannot_be_said_so_is_written_anew() -> anyhow::Result<()> {
    let ann = host("ann", &[])?;
    let first = ann.say("something to answer")?;
    let browser = page(&ann)?;
    browser.find(&format!("#m-{first} .reply"))?.click()?;
    browser.run(
        "const box = document.querySelector('#message'); box.value = '//' + 'x'.repeat(16 * 1024); box.focus()",
        &[],
    )?;
    browser.keys("<Enter>")?;
    browser.wait_for_text("li[data-state=failed]", "Not sent")?;
    ensure!(browser.all("li[data-state=failed] .retry:not([hidden])")?.is_empty(), "it would fail again");
    browser.keys("kept")?;
    browser.named("li[data-state=failed] button", "Edit")?.click()?;
    browser.wait_for("!document.querySelector('li[data-state=failed]')")?;
    browser.wait_for("document.querySelector('#message').value === '//' + 'x'.repeat(16 * 1024) + '\\nkept'")?;
    browser.wait_for_text(".answering", "something to answer")?;
    browser.run("document.querySelector('#message').value = '//short'", &[])?;
    browser.keys("<Enter>")?;
    browser.sees("ann", "/short")?;
    browser.wait_for_text("li.message[data-seq] .quote", "something to answer")?;
    browser.is_quiet(&["status of 4"])
}

#[test]
fn what_failed_goes_out_in_its_order_as_soon_as_it_can() -> anyhow::Result<()> {
    let ann = host("ann", &[])?;
    let browser = page(&ann)?;
    // Calls fail, though the WebSocket stands: that is what being offline for a moment looks like.
    browser.is_online(false)?;
    browser.say("first")?;
    browser.wait_for_text("li[data-state=failed]", "cannot be reached")?;
    browser.is_online(true)?;
    browser.wait_for("document.querySelectorAll('li.message[data-seq]').length === 1")?;
    browser.is_online(false)?;
    browser.say("second")?;
    browser.wait_for_text("li[data-state=failed]", "cannot be reached")?;
    browser.is_online(true)?;
    browser.say("third")?;
    browser.wait_for("document.querySelectorAll('li.message[data-seq]').length === 3")?;
    let bodies: Vec<_> = ann.api.history(0)?.into_iter().map(|message| message.body).collect();
    ensure!(bodies == ["first", "second", "third"], "{bodies:?}");
    browser.wait_for("document.querySelectorAll('.went[title=\"reached nobody yet\"]').length === 3")?;
    browser.is_quiet(&["ERR_INTERNET_DISCONNECTED"])
}

#[test]
fn what_is_long_is_folded_and_what_fails_is_put_right() -> anyhow::Result<()> {
    let [(_ann, browser), (bea, _)] = two()?;
    bea.say(&"line\n".repeat(3_000))?;
    browser.find(".body.folded")?;
    let height = "document.querySelector('.body').getBoundingClientRect().height";
    browser.wait_for(&format!("{height} < 700"))?;
    browser.named("button", "Show all of it")?.click()?;
    browser.wait_for(&format!("{height} > 50_000"))?;
    browser.named("button", "Show less")?.click()?;
    browser.wait_for(&format!("{height} < 700"))?;
    // A command that was refused is there again; one that was done is not.
    browser.say("/verify bea 12345")?;
    browser.wait_for_text(".notices", "60 digits")?;
    browser.wait_for("document.querySelector('#message').value === '/verify bea 12345'")?;
    browser.find("#message")?.empty()?;
    browser.say("/peers")?;
    browser.wait_for_text(".notices", &bea.process.addr.to_string())?;
    browser.wait_for("document.querySelector('#message').value === ''")?;
    // The same is told once.
    browser.say("/peers")?;
    browser.wait_for("document.querySelectorAll('.notice').length === 1")?;
    // What is on its way is not among what is found.
    browser.is_online(false)?;
    browser.say("kept back")?;
    browser.find("li[data-state=failed]")?;
    browser.is_online(true)?;
    browser.find("#search")?.write("nowhere\u{e007}")?;
    browser.wait_for_text(".empty", "Nothing was found")?;
    browser.wait_for("document.querySelector('.outbox').getClientRects().length === 0")?;
    browser.is_quiet(&["ERR_INTERNET_DISCONNECTED", "status of 4"])
}

#[test]
fn what_is_read_stays_where_it_is() -> anyhow::Result<()> {
    let [(_ann, browser), (bea, _)] = two()?;
    for number in 0..60 {
        bea.say(&format!("number {number}"))?;
    }
    browser.sees("bea", "number 59")?;
    browser.run("document.querySelector('.scroll').scrollTop = -500", &[])?;
    // Two frames: one in which all moves to its place, one that shows it there.
    let settled = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))";
    let top = || {
        let script = format!(
            "return {settled}.then(() => Array.from(document.querySelectorAll('li.message')).find(row => \
             row.textContent.includes('number 30')).getBoundingClientRect().top)"
        );
        Ok::<f64, anyhow::Error>(browser.run(&script, &[])?.as_f64().unwrap_or_default())
    };
    let before = top()?;
    let stays = |what: &str| {
        let now = top()?;
        ensure!((now - before).abs() < 1.5, "{what} moved it from {before} to {now}");
        Ok(())
    };
    bea.say("number 60")?;
    browser.wait_for_text(".to-end", "1 new message")?;
    stays("a message")?;
    browser.find("#message")?.click()?;
    browser.keys("one<S-Enter>two<S-Enter>three")?;
    stays("a longer text")?;
    browser.find("#message")?.empty()?;
    browser.say("/help")?;
    browser.wait_for_text(".notices", "/connect")?;
    stays("an answer to a command")?;
    browser.find(".notice .close")?.click()?;
    browser.wait_for("!document.querySelector('.notice')")?;
    stays("its end")?;
    browser.resize(1280, 600)?;
    stays("a lower window")?;
    browser.is_quiet(&[])
}

#[test]
fn what_came_to_a_hidden_page_is_counted_in_its_title() -> anyhow::Result<()> {
    let [(_ann, at_ann), (bea, _at_bea)] = two()?;
    at_ann.while_hidden(|| {
        bea.say("nobody looks")?;
        bea.say("still nobody")?;
        at_ann.wait_for("document.title.startsWith('(2) ')")
    })?;
    at_ann.wait_for("!document.title.startsWith('(')")?;
    at_ann.wait_for("document.querySelector('li.divider').nextElementSibling.textContent.includes('nobody looks')")?;
    at_ann.is_quiet(&[])
}

#[test]
fn who_is_signed_out_elsewhere_is_told() -> anyhow::Result<()> {
    let ann = host("ann", &[])?;
    let browser = page(&ann)?;
    browser.run(
        "const form = document.querySelector('form[action=\"/logout\"]');
         return fetch('/logout', {method: 'POST', body: new URLSearchParams(new FormData(form))}).then(answer => answer.status)",
        &[],
    )?;
    browser.wait_for_text("#link", "signed out")?;
    browser.say("to nobody")?;
    browser.wait_for_text("li[data-state=failed]", "not signed in")?;
    ensure!(ann.api.history(0)?.is_empty(), "nothing was said");
    browser.is_quiet(&["401", "WebSocket connection"])
}
