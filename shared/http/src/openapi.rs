//! The description of the whole HTTP interface, `OpenAPI` 3.1: made from the list of routes, so that it names no other,
//! and held against every answer of the handlers by their tests.

mod schemas;

use crate::Response;
use crate::response::{self, JSON};
use crate::routes::{Audience, ROUTES, Route, RouteInfo};
use bytes::Bytes;
use http::{Method, StatusCode};
use serde_json::{Map, Value, json};
use std::sync::LazyLock;
use vms_core::Role;

static DESCRIPTION: LazyLock<Bytes> = LazyLock::new(|| describe().to_string().into());

const HTML: &str = "text/html";
const PROBLEM: &str = "application/problem+json";

/// The description.
pub(crate) fn answer() -> Response {
    response::with_body(StatusCode::OK, JSON, DESCRIPTION.clone())
}

/// What is said of one method of a route.
struct Operation {
    summary: &'static str,
    /// Its parameters, without that of the path.
    parameters: Vec<Value>,
    /// The schema of its body.
    body: Option<&'static str>,
    /// What it answers where all is well.
    answers: Vec<(u16, Answer)>,
    /// With which statuses it refuses, apart from those of every such route.
    problems: &'static [u16],
}

impl Operation {
    fn new(summary: &'static str, status: u16, answer: Answer) -> Self {
        Self { summary, parameters: Vec::new(), body: None, answers: vec![(status, answer)], problems: &[] }
    }

    fn or(mut self, status: u16, answer: Answer) -> Self {
        self.answers.push((status, answer));
        self
    }

    fn taking(self, parameters: Vec<Value>) -> Self {
        Self { parameters, ..self }
    }

    fn refusing(self, problems: &'static [u16]) -> Self {
        Self { problems, ..self }
    }

    /// What is asked for, as JSON of that schema.
    fn get(summary: &'static str, schema: &'static str) -> Self {
        Self::new(summary, 200, Answer::Json(schema))
    }

    /// A page, which tells how an act ended that led to it.
    fn page(summary: &'static str, mut parameters: Vec<Value>) -> Self {
        parameters.push(text("notice"));
        Self::new(summary, 200, Answer::Page).taking(parameters)
    }

    /// An act that a body of that schema asks for.
    fn act(summary: &'static str, body: &'static str, status: u16, answer: &'static str) -> Self {
        Self { body: Some(body), ..Self::new(summary, status, Answer::Json(answer)) }
    }

    /// An act on one report.
    fn deed(summary: &'static str) -> Self {
        Self::act(summary, "ActRequest", 200, "Acted").refusing(&[404, 409])
    }
}

/// What an answer holds.
enum Answer {
    /// JSON of that schema.
    Json(&'static str),
    /// A page.
    Page,
    /// A file of ours.
    File,
    /// Nothing but its headers.
    Nothing(&'static str),
}

fn describe() -> Value {
    let mut paths = Map::new();
    for info in ROUTES {
        let mut path = Map::new();
        if let Some(parameter) = variable(info) {
            path.insert("parameters".to_owned(), json!([parameter]));
        }
        for method in info.methods {
            path.insert(method.as_str().to_ascii_lowercase(), operation(info, method));
        }
        paths.insert(info.pattern.to_owned(), path.into());
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "VMS report cache",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Cached reports of VMS, and the management of the cache. A part of a path that is in braces \
                            may hold slashes.",
        },
        "paths": paths,
        "components": {
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": "An API key, with the role that a route needs."},
                "session": {
                    "type": "apiKey", "in": "cookie", "name": "__Host-vms_session",
                    "description": "The session of an operator who signed in; on a loopback address its name has no \
                                    prefix. What it changes must be sent by a page of the same origin.",
                },
            },
            "schemas": schemas::all(),
        },
    })
}

