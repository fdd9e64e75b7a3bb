//! What happens at the terminal, in its order: keys, pastes, the focus, a new size, and its end.
//! Must not know what any of it does. Bounds: [`INPUTS_MAX`] wait; then the terminal is not read, and keeps what is typed.
//!
//! The bytes are read by a thread of their own, not by crossterm's: that one never ends when the terminal is gone, keeps a paste of
//! any length, and blocks in the middle of a sequence. A thread waits for input and for being stopped, so that a program that takes
//! the terminal over (an editor) gets every key.

use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::Signal as Number;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{Notify, mpsc};
use tokio::time::timeout;

use super::decoder::{Answer, Decoder, Told};
use super::{Input, modes};

/// Bytes read at once; each is one input at most.
const READ_BYTES: usize = 1_024;
/// Inputs that wait to be taken.
const INPUTS_MAX: usize = 4 * READ_BYTES;
/// How often it is looked for room where there is none.
const ROOM_PATIENCE: Duration = Duration::from_millis(20);

/// What the terminal said of itself so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Answers {
    /// Modified keys can be told as `CSI u`.
    pub(super) keyboard: bool,
    /// Sixels are shown.
    pub(super) sixels: bool,
    /// Pictures are shown the way of kitty.
    pub(super) kitty: bool,
    /// Width and height of a cell, in pixels.
    pub(super) cell: Option<(u16, u16)>,
}

impl Answers {
    fn add(&mut self, answer: Answer) {
        match answer {
            Answer::Keyboard => self.keyboard = true,
            Answer::Attributes { sixels } => self.sixels = sixels,
            Answer::Kitty => self.kitty = true,
            Answer::Cell { width, height } => self.cell = Some((width, height)),
        }
    }
}

/// What reader, pictures and screen have in common.
#[derive(Debug, Default)]
pub(super) struct Shared {
    answers: Mutex<Answers>,
    redraw: Notify,
}

impl Shared {
    /// What the terminal said of itself so far.
    pub(super) fn answers(&self) -> Answers {
        *self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something is to be shown that was not there when the last frame was drawn.
    pub(super) fn ask_for_a_frame(&self) {
        self.redraw.notify_one();
    }

    /// Waits for that.
    #[cfg(test)]
    pub(super) async fn frame_asked_for(&self) {
        self.redraw.notified().await;
    }

    fn add(&self, answer: Answer) {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).add(answer);
        self.ask_for_a_frame();
    }
}

/// What happens at the terminal.
pub(crate) struct Events {
    shared: Arc<Shared>,
    sender: mpsc::Sender<Input>,
    inputs: mpsc::Receiver<Input>,
    resized: Signal,
    continued: Signal,
    reader: Option<Reader>,
    ended: bool,
}

impl Events {
    /// Nothing is read before [`Self::read_on`].
    pub(super) fn new(shared: Arc<Shared>) -> io::Result<Self> {
        let (sender, inputs) = mpsc::channel(INPUTS_MAX);
        let resized = signal(SignalKind::window_change())?;
        let continued = signal(SignalKind::from_raw(Number::CONT.as_raw()))?;
        Ok(Self { shared, sender, inputs, resized, continued, reader: None, ended: false })
    }

    /// The next thing that happens; [`Input::Closed`] for ever once the terminal is gone. Nothing is lost where this is cancelled.
    pub(crate) async fn next(&mut self) -> Input {
        if self.ended {
            return Input::Closed;
        }
        let input = tokio::select! {
            () = modes::GIVING_BACK.notified() => Input::Closed,
            input = self.inputs.recv() => input.unwrap_or(Input::Closed),
            _ = self.resized.recv() => Input::Resize,
            _ = self.continued.recv() => Input::Resumed,
            () = self.shared.redraw.notified() => Input::Redraw,
        };
        self.ended = input == Input::Closed;
        input
    }

