//! When VMS's body of a report and ours say the same: what VMS leaves open is settled alike on both sides first.
//!
//! A list that VMS sorts must be in the order of VMS's key; elements that tie on it are brought into one order of ours.
//! A list that VMS does not sort is brought into that order as a whole. Lists without a rule stay as they are.
//!
//! Left open besides, and settled here:
//!
//! * floats within 1e-9 of their size, or 1e-6: VMS adds binary floats in row order ([`same_float`]);
//! * the order of names in a session's `presenter` text, which follows such a list;
//! * which of several types a volunteer's `last_event_type` names when several events share the last date;
//! * which keyword hits a recruitment line names: how many they are counts.

use jiff::civil::{Date, Time};
use serde_json::{Number, Value};
use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use vms_core::ReportKey;

/// How VMS orders a list.
#[derive(Clone, Copy)]
enum Order {
    /// Not at all.
    Open,
    Rising(Key),
    Falling(Key),
}
use Order::{Falling, Open, Rising};

/// VMS's sort key of an element, unless the element is not of VMS's shape.
type Key = fn(&Value) -> Option<Vec<Part>>;

#[derive(Debug, Clone, PartialEq, PartialOrd)]
enum Part {
    Number(f64),
    Text(String),
}

/// A list that is not in the order in which VMS has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disorder {
    /// Where: such as `report_data.active_volunteers[3].events`.
    pub path: String,
    /// What is wrong with it.
    pub what: &'static str,
}

/// Whether two floats are equal up to the order of their sums; integers have no such leeway.
pub fn same_float(a: &Number, b: &Number) -> bool {
    let (Some(x), Some(y), true) = (a.as_f64(), b.as_f64(), a.is_f64() && b.is_f64()) else { return false };
    (x - y).abs() <= f64::max(1e-6, 1e-9 * x.abs().max(y.abs()))
}

/// The lists of a report's bodies, each by the path to it; `*` stands for any member or element.
fn rules(key: &ReportKey) -> &'static [(&'static str, Order)] {
    match key {
        ReportKey::DistrictYearEnd { .. } => &[
            ("events_data.events_by_month.*.events", Rising(day_and_time)),
            ("events_data.events_by_month.*.unique_volunteers", Open),
            ("events_data.events_by_month.*.unique_students", Open),
        ],
        ReportKey::OrganizationSummary { .. } => &[("organizations_data", Falling(total_hours))],
        ReportKey::OrganizationDetail { .. } => &[
            ("volunteers_data", Open),
            ("cancelled_events", Open),
            ("in_person_events", Rising(date_sort_and_title)),
            ("in_person_events.*.volunteers", Open),
            ("virtual_events", Rising(date_sort_and_title)),
            ("virtual_events.*.volunteers", Open),
            ("virtual_events.*.classroom_details", Open),
        ],
        ReportKey::VirtualUsage { .. } => &[
            ("session_data", Falling(day_and_time)),
            ("session_data.*.presenter_data", Open),
            ("session_data.*.presenter_data.*.organizations", Open),
        ],
        ReportKey::VirtualDistrict { .. } => &[
            ("session_data", Falling(date)),
            ("session_data.*.presenter_data", Open),
            ("session_data.*.presenter_data.*.organizations", Open),
            ("monthly_stats.*.events", Falling(date)),
            ("monthly_stats.*.events.*.presenter_data", Open),
            ("monthly_stats.*.events.*.presenter_data.*.organizations", Open),
            ("school_breakdown", Falling(sessions)),
            ("teacher_breakdown", Falling(sessions)),
        ],
        ReportKey::VolunteerRecent { .. } | ReportKey::VolunteerRecentDays => &[
            ("report_data.active_volunteers", Rising(folded_name)),
            ("report_data.active_volunteers.*.events", Open),
            ("report_data.first_time_in_range", Falling(first_volunteer_date)),
            ("report_data.first_time_in_range.*.events", Rising(date)),
        ],
        ReportKey::VolunteerFirstTime { .. } => {
            &[("report_data.volunteers", Falling(first_volunteer_day)), ("report_data.volunteers.*.events", Open)]
        }
        ReportKey::RecruitmentCandidates { .. } => &[("candidates_data", Falling(score))],
        ReportKey::DistrictEngagement { .. } | ReportKey::RecruitmentDiaEvents => &[],
    }
}

