//! What is worked out of a person for every list of candidates, whatever the event: once, for up to a hundred lists.

use crate::rules::{names, pytext};
use vms_source::{Dataset, Ix, Volunteer};

/// How many skills are shown.
const SHOWN_SKILLS: usize = 8;

/// A person as every list shows them.
pub(super) struct Card<'a> {
    pub(super) name: String,
    pub(super) organization: Option<&'a str>,
    /// The first by code point.
    pub(super) skills: Box<[&'a str]>,
    /// None without a connector profile.
    pub(super) connector_profile_url: Option<String>,
}

impl<'a> Card<'a> {
    pub(super) fn of(data: &'a Dataset, ix: Ix<Volunteer>) -> Self {
        let volunteer = &data.volunteers[ix];
        let mut skills: Vec<&str> = data.skills_of(ix).map(|s| &**s).collect();
        skills.sort_unstable();
        skills.truncate(SHOWN_SKILLS);
        let connector = volunteer.connector.as_ref().filter(|id| !id.is_empty());
        Self {
            name: pytext::strip(&names::display_name(volunteer)).to_owned(),
            organization: organization(data, ix),
            skills: skills.into(),
            connector_profile_url: connector.map(|id| format!("https://prepkc.nepris.com/app/user/{id}")),
        }
    }
}

/// The free text, be it a bare Salesforce id; failing that the organization first linked, null where that one is gone.
fn organization(data: &Dataset, ix: Ix<Volunteer>) -> Option<&str> {
    let stored = data.volunteers[ix].organization_name.as_deref();
    if stored.is_some_and(|text| !text.is_empty()) {
        return stored;
    }
    match data.memberships_of(ix).next() {
        Some(first) => first.organization.map(|o| &*data.organizations[o].name),
        None => stored,
    }
}
