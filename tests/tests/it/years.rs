//! What time does to a plan and to the reports in it: a year later, and in the hours around the end of July.

use crate::support::{DatabaseFile, GOLDEN_CLOCK, chicago, picker};
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use vms_core::{AsOf, CacheType, DistrictName, HostFilter, ReportKey};
use vms_reports::{Family, Settings};
use vms_source::Dataset;

const A_YEAR_EARLIER: &str = "2025-03-15T12:00:00Z";

/// Every report of one type at one moment.
struct Build {
    reports: BTreeMap<ReportKey, Vec<u8>>,
}

impl Build {
    fn of(cache_type: CacheType, data: &Dataset, instant: &str) -> Self {
        let (as_of, settings) = (chicago(instant), Settings::vms().unwrap());
        let family = Family::new(cache_type, data, &as_of, &settings);
        let build = |key: ReportKey| {
            let built = family.build(&key).unwrap_or_else(|e| panic!("{key}: {e}"));
            (key, built.json)
        };
        Self { reports: family.plan().into_iter().map(build).collect() }
    }

    fn keys(&self) -> BTreeSet<&ReportKey> {
        self.reports.keys().collect()
    }

    fn body(&self, key: &ReportKey) -> Value {
        serde_json::from_slice(&self.reports[key]).unwrap()
    }
}

/// The same database, built a year before [`GOLDEN_CLOCK`] and at it.
fn a_year_apart(cache_type: CacheType) -> [Build; 2] {
    let data = DatabaseFile::sample().load(&[cache_type]);
    [A_YEAR_EARLIER, GOLDEN_CLOCK].map(|instant| Build::of(cache_type, &data, instant))
}

/// The report that a key names, without its scope.
fn kind(key: &ReportKey) -> &'static str {
    match key {
        ReportKey::DistrictYearEnd { hosts: HostFilter::All, .. } => "year-end, all hosts",
        ReportKey::DistrictYearEnd { hosts: HostFilter::Prepkc, .. } => "year-end, PREPKC hosts",
        ReportKey::DistrictEngagement { .. } => "engagement",
        ReportKey::OrganizationSummary { .. } => "organization summary",
        ReportKey::OrganizationDetail { .. } => "organization detail",
        ReportKey::VirtualUsage { .. } => "virtual usage",
        ReportKey::VirtualDistrict { .. } => "virtual district",
        ReportKey::VolunteerRecent { .. } => "recent volunteers",
        ReportKey::VolunteerRecentDays => "recent volunteers of 365 days",
        ReportKey::VolunteerFirstTime { .. } => "first-time volunteers",
        ReportKey::RecruitmentCandidates { .. } => "candidates",
        ReportKey::RecruitmentDiaEvents => "DIA events",
    }
}

/// How many keys there are of each kind and year, such as `engagement 2425: 7`.
fn census<'a>(keys: impl IntoIterator<Item = &'a ReportKey>) -> Vec<String> {
    let mut counts = BTreeMap::<String, usize>::new();
    for key in keys {
        let year = key.school_year().map_or_else(String::new, |year| format!(" {year}"));
        *counts.entry(format!("{}{year}", kind(key))).or_default() += 1;
    }
    counts.into_iter().map(|(what, n)| format!("{what}: {n}")).collect()
}

#[test]
fn a_year_later_each_plan_has_lost_its_oldest_year_and_gained_a_new_one() {
    for (cache_type, lost, kept, gained) in [
        (
            CacheType::District,
            vec!["engagement 2324: 7", "year-end, PREPKC hosts 2324: 7", "year-end, all hosts 2324: 7"],
            vec!["engagement 2425: 7", "year-end, PREPKC hosts 2425: 7", "year-end, all hosts 2425: 7"],
            vec!["engagement 2526: 7", "year-end, PREPKC hosts 2526: 7", "year-end, all hosts 2526: 7"],
        ),
        (
            CacheType::Organization,
            vec!["organization detail 2324: 46", "organization summary 2324: 1"],
            vec!["organization detail 2425: 50", "organization summary 2425: 1"],
            vec!["organization detail 2526: 45", "organization summary 2526: 1"],
        ),
        (
            CacheType::VirtualSession,
            vec!["virtual district 2324: 9", "virtual usage 2324: 1"],
            vec!["virtual district 2425: 10", "virtual usage 2425: 1"],
            vec!["virtual district 2526: 8", "virtual usage 2526: 1"],
        ),
        (
            CacheType::Volunteer,
            vec!["first-time volunteers 2324: 1", "recent volunteers 2324: 1"],
            vec!["first-time volunteers 2425: 1", "recent volunteers 2425: 1", "recent volunteers of 365 days: 1"],
            vec!["first-time volunteers 2526: 1", "recent volunteers 2526: 1"],
        ),
        // Fewer than 50 events of the sample are still to come.
        (CacheType::Recruitment, vec!["candidates: 100"], vec!["DIA events: 1"], vec!["candidates: 75"]),
    ] {
        let [earlier, later] = a_year_apart(cache_type);
        let (earlier, later) = (earlier.keys(), later.keys());
        assert_eq!(census(earlier.difference(&later).copied()), lost, "{cache_type}: lost");
        assert_eq!(census(earlier.intersection(&later).copied()), kept, "{cache_type}: kept");
        assert_eq!(census(later.difference(&earlier).copied()), gained, "{cache_type}: gained");
    }
}

