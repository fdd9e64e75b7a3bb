//! The page in a real browser for everybody: without scripts, in every light and size, and by axe-core's rules.

mod web_support;

use serde_json::json;
use web_support::{axe, host, reload_until};
use whispernet_lab::browser::chat::Host;
use whispernet_lab::browser::{Browser, Looks, Start};
use whispernet_lab::stranger::{Given, Signed, Stranger, UNDIALLED};

/// A desk, a phone, a large screen; CSS pixels.
const SIZES: [(u32, u32); 3] = [(1280, 800), (360, 640), (1920, 1080)];

/// The state of a link in the page's list.
fn state_of(browser: &Browser, addr: &str) -> anyhow::Result<Option<String>> {
    let dots = browser.all(&format!("li.peer[data-addr='{addr}'] .dot"))?;
    dots.first().map(|dot| dot.attribute("class").map(Option::unwrap_or_default)).transpose()
}

#[test]
fn without_scripts_one_reads_sends_connects_searches_and_answers() -> anyhow::Result<()> {
    let (ann, bea) = (host("ann", &[])?, host("bea", &[])?);
    let browser = Browser::start(&Start::default())?;
    browser.runs_scripts(false)?;
    browser.enter(&ann)?;
    browser.say("hello from ann")?;
    browser.sees("ann", "hello from ann")?;

    let at = bea.process.addr.to_string();
    browser.find("#addr")?.write(&at)?;
    browser.named("button", "Connect")?.click()?;
    browser.wait_for_text("[role=status]", &format!("connecting to {at}"))?;
    let is = |state: &'static str| {
        let class = format!("dot {state}");
        let look = || Ok(state_of(&browser, &at)?.filter(|found| *found == class));
        reload_until(&browser, state, look).map(drop)
    };
    is("connected")?;
    bea.say("hi from bea")?;
    reload_until(&browser, "the answer", || Ok(browser.messages()?.into_iter().find(|it| it.body == "hi from bea")))?;

    browser.find("#search")?.write("hello\u{e007}")?;
    browser.wait_for_text(".found", "hello")?;
    let found: Vec<_> = browser.messages()?.into_iter().map(|shown| shown.body).collect();
    assert_eq!(found, ["hello from ann"]);
    browser.find(".found a")?.click()?;

    let answer = browser.sees("bea", "hi from bea")?;
    browser.find(&format!("#m-{} .acts a", answer.seq))?.click()?;
    browser.wait_for_text(".answering", "hi from bea")?;
    browser.say("and I answer")?;
    let said = browser.sees("ann", "and I answer")?;
    browser.wait_for_text(&format!("#m-{} .quote", said.seq), "hi from bea")?;

    browser.named("li.peer button", &format!("Disconnect {at}"))?.click()?;
    is("held")?;
    browser.find("#who")?.write("127.0.0.9\u{e007}")?;
    browser.wait_for_text("li.blocked", "127.0.0.9")?;
    browser.named("button", "Unblock 127.0.0.9")?.click()?;
    browser.wait_for_text("[role=status]", "unblocked 127.0.0.9")?;
    assert!(browser.all("li.blocked")?.is_empty());

    browser.named("button", "Sign out")?.click()?;
    browser.find("#token")?;
    browser.open(&format!("http://{}/", ann.process.web))?;
    assert!(browser.messages()?.is_empty(), "nothing is shown to who is out");
    browser.is_quiet(&[])
}

