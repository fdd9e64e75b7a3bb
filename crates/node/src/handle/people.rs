//! The people one hears: who they are, and what the user decides about them. Must not know how faces show them.
//! Bounds: those of the node's trust.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use whispernet_core::identity::PublicKey;
use whispernet_core::trust::{AcceptError, Facts, Full, RenameError, Unresolved, VerifyError, Warning};

use super::Handle;
use crate::event::Trust;

/// All that is known about a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Person {
    /// In hex.
    pub key: String,
    /// Its first digits.
    pub short: String,
    /// The 60 digits by which two people compare it, in groups of five.
    pub digits: String,
    /// What its QR code says.
    pub qr: String,
    /// How it is shown: the petname, else the nick used last; empty where there is neither.
    pub name: String,
    /// Whether the first digits of the key must stand beside the name.
    pub ambiguous: bool,
    /// How far it is believed.
    pub trust: Trust,
    /// The user's own name for it.
    #[schema(required = true)]
    pub petname: Option<String>,
    /// The nicks that it went by, the one used last at the end.
    pub nicks: Vec<String>,
    /// When it was heard of first, in milliseconds since the UNIX epoch.
    pub first: i64,
    /// When it was heard of last, to the minute.
    pub last: i64,
    /// When the user verified it.
    #[schema(required = true)]
    pub verified: Option<i64>,
    /// When the user blocked it.
    #[schema(required = true)]
    pub blocked: Option<i64>,
    /// The keys that it took the place of, in hex.
    pub former: Vec<String>,
    /// What a reader must be told of it, in one line.
    #[schema(required = true)]
    pub warning: Option<String>,
}

/// Why a command about a person was refused.
#[derive(Debug, thiserror::Error)]
pub enum PersonError {
    /// It stands for nobody.
    #[error("nobody is known as `{0}`: give a nick that was seen here, a petname, or the key")]
    Unknown(String),
    /// It stands for several.
    #[error("`{who}` may be any of {}: give the digits that stand beside the name", .keys.join(", "))]
    Ambiguous {
        /// What was asked for.
        who: String,
        /// The first digits of their keys.
        keys: Vec<String>,
    },
    /// It is our own key.
    #[error("that is your own key")]
    Own,
    /// What was compared is another key's, or nothing that a key shows.
    #[error(transparent)]
    Differ(VerifyError),
    /// It was not heard yet.
    #[error(transparent)]
    NotHeard(AcceptError),
    /// It cannot be called so.
    #[error(transparent)]
    Name(RenameError),
    /// It is not blocked.
    #[error("`{0}` is not blocked")]
    NotBlocked(String),
    /// No room.
    #[error(transparent)]
    Full(#[from] Full),
}

impl Handle {
    /// All that is known about whom `who` stands for: a petname, a nick, a key in hex or its first eight digits or more, or the text of
    /// its QR code.
    ///
    /// # Errors
    /// `Unknown`, `Ambiguous`.
    pub fn whois(&self, who: &str) -> Result<Person, PersonError> {
        self.shared.node().whois(who).map(Person::from).map_err(|error| unresolved(error, who))
    }

    /// Whether anybody is known by that name or key.
    #[must_use]
    pub fn knows(&self, who: &str) -> bool {
        !matches!(self.shared.node().trust().resolve(who), Err(Unresolved::Unknown))
    }

    /// Whose these 60 digits, or this text of a QR code, are among those that something is known about: the key in hex.
    #[must_use]
    pub fn whose(&self, proof: &str) -> Option<String> {
        // To reckon the digits of thousands of keys takes milliseconds: not under the lock.
        let known: Vec<PublicKey> = self.shared.node().trust().records().map(|record| record.key).collect();
        let shown = PublicKey::parse(proof);
        let key = known.into_iter().find(|key| shown.map_or_else(|| key.has_digits(proof), |shown| shown == *key));
        key.map(|key| key.to_string())
    }

    /// Verifies the key of `who` by what its owner showed: its 60 digits, or the text of its QR code.
    ///
    /// # Errors
    /// `Unknown`, `Ambiguous`, `Own`, `Differ`, `Full`; nothing is changed then.
    pub fn verify(&self, who: &str, proof: &str) -> Result<Person, PersonError> {
        self.other(who)?;
        let now = self.shared.clock.now();
        let verified = self.shared.command(|node, out| node.verify(now, who, proof, out));
        let key = verified.map_err(|error| match error {
            VerifyError::Who(error) => unresolved(error, who),
            VerifyError::Full(full) => full.into(),
            differ => PersonError::Differ(differ),
        })?;
        self.whois(&key.to_string())
    }