#[test]
fn a_report_of_a_year_does_not_change_because_time_passes() {
    for cache_type in CacheType::ALL {
        let [earlier, later] = a_year_apart(cache_type);
        let (earlier_keys, later_keys) = (earlier.keys(), later.keys());
        let kept = earlier_keys.intersection(&later_keys).copied();
        let changed: Vec<_> = kept.filter(|key| earlier.reports[*key] != later.reports[*key]).map(kind).collect();
        let expected: &[&str] = match cache_type {
            // Its filter offers the school years up to the next one.
            CacheType::VirtualSession => &["virtual usage"],
            CacheType::Volunteer => &["recent volunteers of 365 days"],
            CacheType::Recruitment => &["DIA events"],
            CacheType::District | CacheType::Organization => &[],
        };
        assert_eq!(changed, expected, "{cache_type}");
    }
}

#[test]
fn of_virtual_usage_only_the_offered_school_years_follow_the_calendar() {
    let builds = a_year_apart(CacheType::VirtualSession);
    let [mut earlier, mut later] = builds.map(|b| b.body(&key("virtual_session/usage/2024-2025")));
    let take = |newest: &str, body: &mut Value| {
        let years = body["filter_options"]["school_years"].take();
        assert_eq!((&years[0], years.as_array().unwrap().last().unwrap()), (&json!(newest), &json!("2018-2019")));
    };
    take("2026-2027", &mut earlier);
    take("2027-2028", &mut later);
    assert_eq!(earlier, later);
}

#[test]
fn the_last_365_days_move_with_the_clock() {
    let [earlier, later] = a_year_apart(CacheType::Volunteer).map(|b| b.body(&key("volunteer/recent/last-365-days")));
    let days = |body: &Value| -> BTreeSet<String> {
        let volunteers = body["report_data"]["active_volunteers"].as_array().unwrap();
        let events = volunteers.iter().flat_map(|v| v["events"].as_array().unwrap());
        events.map(|e| e["date"].as_str().unwrap().to_owned()).collect()
    };
    for (days, first, last) in [
        (days(&earlier), "2024-03-15T12:00:00", "2025-03-15T12:00:00"),
        (days(&later), "2025-03-15T12:00:00", "2026-03-15T12:00:00"),
    ] {
        assert!(days.len() > 20 && days.iter().all(|day| (first..=last).contains(&day.as_str())), "{days:?}");
    }
}

#[test]
fn dia_events_leave_their_list_when_they_start() {
    let starts = |build: &Build| -> BTreeSet<(String, i64)> {
        let body = build.body(&ReportKey::RecruitmentDiaEvents);
        let filled = body["filled_events"].as_array().unwrap().iter().map(|item| &item["event"]);
        let events = filled.chain(body["unfilled_events"].as_array().unwrap());
        events.map(|e| (e["start_date"].as_str().unwrap().to_owned(), e["id"].as_i64().unwrap())).collect()
    };
    let [earlier, later] = a_year_apart(CacheType::Recruitment).map(|build| starts(&build));
    let upcoming = |(start, _): &&(String, i64)| start.as_str() > "2026-03-15T12:00:00";
    assert_eq!(later, earlier.iter().filter(upcoming).cloned().collect());
    assert!(!later.is_empty() && later.len() < earlier.len(), "{} of {}", later.len(), earlier.len());
}

