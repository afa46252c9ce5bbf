//! Which organization a volunteer is shown with.

use vms_source::{Dataset, Ix, Volunteer};

/// The organization shown beside a volunteer: the first primary link's, else the first link's, else the free text
/// unless that is a bare Salesforce id, else none. A second primary link is never tried.
pub fn display_organization(data: &Dataset, volunteer: Ix<Volunteer>) -> Option<&str> {
    let named = |m: &vms_source::Membership| {
        m.organization.map(|o| &*data.organizations[o].name).filter(|name| !name.is_empty())
    };
    let mut links = data.memberships_of(volunteer);
    let first = links.clone().next();
    let primary = links.find(|m| m.primary);
    primary
        .and_then(named)
        .or_else(|| first.and_then(named))
        .or_else(|| data.volunteers[volunteer].organization_name.as_deref().filter(|text| is_organization_name(text)))
}

/// Whether a free text names an organization: it is not empty and not 18 letters and digits, a Salesforce id.
fn is_organization_name(text: &str) -> bool {
    let bare_id = text.chars().count() == 18 && text.chars().all(char::is_alphanumeric);
    !text.is_empty() && !bare_id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_salesforce_id_is_no_organization_name() {
        for (text, named) in [
            ("Zeta Corp", true),
            ("", false),
            ("0015f00000JU4opAAD", false),
            ("0015f00000JU4opAA", true),
            ("ééééééééééééééééé9", false),
            ("0015f00000JU4op-AD", true),
        ] {
            assert_eq!(is_organization_name(text), named, "{text:?}");
        }
    }
}
