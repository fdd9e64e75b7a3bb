use whispernet_node::handle::Query;
use whispernet_node::store::check;

use crate::{Store, row, store};

fn find(store: &Store, text: &str) -> Vec<u64> {
    store.seqs(&Query { search: Some(text.into()), limit: 500, ..Query::default() })
}

const BODIES: [&str; 13] = [
    "The quick brown fox",
    r#"he said "stop" twice"#,
    "100% sure, snake_case, 2*3, back\\slash",
    "NEAR(a b) AND body:x OR NOT y",
    "thumbs 👍🏽👍 up",
    "\u{202e}שלום עולם",
    "ÄRGER über Straße",
    "before\0after",
    "' OR 1=1 --",
    "",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab",
    "日本語のテキスト",
    "\u{130}stanbul, \u{1c97}\u{1c91}\u{1c98}\u{1c9a}\u{1c98}\u{1ca1}\u{1c98}",
];

#[test]
fn hostile_texts_are_found_whether_indexed_or_not() {
    let long = format!("{}b", "a".repeat(70));
    let longer = format!("{}c", "a".repeat(70));
    let cases: Vec<(&str, Vec<u64>)> = vec![
        ("i\u{307}stan", vec![13]),
        ("\u{130}STAN", vec![13]),
        ("\u{10d7}\u{10d1}\u{10d8}\u{10da}", vec![13]),
        ("QUICK", vec![1]),
        ("q", vec![1]),
        ("quick fox", vec![]),
        ("\"stop\"", vec![2]),
        ("\"", vec![2]),
        ("\"\"\"", vec![]),
        ("%", vec![3]),
        ("_", vec![3]),
        ("snake_case", vec![3]),
        ("snake.case", vec![]),
        ("2*3", vec![3]),
        ("***", vec![]),
        ("k\\s", vec![3]),
        ("\\", vec![3]),
        ("NEAR(a b)", vec![4]),
        ("near", vec![4]),
        ("body:x", vec![4]),
        ("x OR NOT", vec![4]),
        ("👍", vec![5]),
        ("👍🏽👍", vec![5]),
        ("שלום", vec![6]),
        ("\u{202e}ש", vec![6]),
        ("ärger", vec![7]),
        ("ÜB", vec![7]),
        ("STRAße", vec![7]),
        ("after", vec![8]),
        ("e\0a", vec![8]),
        ("before\0after", vec![8]),
        ("beforeafter", vec![]),
        ("\0", vec![8]),
        ("\0\0\0\0", vec![]),
        ("' OR 1=1 --", vec![9]),
        (&long, vec![11]),
        (&longer, vec![]),
        ("日本", vec![12]),
        ("本語の", vec![12]),
        ("phil", (1..=13).collect()),
        ("PH", (1..=13).collect()),
        ("", (1..=13).collect()),
    ];
    let mut store = store();
    let rows: Vec<_> = (1..).zip(BODIES).map(|(seq, body)| row(seq, body)).collect();
    store.append(&rows);
    // Not indexed, indexed in part, indexed.
    for step in [0, 5, 100] {
        if step > 0 {
            store.opened.writer.index_some(step).unwrap();
        }
        for (text, want) in &cases {
            assert_eq!(&find(&store, text), want, "search for {text:?} after {step}");
        }
    }
    assert!(find(&store, &"long ".repeat(100_000)).is_empty());
}

#[test]
fn a_search_keeps_to_its_range() {
    let mut store = store();
    store.append(&(1..=20).map(|seq| row(seq, "needle")).collect::<Vec<_>>());
    assert!(store.opened.writer.index_some(10).unwrap());
    for text in ["needle", "ne"] {
        let find = |since, before, limit| store.seqs(&Query { since, before, limit, search: Some(text.into()) });
        assert_eq!(find(None, None, 3), [18, 19, 20]);
        assert_eq!(find(None, Some(12), 3), [9, 10, 11]);
        assert_eq!(find(None, Some(5), 3), [2, 3, 4]);
        assert_eq!(find(Some(0), None, 3), [1, 2, 3]);
        assert_eq!(find(Some(8), None, 4), [9, 10, 11, 12]);
        assert_eq!(find(Some(8), Some(12), 9), [9, 10, 11]);
        assert_eq!(find(Some(15), None, 2), [16, 17]);
    }
}

