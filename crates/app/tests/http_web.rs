//! Who may come in by a browser, and what the page does without a script, against a real peer.

mod http_support;

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use http_support::Peer;
use http_support::browser::{Browser, FORM, cookie, encode, escape, host, launch_path, messages};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use serde_json::json;
use tempfile::TempDir;
use tungstenite::client::IntoClientRequest as _;

/// What the first page may weigh with all it needs, on the wire.
const PAGE_BYTES_MAX: usize = 60_000;

#[test]
fn a_launch_link_lets_one_browser_in_once() {
    let peer = Peer::start();
    peer.say("a secret");
    let path = launch_path(&peer);
    assert_eq!(peer.ask_raw("HEAD", &path, &host(&peer), "").status, 200, "to look is not to come in");
    let first = peer.ask_raw("GET", &path, &host(&peer), "");
    assert_eq!(first.status, 303);
    assert!(first.head.contains("\r\nlocation: /\r\n"), "{}", first.head);
    let name = format!("set-cookie: whisper-{}-", peer.http.port());
    for part in [name.as_str(), "; httponly", "; samesite=strict", "; path=/", "; max-age=2592000"] {
        assert!(first.head.contains(part), "{part} in {}", first.head);
    }
    let cookie = cookie(&first);
    assert!(!cookie.contains(&peer.token), "{cookie}");
    assert_eq!(cookie.split_once('=').expect("a value").1.len(), 64, "256 bits in hex");

    let again = peer.ask_raw("GET", &path, &host(&peer), "");
    assert_eq!(again.status, 403);
    assert!(!again.head.contains("set-cookie"), "{}", again.head);
    assert!(again.body.contains("used before") && again.body.contains("type=\"password\""), "{}", again.body);
    assert!(!again.body.contains("a secret"));

    let browser = Browser::with(&peer, cookie);
    assert!(browser.get("/").body.contains("a secret"));
    assert_eq!(browser.get(&path).status, 303, "who is in stays in");
    assert_eq!(peer.ask_raw("GET", "/?launch=nonsense", &host(&peer), "").status, 403);
    assert_eq!(peer.ask_raw("POST", "/api/v1/launch", &host(&peer), "").status, 401);
}

#[test]
fn a_browser_stays_in_when_the_peer_starts_again() {
    let peer = Peer::start();
    let cookie = Browser::launched(&peer).cookie;
    let gone = Browser::launched(&peer);
    assert_eq!(gone.send("/logout", &[]).status, 200);
    let gone = gone.cookie;
    let peer = Peer::start_in(peer.stop());
    let status = |cookie: &str| {
        let (name, secret) = cookie.split_once('=').expect("a value");
        // The port may differ, and the name with it.
        let name = name.rsplit_once('-').expect("digits of the key").1;
        let headers = format!("{}Cookie: whisper-{}-{name}={secret}\r\n", host(&peer), peer.http.port());
        peer.ask_raw("GET", "/api/v1/status", &headers, "").status
    };
    assert_eq!((status(&cookie), status(&gone)), (200, 401));
}

