//! The calls about people: what is known of one, and what the user decides.
//! Must not know who may ask. Bounds: those of what is known of one person.

use axum::body::Bytes;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::schema::{Object, ObjectBuilder, Type};
use whispernet_node::handle::{Handle, Person};

use super::code::Code;
use super::error::ApiError;
use super::members::Members;
use super::routes::{Answer, segment};

/// How a person is named in a path.
const WHO: &str =
    "A nick that was seen here, a name that the user gave, a key in hex or its first eight digits or more";

/// What is decided: one of these.
#[derive(Deserialize, ToSchema)]
// For the description, which takes it from serde: `read` refuses other members.
#[serde(deny_unknown_fields)]
#[schema(as = Decision, min_properties = 1, max_properties = 1)]
struct Choice {
    /// The 60 digits of the key, or the text of its QR code, as its owner showed them.
    #[schema(value_type = String, required = false)]
    verify: Option<String>,
    /// `true`: the key is believed under its name, though another one has a name like it.
    #[schema(schema_with = only_true, required = false)]
    trust: Option<bool>,
    /// The user's own name for it; empty takes that back.
    #[schema(value_type = String, required = false)]
    rename: Option<String>,
}

impl Choice {
    fn read(body: &[u8]) -> Result<Self, ApiError> {
        let members = Members::read(body)?;
        members.only(&["verify", "trust", "rename"])?;
        Ok(Self { verify: members.text("verify")?, trust: members.flag("trust")?, rename: members.text("rename")? })
    }
}

fn only_true() -> Object {
    ObjectBuilder::new().schema_type(Type::Boolean).enum_values(Some([true])).build()
}

/// What proves whose a key is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Proof {
    /// The 60 digits of the key, or the text of its QR code, as its owner showed them.
    verify: String,
}

impl Proof {
    fn read(body: &[u8]) -> Result<Self, ApiError> {
        let members = Members::read(body)?;
        members.only(&["verify"])?;
        Ok(Self { verify: members.needed("verify")? })
    }
}

/// What a caller decides about a person.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// The key is the one with these digits, or this QR text.
    Verify(String),
    /// The key is believed under its name.
    Trust,
    /// It is called so; empty takes that back.
    Rename(String),
}

impl Decision {
    pub(super) fn read(body: &[u8]) -> Result<Self, ApiError> {
        match Choice::read(body)? {
            Choice { verify: Some(proof), trust: None, rename: None } => Ok(Self::Verify(proof)),
            Choice { verify: None, trust: Some(true), rename: None } => Ok(Self::Trust),
            Choice { verify: None, trust: None, rename: Some(name) } => Ok(Self::Rename(name)),
            _ => Err(ApiError::new(
                Code::BadJson,
                r#"give one of {"verify":"digits"}, {"trust":true} and {"rename":"name"}"#,
            )),
        }
    }
}

/// A person after a decision.
#[derive(Serialize, ToSchema)]
struct Decided {
    #[serde(flatten)]
    person: Person,
    /// Another key that holds the name too, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    shared_with: Option<String>,
}

/// Tells what is known of a person.
#[utoipa::path(
    get,
    path = "/api/v1/people/{who}",
    tag = "people",
    params(("who" = String, Path, description = WHO)),
    responses(
        (status = OK, body = Person),
        (status = BAD_REQUEST, description = "`bad_path`"),
        (status = NOT_FOUND, description = "`unknown`"),
        (status = CONFLICT, description = "`ambiguous`"),
    )
)]
pub(super) async fn person(State(handle): State<Handle>, who: Result<Path<String>, PathRejection>) -> Answer {
    Ok(axum::Json(handle.whois(&segment(who)?)?).into_response())
}

/// Decides something about a person: one member stands in the body.
#[utoipa::path(
    post,
    path = "/api/v1/people/{who}",
    tag = "people",
    params(("who" = String, Path, description = WHO)),
    request_body = Choice,
    responses(
        (status = OK, body = Decided),
        (status = BAD_REQUEST, description = "`bad_path`, `bad_json`, `own_key`, `bad_name`"),
        (status = NOT_FOUND, description = "`unknown`, `not_heard`"),
        (status = CONFLICT, description = "`ambiguous`, `differ`, `full`"),
    )
)]
pub(super) async fn decide(
    State(handle): State<Handle>,
    who: Result<Path<String>, PathRejection>,
    body: Bytes,
) -> Answer {
    let (who, decision) = (segment(who)?, Decision::read(&body)?);
    let (person, shared_with) = match decision {
        Decision::Verify(proof) => (handle.verify(&who, &proof)?, None),
        Decision::Trust => handle.accept(&who)?,
        Decision::Rename(name) => (handle.rename(&who, &name)?, None),
    };
    Ok(answer(Decided { person, shared_with }))
}

/// Verifies whomever the digits, or the text of a QR code, are of.
#[utoipa::path(
    post,
    path = "/api/v1/people",
    tag = "people",
    request_body = Proof,
    responses(
        (status = OK, body = Decided),
        (status = BAD_REQUEST, description = "`bad_json`, `own_key`"),
        (status = NOT_FOUND, description = "`unknown`"),
        (status = CONFLICT, description = "`differ`, `full`"),
    )
)]
pub(super) async fn decide_by_proof(State(handle): State<Handle>, body: Bytes) -> Answer {
    let Proof { verify: proof } = Proof::read(&body)?;
    let key = handle.whose(&proof).ok_or_else(|| {
        let text = "nobody who is known here has a key with these digits: a digit is wrong, or it was not heard yet";
        ApiError::new(Code::Unknown, text)
    })?;
    Ok(answer(Decided { person: handle.verify(&key, &proof)?, shared_with: None }))
}

fn answer(decided: Decided) -> Response {
    axum::Json(decided).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_decides_one_thing() {
        let check = |body: &str, decision: Option<Decision>| {
            assert_eq!(Decision::read(body.as_bytes()).ok(), decision, "{body}");
        };
        check(r#"{"verify":"12345 67890"}"#, Some(Decision::Verify("12345 67890".to_owned())));
        check(r#"{"trust":true}"#, Some(Decision::Trust));
        check(r#"{"rename":"Bob"}"#, Some(Decision::Rename("Bob".to_owned())));
        check(r#"{"rename":""}"#, Some(Decision::Rename(String::new())));
        for body in ["{}", r#"{"trust":false}"#, r#"{"trust":true,"rename":"x"}"#, r#"{"verify":1}"#, "[]", ""] {
            check(body, None);
        }
    }
}
