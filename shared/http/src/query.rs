//! Query strings: read strictly, so that a mistyped filter is an error instead of an unfiltered answer.

use crate::Request;
use crate::percent;
use crate::problem::Problem;
use std::fmt::Display;
use std::str::FromStr;

/// The parameters of a request, each known and given at most once.
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    pub(crate) fn of(request: &Request, known: &[&str]) -> Result<Self, Problem> {
        let given = form_pairs(request.uri().query().unwrap_or_default());
        let pairs = given.ok_or_else(|| Problem::bad_request("the query string is not well encoded"))?;
        for (place, (name, _)) in pairs.iter().enumerate() {
            if !known.contains(&name.as_str()) {
                return Err(Problem::bad_request(match known {
                    [] => "this route has no query parameters".to_owned(),
                    known => format!("the query parameters here are {}", known.join(", ")),
                }));
            }
            if pairs.iter().skip(place + 1).any(|(other, _)| other == name) {
                return Err(Problem::bad_request(format!("{name} is given twice")));
            }
        }
        Ok(Self(pairs))
    }

    /// A parameter as text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, v)| n == name && !v.is_empty()).map(|(_, v)| v.as_str())
    }

    /// A parameter in its own form.
    pub(crate) fn parsed<P: FromStr<Err: Display>>(&self, name: &str) -> Result<Option<P>, Problem> {
        let parse = |text: &str| text.parse().map_err(|e| Problem::bad_request(format!("{name}: {e}")));
        self.text(name).map(parse).transpose()
    }

    /// The parameter `limit`, between 1 and `most`.
    pub(crate) fn limit(&self, default: usize, most: usize) -> Result<usize, Problem> {
        let Some(text) = self.text("limit") else {
            return Ok(default);
        };
        let limit = text.parse().ok().filter(|n| (1..=most).contains(n));
        limit.ok_or_else(|| Problem::bad_request(format!("limit: expects a whole number from 1 to {most}")))
    }
}

/// Names and values as query strings and forms hold them; `None` where they are not well encoded.
pub(crate) fn form_pairs(text: &str) -> Option<Vec<(String, String)>> {
    // A plus stands for a space.
    let decoded = |text: &str| percent::decode(&text.replace('+', " "));
    let parts = text.split('&').filter(|part| !part.is_empty());
    parts.map(|part| part.split_once('=').unwrap_or((part, ""))).map(|(n, v)| decoded(n).zip(decoded(v))).collect()
}
