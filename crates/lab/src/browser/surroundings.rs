//! What a page finds around itself: the size of the window, light or dark, whether scripts run and the network is there.
//! Must not know the page. Bounds: none of its own.

use serde_json::json;

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
}
