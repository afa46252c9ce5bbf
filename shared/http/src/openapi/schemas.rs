//! The JSON of requests and answers. Objects hold what is listed and nothing else, save where they say so.

use serde_json::{Map, Value, json};
use vms_core::{CacheType, Outcome, State};

/// Every schema by its name.
pub(super) fn all() -> Value {
    let mut all = Map::new();
    for group in [words(), requests(), answers(), ledger(), explanation()] {
        all.extend(group);
    }
    all.into()
}

/// An object of these members, all of them there.
fn object(members: &Value) -> Value {
    let names: Vec<&String> = members.as_object().map(|m| m.keys().collect()).unwrap_or_default();
    json!({"type": "object", "properties": members, "required": names, "additionalProperties": false})
}

/// An object of these members, any of which may be left out.
fn partial(members: &Value) -> Value {
    json!({"type": "object", "properties": members, "additionalProperties": false})
}

/// An object of these members, and of further ones that may be left out.
fn object_or_more(members: &Value, more: &Value) -> Value {
    let mut object = object(members);
    if let (Some(Value::Object(properties)), Some(more)) = (object.get_mut("properties"), more.as_object()) {
        properties.extend(more.clone());
    }
    object
}

fn named(schema: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{schema}")})
}

fn or_null(schema: &Value) -> Value {
    json!({"anyOf": [schema, {"type": "null"}]})
}

fn list_of(schema: &str) -> Value {
    json!({"type": "array", "items": named(schema)})
}

fn text() -> Value {
    json!({"type": "string"})
}

fn count() -> Value {
    json!({"type": "integer", "minimum": 0})
}

fn flag() -> Value {
    json!({"type": "boolean"})
}

fn time() -> Value {
    json!({"type": "string", "format": "date-time"})
}

fn counts() -> Value {
    json!({"type": "object", "additionalProperties": count()})
}

type Group = Vec<(String, Value)>;

fn group<const N: usize>(schemas: [(&str, Value); N]) -> Group {
    schemas.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect()
}

fn one_of(names: &[&str]) -> Value {
    json!({"type": "string", "enum": names})
}

fn words() -> Group {
    group([
        ("CacheType", one_of(&CacheType::ALL.map(CacheType::as_str))),
        ("State", one_of(&State::ALL.map(State::as_str))),
        ("Outcome", one_of(&Outcome::ALL.map(Outcome::as_str))),
        ("Trigger", one_of(&["schedule", "sweep", "snapshot", "manual"])),
        ("Check", one_of(&["structure", "empty", "row_drop", "held"])),
        (
            "RunId",
            json!({
                "type": "string",
                "pattern": "^[a-z_]+\\.[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z\\.[0-9a-f]{6}$",
            }),
        ),
        ("Version", json!({"type": "string", "description": "An etag: 32 hex digits of the content's SHA-256."})),
        (
            "ReportKey",
            json!({
                "type": "string", "maxLength": 900,
                "description": "A report's key; see the README. Every byte other than A-Z a-z 0-9 - _ . is written ~XX.",
            }),
        ),
    ])
}

/// What is sent, as JSON and as a form, whose fields are all texts.
fn requests() -> Group {
    let (maybe_text, maybe_key) = (or_null(&text()), or_null(&named("ReportKey")));
    let reason = json!({"type": "string", "maxLength": 500});
    let types: Vec<&str> = ["all"].into_iter().chain(CacheType::ALL.map(CacheType::as_str)).collect();
    let checkbox = one_of(&["on", "off", "true", "false", ""]);
    let form_type = one_of(&[types.as_slice(), &[""]].concat());
    group([
        (
            "RefreshRequest",
            partial(&json!({
                "cache_type": or_null(&one_of(&types)), "force": flag(), "report_key": maybe_key, "dry_run": flag(),
            })),
        ),
        (
            "RefreshRequestForm",
            partial(&json!({"cache_type": form_type, "force": checkbox, "report_key": text(), "dry_run": checkbox})),
        ),
        ("ActRequest", partial(&json!({"report_key": maybe_key, "version": maybe_text, "reason": or_null(&reason)}))),
        ("ActRequestForm", partial(&json!({"report_key": text(), "version": text(), "reason": reason}))),
        ("SwitchRequest", partial(&json!({"reason": or_null(&reason), "until": maybe_text}))),
        ("SwitchRequestForm", partial(&json!({"reason": reason, "until": text()}))),
        ("LoginRequest", partial(&json!({"api_key": maybe_text, "next": maybe_text}))),
        ("LoginRequestForm", partial(&json!({"api_key": text(), "next": text()}))),
        ("LogoutRequest", partial(&json!({}))),
        ("LogoutRequestForm", partial(&json!({}))),
    ])
}

