//! chromedriver and its one session: commands of WebDriver (W3C) as JSON over HTTP, and of the DevTools protocol through it.
//! Must not know what a page is. Bounds: `ANSWER_MAX` for every answer, `ANSWER_BYTES_MAX` for its length.

use std::fmt;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde_json::{Value, json};
use ureq::Agent;
use ureq::http::Request;

use crate::peer::PATIENCE;
use crate::peer::lines::Lines;
use crate::peer::process::Process;

/// The driver of the browser, as Debian's package chromium-driver installs it.
const CHROMEDRIVER: &str = "chromedriver";
/// How long an answer may take: longer than a page and a script may (`PAGE_MAX`).
const ANSWER_MAX: Duration = Duration::from_secs(60);
/// How long a page may take to load, and a script to end.
const PAGE_MAX: Duration = Duration::from_secs(30);
const _: () = assert!(PAGE_MAX.as_secs() < ANSWER_MAX.as_secs());
/// Longest answer: a log of all that a busy page asked for.
const ANSWER_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// A driver with a browser. Dropping it kills both: the browser ends where nobody holds the other end of its pipe.
pub(super) struct Driver {
    child: Child,
    lines: Arc<Lines>,
    agent: Agent,
    /// Of the session.
    url: String,
}

/// What the driver refused.
#[derive(Debug)]
pub(super) struct Refused {
    /// The code of the error, of the WebDriver standard.
    pub(super) code: String,
    text: String,
}

impl Driver {
    /// Starts the driver on a free port, and the browser with these capabilities.
    pub(super) fn start(capabilities: &Value) -> anyhow::Result<Self> {
        let mut command = Process::command(CHROMEDRIVER);
        command.arg("--port=0").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let install = "chromedriver cannot be run: install the packages chromium and chromium-driver";
        let mut child = command.spawn().context(install)?;
        let lines = Lines::of(child.stdout.take().context("standard output is piped")?, None)?;
        let config = Agent::config_builder().http_status_as_error(false).timeout_global(Some(ANSWER_MAX)).proxy(None);
        let mut driver = Self { child, lines, agent: config.build().into(), url: String::new() };
        let port = driver.lines.find(PATIENCE, |line| {
            line.strip_prefix("ChromeDriver was started successfully on port ")?.trim_end_matches('.').parse().ok()
        });
        let port: u16 = port.with_context(|| format!("{install}; it said {:?}", driver.lines.all()))?;
        driver.url = format!("http://127.0.0.1:{port}/session");
        let session = driver.post("", &json!({"capabilities": {"alwaysMatch": capabilities}}))?;
        let id = session["sessionId"].as_str().context("a session has an ID")?;
        driver.url = format!("{}/{id}", driver.url);
        let page_ms = PAGE_MAX.as_millis() as u64;
        driver.post("/timeouts", &json!({"pageLoad": page_ms, "script": page_ms, "implicit": 0}))?;
        Ok(driver)
    }

    /// The value that a command answers.
    pub(super) fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        self.call("POST", path, &body.to_string())
    }

    pub(super) fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.call("GET", path, "")
    }

    /// A command of the DevTools protocol.
    pub(super) fn cdp(&self, command: &str, params: &Value) -> anyhow::Result<Value> {
        self.post("/goog/cdp/execute", &json!({"cmd": command, "params": params}))
    }

    fn call(&self, method: &str, path: &str, body: &str) -> anyhow::Result<Value> {
        let request = Request::builder().method(method).uri(format!("{}{path}", self.url));
        let mut answer = if body.is_empty() {
            self.agent.run(request.body(())?)
        } else {
            self.agent.run(request.header("Content-Type", "application/json").body(body)?)
        }
        .with_context(|| format!("the driver does not answer {method} {path}"))?;
        let text = answer.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_string()?;
        let mut answer: Value = serde_json::from_str(&text).context("an answer of the driver is JSON")?;
        let value = answer["value"].take();
        match value["error"].as_str() {
            Some(code) if value["message"].is_string() => {
                let text = value["message"].as_str().unwrap_or_default().lines().next().unwrap_or_default();
                bail!(Refused { code: code.to_owned(), text: text.to_owned() })
            }
            _ => Ok(value),
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.text)
    }
}

impl std::error::Error for Refused {}
