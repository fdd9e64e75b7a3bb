//! Pages of others that try to use ours, in a real browser that is signed in, and by raw requests: each is refused.

mod http_support;
mod web_support;

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::thread;

use anyhow::{Context as _, ensure};
use http_support::browser::{Browser as Cookie, host};
use http_support::{Peer, connect};
use serde_json::{Value, json};
use whispernet_lab::browser::chat::Host;
use whispernet_lab::browser::{Browser, Start};

/// A name that leads to this machine, as any name may.
const EVIL: &str = "evil.test";

/// Serves one page, whatever is asked for, until the test ends.
fn serve(page: String) -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let addr = listener.local_addr()?;
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let page = page.clone();
            thread::spawn(move || {
                // A request of a browser comes in one piece here; nothing else is read.
                let _ = stream.read(&mut [0; 64 * 1024]);
                let length = page.len();
                let _ = write!(
                    stream,
                    "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{page}"
                );
            });
        }
    });
    Ok(addr)
}

/// What a page of another origin tries on the peer at `AIM`; what came of each goes into `results`.
const ATTACK: &str = r#"<!doctype html><title>evil</title><body><script>
const aim = 'http://AIM', results = {};
const tell = name => what => { results[name] = what };
const settled = [];
const attempt = (name, work) => settled.push(work().then(tell(name), error => tell(name)('refused')));

for (const [name, path, fields] of [
    ['say', '/say', {body: 'forged by a form'}],
    ['connect', '/connect', {addr: '127.0.0.1:19'}],
    ['block', '/block', {who: '127.0.0.8'}],
    ['logout', '/logout', {}],
]) {
    for (const enctype of ['application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data']) {
        const frame = Object.assign(document.createElement('iframe'), {name: `${name} ${enctype}`});
        const form = Object.assign(document.createElement('form'), {method: 'post', action: aim + path, target: frame.name, enctype});
        for (const [name, value] of Object.entries({...fields, form_token: 'guessed'})) {
            form.append(Object.assign(document.createElement('input'), {name, value}));
        }
        document.body.append(frame, form);
        attempt(frame.name, () => new Promise(done => { frame.onload = () => done('answered'); form.submit() }));
    }
}

const json = {method: 'POST', credentials: 'include', body: '{"body":"forged by a fetch"}'};
attempt('fetch text', () => fetch(aim + '/api/v1/messages', {...json, mode: 'no-cors', headers: {'Content-Type': 'text/plain'}}));
attempt('fetch json', () => fetch(aim + '/api/v1/messages', {...json, headers: {'Content-Type': 'application/json'}}));
attempt('fetch file', () => fetch(aim + '/api/v1/files?name=x', {...json, mode: 'no-cors'}));
attempt('fetch delete', () => fetch(aim + '/api/v1/blocks/127.0.0.9', {method: 'DELETE', credentials: 'include'}));
attempt('beacon', async () => navigator.sendBeacon(aim + '/api/v1/messages', '{"body":"forged by a beacon"}'));
attempt('read', () => fetch(aim + '/api/v1/messages', {credentials: 'include'}).then(answer => answer.text()));
attempt('read page', () => fetch(aim + '/', {credentials: 'include'}).then(answer => answer.text()));
const load = (name, tag, attributes) => attempt(name, () => new Promise((kept, failed) => {
    const element = Object.assign(document.createElement(tag), attributes, {onload: () => kept('loaded'), onerror: failed});
    document.body.append(element);
}));
load('script', 'script', {src: aim + '/api/v1/messages'});
load('own script', 'script', {type: 'module', src: aim + 'SCRIPT'});
load('style', 'link', {rel: 'stylesheet', href: aim + 'STYLE'});
load('image', 'img', {src: aim + '/api/v1/files/HASH'});
attempt('socket', () => new Promise((kept, failed) => {
    const socket = new WebSocket('ws://AIM/api/v1/ws?since=0');
    socket.onmessage = ({data}) => kept(data);
    socket.onclose = failed;
}));
Promise.all(settled).then(() => { window.results = results });
</script>"#;

