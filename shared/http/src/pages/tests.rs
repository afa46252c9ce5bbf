//! What people read on the pages, from views made by hand; and that what others wrote stays text.

use super::*;
use crate::explain::{CandidateView, DecidedBy, Explained, FailuresView, ScheduleView, VersionView};
use crate::status::{Figure, RunView, Stats, StatusView, TypeView};
use crate::versions::{Compared, Side};
use crate::{Change, Diff, Reason, Summary};
use jiff::SignedDuration;
use maud::Markup;
use proptest::prelude::*;
use serde_json::json;
use std::collections::BTreeMap;
use vms_core::{
    Alarm, AlarmState, CacheType, Check, Etag, FailureClass, LastRun, Nightly, Outcome, ReportKey, RunId, SkipReason,
    State, StepDurations, Trigger,
};
use vms_store::ScheduleControl;

fn now() -> Timestamp {
    "2026-03-15T12:00:00Z".parse().unwrap()
}

fn hours_ago(hours: i64) -> Timestamp {
    now() - SignedDuration::from_hours(hours)
}

fn shell() -> Shell {
    Shell { notice: None, signed_in: true, now: now() }
}

fn key() -> ReportKey {
    "recruitment/dia-events".parse().unwrap()
}

fn etag(letter: char) -> Etag {
    Etag(letter.to_string().repeat(32))
}

fn last_run(cache_type: CacheType, outcome: Outcome) -> LastRun {
    LastRun {
        run_id: RunId::new(cache_type, hours_ago(10), 7),
        outcome,
        trigger: Trigger::Schedule,
        started_at: hours_ago(10),
        finished_at: hours_ago(10) + SignedDuration::from_secs(4),
    }
}

fn fresh(cache_type: CacheType) -> TypeView {
    TypeView {
        cache_type,
        state: State::Fresh,
        oldest_report_age: Some(36_000),
        oldest_source_age: Some(37_000),
        last_run: Some(last_run(cache_type, Outcome::Succeeded)),
        last_success: Some(last_run(cache_type, Outcome::Succeeded)),
        reports: 40,
        missing: 0,
        quarantined: 0,
        held: 0,
        retired: 0,
        archived: 0,
        bytes: 1_500_000,
        stored_bytes: 200_000,
        failures_in_row: 0,
        next_try: None,
        last_error: None,
    }
}

fn ended(cache_type: CacheType, outcome: Outcome) -> RunView {
    RunView {
        run_id: RunId::new(cache_type, hours_ago(10), 7),
        cache_type,
        state: outcome.as_str().to_owned(),
        outcome: Some(outcome),
        skipped: None,
        trigger: Trigger::Schedule,
        requested_by: None,
        event_id: None,
        force: false,
        report_key: None,
        scheduled_for: Some(hours_ago(10)),
        started_at: hours_ago(10),
        finished_at: Some(hours_ago(10) + SignedDuration::from_secs(4)),
        duration_ms: Some(4000),
        durations: StepDurations { load_ms: 1000, publish_ms: 3000 },
        bytes: Some(1_500_000),
        dry_run: false,
        done: 40,
        total: 40,
        counts: BTreeMap::from([("published".to_owned(), 3), ("unchanged".to_owned(), 37)]),
        reports: Vec::new(),
        left_out: BTreeMap::new(),
        error: None,
        source: Some("v1".to_owned()),
    }
}

fn running(cache_type: CacheType) -> RunView {
    let (outcome, finished_at, duration_ms) = (None, None, None);
    RunView {
        state: "running".to_owned(),
        outcome,
        finished_at,
        duration_ms,
        done: 12,
        ..ended(cache_type, Outcome::Lost)
    }
}

fn status_page() -> StatusPage {
    let figure =
        |value, met| Figure { value, target: "over 95 %".to_owned(), met, counted: "30 of 30 runs".to_owned() };
    StatusPage {
        shell: shell(),
        status: StatusView {
            is_running: true,
            refresh_interval_hours: 24,
            last_refresh: Some(hours_ago(10)),
            stats: Stats::default(),
            cache_types: CacheType::ALL.map(fresh).to_vec(),
            metrics: BTreeMap::from([
                ("refresh_success_percent".to_owned(), figure(Some(100.0), Some(true))),
                ("hit_percent".to_owned(), figure(None, None)),
            ]),
            alarms: None,
            alarms_problem: None,
            schedule: ScheduleControl::default(),
        },
        nightly: Nightly::default(),
        runs: CacheType::ALL.map(|t| (t, vec![ended(t, Outcome::Succeeded), ended(t, Outcome::Partial)])).to_vec(),
        waiting: Vec::new(),
    }
}

