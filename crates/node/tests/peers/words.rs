//! Words on their way out: to how many they went.

use whispernet_node::event::Event;

use super::{Peer, run, words};

fn delivery(event: &Event) -> Option<(u64, u64)> {
    match event {
        Event::Delivery { seq, links } => Some((*seq, *links)),
        _ => None,
    }
}

#[test]
fn a_line_says_to_how_many_it_went() {
    run(async {
        let mut ann = Peer::start(|_| {}).await;
        let first = ann.handle.say(words("to nobody yet")).await.unwrap().seq;
        let mut bob = Peer::start(|_| {}).await;
        let mut eve = Peer::start(|_| {}).await;
        let told = ann.until(|event| matches!(event, Event::Message(_))).await;
        assert_eq!(told.iter().find_map(delivery), None);
        ann.handle.connect(&bob.addr.to_string()).await.unwrap();
        ann.until(|event| delivery(event) == Some((first, 1))).await;
        ann.handle.connect(&eve.addr.to_string()).await.unwrap();
        ann.until(|event| delivery(event) == Some((first, 2))).await;
        let second = ann.handle.say(words("to both")).await.unwrap().seq;
        let told = ann.until(|event| delivery(event) == Some((second, 2))).await;
        let position = |wanted: &dyn Fn(&Event) -> bool| told.iter().position(wanted);
        let said = position(&|event| super::message(event).is_some_and(|message| message.seq == second));
        let delivered = position(&|event| delivery(event).is_some_and(|(seq, _)| seq == second));
        assert!(said.is_some() && said < delivered, "{told:?}");
        for peer in [&mut bob, &mut eve] {
            peer.message("to both").await;
        }
    });
}
