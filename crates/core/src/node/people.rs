//! What users decide about the people they hear, and ask of them. Must not know who asks, nor how trust is reckoned.
//! Bounds: those of [`Trust`].

use alloc::vec::Vec;

use super::Node;
use super::output::{Output, Told};
use crate::identity::PublicKey;
use crate::time::{Now, UnixMillis};
use crate::trust::{AcceptError, Accepted, Change, Facts, Full, RenameError, Trust, Unresolved, VerifyError};

impl Node {
    /// Who goes by which nick, and what the user decided about them.
    #[must_use]
    pub const fn trust(&self) -> &Trust {
        &self.trust
    }

    /// Whose messages are signed here.
    #[must_use]
    pub fn own_key(&self) -> PublicKey {
        self.own_key
    }

    /// Our nick is ours: whoever else goes by it shows as another. Nothing of that is kept, since each start knows it.
    pub(super) fn hold_own_nick(&mut self, now: Now) {
        let nick = self.config.nick.clone();
        let _own = self.trust.judge(now.wall, &nick, Some(self.own_key), self.own_key);
    }

    /// All that is known about whom `who` stands for: a petname, a nick, a key or the first digits of one.
    ///
    /// # Errors
    /// It stands for nobody, or for several.
    pub fn whois(&self, who: &str) -> Result<Facts, Unresolved> {
        self.trust.whois(who, self.own_key)
    }

    /// Verifies a key by the digits, or the text of the QR code, that its owner showed.
    ///
    /// # Errors
    /// See [`Trust::verify`]; nothing is changed then.
    pub fn verify(
        &mut self,
        now: Now,
        who: &str,
        proof: &str,
        out: &mut Vec<Output>,
    ) -> Result<PublicKey, VerifyError> {
        let (key, change) = self.trust.verify(now.wall, who, proof)?;
        self.decided(key, change, out);
        Ok(key)
    }

    /// Believes a key under the nick that it used last.
    ///
    /// # Errors
    /// See [`Trust::accept`].
    pub fn accept(&mut self, now: Now, key: PublicKey, out: &mut Vec<Output>) -> Result<Accepted, AcceptError> {
        let mut accepted = self.trust.accept(now.wall, key)?;
        self.decided(key, core::mem::take(&mut accepted.change), out);
        Ok(accepted)
    }

    /// Gives a key a name of the user's own; an empty one takes it away.
    ///
    /// # Errors
    /// See [`Trust::rename`].
    pub fn rename(&mut self, now: Now, key: PublicKey, name: &str, out: &mut Vec<Output>) -> Result<(), RenameError> {
        let change = self.trust.rename(now.wall, key, name)?;
        self.decided(key, change, out);
        Ok(())
    }

    /// Neither shows nor keeps what this key says from now on, whoever brings it.
    ///
    /// # Errors
    /// There are as many decisions as there may be.
    pub fn block_key(&mut self, now: Now, key: PublicKey, out: &mut Vec<Output>) -> Result<(), Full> {
        let change = self.trust.block(now.wall, key)?;
        self.decided(key, change, out);
        Ok(())
    }

    /// Takes the block of a key back. Whether there was one.
    pub fn unblock_key(&mut self, now: Now, key: PublicKey, out: &mut Vec<Output>) -> bool {
        let blocked = self.trust.is_blocked(&key);
        if blocked {
            let change = self.trust.unblock(now.wall, key);
            self.decided(key, change, out);
        }
        blocked
    }

    /// The keys that the user blocked, each with since when.
    pub fn blocked_keys(&self) -> impl Iterator<Item = (PublicKey, UnixMillis)> {
        self.trust.records().filter_map(|record| Some((record.key, record.blocked?)))
    }

    /// Has the store keep what changed, and tells how the key stands now.
    fn decided(&mut self, key: PublicKey, change: Change, out: &mut Vec<Output>) {
        let key = self.trust.current(key);
        out.push(Output::SaveTrust(change));
        out.push(Output::Tell(Told::Trust { key, state: self.trust.state(key, self.own_key) }));
    }
}
