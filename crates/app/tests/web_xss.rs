//! What strangers write is never run, in a real browser: as text, nick, Addr, name and type of a file, and search; nor are files.

mod web_support;
mod xss_corpus;

use std::collections::BTreeSet;

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use web_support::{host, reload_until};
use whispernet_lab::browser::chat::Host;
use whispernet_lab::browser::{Browser, Start};
use whispernet_lab::stranger::{Given, Signed, Stranger, UNDIALLED};
use xss_corpus::payloads;

/// Longest nick that is taken, in characters, and longest name or type of a file, in bytes.
const NICK_CHARS_MAX: usize = 32;
const NAME_BYTES_MAX: usize = 255;

/// One in so many payloads is searched for by a whole page; the tests of the page's text search for all.
const SEARCH_STEP: usize = 8;

const SEARCHES_AT_ONCE: usize = 60;

/// Tells of everything that a payload would run, before anything of the page does.
const CANARY: &str = "
    for (const name of ['alert', 'confirm', 'prompt', 'print']) window[name] = () => console.error('canary: ' + name);
    Object.defineProperty(window, 'canary', {set() { console.error('canary: a global') }});
    window.addEventListener('error', event => { if (event.message) console.error('canary: ' + event.message) });
    document.addEventListener('securitypolicyviolation', event => {
        console.error(`canary: policy ${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
    });";

/// Does all to everything that strangers wrote that a person may do without meaning to; then what is there that should not be.
const PROVOKE: &str = r"
    const strange = [];
    const events = ['pointerover', 'mouseover', 'mousedown', 'mouseup', 'focus', 'focusin', 'blur', 'keydown', 'wheel', 'copy',
        'contextmenu', 'dragover', 'toggle', 'animationstart', 'transitionend', 'scroll', 'load', 'error'];
    const done = window.provoked ??= new WeakSet();
    const places = Array.from(document.querySelectorAll('li.message, li.message *, #peers *, .found, .found *'));
    const banned = 'script, iframe, object, embed, style, link, meta, base, math, video, audio, marquee, details, template, ' +
        'textarea, select, svg, frame, frameset, dialog, slot, portal';
    for (const place of places.filter(place => !done.has(place))) {
        done.add(place);
        for (const type of events) place.dispatchEvent(new Event(type, {bubbles: true, cancelable: true}));
        if (place.matches(banned)) strange.push(place.outerHTML);
        for (const {name} of place.attributes) {
            if (name.startsWith('on') || name === 'style' || name === 'srcdoc') strange.push(place.outerHTML);
        }
        if (place.localName === 'a' && !['http:', 'https:', 'blob:'].includes(place.protocol)) strange.push(place.outerHTML);
        if (place.localName === 'img' && !place.src.startsWith('blob:')) strange.push(place.outerHTML);
    }
    return strange;";

/// Opens the page; what the browser asked for until then is its own business.
fn enter(browser: &Browser, host: &Host) -> anyhow::Result<()> {
    browser.enter(host)?;
    browser.requests().map(drop)
}

/// Fails where something was run, refused, or asked of anybody else.
fn is_harmless(browser: &Browser, host: &Host) -> anyhow::Result<()> {
    let strange = browser.run(PROVOKE, &[])?;
    ensure!(strange == json!([]), "{strange:#}");
    browser.is_quiet(&[])?;
    let ours = ["http", "ws", "blob:http"].map(|scheme| format!("{scheme}://{}/", host.process.web));
    let requests = browser.requests()?;
    let elsewhere = requests.iter().find(|request| !ours.iter().any(|ours| request.url.starts_with(ours)));
    ensure!(elsewhere.is_none(), "asked for {elsewhere:?}");
    Ok(())
}

/// As much of a text as fits, of whole characters.
fn cut(text: &str, chars: usize, bytes: usize) -> String {
    let mut short = String::new();
    for character in text.chars().take(chars) {
        if short.len() + character.len_utf8() > bytes {
            break;
        }
        short.push(character);
    }
    short
}

/// Sends every payload in every place: how many messages that are.
fn say_all(host: &Host, payloads: &[&str]) -> anyhow::Result<usize> {
    let stranger = Stranger::connect(host.process.addr, 1)?;
    let mut said = 0;
    for (number, payload) in payloads.iter().enumerate() {
        let (nick, name) = (cut(payload, NICK_CHARS_MAX, usize::MAX), cut(payload, usize::MAX, NAME_BYTES_MAX));
        for (place, [body, nick, addr, kind]) in [
            [payload, "ann", UNDIALLED, ""],
            ["/me is", &nick, UNDIALLED, ""],
            ["hi", "", payload, ""],
            ["hi", "ann", UNDIALLED, payload],
        ]
        .into_iter()
        .enumerate()
        {
            let contents = if kind.is_empty() { Value::Null } else { json!("R0lGODlhAQABAAAAACw=") };
            let id = format!("xss-{number}-{place}");
            let mut object = json!({"ID": id, "Addr": addr, "Nick": nick, "Body": body});
            if !kind.is_empty() {
                object["FileType"] = json!(kind);
                object["FileContents"] = contents;
            }
            stranger.says(&object)?;
        }
        let bytes = format!("file {number}");
        let file = Given { name: &name, kind: &name, bytes: bytes.as_bytes() };
        stranger.signs(&Signed { body: payload, nick: "strange", reply: Some(&nick), file: Some(file) })?;
        said += 5;
    }
    Ok(said)
}

#[test]
fn what_strangers_write_is_never_run() -> anyhow::Result<()> {
    let ann = host("ann", &[])?;
    let browser = Browser::start(&Start { notes_requests: true, first: CANARY, ..Start::default() })?;
    for payload in ["<img src=x onerror=alert(1)>", "<script>canary=1</script>", "<script>throw 1</script>"] {
        browser.open(&format!("data:text/html,{payload}"))?;
        let ran = || Ok(browser.heard()?.iter().any(|entry| entry.text.contains("canary: ")).then_some(()));
        browser.wait("canary, which is to fail this test", ran)?;
        browser.forget()?;
    }
    enter(&browser, &ann)?;
    let payloads = payloads();
    // Those that are shown as soon as they come, by what the page has open now.
    let said = say_all(&ann, &payloads)?;
    let bea = host("<img src=x onerror=alert(1)>", &["--peer", &ann.process.addr.to_string()])?;
    // All of it has been judged by then, or it would not be the last.
    browser.wait("history of what was said", || Ok((ann.api.history(0)?.len() >= said).then_some(())))?;
    bea.say("the last of them")?;
    reload_until(&browser, "all that was sent", || {
        Ok(browser.messages()?.into_iter().find(|shown| shown.body == "the last of them"))
    })?;
    is_harmless(&browser, &ann)?;

    // Told as soon as it is there; on disk, where the history is read from, a little later.
    let seqs = browser.wait("history of all", || {
        let seqs: BTreeSet<u64> = ann.api.history(0)?.iter().map(|message| message.seq).collect();
        Ok((seqs.len() > said).then_some(seqs))
    })?;
    let mut seen = BTreeSet::new();
    while seen.len() < seqs.len() {
        is_harmless(&browser, &ann)?;
        let before = seen.len();
        browser.wait("older messages", || {
            browser.run("document.querySelector('.scroll').scrollTop = -1e9", &[])?;
            seen.extend(browser.messages()?.iter().map(|shown| shown.seq));
            Ok((seen.len() > before).then_some(()))
        })?;
    }
    is_harmless(&browser, &ann)?;
    assert_eq!(seen, seqs, "every message was looked at");

    // As the server writes them.
    browser.runs_scripts(false)?;
    let (mut path, mut written) = ("/".to_owned(), 0);
    loop {
        browser.open(&format!("http://{}{path}", ann.process.web))?;
        is_harmless(&browser, &ann).with_context(|| path.clone())?;
        written += browser.messages()?.len();
        let Some(older) = browser.all("a[href^='/?before=']")?.into_iter().next() else { break };
        path = older.attribute("href")?.context("it leads somewhere")?;
    }
    assert_eq!(written, seqs.len(), "every message was looked at");
    Ok(())
}

#[test]
fn what_is_searched_for_is_never_run() -> anyhow::Result<()> {
    let ann = host("ann", &[])?;
    let browser = Browser::start(&Start { notes_requests: true, first: CANARY, ..Start::default() })?;
    enter(&browser, &ann)?;
    for payload in payloads().into_iter().step_by(SEARCH_STEP) {
        let term: String = payload.bytes().map(|byte| format!("%{byte:02X}")).collect();
        browser.open(&format!("http://{}/?search={term}", ann.process.web))?;
        is_harmless(&browser, &ann).with_context(|| payload.to_owned())?;
    }
    for some in payloads().chunks(SEARCHES_AT_ONCE) {
        let strange = browser.run(SEARCH, &[json!(some)])?;
        ensure!(strange == json!([]), "asked for and shown: {strange:#}");
        is_harmless(&browser, &ann).with_context(|| format!("{some:?}"))?;
    }
    Ok(())
}

/// Searches for one thing after the other, as somebody who types; what was then not said to be searched for.
const SEARCH: &str = "
    const next = () => new Promise(done => setTimeout(done, 5));
    const input = document.querySelector('#search');
    return (async () => {
        const strange = [];
        for (const payload of arguments[0]) {
            input.value = payload;
            // A line of input has no line breaks.
            const asked = input.value.trim();
            input.form.requestSubmit();
            const shown = () => document.querySelector('.found bdi')?.textContent;
            for (let tries = 0; tries < 400 && asked !== '' && shown() !== asked; tries += 1) await next();
            if (shown() !== asked && asked !== '') strange.push([asked, shown()]);
        }
        return strange;
    })();";

#[test]
fn files_of_strangers_are_downloads_and_run_nowhere() -> anyhow::Result<()> {
    let ann = host("ann", &[])?;
    let browser = Browser::start(&Start { notes_requests: true, first: CANARY, ..Start::default() })?;
    enter(&browser, &ann)?;
    let script = "<script>alert(1)</script>";
    for (name, bytes) in [
        ("picture.svg", format!("<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'>{script}</svg>")),
        ("page.html", format!("<!doctype html><title>x</title>{script}")),
        ("page.xhtml", format!("<html xmlns='http://www.w3.org/1999/xhtml'>{script}</html>")),
        ("feed.xml", "<?xml version='1.0'?><?xml-stylesheet href='data:text/xsl,x'?><x/>".to_owned()),
        ("script.js", "alert(1)".to_owned()),
        ("cat.gif", "GIF89a/*\u{1}\u{1}*/=1;alert(1)".to_owned()),
        ("cat.gif.html", format!("GIF89a{script}")),
        ("paper.pdf", "%PDF-1.4 1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>".to_owned()),
        ("style.css", "*{background:url(//evil.example)}".to_owned()),
    ] {
        let (status, sent) = ann.api.call("POST", &format!("/api/v1/files?name={name}"), &bytes)?;
        ensure!(status == 201, "{name}: {sent}");
        let hash = sent["hash"].as_str().context("a file has a hash")?;
        let path = format!("/api/v1/files/{hash}");
        let link = reload_until(&browser, name, || Ok(browser.all(&format!(".file a[href='{path}']"))?.pop()))?;
        // With a further extension where the name promises what the bytes are not.
        let kept_as = link.attribute("download")?.context("it is a download")?;
        ensure!(kept_as.starts_with(name), "{name} is {kept_as}");
        let before = browser.url()?;
        browser.follow(&path)?;
        ensure!(browser.downloaded(&kept_as)? == bytes.as_bytes(), "{name} was altered");
        ensure!(browser.url()? == before, "{name} is shown as a page");
        // What somebody who could write into the page would do with it.
        let import = "return import(arguments[0]).then(() => 'ran', () => 'refused')";
        ensure!(browser.run(import, &[json!(path)])? == "refused", "{name} is a script");
        browser.run(STYLE, &[json!(path)])?;
        browser.forget()?;
        is_harmless(&browser, &ann).with_context(|| name.to_owned())?;
    }
    Ok(())
}

/// Makes a style sheet of a file, and waits until that has failed.
const STYLE: &str = "
    const link = Object.assign(document.createElement('link'), {rel: 'stylesheet', href: arguments[0]});
    const done = new Promise((kept, failed) => { link.onerror = kept; link.onload = failed });
    document.head.append(link);
    return done.then(() => link.remove());";