/// A peer with everything in its history that a page can show.
fn eventful() -> anyhow::Result<(Host, Host)> {
    let ann = host("ann", &[])?;
    let bea = host("bea", &["--peer", &ann.process.addr.to_string()])?;
    let first =
        ann.ask("POST", "/api/v1/messages", &json!({"body": "Is anybody here? See https://example.com/a?b=c."}))?;
    ann.ask("POST", "/api/v1/messages", &json!({"body": "An answer", "reply": first["id"]}))?;
    ann.ask("POST", "/api/v1/messages", &json!({"body": "Another", "reply": "nobody's"}))?;
    bea.say("signed, by another")?;
    bea.say("/me waves")?;
    let stranger = Stranger::connect(ann.process.addr, 7)?;
    let bodies = [
        "wide ".to_owned() + &"W".repeat(4_000),
        "https://example.com/".to_owned() + &"long/".repeat(500),
        "\u{5e9}\u{5dc}\u{5d5}\u{5dd}, and a line\nof its own\n\n\tindented".to_owned(),
        "\u{1f469}\u{200d}\u{1f680} Zalgo z\u{335}\u{321}\u{34e}".to_owned(),
    ];
    for (number, body) in bodies.iter().enumerate() {
        let id = format!("strange-{number}");
        stranger.says(&json!({"ID": id, "Addr": UNDIALLED, "Nick": "N".repeat(32), "Body": body}))?;
    }
    let gif = b"GIF89a\x01\0\x01\0\0\0\0,";
    let name = "a name that is rather long for a file ".repeat(4) + ".gif";
    let file = Some(Given { name: &name, kind: "text/html", bytes: gif });
    stranger.signs(&Signed { body: "a file", nick: "bea", reply: None, file })?;
    ann.ask("POST", "/api/v1/blocks", &json!({"who": "127.0.0.9"}))?;
    Ok((ann, bea))
}

#[test]
fn the_page_is_whole_in_every_light_and_size() -> anyhow::Result<()> {
    let (ann, _bea) = eventful()?;
    let browser = Browser::at(&ann, &Start::default())?;
    reload_until(&browser, "all that was sent", || Ok((browser.messages()?.len() >= 10).then_some(())))?;
    let at = format!("http://{}", ann.process.web);
    browser.open(&at)?;
    let last = browser.messages()?.pop().expect("there are messages").seq;
    let pages =
        [format!("{at}/"), format!("{at}/?search=by"), format!("{at}/?search=nowhere"), format!("{at}/?reply={last}")];
    for dark in [false, true] {
        browser.likes(Looks { dark, still: true })?;
        for (width, height) in SIZES {
            browser.resize(width, height)?;
            for page in &pages {
                look(&browser, page, dark).map_err(|error| error.context(format!("{page} {width}x{height} {dark}")))?;
            }
        }
    }
    browser.named("button", "Sign out")?.click()?;
    browser.find("#token")?;
    look(&browser, &format!("{at}/login"), true)?;
    browser.is_quiet(&[])
}

/// Looks at one page.
fn look(browser: &Browser, page: &str, dark: bool) -> anyhow::Result<()> {
    browser.open(page)?;
    browser.run("document.querySelectorAll('details').forEach(details => { details.open = true })", &[])?;
    let wide = browser.run(WIDE, &[])?;
    anyhow::ensure!(wide == json!([]), "it can be scrolled sideways, because of {wide}");
    let ground = browser.run(BRIGHTNESS, &[])?.as_f64().unwrap_or_default();
    anyhow::ensure!((ground < 0.5) == dark, "its ground has the brightness {ground}");
    browser.is_accessible(&axe())
}

/// What makes the page wider than its window.
const WIDE: &str = "
    const root = document.documentElement;
    if (root.scrollWidth <= innerWidth) return [];
    const over = Array.from(document.querySelectorAll('*')).filter(it => it.getBoundingClientRect().right > innerWidth);
    return over.slice(0, 5).map(it => `${it.localName}.${it.className} to ${it.getBoundingClientRect().right}`);";

/// Of the ground of the page, 0 to 1.
const BRIGHTNESS: &str = "
    const style = getComputedStyle(document.body).backgroundColor;
    const seen = style === 'rgba(0, 0, 0, 0)' ? getComputedStyle(document.documentElement).backgroundColor : style;
    const paint = document.createElement('canvas').getContext('2d');
    paint.fillStyle = seen;
    paint.fillRect(0, 0, 1, 1);
    const [red, green, blue] = paint.getImageData(0, 0, 1, 1).data;
    return (red + green + blue) / 765;";