#[test]
fn candidates_are_planned_for_the_events_that_vmss_picker_offers() {
    let database = DatabaseFile::sample();
    let data = database.load(&[CacheType::Recruitment]);
    let of_an_event: String = {
        let sql = "SELECT start_date FROM event WHERE start_date LIKE '2025-11%' ORDER BY start_date LIMIT 1";
        let start: String = database.vms().query_row(sql, [], |row| row.get(0)).unwrap();
        format!("{}Z", start.replace(' ', "T"))
    };
    for instant in [A_YEAR_EARLIER, &of_an_event, GOLDEN_CLOCK, "2022-06-01T00:00:00Z", "2030-01-01T00:00:00Z"] {
        let as_of = chicago(instant);
        let settings = Settings::vms().unwrap();
        let plan = Family::new(CacheType::Recruitment, &data, &as_of, &settings).plan();
        let candidates = picker(&database, &as_of).into_iter().map(|event| ReportKey::RecruitmentCandidates { event });
        let expected: Vec<_> = candidates.chain([ReportKey::RecruitmentDiaEvents]).collect();
        assert_eq!(plan, expected, "{instant}");
    }
}

/// What a candidate scores but for the recency of their last event, and why.
fn without_recency(candidate: &Value) -> (i64, f64, Vec<String>, Vec<String>) {
    let lines = |value: &Value| -> Vec<String> { serde_json::from_value(value.clone()).unwrap() };
    let breakdown: Vec<String> = candidate["breakdown"].as_str().unwrap().lines().map(str::to_owned).collect();
    let (recency, breakdown): (Vec<_>, Vec<_>) = breakdown.into_iter().partition(|line| line.starts_with("Recency: "));
    let points: f64 = recency.first().map_or(0.0, |line| line["Recency: ".len()..].parse().unwrap());
    let reasons = lines(&candidate["reasons"]).into_iter().filter(|reason| reason != "Recent activity").collect();
    let score = ((candidate["score"].as_f64().unwrap() - points) * 1000.0).round();
    (candidate["id"].as_i64().unwrap(), score, reasons, breakdown)
}

#[test]
fn a_candidate_loses_nothing_but_recency_as_time_passes() {
    let data = DatabaseFile::sample().load(&[CacheType::Recruitment]);
    let settings = Settings::vms().unwrap();
    let [then, later] = [GOLDEN_CLOCK, "2027-03-15T12:00:00Z"].map(chicago);
    let [then, later] = [&then, &later].map(|at| Family::new(CacheType::Recruitment, &data, at, &settings));
    let mut lost = 0;
    for key in then.plan().into_iter().filter(|key| *key != ReportKey::RecruitmentDiaEvents) {
        let candidates = |family: &Family<'_>| -> Vec<Value> {
            let body: Value = serde_json::from_slice(&family.build(&key).unwrap().json).unwrap();
            body["candidates_data"].as_array().unwrap().clone()
        };
        let by_id = |candidates: &[Value]| {
            let mut all: Vec<_> = candidates.iter().map(without_recency).collect();
            all.sort_by_key(|candidate| candidate.0);
            all
        };
        let (then, later) = (candidates(&then), candidates(&later));
        assert_eq!(by_id(&then), by_id(&later), "{key}");
        let recent = |c: &&Value| c["breakdown"].as_str().unwrap().contains("Recency: ");
        assert_eq!(later.iter().filter(recent).count(), 0, "{key}: every last event is over a year old by then");
        lost += then.iter().filter(recent).count();
    }
    assert!(lost > 100, "only {lost} candidates were recent");
}

#[test]
fn an_organization_is_planned_for_the_years_in_which_its_detail_lists_anything() {
    let data = DatabaseFile::fixture("altered-small").load(&[CacheType::Organization]);
    let (as_of, settings) = (chicago(GOLDEN_CLOCK), Settings::vms().unwrap());
    let family = Family::new(CacheType::Organization, &data, &as_of, &settings);
    let plan: BTreeSet<_> = family.plan().into_iter().collect();
    for year in as_of.school_years(settings.report_years) {
        for organization in data.organizations.iter().map(|o| o.id) {
            let key = ReportKey::OrganizationDetail { year, organization };
            let body: Value = serde_json::from_slice(&family.build(&key).unwrap().json).unwrap();
            let mut members = body.as_object().unwrap().values();
            let listed = members.any(|member| member.as_array().is_some_and(|list| !list.is_empty()));
            assert_eq!(plan.contains(&key), listed, "{key}");
        }
    }
}

