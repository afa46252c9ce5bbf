//! Organizations, several of which share a name.

use jiff::civil::Date;
use rusqlite::{Connection, params};

use crate::calendar::{midnight_stamp, plus_days};
use crate::rng::Rng;
use crate::sql::{Inserter, salesforce_id};
use crate::words::{TOWNS, organization_name, street};

const TYPES: [(Option<&str>, u64); 5] =
    [(Some("Business"), 55), (Some("Nonprofit"), 15), (Some("School"), 8), (Some("Government"), 7), (None, 15)];

const COLUMNS: &str = "id, salesforce_id, name, type, description, billing_street, billing_city, billing_state, \
                       billing_postal_code, billing_country, created_at, updated_at, last_activity_date";

/// An organization that people can belong to.
#[derive(Debug)]
pub(crate) struct Organization {
    pub(crate) id: i64,
    pub(crate) salesforce_id: Option<String>,
    pub(crate) name: String,
}

/// Invents the organizations; about one in fifteen has a namesake, some in another spelling.
pub(crate) fn invent(seed: u64, number: usize) -> Vec<Organization> {
    let mut rng = Rng::new(seed, "organizations");
    let mut organizations: Vec<Organization> = Vec::with_capacity(number);
    for nth in 0..number {
        let earlier = nth.checked_sub(4).and_then(|position| organizations.get(position));
        let name = match (nth % 15, earlier) {
            (14, Some(earlier)) if nth % 60 == 29 => earlier.name.to_ascii_lowercase(),
            (14, Some(earlier)) => earlier.name.clone(),
            _ => organization_name(&mut rng),
        };
        let id = nth as i64 + 1;
        let known = !rng.percent(5);
        organizations.push(Organization { id, salesforce_id: known.then(|| salesforce_id("001", 'R', id)), name });
    }
    organizations
}

/// Writes them.
pub(crate) fn write(
    connection: &Connection,
    seed: u64,
    today: Date,
    organizations: &[Organization],
) -> rusqlite::Result<u64> {
    let mut rng = Rng::new(seed, "organization rows");
    let mut rows = Inserter::new(connection, "organization", COLUMNS)?;
    for organization in organizations {
        let made = plus_days(today, -rng.between(200, 1_900));
        let active = plus_days(today, -rng.between(1, 200));
        rows.add(params![
            organization.id,
            organization.salesforce_id,
            organization.name,
            rng.weighted(&TYPES),
            rng.pick_or_null(&["Invented for the sample.", "Partner since the start."], 70),
            rng.percent(70).then(|| street(&mut rng)),
            rng.pick_or_null(&TOWNS, 25),
            rng.pick_or_null(&["KS", "MO"], 25),
            rng.percent(70).then(|| format!("000{:02}", rng.below(100))),
            rng.pick_or_null(&["USA"], 50),
            midnight_stamp(made),
            midnight_stamp(made),
            rng.percent(60).then(|| midnight_stamp(active))
        ])?;
    }
    Ok(rows.rows())
}