fn row(title: &str) -> ReportRow {
    ReportRow {
        key: key(),
        title: title.to_owned(),
        state: State::Fresh,
        last_updated: hours_ago(3),
        generated_at: hours_ago(50),
        source_taken_at: hours_ago(4),
        bytes: 12_345,
        stored_bytes: 2_345,
        rows: 1234,
        waiting: None,
        held: None,
        retired_at: None,
    }
}

fn waiting(title: &str) -> ReportRow {
    let waiting = Waiting { version: etag('d'), check: Check::RowDrop, since: hours_ago(5), rows: 17 };
    ReportRow { waiting: Some(waiting), ..row(title) }
}

fn reports_page(reports: Vec<ReportRow>) -> ReportsPage {
    ReportsPage {
        shell: shell(),
        reports,
        next_cursor: None,
        is_further: false,
        cache_type: Some(CacheType::Recruitment),
        state: None,
        school_year: None,
        text: None,
    }
}

fn explained() -> Explained {
    let version = |letter, is_served| VersionView {
        version: etag(letter),
        is_served,
        generated_at: hours_ago(30),
        source_version: "v1".to_owned(),
        bytes: 1000,
        stored_bytes: 100,
        rows: 20,
    };
    Explained {
        report_key: key(),
        cache_type: CacheType::Recruitment,
        title: Some("DIA events".to_owned()),
        state: State::Fresh,
        decided_by: DecidedBy::ReportAge,
        sentences: vec!["It is fresh: it was confirmed 3 h ago.".to_owned()],
        entry: None,
        act: None,
        candidate: Some(CandidateView {
            version: etag('d'),
            check: Check::RowDrop,
            run_id: RunId::new(CacheType::Recruitment, hours_ago(5), 1),
            generated_at: hours_ago(5),
            since: hours_ago(5),
            rows: 3,
        }),
        versions: vec![version('c', true), version('b', false)],
        schedule: ScheduleView {
            last_handled: None,
            last_fired: hours_ago(10),
            next_fires: hours_ago(-14),
            next_sweep: hours_ago(-1),
            paused: false,
            paused_by: None,
            paused_since: None,
            paused_until: None,
            reason: None,
        },
        lease: None,
        touched: None,
        last_run: None,
        failures: FailuresView { in_row: 0, last_error: None, next_try: None },
    }
}

fn compared() -> Compared {
    let side = |role: &str, letter, rows| Side {
        role: role.to_owned(),
        version: etag(letter),
        generated_at: hours_ago(5),
        rows,
    };
    Compared {
        report_key: key(),
        from: side("current", 'c', 40),
        to: side("candidate", 'd', 2),
        diff: Diff {
            summary: Summary { rows_added: 1, rows_removed: 38, figures_changed: 4 },
            total: 43,
            changes: vec![Change {
                path: "filled_events[id=7].title".to_owned(),
                old: Some(json!("old title")),
                new: None,
            }],
        },
    }
}

