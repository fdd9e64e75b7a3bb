//! Lines of standard input, read by a thread of its own, since reading a terminal cannot be waited for otherwise.
//! Must not know what a line asks for. Bounds: 16 KiB a line, 64 lines waiting; then reading pauses.

use std::io::{self, BufRead, Read};
use std::thread;

use tokio::sync::mpsc;

/// Longest line taken, in bytes: a Body's bound. What is longer is read past, not kept.
pub(crate) const LINE_BYTES_MAX: usize = 16 * 1024;
/// Lines that wait to be handled.
const LINES_MAX: usize = 64;

/// What stood in one line. Empty lines are not told.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Input {
    /// This, without its end (LF or CRLF); what is no UTF-8 became U+FFFD.
    Line(String),
    /// More than [`LINE_BYTES_MAX`] bytes.
    TooLong,
}

/// Starts a thread that reads until the end, or until nobody takes the lines.
///
/// # Errors
/// There is no room for a thread.
pub(crate) fn spawn(input: impl Read + Send + 'static) -> io::Result<mpsc::Receiver<Input>> {
    let (lines, taken) = mpsc::channel(LINES_MAX);
    thread::Builder::new().name("stdin".to_owned()).spawn(move || {
        let mut reader = io::BufReader::new(input);
        // A terminal that is gone reads as an error: the end, like any other.
        while let Ok(Some(line)) = read_line(&mut reader) {
            if line != Input::Line(String::new()) && lines.blocking_send(line).is_err() {
                return;
            }
        }
    })?;
    Ok(taken)
}

/// The next line; `None` at the end.
fn read_line(reader: &mut impl BufRead) -> io::Result<Option<Input>> {
    // One byte more than a CRLF line may have tells a full line from one that goes on.
    let read_max = LINE_BYTES_MAX as u64 + 2;
    let mut line = Vec::new();
    if reader.by_ref().take(read_max).read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    let ended = line.pop_if(|byte| *byte == b'\n').is_some();
    if ended || line.len() <= LINE_BYTES_MAX {
        line.pop_if(|byte| *byte == b'\r');
    }
    if line.len() <= LINE_BYTES_MAX {
        return Ok(Some(Input::Line(String::from_utf8_lossy(&line).into_owned())));
    }
    if !ended {
        reader.skip_until(b'\n')?;
    }
    Ok(Some(Input::TooLong))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Vec<Input> {
        // A small buffer, so that lines span reads.
        let mut reader = io::BufReader::with_capacity(7, bytes);
        std::iter::from_fn(|| read_line(&mut reader).unwrap()).collect()
    }

    #[test]
    fn lines_end_with_lf_or_crlf_or_the_input() {
        let check = |bytes: &[u8], lines: &[&str]| {
            let lines = lines.iter().map(|line| Input::Line((*line).to_owned())).collect::<Vec<_>>();
            assert_eq!(read(bytes), lines, "of {bytes:?}");
        };
        check(b"", &[]);
        check(b"\n\r\n", &["", ""]);
        check(b"one\ntwo\r\nthree", &["one", "two", "three"]);
        check(b"a\rb\0\x1b\n", &["a\rb\0\x1b"]);
        check(b"\xff\xc3\xa9\xc3\n", &["\u{fffd}é\u{fffd}"]);
    }

    #[test]
    fn the_bound_holds_to_the_byte_and_the_next_line_is_whole() {
        let check = |bytes: usize, end: &str| {
            let text = "x".repeat(bytes);
            let expected = if bytes <= LINE_BYTES_MAX { Input::Line(text.clone()) } else { Input::TooLong };
            let next = Input::Line("next".to_owned());
            assert_eq!(read(format!("{text}{end}next\n").as_bytes()), [expected, next], "{bytes} bytes and {end:?}");
        };
        for end in ["\n", "\r\n"] {
            for bytes in [1, LINE_BYTES_MAX - 1, LINE_BYTES_MAX, LINE_BYTES_MAX + 1, LINE_BYTES_MAX + 2, 100_000] {
                check(bytes, end);
            }
        }
        assert_eq!(read(&vec![b'x'; LINE_BYTES_MAX + 1]), [Input::TooLong]);
        assert_eq!(read(&vec![b'x'; LINE_BYTES_MAX]), [Input::Line("x".repeat(LINE_BYTES_MAX))]);
    }

    #[tokio::test]
    async fn empty_lines_are_not_told() {
        let mut lines = spawn(io::Cursor::new(b"\n\na\n\r\nb")).unwrap();
        assert_eq!(lines.recv().await, Some(Input::Line("a".to_owned())));
        assert_eq!(lines.recv().await, Some(Input::Line("b".to_owned())));
        assert_eq!(lines.recv().await, None);
    }
}
