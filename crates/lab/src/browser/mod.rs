//! A real browser without a window: Chromium, driven as a person would, and listened to.
//! Must not know which page it shows. Bounds: [`PATIENCE`] for every wait; what it says is kept until it is asked for.

mod axe;
pub mod chat;
mod driver;
mod element;
mod files;
mod heard;
mod keys;
mod surroundings;
#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::fmt;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, bail};
use data_encoding::BASE64;
use serde_json::{Value, json};
use tempfile::TempDir;

use self::driver::{Driver, Refused};
pub use self::element::Element;
pub use self::files::Upload;
pub use self::heard::{Entry, Request};
pub use self::surroundings::Looks;
use crate::clock;
use crate::peer::PATIENCE;

/// Between two looks at what is waited for.
const LOOK_PAUSE: Duration = Duration::from_millis(15);
/// Most of a page's text that a failed wait shows, in characters.
const SHOWN_CHARS: usize = 2_000;

/// What keeps it to this machine, and from talking of itself.
const ARGUMENTS: [&str; 15] = [
    "--headless=new",
    // Tests may run as root, for whom Chromium has no sandbox; all that it shows comes from this machine.
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--force-color-profile=srgb",
    "--hide-scrollbars",
    // It ends when the driver has, however that came about.
    "--remote-debugging-pipe",
];

/// How a browser is started.
#[derive(Clone, Copy, Debug, Default)]
pub struct Start<'a> {
    /// Names that lead to 127.0.0.1; all other names lead nowhere.
    pub names: &'a [&'a str],
    /// Notes every request (see [`Browser::requests`]).
    pub notes_requests: bool,
    /// What every page runs before its own scripts.
    pub first: &'a str,
}

/// A browser with one page. Dropping it kills it.
pub struct Browser {
    driver: Driver,
    heard: RefCell<Vec<Entry>>,
    /// Its profile and its downloads.
    home: TempDir,
}

/// A wait that came to nothing, with what is shown instead.
#[derive(Debug)]
struct Missed {
    what: String,
    page: String,
}

impl Browser {
    /// Starts one with an empty profile, at 1280 x 800.
    ///
    /// # Errors
    /// Chromium or its driver is not there, or cannot be run.
    pub fn start(start: &Start<'_>) -> anyhow::Result<Self> {
        let home = tempfile::tempdir()?;
        let names: String = start.names.iter().map(|name| format!("MAP {name} 127.0.0.1, ")).collect();
        let mut arguments: Vec<_> = ARGUMENTS.iter().map(|word| (*word).to_owned()).collect();
        arguments.push(format!("--user-data-dir={}", home.path().join("profile").display()));
        arguments.push(format!("--host-resolver-rules={names}MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"));
        let mut log = json!({"browser": "ALL"});
        if start.notes_requests {
            log["performance"] = json!("ALL");
        }
        let downloads = files::downloads(home.path());
        let capabilities = json!({
            "browserName": "chrome",
            "goog:loggingPrefs": log,
            "goog:chromeOptions": {
                "args": arguments,
                "prefs": {
                    "download.default_directory": downloads,
                    // Also without a click, and more than one.
                    "profile.default_content_setting_values.automatic_downloads": 1,
                },
            },
        });
        let browser = Self { driver: Driver::start(&capabilities)?, heard: RefCell::default(), home };
        browser.resize(1280, 800)?;
        if !start.first.is_empty() {
            let first = json!({"source": start.first});
            browser.driver.cdp("Page.addScriptToEvaluateOnNewDocument", &first)?;
        }
        Ok(browser)
    }

    /// Goes to a page, and waits until it is loaded.
    ///
    /// # Errors
    /// It cannot be reached.
    pub fn open(&self, url: &str) -> anyhow::Result<()> {
        self.driver.post("/url", &json!({"url": url})).map(drop).with_context(|| format!("opening {url}"))
    }

    /// Goes where a link of the page would lead, which may be a download: does not wait for it.
    ///
    /// # Errors
    /// The browser has ended.
    pub fn follow(&self, path: &str) -> anyhow::Result<()> {
        self.run("location.assign(arguments[0])", &[json!(path)]).map(drop)
    }

    /// Loads the page again.
    ///
    /// # Errors
    /// It cannot be reached.
    pub fn reload(&self) -> anyhow::Result<()> {
        self.driver.post("/refresh", &json!({})).map(drop)
    }

    /// Where it is.
    ///
    /// # Errors
    /// The browser has ended.
    pub fn url(&self) -> anyhow::Result<String> {
        text_of(&self.driver.get("/url")?)
    }

    /// The title of the page.
    ///
    /// # Errors
    /// The browser has ended.
    pub fn title(&self) -> anyhow::Result<String> {
        text_of(&self.driver.get("/title")?)
    }

    /// The page as HTML, as it is now.
    ///
    /// # Errors
    /// The browser has ended.
    pub fn source(&self) -> anyhow::Result<String> {
        text_of(&self.driver.get("/source")?)
    }

    /// Runs the body of a function in the page, with these `arguments`: what it returns, once that is there where it is a
    /// promise.
    ///
    /// # Errors
    /// It throws, or does not end in time.
    pub fn run(&self, script: &str, arguments: &[Value]) -> anyhow::Result<Value> {
        self.driver.post("/execute/sync", &json!({"script": script, "args": arguments}))
    }

