//! Who reads events, and how far each has come. Must not know what is read. Bounds: a few words for each face.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// All that read.
#[derive(Default)]
pub(crate) struct Faces(Mutex<BTreeMap<usize, Face>>);

struct Face {
    kind: &'static str,
    next: Arc<AtomicU64>,
}

impl Faces {
    /// A place for one more; the lowest number that is free, so that numbers do not grow with those that came and went.
    pub(crate) fn enter(self: &Arc<Self>, kind: &'static str) -> Place {
        let mut faces = self.lock();
        let number = (0..).zip(faces.keys()).find(|(free, taken)| free != *taken).map_or(faces.len(), |(free, _)| free);
        let next = Arc::default();
        faces.insert(number, Face { kind, next: Arc::clone(&next) });
        Place { faces: Arc::clone(self), number, next }
    }

    /// Each by number: what it is, and the `seq` that it has yet to read.
    pub(crate) fn all(&self) -> Vec<(usize, &'static str, u64)> {
        self.lock().iter().map(|(number, face)| (*number, face.kind, face.next.load(Ordering::Relaxed))).collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<usize, Face>> {
        // Nothing panics while it is held, and the table would be whole if something did.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of one face, free again when it is dropped.
pub(crate) struct Place {
    faces: Arc<Faces>,
    number: usize,
    next: Arc<AtomicU64>,
}

impl Place {
    /// Says what the face is.
    pub(crate) fn name(&self, kind: &'static str) {
        if let Some(face) = self.faces.lock().get_mut(&self.number) {
            face.kind = kind;
        }
    }

    /// The face has read all before `seq`.
    pub(crate) fn comes_to(&self, seq: u64) {
        self.next.store(seq, Ordering::Relaxed);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.faces.lock().remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_numbered_from_the_lowest_free_one() {
        let faces = Arc::new(Faces::default());
        let [first, second, third] = ["a", "b", "c"].map(|kind| faces.enter(kind));
        second.comes_to(7);
        assert_eq!(faces.all(), [(0, "a", 0), (1, "b", 7), (2, "c", 0)]);
        drop(first);
        let fourth = faces.enter("d");
        fourth.name("e");
        assert_eq!(faces.all(), [(0, "e", 0), (1, "b", 7), (2, "c", 0)]);
        drop((second, third, fourth));
        assert_eq!(faces.all(), []);
    }
}
