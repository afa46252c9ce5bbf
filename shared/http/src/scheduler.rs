//! The schedule's switch, under the routes and with the words that VMS's operators know.

use crate::acts::{new_act, reason, write_down};
use crate::body::{self, Fields};
use crate::context::Context;
use crate::done::Done;
use crate::notice::{Notice, Reason};
use crate::problem::Problem;
use crate::{Request, browse};
use http::StatusCode;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
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

impl Fields for SwitchRequest {}

/// The answer, as VMS gave it, and whether the act stands in the ledger of acts.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Switched {
    /// It was done.
    pub success: bool,
    /// The same in words.
    pub message: String,
    /// Whether it stands in the ledger of acts; who did it, the schedule's switch says in any case.
    pub recorded: bool,
}

/// Resumes or pauses schedule, sweep and snapshots; an operator's own refresh always runs.
pub(crate) async fn switch<T: Table>(
    context: &Context<T>,
    paused: bool,
    request: &Request,
    key_id: &str,
) -> Result<Done, Problem> {
    let wanted: SwitchRequest = body::fields(request)?;
    let now = context.now();
    let reason = reason(wanted.reason)?;
    let until = wanted.until.map(|text| until(&text, paused, now)).transpose()?;
    let control =
        ScheduleControl { paused, by: Some(key_id.to_owned()), since: Some(now), until, reason: reason.clone() };
    context.store.set_schedule_control(&control).await?;
    let kind = if paused { ActKind::Pause } else { ActKind::Resume };
    let recorded = write_down(context, &new_act(kind, key_id, reason, now)).await;
    let message = format!("Cache refresh scheduler {} successfully", if paused { "stopped" } else { "started" });
    let notice = if paused { Notice::Paused } else { Notice::Resumed };
    let answer = Switched { success: true, message, recorded };
    Ok(Done::new(StatusCode::OK, &answer, browse::HOME.to_owned(), notice))
}

fn until(text: &str, paused: bool, now: Timestamp) -> Result<Timestamp, Problem> {
    let unread = |detail| Problem::bad_request(detail).told_as(Reason::UntilUnread);
    if !paused {
        return Err(unread("until: only a pause ends by itself"));
    }
    // A form's own field for times knows neither seconds nor zone; the page says that it means UTC.
    let read = text
        .parse()
        .or_else(|_| text.parse().and_then(|civil: DateTime| civil.to_zoned(TimeZone::UTC)).map(|z| z.timestamp()));
    match read {
        Ok(until) if until > now => Ok(until),
        Ok(_) => Err(Problem::bad_request("until: has passed already").told_as(Reason::UntilPassed)),
        Err(_) => Err(unread("until: expects a time such as 2026-03-16T06:00:00Z")),
    }
}
