//! The web: the page, and the API with JSON for commands and reads and a WebSocket for events; two more faces of the peer.
//! Must not know how the peer works, only its `Handle`. Bounds: 64 connections, 256 KiB a request; the rest stands in the modules.

mod accept;
mod blocks;
mod code;
mod coding;
mod entry;
mod error;
mod files;
mod form;
mod forms;
mod front;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;
mod guard;
mod headers;
mod live;
mod members;
mod messages;
mod metrics;
mod openapi;
mod parameters;
mod patience;
mod peers;
mod people;
pub(crate) mod place;
mod routes;
mod seats;
mod socket;
mod tally;
mod web;
mod weight;

use std::io::{self, Write as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use axum::extract::FromRef;
use tokio::net::TcpListener;
use whispernet_node::handle::Handle;

pub(crate) use self::web::Web;

use self::entry::Door;
use self::entry::launch::Launches;
use self::guard::Guard;
use self::place::{Sign, Token};
use self::seats::Seats;
use crate::desk::Desk;
use crate::page::asset;

/// Where to serve.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HttpChoice {
    /// Address and port; port 0 takes a free one.
    pub(crate) addr: SocketAddr,
    /// The user named it, so that no other will do.
    pub(crate) asked: bool,
}

/// What calls act on.
#[derive(Clone)]
struct House {
    desk: Desk,
    door: Arc<Door>,
    seats: Arc<Seats>,
}

impl FromRef<House> for Desk {
    fn from_ref(house: &House) -> Self {
        house.desk.clone()
    }
}

impl FromRef<House> for Handle {
    fn from_ref(house: &House) -> Self {
        house.desk.handle.clone()
    }
}

impl FromRef<House> for Arc<Seats> {
    fn from_ref(house: &House) -> Self {
        Arc::clone(&house.seats)
    }
}

impl FromRef<House> for Arc<Door> {
    fn from_ref(house: &House) -> Self {
        Arc::clone(&house.door)
    }
}

/// Serves page and API until the peer stops or the runtime ends; either takes `api.json` away.
///
/// # Errors
/// The address is taken and was asked for, or cannot be listened on; the token or `api.json` cannot be kept.
pub(crate) async fn serve(handle: Handle, data_dir: &Path, choice: HttpChoice) -> anyhow::Result<Web> {
    let token = Token::keep(data_dir)?;
    let listener = listen(choice).await?;
    let addr = listener.local_addr().context("the web listener has no address")?;
    let sign = Sign::put_up(data_dir, addr)?;
    if !addr.ip().is_loopback() {
        // Nobody may be there to read it.
        let _ = writeln!(
            io::stderr(),
            "warning: other machines can reach the web at {addr}, and what opens it crosses the network in the clear"
        );
    }
    // Nobody who opens the page is to wait until it is packed.
    tokio::task::spawn_blocking(asset::pack);
    let launches = Arc::new(Launches::default());
    let web = Web::new(addr, Arc::clone(&launches));
    let door = Arc::new(Door::new(token, launches, addr, &handle.status().key, data_dir));
    let desk =
        Desk { handle: handle.clone(), data_dir: data_dir.to_owned(), web: Some(web.clone()), at_terminal: false };
    let seats = Arc::<Seats>::default();
    let house = House { desk, door: Arc::clone(&door), seats: Arc::clone(&seats) };
    let serving = accept::run(listener, routes::routes(house), Guard::new(addr, door), seats);
    tokio::spawn(async move {
        let _sign = sign;
        tokio::select! {
            () = serving => {}
            () = handle.stopped() => {}
        }
    });
    Ok(web)
}

async fn listen(choice: HttpChoice) -> anyhow::Result<TcpListener> {
    let HttpChoice { addr, asked } = choice;
    match TcpListener::bind(addr).await {
        Ok(listener) => Ok(listener),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse && !asked => {
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("no free port for the web on 127.0.0.1")
        }
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            Err(anyhow!("{addr} is taken: stop the other program, or leave out --http to get a free port"))
        }
        Err(error) => {
            Err(anyhow!("cannot serve the web on {addr}: {error}; --http takes an address of this machine, or `off`"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_taken_port_is_replaced_unless_asked_for() {
        let holder = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
        let addr = holder.local_addr().expect("it is bound");
        let error = listen(HttpChoice { addr, asked: true }).await.expect_err("it is taken").to_string();
        assert!(error.contains(&addr.to_string()) && error.contains("taken"), "{error}");
        let other =
            listen(HttpChoice { addr, asked: false }).await.expect("another port").local_addr().expect("it is bound");
        assert!(other.ip().is_loopback() && other != addr, "{other}");
    }
}
