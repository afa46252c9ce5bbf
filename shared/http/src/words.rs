//! How pages, explanations and tables say things: times, lengths of time, sizes, and the system's short names as
//! sentences a tired person reads.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use vms_core::{CacheType, Outcome, SkipReason, State, Trigger};

/// A length of time as people say it: `45 s`, `12 min`, `5 h 10 min`, `3 d 4 h`.
pub fn span(seconds: i64) -> String {
    match seconds {
        s if s < 60 => format!("{} s", s.max(0)),
        s if s < 3600 => format!("{} min", s / 60),
        s if s < 86_400 => with_rest(s / 3600, "h", s % 3600 / 60, "min"),
        s => with_rest(s / 86_400, "d", s % 86_400 / 3600, "h"),
    }
}

fn with_rest(whole: i64, unit: &str, rest: i64, rest_unit: &str) -> String {
    if rest == 0 { format!("{whole} {unit}") } else { format!("{whole} {unit} {rest} {rest_unit}") }
}

/// How long ago an age of so many seconds is.
pub(crate) fn ago(seconds: i64) -> String {
    if seconds < 60 { "just now".to_owned() } else { format!("{} ago", span(seconds)) }
}

/// How long a step or a run took.
pub(crate) fn took(ms: i64) -> String {
    match ms.max(0) {
        ms if ms < 1000 => format!("{ms} ms"),
        ms if ms < 60_000 => format!("{:.1} s", ms as f64 / 1000.0),
        ms => with_rest(ms / 60_000, "min", ms % 60_000 / 1000, "s"),
    }
}

/// An instant, in UTC.
pub fn moment(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%-d %b %Y, %H:%M UTC").to_string()
}

/// A number of bytes as people say it.
pub fn size(bytes: u64) -> String {
    match bytes {
        b if b < 1000 => format!("{b} B"),
        b if b < 1_000_000 => format!("{:.1} kB", b as f64 / 1e3),
        b => format!("{:.1} MB", b as f64 / 1e6),
    }
}

/// A number with its noun.
pub(crate) fn count(n: u64, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{} {noun}s", grouped(n)) }
}

/// A number whose thousands stand apart.
pub(crate) fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let first = digits.len() % 3;
    let mut text = digits[..first].to_owned();
    for place in (first..digits.len()).step_by(3) {
        if !text.is_empty() {
            text.push(',');
        }
        text.push_str(&digits[place..place + 3]);
    }
    text
}

/// Names as one text: `a`, `a and b`, `a, b and c`.
pub(crate) fn listed<T: AsRef<str>>(names: &[T]) -> String {
    match names {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [first @ .., last] => {
            let first: Vec<_> = first.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", first.join(", "), last.as_ref())
        }
    }
}

/// The same text with a capital at its beginning.
pub(crate) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// A type as people call it.
pub(crate) const fn type_name(cache_type: CacheType) -> &'static str {
    match cache_type {
        CacheType::District => "District",
        CacheType::Organization => "Organization",
        CacheType::VirtualSession => "Virtual session",
        CacheType::Volunteer => "Volunteer",
        CacheType::Recruitment => "Recruitment",
    }
}

/// What the reports of a type tell.
pub(crate) const fn type_about(cache_type: CacheType) -> &'static str {
    match cache_type {
        CacheType::District => "Year-end figures and engagement of every school district.",
        CacheType::Organization => "Who volunteered for which organization: the summary, and each one's detail.",
        CacheType::VirtualSession => "Use of virtual sessions, overall and by district.",
        CacheType::Volunteer => "Recent and first-time volunteers.",
        CacheType::Recruitment => "Whom to ask for an event, and the events that need someone.",
    }
}

/// What a state means for whoever reads the report.
pub(crate) const fn state_means(state: State) -> &'static str {
    match state {
        State::Fresh => "confirmed within its limit",
        State::Aging => "just over its limit; the next refresh is due",
        State::Stale => "over its limit",
        State::Missing => "no version of it can be read",
        State::Archived => "of an earlier year: kept as it is",
    }
}

/// What a verdict means.
pub(crate) const fn outcome_means(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Succeeded => "Every planned report is served as built, and was read back.",
        Outcome::Partial => "Some reports are served as built; the others keep their last good version.",
        Outcome::Failed => "No report was renewed. Readers go on getting the last good ones.",
        Outcome::Skipped => "There was no need to run.",
        Outcome::Joined => "Another run of this type was at work already; this request joined it.",
        Outcome::Lost => "It ended without a verdict: its process was stopped, or nobody took it up.",
    }
}

/// Why there was no need to run.
pub(crate) const fn skip_means(reason: SkipReason) -> &'static str {
    match reason {
        SkipReason::Fresh => "The last success is recent enough. Ask again with “even if fresh” to refresh anyway.",
        SkipReason::Paused => "The schedule is paused.",
        SkipReason::BackingOff => "This type failed repeatedly, and waits for its next try.",
    }
}

/// Who or what asked.
pub(crate) const fn asker(trigger: Trigger) -> &'static str {
    match trigger {
        Trigger::Schedule => "the nightly schedule",
        Trigger::Sweep => "the hourly sweep",
        Trigger::Snapshot => "a new copy of the VMS database",
        Trigger::Manual => "an operator",
    }
}

