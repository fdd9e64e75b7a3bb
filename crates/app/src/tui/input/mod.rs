//! The draft: what is being written. Must not know where it goes. Bounds: one Body.
