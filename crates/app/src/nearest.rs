//! The name that was probably meant, by edit distance (Levenshtein 1965).
//! Must not know whose names these are. Bounds: at most half of a name may differ; longer input is not looked at.

/// The nearest of the names, unless every one differs by more than half of itself. Case does not count.
pub(crate) fn nearest<'a>(typed: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    names
        .filter(|name| typed.len() <= 2 * name.len())
        .map(|name| (distance(&typed.to_ascii_lowercase(), name), name))
        .filter(|(distance, name)| *distance <= name.len() / 2)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// How many bytes to insert, delete or replace.
fn distance(from: &str, to: &str) -> usize {
    let mut row = (0..=to.len()).collect::<Vec<_>>();
    for (i, a) in from.bytes().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, b) in to.bytes().enumerate() {
            let replaced = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        let check = |a: &str, b: &str, expected| {
            assert_eq!(distance(a, b), expected, "{a} {b}");
            assert_eq!(distance(b, a), expected, "{b} {a}");
        };
        check("", "", 0);
        check("", "abc", 3);
        check("kitten", "sitting", 3);
        check("/peers", "/peer", 1);
    }

    #[test]
    fn only_what_is_near() {
        let check = |typed: &str, expected| {
            assert_eq!(nearest(typed, ["/peers", "/block", "/blocks"].into_iter()), expected, "{typed}");
        };
        check("/peer", Some("/peers"));
        check("/BLOK", Some("/block"));
        check("/blocksss", Some("/blocks"));
        check("/", None);
        check("/nothing", None);
        check("", None);
    }
}
