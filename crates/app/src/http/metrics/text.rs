//! Prometheus text (format 0.0.4), as far as counters and gauges need it. Must not know what is measured.
//! Bounds: as many lines as it is given.

use std::fmt::Write as _;

/// What a family's numbers do.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// Only grow.
    Counter,
    /// Go up and down.
    Gauge,
}

/// A text in the making. Names are the program's own; values of labels may be anything.
#[derive(Default)]
pub(super) struct Text(String);

impl Text {
    /// A family: what its numbers mean, then each with its labels.
    pub(super) fn family<'a>(
        &mut self,
        name: &str,
        kind: Kind,
        help: &str,
        samples: impl IntoIterator<Item = (Vec<(&'static str, &'a str)>, u64)>,
    ) {
        let kind = match kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
        };
        let help = help.replace('\\', "\\\\").replace('\n', "\\n");
        // Writing to a String does not fail.
        let _ = write!(self.0, "# HELP whispernet_{name} {help}\n# TYPE whispernet_{name} {kind}\n");
        for (labels, value) in samples {
            let _ = write!(self.0, "whispernet_{name}");
            for (place, (label, text)) in labels.iter().enumerate() {
                let before = if place == 0 { '{' } else { ',' };
                let _ = write!(self.0, "{before}{label}=\"{}\"", escaped(text));
            }
            let _ = writeln!(self.0, "{} {value}", if labels.is_empty() { "" } else { "}" });
        }
    }

    /// A family of one number.
    pub(super) fn number(&mut self, name: &str, kind: Kind, help: &str, value: u64) {
        self.family(name, kind, help, [(Vec::new(), value)]);
    }

    pub(super) fn into_string(self) -> String {
        self.0
    }
}

/// A label's value as it stands between quotes.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_label_holds_it_ends_nothing() {
        let mut text = Text::default();
        text.family("x", Kind::Gauge, "a\\b\nc", [(vec![("of", "a\"} 1\nwhispernet_y 2\\"), ("is", "")], u64::MAX)]);
        text.number("z_total", Kind::Counter, "Z.", 0);
        assert_eq!(
            text.into_string(),
            "# HELP whispernet_x a\\\\b\\nc\n# TYPE whispernet_x gauge\n\
             whispernet_x{of=\"a\\\"} 1\\nwhispernet_y 2\\\\\",is=\"\"} 18446744073709551615\n\
             # HELP whispernet_z_total Z.\n# TYPE whispernet_z_total counter\nwhispernet_z_total 0\n"
        );
    }
}
