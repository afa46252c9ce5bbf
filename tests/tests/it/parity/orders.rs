//! What VMS leaves open, settled alike on both sides before they are compared.
//!
//! A list that VMS sorts must be in the order of VMS's key; elements that tie on it are brought into one order of ours.
//! A list that VMS does not sort is brought into that order as a whole. Lists without a rule are compared as they are.

use super::golden::GoldenFamily;
use jiff::civil::{Date, Time};
use serde_json::Value;
use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::fmt::Write as _;

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

/// The lists of a family's bodies, each by the path to it; `*` stands for any member or element.
fn rules(family: GoldenFamily) -> &'static [(&'static str, Order)] {
    match family {
        GoldenFamily::DistrictYearEnd => &[
            ("events_data.events_by_month.*.events", Rising(day_and_time)),
            ("events_data.events_by_month.*.unique_volunteers", Open),
            ("events_data.events_by_month.*.unique_students", Open),
        ],
        GoldenFamily::OrganizationSummary => &[("organizations_data", Falling(total_hours))],
        GoldenFamily::OrganizationDetail => &[
            ("volunteers_data", Open),
            ("cancelled_events", Open),
            ("in_person_events", Rising(date_sort_and_title)),
            ("in_person_events.*.volunteers", Open),
            ("virtual_events", Rising(date_sort_and_title)),
            ("virtual_events.*.volunteers", Open),
            ("virtual_events.*.classroom_details", Open),
        ],
        GoldenFamily::VirtualSession => &[
            ("session_data", Falling(day_and_time)),
            ("session_data.*.presenter_data", Open),
            ("session_data.*.presenter_data.*.organizations", Open),
        ],
        GoldenFamily::VirtualDistrict => &[
            ("session_data", Falling(date)),
            ("session_data.*.presenter_data", Open),
            ("session_data.*.presenter_data.*.organizations", Open),
            ("monthly_stats.*.events", Falling(date)),
            ("monthly_stats.*.events.*.presenter_data", Open),
            ("monthly_stats.*.events.*.presenter_data.*.organizations", Open),
            ("school_breakdown", Falling(sessions)),
            ("teacher_breakdown", Falling(sessions)),
        ],
        GoldenFamily::RecentVolunteers => &[
            ("report_data.active_volunteers", Rising(folded_name)),
            ("report_data.active_volunteers.*.events", Open),
            ("report_data.first_time_in_range", Falling(first_volunteer_date)),
            ("report_data.first_time_in_range.*.events", Rising(date)),
        ],
        GoldenFamily::FirstTimeVolunteer => {
            &[("report_data.volunteers", Falling(first_volunteer_day)), ("report_data.volunteers.*.events", Open)]
        }
        GoldenFamily::Recruitment => &[("candidates_data", Falling(score))],
    }
}

/// Settles a body in place; says where it is not in VMS's order. `whose` body it is goes into the words.
pub(crate) fn settle(family: GoldenFamily, body: &mut Value, whose: &str) -> Vec<String> {
    match family {
        GoldenFamily::Recruitment => each(body, "candidates_data.*", &mut |candidate, _| count_hits(candidate)),
        GoldenFamily::RecentVolunteers => {
            each(body, "report_data.active_volunteers.*", &mut |volunteer, _| settle_last_type(volunteer));
        }
        GoldenFamily::OrganizationDetail => {
            if let Some(members) = body.as_object_mut() {
                members.remove("organization_name");
            }
        }
        _ => {}
    }
    sort_presenters(body);
    let mut wrong = Vec::new();
    let mut rules = rules(family).to_vec();
    // Inner lists first: an element is placed by what it holds.
    rules.sort_by_key(|(path, _)| std::cmp::Reverse(path.matches('.').count()));
    for (path, order) in rules {
        each(body, path, &mut |list, place| {
            if let Value::Array(elements) = list
                && let Err(what) = sort(elements, order)
            {
                wrong.push(format!("body{place} {what} ({whose})"));
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
            elements.sort_by_cached_key(rough);
            return Ok(());
        }
        Rising(key) => (key, false),
        Falling(key) => (key, true),
    };
    let compare = |a: &Vec<Part>, b: &Vec<Part>| {
        let rising = a.partial_cmp(b).unwrap_or(Ordering::Equal);
        if falling { rising.reverse() } else { rising }
    };
    let keyed: Option<Vec<_>> = elements.iter().map(|e| Some((key(e)?, rough(e), e.clone()))).collect();
    let mut keyed = keyed.ok_or("has elements without VMS's sort key")?;
    let in_order = keyed.is_sorted_by(|a, b| compare(&a.0, &b.0).is_le());
    keyed.sort_by(|a, b| compare(&a.0, &b.0).then_with(|| a.1.cmp(&b.1)));
    for (place, (_, _, element)) in elements.iter_mut().zip(keyed) {
        *place = element;
    }
    if in_order { Ok(()) } else { Err("is not in VMS's order") }
}

/// A value as text with its numbers rounded: our order of elements that VMS does not order.
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
