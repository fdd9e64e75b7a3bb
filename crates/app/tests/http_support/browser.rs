//! A browser as far as the server sees one: its cookie, its origin, the forms of the page; and what is in a page.
//! Must not know what is tested. Bounds: those of the peer.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Answer, Peer};

pub(crate) const FORM: &str = "Content-Type: application/x-www-form-urlencoded\r\n";

/// A browser that was let in.
pub(crate) struct Browser<'a> {
    peer: &'a Peer,
    /// `NAME=VALUE`.
    pub(crate) cookie: String,
}

impl<'a> Browser<'a> {
    /// Comes by a launch link.
    pub(crate) fn launched(peer: &'a Peer) -> Self {
        let answer = peer.ask_raw("GET", &launch_path(peer), &host(peer), "");
        assert_eq!(answer.status, 303, "{}", answer.head);
        Self::with(peer, cookie(&answer))
    }

    /// Has that cookie.
    pub(crate) fn with(peer: &'a Peer, cookie: String) -> Self {
        Self { peer, cookie }
    }

    /// The headers of a request of our own page.
    pub(crate) fn headers(&self) -> String {
        format!("{}Origin: http://{}\r\n", self.alone(), self.peer.http)
    }

    /// The headers of a request that says nothing of the page it comes from.
    pub(crate) fn alone(&self) -> String {
        format!("{}Cookie: {}\r\n", host(self.peer), self.cookie)
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.peer.ask_raw("GET", path, &self.alone(), "")
    }

    /// A page, which must be one.
    pub(crate) fn page(&self, path: &str) -> Page {
        let answer = self.get(path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        Page::of(&answer.body)
    }

    /// What forms bring back.
    pub(crate) fn form_token(&self) -> String {
        self.page("/").hidden("form_token")
    }

    /// Sends a form of our own page.
    pub(crate) fn send(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.send_with(&self.form_token(), path, fields)
    }

    /// The same with a token that was brought before.
    pub(crate) fn send_with(&self, token: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
        let fields: Vec<_> = fields.iter().copied().chain([("form_token", token)]).collect();
        self.peer.ask_raw("POST", path, &format!("{}{FORM}", self.headers()), &encode(&fields))
    }
}

pub(crate) fn host(peer: &Peer) -> String {
    format!("Host: {}\r\n", peer.http)
}

/// The path of a new launch link.
pub(crate) fn launch_path(peer: &Peer) -> String {
    let answer = peer.ask("POST", "/api/v1/launch", "");
    assert_eq!(answer.status, 201, "{}", answer.body);
    let url = answer.json()["url"].as_str().expect("a link").to_owned();
    let path = url.strip_prefix(&format!("http://{}", peer.http)).expect("a link to this peer");
    assert!(path.starts_with("/?launch="), "{path}");
    path.to_owned()
}

/// `NAME=VALUE` of the cookie that an answer sets.
pub(crate) fn cookie(answer: &Answer) -> String {
    let line = answer.head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).expect("a cookie is set");
    line.split(';').next().expect("a cookie has a value").to_owned()
}

/// Fields as a form has them.
pub(crate) fn encode(fields: &[(&str, &str)]) -> String {
    let fields = fields.iter().map(|(name, value)| format!("{name}={}", escape(value)));
    fields.collect::<Vec<_>>().join("&")
}

pub(crate) fn escape(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// A page, read strictly: whatever begins a tag must be a whole tag with quoted attributes.
pub(crate) struct Page {
    tags: Vec<Tag>,
    pub(crate) text: String,
}

pub(crate) struct Tag {
    pub(crate) name: String,
    pub(crate) attributes: Vec<(String, String)>,
}

impl Tag {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }
}

impl Page {
    #[track_caller]
    pub(crate) fn of(html: &str) -> Self {
        let (mut tags, mut text, mut rest) = (Vec::new(), String::new(), html);
        while let Some((before, after)) = rest.split_once('<') {
            text.push_str(before);
            let (tag, after) = read_tag(after).unwrap_or_else(|| panic!("no tag: <{after:.80}"));
            tags.extend(tag);
            rest = after;
        }
        text.push_str(rest);
        Self { tags, text: unescape(&text) }
    }

    pub(crate) fn tags(&self, name: &str) -> impl Iterator<Item = &Tag> {
        self.tags.iter().filter(move |tag| tag.name == name)
    }

    /// The value of a hidden field.
    #[track_caller]
    pub(crate) fn hidden(&self, name: &str) -> String {
        let is_it = |tag: &&Tag| tag.get("type") == Some("hidden") && tag.get("name") == Some(name);
        self.tags("input").find(is_it).and_then(|tag| tag.get("value")).expect("a hidden field").to_owned()
    }

    /// Its messages, by their seq.
    pub(crate) fn seqs(&self) -> Vec<u64> {
        let seqs = self.tags("li").filter_map(|tag| tag.get("data-seq"));
        seqs.map(|seq| seq.parse().expect("a number")).collect()
    }

    /// Every kind of tag and attribute in it, as `tag` and `tag attribute`.
    pub(crate) fn shape(&self) -> BTreeSet<String> {
        let attributes =
            self.tags.iter().flat_map(|tag| tag.attributes.iter().map(|(name, _)| format!("{} {name}", tag.name)));
        attributes.chain(self.tags.iter().map(|tag| tag.name.clone())).collect()
    }

    /// Every place that it leads to or loads from.
    pub(crate) fn places(&self) -> impl Iterator<Item = &str> {
        let names = ["href", "src", "action", "formaction", "data", "poster", "srcset"];
        let attributes = self.tags.iter().flat_map(|tag| &tag.attributes);
        attributes.filter(move |(name, _)| names.contains(&name.as_str())).map(|(_, value)| value.as_str())
    }
}

/// The tag that begins here (none where it is an end or the doctype), and what comes after it. `None`: it is not a whole one.
fn read_tag(text: &str) -> Option<(Option<Tag>, &str)> {
    if let Some(rest) = text.strip_prefix("!doctype html>") {
        return Some((None, rest));
    }
    let is_end = text.starts_with('/');
    let mut rest = text.strip_prefix('/').unwrap_or(text);
    let name = word(&mut rest)?;
    let mut attributes = Vec::new();
    loop {
        rest = rest.trim_start();
        if let Some(rest) = rest.strip_prefix("/>").or_else(|| rest.strip_prefix('>')) {
            let tag = (!is_end).then_some(Tag { name, attributes });
            return Some((tag, rest));
        }
        let attribute = word(&mut rest)?;
        let value = match rest.strip_prefix("=\"") {
            Some(quoted) => {
                let (value, after) = quoted.split_once('"')?;
                rest = after;
                value
            }
            None => "",
        };
        attributes.push((attribute, unescape(value)));
    }
}

fn word(rest: &mut &str) -> Option<String> {
    let length = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').filter(|length| *length > 0)?;
    let (word, after) = rest.split_at(length);
    *rest = after;
    Some(word.to_ascii_lowercase())
}

/// What the templates escape, undone.
fn unescape(text: &str) -> String {
    [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&")]
        .iter()
        .fold(text.to_owned(), |text, (escape, plain)| text.replace(escape, plain))
}

/// The messages of an answer in JSON.
pub(crate) fn messages(answer: &Answer) -> Vec<Value> {
    answer.json()["messages"].as_array().expect("a list").clone()
}
