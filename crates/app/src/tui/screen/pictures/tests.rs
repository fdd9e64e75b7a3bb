//! Pictures in frames.
