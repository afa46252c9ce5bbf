//! `vms-cache compare`: our reports beside the rows in VMS's own cache tables, and what explains a difference.
//!
//! The rows may name people. What is printed names reports, places in them and counts; values are printed where they
//! are asked for, and nowhere else.

mod shelf;
mod tell;
mod why;

use crate::args::CompareArgs;
use crate::config;
use crate::exit::{self, Exit};
use crate::output::Output;
use anyhow::bail;
use jiff::tz::TimeZone;
use serde::Serialize;
use serde_json::{Map, Value};
use shelf::{Plan, Stray};
use std::collections::BTreeMap;
use std::path::Path;
use vms_core::{AsOf, CacheType, Clock, Env, ReportKey, SystemClock};
use vms_http::{Change, Diff};
use vms_refresh::RefreshConfig;
use vms_reports::agreement::{same_float, settle};
use vms_reports::{Family, Settings};
use vms_source::{CACHE_TABLES, CachedRow, Database, Dataset, Needs, Stamp};
use why::{Facts, Why};

/// Everything that was found.
#[derive(Debug, Serialize)]
struct Findings {
    /// The moment for which our reports were computed.
    as_of: String,
    /// When VMS last changed what reports read, as far as its rows say.
    data_changed: Option<String>,
    /// Cache tables that are not there.
    missing_tables: Vec<&'static str>,
    /// Every report of the plan.
    reports: Vec<Compared>,
    /// Rows of VMS that are no report of the plan.
    only_there: Vec<OnlyThere>,
}

/// How a report of ours and VMS's row of it are to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    Equal,
    /// They differ, and nothing that is known of VMS says why.
    Differs,
    /// They differ, and it is known why.
    Explained,
    NotCached,
}

/// A report of the plan.
#[derive(Debug, Serialize)]
struct Compared {
    report_key: ReportKey,
    verdict: Verdict,
    #[serde(skip_serializing_if = "Option::is_none")]
    row: Option<RowName>,
    #[serde(flatten)]
    why: Option<Why>,
    /// How many differences there are.
    differences: u64,
    /// How many of them are where.
    places: BTreeMap<String, u64>,
    /// The first of them with VMS's value (`old`) and ours (`new`), where values were asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    changes: Vec<Change>,
}

/// A row of VMS that is no report of the plan.
#[derive(Debug, Serialize)]
struct OnlyThere {
    #[serde(skip_serializing_if = "Option::is_none")]
    report_key: Option<ReportKey>,
    row: RowName,
    #[serde(flatten)]
    why: Why,
}

/// Which row of which table, and how old it is.
#[derive(Debug, Clone, Serialize)]
struct RowName {
    table: &'static str,
    id: i64,
    last_updated: Option<String>,
}

impl RowName {
    fn of(row: &CachedRow) -> Self {
        Self { table: row.table.name, id: row.id, last_updated: row.last_updated.as_ref().map(Stamp::iso) }
    }
}

pub(crate) fn run(args: &CompareArgs, out: &mut Output) -> anyhow::Result<Exit> {
    let config = RefreshConfig::from_env(&Env::new(&config::variable), |path| std::fs::read_to_string(path))?;
    let instant = args.as_of.unwrap_or_else(|| SystemClock.now());
    let as_of = AsOf::new(instant, config.zone.clone()).map_err(|e| exit::usage(format!("--as-of: {e}")))?;
    let types = args.cache_type.map_or_else(|| CacheType::ALL.to_vec(), |t| vec![t]);
    let all = Database::open(&args.source, &Needs::of(types.iter().copied(), config.reports.student_details))?;
    let data_changed = all.last_change(as_of.utc())?;
    let mut findings = Findings {
        as_of: instant.to_string(),
        data_changed: data_changed.as_ref().map(Stamp::iso),
        missing_tables: Vec::new(),
        reports: Vec::new(),
        only_there: Vec::new(),
    };
    for cache_type in types.iter().copied() {
        findings.missing_tables.extend(all.cached_rows(cache_type)?.missing);
    }
    if CACHE_TABLES.iter().filter(|t| types.contains(&t.cache_type)).all(|t| findings.missing_tables.contains(&t.name))
    {
        bail!(
            "{}: has none of VMS's cache tables, as samples and copies made by `vms-cache push`; name the database of a \
             VMS itself",
            args.source.display()
        );
    }
    let side_by_side = SideBySide {
        as_of: &as_of,
        zone: config.zone.clone(),
        settings: &config.reports,
        data_changed: data_changed.as_ref(),
        show: args.show,
    };
    for cache_type in types {
        side_by_side.compare(&args.source, cache_type, &mut findings, out)?;
    }
    tell::findings(&findings, out)?;
    let differs = findings.reports.iter().any(|report| report.verdict == Verdict::Differs);
    Ok(if differs { Exit::Failed } else { Exit::Done })
}

/// What every comparison of a run has in common.
struct SideBySide<'a> {
    as_of: &'a AsOf,
    zone: TimeZone,
    settings: &'a Settings,
    data_changed: Option<&'a Stamp>,
    /// How many differences of a report are shown with their values.
    show: usize,
}

