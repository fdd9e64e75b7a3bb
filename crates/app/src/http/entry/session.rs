//! Sessions of browsers: what a cookie stands for, over restarts of the peer too.
//! Must not know cookies. Bounds: `SESSIONS_MAX` sessions of `SESSION_LIFE`; one `Told` of `TOLD_BYTES_MAX` waits in each.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::secret::{self, Proof};
use super::shelf::{Kept, Shelf};

/// How long a session lives at most.
pub(in crate::http) const SESSION_LIFE: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Most sessions; the one not used for longest gives way.
pub(super) const SESSIONS_MAX: usize = 64;

/// Longest text that waits to be told; further lines are left out (a guess: what a person reads of a list).
const TOLD_BYTES_MAX: usize = 16 * 1024;

/// What form tokens are derived for.
const FORMS: &str = "whispernet form token";

/// All sessions.
pub(super) struct Sessions {
    /// The one not used for longest first.
    table: Mutex<VecDeque<Entry>>,
    shelf: Shelf,
    /// Of the API: with another one none of them holds.
    token: String,
}

struct Entry {
    proof: Proof,
    made: Instant,
    told: Arc<Told>,
    /// Dropped with the session, which tells those who hold it.
    life: watch::Sender<()>,
}

/// One session. Clones mean the same one, which may have ended.
#[derive(Clone)]
pub(in crate::http) struct Session {
    form_token: String,
    told: Arc<Told>,
    life: watch::Receiver<()>,
}

/// What waits to be told.
type Told = Mutex<Vec<String>>;

impl Entry {
    fn new(proof: Proof, made: Instant) -> Self {
        Self { proof, made, told: Arc::default(), life: watch::channel(()).0 }
    }
}

impl Sessions {
    /// Those on the shelf. They hold as long as `token` does, that of the API.
    pub(super) fn kept(shelf: Shelf, token: &str, now: Instant) -> Self {
        // A session older than the clock is as old as that.
        let made = |age| now.checked_sub(age).unwrap_or(now);
        let table = shelf.read().into_iter().map(|Kept { proof, age }| Entry::new(proof, made(age))).collect();
        Self { table: Mutex::new(table), shelf, token: token.to_owned() }
    }

    /// A new session: the secret that stands for it.
    ///
    /// # Errors
    /// The system has no random bytes.
    pub(super) fn begin(&self, now: Instant) -> Result<String, getrandom::Error> {
        let secret = secret::random()?;
        let mut table = self.lock(now);
        if table.len() >= SESSIONS_MAX {
            table.pop_front();
        }
        table.push_back(Entry::new(Proof::of(&self.token, &secret), now));
        self.keep(&table, now);
        Ok(secret)
    }

    /// The session that the secret stands for, which is used by this.
    pub(super) fn find(&self, guess: &str, now: Instant) -> Option<Session> {
        let proof = Proof::of(&self.token, guess);
        let mut table = self.lock(now);
        // All are compared, so that the time tells nothing of their order.
        let same = |entry: &Entry| entry.proof.is(&proof);
        let numbered = table.iter().enumerate();
        let place = numbered.fold(None, |found, (place, entry)| if same(entry) { Some(place) } else { found })?;
        let entry = table.remove(place)?;
        let form_token = secret::derived(FORMS, guess);
        let session = Session { form_token, told: Arc::clone(&entry.told), life: entry.life.subscribe() };
        table.push_back(entry);
        Some(session)
    }

    /// Ends it.
    pub(super) fn end(&self, session: &Session, now: Instant) {
        let mut table = self.lock(now);
        table.retain(|entry| !Arc::ptr_eq(&entry.told, &session.told));
        self.keep(&table, now);
    }

    fn keep(&self, table: &VecDeque<Entry>, now: Instant) {
        let age = |made| now.saturating_duration_since(made);
        self.shelf.write(table.iter().map(|entry| Kept { proof: entry.proof.clone(), age: age(entry.made) }));
    }

    /// How many there are.
    pub(super) fn held(&self, now: Instant) -> usize {
        self.lock(now).len()
    }

    /// Those that have not ended.
    fn lock(&self, now: Instant) -> MutexGuard<'_, VecDeque<Entry>> {
        // Nothing panics while it is held, and the table would be whole if something did.
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        table.retain(|entry| now.saturating_duration_since(entry.made) < SESSION_LIFE);
        table
    }
}

impl Session {
    /// What its forms must bring back: no other page can read it. Masked, so that no two pages have the same; empty where the system
    /// has no random bytes, and then no form of that page is taken.
    pub(in crate::http) fn form_token(&self) -> String {
        secret::masked(&self.form_token).unwrap_or_default()
    }

