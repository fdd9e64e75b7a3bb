//! The peer's counters and gauges as Prometheus text (format 0.0.4).
//! Must not know what they count. Bounds: one line for each counter that the peer has.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use whispernet_node::handle::{Handle, Status};

/// Counts, for Prometheus (text format 0.0.4).
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "peer",
    responses((status = OK, description = "Counters and gauges", body = String, content_type = "text/plain; version=0.0.4"))
)]
pub(super) async fn metrics(State(handle): State<Handle>) -> Response {
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text(&handle.status())).into_response()
}

fn text(status: &Status) -> String {
    let mut text = String::new();
    for (name, count) in &status.counters {
        let name = metric_name(name);
        let _ = write!(text, "# TYPE whispernet_{name}_total counter\nwhispernet_{name}_total {count}\n");
    }
    let links_out = status.peers.iter().filter(|peer| peer.out).count() as u64;
    let links_in = status.peers.iter().filter(|peer| peer.incoming).count() as u64;
    let lag = status.peers.iter().map(|peer| peer.lag).max().unwrap_or(0);
    for (name, value) in [
        ("seq", status.seq),
        ("durable_seq", status.durable),
        ("links_out", links_out),
        ("links_in", links_in),
        ("lag_messages_max", lag),
        ("disk_ok", u64::from(matches!(status.disk.as_str(), "ok" | "off"))),
    ] {
        let _ = write!(text, "# TYPE whispernet_{name} gauge\nwhispernet_{name} {value}\n");
    }
    let mut states: BTreeMap<&str, u64> = ["connected", "dialling", "waiting", "held"].map(|state| (state, 0)).into();
    for peer in &status.peers {
        *states.entry(&peer.state).or_default() += 1;
    }
    text.push_str("# TYPE whispernet_peers gauge\n");
    for (state, count) in states {
        let _ = writeln!(text, "whispernet_peers{{state=\"{}\"}} {count}", metric_name(state));
    }
    text
}

/// What Prometheus takes as part of a name.
fn metric_name(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use whispernet_node::handle::PeerStatus;

    #[test]
    fn counters_and_gauges() {
        let peer = |state: &str, out, lag| PeerStatus {
            key: None,
            addr: "127.0.0.1:1".into(),
            nick: String::new(),
            out,
            incoming: true,
            state: state.into(),
            lag,
        };
        let status = Status {
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
            counters: [("dropped.no-body".into(), 5)].into(),
        };
        let text = text(&status);
        for line in [
            "# TYPE whispernet_dropped_no_body_total counter",
            "whispernet_dropped_no_body_total 5",
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
