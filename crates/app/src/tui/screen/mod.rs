//! The terminal itself. Must not know what is shown. Bounds: 60 pictures of the screen a second.
