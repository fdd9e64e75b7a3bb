//! Sessions of browsers: what a cookie stands for while the peer runs.
//! Must not know cookies. Bounds: `SESSIONS_MAX` sessions of `SESSION_LIFE`; one `Told` of `TOLD_BYTES_MAX` waits in each.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::secret;

/// How long a session lives at most.
pub(in crate::http) const SESSION_LIFE: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Most sessions; the one not used for longest gives way.
pub(super) const SESSIONS_MAX: usize = 64;

/// Longest text that waits to be told; further lines are left out (a guess: what a person reads of a list).
const TOLD_BYTES_MAX: usize = 16 * 1024;

/// All sessions, the one not used for longest first.
#[derive(Default)]
pub(super) struct Sessions(Mutex<VecDeque<Entry>>);

struct Entry {
    secret: String,
    made: Instant,
    session: Session,
    /// Dropped with the session, which tells those who hold it.
    _life: watch::Sender<()>,
}

/// One session. Clones mean the same one, which may have ended.
#[derive(Clone)]
pub(in crate::http) struct Session {
    inner: Arc<Inner>,
    life: watch::Receiver<()>,
}

struct Inner {
    form_token: String,
    told: Mutex<Vec<String>>,
}

impl Sessions {
    /// A new session: the secret that stands for it.
    ///
    /// # Errors
    /// The system has no random bytes.
    pub(super) fn begin(&self, now: Instant) -> Result<String, getrandom::Error> {
        let (secret, form_token) = (secret::random()?, secret::random()?);
        let (sender, life) = watch::channel(());
        let session = Session { inner: Arc::new(Inner { form_token, told: Mutex::default() }), life };
        let mut table = self.lock(now);
        if table.len() >= SESSIONS_MAX {
            table.pop_front();
        }
        table.push_back(Entry { secret: secret.clone(), made: now, session, _life: sender });
        Ok(secret)
    }

    /// The session that the secret stands for, which is used by this.
    pub(super) fn find(&self, guess: &str, now: Instant) -> Option<Session> {
        let mut table = self.lock(now);
        // All are compared, so that the time tells nothing of their order.
        let same = |entry: &Entry| secret::same(&entry.secret, guess.as_bytes());
        let numbered = table.iter().enumerate();
        let place = numbered.fold(None, |found, (place, entry)| if same(entry) { Some(place) } else { found })?;
        let entry = table.remove(place)?;
        let session = entry.session.clone();
        table.push_back(entry);
        Some(session)
    }

    /// Ends it.
    pub(super) fn end(&self, session: &Session) {
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        table.retain(|entry| !Arc::ptr_eq(&entry.session.inner, &session.inner));
    }

    /// How many there are.
    pub(super) fn held(&self, now: Instant) -> usize {
        self.lock(now).len()
    }

    /// Those that have not ended.
    fn lock(&self, now: Instant) -> MutexGuard<'_, VecDeque<Entry>> {
        // Nothing panics while it is held, and the table would be whole if something did.
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        table.retain(|entry| now.saturating_duration_since(entry.made) < SESSION_LIFE);
        table
    }
}

impl Session {
    /// What its forms must bring back: no other page can read it. Masked, so that no two pages have the same; empty where the system
    /// has no random bytes, and then no form of that page is taken.
    pub(in crate::http) fn form_token(&self) -> String {
        secret::masked(&self.inner.form_token).unwrap_or_default()
    }

    /// Whether a form of this session brought that.
    pub(in crate::http) fn made_form(&self, guess: &str) -> bool {
        secret::unmasked(guess).is_some_and(|guess| secret::same(&self.inner.form_token, guess.as_bytes()))
    }

    /// Lines for the next page that this browser gets.
    pub(in crate::http) fn tell(&self, lines: Vec<String>) {
        let mut room = TOLD_BYTES_MAX;
        let fitting = lines.into_iter().take_while(|line| {
            let fits = line.len() <= room;
            room = room.saturating_sub(line.len());
            fits
        });
        *self.inner.told.lock().unwrap_or_else(PoisonError::into_inner) = fitting.collect();
    }

    /// Takes what waits to be told.
    pub(in crate::http) fn take_told(&self) -> Vec<String> {
        std::mem::take(&mut self.inner.told.lock().unwrap_or_else(PoisonError::into_inner))
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

    #[test]
    fn a_session_lives_for_its_time() {
        let sessions = Sessions::default();
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
        let sessions = Sessions::default();
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
        let sessions = Sessions::default();
        let now = Instant::now();
        let [one, other] = [(); 2].map(|()| {
            let secret = sessions.begin(now).expect("random bytes");
            sessions.find(&secret, now).expect("it is there")
        });
        assert!(one.made_form(&one.form_token()));
        assert_ne!(one.form_token(), one.form_token());
        assert!(!one.made_form(&other.form_token()) && !one.made_form(""));
        assert!(!one.made_form(&one.inner.form_token), "without a mask");
    }

    #[test]
    fn what_is_told_is_told_once_and_bounded() {
        let sessions = Sessions::default();
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
