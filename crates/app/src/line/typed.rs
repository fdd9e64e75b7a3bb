//! Carries out the lines of standard input, one after the other: says them, or does what they command.
//! Must not know how lines are read or messages logged. Bounds: those of the lines and the messages in flight.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::tz::TimeZone;
use tokio::sync::mpsc;
use whispernet_node::handle::SayError;

use super::input::{self, Input, LINE_BYTES_MAX};
use super::outbox::Outbox;
use super::output::Sink;
use crate::desk::Desk;
use crate::shown::{found, safe};
use crate::slash;

/// Starts to read standard input. The future carries out its lines until its end or until the peer stops, and then
/// waits for what is in flight.
///
/// # Errors
/// There is no room for a thread.
pub(crate) fn carry_out(desk: Desk, stderr: Sink) -> io::Result<impl Future<Output = ()> + Send> {
    let lines = input::spawn(io::stdin())?;
    let handle = desk.handle.clone();
    Ok(async move {
        let submit = {
            let handle = handle.clone();
            move |say| handle.submit(say).map(|submission| Box::pin(submission.durable()) as _)
        };
        let unsaid = Arc::new(AtomicUsize::new(0));
        let report = {
            let (stderr, unsaid) = (stderr.clone(), Arc::clone(&unsaid));
            move |error: &SayError| match error {
                SayError::Stopped => {
                    unsaid.fetch_add(1, Ordering::Relaxed);
                }
                error => complain(&stderr, error),
            }
        };
        let mut outbox = Outbox::new(submit, report);
        tokio::select! {
            () = handle.stopped() => {}
            () = carry_out_lines(&desk, lines, &mut outbox, &stderr) => {}
        }
        outbox.settle().await;
        let unsaid = unsaid.load(Ordering::Relaxed);
        if unsaid > 0 {
            complain(&stderr, &format!("stopped before the last lines had their turn: {unsaid} or more were not sent"));
        }
    })
}

async fn carry_out_lines(desk: &Desk, mut lines: mpsc::Receiver<Input>, outbox: &mut Outbox, stderr: &Sink) {
    loop {
        let line = tokio::select! {
            line = lines.recv() => line,
            () = outbox.settle_oldest(), if !outbox.is_empty() => continue,
        };
        let text = match line {
            None => return,
            Some(Input::Line(text)) => text,
            Some(Input::TooLong) => {
                complain(stderr, &format!("a line is longer than {LINE_BYTES_MAX} bytes and was not sent: split it"));
                continue;
            }
        };
        match slash::parse(&text) {
            Ok(slash::Line::Say(body)) => outbox.say(body.into_owned()).await,
            Ok(slash::Line::Call(call)) => match slash::call(desk, &call).await {
                Ok(reply) => {
                    reply.lines.iter().for_each(|line| stderr.offer(&safe::line(line)));
                    let zone = TimeZone::system();
                    reply.messages.iter().for_each(|message| stderr.offer(&found::row(message, &zone)));
                    if let Some(say) = reply.say {
                        outbox.send(say).await;
                    }
                }
                Err(error) => complain(stderr, &error),
            },
            Err(error) => complain(stderr, &error),
        }
    }
}

fn complain(stderr: &Sink, error: &dyn std::fmt::Display) {
    stderr.offer(&format!("whisper: {}", safe::line(&error.to_string())));
}
