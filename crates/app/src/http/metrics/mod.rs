//! What the peer and its web count and hold, for Prometheus.
//! Must not know why anything is counted. Bounds: a line for each counter, for each bound twice, and for each cursor; links as many as
//! `LINKS_MAX`.

mod text;

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use tokio::time::Instant;
use whispernet_node::handle::{Bound, Counter, Cursor, Handle, Measures, ReaderOf, Status, Unit};

use self::text::{Kind, Text};
use super::code::Code;
use super::entry::Door;
use super::error::ApiError;
use super::seats::{SEATS_MAX, Seats};
use super::tally::Tally;

/// Counters that are one family, told apart by what follows in their names.
const FAMILIES: [(&str, &str, &str); 5] = [
    ("dropped_", "dropped_total", "Messages that came and were dropped, and events that a face missed."),
    ("withheld_", "withheld_total", "Messages that came, are kept here, and are not passed on."),
    ("closed_", "closed_total", "Links that ended or were refused."),
    ("addr_", "addr_refused_total", "Addresses that others named and that were not dialled."),
    ("files_removed_", "files_removed_total", "Files that made room for others."),
];

/// States of a peer, each of which is told whether there is one in it.
const STATES: [&str; 4] = ["connected", "dialling", "waiting", "held"];

/// Counts, and sizes beside their bounds, for Prometheus (text format 0.0.4).
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "peer",
    responses(
        (status = OK, description = "Counters and gauges", body = String, content_type = "text/plain; version=0.0.4"),
        (status = SERVICE_UNAVAILABLE, description = "`stopped`"),
    )
)]
pub(super) async fn metrics(
    State(handle): State<Handle>,
    State(door): State<Arc<Door>>,
    State(seats): State<Arc<Seats>>,
) -> Result<Response, ApiError> {
    let status = handle.status();
    // It looks at files, and waits for one that is being written.
    let measured = tokio::task::spawn_blocking(move || handle.measures()).await;
    let mut measures = measured.map_err(|_| ApiError::new(Code::Stopped, "the peer is shutting down"))?;
    measures.bounds.extend(door.bounds(Instant::now()));
    measures.bounds.push(Bound::new("connections of the web", seats.held(), SEATS_MAX));
    let text = text(&status, &measures, door.tally());
    Ok(([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response())
}

fn text(status: &Status, measures: &Measures, tally: &Tally) -> String {
    let mut text = Text::default();
    counters(&mut text, &measures.counters);
    web(&mut text, tally);
    bounds(&mut text, &measures.bounds);
    cursors(&mut text, measures);
    gauges(&mut text, status);
    text.into_string()
}

fn counters(text: &mut Text, counters: &[Counter]) {
    for (prefix, name, help) in FAMILIES {
        let ours = counters.iter().filter_map(|counter| {
            let reason = counter.name.strip_prefix(prefix)?;
            Some((vec![("reason", reason)], counter.count))
        });
        text.family(name, Kind::Counter, help, ours);
    }
    let alone = |counter: &&Counter| !FAMILIES.iter().any(|(prefix, ..)| counter.name.starts_with(prefix));
    for counter in counters.iter().filter(alone) {
        text.number(&format!("{}_total", counter.name), Kind::Counter, counter.meaning, counter.count);
    }
}

fn web(text: &mut Text, tally: &Tally) {
    let by = |label| move |(reason, count)| (vec![(label, reason)], count);
    let help = "Requests that were refused.";
    text.family("http_refused_total", Kind::Counter, help, tally.refusals().map(by("code")));
    let help = "Connections of the web that were ended from here.";
    text.family("http_closed_total", Kind::Counter, help, tally.ends().map(by("reason")));
    let help = "Browsers that were not let in.";
    text.family("http_denied_total", Kind::Counter, help, tally.denials().map(by("reason")));
}

fn bounds(text: &mut Text, bounds: &[Bound]) {
    for (unit, name, help) in [
        (Unit::Items, "held", "How much there is of what is bounded."),
        (Unit::Bytes, "held_bytes", "Bytes that are held of what is bounded."),
    ] {
        let ours = || bounds.iter().filter(move |bound| bound.unit == unit);
        text.family(name, Kind::Gauge, help, ours().map(|bound| (vec![("what", bound.what)], bound.is as u64)));
        let help = "How much of it there may be, or beyond which mark who brings more waits.";
        let name = format!("{name}_max");
        text.family(&name, Kind::Gauge, help, ours().map(|bound| (vec![("what", bound.what)], bound.most as u64)));
    }
}

fn cursors(text: &mut Text, measures: &Measures) {
    let named: Vec<_> = measures.cursors.iter().map(|cursor| (name(cursor), cursor.lag)).collect();
    let lags = named.iter().map(|((reader, of), lag)| (vec![("reader", *reader), ("of", of.as_str())], *lag));
    text.family("cursor_lag_messages", Kind::Gauge, "Messages that a reader of the log has yet to read.", lags);
    let help = "Outgoing links beyond those whose lag is told.";
    text.number("cursors_left_out", Kind::Gauge, help, measures.links_left_out as u64);
}

/// What reads, and which of those.
fn name(cursor: &Cursor) -> (&'static str, String) {
    match &cursor.reader {
        ReaderOf::Link(addr) => ("link", addr.clone()),
        ReaderOf::Store => ("store", String::new()),
        ReaderOf::Face { kind, number } => (kind, number.to_string()),
    }
}

fn gauges(text: &mut Text, status: &Status) {
    let linked = |out: bool| status.peers.iter().filter(|peer| if out { peer.out } else { peer.incoming }).count();
    let lag = status.peers.iter().map(|peer| peer.lag).max().unwrap_or(0);
    for (name, help, value) in [
        ("seq", "The newest seq.", status.seq),
        ("durable_seq", "The newest seq that is on disk.", status.durable),
        ("links_out", "Peers that are written to.", linked(true) as u64),
        ("links_in", "Peers that are read.", linked(false) as u64),
        ("lag_messages_max", "Messages that the link which lags most has yet to be sent.", lag),
        (
            "disk_ok",
            "1 where the history is written, or none is kept.",
            u64::from(matches!(&*status.disk, "ok" | "off")),
        ),
    ] {
        text.number(name, Kind::Gauge, help, value);
    }
    let states = STATES.map(|state| {
        let count = status.peers.iter().filter(|peer| peer.state == state).count();
        (vec![("state", state)], count as u64)
    });
    text.family("peers", Kind::Gauge, "Peers by state.", states);
    let build = [(vec![("version", status.version.as_str()), ("network", status.network.as_str())], 1)];
    text.family("build_info", Kind::Gauge, "Which program this is.", build);
}

#[cfg(test)]
mod tests {
    use super::*;
    use whispernet_node::handle::PeerStatus;

    fn status() -> Status {
        let peer = |state: &str, out, lag| PeerStatus {
            key: None,
            addr: "127.0.0.1:1".into(),
            nick: String::new(),
            out,
            incoming: true,
            state: state.into(),
            lag,
        };
        Status {
            addr: "127.0.0.1:55555".into(),
            nick: "phil".into(),
            key: "0a".repeat(32),
            network: "open".into(),
            version: "0.1.0".into(),
            run: "r".into(),
            seq: 12,
            durable: 11,
            peers: vec![peer("connected", true, 3), peer("connected", false, 7), peer("held", false, 0)],
            disk: "ok".into(),
            flood: "default".into(),
            discovery: true,
            clock_ahead_ms: None,
            counters: [].into(),
        }
    }

    #[test]
    fn counters_gauges_bounds_and_cursors() {
        let counter = |name, count| Counter { name, meaning: "A thing.", count };
        let cursor = |reader, lag| Cursor { reader, lag };
        let measures = Measures {
            counters: vec![counter("dropped_no_body", 5), counter("closed_flood", 2), counter("beacon", 4)],
            bounds: vec![Bound::new("seen IDs", 3, 9), Bound::bytes("bytes of files", 4096, 8192)],
            cursors: vec![
                cursor(ReaderOf::Link("127.0.0.1:2".into()), 7),
                cursor(ReaderOf::Store, 1),
                cursor(ReaderOf::Face { kind: "websocket", number: 3 }, 0),
            ],
            links_left_out: 1,
        };
        let tally = Tally::default();
        tally.refused(Code::WrongHost);
        let text = text(&status(), &measures, &tally);
        for line in [
            "whispernet_dropped_total{reason=\"no_body\"} 5",
            "whispernet_closed_total{reason=\"flood\"} 2",
            "# HELP whispernet_beacon_total A thing.",
            "whispernet_beacon_total 4",
            "whispernet_held{what=\"seen IDs\"} 3",
            "whispernet_held_max{what=\"seen IDs\"} 9",
            "whispernet_held_bytes{what=\"bytes of files\"} 4096",
            "whispernet_held_bytes_max{what=\"bytes of files\"} 8192",
            "whispernet_cursor_lag_messages{reader=\"link\",of=\"127.0.0.1:2\"} 7",
            "whispernet_cursor_lag_messages{reader=\"store\",of=\"\"} 1",
            "whispernet_cursor_lag_messages{reader=\"websocket\",of=\"3\"} 0",
            "whispernet_cursors_left_out 1",
            "whispernet_http_refused_total{code=\"wrong_host\"} 1",
            "whispernet_http_refused_total{code=\"busy\"} 0",
            "whispernet_seq 12",
            "whispernet_durable_seq 11",
            "whispernet_links_out 1",
            "whispernet_links_in 3",
            "whispernet_lag_messages_max 7",
            "whispernet_disk_ok 1",
            "whispernet_peers{state=\"connected\"} 2",
            "whispernet_peers{state=\"dialling\"} 0",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} in\n{text}");
        }
    }
}