/// The class of a failure in words: what happened, and who can mend it. The classes come as the ledger keeps them,
/// so what a later version of the system adds is shown as it is.
pub(crate) fn failure(class: &str) -> String {
    let words = match class {
        "source_unavailable" => "the VMS database cannot be reached; whoever provides it must look",
        "source_invalid" => "the file is no VMS database, or a damaged one; whoever provides it must send it again",
        "store_unavailable" => "the table does not answer; look at AWS and the network",
        "store_throttled" => "the table asked to slow down; the next sweep tries again by itself",
        "store_refused" => "the table refused; look at its permissions and settings",
        "verify_mismatch" => "what was read back is not what was written; tell the developers",
        "too_large" => "a report is larger than can be answered with; tell the developers",
        "builder" => "a report could not be built; tell the developers",
        "no_subject" => "the VMS database has nothing that the report is about; ask for another one",
        "configuration" => "a setting is wrong; correct it",
        other => return other.replace('_', " "),
    };
    words.to_owned()
}

/// A check that a build did not pass, in words.
pub(crate) fn check(name: &str) -> String {
    let words = match name {
        "structure" => "a part that every such report has is missing",
        "empty" => "it is empty, and the last good one was not",
        "row_drop" => "it has far fewer rows than the last good one",
        "held" => "the report is held at an earlier version",
        other => return other.replace('_', " "),
    };
    words.to_owned()
}

/// What a run did with a report, as the end of a sentence about the run: `quarantined(row_drop)` in words.
pub(crate) fn deed(outcome: &str) -> String {
    let (kind, reason) = match outcome.split_once('(') {
        Some((kind, reason)) => (kind, reason.trim_end_matches(')')),
        None => (outcome, ""),
    };
    let words = match (kind, reason) {
        ("quarantined", name) => return format!("put its build aside, which waits for your decision: {}", check(name)),
        ("failed", class) => return format!("failed with it: {}", failure(class)),
        ("published", _) => "published new content",
        ("unchanged", _) => "found its content unchanged",
        ("kept", "deadline") => "left it for the next sweep: the run had to end first",
        ("kept", "superseded") => "left it alone: a later run has written it since",
        ("kept", "rejected") => "left it alone: an operator rejected exactly this build",
        ("kept", "plan_drop") => "left it alone: it vanished together with too many others to be believed",
        ("retired", _) => "retired it: its subject is gone; it is served as stale for a while",
        ("archived", _) => "archived it: its year left the plan; it is served as it is",
        ("removed", _) => "removed it: it was retired long ago",
        _ => return outcome.replace(['_', '('], " ").replace(')', ""),
    };
    words.to_owned()
}

/// The same as a sentence of its own.
pub(crate) fn report_outcome(outcome: &str) -> String {
    format!("{}.", capital(&deed(outcome)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use vms_core::{Check, FailureClass, KeptReason, ReportOutcome};

    #[test]
    fn lengths_sizes_and_numbers_are_told_as_people_say_them() {
        assert_eq!(
            [-5, 45, 720, 7200, 18_600, 273_600].map(span),
            ["0 s", "45 s", "12 min", "2 h", "5 h 10 min", "3 d 4 h"]
        );
        assert_eq!([0, 59, 60].map(ago), ["just now", "just now", "1 min ago"]);
        assert_eq!([0, 999, 1500, 60_000, 65_000].map(took), ["0 ms", "999 ms", "1.5 s", "1 min", "1 min 5 s"]);
        assert_eq!([999, 1500, 2_500_000].map(size), ["999 B", "1.5 kB", "2.5 MB"]);
        assert_eq!([0, 999, 1000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([0, 1, 1200].map(|n| count(n, "report")), ["0 reports", "1 report", "1,200 reports"]);
        assert_eq!(moment("2026-03-05T02:00:59Z".parse().unwrap()), "5 Mar 2026, 02:00 UTC");
    }

    #[test]
    fn names_are_listed_as_in_a_sentence() {
        assert_eq!(listed::<&str>(&[]), "");
        assert_eq!([listed(&["a"]), listed(&["a", "b"]), listed(&["a", "b", "c"])], ["a", "a and b", "a, b and c"]);
        assert_eq!((capital("éa"), capital("")), ("Éa".to_owned(), String::new()));
    }

    #[test]
    fn every_outcome_of_a_report_is_a_sentence_without_the_names_that_programs_use() {
        use ReportOutcome::{Archived, Failed, Kept, Quarantined, Removed, Retired};
        let checks = [Check::Structure, Check::Empty, Check::RowDrop, Check::Held].map(Quarantined);
        let kept = [KeptReason::Deadline, KeptReason::Superseded, KeptReason::Rejected, KeptReason::PlanDrop].map(Kept);
        let failed = FailureClass::ALL.map(Failed);
        for outcome in checks.into_iter().chain(kept).chain(failed).chain([Retired, Archived, Removed]) {
            let said = report_outcome(&outcome.to_string());
            assert!(said.ends_with('.') && said.contains(": ") && !said.contains(['_', '(', ')']), "{said}");
        }
        assert_eq!(report_outcome("kept(of_tomorrow)"), "Kept of tomorrow.", "what is new is shown as it is");
    }
}
