//! What a page finds around itself: the size of the window, light or dark, whether scripts run and the network is there.
//! Must not know the page. Bounds: none of its own.

use anyhow::bail;
use serde_json::{Value, json};

use super::Browser;

/// What somebody likes to see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Looks {
    /// Light on dark.
    pub dark: bool,
    /// As little as can be that moves.
    pub still: bool,
}

impl Browser {
    /// Gives the page this much room, in CSS pixels.
    ///
    /// # Errors
    /// The browser refuses.
    pub fn resize(&self, width: u32, height: u32) -> anyhow::Result<()> {
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.driver.cdp("Emulation.setDeviceMetricsOverride", &size).map(drop)
    }

    /// Shows pages as somebody likes them.
    ///
    /// # Errors
    /// The browser refuses.
    pub fn likes(&self, looks: Looks) -> anyhow::Result<()> {
        let scheme = if looks.dark { "dark" } else { "light" };
        let motion = if looks.still { "reduce" } else { "no-preference" };
        let features = [("prefers-color-scheme", scheme), ("prefers-reduced-motion", motion)];
        let features: Vec<_> = features.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
        self.driver.cdp("Emulation.setEmulatedMedia", &json!({"features": features})).map(drop)
    }

    /// Lets scripts of pages run, or not: from the next page on.
    ///
    /// # Errors
    /// The browser refuses.
    pub fn runs_scripts(&self, does: bool) -> anyhow::Result<()> {
        self.driver.cdp("Emulation.setScriptExecutionDisabled", &json!({"value": !does})).map(drop)
    }

    /// Takes the network away, or gives it back. A WebSocket that is open stays so.
    ///
    /// # Errors
    /// The browser refuses.
    pub fn is_online(&self, is: bool) -> anyhow::Result<()> {
        self.driver.cdp("Network.enable", &json!({}))?;
        let conditions = json!({"offline": !is, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1});
        self.driver.cdp("Network.emulateNetworkConditions", &conditions).map(drop)
    }

    /// Does something while its window is minimized, so that the page is hidden.
    ///
    /// # Errors
    /// Those of `work`; or the browser refuses.
    pub fn while_hidden<T>(&self, work: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
        let place = self.driver.get("/window/rect")?;
        self.driver.post("/window/minimize", &json!({}))?;
        self.wait_for("document.hidden")?;
        let done = work();
        self.driver.post("/window/rect", &place)?;
        self.wait_for("!document.hidden")?;
        done
    }

    /// The cookies of the page, as WebDriver has them.
    ///
    /// # Errors
    /// The browser has ended.
    pub fn cookies(&self) -> anyhow::Result<Vec<Value>> {
        let mut cookies = self.driver.get("/cookie")?;
        let Value::Array(cookies) = cookies.take() else { bail!("a list of cookies") };
        Ok(cookies)
    }

    /// Gives the page a cookie that another one has, by its name and value.
    ///
    /// # Errors
    /// The page may have none.
    pub fn set_cookie(&self, cookie: &Value) -> anyhow::Result<()> {
        let cookie = json!({"name": cookie["name"], "value": cookie["value"], "path": "/"});
        self.driver.post("/cookie", &json!({"cookie": cookie})).map(drop)
    }
}