#[test]
fn a_district_is_planned_for_the_virtual_years_in_which_it_has_sessions() {
    let data = DatabaseFile::fixture("altered-small").load(&[CacheType::VirtualSession]);
    let (as_of, settings) = (chicago(GOLDEN_CLOCK), Settings::vms().unwrap());
    let family = Family::new(CacheType::VirtualSession, &data, &as_of, &settings);
    let plan: BTreeSet<_> = family.plan().into_iter().collect();
    let partners = data.events.iter().filter_map(|e| e.district_partner.as_deref());
    let names: BTreeSet<&str> = data.districts.iter().map(|d| &*d.name).chain(partners).collect();
    let mut planned = 0;
    for year in as_of.virtual_years(settings.report_years) {
        for district in names.iter().filter_map(|name| DistrictName::new(*name).ok()) {
            let key = ReportKey::VirtualDistrict { year, district };
            let body: Value = serde_json::from_slice(&family.build(&key).unwrap().json).unwrap();
            let has_sessions = !body["session_data"].as_array().unwrap().is_empty();
            assert_eq!(plan.contains(&key), has_sessions, "{key}");
            planned += usize::from(has_sessions);
        }
    }
    assert_eq!(planned + 2, plan.len(), "besides two reports of usage, the plan holds nothing else");
}

/// The years in a plan, newest first, of the reports that every year has.
fn years_of(cache_type: CacheType, data: &Dataset, as_of: &AsOf) -> Vec<String> {
    let settings = Settings::vms().unwrap();
    let plan = Family::new(cache_type, data, as_of, &settings).plan();
    let mut by_kind = BTreeMap::<&str, Vec<String>>::new();
    for (kind, year) in plan.iter().filter_map(|key| Some((kind(key), key.school_year()?.to_string()))) {
        let years = by_kind.entry(kind).or_default();
        if !years.contains(&year) {
            years.push(year);
        }
    }
    let all = by_kind.values().max_by_key(|years| years.len()).cloned().unwrap_or_default();
    for (kind, years) in by_kind {
        match kind {
            "organization detail" | "virtual district" => {
                assert!(years.iter().all(|year| all.contains(year)), "{kind}: {years:?}");
            }
            _ => assert_eq!(years, all, "{kind}"),
        }
    }
    all
}

#[test]
fn the_hours_around_the_end_of_july_hold_the_years_that_chicago_is_in_or_will_be_in_tomorrow() {
    let database = DatabaseFile::sample();
    let of_years = [CacheType::District, CacheType::Organization, CacheType::VirtualSession, CacheType::Volunteer];
    for cache_type in of_years {
        let data = database.load(&[cache_type]);
        for (instant, years, because) in [
            ("2026-07-30T12:00:00Z", "2526 2425", "an ordinary day"),
            ("2026-07-31T04:59:59Z", "2526 2425", "30 July, 23:59:59 in Chicago"),
            ("2026-07-31T05:00:00Z", "2627 2526 2425", "31 July begins there, and tomorrow is August"),
            ("2026-08-01T00:00:00Z", "2627 2526 2425", "August by UTC alone"),
            ("2026-08-01T00:30:00Z", "2627 2526 2425", "31 July, 19:30 in Chicago"),
            ("2026-08-01T02:00:00Z", "2627 2526 2425", "the nightly refresh"),
            ("2026-08-01T04:59:59Z", "2627 2526 2425", "the last second of July there"),
            ("2026-08-01T05:00:00Z", "2627 2526", "August there too"),
            ("2026-08-02T02:00:00Z", "2627 2526", "the next nightly refresh"),
            ("2026-12-31T23:59:59Z", "2627 2526", "the turn of the calendar year is no border"),
            ("2027-01-01T06:00:00Z", "2627 2526", "nor is Chicago's"),
        ] {
            assert_eq!(years_of(cache_type, &data, &chicago(instant)).join(" "), years, "{cache_type}: {because}");
        }
        let utc = AsOf::new("2026-08-01T00:30:00Z".parse().unwrap(), TimeZone::UTC).unwrap();
        assert_eq!(years_of(cache_type, &data, &utc).join(" "), "2627 2526", "{cache_type}: where schools keep UTC");
    }
}

fn key(text: &str) -> ReportKey {
    text.parse().unwrap()
}
