//! A peer of ours that serves its page, on loopback and alone, and the page as a person uses it.
//! Must not know what is said there. Bounds: those of the browser and of the API.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use serde::Deserialize;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Browser, Start};
use crate::peer::api::Api;
use crate::peer::process::Process;

/// What keeps a peer to itself, where nothing else is asked for.
const ALONE: [(&str, &str); 4] =
    [("--bind", "127.0.0.1"), ("--port", "0"), ("--http", "127.0.0.1:0"), ("--discovery", "off")];

/// The messages of the page, as it shows them.
const MESSAGES: &str = "
    const text = (item, css) => item.querySelector(css)?.innerText.trim() ?? '';
    return Array.from(document.querySelectorAll('li.message'), item => ({
        seq: Number(item.dataset.seq ?? 0),
        state: item.dataset.state ?? '',
        author: text(item, '.author'),
        body: text(item, '.body'),
    }));";

/// A peer that serves its page. Dropping it kills it.
pub struct Host {
    /// The process.
    pub process: Process,
    /// Its API.
    pub api: Api,
    /// Its data directory.
    pub dir: Arc<TempDir>,
}

/// A message as the page shows it.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Shown {
    /// Its place in the history; 0 while it has none.
    pub seq: u64,
    /// `pending`, `sent` or `failed`; empty for what came.
    pub state: String,
    /// Who wrote it.
    pub author: String,
    /// What was written, as it can be read.
    pub body: String,
}

impl Host {
    /// Starts `program` as a peer of this name, with further options that take the place of those that keep it to itself.
    ///
    /// # Errors
    /// It cannot be run, or does not get so far in time.
    pub fn start(program: &Path, nick: &str, options: &[&str]) -> anyhow::Result<Self> {
        Self::start_in(program, Arc::new(tempfile::tempdir()?), nick, options)
    }

    /// The same in a data directory that was used before.
    ///
    /// # Errors
    /// Those of [`Host::start`].
    pub fn start_in(program: &Path, dir: Arc<TempDir>, nick: &str, options: &[&str]) -> anyhow::Result<Self> {
        let mut command = Process::command(program);
        command.args(["serve", "--nick", nick]).env("WHISPER_DATA_DIR", dir.path());
        for (name, value) in ALONE.iter().filter(|(name, _)| !options.contains(name)) {
            command.args([name, value]);
        }
        command.args(options);
        let process = Process::start(command, None)?;
        let api = Api::new(process.web, dir.path())?;
        Ok(Self { process, api, dir })
    }

    /// A link that lets one browser in, once.
    ///
    /// # Errors
    /// The peer does not answer.
    pub fn link(&self) -> anyhow::Result<String> {
        let (_, answer) = self.api.call("POST", "/api/v1/launch", "")?;
        Ok(answer["url"].as_str().with_context(|| format!("a link, not {answer}"))?.to_owned())
    }

    /// Says something, and waits until it is kept: its `seq`.
    ///
    /// # Errors
    /// It is refused.
    pub fn say(&self, body: &str) -> anyhow::Result<u64> {
        self.ask("POST", "/api/v1/messages", &json!({"body": body}))?["seq"].as_u64().context("a message has a seq")
    }

    /// Asks for something with the token: the answer, which must be a good one.
    ///
    /// # Errors
    /// It is refused.
    pub fn ask(&self, method: &str, path: &str, body: &Value) -> anyhow::Result<Value> {
        let (status, answer) = self.api.call(method, path, &body.to_string())?;
        ensure!((200..300).contains(&status), "{method} {path} {body}: {status}: {answer}");
        Ok(answer)
    }
}

impl Browser {
    /// Starts one, and lets it in to the page of `host`.
    ///
    /// # Errors
    /// It cannot be started, or not be let in.
    pub fn at(host: &Host, start: &Start<'_>) -> anyhow::Result<Self> {
        let browser = Self::start(start)?;
        browser.enter(host)?;
        Ok(browser)
    }

    /// Opens the page of `host` by a launch link.
    ///
    /// # Errors
    /// It is not let in.
    pub fn enter(&self, host: &Host) -> anyhow::Result<()> {
        self.open(&host.link()?)?;
        let url = self.url()?;
        ensure!(url == format!("http://{}/", host.process.web), "let in to {url}");
        self.find("#message").map(drop)
    }

    /// Waits until the page is connected to its peer.
    ///
    /// # Errors
    /// It is not in time: with the page.
    pub fn is_live(&self) -> anyhow::Result<()> {
        self.wait_for("document.documentElement.dataset.link === 'live'")
    }

    /// Writes a line into the box to write in, and sends it by Enter.
    ///
    /// # Errors
    /// There is no box, or the browser has ended.
    pub fn say(&self, line: &str) -> anyhow::Result<()> {
        self.named("#message", "Message")?.click()?;
        self.keys(&line.replace('<', "<lt>"))?;
        self.keys("<Enter>")
    }

    /// The messages of the page, from top to bottom.
    ///
    /// # Errors
    /// The browser has ended.
    pub fn messages(&self) -> anyhow::Result<Vec<Shown>> {
        Ok(serde_json::from_value(self.run(MESSAGES, &[])?)?)
    }

    /// Waits for a message of `author` with this text.
    ///
    /// # Errors
    /// There is none in time: with the page.
    pub fn sees(&self, author: &str, body: &str) -> anyhow::Result<Shown> {
        self.wait(&format!("{author}: {body}"), || {
            let mut messages = self.messages()?.into_iter();
            Ok(messages.find(|shown| shown.author == author && shown.body == body))
        })
    }
}
