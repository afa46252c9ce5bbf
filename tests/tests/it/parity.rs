//! Every report against what VMS's own code computes on the same database at the same moment.
//!
//! The golden files of `tests/fixtures` are the reference model: for each of their rows the report is built here and
//! compared value by value, number forms included (`0` is not `0.0`). Rows of the current and the previous year, and
//! of the events that VMS's picker offers, must also be in the plan; the others are built and compared all the same.
//!
//! What VMS itself leaves open may differ, and nothing else: [`vms_reports::agreement`] has the list. The member
//! `organization_name` of an organization's detail is compared nowhere: the golden files lack it.

mod difference;
mod golden;
mod self_check;

use crate::support::{DatabaseFile, chicago};
use difference::differences;
use golden::{Golden, GoldenFamily, Row, Wanted};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt;
use vms_core::{CacheType, ReportKey};
use vms_reports::agreement::settle;
use vms_reports::{Family, Settings};

/// How many differences a failure shows.
const SHOWN: usize = 10;

/// How many rows a plan must hold, in each of the two databases: were it fewer, the comparison would look at nothing.
const REQUIRED: [(GoldenFamily, [usize; 2]); 8] = [
    (GoldenFamily::DistrictYearEnd, [28, 28]),
    (GoldenFamily::OrganizationSummary, [2, 2]),
    (GoldenFamily::OrganizationDetail, [82, 83]),
    (GoldenFamily::VirtualSession, [2, 2]),
    (GoldenFamily::VirtualDistrict, [26, 26]),
    (GoldenFamily::RecentVolunteers, [3, 3]),
    (GoldenFamily::FirstTimeVolunteer, [2, 2]),
    (GoldenFamily::Recruitment, [70, 70]),
];

#[test]
fn every_figure_of_the_regular_database_is_vmss_own() {
    compare_all("seed1-small", 0);
}

#[test]
fn every_figure_of_the_difficult_database_is_vmss_own() {
    compare_all("altered-small", 1);
}

fn compare_all(name: &str, column: usize) {
    let database = DatabaseFile::fixture(name);
    let mut failures = Vec::new();
    for (family, required) in REQUIRED {
        let golden = Golden::read(name, family, &database);
        let tally = compare(&golden, &database);
        println!("{name} {:20} {tally}", family.name());
        if tally.different + tally.missing > 0 {
            failures.push(format!("{}: {tally}", family.name()));
            failures.extend(tally.differences.iter().take(SHOWN).map(|line| format!("  {line}")));
        }
        if tally.required != required[column] {
            failures.push(format!("{}: {} rows were required", family.name(), tally.required));
        }
    }
    assert!(failures.is_empty(), "{name}:\n{}", failures.join("\n"));
}

/// Builds the report of every golden row as a refresh of its cache type would, and compares.
fn compare(golden: &Golden, database: &DatabaseFile) -> Tally {
    let cache_type = golden.family.cache_type();
    let (data, as_of) = (database.load(&[cache_type]), chicago(&golden.clock));
    let settings = Settings::vms().unwrap();
    let reports = Reports::new(Family::new(cache_type, &data, &as_of, &settings));
    let mut tally = Tally::default();
    for row in &golden.rows {
        let here = reports.find(&row.wanted, row.required);
        tally.add(row, judge(golden.family, row, here));
    }
    tally
}

/// What became of a golden row.
enum Verdict {
    Equal,
    Different(Vec<String>),
    /// No report where there must be one.
    Missing,
    /// No report, and none is asked for.
    Outside,
}

fn judge(family: GoldenFamily, row: &Row, here: Option<Value>) -> Verdict {
    let Some(mut here) = here else {
        return if row.required { Verdict::Missing } else { Verdict::Outside };
    };
    let (key, mut vms) = (family.some_key(), row.body.clone());
    if family == GoldenFamily::OrganizationDetail {
        for body in [&mut vms, &mut here] {
            body.as_object_mut().map(|members| members.remove("organization_name"));
        }
    }
    let mut found = Vec::new();
    for (whose, body) in [("VMS", &mut vms), ("here", &mut here)] {
        let disorders = settle(&key, body).into_iter();
        found.extend(disorders.map(|wrong| format!("body.{} {} ({whose})", wrong.path, wrong.what)));
    }
    found.extend(differences(&vms, &here));
    if found.is_empty() { Verdict::Equal } else { Verdict::Different(found) }
}

#[derive(Default)]
struct Tally {
    required: usize,
    equal: usize,
    different: usize,
    missing: usize,
    outside: usize,
    differences: Vec<String>,
}

impl Tally {
    fn add(&mut self, row: &Row, verdict: Verdict) {
        self.required += usize::from(row.required);
        match verdict {
            Verdict::Equal => self.equal += 1,
            Verdict::Different(found) => {
                self.different += 1;
                self.differences.extend(found.iter().map(|line| format!("{}: {line}", row.wanted)));
            }
            Verdict::Missing => {
                self.missing += 1;
                self.differences.push(format!("{}: is missing", row.wanted));
            }
            Verdict::Outside => self.outside += 1,
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { equal, different, missing, outside, .. } = self;
        write!(f, "{equal} equal, {different} different, {missing} missing")?;
        if *outside > 0 { write!(f, ", {outside} outside the plan") } else { Ok(()) }
    }
}

/// The reports of one cache type, found by what a golden row says of them.
struct Reports<'a> {
    family: Family<'a>,
    plan: BTreeSet<ReportKey>,
}

impl<'a> Reports<'a> {
    fn new(family: Family<'a>) -> Self {
        let plan = family.plan().into_iter().collect();
        Self { family, plan }
    }

    /// The report's body; one that is required must be in the plan as well.
    fn find(&self, wanted: &Wanted, required: bool) -> Option<Value> {
        let planned = |key: &ReportKey| !required || self.plan.contains(key);
        match wanted {
            Wanted::Key(key) => self.build(key).filter(|_| planned(key)),
            Wanted::DistrictNamed { name, .. } => {
                let mut keys = self.districts().filter_map(|district| wanted.with_district(district));
                keys.find_map(|key| self.build(&key).filter(|b| named(b) == Some(name) && planned(&key)))
            }
        }
    }

    fn build(&self, key: &ReportKey) -> Option<Value> {
        let built = self.family.build(key).ok()?;
        Some(serde_json::from_slice(&built.json).unwrap_or_else(|e| panic!("{key}: not JSON: {e}")))
    }

    fn districts(&self) -> impl Iterator<Item = i64> {
        let ids = self.plan.iter().filter_map(|key| match key {
            ReportKey::DistrictYearEnd { district, .. } => Some(*district),
            _ => None,
        });
        ids.collect::<BTreeSet<_>>().into_iter()
    }
}

/// The district that a year-end report is about.
fn named(report: &Value) -> Option<&String> {
    match report.pointer("/report_data/name") {
        Some(Value::String(name)) => Some(name),
        _ => None,
    }
}

impl GoldenFamily {
    fn cache_type(self) -> CacheType {
        match self {
            Self::DistrictYearEnd => CacheType::District,
            Self::OrganizationSummary | Self::OrganizationDetail => CacheType::Organization,
            Self::VirtualSession | Self::VirtualDistrict => CacheType::VirtualSession,
            Self::RecentVolunteers | Self::FirstTimeVolunteer => CacheType::Volunteer,
            Self::Recruitment => CacheType::Recruitment,
        }
    }
}