/// What a person reads: texts in their order, a space wherever markup stood between them.
fn text(page: &Markup) -> String {
    let mut text = String::new();
    let mut rest = page.0.as_str();
    while let Some((before, after)) = rest.split_once('<') {
        text.push_str(before);
        text.push(' ');
        rest = after.split_once('>').map_or("", |(_, after)| after);
    }
    text.push_str(rest);
    for (entity, character) in [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&amp;", "&")] {
        text = text.replace(entity, character);
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn says(page: &Markup, sentences: &[&str]) {
    let text = text(page);
    for sentence in sentences {
        assert!(text.contains(sentence), "{sentence:?} is not in {text:?}");
    }
}

/// The page's first heading: what a person takes away after a second.
fn verdict_of(page: &StatusPage) -> String {
    let page = status(page).into_string();
    let (_, after) = page.split_once("<h1").unwrap();
    text(&maud::PreEscaped(after.split_once('>').unwrap().1.split_once("</h1>").unwrap().0.to_owned()))
}

#[test]
fn the_verdict_is_one_sentence_that_says_what_is_wrong() {
    let change = |change: fn(&mut StatusPage)| {
        let mut page = status_page();
        change(&mut page);
        verdict_of(&page)
    };
    for (said, expected) in [
        (change(|_| ()), "Everything is fresh."),
        (
            change(|p| {
                p.status.cache_types[0] =
                    TypeView { state: State::Stale, oldest_report_age: Some(108_000), ..fresh(CacheType::District) }
            }),
            "District reports are stale: the oldest was confirmed 1 d 6 h ago.",
        ),
        (
            change(|p| {
                for t in &mut p.status.cache_types {
                    (t.state, t.oldest_report_age, t.oldest_source_age) = (State::Stale, Some(7200), Some(100_800));
                }
            }),
            "All reports are stale: they rest on a copy of VMS that is 1 d 4 h old.",
        ),
        (
            change(|p| p.status.cache_types[4].missing = 2),
            "2 reports cannot be read: planned, but never built (recruitment).",
        ),
        (
            change(|p| {
                for t in &mut p.status.cache_types {
                    (t.state, t.reports, t.oldest_report_age, t.last_run) = (State::Missing, 0, None, None);
                }
            }),
            "Nothing has been built yet: no report can be read.",
        ),
        (
            change(|p| {
                let failed = &mut p.status.cache_types[3];
                failed.failures_in_row = 3;
                failed.last_error = Some(FailureClass::SourceUnavailable);
            }),
            "The last 3 refreshes failed for volunteer: the VMS database cannot be reached; whoever provides it must look.",
        ),
        (change(|p| p.status.cache_types[1].quarantined = 1), "1 build waits for your decision."),
        (
            change(|p| {
                p.status.cache_types[1].state = State::Aging;
                p.status.cache_types[2].state = State::Aging;
            }),
            "Organization and virtual session reports are aging: the oldest was confirmed 10 h ago.",
        ),
        (change(|p| p.status.is_running = false), "The schedule is paused until somebody resumes it."),
        (
            change(|p| p.status.metrics.values_mut().for_each(|f| f.met = Some(false))),
            "Hit rate and refresh success are off target.",
        ),
    ] {
        assert_eq!(said, expected);
    }
}

#[test]
fn the_worst_is_said_first_and_the_rest_below_it_each_with_the_way_to_mend_it() {
    let mut page = status_page();
    page.status.is_running = false;
    page.status.cache_types[0].quarantined = 2;
    page.status.cache_types[2].state = State::Stale;
    let shown = status(&page);
    assert!(verdict_of(&page).starts_with("Virtual session reports are stale"));
    says(&shown, &["2 builds wait for your decision. Decide"]);
    says(&shown, &["The schedule is paused until somebody resumes it. Resume"]);
}

#[test]
fn the_status_page_shows_each_type_with_its_figures_and_its_last_runs() {
    let mut page = status_page();
    (page.status.cache_types[0].held, page.status.cache_types[0].archived) = (2, 1200);
    let shown = status(&page);
    says(
        &shown,
        &[
            "200 reports served, the oldest of them confirmed 10 h ago. The last refresh ended on 15 Mar 2026, 02:00 UTC.",
            "Virtual session fresh Refresh Virtual session Age oldest confirmed 10 h ago",
            "Last run succeeded 9 h 59 min ago , took 4.0 s Reports 40 reports Size 1.5 MB, 200.0 kB stored",
            "Held 2 Archived 1,200",
            "Duration last 4.0 s, usually 4.0 s, at most 4.0 s",
            "Size last 1.5 MB, usually 1.5 MB, at most 1.5 MB",
            "Succeeded, 15 Mar 2026, 02:00 UTC, took 4.0 s",
            "Partial, 15 Mar 2026, 02:00 UTC, took 4.0 s",
            "Refresh success 100.0 % on target target over 95 % 30 of 30 runs",
            "Hit rate – too little to tell",
        ],
    );
    assert!(!text(&shown).contains("Retired"), "what is zero is not shown");
}

fn alarm(name: &str, state: AlarmState) -> Alarm {
    Alarm { name: name.to_owned(), state, since: Some(hours_ago(2)), reason: Some(name.to_owned()) }
}

#[test]
fn alarms_are_shown_where_there_are_any_and_those_that_ring_are_a_concern() {
    let mut page = status_page();
    assert!(!text(&status(&page)).contains("Alarms"), "none to show");
    let (rings, quiet) = (AlarmState::Alarm, AlarmState::Ok);
    let unknown = alarm("errors", AlarmState::InsufficientData);
    page.status.alarms = Some(vec![alarm("source silent", rings), unknown, alarm("hits", quiet)]);
    assert_eq!(verdict_of(&page), "The alarm source silent rings.");
    says(
        &status(&page),
        &[
            "Alarms rings source silent since 15 Mar 2026, 10:00 UTC source silent",
            "too little data errors",
            "quiet hits",
        ],
    );
    page.status.alarms = Some(vec![alarm("source silent", rings), alarm("hits", rings)]);
    assert_eq!(verdict_of(&page), "2 alarms ring: source silent and hits.");
    (page.status.alarms, page.status.alarms_problem) = (None, Some("not known: CloudWatch did not answer".to_owned()));
    says(&status(&page), &["Everything is fresh.", "Not known: CloudWatch did not answer."]);
}

#[test]
fn a_pause_says_until_when_by_whom_and_why() {
    let mut page = status_page();
    page.status.is_running = false;
    page.status.schedule = ScheduleControl {
        paused: true,
        by: Some("key-1".to_owned()),
        since: Some(hours_ago(2)),
        until: Some(hours_ago(-1)),
        reason: Some("VMS is moving house".to_owned()),
    };
    let shown = status(&page);
    says(
        &shown,
        &["Until 15 Mar 2026, 13:00 UTC Since 2 h ago By key-1 Reason VMS is moving house Resume the schedule"],
    );
    assert!(!text(&shown).contains("Pause the schedule"), "it is");
}

#[test]
fn a_report_that_waits_can_be_looked_at_and_decided_on_as_it_was_shown() {
    let page = StatusPage { waiting: vec![waiting("DIA events")], ..status_page() };
    let shown = status(&page);
    says(
        &shown,
        &[
            "waiting since 5 h ago : it has far fewer rows than the last good one.",
            "Rows: 1,234 served, 17 in the new build.",
            "See what would change in recruitment/dia-events Approve the build of recruitment/dia-events Reject… the build of recruitment/dia-events",
        ],
    );
    let version = format!("name=\"version\" value=\"{}\"", etag('d'));
    for shown in [
        shown,
        explain(&ExplainPage { shell: shell(), explained: explained() }),
        diff(&DiffPage { shell: shell(), compared: compared() }),
    ] {
        assert_eq!(shown.0.matches(&version).count(), 2, "approve and reject name the build");
        let approve = shown.0.find("/api/approve").unwrap();
        let reject = shown.0.find("/api/reject").unwrap();
        let before = &shown.0[..approve];
        assert_eq!(
            before.matches("<details").count(),
            before.matches("</details>").count(),
            "approving takes one step"
        );
        assert!(shown.0[approve..reject].contains("<summary>"), "rejecting takes a second step");
    }
}

#[test]
fn many_reports_that_wait_do_not_hide_the_rest_of_the_page() {
    let page = StatusPage { waiting: (1..=30).map(waiting_for_event).collect(), ..status_page() };
    let shown = status(&page);
    says(&shown, &["Event 3", "Show 27 more", "Event 30"]);
    assert!(shown.0.find("Event 3<").unwrap() < shown.0.find("Show 27 more").unwrap());
    assert!(shown.0.find("Show 27 more").unwrap() < shown.0.find("Event 4<").unwrap());
}

fn waiting_for_event(n: i64) -> ReportRow {
    ReportRow { key: ReportKey::RecruitmentCandidates { event: n }, ..waiting(&format!("Event {n}")) }
}

#[test]
fn a_run_tells_who_asked_what_happened_and_how_far_it_is() {
    let mut partial = ended(CacheType::District, Outcome::Partial);
    partial.reports = vec![(key(), "quarantined(row_drop)".to_owned())];
    partial.counts = BTreeMap::from([("published".to_owned(), 39), ("quarantined".to_owned(), 201)]);
    partial.left_out = BTreeMap::from([("event: no start date".to_owned(), 2)]);
    let mut failed = ended(CacheType::Volunteer, Outcome::Failed);
    failed.error = Some("source_unavailable: /srv/vms.db: no such file".to_owned());
    (failed.trigger, failed.requested_by) = (Trigger::Manual, Some("key-9".to_owned()));
    let mut skipped = ended(CacheType::Volunteer, Outcome::Skipped);
    skipped.skipped = Some(SkipReason::Fresh);
    let dry = RunView { dry_run: true, ..ended(CacheType::Volunteer, Outcome::Succeeded) };
    for (of, sentences) in [
        (
            ended(CacheType::District, Outcome::Succeeded),
            &[
                "District refresh succeeded Every planned report is served as built, and was read back.",
                "Asked by the nightly schedule Meant for 15 Mar 2026, 02:00 UTC Began 15 Mar 2026, 02:00 UTC , 10 h ago",
                "Reports 40 of 40 planned: 3 published, 37 unchanged",
                "Read the VMS database 1.0 s Computed, wrote and read back 3.0 s",
                "Every report was routine",
            ][..],
        ),
        (
            partial,
            &[
                "1 report, the first of 201",
                "recruitment/dia-events Put its build aside, which waits for your decision: it has far fewer rows than the last good one.",
                "event: no start date: 2 rows",
            ],
        ),
        (
            failed,
            &[
                "What went wrong The VMS database cannot be reached; whoever provides it must look. /srv/vms.db: no such file",
                "Asked by an operator, with the key key-9",
            ],
        ),
        (skipped, &["skipped The last success is recent enough."]),
        (dry, &["only tried Everything was built and checked, and nothing published."]),
        (
            running(CacheType::District),
            &["running Readers get the last good reports meanwhile.", "12 of 40 reports Reload"],
        ),
    ] {
        says(&run(&RunPage { shell: shell(), run: of }), sentences);
    }
}

#[test]
fn a_run_at_work_shows_its_progress_to_whoever_has_no_script_too() {
    let shown = run(&RunPage { shell: shell(), run: running(CacheType::District) }).into_string();
    assert!(shown.contains("<progress aria-label=\"Progress of District\" max=\"40\" value=\"12\">"), "{shown}");
    assert!(!shown.contains("http-equiv"), "a page that a screen reader is in does not load itself again");
}

#[test]
fn lists_say_why_they_are_empty_and_what_to_do() {
    let none = reports_page(Vec::new());
    says(&reports(&none), &["No report has been built yet. Refresh makes them."]);
    let filtered = ReportsPage { text: Some("kansas".to_owned()), ..none };
    says(&reports(&filtered), &["No report fits this filter.", "Show all again"]);
    let of_runs = |outcome| RunsPage {
        shell: shell(),
        runs: Vec::new(),
        next_cursor: None,
        is_further: false,
        cache_type: None,
        outcome,
    };
    says(&runs(&of_runs(None)), &["Nothing has run yet. Refresh starts the first."]);
    says(&runs(&of_runs(Some(Outcome::Lost))), &["No run fits this filter. Show all again"]);
    let mut unknown = status_page();
    unknown.status.cache_types.clear();
    says(&status(&unknown), &["The cache knows no type yet. Ask for a first refresh below."]);
}

#[test]
fn a_list_goes_on_with_the_same_filter() {
    let page = ReportsPage {
        next_cursor: Some("recruitment/candidates/7".to_owned()),
        is_further: true,
        state: Some(State::Aging),
        text: Some("a&b".to_owned()),
        ..reports_page(vec![ReportRow { held: Some(now()), retired_at: Some(now()), ..waiting("DIA events") }])
    };
    let shown = reports(&page);
    says(
        &shown,
        &[
            "DIA events recruitment/dia-events fresh waiting held retired 3 h ago 2 d 2 h ago 1,234 12.3 kB 2.3 kB stored",
        ],
    );
    let address = "/management/cache/reports?cache_type=recruitment&amp;state=aging&amp;text=a%26b";
    assert!(shown.0.contains(&format!("href=\"{address}\"")), "{}", shown.0);
    assert!(shown.0.contains(&format!("href=\"{address}&amp;cursor=recruitment/candidates/7\"")), "{}", shown.0);
}

#[test]
fn a_report_is_explained_and_can_go_back_in_two_steps() {
    let shown = explain(&ExplainPage { shell: shell(), explained: explained() });
    says(
        &shown,
        &[
            "Recruitment reports DIA events recruitment/dia-events fresh confirmed within its limit",
            "A build waits for your decision waiting since 15 Mar 2026, 07:00 UTC",
            "It is fresh: it was confirmed 3 h ago. Refresh this report",
            "cccccccccccc 14 Mar 2026, 06:00 UTC 20 1.0 kB 100 B stored served",
            "Compare with what is served : version bbbbbbbbbbbb Roll back… to version bbbbbbbbbbbb",
        ],
    );
    assert!(shown.0.contains("?from=bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb&amp;to=current\""), "{}", shown.0);
}

#[test]
fn a_comparison_shows_both_sides_the_sum_and_each_change() {
    let mut of = compared();
    says(
        &diff(&DiffPage { shell: shell(), compared: of.clone() }),
        &[
            "From What is served cccccccccccc built 15 Mar 2026, 07:00 UTC , 40 rows",
            "To The build that waits dddddddddddd",
            "Rows removed 38 Rows added 1 Figures changed 4",
            "43 changes, of which the first 500 are listed",
            "filled_events[id=7]. title old title not there",
        ],
    );
    (of.to.role, of.diff) = ("current".to_owned(), Diff::default());
    let same = diff(&DiffPage { shell: shell(), compared: of });
    says(&same, &["The two versions say the same."]);
    assert!(!text(&same).contains("Approve"), "nothing waits");
}

#[test]
fn the_refresh_form_offers_every_type_and_one_report() {
    let page = RefreshPage { shell: shell(), cache_type: Some(CacheType::Volunteer), report_key: Some(key()) };
    let shown = refresh(&page);
    for name in ["all", "district", "organization", "virtual_session", "volunteer", "recruitment"] {
        assert!(
            shown.0.contains(&format!("type=\"radio\" id=\"type-{name}\" name=\"cache_type\" value=\"{name}\"")),
            "{name}"
        );
    }
    assert!(shown.0.contains("value=\"volunteer\" checked"), "{}", shown.0);
    assert!(shown.0.contains("name=\"report_key\" value=\"recruitment/dia-events\""));
    says(&shown, &["All five types, one run each.", "Even if fresh", "Only try"]);
}

#[test]
fn who_is_outside_is_told_how_to_come_in_and_shown_no_menu() {
    let outside = Shell { signed_in: false, notice: Some(Notice::Refused(Reason::WrongKey)), ..shell() };
    let shown = login(&LoginPage { shell: outside.clone(), next: "/management/cache/runs".to_owned() });
    says(&shown, &["This key opens nothing here", "vms-cache keys create --role operator", "Sign in"]);
    assert!(shown.0.contains("role=\"alert\"") && !shown.0.contains("<nav"), "{}", shown.0);
    let done = Shell { notice: Some(Notice::SignedOut), ..outside.clone() };
    assert!(login(&LoginPage { shell: done, next: String::new() }).0.contains("role=\"status\""));
    let refusal =
        ProblemPage { shell: outside, status: 404, title: "There is no such run", detail: "it is gone".into() };
    says(&problem(&refusal), &["Error 404 There is no such run It is gone. To the status page"]);
}

/// Every page, with that text wherever somebody else's text can stand.
fn everywhere(hostile: &str) -> Vec<(&'static str, Markup)> {
    let text = || hostile.to_owned();
    let mut status_page = StatusPage { waiting: vec![waiting(hostile)], ..status_page() };
    status_page.status.is_running = false;
    status_page.status.schedule =
        ScheduleControl { paused: true, by: Some(text()), reason: Some(text()), ..Default::default() };
    status_page.status.alarms = Some(vec![alarm(hostile, AlarmState::Alarm)]);
    status_page.status.alarms_problem = Some(text());
    let figure = Figure { value: Some(1.0), target: text(), met: Some(false), counted: text() };
    status_page.status.metrics.insert(format!("when all is said: {hostile}"), figure);
    let mut of_run = ended(CacheType::District, Outcome::Failed);
    of_run.error = Some(format!("{hostile}: {hostile}"));
    of_run.reports = vec![(key(), text())];
    of_run.counts.insert(text(), 1);
    of_run.left_out.insert(text(), 1);
    (of_run.requested_by, of_run.source) = (Some(text()), Some(text()));
    let mut explained = explained();
    (explained.title, explained.sentences) = (Some(text()), vec![text()]);
    let mut compared = compared();
    compared.diff.changes = vec![
        Change { path: text(), old: Some(json!(hostile)), new: Some(json!([hostile])) },
        Change { path: text(), old: Some(json!({hostile: hostile})), new: None },
    ];
    compared.from.role = text();
    let list = ReportsPage { text: Some(text()), next_cursor: Some(text()), ..reports_page(vec![row(hostile)]) };
    let of_runs = RunsPage {
        shell: shell(),
        runs: vec![of_run.clone()],
        next_cursor: Some(text()),
        is_further: true,
        cache_type: None,
        outcome: None,
    };
    vec![
        ("status", status(&status_page)),
        ("reports", reports(&list)),
        ("runs", runs(&of_runs)),
        ("run", run(&RunPage { shell: shell(), run: of_run })),
        ("explain", explain(&ExplainPage { shell: shell(), explained })),
        ("diff", diff(&DiffPage { shell: shell(), compared })),
        ("login", login(&LoginPage { shell: shell(), next: text() })),
        ("problem", problem(&ProblemPage { shell: shell(), status: 400, title: "No", detail: text() })),
    ]
}

/// The names of the elements and attributes of a page, in their order; an end of a tag that a text could have made
/// would change them.
fn skeleton(page: &Markup) -> Vec<String> {
    let mut names = Vec::new();
    let mut chars = page.0.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '<' {
            continue;
        }
        let (mut tag, mut quoted) = (String::from("<"), false);
        for c in chars.by_ref() {
            match c {
                '"' => quoted = !quoted,
                '>' if !quoted => break,
                c if !quoted => tag.push(c),
                _ => {}
            }
        }
        names.push(tag);
    }
    names
}

#[test]
fn what_others_wrote_stays_text_on_every_page() {
    for hostile in [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "'><svg onload=alert(1)>",
        "</title></textarea></style><h1>All is fresh</h1>",
        "<!-- &lt;b&gt; ]]> javascript:alert(1)",
    ] {
        for ((name, shown), (_, plain)) in everywhere(hostile).into_iter().zip(everywhere("plain")) {
            assert!(skeleton(&shown) == skeleton(&plain), "{name} has another shape with {hostile:?}");
            assert!(name == "login" || text(&shown).contains(hostile), "{name} shows {hostile:?} as it is");
        }
    }
}

#[test]
fn no_page_has_a_script_or_a_style_of_its_own() {
    for (name, shown) in everywhere("plain") {
        for forbidden in ["<style", " style=", " onclick", " onload", "javascript:", "<iframe", "http-equiv"] {
            assert!(!shown.0.contains(forbidden), "{name} has {forbidden}");
        }
        assert_eq!(shown.0.matches("<script").count(), 1, "{name}: the one file");
        assert_eq!(shown.0.matches("<h1").count(), 1, "{name}: one first heading");
    }
}

#[test]
fn every_field_has_a_label_and_every_id_is_used_once() {
    let refresh = ("refresh", refresh(&RefreshPage { shell: shell(), cache_type: None, report_key: None }));
    for (name, shown) in everywhere("plain").into_iter().chain([refresh]) {
        let values = |before: &str| -> Vec<String> {
            shown.0.split(before).skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
        };
        let ids = values(" id=\"");
        for (place, id) in ids.iter().enumerate() {
            assert!(!ids[..place].contains(id), "{name}: {id} twice");
        }
        for id in values(" for=\"") {
            assert!(ids.contains(&id), "{name}: a label for {id}, which is not there");
        }
        let fields = skeleton(&shown).iter().filter(|t| t.starts_with("<input") || t.starts_with("<select")).count();
        let hidden = shown.0.matches("type=\"hidden\"").count();
        assert_eq!(values(" for=\"").len(), fields - hidden, "{name}");
    }
}

#[test]
fn every_file_that_a_page_refers_to_is_there() {
    let shown = status(&status_page()).into_string();
    let mut found = 0;
    for name in shown.split("/management/cache/assets/").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert!(asset(name).is_some_and(|a| !a.content.is_empty()), "{name}");
        found += 1;
    }
    assert_eq!(found, 3);
    assert!(asset("../mod.rs").is_none() && asset("").is_none());
}

proptest! {
    // A page is long, and a text either changes its shape or does not: few cases find what there is.
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_text_changes_the_shape_of_a_page(hostile in "[<>&\"'a-z/=! -]{1,30}") {
        for ((name, shown), (_, plain)) in everywhere(&hostile).into_iter().zip(everywhere("plain")) {
            prop_assert!(skeleton(&shown) == skeleton(&plain), "{name} has another shape");
        }
    }
}
