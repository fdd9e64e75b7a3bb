//! Peers with no option at all find each other: each machine here is a network namespace of its own.
//! Where this machine gives a test no namespaces, it says so and passes.

mod support;

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use support::{Peer, chat};
use tempfile::TempDir;

/// Between two looks at what has no event.
const LOOK_INTERVAL: Duration = Duration::from_millis(50);
/// Most such looks.
const LOOKS_MAX: u32 = 400;

/// A machine with a network of its own, for as long as this lives.
struct Machine {
    /// Lives in the namespaces, and holds them.
    holder: Child,
}

impl Machine {
    /// The first machine of a test.
    fn new() -> Option<Self> {
        // Any user may have a network of his own inside a user namespace, unless the system forbids that.
        let found = Self::start("unshare", &["--user", "--map-root-user", "--net"]);
        if found.is_none() {
            eprintln!("skipped: this machine gives no network namespaces (unshare --user --net, and ip)");
        }
        found
    }

    /// Another machine, which cables can lead to.
    fn beside(&self) -> Self {
        let target = self.holder.id().to_string();
        let enter = ["--target", &target, "--user", "--preserve-credentials", "unshare", "--net"];
        Self::start("nsenter", &enter).expect("what went once goes twice")
    }

    fn start(program: &str, args: &[&str]) -> Option<Self> {
        let mut command = Command::new(program);
        command.args(args).args(["sh", "-c", "ip link set lo up && echo up && exec cat"]);
        let mut holder = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
        let mut line = String::new();
        // Nothing comes where the namespaces were refused: the program has ended.
        let _ = BufReader::new(holder.stdout.take()?).read_line(&mut line);
        let machine = Self { holder };
        (line == "up\n").then_some(machine)
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["--target", &self.holder.id().to_string(), "--user", "--preserve-credentials", "--net"]);
        command.arg(program);
        command
    }

    /// Runs `ip` with these words.
    fn ip(&self, words: &str) {
        let output = self.command("ip").args(words.split(' ')).output().expect("nsenter runs");
        assert!(output.status.success(), "ip {words}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// Lays a cable to another machine; `here` and `there` are the interfaces at its ends, with their addresses.
    fn join(&self, here: (&str, &str), other: &Self, there: (&str, &str)) {
        let pid = other.holder.id();
        self.ip(&format!("link add {} type veth peer name {} netns {pid}", here.0, there.0));
        for (machine, (interface, addr)) in [(self, here), (other, there)] {
            machine.ip(&format!("addr add {addr}/24 brd + dev {interface}"));
            machine.ip(&format!("link set {interface} up"));
        }
    }

    /// Runs a peer there, with these options and a home of its own.
    fn peer(&self, options: &[&str]) -> Peer {
        self.peer_at(Arc::new(TempDir::new().expect("a temporary folder")), options)
    }

    fn peer_at(&self, home: Arc<TempDir>, options: &[&str]) -> Peer {
        let mut command = self.command(env!("CARGO_BIN_EXE_whisper"));
        command.args(options).env("HOME", home.path());
        for name in ["XDG_DATA_HOME", "WHISPER_DATA_DIR"] {
            command.env_remove(name);
        }
        Peer::run(command, home)
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // Already gone where it never came up.
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

/// The nick that a peer was given.
fn nick(peer: &Peer) -> String {
    peer.err.find("its nick", |line| Some(line.strip_prefix("you are ")?.split_once(':')?.0.to_owned()))
}

/// Waits until they have greeted each other, and lets each say something to the other.
fn meet(a: &mut Peer, b: &mut Peer) {
    let nicks = [nick(a), nick(b)];
    a.out.wait(&format!("* {} joined", nicks[1]));
    b.out.wait(&format!("* {} joined", nicks[0]));
    a.say("from a");
    b.out.wait(&format!("{}: from a", nicks[0]));
    b.say("from b");
    a.out.wait(&format!("{}: from b", nicks[1]));
    assert_eq!(chat(&a.out.all()), [format!("{}: from b", nicks[1])]);
    assert_eq!(chat(&b.out.all()), [format!("{}: from a", nicks[0])]);
}

#[test]
fn on_a_machine_without_a_network() {
    let Some(machine) = Machine::new() else { return };
    let mut a = machine.peer(&[]);
    assert_eq!(a.addr, "127.0.0.1:55555");
    let mut b = machine.peer(&[]);
    b.err.wait_part("port 55555 is taken");
    assert!(b.addr.starts_with("127.0.0.1:"), "{}", b.addr);
    meet(&mut a, &mut b);
}

#[test]
fn on_one_machine_with_a_network() {
    let Some(machine) = Machine::new() else { return };
    machine.ip("link add lan0 type veth peer name cable");
    machine.ip("addr add 10.77.0.1/24 brd + dev lan0");
    machine.ip("link set cable up");
    machine.ip("link set lan0 up");
    let mut a = machine.peer(&[]);
    assert_eq!(a.addr, "10.77.0.1:55555");
    let mut b = machine.peer(&[]);
    assert!(b.addr.starts_with("10.77.0.1:") && b.addr != a.addr, "{}", b.addr);
    meet(&mut a, &mut b);
}

#[test]
fn on_two_machines_and_a_third_that_is_told_whom_to_ask() {
    let Some(here) = Machine::new() else { return };
    let there = here.beside();
    // A name that virtual machines use is taken where there is no other.
    here.join(("lan0", "10.77.0.1"), &there, ("veth9", "10.77.0.2"));
    let mut a = here.peer(&[]);
    let mut b = there.peer(&[]);
    assert_eq!((a.addr.as_str(), b.addr.as_str()), ("10.77.0.1:55555", "10.77.0.2:55555"));
    meet(&mut a, &mut b);
    let c = there.peer(&["--peer", &a.addr, "--discovery", "off", "--nick", "cat"]);
    let (a_nick, b_nick) = (nick(&a), nick(&b));
    c.out.wait(&format!("{b_nick}: from b"));
    b.out.wait("* cat joined");
    a.say("and more");
    c.out.wait(&format!("{a_nick}: and more"));
    b.say("and that");
    c.out.wait(&format!("{b_nick}: and that"));
    let expected = [(&a_nick, "from a"), (&b_nick, "from b"), (&a_nick, "and more"), (&b_nick, "and that")];
    assert_eq!(chat(&c.out.all()), expected.map(|(nick, body)| format!("{nick}: {body}")));
}

#[test]
fn what_is_said_while_the_cable_is_out_arrives() {
    let Some(here) = Machine::new() else { return };
    let there = here.beside();
    here.join(("lan0", "10.77.0.1"), &there, ("lan0", "10.77.0.2"));
    let (mut a, mut b) = (here.peer(&[]), there.peer(&[]));
    meet(&mut a, &mut b);
    here.ip("link set lan0 down");
    a.say("a in the dark");
    b.say("b in the dark");
    for peer in [&mut a, &mut b] {
        wait_vain_tries(peer, 3);
    }
    here.ip("link set lan0 up");
    a.out.wait(&format!("{}: b in the dark", nick(&b)));
    b.out.wait(&format!("{}: a in the dark", nick(&a)));
    a.say("a again");
    b.out.wait(&format!("{}: a again", nick(&a)));
    assert_eq!(chat(&a.out.all()).len(), 2, "once each: {:?}", a.out.all());
    assert_eq!(chat(&b.out.all()).len(), 3, "once each: {:?}", b.out.all());
}

#[test]
fn a_machine_that_vanished_gets_what_was_said_meanwhile() {
    let Some(here) = Machine::new() else { return };
    let there = here.beside();
    here.join(("lan0", "10.77.0.1"), &there, ("lan0", "10.77.0.2"));
    let (mut a, mut b) = (here.peer(&[]), there.peer(&[]));
    meet(&mut a, &mut b);
    let (a_nick, home) = (nick(&a), Arc::clone(&b.dir));
    here.ip("link set lan0 down");
    // Its last word does not get through.
    drop(b);
    a.say("anybody?");
    wait_vain_tries(&mut a, 2);
    let b = there.peer_at(home, &[]);
    here.ip("link set lan0 up");
    b.out.wait(&format!("{a_nick}: anybody?"));
    a.say("welcome back");
    b.out.wait(&format!("{a_nick}: welcome back"));
    // What the last run has shown and had no time to store may be shown again.
    let lines = b.out.all();
    let since: Vec<&str> = chat(&lines).into_iter().filter(|line| !line.ends_with(": from a")).collect();
    assert_eq!(since, ["anybody?", "welcome back"].map(|body| format!("{a_nick}: {body}")), "once each, in order");
}

/// Waits until a peer's system has sent something again so often, or has tried to. No event tells of that.
fn wait_vain_tries(peer: &mut Peer, tries: u64) {
    for _ in 0..LOOKS_MAX {
        let table = peer.proc_file("net/tcp");
        // What was sent again is counted in the seventh column, in hex; what could not even leave, in the ninth.
        let tried = table.lines().skip(1).any(|line| {
            let columns: Vec<&str> = line.split_whitespace().collect();
            let counts = [u64::from_str_radix(columns[6], 16), columns[8].parse()];
            counts.into_iter().flatten().any(|count| count >= tries)
        });
        if tried {
            return;
        }
        assert_eq!(peer.ended_within(LOOK_INTERVAL), None, "{:#?}", peer.err.all());
    }
    panic!("nothing was sent again: {}", peer.proc_file("net/tcp"));
}
