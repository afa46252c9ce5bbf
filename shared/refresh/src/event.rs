//! The events that start a refresh, each turned into a request.
//!
//! A rule's target sends our own small form; a raw EventBridge event is understood too, and a request as it is.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use vms_core::{CacheType, RefreshRequest, RunId, Trigger};

/// An event that asks for nothing that can be done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    /// None of the known forms.
    #[error(
        "the event is none of the known forms: a refresh request, {{cache_type, trigger, event_id, scheduled_for}}, \
         or an EventBridge event"
    )]
    UnknownForm,
    /// The event does not say which type, and neither does the function.
    #[error("the event names no cache type and CACHE_TYPE is not set")]
    NoType,
    /// The event is for another function.
    #[error("the event is for {asked}, this function refreshes {own}")]
    OtherType {
        /// The type in the event.
        asked: CacheType,
        /// The type of the function.
        own: CacheType,
    },
    /// The report belongs to another type.
    #[error("the report does not belong to the cache type of the request")]
    OtherReport,
}

/// What a new run id is made of.
#[derive(Debug, Clone, Copy)]
pub struct Ids {
    /// The present.
    pub now: Timestamp,
    /// Something that another request of this millisecond does not have.
    pub entropy: u32,
}

/// What our rules' input transformers send.
#[derive(Deserialize)]
struct Transformed {
    cache_type: Option<CacheType>,
    trigger: Trigger,
    event_id: Option<String>,
    scheduled_for: Option<Timestamp>,
}

/// An event as EventBridge itself sends it.
#[derive(Deserialize)]
struct Raw {
    id: String,
    #[serde(rename = "detail-type")]
    detail_type: String,
    time: Option<Timestamp>,
}

/// The object in S3 that an event is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectName {
    /// Its bucket.
    pub bucket: String,
    /// Its key.
    pub key: String,
}

/// The object that the event of a new snapshot is about, where the event names one. Its version does not matter: what
/// is refreshed from is the newest one, whose own event then finds its work done.
pub fn object_of(event: &Value) -> Option<ObjectName> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let detail = &event["detail"];
    let (bucket, key) = match text(&detail["bucket"]["name"]) {
        Some(bucket) => (Some(bucket), text(&detail["object"]["key"])),
        None => (text(&event["bucket"]), text(&event["key"])),
    };
    Some(ObjectName { bucket: bucket?, key: key? })
}

/// The request in an event, for a function whose own type is `own`, if it has one.
pub fn request_of(event: &Value, own: Option<CacheType>, ids: Ids) -> Result<RefreshRequest, EventError> {
    let request = match event {
        Value::Object(fields) if fields.contains_key("run_id") => {
            RefreshRequest::deserialize(event).map_err(|_| EventError::UnknownForm)?
        }
        Value::Object(fields) if fields.contains_key("trigger") => {
            let sent = Transformed::deserialize(event).map_err(|_| EventError::UnknownForm)?;
            let mut request = fresh(sent.cache_type.or(own), sent.trigger, ids)?;
            request.event_id = sent.event_id;
            request.scheduled_for = sent.scheduled_for;
            request
        }
        _ => {
            let raw = Raw::deserialize(event).map_err(|_| EventError::UnknownForm)?;
            let trigger = match raw.detail_type.as_str() {
                "Scheduled Event" => Trigger::Schedule,
                "Object Created" => Trigger::Snapshot,
                _ => return Err(EventError::UnknownForm),
            };
            let mut request = fresh(own, trigger, ids)?;
            request.event_id = Some(raw.id);
            request.scheduled_for = raw.time;
            request
        }
    };
    match own {
        Some(own) if own != request.cache_type => Err(EventError::OtherType { asked: request.cache_type, own }),
        _ if request.run_id.cache_type != request.cache_type => Err(EventError::UnknownForm),
        _ if request.report_key.as_ref().is_some_and(|k| k.cache_type() != request.cache_type) => {
            Err(EventError::OtherReport)
        }
        _ => Ok(request),
    }
}

fn fresh(cache_type: Option<CacheType>, trigger: Trigger, ids: Ids) -> Result<RefreshRequest, EventError> {
    let cache_type = cache_type.ok_or(EventError::NoType)?;
    Ok(RefreshRequest::new(RunId::new(cache_type, ids.now, ids.entropy), trigger))
}
