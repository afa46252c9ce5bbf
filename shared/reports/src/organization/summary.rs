//! `organization/summary/{school_year}`: every organization whose volunteers attended anything.
//!
//! Quirks kept: B1 (the year's last moment), B4 (volunteers excluded from reports count here), B5 (every organization
//! of a volunteer gets all of his sessions and hours), B6 (`Simulcast` alone does not count). Fixed: B7 (always by
//! hours, most first, equal ones by id), B8 (a refresh that changes nothing is still stamped: the store's part).
//! B9, the page's own volunteer tile, is computed by VMS per request and is not in the report.

use super::Members;
use crate::Report;
use crate::rules::numbers::{Hours, Number};
use crate::rules::years::EventsOfYear;
use serde::Serialize;
use std::collections::HashSet;
use vms_source::{Dataset, Ix, Organization, Volunteer};

/// The organizations of a school year.
#[derive(Debug, Serialize)]
pub(crate) struct OrganizationSummary<'a> {
    organizations_data: Vec<Item<'a>>,
}

impl Report for OrganizationSummary<'_> {
    fn rows(&self) -> u64 {
        self.organizations_data.len() as u64
    }
}

#[derive(Debug, Serialize)]
struct Item<'a> {
    name: &'a str,
    id: i64,
    unique_sessions: usize,
    total_hours: Number,
    unique_volunteers: u64,
}

impl<'a> OrganizationSummary<'a> {
    /// Computes the report.
    pub(super) fn new(data: &'a Dataset, year: &EventsOfYear, members: &Members) -> Self {
        let item = |o: Ix<Organization>| Item::new(data, year, o, members.of(o));
        let mut items: Vec<_> = data.organizations.positions().filter_map(item).collect();
        items.sort_by(|a, b| b.total_hours.value().total_cmp(&a.total_hours.value()));
        Self { organizations_data: items }
    }
}

impl<'a> Item<'a> {
    /// What the members did in the year; none where they attended nothing.
    fn new(
        data: &'a Dataset,
        year: &EventsOfYear,
        organization: Ix<Organization>,
        members: &[Ix<Volunteer>],
    ) -> Option<Self> {
        let mut sessions = HashSet::new();
        let mut hours = Hours::default();
        let mut volunteers = 0;
        for member in members {
            let in_year = data.participations_of(*member).filter(|p| year.contains(p.event));
            let mut attended = in_year.filter(|p| p.attended()).peekable();
            volunteers += u64::from(attended.peek().is_some());
            for participation in attended {
                sessions.insert(participation.event);
                hours.add(participation.hours);
            }
        }
        let row = &data.organizations[organization];
        (volunteers > 0).then(|| Self {
            name: &row.name,
            id: row.id,
            unique_sessions: sessions.len(),
            total_hours: hours.rounded(2),
            unique_volunteers: volunteers,
        })
    }
}