fn answers() -> Group {
    group([
        (
            "Problem",
            object(&json!({
                "type": text(), "title": text(), "status": {"type": "integer"}, "detail": text(), "instance": text(),
            })),
        ),
        ("Description", json!({"type": "object", "required": ["openapi", "info", "paths"]})),
        ("Report", json!({"type": "object", "description": "The JSON columns of VMS's cache row as members."})),
        (
            "Health",
            object(&json!({
                "status": one_of(&["healthy", "degraded", "unhealthy"]),
                "timestamp": time(),
                "checks": {"type": "object", "additionalProperties": text()},
            })),
        ),
        ("ReportList", object(&json!({"reports": list_of("Listed"), "next_cursor": or_null(&named("ReportKey"))}))),
        (
            "Listed",
            object(&json!({
                "key": named("ReportKey"), "cache_type": named("CacheType"), "title": text(), "last_updated": time(),
                "generated_at": time(), "source_taken_at": time(), "state": named("State"), "etag": named("Version"),
                "bytes": count(),
            })),
        ),
        ("Switched", object(&json!({"success": flag(), "message": text(), "recorded": flag()}))),
        (
            "Signed",
            json!({
                "type": "object",
                "properties": {"success": flag(), "message": text(), "expires_at": time()},
                "required": ["success", "message"],
                "additionalProperties": false,
            }),
        ),
        (
            "Asked",
            object(&json!({
                "success": flag(), "message": text(),
                "runs": {
                    "type": "array",
                    "items": object(&json!({"run_id": named("RunId"), "cache_type": named("CacheType")})),
                },
            })),
        ),
        (
            "Acted",
            object(&json!({
                "success": flag(), "message": text(), "report_key": named("ReportKey"), "version": named("Version"),
                "serving": named("Version"), "act": text(), "recorded": flag(),
            })),
        ),
        (
            "Compared",
            object(&json!({
                "report_key": named("ReportKey"), "from": named("Side"), "to": named("Side"), "total": count(),
                "summary": object(&json!({"rows_added": count(), "rows_removed": count(), "figures_changed": count()})),
                "changes": list_of("Change"),
            })),
        ),
        (
            "Side",
            object(&json!({
                "role": one_of(&["current", "candidate", "earlier"]), "version": named("Version"),
                "generated_at": time(), "rows": count(),
            })),
        ),
        (
            "Change",
            json!({
                "type": "object",
                "properties": {"path": text(), "old": {}, "new": {}},
                "required": ["path"],
                "additionalProperties": false,
            }),
        ),
    ])
}

