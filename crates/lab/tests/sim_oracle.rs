//! What the simulator looks for it finds: faults put into the shell around each node, one kind at a time.

use whispernet_lab::sim::{Broken, Plant, Scenario, shrink, simulate};

/// Finds `plant` within a few seeds, by the rule that it must break, and makes the run that shows it as small as it gets.
#[track_caller]
fn check(plant: Plant, rule: &str) -> Broken {
    check_among(plant, rule, 0)
}

/// The same among so many forgers, in percent of the hosts.
#[track_caller]
fn check_among(plant: Plant, rule: &str, forgers: usize) -> Broken {
    let runs = (1..40).map(|seed| Scenario { plant: Some(plant), forgers, ..Scenario::new(seed, 6, 6) });
    let found = runs.filter_map(|scenario| simulate(&scenario).err()).next();
    let found = *found.unwrap_or_else(|| panic!("{plant:?} is not found"));
    assert_eq!(found.rule, rule, "{plant:?}: {}", found.what);
    let mut tries = 300;
    let shortest = shrink(found.clone(), || {
        tries -= 1;
        tries > 0
    });
    assert!(shortest.events <= found.events, "{plant:?}: {}", shortest.scenario);
    assert_eq!(shortest.rule, rule, "{plant:?}");
    let again = simulate(&shortest.scenario).expect_err("the same fault again");
    assert_eq!((&again.what, &again.trace), (&shortest.what, &shortest.trace), "{plant:?}");
    shortest
}

#[test]
fn rows_that_are_lost() {
    check(Plant::LostRows, "lost");
}

#[test]
fn places_that_are_used_again() {
    check(Plant::OldPlaces, "seq");
}

#[test]
fn memory_that_is_not_put_back() {
    let shortest = check(Plant::NoMemory, "twice");
    assert!(shortest.scenario.nodes < 6, "{}", shortest.scenario);
    // The command that runs it again has the seed, and the trace has the start after which it was shown again.
    let printed = shortest.to_string();
    assert!(printed.contains(&format!("--seed {} ", shortest.scenario.seed)), "{printed}");
    assert!(printed.contains("--plant no-memory") && printed.contains("starts"), "{printed}");
    assert!(printed.lines().count() < 60, "short: {} lines", printed.lines().count());
}

#[test]
fn cursors_that_are_saved_too_far() {
    check(Plant::EagerCursor, "lost");
}

#[test]
fn writes_that_were_cut_short() {
    check(Plant::CutWrites, "sent");
}

#[test]
fn two_links_to_one_peer() {
    check(Plant::TwoDials, "links");
}

#[test]
fn deadlines_that_nobody_heeds() {
    check(Plant::Sleep, "spin");
}

#[test]
fn signatures_that_nobody_checks() {
    check_among(Plant::TrustAll, "unsaid", 30);
}

#[test]
fn copies_that_come_no_richer() {
    check_among(Plant::NoCopies, "poor", 30);
}
