//! Each fact, and what is said of it.

use super::*;
use jiff::SignedDuration;
use vms_core::{Fence, LastRun, Nightly, Outcome, RefreshRequest, RunState, Trigger};

fn at(hour: u64) -> Timestamp {
    let start: Timestamp = "2026-03-15T00:00:00Z".parse().unwrap();
    start + SignedDuration::from_hours(hour as i64)
}

fn version(letter: char, fence: u64) -> Version {
    Version {
        etag: Etag(format!("{letter}{fence:031}")),
        body: Fence(fence),
        bytes: 100,
        stored_bytes: 50,
        chunks: 1,
        rows: 3,
        generated_at: at(fence),
        source_version: format!("v{fence}"),
    }
}

fn run_id(hour: u64) -> RunId {
    RunId::new(CacheType::Recruitment, at(hour), 1)
}

/// A run of that hour and outcome.
fn run(hour: u64, outcome: Outcome) -> Run {
    let request = RefreshRequest::new(run_id(hour), Trigger::Schedule);
    let done = Run::of(&request, RunState::Done, at(hour));
    Run { outcome: Some(outcome), finished_at: Some(at(hour)), ..done }
}

fn last_run(hour: u64, outcome: Outcome) -> LastRun {
    let (run_id, trigger) = (run_id(hour), Trigger::Schedule);
    LastRun { run_id, outcome, trigger, started_at: at(hour), finished_at: at(hour) }
}

fn candidate(check: Check, rows: u64) -> Candidate {
    let version = Version { rows, ..version('d', 4) };
    Candidate { version, check, run_id: run_id(4), source_taken_at: at(3), since: at(4) }
}

fn entry() -> Entry {
    Entry {
        versions: vec![version('b', 1)],
        ..Entry::first(ReportKey::RecruitmentDiaEvents, "DIA events", version('c', 2), run_id(2), at(1))
    }
}

/// At noon, all as it should be since the night's run.
fn facts() -> Facts {
    Facts {
        key: "recruitment/dia-events".parse().unwrap(),
        entry: Some(entry()),
        status: TypeStatus {
            last_run: Some(last_run(2, Outcome::Succeeded)),
            last_schedule: Some(at(2)),
            ..TypeStatus::unknown(CacheType::Recruitment)
        },
        control: ScheduleControl::default(),
        lease: None,
        act: None,
        touched: Some(run(2, Outcome::Succeeded)),
        last: None,
        limits: FreshnessLimits::default(),
        nightly: Nightly::default(),
        now: at(12),
    }
}

fn with_entry(change: fn(Entry) -> Entry) -> Facts {
    Facts { entry: facts().entry.map(change), ..facts() }
}

fn missing() -> Facts {
    Facts { entry: None, touched: None, last: Some(run(2, Outcome::Succeeded)), ..facts() }
}

/// After a later run than the one that touched the report.
fn after(outcome: Outcome, did: Option<&str>) -> Facts {
    let status = TypeStatus { last_run: Some(last_run(8, outcome)), ..facts().status };
    let reports = did.map(|did| (facts().key, did.to_owned())).into_iter().collect();
    Facts { status, last: Some(Run { reports, ..run(8, outcome) }), ..facts() }
}

/// After an operator's act.
fn acted(kind: ActKind, reason: Option<&str>) -> Facts {
    let reason = reason.map(str::to_owned);
    let act = Act { id: "1".into(), at: at(3), kind, by: "key-1".into(), what: String::new(), reason };
    Facts { act: Some(act), ..facts() }
}

#[test]
fn what_is_as_it_should_be_is_told_in_four_sentences() {
    let explained = facts().explain();
    assert_eq!((explained.state, explained.decided_by), (State::Fresh, DecidedBy::ReportAge));
    assert_eq!(
        explained.sentences,
        [
            "It is fresh: it was confirmed 10 h ago, against a copy of VMS that is 11 h old.",
            "Its content is that of 15 Mar 2026, 02:00 UTC (version c00000000000, 3 rows); 1 earlier version is kept.",
            "Run recruitment.2026-03-15T02:00:00.000Z.000001 (schedule; succeeded on 15 Mar 2026, 02:00 UTC) touched it \
             last and published new content.",
            "The nightly rule last fired on 15 Mar 2026, 02:00 UTC: a run was made for it. It fires next on 16 Mar 2026, 02:00 UTC; the sweep looks next on 15 Mar 2026, 12:30 UTC.",
        ]
    );
    let kept: Vec<_> = explained.versions.iter().map(|v| (v.version.0[..1].to_owned(), v.is_served)).collect();
    assert_eq!(kept, [("c".to_owned(), true), ("b".to_owned(), false)]);
}

