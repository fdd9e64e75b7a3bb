//! What it costs to ask for an ID, and to remember one, where a million are remembered.
#![allow(missing_docs, clippy::arithmetic_side_effects, reason = "a bench, with its macros")]

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use whispernet_core::fingerprint::{Fingerprint, Keyed};
use whispernet_core::node::SEEN_MAX;
use whispernet_core::rank::Rank;
use whispernet_core::seen::Seen;
use whispernet_core::time::UnixMillis;

/// The nth of many fingerprints, as scattered as those of a keyed hash (splitmix64).
fn print(n: u64) -> Fingerprint {
    let mut bits = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    Fingerprint::from_bits(bits ^ (bits >> 31))
}

fn seen(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("seen, of a million");
    group.throughput(Throughput::Elements(1));
    let ids = SEEN_MAX as u64;
    let mut seen = Seen::new(SEEN_MAX, UnixMillis(0));
    (0..ids).for_each(|n| seen.insert(print(n), Rank::WithFile, UnixMillis(0)));
    // From place to place as far apart as links bring them, or the cache would answer.
    let mut n = 0_u64;
    let mut next = move || {
        n = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
        n % ids
    };
    group.bench_function("hit", |bencher| bencher.iter(|| seen.contains(black_box(print(next())))));
    group.bench_function("miss", |bencher| bencher.iter(|| seen.contains(black_box(print(ids + next())))));
    let mut fresh = ids;
    group.bench_function("insert", |bencher| {
        bencher.iter(|| {
            fresh += 1;
            seen.insert(black_box(print(fresh)), Rank::WithFile, UnixMillis(0));
        });
    });
    group.finish();
    let keyed = Keyed::new(&[7; 16]);
    criterion.bench_function("fingerprint of 32 bytes", |bencher| {
        bencher.iter(|| keyed.fingerprint(black_box(b"5b7c0e9a41d84f7f8a1f0f4f1c0b62d7")));
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .sample_size(50);
    targets = seen
}
criterion_main!(benches);
