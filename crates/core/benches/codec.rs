//! How fast a link's bytes become objects, and the values of an object text: by length of the Body and by what stands in it.
#![allow(missing_docs, clippy::arithmetic_side_effects, clippy::unwrap_used, reason = "a bench, with its macros")]

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use whispernet_core::codec::{Decoder, Draft, encode};

/// Bytes of a stream: one read of a busy link.
const STREAM_BYTES: usize = 128 * 1024;
/// Bytes of a Body, before it is escaped.
const BODIES: [usize; 3] = [64, 256, 4096];
/// What a Body is made of.
const TEXTS: [(&str, &str); 3] = [
    ("plain", "The quick brown fox jumps over the lazy dog. "),
    ("escaped", "\"a\\b\"\n\tc\r\u{1}"),
    ("non-ascii", "Gr\u{fc}\u{df}e, \u{4e16}\u{754c} \u{1f600}\u{1f468}\u{200d}\u{1f469} "),
];

/// As many messages as fit into a stream, and how many they are.
fn stream(text: &str, body_bytes: usize) -> (Vec<u8>, u64) {
    let mut body = text.repeat(body_bytes / text.len() + 1);
    body.truncate((0..=body_bytes).rev().find(|at| body.is_char_boundary(*at)).unwrap());
    let (mut stream, mut messages) = (Vec::new(), 0);
    while stream.len() < STREAM_BYTES {
        messages += 1;
        let id = format!("{messages:032x}");
        let draft = Draft {
            id: &id,
            addr: "192.168.1.7:55555",
            body: &body,
            nick: "phil",
            time: 1_750_000_000_000,
            ext: None,
            file: None,
        };
        stream.extend_from_slice(&encode(&draft));
        stream.push(b'\n');
    }
    (stream, messages)
}

fn decode(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("decode");
    for (kind, text) in TEXTS {
        for body_bytes in BODIES {
            let (stream, messages) = stream(text, body_bytes);
            group.throughput(Throughput::ElementsAndBytes { elements: messages, bytes: stream.len() as u64 });
            group.bench_with_input(BenchmarkId::new(kind, body_bytes), &stream, |bencher, stream| {
                let mut decoder = Decoder::default();
                bencher.iter(|| {
                    decoder.feed(black_box(stream), |object| _ = black_box(object.raw().len())).unwrap();
                });
            });
        }
    }
    let (stream, messages) = stream(TEXTS[0].1, 256);
    group.throughput(Throughput::ElementsAndBytes { elements: messages, bytes: stream.len() as u64 });
    group.bench_with_input("plain in pieces of 100 bytes/256", &stream, |bencher, stream| {
        let mut decoder = Decoder::default();
        bencher.iter(|| {
            for piece in black_box(stream).chunks(100) {
                decoder.feed(piece, |object| _ = black_box(object.raw().len())).unwrap();
            }
        });
    });
    group.finish();
}

fn values(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("decode and read ID, Addr and Body");
    for (kind, text) in TEXTS {
        let (stream, messages) = stream(text, 256);
        group.throughput(Throughput::ElementsAndBytes { elements: messages, bytes: stream.len() as u64 });
        group.bench_with_input(BenchmarkId::new(kind, 256), &stream, |bencher, stream| {
            let mut decoder = Decoder::default();
            bencher.iter(|| {
                let read = |text: std::borrow::Cow<'_, [u8]>| _ = black_box(text.len());
                decoder
                    .feed(black_box(stream), |object| {
                        read(object.id().bytes());
                        read(object.addr().bytes());
                        read(object.body().bytes());
                    })
                    .unwrap();
            });
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
    targets = decode, values
}
criterion_main!(benches);
