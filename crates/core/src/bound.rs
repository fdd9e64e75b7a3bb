//! How much of something is held, beside how much of it there may be. Must not know of what.
//! Bounds: two numbers.

/// One thing that is bounded, as whoever keeps the bound sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    /// What is held, in words.
    pub what: &'static str,
    /// How much of it there is.
    pub is: usize,
    /// How much there may be.
    pub most: usize,
    /// In what both are counted.
    pub unit: Unit,
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Things.
    Items,
    /// Bytes.
    Bytes,
}

impl Bound {
    /// `is` of `what`, and `most` there may be.
    #[must_use]
    pub const fn new(what: &'static str, is: usize, most: usize) -> Self {
        Self { what, is, most, unit: Unit::Items }
    }

    /// The same of something that is counted in bytes.
    #[must_use]
    pub const fn bytes(what: &'static str, is: usize, most: usize) -> Self {
        Self { what, is, most, unit: Unit::Bytes }
    }

    /// Whether there is more than there may be.
    #[must_use]
    pub const fn is_broken(&self) -> bool {
        self.is > self.most
    }
}