#[test]
fn the_index_goes_on_where_it_was_and_skips_greetings() {
    let mut store = store();
    let mut rows: Vec<_> = (1..=10).map(|seq| row(seq, "needle")).collect();
    rows[3].hello = true;
    store.append(&rows);
    let more: Vec<bool> = (0..4).map(|_| store.opened.writer.index_some(4).unwrap()).collect();
    assert_eq!(more, [true, true, false, false]);
    assert_eq!(find(&store, "needle"), [1, 2, 3, 5, 6, 7, 8, 9, 10]);
    store.append(&[row(11, "needle")]);
    assert_eq!(find(&store, "needle").last(), Some(&11));
    store.opened.writer.index_some(0).unwrap();
    assert_eq!(find(&store, "needle").last(), Some(&11));
}

#[test]
fn what_was_pruned_is_not_found_and_the_index_stays_sound() {
    let mut store = store();
    let mut next = 1;
    for round in 0..6 {
        let rows: Vec<_> = (next..next + 600)
            .map(|seq| {
                let mut row = row(seq, &format!("needle in round {round}, hay {seq}"));
                row.hello = seq % 7 == 0;
                row
            })
            .collect();
        store.append(&rows);
        next += 600;
        // Some rows are pruned before the index has reached them.
        store.opened.writer.index_some(450).unwrap();
        store.opened.writer.prune(0, 500).unwrap();
        let want = store.seqs(&Query { since: Some(0), limit: 500, ..Query::default() });
        let query = Query { since: Some(0), search: Some("needle".into()), limit: 500, before: None };
        assert_eq!(store.seqs(&query), want);
        assert!(find(&store, "hay 1,").is_empty());
    }
    while store.opened.writer.index_some(100).unwrap() {}
    check(&store.opened.path).unwrap();
    assert_eq!(find(&store, "hay 3599"), [3_599]);

    while store.opened.writer.prune(0, 500).unwrap() > 0 {}
    assert!(find(&store, "needle").is_empty());
    assert!(!store.opened.writer.index_some(100).unwrap());
    store.append(&[row(next, "needle")]);
    store.opened.writer.index_some(100).unwrap();
    assert_eq!(find(&store, "needle"), [next]);
}

#[test]
fn no_query_sorts_the_history() {
    let mut store = store();
    store.append(&[row(1, "needle")]);
    store.opened.writer.index_some(1).unwrap();
    let conn = rusqlite::Connection::open(&store.opened.path).unwrap();
    for sql in [
        "SELECT m.seq FROM search CROSS JOIN entries e ON e.seq = search.rowid
         CROSS JOIN messages m ON m.seq = e.seq WHERE search MATCH '\"abc\"' AND search.rowid > 1
         AND search.rowid < 9 ORDER BY search.rowid DESC",
        "SELECT m.seq FROM entries e CROSS JOIN messages m ON m.seq = e.seq
         WHERE e.seq > 1 AND e.seq < 9 AND e.flags & 4 = 0 ORDER BY e.seq DESC",
        "SELECT 1 FROM fresh CROSS JOIN messages m USING (seq) WHERE fingerprint = 1 AND m.id = 'a'
         UNION ALL
         SELECT 1 FROM known CROSS JOIN messages m USING (seq) WHERE fingerprint = 1 AND m.id = 'a'",
        "SELECT seq, id FROM messages WHERE client = 'a' AND received >= 1
         ORDER BY received DESC LIMIT 1",
    ] {
        let mut plan = conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let steps: Vec<String> =
            plan.query_map([], |row| row.get("detail")).unwrap().collect::<Result<_, _>>().unwrap();
        assert!(!steps.iter().any(|step| step.contains("TEMP B-TREE")), "{steps:?}");
        let scans = |step: &String| step.starts_with("SCAN") && !step.contains("VIRTUAL TABLE");
        assert!(!steps.iter().any(scans), "{steps:?}");
    }
}
