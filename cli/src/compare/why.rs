//! What is known of VMS that explains a row: its defects by their numbers in `docs/quirks.md`.
//!
//! Only what can be told by rule counts. A rule that would explain any difference whatever is none.

use super::Difference;
use serde::Serialize;
use serde_json::Value;
use std::borrow::Cow;
use vms_core::ReportKey;
use vms_reports::agreement::same_float;
use vms_source::{CachedRow, Stamp};

/// An explanation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Why {
    /// The number of a quirk, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) quirk: Option<&'static str>,
    /// In words.
    #[serde(rename = "why")]
    pub(super) words: Cow<'static, str>,
}

impl Why {
    pub(super) fn new(quirk: &'static str, words: impl Into<Cow<'static, str>>) -> Self {
        Self { quirk: Some(quirk), words: words.into() }
    }

    pub(super) fn plain(words: impl Into<Cow<'static, str>>) -> Self {
        Self { quirk: None, words: words.into() }
    }
}

/// Why VMS's cache lacks a report.
pub(super) fn not_cached(key: &ReportKey) -> Why {
    match key {
        ReportKey::DistrictEngagement { .. } => Why::plain("VMS keeps the table, and no code of it fills it any more"),
        ReportKey::OrganizationDetail { .. } => {
            Why::new("B10", "VMS cannot store a detail that has events, and others only when somebody opens the page")
        }
        ReportKey::RecruitmentCandidates { .. } => {
            Why::new("B48", "VMS stores candidates only when somebody opens the event's page")
        }
        ReportKey::RecruitmentDiaEvents => Why::plain("VMS computes it at every view"),
        _ => Why::new("M1", "VMS's refresh deletes it, and the next to open the page waits for it"),
    }
}

/// What a difference is judged by.
pub(super) struct Facts<'a> {
    pub(super) key: &'a ReportKey,
    pub(super) row: &'a CachedRow,
    /// Both bodies, settled.
    pub(super) vms: &'a Value,
    pub(super) ours: &'a Value,
    pub(super) found: &'a Difference,
    /// When VMS last changed what reports read.
    pub(super) data_changed: Option<&'a Stamp>,
}

/// Why VMS's row differs.
pub(super) fn differs(facts: &Facts<'_>) -> Option<Why> {
    match facts.key {
        ReportKey::DistrictYearEnd { .. } if facts.is_of_the_detail_page() => {
            Some(Why::new("D16", "a part of the report, stored by VMS's detail page; what it has is equal"))
        }
        ReportKey::DistrictEngagement { .. } => Some(facts.engagement()),
        ReportKey::OrganizationSummary { .. } if facts.only_in_order() => {
            Some(Why::new("B7", "the same organizations in the order of the last viewer's sorting"))
        }
        ReportKey::OrganizationDetail { .. } if facts.is_empty() => {
            Some(Why::new("B11", "an empty detail, stored before the first event of the year, stays for ever"))
        }
        _ => None,
    }
    .or_else(|| facts.age())
}

impl Facts<'_> {
    /// VMS's detail page stores some members of `report_data`, and one more in each event.
    fn is_of_the_detail_page(&self) -> bool {
        let (mut vms, mut ours) = (self.vms.clone(), self.ours.clone());
        let Some(stored) = vms["report_data"].as_object().filter(|stored| !stored.contains_key("name")) else {
            return false;
        };
        if let Some(whole) = ours["report_data"].as_object_mut() {
            whole.retain(|member, _| stored.contains_key(member));
        }
        let months = vms.pointer_mut("/events_data/events_by_month").and_then(Value::as_object_mut);
        let events = months.into_iter().flatten().filter_map(|(_, month)| month["events"].as_array_mut()).flatten();
        for event in events.filter_map(Value::as_object_mut) {
            event.remove("session_host");
        }
        vms_http::Diff::with_places(&vms, &ours, &same_float).0.total == 0
    }

    /// No code of VMS fills this table any more, so its rows are of an earlier version.
    fn engagement(&self) -> Why {
        if self.vms.pointer("/summary_stats/name").is_none() {
            return Why::new("D22", "the summary of VMS's detail page, which has another shape");
        }
        Why::new("D18", "a row of an earlier VMS, whose engagement years ran from June")
    }

    fn only_in_order(&self) -> bool {
        self.found.places.keys().all(|place| place == "organizations_data[order]")
    }

    fn is_empty(&self) -> bool {
        let mut lists =
            self.vms.as_object().into_iter().flatten().filter_map(|(_, member)| member.as_array()).peekable();
        lists.peek().is_some() && lists.all(Vec::is_empty)
    }

    fn age(&self) -> Option<Why> {
        let (stored, changed) = (self.row.last_updated.as_ref()?, self.data_changed?);
        let clock =
            if matches!(self.key, ReportKey::VolunteerFirstTime { .. }) { " by its own clock (B36)" } else { "" };
        (stored.at() < changed.at()).then(|| {
            let (stored, changed) = (stored.iso(), changed.iso());
            Why::plain(format!("older than the data: stored {stored}{clock}, the data changed {changed}"))
        })
    }
}
