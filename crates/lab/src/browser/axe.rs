//! axe-core, which looks at a page for what keeps people out who see, hear or move otherwise.
//! Must not know the page. Bounds: none of its own.

use std::path::Path;

use anyhow::{Context as _, bail};
use serde_json::Value;

use super::Browser;

/// Runs it on the whole page, after its own text has defined it: each fault in words.
const LOOK: &str = "
    return axe.run(document, {resultTypes: ['violations']}).then(({violations}) => violations.map(fault =>
        `${fault.id} (${fault.impact}): ${fault.help}\\n` +
        fault.nodes.map(node => `    ${node.target}: ${node.any.concat(node.all, node.none)[0]?.message ?? ''}\\n`).join('')
    ));";

impl Browser {
    /// Fails where axe-core finds fault with the page. `axe`: its script.
    ///
    /// # Errors
    /// It does: with each fault and where it is; or there is no such script.
    pub fn is_accessible(&self, axe: &Path) -> anyhow::Result<()> {
        let missing = || format!("{} is not there: ./scripts/test fetches it", axe.display());
        let script = std::fs::read_to_string(axe).with_context(missing)?;
        self.run(&script, &[])?;
        let faults = self.run(LOOK, &[])?;
        match faults.as_array().map(Vec::as_slice) {
            Some([]) => Ok(()),
            Some(faults) => {
                let faults: String = faults.iter().filter_map(Value::as_str).collect();
                bail!("axe-core has {} faults:\n{faults}", faults.lines().count())
            }
            None => bail!("axe-core tells {faults}"),
        }
    }
}
