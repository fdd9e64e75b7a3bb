//! The API's description of itself (OpenAPI 3.1), made of what stands beside each call and of the types that are served.
//! Must not know what calls do. Bounds: made once, when the peer starts.

use axum::Extension;
use axum::body::Bytes;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Content, OpenApi, Ref, RefOr, Response};
use utoipa::{Modify, OpenApi as _};
use whispernet_node::event::Event;

use super::code::Code;
use super::error::Refusal;
use super::socket::Upward;

/// What is refused before it is a request that anybody looks at.
const UNREAD: [(&str, &str); 1] =
    [("431", "The head is longer than 64 KiB, or has over 100 headers; this answer has no body")];

/// What holds for all calls.
const ABOUT: &str = "\
The API of a peer of whispernet, for programs on this machine.

The token stands in the file `api-token` in the peer's data directory, the address in `api.json` there. Times are milliseconds since the \
UNIX epoch. A `seq` is a place in this peer's history: it grows, with gaps, and is the same after a restart. Texts of others are as they \
were sent: who shows them makes them safe. Members and kinds of events may be added: ignore those that you do not know.

Request bodies are JSON (`Content-Type: application/json`) of up to 256 KiB, but for files; heads have up to 64 KiB, in up to 100 headers. \
Head and body must each arrive within 10 s. There are 64 connections at a time: the one silent longest gives way. A request without a name that this peer \
answers to in `Host`, or with an `Origin` that is not its own, is refused. There is no CORS.";

#[derive(utoipa::OpenApi)]
#[openapi(
    info(title = "whispernet", description = ABOUT),
    modifiers(&Bearer),
    security(("token" = [])),
    components(schemas(Event, Upward, Refusal)),
    tags(
        (name = "messages", description = "What was said, and saying something."),
        (name = "files", description = "Files that come with messages."),
        (name = "peers", description = "Other peers, and who is blocked."),
        (name = "people", description = "Who is who: keys, names and trust."),
        (name = "events", description = "What happens, as it happens."),
        (name = "peer", description = "This peer."),
    )
)]
struct Preface;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, openapi: &mut OpenApi) {
        let about = "The text in the file `api-token` in the peer's data directory, which is as secret as a password. \
                     The page has a cookie in its place.";
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(about)).build();
        openapi.components.get_or_insert_default().add_security_scheme("token", SecurityScheme::Http(bearer));
    }
}

/// The description without calls.
pub(super) fn preface() -> OpenApi {
    Preface::openapi()
}

/// The description as it is served.
#[derive(Clone)]
pub(super) struct Document(Bytes);

impl Document {
    /// Adds what each call refuses because all do, and the shape of refusals.
    pub(super) fn of(mut description: OpenApi) -> Self {
        for item in description.paths.paths.values_mut() {
            for (acts, operation) in
                [(false, &mut item.get), (true, &mut item.post), (true, &mut item.put), (true, &mut item.delete)]
            {
                if let Some(operation) = operation {
                    let always = [
                        Code::CutBody,
                        Code::NoToken,
                        Code::WrongOrigin,
                        Code::SlowBody,
                        Code::TooLong,
                        Code::WrongHost,
                    ];
                    always.into_iter().for_each(|code| refuses(operation, code));
                    if acts {
                        refuses(operation, Code::NoJson);
                    }
                    shape(operation);
                    for (status, about) in UNREAD {
                        operation.responses.responses.insert(status.to_owned(), Response::new(about).into());
                    }
                }
            }
        }
        // It is made of texts and numbers, which all can be written.
        Self(serde_json::to_vec(&description).unwrap_or_default().into())
    }
}

/// Notes that a call may be refused with that.
fn refuses(operation: &mut Operation, code: Code) {
    let response = operation.responses.responses.entry(code.status().as_str().to_owned());
    if let RefOr::T(response) = response.or_insert_with(|| Response::default().into()) {
        let word = format!("`{}`", code.word());
        if response.description.is_empty() {
            response.description = word;
        } else if !response.description.contains(&word) {
            response.description.push_str(", ");
            response.description.push_str(&word);
        }
    }
}

/// Refusals have one shape; what is answered with a status alone has a text that says so.
fn shape(operation: &mut Operation) {
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(response) = response else { continue };
        let status = status.parse::<StatusCode>().unwrap_or_default();
        if status.is_client_error() || status.is_server_error() {
            let refusal = Content::new(Some(Ref::from_schema_name("Refusal")));
            response.content.insert("application/json".to_owned(), refusal.into());
        } else if response.description.is_empty() {
            response.description = status.canonical_reason().unwrap_or_default().to_owned();
        }
    }
}

