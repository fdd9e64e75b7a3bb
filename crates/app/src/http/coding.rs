//! How an answer may be packed, as its reader says.
//! Must not know what is answered. Bounds: `CODINGS_READ_MAX` of a request.

use axum::body::Body;
use axum::http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, VARY};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;

/// Most codings that are looked at (browsers name five).
const CODINGS_READ_MAX: usize = 16;

/// Whether the reader takes gzip (RFC 9110, 12.5.3).
pub(super) fn takes_gzip(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|line| line.to_str().ok());
    let codings = lines.flat_map(|line| line.split(',')).take(CODINGS_READ_MAX).filter_map(weighed);
    let mut any = None;
    let mut gzip = None;
    for (name, weight) in codings {
        match name {
            "*" => any = Some(weight),
            name if name.eq_ignore_ascii_case("gzip") => gzip = Some(weight),
            _ => {}
        }
    }
    gzip.or(any).is_some_and(|weight| weight > 0.0)
}

/// A coding with its weight.
fn weighed(part: &str) -> Option<(&str, f32)> {
    let (name, parameter) = part.split_once(';').unwrap_or((part, "q=1"));
    let weight = parameter.trim().strip_prefix("q=").and_then(|weight| weight.trim().parse().ok())?;
    Some((name.trim(), weight))
}

/// The answer, which is packed, or would be for another reader.
pub(super) fn of(mut answer: Response, packed: Option<Vec<u8>>) -> Response {
    answer.headers_mut().insert(VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(packed) = packed {
        answer.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        *answer.body_mut() = Body::from(packed);
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_readers_take() {
        for (lines, takes) in [
            (&[][..], false),
            (&[""], false),
            (&["gzip"], true),
            (&["GZIP"], true),
            (&["gzip, deflate, br, zstd"], true),
            (&["deflate", "br, gzip;q=0.5"], true),
            (&["gzip;q=0"], false),
            (&["gzip; q=0.000"], false),
            (&["*"], true),
            (&["*;q=0"], false),
            (&["*, gzip;q=0"], false),
            (&["gzip, *;q=0"], true),
            (&["gzip;q=x"], false),
            (&["x-gzip", "identity"], false),
        ] {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(ACCEPT_ENCODING, HeaderValue::from_static(line));
            }
            assert_eq!(takes_gzip(&headers), takes, "{lines:?}");
        }
        let many = HeaderValue::from_str(&format!("{}gzip", "br,".repeat(CODINGS_READ_MAX))).expect("a header");
        assert!(!takes_gzip(&HeaderMap::from_iter([(ACCEPT_ENCODING, many)])));
    }
}