fn ledger() -> Group {
    let maybe_time = or_null(&time());
    group([
        ("StatusAnswer", object(&json!({"success": flag(), "data": named("Status")}))),
        (
            "Status",
            object_or_more(
                &json!({
                    "is_running": flag(), "refresh_interval_hours": count(), "last_refresh": maybe_time,
                    "stats": object(&json!({
                        "total_refreshes": count(), "successful_refreshes": count(), "failed_refreshes": count(),
                        "last_error": or_null(&text()),
                    })),
                    "cache_types": list_of("TypeStatus"),
                    "metrics": {"type": "object", "additionalProperties": named("Figure")},
                    "schedule": named("Schedule"),
                }),
                &json!({"alarms": list_of("Alarm"), "alarms_problem": text()}),
            ),
        ),
        (
            "Alarm",
            object_or_more(
                &json!({
                    "name": text(), "state": {"enum": ["alarm", "insufficient_data", "ok"]},
                    "since": or_null(&time()),
                }),
                &json!({"reason": text()}),
            ),
        ),
        (
            "Schedule",
            object_or_more(
                &json!({"paused": flag()}),
                &json!({"by": text(), "since": time(), "until": time(), "reason": text()}),
            ),
        ),
        (
            "Figure",
            object(&json!({
                "value": or_null(&json!({"type": "number"})), "target": text(), "met": or_null(&flag()),
                "counted": text(),
            })),
        ),
        (
            "TypeStatus",
            object(&json!({
                "cache_type": named("CacheType"), "state": named("State"), "oldest_report_age": or_null(&count()),
                "oldest_source_age": or_null(&count()), "last_run": or_null(&named("LastRun")),
                "last_success": or_null(&named("LastRun")), "reports": count(), "missing": count(),
                "quarantined": count(), "held": count(), "retired": count(), "archived": count(), "bytes": count(),
                "stored_bytes": count(), "failures_in_row": count(), "next_try": maybe_time,
                "last_error": or_null(&text()),
            })),
        ),
        (
            "LastRun",
            object(&json!({
                "run_id": named("RunId"), "outcome": named("Outcome"), "trigger": named("Trigger"),
                "started_at": time(), "finished_at": time(),
            })),
        ),
        ("RunList", object(&json!({"runs": list_of("Run"), "next_cursor": or_null(&named("RunId"))}))),
        (
            "Run",
            object(&json!({
                "run_id": named("RunId"), "cache_type": named("CacheType"), "state": text(),
                "outcome": or_null(&named("Outcome")),
                "skipped": or_null(&one_of(&["fresh", "paused", "backing_off"])), "trigger": named("Trigger"),
                "event_id": or_null(&text()), "requested_by": or_null(&text()), "scheduled_for": maybe_time,
                "force": flag(), "report_key": or_null(&named("ReportKey")), "started_at": time(),
                "finished_at": maybe_time, "duration_ms": or_null(&json!({"type": "integer"})), "bytes": or_null(&count()),
                "durations": object(&json!({"load_ms": count(), "publish_ms": count()})),
                "dry_run": flag(), "done": count(), "total": count(), "counts": counts(),
                "reports": {
                    "type": "array",
                    "description": "Key and outcome of what is not routine, the first 200.",
                    "items": {"type": "array", "items": text(), "minItems": 2, "maxItems": 2},
                },
                "left_out": counts(), "error": or_null(&text()), "source": or_null(&text()),
            })),
        ),
    ])
}

fn explanation() -> Group {
    let maybe_time = or_null(&time());
    group([
        (
            "Explained",
            object(&json!({
                "report_key": named("ReportKey"), "cache_type": named("CacheType"), "title": or_null(&text()),
                "state": named("State"),
                "decided_by": one_of(&["report_age", "source_age", "retired", "archived", "not_cached"]),
                "sentences": {"type": "array", "items": text()},
                "entry": or_null(&object(&json!({
                    "last_updated": time(), "age": count(), "source_taken_at": time(), "source_age": count(),
                    "held": maybe_time, "rejected": or_null(&named("Version")), "act": or_null(&text()),
                    "retired_at": maybe_time, "archived_at": maybe_time,
                }))),
                "act": or_null(&object(&json!({
                    "kind": one_of(&["approve", "reject", "rollback"]), "by": text(), "at": time(),
                    "reason": or_null(&text()),
                }))),
                "candidate": or_null(&object(&json!({
                    "version": named("Version"), "check": named("Check"), "run_id": named("RunId"),
                    "generated_at": time(), "since": time(), "rows": count(),
                }))),
                "versions": {"type": "array", "items": object(&json!({
                    "version": named("Version"), "is_served": flag(), "generated_at": time(), "source_version": text(),
                    "bytes": count(), "stored_bytes": count(), "rows": count(),
                }))},
                "schedule": object(&json!({
                    "last_handled": maybe_time, "last_fired": time(), "next_fires": time(), "next_sweep": time(),
                    "paused": flag(), "paused_by": or_null(&text()), "paused_since": maybe_time,
                    "paused_until": maybe_time, "reason": or_null(&text()),
                })),
                "lease": or_null(&object(&json!({
                    "owner": named("RunId"), "is_held": flag(), "held_until": maybe_time,
                }))),
                "touched": or_null(&named("Touch")), "last_run": or_null(&named("Touch")),
                "failures": object(&json!({
                    "in_row": count(), "last_error": or_null(&text()), "next_try": maybe_time,
                })),
            })),
        ),
        ("Touch", object(&json!({"run_id": named("RunId"), "did": or_null(&text()), "run": or_null(&named("Run"))}))),
    ])
}