    /// Reads the terminal from now on.
    pub(super) fn read_on(&mut self) -> io::Result<()> {
        if self.reader.is_none() {
            self.reader = Some(Reader::start(self.sender.clone(), self.shared.clone())?);
        }
        Ok(())
    }

    /// Leaves what is typed to others; when this returns, nothing is read any more.
    pub(super) fn pause(&mut self) {
        self.reader = None;
    }

    /// Forgets that the process went on after an earlier stop.
    pub(super) async fn forget_continued(&mut self) {
        while timeout(Duration::ZERO, self.continued.recv()).await == Ok(Some(())) {}
    }

    /// Waits until the process goes on after a stop, at most that long.
    pub(super) async fn continued(&mut self, patience: Duration) {
        // Where nothing stopped us (a group without a shell), there is nothing to wait for.
        let _ = timeout(patience, self.continued.recv()).await;
    }
}

/// The thread that reads; it ends when this is dropped.
struct Reader {
    stop: UnixStream,
    thread: Option<JoinHandle<()>>,
}

impl Reader {
    fn start(inputs: mpsc::Sender<Input>, shared: Arc<Shared>) -> io::Result<Self> {
        let (stop, stopped) = UnixStream::pair()?;
        let read = move || {
            let told = |told| match told {
                Told::Input(input) => inputs.try_send(input).is_ok(),
                Told::Answer(answer) => {
                    shared.add(answer);
                    true
                }
            };
            let room = || inputs.capacity() >= READ_BYTES;
            if read_all(rustix::stdio::stdin(), &stopped, room, told) == Ending::Closed {
                // What was read last left room for it; or nobody takes anything any more.
                let _ = inputs.try_send(Input::Closed);
            }
        };
        let thread = thread::Builder::new().name("terminal".to_owned()).spawn(read)?;
        Ok(Self { stop, thread: Some(thread) })
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        // Where the thread has ended by itself, nobody listens.
        let _ = self.stop.write_all(b"!");
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Why the reading ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// The terminal is gone.
    Closed,
    /// It is to be read no more.
    Stopped,
}

/// Reads until the terminal is gone or `stopped` has something to read; a read that was begun has something to give.
fn read_all(
    terminal: impl std::os::fd::AsFd,
    mut stopped: &UnixStream,
    room: impl Fn() -> bool,
    tell: impl Fn(Told) -> bool,
) -> Ending {
    let mut decoder = Decoder::default();
    let mut bytes = [0; READ_BYTES];
    let mut told = Vec::new();
    loop {
        let has_room = room();
        let patience = if has_room { decoder.patience() } else { Some(ROOM_PATIENCE) };
        let (readable, stop) = match wait(&terminal, stopped, has_room, patience) {
            Ok(ready) => ready,
            Err(Errno::INTR) => continue,
            Err(_) => return Ending::Closed,
        };
        if stop {
            let _ = stopped.read(&mut [0]);
            return Ending::Stopped;
        }
        if readable {
            match rustix::io::read(&terminal, &mut bytes) {
                Ok(0) => return Ending::Closed,
                Ok(length) => decoder.feed(bytes.get(..length).unwrap_or_default(), &mut told),
                Err(Errno::INTR | Errno::AGAIN) => {}
                // EIO: the other end is closed.
                Err(_) => return Ending::Closed,
            }
        } else if has_room {
            decoder.give_up(&mut told);
        }
        for told in told.drain(..) {
            if !tell(told) {
                return Ending::Stopped;
            }
        }
    }
}

/// Whether there is something to read, and whether to stop; neither after that long.
fn wait(
    terminal: &impl std::os::fd::AsFd,
    stopped: &UnixStream,
    read: bool,
    patience: Option<Duration>,
) -> Result<(bool, bool), Errno> {
    let mut ends = [PollFd::new(stopped, PollFlags::IN), PollFd::new(terminal, PollFlags::IN)];
    let patience = patience.and_then(|patience| Timespec::try_from(patience).ok());
    let asked = if read { ends.len() } else { 1 };
    poll(ends.get_mut(..asked).unwrap_or_default(), patience.as_ref())?;
    let [stop, terminal] = ends.map(|end| end.revents());
    if terminal.intersects(PollFlags::NVAL) {
        return Err(Errno::BADF);
    }
    Ok((!terminal.is_empty(), !stop.is_empty()))
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use crossterm::event::KeyCode;

    use super::*;

    fn codes(told: &[Told]) -> Vec<KeyCode> {
        told.iter()
            .map(|told| match told {
                Told::Input(Input::Key(key)) => key.code,
                other => panic!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn the_end_of_the_terminal_ends_the_reading() {
        let (terminal, mut typist) = UnixStream::pair().unwrap();
        let (_stop, stopped) = UnixStream::pair().unwrap();
        typist.write_all(b"ab").unwrap();
        drop(typist);
        let told = RefCell::new(Vec::new());
        let ending = read_all(
            &terminal,
            &stopped,
            || true,
            |one| {
                told.borrow_mut().push(one);
                true
            },
        );
        assert_eq!(ending, Ending::Closed);
        assert_eq!(codes(&told.borrow()), [KeyCode::Char('a'), KeyCode::Char('b')]);
    }

    #[test]
    fn what_is_typed_after_the_stop_is_left_to_others() {
        let (mut terminal, mut typist) = UnixStream::pair().unwrap();
        let (mut stop, stopped) = UnixStream::pair().unwrap();
        stop.write_all(b"!").unwrap();
        typist.write_all(b"mine").unwrap();
        let ending = read_all(&terminal, &stopped, || true, |told| panic!("{told:?}"));
        assert_eq!(ending, Ending::Stopped);
        let mut left = [0; 4];
        terminal.read_exact(&mut left).unwrap();
        assert_eq!(&left, b"mine");
    }

    #[test]
    fn an_escape_that_stays_alone_is_told_without_a_further_key() {
        let (terminal, mut typist) = UnixStream::pair().unwrap();
        let (stop, stopped) = UnixStream::pair().unwrap();
        typist.write_all(b"\x1b").unwrap();
        let told = RefCell::new(Vec::new());
        let ending = read_all(
            &terminal,
            &stopped,
            || true,
            |one| {
                told.borrow_mut().push(one);
                (&stop).write_all(b"!").unwrap();
                true
            },
        );
        assert_eq!(ending, Ending::Stopped);
        assert_eq!(codes(&told.borrow()), [KeyCode::Esc]);
    }

    #[test]
    fn without_room_nothing_is_read() {
        let (mut terminal, mut typist) = UnixStream::pair().unwrap();
        let (stop, stopped) = UnixStream::pair().unwrap();
        typist.write_all(b"later").unwrap();
        let looks = RefCell::new(0);
        let room = || {
            *looks.borrow_mut() += 1;
            if *looks.borrow() == 3 {
                (&stop).write_all(b"!").unwrap();
            }
            false
        };
        assert_eq!(read_all(&terminal, &stopped, room, |told| panic!("{told:?}")), Ending::Stopped);
        let mut left = [0; 5];
        terminal.read_exact(&mut left).unwrap();
        assert_eq!(&left, b"later");
    }

    #[tokio::test]
    async fn frames_that_are_asked_for_are_told_once() {
        let shared = Arc::new(Shared::default());
        let mut events = Events::new(shared.clone()).unwrap();
        shared.add(Answer::Keyboard);
        shared.add(Answer::Cell { width: 8, height: 16 });
        assert_eq!(events.next().await, Input::Redraw);
        assert_eq!(shared.answers(), Answers { keyboard: true, cell: Some((8, 16)), ..Answers::default() });
        events.sender.send(Input::Closed).await.unwrap();
        assert_eq!(events.next().await, Input::Closed);
        assert_eq!(events.next().await, Input::Closed);
    }
}