/// Describes the API.
#[utoipa::path(
    get,
    path = "/openapi.json",
    tag = "peer",
    responses((status = OK, description = "This document", body = Object, content_type = "application/json"))
)]
pub(super) async fn document(Extension(Document(text)): Extension<Document>) -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], text)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::super::routes;
    use super::*;

    /// Refusals of the page and its forms, of WebSockets and of what is no call.
    const ELSEWHERE: [Code; 8] = [
        Code::BadForm,
        Code::WrongForm,
        Code::NoForm,
        Code::BadCommand,
        Code::BadFrame,
        Code::BadNick,
        Code::NoSuchCall,
        Code::WrongMethod,
    ];

    fn description() -> Value {
        let Document(text) = Document::of(routes::api().into_openapi());
        serde_json::from_slice(&text).expect("it is JSON")
    }

    /// Every call: its path, method and description.
    fn operations(description: &Value) -> Vec<(&str, &str, &Value)> {
        let paths = description["paths"].as_object().expect("there are some");
        let mut operations = Vec::new();
        for (path, item) in paths {
            let methods = item.as_object().expect("methods").iter();
            operations.extend(methods.map(|(method, operation)| (path.as_str(), method.as_str(), operation)));
        }
        operations
    }

    #[test]
    fn every_call_of_the_api_is_described_and_nothing_else() {
        let description = description();
        assert_eq!(description["openapi"], "3.1.0");
        let source = include_str!("routes.rs");
        let function = |name: &str| {
            let rest = source.split_once(&format!("fn {name}() ")).expect("it is there").1;
            rest.split_once("\n}\n").expect("it ends").0
        };
        // A route of axum's own would be served and not described.
        assert!(!function("api").contains(".route("));
        let lists = function("api").split("routes!(").skip(1);
        let handlers: usize = lists.map(|list| list.split(')').next().expect("it ends").split(',').count()).sum();
        assert_eq!(operations(&description).len(), handlers);
        for (path, method, operation) in operations(&description) {
            assert!(!function("page").contains(&format!("\"{path}\"")), "{path} is the page's");
            assert!(operation["summary"].as_str().is_some_and(|text| text.ends_with('.')), "{method} {path}");
            assert!(operation["tags"].as_array().is_some_and(|tags| tags.len() == 1), "{method} {path}");
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                assert!(parameter["description"].is_string(), "{parameter} of {method} {path}");
            }
        }
    }

    #[test]
    fn refusals_have_their_status_and_each_is_described_somewhere() {
        let description = description();
        let mut described = BTreeSet::new();
        for (path, method, operation) in operations(&description) {
            for (status, response) in operation["responses"].as_object().expect("there are some") {
                let text = response["description"].as_str().expect("a text");
                assert!(!text.is_empty(), "{status} of {method} {path}");
                if status.as_str() < "400" || UNREAD.iter().any(|(unread, _)| unread == status) {
                    continue;
                }
                for word in text.split(", ") {
                    let code = Code::ALL.iter().find(|code| word == format!("`{}`", code.word()));
                    let code = code.unwrap_or_else(|| panic!("{word} of {method} {path}"));
                    assert_eq!(code.status().as_str(), status, "{word} of {method} {path}");
                    described.insert(code.word());
                }
                let shape = &response["content"]["application/json"]["schema"]["$ref"];
                assert_eq!(shape, "#/components/schemas/Refusal", "{status} of {method} {path}");
            }
        }
        let elsewhere = ELSEWHERE.map(Code::word);
        let missing = |code: &&Code| !described.contains(code.word()) && !elsewhere.contains(&code.word());
        assert_eq!(Code::ALL.iter().find(missing), None);
        assert_eq!(elsewhere.iter().find(|word| described.contains(**word)), None);
    }

    #[test]
    fn what_it_refers_to_is_there_and_used() {
        let description = description();
        let schemas = description["components"]["schemas"].as_object().expect("there are some");
        let text = description.to_string();
        let mut referred = BTreeSet::new();
        for rest in text.split("\"#/components/schemas/").skip(1) {
            referred.insert(rest.split('"').next().expect("a name"));
        }
        for name in &referred {
            assert!(schemas.contains_key(*name), "{name}");
        }
        // What crosses a WebSocket is described in words, which name these two.
        let unused: Vec<_> = schemas.keys().filter(|name| !referred.contains(name.as_str())).collect();
        assert_eq!(unused, ["Event", "Upward"]);
    }
}