    /// Believes `who` under the nick that they used last, although another key holds one like it. Returns also the key of
    /// that other one, in hex.
    ///
    /// # Errors
    /// `Unknown`, `Ambiguous`, `Own`, `NotHeard`, `Full`.
    pub fn accept(&self, who: &str) -> Result<(Person, Option<String>), PersonError> {
        let key = self.other(who)?;
        let now = self.shared.clock.now();
        let accepted = self.shared.command(|node, out| node.accept(now, key, out));
        let accepted = accepted.map_err(|error| match error {
            AcceptError::Full(full) => full.into(),
            unknown @ AcceptError::Unknown => PersonError::NotHeard(unknown),
        })?;
        Ok((self.whois(&key.to_string())?, accepted.shared_with.map(|key| key.to_string())))
    }

    /// Gives `who` a name of the user's own, which is shown instead of any nick; an empty one takes it away.
    ///
    /// # Errors
    /// `Unknown`, `Ambiguous`, `Own`, `Name`, `Full`.
    pub fn rename(&self, who: &str, name: &str) -> Result<Person, PersonError> {
        let key = self.other(who)?;
        let now = self.shared.clock.now();
        let renamed = self.shared.command(|node, out| node.rename(now, key, name, out));
        renamed.map_err(|error| match error {
            RenameError::Full(full) => full.into(),
            error => PersonError::Name(error),
        })?;
        self.whois(&key.to_string())
    }

    /// Neither shows nor keeps what `who` says from now on, whoever brings it; others still get it.
    ///
    /// # Errors
    /// `Unknown`, `Ambiguous`, `Own`, `Full`.
    pub fn block_person(&self, who: &str) -> Result<Person, PersonError> {
        let key = self.other(who)?;
        let now = self.shared.clock.now();
        self.shared.command(|node, out| node.block_key(now, key, out))?;
        self.whois(&key.to_string())
    }

    /// Takes the block of a person back.
    ///
    /// # Errors
    /// `Unknown`, `Ambiguous`, `NotBlocked`.
    pub fn unblock_person(&self, who: &str) -> Result<Person, PersonError> {
        let key = self.resolve_person(who)?;
        let now = self.shared.clock.now();
        if !self.shared.command(|node, out| node.unblock_key(now, key, out)) {
            return Err(PersonError::NotBlocked(who.to_owned()));
        }
        self.whois(&key.to_string())
    }

    fn resolve_person(&self, who: &str) -> Result<PublicKey, PersonError> {
        self.shared.node().trust().resolve(who).map_err(|error| unresolved(error, who))
    }

    /// The key of somebody else.
    fn other(&self, who: &str) -> Result<PublicKey, PersonError> {
        let key = self.resolve_person(who)?;
        if key == self.shared.key { Err(PersonError::Own) } else { Ok(key) }
    }
}

fn unresolved(error: Unresolved, who: &str) -> PersonError {
    match error {
        Unresolved::Unknown => PersonError::Unknown(who.to_owned()),
        Unresolved::Ambiguous(keys) => {
            PersonError::Ambiguous { who: who.to_owned(), keys: keys.iter().map(PublicKey::short).collect() }
        }
    }
}

impl From<Facts> for Person {
    fn from(facts: Facts) -> Self {
        let Facts { state, show, warning, record } = facts;
        let key = record.key;
        Self {
            key: key.to_string(),
            short: show.short.clone().unwrap_or_else(|| key.short()),
            digits: key.digits(),
            qr: key.qr_text(),
            name: show.name,
            ambiguous: show.short.is_some(),
            trust: state.into(),
            petname: record.petname,
            nicks: record.nicks.into_iter().map(|nick| nick.nick).collect(),
            first: record.first.0,
            last: record.last.0,
            verified: record.verified.map(|at| at.0),
            blocked: record.blocked.map(|at| at.0),
            former: record.former.iter().map(|former| former.key.to_string()).collect(),
            warning: warning.as_ref().map(Warning::to_string),
        }
    }
}
