//! What goes on while a peer is killed: somebody speaks over HTTP, somebody sends on links.
//! Must not know when it is killed. Bounds: until it is; [`SENT_EACH`] objects a link.

use std::net::SocketAddr;
use std::sync::mpsc::SyncSender;
use std::thread::{self, JoinHandle};

use anyhow::{Context as _, bail};

use crate::peer::api::Api;
use crate::raw::RawSender;

/// Objects that a link brings in a round.
const SENT_EACH: usize = 400;

/// Something said over HTTP, and acknowledged.
#[derive(Clone, Debug)]
pub(super) struct Said {
    pub(super) body: String,
    pub(super) seq: u64,
    pub(super) id: String,
}

/// What a speaker was told until the peer was gone.
pub(super) struct Speech {
    pub(super) acknowledged: Vec<Said>,
    /// Said when the peer went: it may or may not have been kept.
    pub(super) unanswered: String,
}

/// An answer to something said, and its status.
pub(super) fn say(api: &Api, body: &str) -> anyhow::Result<Option<(u16, Said)>> {
    let Ok((status, answer)) = api.say(body, body) else { return Ok(None) };
    let (Some(seq), Some(id)) = (answer["seq"].as_u64(), answer["id"].as_str()) else {
        bail!("{body} was answered with {status}: {answer}");
    };
    Ok(Some((status, Said { body: body.to_owned(), seq, id: id.to_owned() })))
}

/// Speaks until nobody answers any more. Each body is its own client's tag.
pub(super) fn speak(api: Api, name: String, acks: SyncSender<()>) -> JoinHandle<anyhow::Result<Speech>> {
    thread::spawn(move || {
        let mut acknowledged = Vec::new();
        for number in 0_u64.. {
            let body = format!("{name}-{number}");
            let Some((status, said)) = say(&api, &body)? else {
                return Ok(Speech { acknowledged, unanswered: body });
            };
            if status != 201 {
                bail!("{body} is new, and was answered with {status}");
            }
            acknowledged.push(said);
            // Who counts has had enough at some time.
            let _ = acks.try_send(());
        }
        bail!("numbers do not end")
    })
}

/// Sends by hand until the link is gone.
pub(super) fn send(addr: SocketAddr, name: String) -> JoinHandle<()> {
    thread::spawn(move || {
        let Ok(link) = RawSender::connect(addr) else { return };
        for number in 0..SENT_EACH {
            let id = format!("{name}-{number}");
            if link.send_object(&id, "here", &format!("body of {id}")).is_err() {
                return;
            }
        }
    })
}

/// What a thread of this module came to.
pub(super) fn joined<T>(thread: JoinHandle<T>) -> anyhow::Result<T> {
    thread.join().ok().context("a thread has failed")
}