fn operation(info: &RouteInfo, method: &Method) -> Value {
    let said = said(info.route, method);
    let mut responses = Map::new();
    let mut add = |status: u16, description: &str, content: Value| {
        let mut response = json!({"description": description});
        if content != Value::Null {
            response["content"] = content;
        }
        responses.insert(status.to_string(), response);
    };
    for status in problems(info, method, &said) {
        add(status, reason(status), refusal(info, method));
    }
    if let Some(description) = leads_on(info, method) {
        add(303, description, Value::Null);
    }
    for (status, answer) in &said.answers {
        match answer {
            Answer::Json(schema) => {
                add(*status, reason(*status), json!({"application/json": {"schema": named(schema)}}));
            }
            Answer::Page => add(*status, "The page.", json!({HTML: {}})),
            Answer::File => add(*status, "The file.", json!({"*/*": {}})),
            Answer::Nothing(description) => add(*status, description, Value::Null),
        }
    }
    let mut operation = json!({
        "summary": said.summary,
        "operationId": format!("{}{:?}", method.as_str().to_ascii_lowercase(), info.route),
        "tags": [if info.audience == Audience::Browsers { "pages" } else { "api" }],
        "parameters": said.parameters,
        "responses": responses,
        "security": match info.role {
            None => json!([]),
            Some(Role::Reader) => json!([{"key": []}]),
            Some(Role::Operator) => json!([{"key": []}, {"session": []}]),
        },
    });
    if let Some(schema) = said.body {
        operation["requestBody"] = json!({
            "required": false,
            "content": {
                "application/json": {"schema": named(schema)},
                "application/x-www-form-urlencoded": {"schema": named(&format!("{schema}Form"))},
            },
        });
    }
    operation
}

/// The statuses with which a route refuses: those of every route of its kind, and its own.
fn problems(info: &RouteInfo, method: &Method, said: &Operation) -> Vec<u16> {
    let mut statuses = vec![431];
    // Whatever is read of the table, a key to begin with, may not be what was written.
    statuses.extend(info.role.map(|_| [401, 403, 500, 503]).into_iter().flatten());
    if *method == Method::POST {
        statuses.extend([400, 403, 413, 415, 500, 503]);
    }
    if *method == Method::GET && info.role.is_some() && info.route != Route::Report {
        statuses.push(400);
    }
    if info.pattern.contains('{') {
        statuses.push(404);
    }
    statuses.extend(said.problems);
    statuses
}

/// Where a route leads on instead of answering by itself.
fn leads_on(info: &RouteInfo, method: &Method) -> Option<&'static str> {
    match (info.audience, *method == Method::POST) {
        (_, true) => Some("To a form: the page that tells the outcome, or the login form."),
        (Audience::Browsers, false) if info.role.is_some() => Some("The login form: there is no session."),
        _ => None,
    }
}

/// The forms of a refusal: who sent a form, or asked for a page, reads a page.
fn refusal(info: &RouteInfo, method: &Method) -> Value {
    let problem = json!({"schema": named("Problem")});
    match (info.audience, *method == Method::POST) {
        (Audience::Browsers, false) => json!({HTML: {}}),
        (Audience::Programs, false) => json!({PROBLEM: problem}),
        (_, true) => json!({PROBLEM: problem, HTML: {}}),
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        400 => "The request is not understood.",
        401 => "No valid key, and no session.",
        403 => "The key is a reader's; or a session's cookie came along from another site.",
        404 => "There is no such thing.",
        406 => "The report is only sent as gzip.",
        409 => "It cannot be done as the report stands.",
        413 => "The body is longer than 64 KiB.",
        415 => "The body is neither JSON nor a form.",
        422 => "The versions are too large to be compared.",
        431 => "The headers are more than 100, or longer than 16 KiB.",
        500 => "What is stored is damaged, so it is not served.",
        503 => "Reports are missing, or the cache cannot be reached; try again shortly.",
        _ => "Done.",
    }
}

fn named(schema: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{schema}")})
}

fn variable(info: &RouteInfo) -> Option<Value> {
    let (_, name) = info.pattern.split_once('{')?;
    let name = name.trim_end_matches('}');
    let example = match info.route {
        Route::ApiRun | Route::RunPage => "district.2026-03-15T02:00:00.000Z.1a2b3c",
        Route::Asset => "style.css",
        _ => "recruitment/dia-events",
    };
    Some(json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}, "example": example}))
}

/// A parameter that is left empty, as a form leaves it, is as good as none.
fn query(name: &str, schema: &Value) -> Value {
    let schema = json!({"anyOf": [schema, {"type": "string", "maxLength": 0}]});
    json!({"name": name, "in": "query", "required": false, "schema": schema})
}

fn request_header(name: &str) -> Value {
    json!({"name": name, "in": "header", "required": false, "schema": {"type": "string"}})
}

fn limit(most: u32) -> Value {
    query("limit", &json!({"type": "integer", "minimum": 1, "maximum": most}))
}

