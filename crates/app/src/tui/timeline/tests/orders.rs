//! Any order of what comes, what is read and where the user goes: nothing is there twice, what is read stays where it is.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

#[derive(Clone, Copy, Debug)]
enum Step {
    Say(u8),
    Upgrade(u16, bool),
    Note,
    Answer,
    Fail,
    /// So many of the newest are not on disk yet.
    Lag(u8),
    Scroll(Scroll),
    Select(Select),
    Resize(u16, u16),
    Focus(bool),
}

fn step() -> impl Strategy<Value = Step> {
    let scroll = prop_oneof![
        (-40..40_i32).prop_map(Scroll::Rows),
        (-3..3_i32).prop_map(Scroll::Pages),
        Just(Scroll::Top),
        Just(Scroll::Bottom),
        (1..2_500_u64).prop_map(Scroll::Message),
    ];
    let select = prop_oneof![Just(Select::Previous), Just(Select::Next), Just(Select::Nothing)];
    prop_oneof![
        3 => any::<u8>().prop_map(Step::Say),
        2 => (any::<u16>(), any::<bool>()).prop_map(|(which, tall)| Step::Upgrade(which, tall)),
        1 => Just(Step::Note),
        6 => Just(Step::Answer),
        1 => Just(Step::Fail),
        1 => (0..30_u8).prop_map(Step::Lag),
        6 => scroll.prop_map(Step::Scroll),
        3 => select.prop_map(Step::Select),
        1 => (12..90_u16, 2..30_u16).prop_map(|(width, height)| Step::Resize(width, height)),
        1 => any::<bool>().prop_map(Step::Focus),
    ]
}

struct World {
    timeline: Timeline,
    history: Vec<Message>,
    /// Up to here it was said before the list was there.
    before: u64,
    next: u64,
    lag: usize,
    size: (u16, u16),
}

impl World {
    fn new(messages: u64) -> Self {
        let history = (1..=messages).map(|seq| message(seq, &format!("m{seq}"))).collect();
        Self { timeline: timeline(), history, before: messages, next: messages + 1, lag: 0, size: (60, 12) }
    }

    fn screen(&mut self) -> Vec<String> {
        screen(&mut self.timeline, self.size.0, self.size.1)
    }

    fn answer(&mut self) -> bool {
        let Some(want) = self.timeline.wants() else { return false };
        let told = self.history.iter().filter(|message| message.seq > self.before).count();
        let on_disk = self.history.len() - self.lag.min(told);
        self.timeline.page(want, page(&self.history[..on_disk], want));
        true
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Say(count) => {
                for _ in 0..count {
                    let said = message(self.next, &format!("m{}", self.next));
                    self.next += 1;
                    self.history.push(said.clone());
                    self.timeline.push(said, true);
                }
            }
            Step::Upgrade(which, tall) => {
                if self.history.is_empty() {
                    return;
                }
                let poorer = self.history.remove(usize::from(which) % self.history.len());
                let about = About { replaces: Some(poorer.seq), ..poorer.about };
                let body = if tall { format!("m{}\nand\nmore", self.next) } else { format!("m{}", self.next) };
                let richer = Message { about, id: poorer.id, ..message(self.next, &body) };
                self.next += 1;
                self.history.push(richer.clone());
                self.timeline.upgrade(richer);
            }
            Step::Note => self.timeline.note(TIME, Level::Info, "note"),
            Step::Answer => {
                self.answer();
            }
            Step::Fail => {
                if let Some(want) = self.timeline.wants() {
                    self.timeline.no_page(want);
                }
            }
            Step::Lag(lag) => self.lag = lag.into(),
            Step::Scroll(scroll) => self.timeline.scroll(scroll),
            Step::Select(select) => self.timeline.select(select),
            Step::Resize(width, height) => self.size = (width, height),
            Step::Focus(focused) => self.timeline.focus(focused),
        }
    }

    /// Every message is there once, in order, and found by each of its numbers.
    fn check(&self) {
        let entries = self.timeline.window.entries();
        let seqs: BTreeSet<u64> = entries.iter().map(|entry| entry.message.seq).collect();
        assert_eq!(seqs.len(), entries.len());
        assert!(entries.iter().zip(entries.iter().skip(1)).all(|(above, below)| above.place < below.place));
        assert!(entries.len() <= window::WINDOW_MAX);
        for entry in entries {
            assert_eq!(self.timeline.message(entry.message.seq).map(|message| message.seq), Some(entry.message.seq));
        }
        let replaced: BTreeSet<u64> = entries.iter().filter_map(|entry| entry.message.about.replaces).collect();
        assert!(replaced.is_disjoint(&seqs), "a copy and its upgrade");
    }

    /// Everything that is wanted is read.
    fn settle(&mut self) {
        self.lag = 0;
        for _ in 0..200 {
            self.screen();
            if !self.answer() {
                return;
            }
        }
        panic!("it wants without end");
    }
}

/// The messages on a screen, each with its row.
fn messages_shown(rows: &[String]) -> impl Iterator<Item = (usize, &str)> {
    rows.iter().enumerate().filter_map(|(y, row)| Some((y, row.split_once("bob: ")?.1)))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_order(messages in 0..1_500_u64, steps in prop::collection::vec(step(), 1..120)) {
        let mut world = World::new(messages);
        let mut before = world.screen();
        for step in steps {
            let was_at_end = world.timeline.is_at_end();
            let is_jumping = matches!(world.timeline.anchor, Anchor::Middle(_));
            let was_jumping = is_jumping || world.timeline.window.reading.is_going();
            let was_selected = world.timeline.selected().map(|message| message.seq);
            world.step(step);
            let now = world.screen();
            world.check();
            let is_still = matches!(step, Step::Say(_) | Step::Note | Step::Answer | Step::Lag(_) | Step::Focus(_));
            // Where the screen has empty rows, what is read fills them.
            let was_full = before.first().is_some_and(|row| !row.is_empty());
            if is_still && !was_at_end && !was_jumping && !world.timeline.is_at_end() && was_full {
                let first = messages_shown(&before).next();
                let stays = first.is_none_or(|first| messages_shown(&now).any(|shown| shown == first));
                prop_assert!(stays, "after {:?}: {:#?} became {:#?}", step, before, now);
            }
            if let Step::Say(1..) = step && was_at_end && world.timeline.selected().is_none() {
                prop_assert!(world.timeline.is_at_end());
            }
            if let Step::Select(_) = step && world.timeline.selected().is_some() {
                prop_assert!(now.iter().any(|row| row.starts_with('>')), "{:?} of {:?} is not in {:#?}", step, was_selected, now);
            }
            before = now;
        }
        world.size = (60, 12);
        world.timeline.scroll(Scroll::Bottom);
        world.settle();
        world.check();
        prop_assert!(world.timeline.is_at_end());
        world.timeline.scroll(Scroll::Top);
        world.settle();
        world.check();
        let seqs: BTreeSet<u64> = world.timeline.window.entries().iter().map(|entry| entry.message.seq).collect();
        let oldest = world.history.first().map(|message| message.seq);
        prop_assert!(oldest.is_none_or(|oldest| seqs.contains(&oldest)));
        for _ in 0..400 {
            if world.timeline.is_at_end() {
                break;
            }
            world.timeline.scroll(Scroll::Pages(10));
            world.settle();
        }
        prop_assert!(world.timeline.is_at_end());
        let newest = world.history.last().map(|message| message.seq);
        prop_assert!(newest.is_none_or(|newest| world.timeline.message(newest).is_some()));
    }
}