    /// Whether a form of this session brought that.
    pub(in crate::http) fn made_form(&self, guess: &str) -> bool {
        secret::unmasked(guess).is_some_and(|guess| secret::same(&self.form_token, guess.as_bytes()))
    }

    /// Lines for the next page that this browser gets.
    pub(in crate::http) fn tell(&self, lines: Vec<String>) {
        let mut room = TOLD_BYTES_MAX;
        let fitting = lines.into_iter().take_while(|line| {
            let fits = line.len() <= room;
            room = room.saturating_sub(line.len());
            fits
        });
        *self.told.lock().unwrap_or_else(PoisonError::into_inner) = fitting.collect();
    }

    /// Takes what waits to be told.
    pub(in crate::http) fn take_told(&self) -> Vec<String> {
        std::mem::take(&mut self.told.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Resolves when it has ended: by a logout, or because it gave way to another.
    pub(in crate::http) async fn ended(&mut self) {
        // An error: its sender is gone, and with it the session.
        while self.life.changed().await.is_ok() {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sessions() -> Sessions {
        Sessions::kept(Shelf::default(), "token", Instant::now())
    }

    #[test]
    fn a_session_outlives_the_peer_and_not_its_end_nor_the_token() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let now = Instant::now();
        let started = |token: &str| Sessions::kept(Shelf::in_folder(dir.path()), token, now);
        let first = started("token");
        let [kept, ended] = [(); 2].map(|()| first.begin(now).expect("random bytes"));
        let form = first.find(&kept, now).expect("it is there").form_token();
        first.end(&first.find(&ended, now).expect("it is there"), now);
        let second = started("token");
        assert!(second.find(&ended, now).is_none());
        assert!(second.find(&kept, now).is_some_and(|session| session.made_form(&form)), "its forms stay good");
        assert!(second.find(&kept, now + SESSION_LIFE).is_none(), "it grows no younger");
        assert!(started("other").find(&kept, now).is_none());
        let text = std::fs::read_to_string(dir.path().join("web-sessions")).expect("it is there");
        assert!(!text.contains(&kept) && !text.contains(&ended), "no secret stands there");
    }

    #[test]
    fn a_session_lives_for_its_time() {
        let sessions = sessions();
        let now = Instant::now();
        let secret = sessions.begin(now).expect("random bytes");
        assert!(sessions.find(&secret, now + SESSION_LIFE - Duration::from_secs(1)).is_some());
        assert!(sessions.find(&secret, now + SESSION_LIFE).is_none(), "however much it is used");
        for guess in ["", "0", &"0".repeat(64)] {
            assert!(sessions.find(guess, now).is_none(), "{guess}");
        }
    }

    #[tokio::test]
    async fn the_one_not_used_for_longest_gives_way_and_is_told() {
        let sessions = sessions();
        let now = Instant::now();
        let secrets: Vec<_> = (0..SESSIONS_MAX).filter_map(|_| sessions.begin(now).ok()).collect();
        let mut second = sessions.find(&secrets[1], now).expect("it is there");
        for used in secrets.iter().filter(|secret| **secret != secrets[1]) {
            assert!(sessions.find(used, now).is_some());
        }
        sessions.begin(now).expect("random bytes");
        assert!(sessions.find(&secrets[1], now).is_none() && sessions.find(&secrets[0], now).is_some());
        second.ended().await;
    }

    #[test]
    fn forms_belong_to_one_session() {
        let sessions = sessions();
        let now = Instant::now();
        let [one, other] = [(); 2].map(|()| {
            let secret = sessions.begin(now).expect("random bytes");
            sessions.find(&secret, now).expect("it is there")
        });
        assert!(one.made_form(&one.form_token()));
        assert_ne!(one.form_token(), one.form_token());
        assert!(!one.made_form(&other.form_token()) && !one.made_form(""));
        assert!(!one.made_form(&one.form_token), "without a mask");
    }

    #[test]
    fn what_is_told_is_told_once_and_bounded() {
        let sessions = sessions();
        let now = Instant::now();
        let secret = sessions.begin(now).expect("random bytes");
        let session = sessions.find(&secret, now).expect("it is there");
        session.tell(vec!["connecting".to_owned()]);
        assert_eq!(session.take_told(), ["connecting"]);
        assert!(session.take_told().is_empty());
        session.tell(vec!["x".repeat(TOLD_BYTES_MAX / 4); 5]);
        assert_eq!(session.take_told().len(), 4);
    }
}