#[test]
fn each_fact_is_told() {
    let type_failed = |in_row, last_error, next_try| Facts {
        status: TypeStatus { failures_in_row: in_row, last_error, next_try, ..facts().status },
        ..facts()
    };
    let paused = |until| Facts {
        control: ScheduleControl {
            paused: true,
            by: Some("key-1".into()),
            since: Some(at(9)),
            until,
            reason: Some("import".into()),
        },
        ..facts()
    };
    let held_until = |until| Facts {
        lease: Some(Lease {
            cache_type: CacheType::Recruitment,
            owner: run_id(11),
            fence: Fence(3),
            held_until: until,
        }),
        ..facts()
    };
    for (facts, sentence) in vec![
        (
            Facts { now: at(27), ..facts() },
            "It is aging: it was confirmed 1 d 1 h ago. It is fresh for 24 h and stale after 26 h.",
        ),
        (
            Facts {
                now: at(80),
                limits: FreshnessLimits { max_source_age: None, ..FreshnessLimits::default() },
                ..facts()
            },
            "It is stale: it was confirmed 3 d 6 h ago, and a report is stale after 26 h.",
        ),
        (
            with_entry(|e| Entry { source_taken_at: at(2) - SignedDuration::from_hours(30), ..e }),
            "It is stale because of its source: that was copied from VMS 1 d 16 h ago, over the limit of 26 h, \
             although the report was confirmed 10 h ago. It needs a new copy of the VMS database.",
        ),
        (
            with_entry(|e| Entry { retired_at: Some(at(2)), ..e }),
            "It is stale: VMS no longer has what it is about, since 15 Mar 2026, 02:00 UTC.",
        ),
        (
            with_entry(|e| Entry { archived_at: Some(at(2)), ..e }),
            "It is archived: its year left the plan on 15 Mar 2026, 02:00 UTC.",
        ),
        (
            with_entry(|e| Entry { held: Some(at(3)), ..e }),
            "An operator moved it back to this version on 15 Mar 2026, 03:00 UTC and it is held there",
        ),
        (
            with_entry(|e| Entry { candidate: Some(candidate(Check::RowDrop, 1)), ..e }),
            "waits for an operator since 15 Mar 2026, 04:00 UTC: it has far fewer rows than the last good one (1 row, not 3).",
        ),
        (
            with_entry(|e| Entry { candidate: Some(candidate(Check::Empty, 0)), ..e }),
            "it is empty, and the last good one was not (0 rows, not 3).",
        ),
        (
            with_entry(|e| Entry { candidate: Some(candidate(Check::Structure, 3)), ..e }),
            "a part that every such report has is missing.",
        ),
        (
            with_entry(|e| Entry { candidate: Some(candidate(Check::Held, 3)), ..e }),
            "the report is held at an earlier version.",
        ),
        (
            with_entry(|e| Entry { rejected: Some(version('d', 4).etag), ..e }),
            "An operator rejected version d00000000000; built again, it is left out.",
        ),
        (
            acted(ActKind::Rollback, Some("a bad import")),
            "Key key-1 rolled it back on 15 Mar 2026, 03:00 UTC: a bad import",
        ),
        (
            acted(ActKind::Approve, Some("so it is")),
            "Key key-1 approved a build of it on 15 Mar 2026, 03:00 UTC: so it is",
        ),
        (
            acted(ActKind::Reject, None),
            "Key key-1 rejected a build of it on 15 Mar 2026, 03:00 UTC, and gave no reason.",
        ),
        (with_entry(|e| Entry { current: version('b', 1), ..e }), "touched it last and found its content unchanged."),
        (Facts { touched: None, ..facts() }, "touched it last; the ledger does not hold that run any more."),
        (
            after(Outcome::Partial, Some("kept(deadline)")),
            "was the last of its type; it left it for the next sweep: the run had to end first.",
        ),
        (
            after(Outcome::Partial, Some("quarantined(row_drop)")),
            "it put its build aside, which waits for your decision: it has far fewer rows than the last good one.",
        ),
        (after(Outcome::Succeeded, None), "was the last of its type; it did not touch this report."),
        (
            Facts {
                last: Some(Run { error: Some(FailureClass::SourceUnavailable), ..run(8, Outcome::Failed) }),
                ..after(Outcome::Failed, None)
            },
            "was the last of its type; it ended too soon: the VMS database cannot be reached; whoever provides it must look.",
        ),
        (
            type_failed(1, Some(FailureClass::Builder), None),
            "The last run of recruitment did not succeed: a report could not be built; tell the developers.",
        ),
        (
            type_failed(3, Some(FailureClass::StoreThrottled), Some(at(14))),
            "The last 3 runs of recruitment did not succeed: the table asked to slow down; the next sweep tries again by \
             itself. The sweep waits until 15 Mar 2026, 14:00 UTC before it tries again.",
        ),
        (
            paused(None),
            "Scheduled refreshes are paused by key key-1 since 15 Mar 2026, 09:00 UTC, until somebody resumes it. Reason given: import",
        ),
        (paused(Some(at(20))), "since 15 Mar 2026, 09:00 UTC, until 15 Mar 2026, 20:00 UTC. Reason given: import"),
        (
            held_until(at(12) + SignedDuration::from_mins(9)),
            "Run recruitment.2026-03-15T11:00:00.000Z.000001 is at work on recruitment now, for 9 min more at most.",
        ),
        (Facts { now: at(27), ..facts() }, "the last night that a run was made for is that of 15 Mar 2026, 02:00 UTC."),
        (missing(), "It is missing: no version of it is in the cache."),
        (missing(), "The last run of recruitment planned no such report"),
        (
            Facts {
                status: TypeStatus { tally: vms_core::Tally { missing: 2, ..Default::default() }, ..facts().status },
                ..missing()
            },
            "2 planned reports had no good version. This may be one of them.",
        ),
        (
            Facts { status: TypeStatus::unknown(CacheType::Recruitment), last: None, ..missing() },
            "No refresh of recruitment has come to an end yet.",
        ),
    ] {
        let sentences = facts.explain().sentences;
        assert!(sentences.iter().any(|told| told.contains(sentence)), "{sentence}\nnot in {sentences:#?}");
    }
}

#[test]
fn what_is_over_is_not_told() {
    let over = Facts {
        control: ScheduleControl { paused: true, until: Some(at(11)), ..ScheduleControl::default() },
        lease: Some(Lease {
            cache_type: CacheType::Recruitment,
            owner: run_id(11),
            fence: Fence(3),
            held_until: at(12),
        }),
        status: TypeStatus { next_try: Some(at(12)), ..facts().status },
        ..facts()
    };
    assert_eq!(over.explain().sentences, facts().explain().sentences);
}
