//! What differs from one run to the next, made the same: addresses, times, dates. Must not know what else is on a screen.
//! Bounds: the length of a screen.

use std::net::Ipv4Addr;

/// Where people seem to live: a network at home.
const HOME: &str = "192.168.178";
/// When everything seems to happen.
const TIME: &str = "09:41";
/// On which day.
const DAY: &str = "Monday 2026-01-05";
/// What stands around a day.
const RULE: char = '─';
const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// A network of this machine that nobody else uses, with addresses as long as those at home.
#[derive(Clone, Copy, Debug)]
pub(super) struct Net([u8; 3]);

impl Net {
    /// That of this process.
    pub(super) fn own() -> Self {
        // Three digits each: from 100 to 255.
        let octet = |number: u32| u8::try_from(100 + number % 156).unwrap_or(u8::MAX);
        let id = std::process::id();
        Self([127, octet(id), octet(id / 156)])
    }

    /// The address that ends so.
    pub(super) const fn host(self, last: u8) -> Ipv4Addr {
        let [a, b, c] = self.0;
        Ipv4Addr::new(a, b, c, last)
    }

    /// A screen as it would be at home, on that day.
    pub(super) fn mask(self, screen: &str) -> String {
        let [a, b, c] = self.0;
        let own = format!("{a}.{b}.{c}.");
        // The page is on the machine itself: for each of them on its own one.
        let page = format!("http://{own}");
        let mut parts = screen.split(&page);
        let mut at_home = parts.next().unwrap_or_default().to_owned();
        for rest in parts {
            let after = rest.split_once(":8888").map_or(rest, |(_, after)| after);
            at_home.push_str("http://127.0.0.1:8888");
            at_home.push_str(after);
        }
        let rows =
            at_home.replace(&own, &format!("{HOME}.")).lines().map(day).map(|row| time(&row)).collect::<Vec<_>>();
        rows.join("\n")
    }
}

/// The row with the one time for every time in it: two digits, a colon and two digits, alone.
fn time(row: &str) -> String {
    let bytes = row.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let joined = |at: usize| bytes.get(at).is_some_and(|byte| byte.is_ascii_digit() || *byte == b':' || *byte == b'.');
    let mut text = String::new();
    let mut at = 0;
    while let Some(rest) = row.get(at..).filter(|rest| !rest.is_empty()) {
        let alone = at == 0 || !joined(at - 1);
        let is_time = alone && digit(at) && digit(at + 1) && rest.as_bytes().get(2) == Some(&b':');
        if is_time && digit(at + 3) && digit(at + 4) && !joined(at + 5) {
            text.push_str(TIME);
            at += TIME.len();
        } else if let Some(c) = rest.chars().next() {
            text.push(c);
            at += c.len_utf8();
        }
    }
    text
}

/// The row, where it tells a day, with the one day, as wide as it was.
fn day(row: &str) -> String {
    let Some(weekday) = WEEKDAYS.iter().find(|weekday| row.contains(**weekday)) else { return row.to_owned() };
    let Some((before, rest)) = row.split_once(weekday) else { return row.to_owned() };
    let is_date = |c: char| c == ' ' || c == '-' || c.is_ascii_digit();
    let after = rest.trim_start_matches(is_date);
    if after.chars().any(|c| c != RULE) || before.chars().any(|c| c != RULE && c != ' ') {
        return row.to_owned();
    }
    let columns = row.chars().count();
    let around = columns.saturating_sub(DAY.chars().count() + 2);
    let left = if before.starts_with(RULE) { around / 2 } else { 0 };
    let rule = |columns: usize| RULE.to_string().repeat(columns);
    format!("{} {DAY} {}", rule(left), rule(around - left))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_is_masked_and_all_else_stays() {
        let net = Net([127, 100, 255]);
        for (screen, masked) in [
            ("", ""),
            ("07:03 ann", "09:41 ann"),
            ("at 23:59.", "at 23:59."),
            ("at 23:59, ö 1:22 10:222 1:10:22", "at 09:41, ö 1:22 10:222 1:10:22"),
            ("on 127.100.255.105:55555", "on 192.168.178.105:55555"),
            ("http://127.100.255.105:8888/x y", "http://127.0.0.1:8888/x y"),
            ("see you on Tuesday", "see you on Tuesday"),
            ("─── Wednesday 2026-11-25 ───", "──── Monday 2026-01-05 ─────"),
            ("─── Friday 2026-11-27 ───\n07:00 x", "─── Monday 2026-01-05 ───\n09:41 x"),
        ] {
            assert_eq!(net.mask(screen), masked, "{screen:?}");
        }
        assert_eq!(Net::own().host(105).to_string().len(), "192.168.178.105".len());
    }
}
