//! What became of a report in a run, and of the run: one honest vocabulary for ledger, page and alarms.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A check that a new report did not pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// A member that every such report has is missing.
    Structure,
    /// It is empty where the last good one was not.
    Empty,
    /// Its rows are fewer by more than the limit.
    RowDrop,
    /// An operator holds the report at an earlier version.
    Held,
}

impl Check {
    /// The name in outcomes and entries.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Structure => "structure",
            Self::Empty => "empty",
            Self::RowDrop => "row_drop",
            Self::Held => "held",
        }
    }
}

/// Why the run left the served report as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeptReason {
    /// The run had to end before it came to this report; the next sweep goes on with it.
    Deadline,
    /// Another run, with a later lease, has written the entry since.
    Superseded,
    /// An operator rejected exactly this content.
    Rejected,
    /// It vanished together with so many others that the source, not the world, is to be doubted.
    PlanDrop,
}

impl KeptReason {
    /// The name in outcomes.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Deadline => "deadline",
            Self::Superseded => "superseded",
            Self::Rejected => "rejected",
            Self::PlanDrop => "plan_drop",
        }
    }
}

/// The class of a failure: who must act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureClass {
    /// The VMS database cannot be reached: whoever provides it.
    SourceUnavailable,
    /// The file is no VMS database, or a broken one: whoever provides it.
    SourceInvalid,
    /// The store does not answer: AWS, or the network.
    StoreUnavailable,
    /// The store asks to slow down; the next sweep tries again.
    StoreThrottled,
    /// The store refuses: table, permissions or settings.
    StoreRefused,
    /// What was read back is not what was written.
    VerifyMismatch,
    /// The report exceeds what a Lambda can answer with: the developers.
    TooLarge,
    /// A report could not be built: the developers.
    Builder,
    /// The database has nothing that the report is about: whoever asked for it.
    NoSubject,
    /// A setting is wrong: the operator.
    Configuration,
}

impl FailureClass {
    /// Every class.
    pub const ALL: [Self; 10] = [
        Self::SourceUnavailable,
        Self::SourceInvalid,
        Self::StoreUnavailable,
        Self::StoreThrottled,
        Self::StoreRefused,
        Self::VerifyMismatch,
        Self::TooLarge,
        Self::Builder,
        Self::NoSubject,
        Self::Configuration,
    ];

    /// The name in outcomes, logs and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SourceUnavailable => "source_unavailable",
            Self::SourceInvalid => "source_invalid",
            Self::StoreUnavailable => "store_unavailable",
            Self::StoreThrottled => "store_throttled",
            Self::StoreRefused => "store_refused",
            Self::VerifyMismatch => "verify_mismatch",
            Self::TooLarge => "too_large",
            Self::Builder => "builder",
            Self::NoSubject => "no_subject",
            Self::Configuration => "configuration",
        }
    }
}

/// What became of one report in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReportOutcome {
    /// New content is served, and was read back.
    Published,
    /// The content is as before; its confirmation is newer.
    Unchanged,
    /// The served report was left alone.
    Kept(KeptReason),
    /// The new content failed a check and waits for an operator; the last good one is served.
    Quarantined(Check),
    /// It could not be built or stored; the last good one is served.
    Failed(FailureClass),
    /// Its subject vanished: served as stale for a while, then removed.
    Retired,
    /// Its year left the plan: served as it is.
    Archived,
    /// Retired long ago: removed with its bodies.
    Removed,
}

impl ReportOutcome {
    /// The name under which a run counts it.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Published => "published",
            Self::Unchanged => "unchanged",
            Self::Kept(_) => "kept",
            Self::Quarantined(_) => "quarantined",
            Self::Failed(_) => "failed",
            Self::Retired => "retired",
            Self::Archived => "archived",
            Self::Removed => "removed",
        }
    }

    /// Whether an operator need not hear of it.
    pub const fn is_routine(self) -> bool {
        matches!(self, Self::Published | Self::Unchanged)
    }
}

impl fmt::Display for ReportOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kept(reason) => write!(f, "kept({})", reason.as_str()),
            Self::Quarantined(check) => write!(f, "quarantined({})", check.as_str()),
            Self::Failed(class) => write!(f, "failed({})", class.as_str()),
            other => f.write_str(other.kind()),
        }
    }
}

/// Why a refresh that was asked for did not run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SkipReason {
    /// There is nothing to renew.
    Fresh,
    /// An operator paused the schedule.
    Paused,
    /// The type failed repeatedly and waits for its next try.
    BackingOff,
}

impl SkipReason {
    /// The name in outcomes.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::Paused => "paused",
            Self::BackingOff => "backing_off",
        }
    }
}

/// The verdict on a whole run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Every planned report is published, and was read back, or unchanged and confirmed.
    Succeeded,
    /// Some are; the others keep their last good version.
    Partial,
    /// None is, or the run could not begin.
    Failed,
    /// There was no need to run.
    Skipped,
    /// Another run of the type was at work.
    Joined,
    /// It ended without a verdict: its process was killed, or its request was never taken up.
    Lost,
}

impl Outcome {
    /// Every verdict.
    pub const ALL: [Self; 6] = [Self::Succeeded, Self::Partial, Self::Failed, Self::Skipped, Self::Joined, Self::Lost];

    /// The known names, as an error message lists them.
    pub fn known() -> String {
        Self::ALL.map(Self::as_str).join(", ")
    }

    /// The name in the ledger and in filters.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Partial => "partial",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Joined => "joined",
            Self::Lost => "lost",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::de::DeserializeOwned;
    use serde::de::value::{Error, StrDeserializer};
    use std::fmt::Debug;

    fn is_stored_as<T: DeserializeOwned + PartialEq + Debug>(value: T, name: &str) {
        assert_eq!(T::deserialize(StrDeserializer::<Error>::new(name)), Ok(value));
    }

    #[test]
    fn what_is_shown_is_called_as_it_is_stored() {
        for outcome in Outcome::ALL {
            is_stored_as(outcome, outcome.as_str());
            assert_eq!(outcome.to_string(), outcome.as_str());
            assert!(Outcome::known().contains(outcome.as_str()));
        }
        for check in [Check::Structure, Check::Empty, Check::RowDrop, Check::Held] {
            is_stored_as(check, check.as_str());
        }
        for reason in [KeptReason::Deadline, KeptReason::Superseded, KeptReason::Rejected, KeptReason::PlanDrop] {
            is_stored_as(reason, reason.as_str());
        }
        for reason in [SkipReason::Fresh, SkipReason::Paused, SkipReason::BackingOff] {
            is_stored_as(reason, reason.as_str());
        }
        for class in FailureClass::ALL {
            is_stored_as(class, class.as_str());
        }
    }

    #[test]
    fn outcomes_are_written_with_their_reason() {
        for (outcome, text) in [
            (ReportOutcome::Published, "published"),
            (ReportOutcome::Kept(KeptReason::Deadline), "kept(deadline)"),
            (ReportOutcome::Quarantined(Check::RowDrop), "quarantined(row_drop)"),
            (ReportOutcome::Failed(FailureClass::StoreThrottled), "failed(store_throttled)"),
        ] {
            assert_eq!(outcome.to_string(), text);
            assert!(text.starts_with(outcome.kind()));
        }
    }
}
