//! What it costs to sign a message, to look at the form of its ID, and to find out whether its author wrote it.
#![allow(missing_docs, clippy::unwrap_used, reason = "a bench, with its macros")]

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use whispernet_core::identity::{Beside, Ext, Form, Network, SecretKey, Token, classify, judge, sign};
use whispernet_core::time::UnixMillis;

const ADDR: &str = "192.168.1.7:55555";
const TIME: UnixMillis = UnixMillis(1_750_000_000_000);
/// Bytes of a Body.
const BODIES: [usize; 2] = [256, 16 * 1024];

fn signed(id: &str) -> Token {
    match classify(id.as_bytes()) {
        Ok(Form::Signed(token)) => token,
        other => panic!("{id}: {other:?}"),
    }
}

fn signatures(criterion: &mut Criterion) {
    let secret = SecretKey::from_seed(&[7; 32]);
    let mut group = criterion.benchmark_group("identity");
    group.throughput(Throughput::Elements(1));
    for bytes in BODIES {
        let body = "x".repeat(bytes);
        group.bench_with_input(BenchmarkId::new("sign", bytes), &body, |bencher, body| {
            bencher.iter(|| sign(black_box(&secret), Network::OPEN, TIME, None, ADDR, body));
        });
        let token = signed(&sign(&secret, Network::OPEN, TIME, None, ADDR, &body));
        group.bench_with_input(BenchmarkId::new("verify", bytes), &body, |bencher, body| {
            bencher.iter(|| assert!(black_box(&token).verifies(Network::OPEN, ADDR, body)));
        });
    }
    group.finish();
}

fn forms(criterion: &mut Criterion) {
    let secret = SecretKey::from_seed(&[7; 32]);
    let ext = Ext { nick: Some("phil".to_owned()), ..Ext::default() }.text().unwrap();
    let id = sign(&secret, Network::OPEN, TIME, Some(&ext), ADDR, "hello");
    let mut group = criterion.benchmark_group("identity, without the signature");
    group.throughput(Throughput::Elements(1));
    for (name, id) in [("opaque ID", "5b7c0e9a41d84f7f8a1f0f4f1c0b62d7"), ("signed ID", &id)] {
        group.bench_with_input(name, id.as_bytes(), |bencher, id| bencher.iter(|| classify(black_box(id))));
    }
    let token = signed(&id);
    let timestamp = Some(TIME.0);
    let bare = Beside { timestamp, ..Beside::default() };
    let with_ext = Beside { timestamp, ext: &ext, nick: "phil", omitempty: "phil", ..Beside::default() };
    for (name, beside) in [("bare copy", bare), ("copy with Ext", with_ext)] {
        group.bench_with_input(name, &beside, |bencher, beside| {
            bencher.iter(|| judge(&token, black_box(beside)).unwrap())
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .sample_size(50);
    targets = signatures, forms
}
criterion_main!(benches);
