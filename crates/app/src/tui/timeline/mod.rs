//! What was said, as rows of a terminal. Must not know the terminal. Bounds: a window of messages.
