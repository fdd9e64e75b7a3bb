//! One element of the page: what it is, what it says, and what is done to it.
//! Must not know the page. Bounds: those of the driver.

use std::path::Path;

use anyhow::Context as _;
use serde_json::{Value, json};

use super::driver::Driver;
use super::text_of;

/// The key under which WebDriver gives the name of an element (W3C WebDriver, "Elements").
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// An element; its methods fail where it has left the page.
pub struct Element<'a> {
    driver: &'a Driver,
    id: String,
}

impl<'a> Element<'a> {
    pub(super) fn of(driver: &'a Driver, found: &Value) -> anyhow::Result<Self> {
        Ok(Self { driver, id: text_of(&found[ELEMENT]).context("an element has an ID")? })
    }

    /// As an argument of a script.
    #[must_use]
    pub fn argument(&self) -> Value {
        json!({ELEMENT: self.id})
    }

    fn get(&self, what: &str) -> anyhow::Result<Value> {
        self.driver.get(&format!("/element/{}/{what}", self.id))
    }

    fn post(&self, what: &str, body: &Value) -> anyhow::Result<()> {
        self.driver.post(&format!("/element/{}/{what}", self.id), body).map(drop)
    }

    /// Clicks it, which brings it into view.
    ///
    /// # Errors
    /// It cannot be seen, or something lies over it.
    pub fn click(&self) -> anyhow::Result<()> {
        self.post("click", &json!({}))
    }

    /// Types this text into it.
    ///
    /// # Errors
    /// It takes no text.
    pub fn write(&self, text: &str) -> anyhow::Result<()> {
        self.post("value", &json!({"text": text}))
    }

    /// Empties it.
    ///
    /// # Errors
    /// It takes no text.
    pub fn empty(&self) -> anyhow::Result<()> {
        self.post("clear", &json!({}))
    }

    /// Chooses files in it, by their paths.
    ///
    /// # Errors
    /// It takes no files.
    pub fn choose(&self, paths: &[&Path]) -> anyhow::Result<()> {
        let paths: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
        self.post("value", &json!({"text": paths.join("\n")}))
    }

    /// Its text, as it is shown.
    ///
    /// # Errors
    /// It is gone.
    pub fn text(&self) -> anyhow::Result<String> {
        text_of(&self.get("text")?)
    }

    /// Its accessible name.
    ///
    /// # Errors
    /// It is gone.
    pub fn name(&self) -> anyhow::Result<String> {
        text_of(&self.get("computedlabel")?)
    }

    /// An attribute, where it has it.
    ///
    /// # Errors
    /// It is gone.
    pub fn attribute(&self, name: &str) -> anyhow::Result<Option<String>> {
        Ok(self.get(&format!("attribute/{name}"))?.as_str().map(str::to_owned))
    }

    /// A property as text; empty where it has none.
    ///
    /// # Errors
    /// It is gone.
    pub fn property(&self, name: &str) -> anyhow::Result<String> {
        let value = self.get(&format!("property/{name}"))?;
        Ok(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
    }

    /// A property of its style, as computed.
    ///
    /// # Errors
    /// It is gone.
    pub fn style(&self, name: &str) -> anyhow::Result<String> {
        text_of(&self.get(&format!("css/{name}"))?)
    }
}
