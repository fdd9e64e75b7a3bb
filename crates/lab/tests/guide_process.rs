//! The guide in docs is what the program shows now.

mod program;

#[test]
fn the_guide_is_up_to_date() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/guide.md");
    program::run("guide", &["--check", "--page", page]);
}