fn text(name: &str) -> Value {
    query(name, &json!({"type": "string"}))
}

fn of_schema(name: &str, schema: &str) -> Value {
    query(name, &named(schema))
}

fn runs() -> Vec<Value> {
    vec![
        of_schema("cache_type", "CacheType"),
        of_schema("outcome", "Outcome"),
        limit(200),
        of_schema("cursor", "RunId"),
    ]
}

fn reports() -> Vec<Value> {
    let year = query("school_year", &json!({"type": "string", "pattern": "^[0-9]{4}$"}));
    vec![of_schema("cache_type", "CacheType"), of_schema("state", "State"), year, limit(1000), text("cursor")]
}

fn versions() -> Vec<Value> {
    vec![text("from"), text("to")]
}

/// What is said of each route itself.
fn said(route: Route, method: &Method) -> Operation {
    let posts = *method == Method::POST;
    match route {
        Route::Health => {
            Operation::get("Whether reports are served, and fresh", "Health").or(503, Answer::Json("Health"))
        }
        Route::Description => Operation::get("This description", "Description"),
        Route::ReportList => Operation::get("Every cached report", "ReportList").taking(reports()),
        Route::Report => {
            let body = if *method == Method::HEAD { Answer::File } else { Answer::Json("Report") };
            Operation::new("A report as it is stored", 200, body)
                .or(304, Answer::Nothing("The report is still the one that the client has."))
                .taking(vec![request_header("if-none-match"), request_header("accept-encoding")])
                .refusing(&[406])
        }
        Route::ApiStatus => Operation::get("The state of every type", "StatusAnswer"),
        Route::ApiRuns => Operation::get("The ledger of runs, newest first", "RunList").taking(runs()),
        Route::ApiRun => Operation::get("One run", "Run"),
        Route::ApiExplain => Operation::get("Why a report is as it is", "Explained"),
        Route::ApiDiff => Operation::get("What differs between two versions of a report", "Compared")
            .taking(versions())
            .refusing(&[422]),
        Route::ApiRefresh => Operation::act("Asks for refreshes", "RefreshRequest", 202, "Asked"),
        Route::ApiApprove => Operation::deed("Serves the build that waits"),
        Route::ApiReject => Operation::deed("Drops the build that waits"),
        Route::ApiRollback => Operation::deed("Serves an earlier version"),
        Route::SchedulerStart => Operation::act("Resumes scheduled refreshes", "SwitchRequest", 200, "Switched"),
        Route::SchedulerStop => Operation::act("Pauses scheduled refreshes", "SwitchRequest", 200, "Switched"),
        Route::Root => Operation::new("The way in", 303, Answer::Nothing("The status page.")),
        Route::StatusPage => Operation::page("The state of everything", vec![]),
        Route::RunsPage => Operation::page("The ledger of runs", runs()),
        Route::RunPage => Operation::page("One run", vec![]),
        Route::ReportsPage => Operation::page("Cached reports", [reports(), vec![text("text")]].concat()),
        Route::ExplainPage => Operation::page("Why a report is as it is", vec![]),
        Route::DiffPage => Operation::page("What differs between two versions", versions()).refusing(&[422]),
        Route::Asset => Operation::new("A file that pages refer to", 200, Answer::File),
        Route::RefreshPage if posts => Operation::act("Asks for refreshes", "RefreshRequest", 202, "Asked"),
        Route::RefreshPage => {
            Operation::page("The refresh form", vec![of_schema("cache_type", "CacheType"), text("report_key")])
        }
        Route::Login if posts => {
            Operation::act("Signs in with an operator's key", "LoginRequest", 200, "Signed").refusing(&[401])
        }
        Route::Login => Operation::page("The login form", vec![text("next")]).refusing(&[400]),
        Route::Logout => Operation::act("Signs out", "LogoutRequest", 200, "Signed"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schema_that_is_named_is_there_and_every_one_that_is_there_is_named() {
        let text = describe().to_string();
        let all = schemas::all();
        for name in all.as_object().unwrap().keys() {
            assert!(text.contains(&format!("#/components/schemas/{name}\"")), "{name} is named nowhere");
        }
        for part in text.split("#/components/schemas/").skip(1) {
            let name = part.split('"').next().unwrap();
            assert!(all.get(name).is_some(), "{name} is missing");
        }
    }
}
