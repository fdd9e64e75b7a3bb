//! Whom a user means to block: an address, else a person. Must not know which face asks.
//! Bounds: those of the node behind the handle.

use whispernet_node::handle::{CommandError, Handle, Person, PersonError};

/// Neither an address nor a person.
#[derive(Debug, thiserror::Error)]
#[error(
    "`{0}` is no address, and nobody is known by that name: give an IP, IP:PORT, a nick that was seen here, or a key"
)]
pub(crate) struct Nobody(String);

/// What is blocked, or no longer.
pub(crate) enum Blocked {
    /// An IP, or IP:PORT.
    Address,
    /// Whoever has a key.
    Person(Box<Person>),
}

/// Blocks an address, or where it is none a person.
///
/// # Errors
/// See [`Handle::block`] and [`Handle::block_person`].
pub(crate) fn block<E>(handle: &Handle, who: &str) -> Result<Blocked, E>
where
    E: From<CommandError> + From<PersonError> + From<Nobody>,
{
    meant(handle.block(who), || handle.block_person(who), who)
}

/// Takes a block back.
///
/// # Errors
/// See [`Handle::unblock`] and [`Handle::unblock_person`].
pub(crate) fn unblock<E>(handle: &Handle, who: &str) -> Result<Blocked, E>
where
    E: From<CommandError> + From<PersonError> + From<Nobody>,
{
    meant(handle.unblock(who), || handle.unblock_person(who), who)
}

fn meant<E>(
    as_address: Result<(), CommandError>,
    as_person: impl FnOnce() -> Result<Person, PersonError>,
    who: &str,
) -> Result<Blocked, E>
where
    E: From<CommandError> + From<PersonError> + From<Nobody>,
{
    match as_address {
        Ok(()) => return Ok(Blocked::Address),
        Err(CommandError::NotAnAddress(_)) => {}
        Err(other) => return Err(other.into()),
    }
    match as_person() {
        Ok(person) => Ok(Blocked::Person(Box::new(person))),
        Err(PersonError::Unknown(_)) => Err(Nobody(who.to_owned()).into()),
        Err(other) => Err(other.into()),
    }
}