#[test]
fn nothing_is_shown_to_strangers() {
    let peer = Peer::start();
    peer.say("a secret");
    peer.ask("POST", "/api/v1/blocks", r#"{"who":"127.0.0.9"}"#);
    let wrong = format!("{}Cookie: whisper-{}-00000000={}\r\n", host(&peer), peer.http.port(), "0".repeat(64));
    for headers in [host(&peer), wrong] {
        for path in ["/", "/?search=secret", "/?before=99", "/?since=0", "/?reply=1", "/login"] {
            let answer = peer.ask_raw("GET", path, &headers, "");
            assert_eq!(answer.status, 200, "{path}");
            assert!(answer.body.contains("type=\"password\""), "{path}: {}", answer.body);
            for secret in ["a secret", "tester", "127.0.0.9", peer.addr.as_str(), "data-seq"] {
                assert!(!answer.body.contains(secret), "{secret} at {path}: {}", answer.body);
            }
        }
        for path in ["/say", "/connect", "/disconnect", "/block", "/unblock", "/logout"] {
            let answer =
                peer.ask_raw("POST", path, &format!("{headers}{FORM}"), "body=x&addr=127.0.0.1:9&who=10.0.0.1");
            assert_eq!(answer.status, 401, "{path}: {}", answer.body);
            assert!(answer.body.contains("type=\"password\"") && !answer.body.contains("a secret"), "{}", answer.body);
        }
    }
    assert_eq!(peer.bodies(""), ["a secret"]);
}

#[test]
fn the_login_form_takes_the_token_and_few_others() {
    let peer = Peer::start();
    let headers = format!("{}{FORM}", host(&peer));
    let login = |headers: &str, token: &str| peer.ask_raw("POST", "/login", headers, &encode(&[("token", token)]));
    let right = login(&headers, &peer.token);
    assert_eq!(right.status, 303, "{}", right.body);
    let browser = Browser::with(&peer, cookie(&right));
    assert_eq!(browser.page("/").tags("main").count(), 1);
    assert_eq!(browser.get("/login").status, 303);
    assert_eq!(login(&format!("{headers}Origin: http://evil.example\r\n"), &peer.token).status, 403);
    assert_eq!(login(&host(&peer), &peer.token).status, 415, "no form");
    for guess in ["nonsense", "", &peer.token[1..]].iter().cycle().take(10) {
        let wrong = login(&headers, guess);
        assert_eq!(wrong.status, 403, "{}", wrong.body);
        assert!(wrong.body.contains("role=\"alert\"") && !wrong.head.contains("set-cookie"), "{}", wrong.body);
    }
    let many = login(&headers, "nonsense");
    assert_eq!(many.status, 429, "{}", many.body);
    let wait = many.head.lines().find_map(|line| line.strip_prefix("retry-after: ")).expect("when to try again");
    assert!((1..=60).contains(&wait.parse::<u64>().expect("seconds")), "{wait}");
    assert_eq!(login(&headers, &peer.token).status, 303, "whatever others try, the token opens");
    assert_eq!(login(&headers, "nonsense").status, 429, "and they go on to wait");
    assert_eq!(browser.get("/").status, 200, "who is in stays in");
    assert_eq!(Browser::launched(&peer).get("/").status, 200, "links go on working");
}

#[test]
fn a_cookie_opens_the_api_to_our_own_page_alone() {
    let peer = Peer::start();
    let browser = Browser::launched(&peer);
    assert_eq!(browser.get("/api/v1/status").json()["nick"], "tester");
    let (alone, json) = (browser.alone(), "Content-Type: application/json\r\n");
    let ours = format!("Origin: http://{}\r\n", peer.http);
    let neighbour = format!("Origin: http://127.0.0.1:{}\r\n", peer.http.port() ^ 1);
    let local = format!("Origin: http://localhost:{}\r\n", peer.http.port());
    for (headers, status, code) in [
        (format!("{ours}{json}"), 201, ""),
        (format!("Sec-Fetch-Site: same-origin\r\n{json}"), 201, ""),
        (json.to_owned(), 403, "wrong_origin"),
        (format!("Sec-Fetch-Site: same-site\r\n{json}"), 403, "wrong_origin"),
        (format!("Sec-Fetch-Site: cross-site\r\n{json}"), 403, "wrong_origin"),
        (format!("Origin: http://evil.example\r\n{json}"), 403, "wrong_origin"),
        (format!("Origin: null\r\n{json}"), 403, "wrong_origin"),
        (format!("{neighbour}{json}"), 403, "wrong_origin"),
        (format!("{local}{json}"), 403, "wrong_origin"),
        (format!("{ours}Content-Type: text/plain\r\n"), 415, "no_json"),
        (format!("{ours}{FORM}"), 415, "no_json"),
    ] {
        let answer = peer.ask_raw("POST", "/api/v1/messages", &format!("{alone}{headers}"), r#"{"body":"x"}"#);
        assert_eq!(answer.status, status, "{headers}{}", answer.body);
        assert!(!answer.head.contains("access-control-"), "{}", answer.head);
        if !code.is_empty() {
            assert_eq!(answer.code(), code, "{headers}");
        }
    }
    assert_eq!(peer.bodies("").len(), 2);
    assert_eq!(peer.ask_raw("DELETE", "/api/v1/blocks/127.0.0.9", &alone, "").status, 403);
    assert_eq!(peer.ask_raw("DELETE", "/api/v1/blocks/127.0.0.9", &browser.headers(), "").status, 404);
}

#[test]
fn a_cookie_opens_a_websocket_to_our_own_page_alone() {
    let peer = Peer::start();
    let browser = Browser::launched(&peer);
    let upgrade = |origin: Option<String>, cookie: bool| {
        let mut request = format!("ws://{}/api/v1/ws", peer.http).into_client_request().expect("a request");
        let headers = request.headers_mut();
        if let Some(origin) = origin {
            headers.insert("Origin", origin.parse().expect("a header"));
        }
        if cookie {
            headers.insert("Cookie", browser.cookie.parse().expect("a header"));
        }
        tungstenite::client(request, http_support::connect(peer.http)).map_err(|error| error.to_string())
    };
    let ours = || Some(format!("http://{}", peer.http));
    for (origin, cookie, status) in [
        (None, true, "403"),
        (Some("http://evil.example".to_owned()), true, "403"),
        (Some("null".to_owned()), true, "403"),
        (Some(format!("http://127.0.0.1:{}", peer.http.port() ^ 1)), true, "403"),
        (ours(), false, "401"),
    ] {
        let refused = upgrade(origin.clone(), cookie).err().unwrap_or_else(|| panic!("{origin:?} came in"));
        assert!(refused.contains(status), "{origin:?}: {refused}");
    }
    let (mut socket, _) = upgrade(ours(), true).expect("our own page");
    assert!(socket.read().expect("a hello").to_text().expect("text").contains("hello"));
    let out = browser.send("/logout", &[]);
    assert!(out.status == 200 && out.head.contains("max-age=0"), "{}", out.head);
    // Whatever was said meanwhile, its end comes.
    while socket.read().is_ok_and(|message| !message.is_close()) {}
    assert_eq!(browser.get("/api/v1/status").status, 401);
}

#[test]
fn other_hosts_are_refused_everywhere() {
    let peer = Peer::start();
    let browser = Browser::launched(&peer);
    let style = browser.page("/").tags("link").next().and_then(|tag| tag.get("href").map(str::to_owned));
    let style = style.expect("the page has a style");
    let port = peer.http.port();
    for path in ["/", "/login", &launch_path(&peer), &style, "/api/v1/ws", "/api/v1/status"] {
        for name in [format!("evil.example:{port}"), "evil.example".to_owned(), format!("127.0.0.1.nip.io:{port}")] {
            let headers = format!("Host: {name}\r\nCookie: {}\r\n", browser.cookie);
            let answer = peer.ask_raw("GET", path, &headers, "");
            assert_eq!((answer.status, answer.code().as_str()), (421, "wrong_host"), "{name}{path}");
        }
    }
    let headers = format!("Host: evil.example:{port}\r\nOrigin: http://evil.example:{port}\r\n{FORM}");
    let login = peer.ask_raw("POST", "/login", &headers, &encode(&[("token", &peer.token)]));
    assert_eq!(login.status, 421);
}

#[test]
fn no_answer_goes_without_its_headers() {
    let peer = Peer::start();
    let browser = Browser::launched(&peer);
    let page = browser.get("/");
    for answer in [
        peer.ask_raw("GET", "/", &host(&peer), ""),
        peer.ask_raw("GET", "/", "Host: evil.example\r\n", ""),
        peer.ask_raw("GET", &launch_path(&peer), &host(&peer), ""),
        browser.get("/api/v1/status"),
        browser.get("/nothing"),
        browser.send("/connect", &[("addr", "nonsense")]),
        page,
    ] {
        for header in [
            "content-security-policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; \
             connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; \
             require-trusted-types-for 'script'\r\n",
            "referrer-policy: same-origin\r\n",
            "x-content-type-options: nosniff\r\n",
            "x-frame-options: deny\r\n",
            "cross-origin-opener-policy: same-origin\r\n",
            "cross-origin-resource-policy: same-origin\r\n",
            "cache-control: no-store\r\n",
        ] {
            assert!(format!("{}\r\n", answer.head).contains(header), "{header} in {}", answer.head);
        }
        assert!(!answer.head.contains("access-control-"), "{}", answer.head);
    }
    let page = browser.page("/");
    let files: Vec<_> = page.tags("link").filter_map(|tag| tag.get("href")).collect();
    assert_eq!(files.len(), 2);
    for path in files {
        let answer = peer.ask_raw("GET", path, &host(&peer), "");
        assert!(answer.status == 200 && answer.head.contains("immutable"), "{path}: {}", answer.head);
    }
}

#[test]
fn the_page_is_packed_for_who_unpacks_it() {
    let peer = Peer::start();
    for number in 0..50 {
        peer.say(&format!("message {number}: some words that people say to one another in the course of a day"));
    }
    let browser = Browser::launched(&peer);
    let page = browser.page("/");
    let script = page.tags("script").find_map(|tag| tag.get("src")).expect("a script").to_owned();
    let links = page.tags("link").filter_map(|tag| tag.get("href").map(str::to_owned));
    let mut bytes = 0;
    for path in links.chain([script, "/".to_owned()]) {
        let plain = browser.get(&path);
        assert!(plain.head.contains("vary: accept-encoding") && !plain.head.contains("content-encoding"), "{path}");
        for (asked, is_packed) in [("gzip, br", true), ("br", false), ("gzip;q=0, *", false)] {
            let headers = format!("{}Accept-Encoding: {asked}\r\n", browser.alone());
            let (head, body) = peer.ask_bytes("GET", &path, &headers);
            assert_eq!(head.contains("content-encoding: gzip"), is_packed, "{path} {asked}: {head}");
            if is_packed {
                assert!(body.starts_with(&[0x1f, 0x8b]), "{path}");
                bytes += head.len() + body.len();
            }
        }
    }
    assert!(bytes < PAGE_BYTES_MAX, "{bytes}");
}

#[test]
fn no_two_pages_have_the_same_form_token() {
    let peer = Peer::start();
    let browser = Browser::launched(&peer);
    // Else its length in a packed page would tell who can measure it what the token is.
    let tokens = [browser.form_token(), browser.form_token()];
    assert_ne!(tokens[0], tokens[1]);
    for token in &tokens {
        let fields = encode(&[("body", "x"), ("form_token", token)]);
        assert_eq!(peer.ask_raw("POST", "/say", &format!("{}{FORM}", browser.headers()), &fields).status, 303);
    }
}

#[test]
fn what_the_script_asks_for_is_for_who_is_in() {
    let (peer, other) = (Peer::start(), Peer::start());
    let browser = Browser::launched(&peer);
    for path in ["/page/side", "/page/person/x", "/page/file/x"] {
        assert_eq!(peer.ask_raw("GET", path, &host(&peer), "").status, 401, "{path}");
    }
    assert_eq!(browser.get("/page/person/nobody").code(), "unknown");
    let mut events = peer.socket("");
    peer.ask("POST", "/api/v1/peers", &json!({"addr": other.addr}).to_string());
    other.ask("POST", "/api/v1/peers", &json!({"addr": peer.addr}).to_string());
    other.say("hi");
    let key = std::iter::repeat_with(|| events.event_of("message")).find(|message| message["body"] == "hi");
    let key = key.expect("it goes on")["key"].as_str().expect("it is signed").to_owned();
    peer.ask("POST", "/api/v1/blocks", r#"{"who":"127.0.0.9"}"#);

    let side = browser.get("/page/side").json();
    assert_eq!(
        (&side["nick"], &side["connected"], &side["waiting"]),
        (&json!("tester"), &json!(1), &json!(0)),
        "{side}"
    );
    let known = &side["peers"][0];
    assert_eq!(
        (&known["addr"], &known["state"], &known["can_connect"]),
        (&json!(other.addr), &json!("connected"), &json!(false))
    );
    assert_eq!(side["blocks"][0], json!({"who": "127.0.0.9", "name": "127.0.0.9", "why": "by you"}));

    let card = browser.get(&format!("/page/person/{key}")).json();
    assert_eq!((&card["key"], &card["name"]), (&json!(key), &json!("tester")), "{card}");
    assert_eq!(card["digits"].as_array().map(Vec::len), Some(12), "{card}");
    assert!(card["code"]["path"].as_str().is_some_and(|path| path.starts_with("M4 4h7v1h-7z")), "{card}");
    let digits = card["digits"].as_array().expect("digits").iter().filter_map(|group| group.as_str());
    let proof = json!({"verify": digits.collect::<Vec<_>>().join(" ")}).to_string();
    assert_eq!(peer.ask("POST", &format!("/api/v1/people/{key}"), &proof).status, 200);
    assert_eq!(browser.get(&format!("/page/person/{key}")).json()["mark"]["name"], "verified");
}

#[test]
fn forms_without_a_script() {
    let (peer, other) = (Peer::start(), Peer::start());
    let browser = Browser::launched(&peer);
    let said = browser.send("/say", &[("body", "two\r\nlines")]);
    assert_eq!(said.status, 303, "{}", said.body);
    assert_eq!(peer.bodies(""), ["two\nlines"]);
    let page = browser.page("/");
    let named = page.tags("label").any(|tag| tag.get("for") == Some("message"));
    assert!(named && page.tags("input").any(|tag| tag.get("id") == Some("message")));

    let first = page.seqs()[0];
    let answering = browser.page(&format!("/?reply={first}"));
    assert_eq!(answering.hidden("reply"), first.to_string());
    assert_eq!(browser.send("/say", &[("body", "yes"), ("reply", &first.to_string())]).status, 303);
    let both = messages(&peer.ask("GET", "/api/v1/messages", ""));
    assert_eq!(both[1]["reply"], both[0]["id"]);
    assert!(browser.page("/").tags("a").any(|tag| tag.get("href") == Some(&format!("#m-{first}"))), "a quote");

    assert_eq!(browser.send("/connect", &[("addr", &other.addr)]).status, 303);
    let page = browser.page("/");
    assert!(page.text.contains(&format!("connecting to {}", other.addr)), "{}", page.text);
    assert!(!browser.page("/").text.contains("connecting to"), "told once");
    assert!(page.tags("li").any(|tag| tag.get("data-addr") == Some(&other.addr)));
    assert_eq!(browser.send("/disconnect", &[("addr", &other.addr)]).status, 303);
    assert!(browser.page("/").text.contains("until you connect"));
    assert_eq!(browser.send("/block", &[("who", "127.0.0.9")]).status, 303);
    assert!(browser.page("/").text.contains("127.0.0.9"));
    assert_eq!(browser.send("/unblock", &[("who", "127.0.0.9")]).status, 303);
    assert_eq!(peer.ask("GET", "/api/v1/blocks", "").json(), json!({"blocks": []}));
    assert_eq!(browser.send("/say", &[("body", "/blocks")]).status, 303);
    assert!(browser.page("/").text.contains("nobody is blocked"), "commands are answered");
    assert_eq!(peer.bodies("").len(), 2, "and not said");
}

#[test]
fn mistakes_are_told_on_the_page_and_nothing_is_lost() {
    let peer = Peer::start();
    let browser = Browser::launched(&peer);
    let long = "x".repeat(16 * 1024 + 1);
    for (path, field, value, status) in [
        ("/connect", "addr", "nonsense", 400),
        ("/connect", "addr", "", 400),
        ("/disconnect", "addr", "127.0.0.1:9", 404),
        ("/block", "who", "nobody at all", 404),
        ("/unblock", "who", "127.0.0.9", 404),
        ("/say", "body", "", 400),
        ("/say", "body", "  ", 400),
        ("/say", "body", "/nonsense <b>", 400),
        ("/say", "body", long.as_str(), 413),
    ] {
        let answer = browser.send(path, &[(field, value)]);
        assert_eq!(answer.status, status, "{path} {value:.40}: {}", answer.body);
        let page = http_support::browser::Page::of(&answer.body);
        assert_eq!(page.tags("p").filter(|tag| tag.get("role") == Some("alert")).count(), 1, "{path} {value:.40}");
        if path == "/say" {
            let draft = page.tags("input").find(|tag| tag.get("id") == Some("message"));
            assert_eq!(draft.and_then(|tag| tag.get("value")), Some(value));
        }
    }
    let lines = browser.send("/say", &[("body", "/nonsense\r\nsecond")]);
    assert!(lines.body.contains("<textarea") && lines.body.contains("/nonsense\nsecond</textarea>"), "{}", lines.body);
    let field = "a".repeat(256 * 1024);
    assert_eq!(browser.send("/say", &[("body", &field)]).status, 413);
    assert_eq!(peer.bodies(""), Vec::<String>::new());
}

#[test]
fn forms_of_other_pages_are_refused() {
    let peer = Peer::start();
    let (browser, other) = (Browser::launched(&peer), Browser::launched(&peer));
    let (token, others) = (browser.form_token(), other.form_token());
    assert_ne!(token, others);
    let send = |headers: String, fields: &[(&str, &str)]| {
        let answer = peer.ask_raw("POST", "/say", &headers, &encode(fields));
        if answer.status == 303 { String::new() } else { format!("{} {}", answer.status, answer.code()) }
    };
    let (ours, alone) = (browser.headers(), browser.alone());
    let with = |token| [("body", "x"), ("form_token", token)];
    assert_eq!(send(format!("{ours}{FORM}"), &with(&token)), "");
    assert_eq!(send(format!("{alone}Sec-Fetch-Site: same-origin\r\n{FORM}"), &with(&token)), "");
    assert_eq!(send(format!("{ours}{FORM}"), &[("body", "x")]), "403 wrong_form");
    assert_eq!(send(format!("{ours}{FORM}"), &with("")), "403 wrong_form");
    assert_eq!(send(format!("{ours}{FORM}"), &with(&others)), "403 wrong_form");
    assert_eq!(send(format!("{alone}{FORM}"), &with(&token)), "403 wrong_origin");
    assert_eq!(send(format!("{alone}Origin: http://evil.example\r\n{FORM}"), &with(&token)), "403 wrong_origin");
    assert_eq!(send(format!("{alone}Origin: null\r\n{FORM}"), &with(&token)), "403 wrong_origin");
    assert_eq!(send(format!("{alone}Sec-Fetch-Site: same-site\r\n{FORM}"), &with(&token)), "403 wrong_origin");
    assert_eq!(send(format!("{ours}Content-Type: text/plain\r\n"), &with(&token)), "415 no_form");
    assert_eq!(send(format!("{ours}Content-Type: application/json\r\n"), &with(&token)), "415 no_form");
    assert_eq!(peer.bodies("").len(), 2);
    for path in ["/logout", "/connect", "/disconnect", "/block", "/unblock"] {
        let answer = peer.ask_raw("POST", path, &format!("{ours}{FORM}"), "addr=127.0.0.1:9&who=127.0.0.9");
        assert_eq!((answer.status, answer.code().as_str()), (403, "wrong_form"), "{path}");
        assert_eq!(browser.get(path).status, 405, "{path}");
    }
}

#[test]
fn the_history_is_read_page_by_page() {
    let peer = Peer::start();
    let seqs: Vec<u64> = (0..120).map(|number| peer.say(&format!("message {number}"))).collect();
    let browser = Browser::launched(&peer);
    let newest = browser.page("/");
    assert_eq!(newest.seqs(), seqs[70..]);
    let way = |page: &http_support::browser::Page, name: &str| {
        page.tags("a").filter_map(|tag| tag.get("href")).find(|href| href.starts_with(name)).map(str::to_owned)
    };
    assert_eq!(way(&newest, "/?since="), None);
    let older = browser.page(&way(&newest, "/?before=").expect("there is more"));
    assert_eq!(older.seqs(), seqs[20..70]);
    let oldest = browser.page(&way(&older, "/?before=").expect("there is more"));
    assert_eq!(oldest.seqs(), seqs[..20]);
    assert_eq!(way(&oldest, "/?before="), None);
    let newer = browser.page(&way(&oldest, "/?since=").expect("there is more"));
    assert_eq!(newer.seqs(), seqs[20..70]);

    let found = browser.page("/?search=MESSAGE%2011");
    assert_eq!(found.seqs(), [&seqs[11..12], &seqs[110..]].concat());
    assert!(browser.page("/?search=nowhere").text.contains("Nothing was found"));
    assert_eq!(browser.page("/?search=").seqs().len(), 50);
    // Whoever has a link that was cut short wants a page, and not to be told of numbers.
    for path in ["/?before=x", "/?before=", "/?since=-1", "/?reply=x", "/?before=1&before=2", "/?before=%ff"] {
        assert_eq!(browser.page(path).seqs(), seqs[70..], "{path}");
    }
    assert_eq!(browser.page(&format!("/?search={}", escape(&"x".repeat(10_000)))).seqs(), [] as [u64; 0]);
}

#[test]
fn a_person_at_a_terminal_gets_a_link() {
    // A log gets the address alone: every other peer here is read from one, and its address parsed.
    let dir = TempDir::new().expect("a temporary folder");
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
    grantpt(&ours).and_then(|()| unlockpt(&ours)).expect("it is ours");
    let name = ptsname(&ours, Vec::new()).expect("it has a name").into_string().expect("a path");
    let its = std::fs::File::options().write(true).open(name).expect("its other end");
    let mut child = http_support::whisper(dir.path())
        .args(["serve", "--bind", "127.0.0.1", "--port", "0", "--discovery", "off", "--http", "127.0.0.1:0"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(its)
        .spawn()
        .expect("the binary runs");
    let mut lines = BufReader::new(std::fs::File::from(ours)).lines().map_while(Result::ok);
    let line = lines.find(|line| line.starts_with("web on "));
    child.kill().and_then(|()| child.wait()).expect("it is ours");
    let line = line.expect("it says where the web is");
    assert!(line.starts_with("web on http://127.0.0.1:") && line.contains("/?launch="), "{line}");
}