    /// The elements that fit a selector now.
    ///
    /// # Errors
    /// It is none, or the browser has ended.
    pub fn all(&self, css: &str) -> anyhow::Result<Vec<Element<'_>>> {
        let found = self.driver.post("/elements", &json!({"using": "css selector", "value": css}))?;
        let found = found.as_array().context("a list of elements")?;
        found.iter().map(|element| Element::of(&self.driver, element)).collect()
    }

    /// The first element that fits a selector, once there is one.
    ///
    /// # Errors
    /// There is none in time: with the page.
    pub fn find(&self, css: &str) -> anyhow::Result<Element<'_>> {
        self.wait(css, || Ok(self.all(css)?.into_iter().next()))
    }

    /// The element that fits a selector and has this accessible name, once there is one.
    ///
    /// # Errors
    /// There is none in time: with the page.
    pub fn named(&self, css: &str, name: &str) -> anyhow::Result<Element<'_>> {
        self.wait(&format!("{css} named {name:?}"), || {
            for element in self.all(css)? {
                if element.name()? == name {
                    return Ok(Some(element));
                }
            }
            Ok(None)
        })
    }

    /// Does something inside the frame that fits a selector.
    ///
    /// # Errors
    /// There is no such frame, or what is done there fails.
    pub fn inside<T>(&self, css: &str, work: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
        let frame = self.find(css)?.argument();
        self.driver.post("/frame", &json!({"id": frame}))?;
        let done = work();
        self.driver.post("/frame", &json!({"id": null}))?;
        done
    }

    /// Presses keys, wherever the focus is: characters, and keys in angle brackets such as `<Enter>` or `<S-Tab>`; `<lt>` is
    /// a `<`.
    ///
    /// # Errors
    /// There is no such key, or the browser has ended.
    pub fn keys(&self, keys: &str) -> anyhow::Result<()> {
        let actions = keys::actions(keys).with_context(|| format!("no such key in {keys:?}"))?;
        self.driver.post("/actions", &json!({"actions": [{"type": "key", "id": "keys", "actions": actions}]})).map(drop)
    }

    /// Waits until `look` finds something. What it looks at may change meanwhile: an element that is gone is none yet.
    ///
    /// # Errors
    /// It did not in time: with the page.
    pub fn wait<T>(&self, what: &str, mut look: impl FnMut() -> anyhow::Result<Option<T>>) -> anyhow::Result<T> {
        let deadline = clock::moment() + PATIENCE;
        loop {
            match look() {
                Ok(Some(found)) => return Ok(found),
                Ok(None) => {}
                Err(error) if is_passing(&error) => {}
                Err(error) => return Err(error.context(format!("waiting for {what}"))),
            }
            if clock::moment() >= deadline {
                bail!(Missed { what: what.to_owned(), page: self.shown() });
            }
            thread::sleep(LOOK_PAUSE);
        }
    }

    /// Waits until an expression is true in the page.
    ///
    /// # Errors
    /// It did not become so in time: with the page.
    pub fn wait_for(&self, expression: &str) -> anyhow::Result<()> {
        let script = format!("return Boolean({expression})");
        self.wait(expression, || Ok((self.run(&script, &[])? == true).then_some(())))
    }

    /// Waits until the first element that fits a selector shows this text.
    ///
    /// # Errors
    /// It did not in time: with the page.
    pub fn wait_for_text(&self, css: &str, text: &str) -> anyhow::Result<()> {
        self.wait(&format!("{text:?} in {css}"), || {
            for element in self.all(css)? {
                if element.text()?.contains(text) {
                    return Ok(Some(()));
                }
            }
            Ok(None)
        })
    }

    /// What it shows, as PNG.
    ///
    /// # Errors
    /// The browser has ended.
    pub fn picture(&self) -> anyhow::Result<Vec<u8>> {
        let text = text_of(&self.driver.get("/screenshot")?)?;
        Ok(BASE64.decode(text.as_bytes())?)
    }

    /// What is on the page, for people.
    fn shown(&self) -> String {
        let text = self.run("return document.body.innerText", &[]).ok().and_then(|text| text_of(&text).ok());
        let text: String = text.unwrap_or_default().chars().take(SHOWN_CHARS).collect();
        let heard = self.heard().unwrap_or_default();
        let heard: String = heard.iter().map(|entry| format!("\n  said: {entry}")).collect();
        format!("{} ({}):\n{text}{heard}", self.title().unwrap_or_default(), self.url().unwrap_or_default())
    }
}

/// Whether an error says only that the page has changed.
fn is_passing(error: &anyhow::Error) -> bool {
    let codes = ["no such element", "stale element reference"];
    error.downcast_ref::<Refused>().is_some_and(|refused| codes.contains(&refused.code.as_str()))
}

fn text_of(value: &Value) -> anyhow::Result<String> {
    value.as_str().map(str::to_owned).with_context(|| format!("a text, not {value}"))
}

impl fmt::Display for Missed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no {}, in time, on the page {}", self.what, self.page)
    }
}

impl std::error::Error for Missed {}
