//! What is to be read from the history, one page at a time: near the edge of the window, or elsewhere where the user goes.
//! Must not know what a page holds. Bounds: one page is asked for at a time, and [`TRIES_MAX`] times where it brings nothing.

use super::Want;

/// Messages that lie at least between the screen and the edge of the window before the next page is asked for.
pub(super) const MARGIN_MESSAGES: usize = 100;
/// So often the end of the history is read again for messages that were told but are not on disk yet.
const TRIES_MAX: u8 = 3;

/// Where the user wants to go, outside the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Goal {
    /// The first message ever.
    First,
    /// The newest ones.
    Last,
    /// This one.
    Message(u64),
}

impl Goal {
    pub(super) const fn want(self) -> Want {
        match self {
            Self::First => Want::Newer { since: 0 },
            Self::Last => Want::Older { before: u64::MAX },
            Self::Message(seq) => Want::Older { before: seq.saturating_add(1) },
        }
    }
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Reading {
    asked: Option<Want>,
    goal: Option<Goal>,
    tries: u8,
    /// A page could not be read: nothing more is asked until the user moves.
    rests: bool,
}

impl Reading {
    /// The user wants to go there.
    pub(super) const fn go(&mut self, goal: Option<Goal>) {
        *self = Self { goal, asked: None, tries: 0, rests: false };
    }

    /// The user moves.
    pub(super) const fn wake(&mut self) {
        self.rests = false;
    }

    /// What to ask for now; `beyond`: what the window wants.
    pub(super) fn ask(&mut self, beyond: Option<Want>) -> Option<Want> {
        if self.asked.is_some() || self.rests {
            return None;
        }
        self.asked = self.goal.map(Goal::want).or(beyond);
        self.asked
    }

    /// Whether this is the answer to what was asked; if so, more may be.
    pub(super) fn is_answered_by(&mut self, want: Want) -> bool {
        let is_asked = self.asked == Some(want);
        if is_asked {
            self.asked = None;
        }
        is_asked
    }

    /// Takes the goal, where its page has come.
    pub(super) const fn arrive(&mut self) -> Option<Goal> {
        self.goal.take()
    }

    /// Whether the user is on the way to somewhere else.
    #[cfg(test)]
    pub(super) const fn is_going(&self) -> bool {
        self.goal.is_some()
    }

    /// It could not be read.
    pub(super) fn fail(&mut self, want: Want) {
        if self.is_answered_by(want) {
            self.goal = None;
            self.rests = true;
        }
    }

    /// A page brought nothing where there should be something; whether that is to be believed.
    pub(super) const fn is_in_vain(&mut self) -> bool {
        self.tries += 1;
        let enough = self.tries > TRIES_MAX;
        if enough {
            self.tries = 0;
        }
        enough
    }
}
