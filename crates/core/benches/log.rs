//! What it costs to append to the log, to read it for a link, and to commit it.
#![allow(missing_docs, clippy::arithmetic_side_effects, reason = "a bench, with its macros")]

use std::cell::RefCell;
use std::hint::black_box;
use std::time::Duration;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use whispernet_core::fingerprint::Fingerprint;
use whispernet_core::log::{Chunk, Cursor, Entry, Limits, Log, Marks, Read};

/// Bytes of a message: a short line of chat with its keys.
const MESSAGE_BYTES: usize = 200;
/// Messages read in one go, and committed in one batch.
const MESSAGES: u64 = 10_000;
/// Bytes of one write.
const CHUNK_BYTES: usize = 256 * 1024;
/// Every so many messages there is one by the author that a link must not get back.
const OWN_EVERY: u64 = 10;

/// An entry by one of nine authors, or by the tenth.
fn entry(n: u64) -> Entry {
    Entry::new(Fingerprint::from_bits(n), Fingerprint::from_bits(1 + n % OWN_EVERY), 0, Marks::default())
}

fn append(criterion: &mut Criterion) {
    let raw = vec![b'x'; MESSAGE_BYTES];
    let mut group = criterion.benchmark_group("log");
    group.throughput(Throughput::ElementsAndBytes { elements: 1, bytes: MESSAGE_BYTES as u64 });
    // As long as nothing commits, the oldest leaves memory once that is full.
    let mut log = Log::new(1, false, Limits::default());
    while log.floor() == 1 {
        log.append(entry(log.end()), &raw, None);
    }
    group.bench_function("append", |bencher| bencher.iter(|| log.append(entry(log.end()), black_box(&raw), None)));
    group.finish();
}

fn read(criterion: &mut Criterion) {
    let raw = vec![b'x'; MESSAGE_BYTES];
    let mut log = Log::new(1, false, Limits::default());
    (1..=MESSAGES).for_each(|n| _ = log.append(entry(n), &raw, None));
    let mut group = criterion.benchmark_group("log");
    group.throughput(Throughput::ElementsAndBytes { elements: MESSAGES, bytes: MESSAGES * MESSAGE_BYTES as u64 });
    for (name, author) in [("read, nothing cut", 60), ("read, own Addr cut", 1)] {
        let author = Fingerprint::from_bits(author);
        let mut chunk = Chunk::default();
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let mut cursor = Cursor::at(1);
                let mut bytes = 0;
                loop {
                    chunk.reset(cursor);
                    let wants = |entry: &Entry| !entry.marks.withheld && entry.author != author;
                    if log.read(cursor, CHUNK_BYTES, Some(author), wants, &mut chunk) != Read::Chunk {
                        return bytes;
                    }
                    bytes += chunk.slices().map(|slice| black_box(slice).len()).sum::<usize>();
                    cursor = chunk.next();
                }
            });
        });
    }
    group.finish();
}

fn commit(criterion: &mut Criterion) {
    let raw = vec![b'x'; MESSAGE_BYTES];
    let log = RefCell::new(Log::new(1, true, Limits::default()));
    let batch = || {
        let mut log = log.borrow_mut();
        for _ in 0..MESSAGES {
            let next = log.end();
            log.append(entry(next), &raw, None);
        }
    };
    let commit = || {
        let mut log = log.borrow_mut();
        let end = log.end();
        log.commit(end);
    };
    while log.borrow().floor() == 1 {
        batch();
        commit();
    }
    let mut group = criterion.benchmark_group("log");
    group.throughput(Throughput::ElementsAndBytes { elements: MESSAGES, bytes: MESSAGES * MESSAGE_BYTES as u64 });
    group.bench_function("commit and trim", |bencher| {
        bencher.iter_batched(batch, |()| commit(), BatchSize::PerIteration);
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .sample_size(50);
    targets = append, read, commit
}
criterion_main!(benches);
