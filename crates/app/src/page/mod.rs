//! The page: one more face, as HTML that needs no script.
//! Must not know HTTP, nor who may see it. Bounds: `MESSAGES_SHOWN` messages; peers and blocks are those of the node.

pub(crate) mod asset;
mod card;
mod chat;
pub(crate) mod gzip;
mod mark;
mod message;
mod peer;
mod qr;
mod script;
mod side;
mod text;

use askama::Template;

pub(crate) use card::Card;
pub(crate) use chat::{Chat, View, Which, id_of};
pub(crate) use side::Side;

/// The login form, which shows nothing of the peer.
#[derive(Template)]
#[template(path = "login.html")]
pub(crate) struct Login {
    /// What went wrong before, in one line.
    pub(crate) problem: Option<&'static str>,
    /// What is so now, in one line.
    pub(crate) told: Option<&'static str>,
}

/// A page as text. Rendering fails only where a value fails to write itself into a string, and none of ours does.
pub(crate) fn render(page: &impl Template) -> String {
    page.render().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_login_form_says_what_is_wrong() {
        let form = render(&Login { problem: Some("a < b"), told: None });
        assert!(form.contains("a &#60; b") && form.contains("role=\"alert\""), "{form}");
        let form = render(&Login { problem: None, told: None });
        assert!(!form.contains("role=\"alert\"") && form.contains("type=\"password\""), "{form}");
    }
}
