//! What was typed on its way to the log: in the order of the lines, without waiting for the disk between them.
//! Must not know where lines come from. Bounds: 64 messages in flight; one more waits for the oldest.

use std::collections::VecDeque;
use std::pin::Pin;
use std::time::Duration;

use whispernet_node::handle::{Said, Say, SayError};

/// Messages submitted and not yet known to be durable.
const IN_FLIGHT_MAX: usize = 64;
/// How long to wait before trying again where others keep the peer busy (a guess; the pace is 5 messages a second).
const BUSY_RETRY: Duration = Duration::from_millis(100);

/// Resolves when a message is durable.
type Durable = Pin<Box<dyn Future<Output = Result<Said, SayError>> + Send>>;

/// Submits in order, and gathers what became of it in order.
pub(crate) struct Outbox {
    submit: Box<dyn Fn(Say) -> Result<Durable, SayError> + Send>,
    report: Box<dyn Fn(&SayError) + Send>,
    in_flight: VecDeque<Durable>,
}

impl Outbox {
    /// `submit` logs a message at once and tells later that it is durable; `report` hears of each failure.
    pub(crate) fn new(
        submit: impl Fn(Say) -> Result<Durable, SayError> + Send + 'static,
        report: impl Fn(&SayError) + Send + 'static,
    ) -> Self {
        let in_flight = VecDeque::with_capacity(IN_FLIGHT_MAX);
        Self { submit: Box::new(submit), report: Box::new(report), in_flight }
    }

    /// Submits words, as [`Outbox::send`] does.
    pub(crate) async fn say(&mut self, body: String) {
        self.send(Say { body, ..Say::default() }).await;
    }

    /// Submits a message, as soon as there is room for it. Not cancel safe: what is cancelled may not have been said.
    pub(crate) async fn send(&mut self, say: Say) {
        loop {
            if self.in_flight.len() >= IN_FLIGHT_MAX {
                self.settle_oldest().await;
            }
            match (self.submit)(say.clone()) {
                Ok(durable) => return self.in_flight.push_back(durable),
                Err(SayError::Busy { .. }) if self.in_flight.is_empty() => tokio::time::sleep(BUSY_RETRY).await,
                Err(SayError::Busy { .. }) => self.settle_oldest().await,
                Err(error) => return (self.report)(&error),
            }
        }
    }

    /// Whether nothing is in flight.
    pub(crate) fn is_empty(&self) -> bool {
        self.in_flight.is_empty()
    }

    /// Waits until the oldest in flight is durable or has failed; returns at once where there is none. Cancel safe.
    pub(crate) async fn settle_oldest(&mut self) {
        let Some(oldest) = self.in_flight.front_mut() else { return };
        let settled = oldest.await;
        self.in_flight.pop_front();
        if let Err(error) = settled {
            (self.report)(&error);
        }
    }

    /// Waits until nothing is in flight. Cancel safe.
    pub(crate) async fn settle(&mut self) {
        while !self.is_empty() {
            self.settle_oldest().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::pin::pin;
    use std::sync::{Arc, Mutex};
    use std::task::Poll;

    use tokio::sync::oneshot;

    use super::*;

    /// A peer whose disk is the test.
    #[derive(Clone, Default)]
    struct Peer(Arc<Mutex<State>>);

    #[derive(Default)]
    struct State {
        said: Vec<String>,
        unsettled: VecDeque<oneshot::Sender<Result<Said, SayError>>>,
        refusals: usize,
        errors: Vec<String>,
    }

    impl Peer {
        fn outbox(&self) -> Outbox {
            let (submit, report) = (self.clone(), self.clone());
            Outbox::new(
                move |say| submit.submit(say),
                move |error| report.0.lock().unwrap().errors.push(error.to_string()),
            )
        }

        fn submit(&self, say: Say) -> Result<Durable, SayError> {
            let mut state = self.0.lock().unwrap();
            if say.body.is_empty() {
                return Err(SayError::Empty);
            }
            if state.refusals > 0 {
                state.refusals -= 1;
                return Err(SayError::Busy { waiting: 1 });
            }
            state.said.push(say.body);
            let (settle, settled) = oneshot::channel();
            state.unsettled.push_back(settle);
            Ok(Box::pin(async { settled.await.unwrap() }))
        }

        fn refuse(&self, times: usize) {
            self.0.lock().unwrap().refusals = times;
        }

        fn settle_oldest(&self, result: Result<(), SayError>) {
            let said = result.map(|()| Said { seq: 1, id: "1".to_owned(), repeated: false });
            self.0.lock().unwrap().unsettled.pop_front().unwrap().send(said).unwrap();
        }

        fn said(&self) -> Vec<String> {
            self.0.lock().unwrap().said.clone()
        }

        fn errors(&self) -> Vec<String> {
            self.0.lock().unwrap().errors.clone()
        }
    }

    #[tokio::test]
    async fn lines_are_submitted_in_order_up_to_the_bound() {
        let peer = Peer::default();
        let mut outbox = peer.outbox();
        let lines = (0..=IN_FLIGHT_MAX).map(|line| line.to_string()).collect::<Vec<_>>();
        for line in &lines[..IN_FLIGHT_MAX] {
            outbox.say(line.clone()).await;
        }
        let mut one_more = pin!(outbox.say(lines[IN_FLIGHT_MAX].clone()));
        let waits = poll_fn(|context| Poll::Ready(one_more.as_mut().poll(context).is_pending())).await;
        assert!(waits);
        assert_eq!(peer.said(), lines[..IN_FLIGHT_MAX]);
        peer.settle_oldest(Ok(()));
        one_more.await;
        assert_eq!(peer.said(), lines);
    }

    #[tokio::test]
    async fn a_busy_peer_is_asked_again() {
        let peer = Peer::default();
        let mut outbox = peer.outbox();
        // Nothing of ours is in flight: only time helps.
        peer.refuse(2);
        outbox.say("a".to_owned()).await;
        // Something is: its end helps.
        peer.refuse(1);
        peer.settle_oldest(Ok(()));
        outbox.say("b".to_owned()).await;
        assert_eq!(peer.said(), ["a", "b"]);
        assert_eq!(peer.errors(), [""; 0]);
    }

    #[tokio::test]
    async fn each_failure_is_reported() {
        let peer = Peer::default();
        let mut outbox = peer.outbox();
        for body in ["", "a", "b"] {
            outbox.say(body.to_owned()).await;
        }
        let full = || SayError::NotDurable { reason: "disk full".to_owned() };
        peer.settle_oldest(Err(full()));
        peer.settle_oldest(Ok(()));
        outbox.settle().await;
        assert!(outbox.is_empty());
        assert_eq!(peer.errors(), [SayError::Empty, full()].map(|error| error.to_string()));
    }
}
