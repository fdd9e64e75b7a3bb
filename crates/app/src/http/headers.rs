//! What browsers are told of every answer: run no script but ours, show us in no frame, guess no types, keep nothing.
//! Must not know what is answered. Bounds: the headers below.

use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue};

/// Everything comes from here, and text becomes no script: Trusted Types make the page's own sinks refuse it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; \
                      form-action 'self'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'";

const ALWAYS: [(HeaderName, &str); 5] = [
    (REFERRER_POLICY, "same-origin"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // For what does not know `frame-ancestors`.
    (X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// Adds them. What may be kept in a cache says so itself, and what may do less than a page has a policy of its own.
pub(super) fn add(headers: &mut HeaderMap) {
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(POLICY));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_answer_has_them_once() {
        let mut headers = HeaderMap::from_iter([(X_FRAME_OPTIONS, HeaderValue::from_static("ALLOWALL"))]);
        add(&mut headers);
        for (name, value) in ALWAYS {
            assert_eq!(headers.get_all(&name).iter().collect::<Vec<_>>(), [value], "{name}");
        }
        assert_eq!(headers[CACHE_CONTROL], "no-store");
        assert_eq!(headers[CONTENT_SECURITY_POLICY], POLICY);
        for name in [CACHE_CONTROL, CONTENT_SECURITY_POLICY] {
            let mut own = HeaderMap::from_iter([(name.clone(), HeaderValue::from_static("its own"))]);
            add(&mut own);
            assert_eq!(own.get_all(&name).iter().collect::<Vec<_>>(), ["its own"], "{name}");
        }
    }
}