/// A page with ours in a frame, under which somebody is to click.
const TRAP: &str = r#"<!doctype html><title>trap</title><body>
<iframe src="http://AIM/" style="opacity:.01;width:100%;height:500px"></iframe>"#;

/// A peer with a secret message, a block and a picture, and the page of ATTACK for it.
fn victim() -> anyhow::Result<(Host, SocketAddr)> {
    let ann = web_support::host("ann", &[])?;
    ann.say("a secret")?;
    ann.ask("POST", "/api/v1/blocks", &json!({"who": "127.0.0.9"}))?;
    let (_, sent) = ann.api.call("POST", "/api/v1/files?name=cat.gif", "GIF89a\u{1}\0\u{1}\0\0\0\0,")?;
    let page = Browser::at(&ann, &Start::default())?.source()?;
    let asset = |ends: &str| {
        let mut paths = page.split('"').filter(|path| path.starts_with("/assets/") && path.ends_with(ends));
        paths.next().map(str::to_owned).with_context(|| format!("the page has no {ends}"))
    };
    let attack = ATTACK
        .replace("AIM", &ann.process.web.to_string())
        .replace("SCRIPT", &asset(".js")?)
        .replace("STYLE", &asset(".css")?)
        .replace("HASH", sent["hash"].as_str().context("a file has a hash")?);
    let evil = serve(attack)?;
    Ok((ann, evil))
}

/// All that the attack could have changed.
fn state(host: &Host) -> anyhow::Result<[Value; 3]> {
    Ok([host.api.get("/api/v1/messages")?, host.api.get("/api/v1/peers")?, host.api.get("/api/v1/blocks")?])
}

#[test]
fn pages_of_others_do_and_read_nothing() -> anyhow::Result<()> {
    let (ann, evil) = victim()?;
    let browser = Browser::start(&Start { names: &[EVIL], ..Start::default() })?;
    browser.enter(&ann)?;
    browser.say("said by the page itself")?;
    browser.sees("ann", "said by the page itself")?;
    let before = state(&ann)?;
    // Another site, and another origin of the same site, to which the browser sends even cookies that are `SameSite=Strict`.
    for origin in [format!("http://{EVIL}:{}", evil.port()), format!("http://{evil}")] {
        browser.open(&origin)?;
        browser.wait_for("window.results")?;
        let results = browser.run("return results", &[])?;
        let results = results.as_object().context("results are an object")?;
        ensure!(results.len() == 24, "{} things were tried from {origin}", results.len());
        for (name, result) in results {
            // A frame shows an answer, a fetch without CORS gets one that it cannot see, a beacon is sent: none of them tells.
            let is_blind = result == "answered" || *result == json!({}) || *result == json!(true);
            ensure!(is_blind || result == "refused", "{name} from {origin}: {result}");
        }
        for must in
            ["read", "read page", "script", "own script", "style", "image", "socket", "fetch json", "fetch delete"]
        {
            ensure!(results[must] == "refused", "{must} from {origin}: {}", results[must]);
        }
        assert_eq!(state(&ann)?, before, "from {origin}");
    }
    browser.open(&format!("http://{}/", ann.process.web))?;
    browser.sees("ann", "a secret").context("still signed in")?;
    Ok(())
}

#[test]
fn no_page_shows_ours_in_a_frame() -> anyhow::Result<()> {
    let ann = web_support::host("ann", &[])?;
    let trap = serve(TRAP.replace("AIM", &ann.process.web.to_string()))?;
    let browser = Browser::start(&Start { names: &[EVIL], ..Start::default() })?;
    browser.enter(&ann)?;
    for origin in [format!("http://{EVIL}:{}", trap.port()), format!("http://{trap}")] {
        browser.forget()?;
        browser.open(&origin)?;
        let refused = || Ok(browser.heard()?.iter().any(|entry| entry.text.contains("frame-ancestors")).then_some(()));
        browser.wait("refusal of the frame", refused)?;
        browser.inside("iframe", || {
            ensure!(browser.all("#message")?.is_empty(), "{origin} shows the page");
            Ok(())
        })?;
    }
    Ok(())
}