impl SideBySide<'_> {
    fn compare(
        &self,
        source: &Path,
        cache_type: CacheType,
        findings: &mut Findings,
        out: &Output,
    ) -> anyhow::Result<()> {
        let needs = Needs::of([cache_type], self.settings.student_details);
        let database = Database::open(source, &needs)?;
        let data = database.load(&needs)?;
        let family = Family::new(cache_type, &data, self.as_of, self.settings);
        let plan = Plan::new(family.plan(), &data, self.as_of);
        let mut rows = BTreeMap::new();
        for row in database.cached_rows(cache_type)?.rows {
            match plan.place(&row) {
                Ok(key) if rows.contains_key(&key) => {
                    let why = Why::plain("a second row of that report; VMS reads the first");
                    findings.only_there.push(OnlyThere { report_key: Some(key), row: RowName::of(&row), why });
                }
                Ok(key) => drop(rows.insert(key, row)),
                Err(Stray { key, why }) => {
                    findings.only_there.push(OnlyThere { report_key: key, row: RowName::of(&row), why });
                }
            }
        }
        let bar = out.bar(cache_type.as_str());
        bar.set_length(plan.keys.len() as u64);
        for key in plan.keys {
            bar.inc(1);
            let stored = match rows.remove(&key) {
                Some(row) => database.cached_body(&row)?.map(|texts| (body(&row, texts), row)),
                None => None,
            };
            findings.reports.push(match stored {
                Some((vms, row)) => self.judge(&data, &family, key, vms, &row)?,
                None => not_cached(key),
            });
        }
        bar.finish_and_clear();
        Ok(())
    }

    fn judge(
        &self,
        data: &Dataset,
        family: &Family<'_>,
        key: ReportKey,
        stored: Value,
        row: &CachedRow,
    ) -> anyhow::Result<Compared> {
        let mut ours: Value = serde_json::from_slice(&family.build(&key)?.json)?;
        let mut vms = stored.clone();
        let mut found = Difference::between(&key, &mut vms, &mut ours);
        let data_changed = self.data_changed;
        let facts = Facts { key: &key, row, vms: &vms, ours: &ours, found: &found, data_changed };
        let (verdict, why) = match found.total {
            0 => (Verdict::Equal, None),
            _ => match self.is_of_its_moment(data, &key, stored, row)?.or_else(|| why::differs(&facts)) {
                Some(why) => (Verdict::Explained, Some(why)),
                None => (Verdict::Differs, None),
            },
        };
        found.changes.truncate(self.show);
        let Difference { total, places, changes } = found;
        Ok(Compared { report_key: key, verdict, row: Some(RowName::of(row)), why, differences: total, places, changes })
    }

    /// Two reports depend on the moment of their computation; for its own moment VMS's row may be right.
    fn is_of_its_moment(
        &self,
        data: &Dataset,
        key: &ReportKey,
        mut stored: Value,
        row: &CachedRow,
    ) -> anyhow::Result<Option<Why>> {
        let why = match key {
            ReportKey::VolunteerRecentDays => {
                Why::new("B28", "its window ends when it was computed; for then it is equal")
            }
            ReportKey::RecruitmentCandidates { .. } => Why::new("B49", "equal for the day on which it was computed"),
            _ => return Ok(None),
        };
        let moment = row.last_updated.as_ref().map(|stamp| stamp.at().to_zoned(TimeZone::UTC)).transpose()?;
        let Some(Ok(then)) = moment.map(|moment| AsOf::new(moment.timestamp(), self.zone.clone())) else {
            return Ok(None);
        };
        let family = Family::new(key.cache_type(), data, &then, self.settings);
        let Ok(built) = family.build(key) else { return Ok(None) };
        let mut ours = serde_json::from_slice(&built.json)?;
        Ok((Difference::between(key, &mut stored, &mut ours).total == 0).then_some(why))
    }
}

fn not_cached(key: ReportKey) -> Compared {
    let why = Some(why::not_cached(&key));
    let (places, changes) = (BTreeMap::new(), Vec::new());
    Compared { report_key: key, verdict: Verdict::NotCached, row: None, why, differences: 0, places, changes }
}

/// The body that VMS's row stands for. A column without a value is `null`, as is one that holds JSON's.
fn body(row: &CachedRow, texts: Vec<Option<String>>) -> Value {
    let parsed = |is_json: bool, text: String| match serde_json::from_str(&text) {
        Ok(value) if is_json => value,
        _ => Value::String(text),
    };
    let members = row.table.members.iter().zip(texts);
    let members = members.map(|(c, text)| (c.member.to_owned(), text.map_or(Value::Null, |t| parsed(c.is_json, t))));
    Value::Object(members.collect::<Map<String, Value>>())
}

/// Where two bodies of a report differ, what VMS leaves open aside.
struct Difference {
    total: u64,
    places: BTreeMap<String, u64>,
    changes: Vec<Change>,
}

impl Difference {
    /// Both are settled by it.
    fn between(key: &ReportKey, vms: &mut Value, ours: &mut Value) -> Self {
        let disorders = [settle(key, vms), settle(key, ours)].concat();
        let (diff, mut places) = Diff::with_places(vms, ours, &same_float);
        let (mut total, mut changes) = (diff.total, diff.changes);
        for disorder in disorders {
            let path = format!("{}[order]", disorder.path);
            total += 1;
            *places.entry(path.clone()).or_default() += 1;
            changes.push(Change { path, old: Some(disorder.what.into()), new: None });
        }
        Self { total, places, changes }
    }
}