/// Settles a body in place; says where it is not in VMS's order.
pub fn settle(key: &ReportKey, body: &mut Value) -> Vec<Disorder> {
    match key {
        ReportKey::RecruitmentCandidates { .. } => {
            each(body, "candidates_data.*", &mut |candidate, _| count_hits(candidate));
        }
        ReportKey::VolunteerRecent { .. } | ReportKey::VolunteerRecentDays => {
            each(body, "report_data.active_volunteers.*", &mut |volunteer, _| settle_last_type(volunteer));
        }
        _ => {}
    }
    sort_presenters(body);
    let mut wrong = Vec::new();
    let mut rules = rules(key).to_vec();
    // Inner lists first: an element is placed by what it holds.
    rules.sort_by_key(|(path, _)| std::cmp::Reverse(path.matches('.').count()));
    for (path, order) in rules {
        each(body, path, &mut |list, place| {
            if let Value::Array(elements) = list
                && let Err(what) = sort(elements, order)
            {
                wrong.push(Disorder { path: place.trim_start_matches('.').to_owned(), what });
            }
        });
    }
    wrong
}

/// Calls `act` with every value that a path leads to, and with where it is.
fn each(value: &mut Value, path: &str, act: &mut dyn FnMut(&mut Value, &str)) {
    let steps: Vec<&str> = path.split('.').collect();
    follow(value, &steps, "", act);
}

fn follow(value: &mut Value, steps: &[&str], place: &str, act: &mut dyn FnMut(&mut Value, &str)) {
    let Some((step, rest)) = steps.split_first() else { return act(value, place) };
    match (value, *step) {
        (Value::Object(members), "*") => {
            for (member, value) in members {
                follow(value, rest, &format!("{place}.{member}"), act);
            }
        }
        (Value::Array(elements), "*") => {
            for (n, value) in elements.iter_mut().enumerate() {
                follow(value, rest, &format!("{place}[{n}]"), act);
            }
        }
        (Value::Object(members), member) => {
            if let Some(value) = members.get_mut(member) {
                follow(value, rest, &format!("{place}.{member}"), act);
            }
        }
        _ => {}
    }
}

fn sort(elements: &mut [Value], order: Order) -> Result<(), &'static str> {
    let (key, falling) = match order {
        Open => {
            elements.sort_by_cached_key(place);
            return Ok(());
        }
        Rising(key) => (key, false),
        Falling(key) => (key, true),
    };
    let compare = |a: &Vec<Part>, b: &Vec<Part>| {
        let rising = a.partial_cmp(b).unwrap_or(Ordering::Equal);
        if falling { rising.reverse() } else { rising }
    };
    let keyed: Option<Vec<_>> = elements.iter().map(|e| Some((key(e)?, place(e), e.clone()))).collect();
    let mut keyed = keyed.ok_or("has elements without VMS's sort key")?;
    let in_order = keyed.is_sorted_by(|a, b| compare(&a.0, &b.0).is_le());
    keyed.sort_by(|a, b| compare(&a.0, &b.0).then_with(|| a.1.cmp(&b.1)));
    for (at, (_, _, element)) in elements.iter_mut().zip(keyed) {
        *at = element;
    }
    if in_order { Ok(()) } else { Err("is not in VMS's order") }
}

/// Our order of elements that VMS does not order: by whom they are about, then by all that they hold. So an element
/// that differs in one figure stays where it was.
fn place(element: &Value) -> (String, String) {
    let about = ["id", "event_id", "name", "title"].into_iter().find_map(|member| element.get(member));
    (about.map(rough).unwrap_or_default(), rough(element))
}

/// A value as text with its numbers rounded.
fn rough(value: &Value) -> String {
    let mut text = String::new();
    write_rough(value, &mut text);
    text
}

fn write_rough(value: &Value, text: &mut String) {
    match value {
        Value::Number(number) => {
            let _ = write!(text, "{:.4}", number.as_f64().unwrap_or(f64::NAN));
        }
        Value::Object(members) => {
            let mut sorted: Vec<_> = members.iter().collect();
            sorted.sort_by_key(|(member, _)| *member);
            for (member, value) in sorted {
                let _ = write!(text, "{member}:");
                write_rough(value, text);
                text.push(',');
            }
        }
        Value::Array(elements) => {
            for element in elements {
                write_rough(element, text);
                text.push(';');
            }
        }
        other => {
            let _ = write!(text, "{other}");
        }
    }
}