#[test]
fn a_name_that_leads_here_is_not_us() -> anyhow::Result<()> {
    let ann = web_support::host("ann", &[])?;
    ann.say("a secret")?;
    let browser = Browser::start(&Start { names: &[EVIL], ..Start::default() })?;
    browser.enter(&ann)?;
    let cookie = browser.cookies()?;
    let port = ann.process.web.port();
    for round in 0..2 {
        browser.open(&format!("http://{EVIL}:{port}/"))?;
        ensure!(browser.source()?.contains("wrong_host"), "{}", browser.source()?);
        for (method, path) in
            [("GET", "/api/v1/messages"), ("POST", "/api/v1/messages"), ("GET", "/login"), ("GET", "/peers")]
        {
            let script = "return fetch(arguments[1], {method: arguments[0]}).then(answer => answer.text())";
            let answer = browser.run(script, &[json!(method), json!(path)])?;
            ensure!(answer.as_str().is_some_and(|text| text.contains("wrong_host")), "round {round}: {path}: {answer}");
        }
        let socket = format!(
            "return new Promise(done => {{ const socket = new WebSocket('ws://{EVIL}:{port}/api/v1/ws?since=0'); \
             socket.onmessage = ({{data}}) => done(data); socket.onclose = () => done('refused'); }})"
        );
        ensure!(browser.run(&socket, &[])? == "refused", "round {round}: a socket");
        // Even if the name had come to have our cookie.
        for cookie in &cookie {
            browser.set_cookie(cookie)?;
        }
    }
    Ok(())
}

#[test]
fn raw_requests_with_our_cookie_from_elsewhere() {
    let peer = Peer::start();
    let browser = Cookie::launched(&peer);
    let upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                   Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let (us, cookie) = (host(&peer), format!("Cookie: {}\r\n", browser.cookie));
    let bearer = format!("Authorization: Bearer {}\r\n", peer.token);
    let own = format!("Origin: http://{}\r\n", peer.http);
    let port = peer.http.port();
    for (headers, status) in [
        (format!("{us}{cookie}{own}"), 101),
        (format!("{us}{bearer}"), 101),
        (format!("{us}{cookie}Sec-Fetch-Site: same-origin\r\n"), 101),
        (format!("{us}{cookie}"), 403),
        (format!("{us}{cookie}Origin: null\r\n"), 403),
        (format!("{us}{cookie}Origin: \r\n"), 403),
        (format!("{us}{cookie}Origin: http://{EVIL}\r\n"), 403),
        (format!("{us}{cookie}Origin: https://{}\r\n", peer.http), 403),
        (format!("{us}{cookie}Origin: http://{}.{EVIL}\r\n", peer.http), 403),
        (format!("{us}{cookie}Origin: http://localhost:{port}\r\n"), 403),
        (format!("{us}{cookie}{own}Origin: http://{EVIL}\r\n"), 403),
        (format!("{us}{cookie}Sec-Fetch-Site: same-site\r\n"), 403),
        (format!("{us}{bearer}Origin: http://{EVIL}\r\n"), 403),
        (format!("{us}{own}"), 401),
        (format!("Host: {EVIL}:{port}\r\n{cookie}Origin: http://{EVIL}:{port}\r\n"), 421),
        (format!("Host: {EVIL}:{port}\r\n{bearer}"), 421),
        (format!("{us}Host: {EVIL}\r\n{cookie}{own}"), 421),
        (format!("{cookie}{own}"), 421),
    ] {
        let mut stream = connect(peer.http);
        stream.write_all(format!("GET /api/v1/ws HTTP/1.1\r\n{headers}{upgrade}\r\n").as_bytes()).expect("it reads");
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).expect("it answers");
        assert_eq!(String::from_utf8_lossy(&answer), format!("HTTP/1.1 {status}"), "{headers}");
    }
}
