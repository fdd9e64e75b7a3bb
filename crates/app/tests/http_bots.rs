//! The bots of docs/bots, as docs/api.md shows them, with real peers.

mod http_support;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use http_support::Peer;
use serde_json::json;

const BOTS: [&str; 2] = ["echo.sh", "echo.py"];

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn the_bots_that_the_docs_show_are_the_files() {
    let shown = read(&docs().join("api.md"));
    for bot in BOTS {
        let text = read(&docs().join("bots").join(bot));
        let language = bot.rsplit('.').next().expect("an extension");
        assert!(shown.contains(&format!("\n```{language}\n{text}```\n")), "docs/api.md shows another {bot}");
        let lines = text.lines().filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'));
        assert!(lines.count() <= 30, "{bot} is longer than a reader likes");
    }
}

/// A bot that runs, with all that it started; killed when it is dropped.
struct Bot(Child);

impl Bot {
    fn start(name: &str, dir: &Path) -> Self {
        let mut command = Command::new(docs().join("bots").join(name));
        command.arg(dir).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        // A group of its own: what a shell started goes with it.
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        Self(command.spawn().unwrap_or_else(|error| panic!("{name}: {error}")))
    }
}

impl Drop for Bot {
    fn drop(&mut self) {
        let group = format!("-{}", self.0.id());
        // One that has ended by itself is found out by what it did not say.
        let _ = Command::new("kill").args(["-s", "KILL", "--", &group]).status();
        let _ = self.0.wait();
    }
}

fn start_both(dir: &Path) -> [Bot; 2] {
    BOTS.map(|name| Bot::start(name, dir))
}

fn connect(from: &Peer, to: &Peer) {
    let asked = from.ask("POST", "/api/v1/peers", &json!({"addr": to.addr}).to_string());
    assert_eq!(asked.status, 202, "{}", asked.body);
}

/// Waits until `peer` has heard all this, in whatever order, and no more.
fn wait_for(peer: &Peer, expected: &[&str]) {
    let mut expected = expected.to_vec();
    expected.sort_unstable();
    let mut heard = Vec::new();
    http_support::wait_for(&format!("{expected:?}"), || {
        let mut bodies = peer.bodies("");
        bodies.sort();
        if bodies != heard {
            eprintln!("heard {bodies:?}");
        }
        heard = bodies;
        (heard == expected).then_some(())
    });
}

/// Waits until both bots know where they are.
fn wait_until_they_listen(dir: &Path) {
    let listen = || BOTS.iter().all(|bot| dir.join(format!("{bot}.seq")).exists()).then_some(());
    http_support::wait_for("a bot begins", listen);
}

#[test]
fn both_answer_once_after_a_stop_and_after_a_restart_of_the_peer_too() {
    let (theirs, asking) = (Peer::start(), Peer::start());
    let dir = Arc::clone(&theirs.dir);
    connect(&asking, &theirs);
    connect(&theirs, &asking);
    asking.say("!echo before they came");
    let heard = ["!echo before they came"];
    wait_for(&theirs, &heard);
    let bots = start_both(dir.path());
    wait_until_they_listen(dir.path());
    // What a shell or JSON could take for its own is said as it is, and what asks for nothing is not answered.
    let odd = "one \"two\" $(three) `four` 'five' \\n {six} \u{e9}\u{1f600}\nseven";
    for words in [&format!("!echo {odd}"), "!echo ", "echo x", "hi"] {
        asking.say(words);
    }
    // Nobody answers what his own peer said.
    theirs.say("!echo mine");
    let mut heard = heard.to_vec();
    let first = format!("!echo {odd}");
    heard.extend([&first, "!echo ", "echo x", "hi", "!echo mine", odd, odd]);
    wait_for(&asking, &heard);

    drop(bots);
    asking.say("!echo while they were away");
    heard.push("!echo while they were away");
    wait_for(&theirs, &heard);
    let bots = start_both(dir.path());
    heard.extend(["while they were away"; 2]);
    wait_for(&asking, &heard);

    // Another port, and the bots go on.
    let theirs = Peer::start_in(theirs.stop());
    connect(&asking, &theirs);
    connect(&theirs, &asking);
    asking.say("!echo after the restart");
    heard.extend(["!echo after the restart", "after the restart", "after the restart"]);
    wait_for(&asking, &heard);
    // Their answers name what they answer, and one more question is answered as often as the first: nothing was said twice meanwhile.
    asking.say("!echo the end");
    heard.extend(["!echo the end", "the end", "the end"]);
    wait_for(&asking, &heard);
    let messages = asking.ask("GET", "/api/v1/messages", "").json();
    let messages = messages["messages"].as_array().expect("a list");
    let question = messages.iter().find(|message| message["body"] == "!echo the end").expect("it was asked");
    let answers: Vec<_> = messages.iter().filter(|message| message["body"] == "the end").collect();
    assert!(answers.iter().all(|answer| answer["reply"] == question["id"]), "{answers:?}");
    drop(bots);
}
