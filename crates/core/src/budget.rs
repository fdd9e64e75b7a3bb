//! Token buckets, and pairs of them for messages. Must not know what is counted. Bounds: a bucket never holds more than its burst, and what it was allowed beyond.

use core::time::Duration;

use crate::time::Instant;

/// How much may pass: `per_second` on and on, `burst` at once after a quiet time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Units a second, in thousandths.
    pub milli_per_second: u64,
    /// Units at once.
    pub burst: u64,
}

impl Rate {
    /// How long an empty bucket takes to be full.
    #[must_use]
    pub const fn refill(self) -> Duration {
        Duration::from_millis(self.burst.saturating_mul(1_000_000).div_ceil(self.milli_per_second))
    }
}

/// Units that may pass now. Kept in millionths, so that no refill is lost to rounding.
#[derive(Clone, Copy, Debug)]
pub struct Bucket {
    micro: u64,
    at: Instant,
}

const MICRO: u64 = 1_000_000;

/// What comes in such a time, in millionths.
fn gain(rate: Rate, time: Duration) -> u64 {
    let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
    // milli-units a second times microseconds are 10^-9 units.
    micros.saturating_mul(rate.milli_per_second) / 1000
}

impl Bucket {
    /// A full one.
    #[must_use]
    pub const fn full(rate: Rate, now: Instant) -> Self {
        Self { micro: rate.burst.saturating_mul(MICRO), at: now }
    }

    fn refill(&mut self, rate: Rate, now: Instant) {
        self.refill_beyond(rate, Duration::ZERO, now);
    }

    /// Refills it up to its burst and what comes in `beyond` on top. What it holds beyond its burst stays until it is taken.
    pub fn refill_beyond(&mut self, rate: Rate, beyond: Duration, now: Instant) {
        let gained = gain(rate, now.since(self.at));
        if gained > 0 {
            let full = rate.burst.saturating_mul(MICRO).saturating_add(gain(rate, beyond));
            self.micro = self.micro.max(self.micro.saturating_add(gained).min(full));
            self.at = now;
        }
    }

    /// Whether `units` may pass now.
    #[must_use]
    pub fn has(&mut self, units: u64, rate: Rate, now: Instant) -> bool {
        self.refill(rate, now);
        self.micro >= units.saturating_mul(MICRO)
    }

    /// Takes `units`; those that are missing are forgiven.
    pub fn take(&mut self, units: u64) {
        self.micro = self.micro.saturating_sub(units.saturating_mul(MICRO));
    }

    /// When `units` (at most the burst) may pass, if nothing passes before.
    #[must_use]
    pub fn when(&self, units: u64, rate: Rate) -> Instant {
        let missing = units.min(rate.burst).saturating_mul(MICRO).saturating_sub(self.micro);
        self.at.after(Duration::from_micros(missing.saturating_mul(1000).div_ceil(rate.milli_per_second)))
    }

    /// Whether it is full again, so that forgetting it changes nothing.
    #[must_use]
    pub fn is_full(&self, rate: Rate, now: Instant) -> bool {
        let mut copy = *self;
        copy.refill(rate, now);
        copy.micro >= rate.burst.saturating_mul(MICRO)
    }
}

/// A pace of messages, and one of their bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rates {
    /// Of messages.
    pub messages: Rate,
    /// Of bytes.
    pub bytes: Rate,
}

/// Messages and bytes that may pass now.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    messages: Bucket,
    bytes: Bucket,
}

impl Budget {
    /// A full one.
    #[must_use]
    pub const fn full(rates: Rates, now: Instant) -> Self {
        Self { messages: Bucket::full(rates.messages, now), bytes: Bucket::full(rates.bytes, now) }
    }

    /// See [`Bucket::refill_beyond`].
    pub fn refill_beyond(&mut self, rates: Rates, beyond: Duration, now: Instant) {
        self.messages.refill_beyond(rates.messages, beyond, now);
        self.bytes.refill_beyond(rates.bytes, beyond, now);
    }

    /// Whether a message of `bytes` may pass now.
    pub fn allows(&mut self, bytes: u64, rates: Rates, now: Instant) -> bool {
        self.messages.has(1, rates.messages, now) && self.allows_bytes(bytes, rates, now)
    }

    /// Whether so many bytes more of a message that has passed may.
    pub fn allows_bytes(&mut self, bytes: u64, rates: Rates, now: Instant) -> bool {
        // One message may be longer than the bytes that are there: what counts is that some are.
        let bytes_needed = bytes.min(rates.bytes.burst);
        self.bytes.has(bytes_needed, rates.bytes, now)
    }

    /// The same; takes them where they may.
    pub fn charge_bytes(&mut self, bytes: u64, rates: Rates, now: Instant) -> bool {
        let within = self.allows_bytes(bytes, rates, now);
        if within {
            self.bytes.take(bytes);
        }
        within
    }

    /// The same; takes it where it may.
    pub fn charge(&mut self, bytes: u64, rates: Rates, now: Instant) -> bool {
        let within = self.allows(bytes, rates, now);
        if within {
            self.messages.take(1);
            self.bytes.take(bytes);
        }
        within
    }

    /// Whether it is full again, so that forgetting it changes nothing.
    #[must_use]
    pub fn is_full(&self, rates: Rates, now: Instant) -> bool {
        self.messages.is_full(rates.messages, now) && self.bytes.is_full(rates.bytes, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { milli_per_second: 5000, burst: 200 };

    #[test]
    fn burst_then_pace() {
        let start = Instant::default();
        let mut bucket = Bucket::full(RATE, start);
        let mut passed = 0;
        for milli in 0..10_000_u64 {
            let now = start.after(Duration::from_millis(milli));
            while bucket.has(1, RATE, now) {
                bucket.take(1);
                passed += 1;
            }
        }
        assert_eq!(passed, 200 + 49, "5 a second for just under 10 s");
        let when = bucket.when(1, RATE);
        assert!(!bucket.has(1, RATE, start.after(when.since_start() - Duration::from_micros(1))));
        assert!(bucket.has(1, RATE, when));
    }

    #[test]
    fn beyond_its_burst_only_when_told() {
        let mut bucket = Bucket::full(RATE, Instant::default());
        let later = Instant::new(Duration::from_secs(100));
        bucket.refill_beyond(RATE, Duration::from_secs(60), later);
        assert!(bucket.has(500, RATE, later) && !bucket.has(501, RATE, later));
        bucket.take(250);
        let now = later.after(Duration::from_secs(1));
        assert!(bucket.has(250, RATE, now) && !bucket.has(251, RATE, now), "it loses nothing, and gains nothing more");
        bucket.take(100);
        let now = now.after(Duration::from_secs(1));
        assert!(bucket.has(155, RATE, now) && !bucket.has(156, RATE, now));
    }

    #[test]
    fn full_again_after_refill() {
        let mut bucket = Bucket::full(RATE, Instant::default());
        bucket.take(200);
        let almost = RATE.refill() - Duration::from_millis(1);
        assert!(!bucket.is_full(RATE, Instant::new(almost)));
        assert!(bucket.is_full(RATE, Instant::new(RATE.refill())));
    }
}
