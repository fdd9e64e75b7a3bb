//! What the browser tells of a page: errors, refusals of its policy, and what it asked for.
//! Must not know what was to be expected. Bounds: all is kept until the browser ends, or it was asked for.

use std::fmt;

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};

use super::{Browser, text_of};

/// A line of the console.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// `SEVERE`, `WARNING`, `INFO` or `DEBUG`.
    pub level: String,
    /// `javascript`, `network`, `security`, `console-api` and the like.
    pub source: String,
    /// Where, and what.
    pub text: String,
}

/// Something that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Where.
    pub url: String,
    /// Bytes of the answer over the wire, head and body; `None` where none came to an end.
    pub bytes: Option<u64>,
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.level, self.source, self.text)
    }
}

impl Browser {
    /// All lines of the console so far, of whichever page.
    ///
    /// # Errors
    /// The browser has ended.
    pub fn heard(&self) -> anyhow::Result<Vec<Entry>> {
        let entries = self.log("browser")?;
        let text = |entry: &Value, key: &str| entry[key].as_str().unwrap_or_default().to_owned();
        let entries = entries.iter().map(|entry| Entry {
            level: text(entry, "level"),
            source: text(entry, "source"),
            text: text(entry, "message"),
        });
        let mut heard = self.heard.borrow_mut();
        heard.extend(entries);
        Ok(heard.clone())
    }

    /// Fails where the console has an error, a warning or a refusal of the page's policy without any of the words of `expected`.
    ///
    /// # Errors
    /// There is one: with all of them.
    pub fn is_quiet(&self, expected: &[&str]) -> anyhow::Result<()> {
        let is_bad =
            |entry: &&Entry| ["SEVERE", "WARNING"].contains(&entry.level.as_str()) || entry.source == "security";
        let heard = self.heard()?;
        let unexpected =
            heard.iter().filter(is_bad).filter(|entry| !expected.iter().any(|word| entry.text.contains(word)));
        let unexpected: Vec<_> = unexpected.map(Entry::to_string).collect();
        ensure!(unexpected.is_empty(), "the console has {unexpected:#?}");
        Ok(())
    }

    /// Forgets all lines of the console so far: they were looked at.
    ///
    /// # Errors
    /// The browser has ended.
    pub fn forget(&self) -> anyhow::Result<()> {
        self.heard()?;
        self.heard.borrow_mut().clear();
        Ok(())
    }

    /// What pages asked for since the last call, in its order, where the browser was started to note that.
    ///
    /// # Errors
    /// It was not.
    pub fn requests(&self) -> anyhow::Result<Vec<Request>> {
        let mut requests: Vec<(String, Request)> = Vec::new();
        for entry in self.log("performance")? {
            let entry: Value = serde_json::from_str(entry["message"].as_str().unwrap_or_default())?;
            let Value::Object(message) = &entry["message"] else { continue };
            let params = &message["params"];
            let id = params["requestId"].as_str().unwrap_or_default();
            match message["method"].as_str() {
                Some("Network.requestWillBeSent") => {
                    let url = text_of(&params["request"]["url"])?;
                    requests.push((id.to_owned(), Request { url, bytes: None }));
                }
                Some("Network.webSocketCreated") => {
                    requests.push((id.to_owned(), Request { url: text_of(&params["url"])?, bytes: None }));
                }
                Some("Network.loadingFinished") => {
                    // A redirect goes on under its ID: the last of them is the one that ends.
                    let bytes = params["encodedDataLength"].as_f64().map(|bytes| bytes as u64);
                    if let Some((_, request)) = requests.iter_mut().rev().find(|(other, _)| other == id) {
                        request.bytes = bytes;
                    }
                }
                _ => {}
            }
        }
        // The page that a new window has before it is sent anywhere.
        let of_pages = requests.into_iter().filter(|(_, request)| !request.url.starts_with("chrome:"));
        Ok(of_pages.map(|(_, request)| request).collect())
    }

    fn log(&self, kind: &str) -> anyhow::Result<Vec<Value>> {
        let mut entries = self.driver.post("/se/log", &json!({"type": kind}))?;
        match entries.take() {
            Value::Array(entries) => Ok(entries),
            other => Err(anyhow::anyhow!("a log, not {other}")).context(kind.to_owned()),
        }
    }
}
