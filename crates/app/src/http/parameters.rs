//! The parameters of a call, which stand behind the `?`.
//! Must not know calls. Bounds: those of a head.

use std::convert::Infallible;
use std::ops::RangeInclusive;

use axum::extract::FromRequestParts;
use axum::http::Uri;
use axum::http::request::Parts;

use super::code::Code;
use super::error::ApiError;

/// Any `seq`.
pub(super) const SEQS: RangeInclusive<u64> = 0..=u64::MAX;

/// All of them, known or not.
pub(super) struct Parameters(Vec<(String, String)>);

impl Parameters {
    pub(super) fn of(uri: &Uri) -> Self {
        // What is no escape stands for itself, so that any text can be read.
        Self(serde_urlencoded::from_str(uri.query().unwrap_or_default()).unwrap_or_default())
    }

    /// The text of one.
    ///
    /// # Errors
    /// It stands there twice.
    pub(super) fn text(&self, name: &str) -> Result<Option<&str>, ApiError> {
        let mut values = self.0.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let value = values.next();
        if values.next().is_some() {
            return Err(wrong(format!("`{name}` stands there more than once: give it once")));
        }
        Ok(value)
    }

    /// The text of one that a call cannot be without.
    ///
    /// # Errors
    /// It is not there, or twice.
    pub(super) fn needed(&self, name: &str) -> Result<&str, ApiError> {
        self.text(name)?.ok_or_else(|| wrong(format!("`{name}` must be there: write `?{name}=...` behind the path")))
    }

    /// The number that one is.
    ///
    /// # Errors
    /// It is none of `range`, or stands there twice.
    pub(super) fn number(&self, name: &str, range: RangeInclusive<u64>) -> Result<Option<u64>, ApiError> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let number = text.parse().ok().filter(|number| range.contains(number));
        let text = || wrong(format!("`{name}` must be {}", whole_number(&range)));
        number.map(Some).ok_or_else(text)
    }
}

/// What a number must be, in words.
pub(super) fn whole_number(range: &RangeInclusive<u64>) -> String {
    format!("a whole number from {} to {}", range.start(), range.end())
}

fn wrong(text: String) -> ApiError {
    ApiError::new(Code::BadParameter, text)
}

impl<S: Send + Sync> FromRequestParts<S> for Parameters {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.uri))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(query: &str) -> Parameters {
        Parameters::of(&format!("/x?{query}").parse().expect("a target"))
    }

    #[test]
    fn texts() {
        for (query, value) in [
            ("", Some(None)),
            ("b=1", Some(None)),
            ("a", Some(Some(""))),
            ("a=", Some(Some(""))),
            ("a=%C3%A9+x%", Some(Some("é x%"))),
            ("a=%ff", Some(Some("\u{fffd}"))),
            ("a=1&b=2&b=3", Some(Some("1"))),
            ("a=1&%61=1", None),
        ] {
            assert_eq!(of(query).text("a").ok(), value, "{query}");
            assert_eq!(of(query).needed("a").ok(), value.flatten(), "{query}");
        }
    }

    #[test]
    fn numbers() {
        for (query, value) in [
            ("b=1", Some(None)),
            ("a=1", Some(Some(1))),
            ("a=500", Some(Some(500))),
            ("a=0", None),
            ("a=501", None),
            ("a=", None),
            ("a=-1", None),
            ("a=1.0", None),
            ("a=+1", None),
            ("a=99999999999999999999", None),
            ("a=1&a=1", None),
        ] {
            assert_eq!(of(query).number("a", 1..=500).ok(), value, "{query}");
        }
        assert_eq!(of("a=0").number("a", SEQS).ok(), Some(Some(0)));
        assert_eq!(of("a=18446744073709551615").number("a", SEQS).ok(), Some(Some(u64::MAX)));
    }
}
