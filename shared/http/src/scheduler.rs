//! The schedule's switch, under the routes and with the words that VMS's operators know.

use crate::acts::{new_act, reason};
use crate::context::Context;
use crate::manage::json_body;
use crate::problem::Problem;
use crate::{Request, Response, response};
use http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use vms_store::{ActKind, ScheduleControl, Table};

/// The body of a request to start or stop the schedule.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SwitchRequest {
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When a pause ends by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

/// The answer, as VMS gave it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Switched {
    /// It was done.
    pub success: bool,
    /// The same in words.
    pub message: String,
}

/// Resumes or pauses schedule, sweep and snapshots; an operator's own refresh always runs.
pub(crate) async fn switch<T: Table>(
    context: &Context<T>,
    paused: bool,
    request: &Request,
    key_id: &str,
) -> Result<Response, Problem> {
    let wanted: SwitchRequest = json_body(request)?;
    let now = context.now();
    let reason = reason(wanted.reason)?;
    let until = wanted.until.map(|text| until(&text, paused, now)).transpose()?;
    let control =
        ScheduleControl { paused, by: Some(key_id.to_owned()), since: Some(now), until, reason: reason.clone() };
    context.store.set_schedule_control(&control).await?;
    let kind = if paused { ActKind::Pause } else { ActKind::Resume };
    context.store.record_act(&new_act(kind, key_id, reason, now)).await?;
    let message = format!("Cache refresh scheduler {} successfully", if paused { "stopped" } else { "started" });
    Ok(response::json(StatusCode::OK, &Switched { success: true, message }))
}

fn until(text: &str, paused: bool, now: Timestamp) -> Result<Timestamp, Problem> {
    if !paused {
        return Err(Problem::bad_request("until: only a pause ends by itself"));
    }
    match text.parse::<Timestamp>() {
        Ok(until) if until > now => Ok(until),
        Ok(_) => Err(Problem::bad_request("until: has passed already")),
        Err(_) => Err(Problem::bad_request("until: expects a time such as 2026-03-16T06:00:00Z")),
    }
}
