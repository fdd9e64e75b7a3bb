//! What the forms of the page do: say, connect, disconnect, block, unblock.
//! Must not know how a page looks, nor who may send forms. Bounds: `DURABLE_WAIT` for the disk.

use std::time::Duration;

use axum::extract::State;
use axum::response::Response;
use tokio::time::timeout;
use whispernet_node::handle::{Handle, Say, SayError};

use super::code::Code;
use super::error::ApiError;
use super::form::Form;
use super::front::{chat, home};
use crate::desk::Desk;
use crate::page::{self, View, Which};
use crate::shown::safe;
use crate::shown::words::who;
use crate::slash::{self, Line};
use crate::whom::{self, Blocked};

/// Longest wait until what was said is on disk; then it waits for its pace, and the page says so (a guess).
const DURABLE_WAIT: Duration = Duration::from_secs(2);

/// Says something, or does what it commands.
pub(super) async fn say(State(desk): State<Desk>, form: Form) -> Response {
    // Browsers write every line break of a form as CRLF.
    let draft = form.fields.get("body").replace("\r\n", "\n");
    let answered = form.word("reply").parse().ok();
    match carry_out(&desk, &draft, answered).await {
        Ok(told) => done(&form, &told),
        Err(error) => {
            let which = Which { reply: answered, ..Which::default() };
            refused(&desk.handle, &form, error, View { which, draft, ..View::default() }).await
        }
    }
}

/// What to tell of a line that was typed into the page.
async fn carry_out(desk: &Desk, line: &str, answered: Option<u64>) -> Result<Vec<String>, ApiError> {
    let body = match slash::parse(line) {
        // A slip of the hand, not a message.
        Ok(Line::Say(body)) if body.trim().is_empty() => return Err(SayError::Empty.into()),
        Ok(Line::Say(body)) => body.into_owned(),
        Ok(Line::Call(call)) => {
            let reply = slash::call(desk, &call).await.map_err(|error| wrong(&error))?;
            let found = reply.messages.iter().map(|message| format!("{}: {}", message.nick, message.body));
            return Ok(reply.lines.iter().cloned().chain(found).collect());
        }
        Err(error) => return Err(wrong(&error)),
    };
    let reply = match answered {
        Some(seq) => Some(page::id_of(&desk.handle, seq).await.ok_or_else(|| {
            ApiError::new(Code::BadReply, "the message that this answers is not in the history any more")
        })?),
        None => None,
    };
    let submission = desk.handle.submit(Say { body, reply, ..Say::default() })?;
    match timeout(DURABLE_WAIT, submission.durable()).await {
        Ok(Err(error @ SayError::NotDurable { .. })) => Ok(vec![error.to_string()]),
        Ok(Err(error)) => Err(error.into()),
        Ok(Ok(_)) | Err(_) => Ok(vec![]),
    }
}

fn wrong(error: &slash::Error) -> ApiError {
    ApiError::new(Code::BadCommand, error.to_string())
}

pub(super) async fn connect(State(handle): State<Handle>, form: Form) -> Response {
    let addr = form.word("addr");
    let connected = handle.connect(addr).await.map_err(ApiError::from);
    settle(&handle, &form, connected.map(|()| format!("connecting to {addr}"))).await
}

pub(super) async fn disconnect(State(handle): State<Handle>, form: Form) -> Response {
    let addr = form.word("addr");
    let disconnected = handle.disconnect(addr).await.map_err(ApiError::from);
    settle(&handle, &form, disconnected.map(|()| format!("disconnected from {addr} until you connect to it"))).await
}

pub(super) async fn block(State(handle): State<Handle>, form: Form) -> Response {
    let blocked = whom::block::<ApiError>(&handle, form.word("who"));
    settle(&handle, &form, blocked.map(|blocked| format!("blocked {}", name(&form, blocked)))).await
}

pub(super) async fn unblock(State(handle): State<Handle>, form: Form) -> Response {
    let unblocked = whom::unblock::<ApiError>(&handle, form.word("who"));
    settle(&handle, &form, unblocked.map(|blocked| format!("unblocked {}", name(&form, blocked)))).await
}

fn name(form: &Form, blocked: Blocked) -> String {
    match blocked {
        Blocked::Address => form.word("who").to_owned(),
        Blocked::Person(person) => who(&person),
    }
}

async fn settle(handle: &Handle, form: &Form, settled: Result<String, ApiError>) -> Response {
    match settled {
        Ok(told) => done(form, &[told]),
        Err(error) => refused(handle, form, error, View::default()).await,
    }
}

/// Back to the page, which tells what was done.
fn done(form: &Form, told: &[String]) -> Response {
    if let Some(session) = &form.session {
        session.tell(told.iter().map(|line| safe::line(line).into_owned()).collect());
    }
    home()
}

/// The page at once, with what went wrong and what was written.
async fn refused(handle: &Handle, form: &Form, error: ApiError, view: View) -> Response {
    let problem = Some(safe::line(&error.text).into_owned());
    chat(handle, form.session.as_ref(), error.status(), View { problem, ..view }).await
}
