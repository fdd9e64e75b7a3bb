use whispernet_node::store::{BANS_MAX, BLOCKS_MAX, Ban, PEERS_MAX, Peer, StoreError, Tables, open};

use crate::people::record;
use crate::{NOW_MS, Store, store};

fn peer(n: usize) -> Peer {
    Peer {
        addr: format!("10.0.0.1:{n:05}"),
        nick: String::new(),
        daemon: false,
        linked_at: n as i64,
        cursor: None,
        held: false,
        wanted: false,
    }
}

fn ban(n: usize) -> Ban {
    Ban { ip: "10.0.0.1".into(), name: format!("{n:05}"), until: n as i64, level: 0 }
}

/// The tables as the next start finds them.
pub(crate) fn reload(store: Store) -> (Store, Tables) {
    let Store { dir, opened, reader } = store;
    opened.writer.close().unwrap();
    let mut opened = open(dir.path(), NOW_MS, [0; 16]).unwrap();
    let tables = std::mem::take(&mut opened.tables);
    (Store { dir, opened, reader }, tables)
}

#[test]
fn tables_come_back_as_they_were_written() {
    let mut store = store();
    assert_eq!(store.opened.tables, Tables::default());
    let mut known = peer(1);
    known.nick = "zoë".into();
    known.daemon = true;
    known.cursor = Some((1 << 53) - 1);
    known.held = true;
    let wanted = Peer { wanted: true, ..peer(2) };
    let writer = &mut store.opened.writer;
    writer.set_nick("a").unwrap();
    writer.set_nick("phil").unwrap();
    writer.put_peers(&[peer(1), wanted.clone(), peer(3)]).unwrap();
    writer.put_peers(std::slice::from_ref(&known)).unwrap();
    assert!(writer.remove_peer(&peer(3).addr).unwrap());
    assert!(!writer.remove_peer(&peer(3).addr).unwrap());
    for who in ["10.0.0.9", "10.0.0.9:1", "10.0.0.9", "10.0.0.8"] {
        writer.put_block(who).unwrap();
    }
    assert!(writer.remove_block("10.0.0.8").unwrap());
    assert!(!writer.remove_block("10.0.0.8").unwrap());
    let doubled = Ban { until: 9, level: u32::MAX, ..ban(1) };
    for ban in [&ban(1), &ban(2), &doubled] {
        writer.put_ban(ban).unwrap();
    }
    assert!(writer.remove_ban("10.0.0.1", "00002").unwrap());
    assert!(!writer.remove_ban("10.0.0.1", "").unwrap());

    let want = Tables {
        nick: Some("phil".into()),
        peers: vec![known, wanted],
        blocks: vec!["10.0.0.9".into(), "10.0.0.9:1".into()],
        bans: vec![doubled],
        trust: Vec::new(),
    };
    let (mut store, tables) = reload(store);
    assert_eq!(tables, want);

    let others = Tables {
        nick: None,
        peers: vec![peer(7)],
        blocks: vec!["10.0.0.7".into()],
        bans: vec![ban(7)],
        trust: vec![record(7), record(9)],
    };
    for tables in [others, Tables::default(), want] {
        store.opened.writer.put_tables(&tables).unwrap();
        let (again, found) = reload(store);
        assert_eq!(found, tables);
        store = again;
    }
}

#[test]
fn over_the_bound_the_peers_linked_least_recently_go() {
    let mut store = store();
    let mut peers: Vec<Peer> = (0..PEERS_MAX).map(peer).collect();
    peers[0].wanted = true;
    peers[1].held = true;
    store.opened.writer.put_peers(&peers).unwrap();
    let (mut store, tables) = reload(store);
    assert_eq!(tables.peers, peers);

    store.opened.writer.put_peers(&[peer(PEERS_MAX), peer(PEERS_MAX + 1)]).unwrap();
    let (_, tables) = reload(store);
    assert_eq!(tables.peers.len(), PEERS_MAX);
    let gone: Vec<_> = peers.iter().filter(|peer| !tables.peers.contains(peer)).collect();
    assert_eq!(gone, [&peers[2], &peers[3]]);
}

/// Fills a small table at once: one durable call for each row would take seconds.
fn fill(store: &Store, sql: &str, rows: usize) {
    let mut conn = rusqlite::Connection::open(&store.opened.path).unwrap();
    let tx = conn.transaction().unwrap();
    for n in 0..rows {
        tx.prepare_cached(sql).unwrap().execute([n as i64]).unwrap();
    }
    tx.commit().unwrap();
}

#[test]
fn a_block_over_the_bound_is_refused() {
    let mut store = store();
    fill(&store, "INSERT INTO blocks VALUES (format('%d', ?1))", BLOCKS_MAX - 1);
    let writer = &mut store.opened.writer;
    writer.put_block("the last").unwrap();
    assert!(matches!(writer.put_block("one more"), Err(StoreError::TooMany { max: BLOCKS_MAX })));
    writer.put_block("the last").unwrap();
    assert!(writer.remove_block("the last").unwrap());
    writer.put_block("one more").unwrap();
    assert_eq!(reload(store).1.blocks.len(), BLOCKS_MAX);
}

#[test]
fn over_the_bound_the_ban_that_ends_first_goes() {
    let mut store = store();
    let sql = "INSERT INTO bans VALUES ('10.0.0.1', format('%05d', ?1), ?1, 0)";
    fill(&store, sql, BANS_MAX);
    store.opened.writer.put_ban(&ban(BANS_MAX)).unwrap();
    let want: Vec<Ban> = (1..=BANS_MAX).map(ban).collect();
    assert_eq!(reload(store).1.bans, want);
}
