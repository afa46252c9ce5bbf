//! What an act is answered with: JSON to a program, and to a page's form the way to the page that tells the outcome.

use crate::notice::Notice;
use crate::problem::Problem;
use crate::{Request, Response, body, response};
use http::StatusCode;
use serde::Serialize;

/// An act that was done.
pub(crate) struct Done {
    json: Response,
    page: String,
    notice: Notice,
}

impl Done {
    /// A program gets `answer`, a form goes on to `page` with that notice.
    pub(crate) fn new(status: StatusCode, answer: &impl Serialize, page: String, notice: Notice) -> Self {
        Self { json: response::json(status, answer), page, notice }
    }
}

/// Answers whoever asked; a form that is refused goes on to the page `otherwise`.
pub(crate) fn answer(
    request: &Request,
    outcome: Result<Done, Problem>,
    otherwise: impl FnOnce() -> String,
) -> Result<Response, Problem> {
    if !body::is_form(request) {
        return outcome.map(|done| done.json);
    }
    let (page, notice) = match outcome {
        Ok(done) => (done.page, done.notice),
        Err(problem) => (otherwise(), Notice::Refused(problem.reason())),
    };
    Ok(response::see_other(&format!("{page}?notice={notice}")))
}