/// The names in a `presenter` text follow the order of `presenter_data`, which is open.
fn sort_presenters(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (member, value) in members {
                match value {
                    Value::String(names) if member == "presenter" => {
                        let mut sorted: Vec<&str> = names.split(", ").collect();
                        sorted.sort_unstable();
                        *names = sorted.join(", ");
                    }
                    other => sort_presenters(other),
                }
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(sort_presenters),
        _ => {}
    }
}

/// Where events of several types share the last date, VMS names the type of any of them.
fn settle_last_type(volunteer: &mut Value) {
    let types: BTreeSet<String> = {
        let last_date = &volunteer["last_event_date"];
        let events = volunteer["events"].as_array().into_iter().flatten();
        events.filter(|e| e["date"] == *last_date).map(|e| e["type"].to_string()).collect()
    };
    if types.len() > 1 && types.contains(&volunteer["last_event_type"].to_string()) {
        volunteer["last_event_type"] = "any of the last day's types".into();
    }
}

/// Replaces the keyword hits that a candidate's lines name by how many there are, as the golden files do.
fn count_hits(candidate: &mut Value) {
    for reason in candidate["reasons"].as_array_mut().into_iter().flatten() {
        if let Value::String(line) = reason {
            *line = with_hits_counted(line);
        }
    }
    if let Value::String(lines) = &mut candidate["breakdown"] {
        *lines = lines.split('\n').map(with_hits_counted).collect::<Vec<_>>().join("\n");
    }
}

fn with_hits_counted(line: &str) -> String {
    for intro in ["Title/industry match: ", "Title/industry keyword ("] {
        if let Some(hits) = line.strip_prefix(intro) {
            let end = hits.find(')').unwrap_or(hits.len());
            let (hits, rest) = hits.split_at(end);
            let counted = hits.strip_prefix('<').and_then(|h| h.strip_suffix('>')?.parse().ok());
            let count = counted.unwrap_or_else(|| hits.split(", ").filter(|hit| !hit.is_empty()).count());
            return format!("{intro}<{count}>{rest}");
        }
    }
    line.to_owned()
}

fn text(element: &Value, member: &str) -> Option<Part> {
    Some(Part::Text(element[member].as_str()?.to_owned()))
}

fn number(element: &Value, member: &str) -> Option<Vec<Part>> {
    Some(vec![Part::Number(element[member].as_f64()?)])
}

/// `date` as `03/15/2026`, and `time` as `09:30 AM`.
fn day_and_time(event: &Value) -> Option<Vec<Part>> {
    let day = Date::strptime("%m/%d/%Y", event["date"].as_str()?).ok()?;
    let time = Time::strptime("%I:%M %p", event["time"].as_str()?).ok()?;
    Some(vec![Part::Text(day.to_string()), Part::Text(time.to_string())])
}

fn date_sort_and_title(event: &Value) -> Option<Vec<Part>> {
    Some(vec![text(event, "date_sort")?, text(event, "title")?])
}

fn date(element: &Value) -> Option<Vec<Part>> {
    Some(vec![text(element, "date")?])
}

fn first_volunteer_date(volunteer: &Value) -> Option<Vec<Part>> {
    Some(vec![text(volunteer, "first_volunteer_date")?])
}

/// `first_volunteer_date` as `July 22, 2025`.
fn first_volunteer_day(volunteer: &Value) -> Option<Vec<Part>> {
    let day = Date::strptime("%B %d, %Y", volunteer["first_volunteer_date"].as_str()?).ok()?;
    Some(vec![Part::Text(day.to_string())])
}

fn folded_name(volunteer: &Value) -> Option<Vec<Part>> {
    let name = &volunteer["name"];
    let folded = if name.is_null() { String::new() } else { name.as_str()?.to_lowercase() };
    Some(vec![Part::Text(folded)])
}

fn total_hours(organization: &Value) -> Option<Vec<Part>> {
    number(organization, "total_hours")
}

fn sessions(subject: &Value) -> Option<Vec<Part>> {
    number(subject, "sessions")
}

fn score(candidate: &Value) -> Option<Vec<Part>> {
    number(candidate, "score")
}
