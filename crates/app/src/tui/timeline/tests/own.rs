//! What the user says: waiting, said, failed, delivered; and files on their way.

use whispernet_node::event::Work;

use super::*;

fn last(timeline: &mut Timeline) -> String {
    screen(timeline, 60, 6).last().unwrap().clone()
}

#[test]
fn a_line_waits_then_goes_out() {
    let mut timeline = timeline();
    timeline.push(message(1, "hi"), true);
    timeline.pending(7, "hello");
    assert_eq!(last(&mut timeline), "       … me: hello (waiting)");
    timeline.paced(Some(Duration::from_millis(11_500)));
    assert_eq!(last(&mut timeline), "       … me: hello (paced: waits 12 s)");
    timeline.paced(None);
    timeline.push(mine(2, "hello"), true);
    assert_eq!(last(&mut timeline), " 12:03   me: hello (reached nobody yet)");
    assert_eq!(text(&mut timeline, 60, 10).matches("hello").count(), 1, "it is not shown twice");
    timeline.submitted(7, 2);
    timeline.delivered(2, 1);
    timeline.delivered(2, 3);
    timeline.delivered(2, 2);
    assert_eq!(last(&mut timeline), " 12:03   me: hello (to 3)");
    assert_eq!(timeline.unread(), Unread::default());
}

#[test]
fn an_answer_may_come_before_the_message() {
    let mut timeline = timeline();
    timeline.pending(7, "");
    timeline.submitted(7, 2);
    assert_eq!(last(&mut timeline), "       … me:  (waiting)");
    timeline.delivered(2, 4);
    timeline.push(mine(2, "sends cat.gif, image/gif, 12 kB"), true);
    assert_eq!(last(&mut timeline), " 12:03   me: sends cat.gif, image/gif, 12 kB (to 4)");
    assert_eq!(text(&mut timeline, 60, 10).matches("me:").count(), 1);
}

#[test]
fn what_failed_stays_for_another_try() {
    let mut timeline = timeline();
    timeline.pending(1, "one");
    timeline.pending(2, "/me two");
    timeline.failed(1, "the peer is shutting down: start it\u{1b}");
    let expected = r"
       ! me: one
         (not sent: the peer is shutting down: start it\u{1b})
       … * me two (waiting)
";
    assert_eq!(text(&mut timeline, 70, 6), expected);
    timeline.failed(2, "it too");
    assert_eq!(timeline.take_failed().as_deref(), Some("/me two"));
    assert_eq!(timeline.take_failed().as_deref(), Some("one"));
    assert_eq!(timeline.take_failed(), None);
    assert_eq!(text(&mut timeline, 70, 6).trim(), "");
    for client in 0..10_000 {
        timeline.pending(client, "x");
    }
    assert_eq!(text(&mut timeline, 70, 1_000).matches("me: x").count(), 256);
}

#[test]
fn what_was_said_before_this_run_tells_no_delivery() {
    let mut timeline = timeline();
    timeline.push(mine(1, "old"), false);
    timeline.push(mine(2, "new"), true);
    let shown = text(&mut timeline, 60, 10);
    assert!(shown.contains("me: old\n") && shown.contains("me: new (reached nobody yet)\n"), "{shown}");
}

#[test]
fn files_on_their_way() {
    let mut timeline = timeline();
    let progress = |done, total| Progress {
        what: Work::Receive,
        name: "cat.gif".to_owned(),
        peer: Some("10.0.0.7:55555".to_owned()),
        done,
        total,
    };
    timeline.progress(&progress(0, 1_000_000), TIME);
    assert_eq!(last(&mut timeline), "       - receiving cat.gif from 10.0.0.7:55555: 0% of 1.0 MB");
    timeline.progress(&progress(250_000, 1_000_000), TIME + 2_000);
    let expected = "
       - receiving cat.gif from 10.0.0.7:55555: 25% of 1.0 MB, 125 kB/s, 6 s left
";
    assert_eq!(text(&mut timeline, 90, 3), expected);
    timeline.push(message(1, "hi"), true);
    assert!(last(&mut timeline).ends_with("left"), "it stays below");
    timeline.progress(&progress(1_000_000, 1_000_000), TIME + 3_000);
    assert_eq!(last(&mut timeline), " 12:02   bob: hi");
    for number in 0..100 {
        timeline.progress(&Progress { name: format!("{number}"), ..progress(0, 0) }, i64::MIN);
        timeline.progress(&Progress { name: format!("{number}"), ..progress(u64::MAX, 0) }, i64::MAX);
    }
    assert_eq!(text(&mut timeline, 90, 50).matches("receiving").count(), 8);
}
