//! A form of the page as a browser sends it back.
//! Must not know what it asks for. Bounds: those of a body.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse as _, Response};

use super::code::Code;
use super::entry::{Session, Visitor};
use super::error::ApiError;

/// Its fields.
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    fn read(body: &[u8]) -> Result<Self, ApiError> {
        let no_form = |_| ApiError::new(Code::BadForm, "that is no form: load the page again, and send again");
        serde_urlencoded::from_bytes(body).map(Self).map_err(no_form)
    }

    /// The first field of that name; empty where there is none.
    pub(super) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }
}

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let body = Bytes::from_request(request, state).await.map_err(|error| error.into_response())?;
        Self::read(&body).map_err(ApiError::into_response)
    }
}

/// A form of somebody who is in: a browser's is of a page that was made for it.
pub(super) struct Form {
    pub(super) fields: Fields,
    /// `None`: a program's.
    pub(super) session: Option<Session>,
}

impl Form {
    fn of(fields: Fields, visitor: Option<Visitor>) -> Result<Self, ApiError> {
        match visitor {
            Some(Visitor::Program) => Ok(Self { fields, session: None }),
            Some(Visitor::Browser(session)) if session.made_form(fields.get("form_token")) => {
                Ok(Self { fields, session: Some(session) })
            }
            _ => {
                let text = "this form is not of a page that was made for you: go back, load it again, and send again";
                Err(ApiError::new(Code::WrongForm, text))
            }
        }
    }

    /// The field of that name, without what surrounds it.
    pub(super) fn word(&self, name: &str) -> &str {
        self.fields.get(name).trim()
    }
}

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let visitor = request.extensions().get().cloned();
        let fields = Fields::from_request(request, state).await?;
        Self::of(fields, visitor).map_err(ApiError::into_response)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_as_they_were_written() {
        let fields = |body: &str| Fields::read(body.as_bytes()).expect("a form");
        assert_eq!(fields("a=1&b=%C3%A9+x%0D%0A&a=2").get("a"), "1");
        assert_eq!(fields("a=1&b=%C3%A9+x%0D%0A").get("b"), "é x\r\n");
        assert_eq!(fields("").get("a"), "");
        assert_eq!(fields("a").get("a"), "");
    }

    #[test]
    fn only_who_is_in_sends_forms() {
        let fields = || Fields(vec![("form_token".to_owned(), "nonsense".to_owned())]);
        assert!(Form::of(fields(), None).is_err());
        assert!(Form::of(fields(), Some(Visitor::Nobody)).is_err());
        assert!(Form::of(fields(), Some(Visitor::Program)).is_ok());
    }
}
