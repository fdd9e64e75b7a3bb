//! A message out of the history in one row: when, who, and what. Must not know who looked for it. Bounds: one message.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use whispernet_node::event::Message;

use super::{acquaintance, safe};

/// The row, in this time zone, safe to show.
pub(crate) fn row(message: &Message, zone: &TimeZone) -> String {
    let millis = message.time.unwrap_or(message.received);
    let when = Timestamp::from_millisecond(millis).unwrap_or_default().to_zoned(zone.clone());
    let words = safe::body_lines(&message.body).collect::<Vec<_>>().join(" / ");
    format!("{} {}: {words}", when.strftime("%Y-%m-%d %H:%M"), acquaintance::name(message))
}
