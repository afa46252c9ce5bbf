//! The comparison itself: what it must find, and what it must let pass.

use super::golden::{Golden, GoldenFamily, Row, Wanted};
use super::{REQUIRED, Verdict, judge};
use crate::support::DatabaseFile;
use serde_json::{Number, Value, json};
use vms_core::ReportKey;

/// A row whose golden body is `vms`; the key plays no part.
fn row(vms: Value) -> Row {
    Row { wanted: Wanted::Key(ReportKey::VolunteerRecentDays), body: vms, required: true }
}

/// The differences, one per line; nothing where the bodies are equal.
fn found(family: GoldenFamily, vms: Value, here: Value) -> String {
    match judge(family, &row(vms), Some(here)) {
        Verdict::Equal => String::new(),
        Verdict::Different(found) => found.join("\n"),
        Verdict::Missing | Verdict::Outside => unreachable!("there is a report"),
    }
}

#[test]
fn a_changed_value_form_length_or_member_is_found() {
    let stats = |value: Value| json!({"summary_stats": value});
    for (vms, here, expected) in [
        (json!({"n": 3}), json!({"n": 3}), ""),
        (json!({"n": 3}), json!({"n": 4}), "body.summary_stats.n: VMS has 3, here it is 4"),
        (json!({"n": 0}), json!({"n": 0.0}), "body.summary_stats.n: VMS has the integer 0, here it is the float 0.0"),
        (json!({"n": 2.0}), json!({"n": 2}), "body.summary_stats.n: VMS has the float 2.0, here it is the integer 2"),
        (json!({"n": 2.5}), json!({"n": 2.500_000_9}), ""),
        (json!({"n": 2.5}), json!({"n": 2.501}), "body.summary_stats.n: VMS has 2.5, here it is 2.501"),
        (json!({"n": 4e12}), json!({"n": 4e12 + 1.0}), ""),
        (json!({"n": 4_000_000_000_000_i64}), json!({"n": 4_000_000_000_001_i64}), "here it is 4000000000001"),
        (json!({"n": "a"}), json!({"n": "A"}), "body.summary_stats.n: VMS has \"a\", here it is \"A\""),
        (json!({"n": null}), json!({"n": ""}), "body.summary_stats.n: VMS has null, here it is \"\""),
        (json!({"n": 1}), json!({"n": true}), "body.summary_stats.n: VMS has 1, here it is true"),
        (json!({"n": 1}), json!({}), "body.summary_stats.n: only VMS has it"),
        (json!({}), json!({"n": 1}), "body.summary_stats.n: VMS has no such member"),
        (json!({"n": [1, 2]}), json!({"n": [1]}), "body.summary_stats.n: VMS lists 2, here 1 are listed"),
        (json!({"n": [1, 2]}), json!({"n": [2, 1]}), "body.summary_stats.n[0]: VMS has 1, here it is 2"),
        (json!([]), json!({}), "body.summary_stats: VMS has [], here it is {}"),
    ] {
        let label = format!("{vms} against {here}");
        let found = found(GoldenFamily::VirtualSession, stats(vms), stats(here));
        assert_eq!(found.is_empty(), expected.is_empty(), "{label}: {found}");
        assert!(found.contains(expected), "{label}: {found}");
    }
}

#[test]
fn an_order_that_vms_decides_is_held_and_one_it_leaves_open_is_not() {
    let summary = |list: Value| json!({"organizations_data": list});
    let (first, tied, last) = (
        json!({"id": 1, "total_hours": 3.5}),
        json!({"id": 2, "total_hours": 3.5}),
        json!({"id": 3, "total_hours": 0}),
    );
    let vms = summary(json!([first, tied, last]));
    let family = GoldenFamily::OrganizationSummary;
    assert_eq!(found(family, vms.clone(), summary(json!([tied, first, last]))), "", "elements that tie");
    let turned = found(family, vms.clone(), summary(json!([last, first, tied])));
    assert_eq!(turned, "body.organizations_data is not in VMS's order (here)");
    let unlike = found(family, vms, summary(json!([first, tied, {"id": 3}])));
    assert!(unlike.starts_with("body.organizations_data has elements without VMS's sort key (here)"), "{unlike}");

    let month = |list: Value| json!({"events_data": {"events_by_month": {"May 2026": {"unique_volunteers": list}}}});
    let family = GoldenFamily::DistrictYearEnd;
    assert_eq!(found(family, month(json!([7, 11, 9])), month(json!([11, 9, 7]))), "", "a list from a set");
    assert!(found(family, month(json!([7, 11])), month(json!([7, 12]))).contains("VMS has 11, here it is 12"));

    let dated = |times: [&str; 2]| {
        let event = |time| json!({"date": "10/02/2025", "time": time});
        json!({"events_data": {"events_by_month": {"October 2025": {"events": times.map(event)}}}})
    };
    let turned = found(family, dated(["09:30 AM", "01:00 PM"]), dated(["01:00 PM", "09:30 AM"]));
    assert_eq!(turned, "body.events_data.events_by_month.October 2025.events is not in VMS's order (here)");
}

#[test]
fn only_what_vms_leaves_to_chance_is_forgiven() {
    let candidate = |reason: &str, breakdown: &str| json!({"candidates_data": [{"score": 0.6, "reasons": [reason], "breakdown": breakdown}]});
    let vms = || candidate("Title/industry match: <2>", "Title/industry keyword (<2>): +0.60\nLocality: +0.20");
    let volunteer = |last: &str| {
        let events = json!([{"date": "2026-03-01", "type": "dia"}, {"date": "2026-03-01", "type": "mentoring"},
                            {"date": "2026-02-01", "type": "fafsa"}]);
        json!({"report_data": {"active_volunteers": [
            {"name": "A", "last_event_date": "2026-03-01", "last_event_type": last, "events": events}
        ]}})
    };
    let session = |presenter: &str| {
        json!({"session_data": [{"date": "03/01/2026", "time": "09:00 AM",
                                                             "presenter": presenter}]})
    };
    for (what, family, vms, here, equal) in [
        (
            "other hits, as many",
            GoldenFamily::Recruitment,
            vms(),
            candidate("Title/industry match: data, r", "Title/industry keyword (data, r): +0.60\nLocality: +0.20"),
            true,
        ),
        (
            "one hit too many",
            GoldenFamily::Recruitment,
            vms(),
            candidate("Title/industry match: a, b, c", "Title/industry keyword (a, b): +0.60\nLocality: +0.20"),
            false,
        ),
        (
            "another score behind the hits",
            GoldenFamily::Recruitment,
            vms(),
            candidate("Title/industry match: a, b", "Title/industry keyword (a, b): +0.50\nLocality: +0.20"),
            false,
        ),
        (
            "another type of the last day",
            GoldenFamily::RecentVolunteers,
            volunteer("dia"),
            volunteer("mentoring"),
            true,
        ),
        ("a type of an earlier day", GoldenFamily::RecentVolunteers, volunteer("dia"), volunteer("fafsa"), false),
        ("presenters in another order", GoldenFamily::VirtualSession, session("A B, C D"), session("C D, A B"), true),
        ("another presenter", GoldenFamily::VirtualSession, session("A B, C D"), session("A B, C E"), false),
        ("a name as it is spelt", GoldenFamily::VirtualSession, session("A B"), session("A  B"), false),
    ] {
        let found = found(family, vms, here);
        assert_eq!(found.is_empty(), equal, "{what}: {found}");
    }
}

#[test]
fn a_report_that_is_required_and_not_there_is_missing() {
    let mut row = row(json!({}));
    assert!(matches!(judge(GoldenFamily::Recruitment, &row, None), Verdict::Missing));
    row.required = false;
    assert!(matches!(judge(GoldenFamily::Recruitment, &row, None), Verdict::Outside));
}

/// Takes VMS's own bodies for ours and changes them in one place after the other.
#[test]
fn no_leaf_of_a_golden_body_can_change_unseen() {
    let database = DatabaseFile::fixture("seed1-small");
    for (family, _) in REQUIRED {
        let golden = Golden::read("seed1-small", family, &database);
        let required = golden.rows.iter().filter(|row| row.required);
        let row = required.min_by_key(|row| leaves(&row.body).len().abs_diff(500)).unwrap();
        let paths = leaves(&row.body);
        assert!(matches!(judge(family, row, Some(row.body.clone())), Verdict::Equal));
        let stride = paths.len().div_ceil(60);
        for path in paths.iter().step_by(stride) {
            for changed in changes(row.body.pointer(path).unwrap()) {
                let mut here = row.body.clone();
                *here.pointer_mut(path).unwrap() = changed.clone();
                let verdict = judge(family, row, Some(here));
                assert!(matches!(verdict, Verdict::Different(_)), "{}{path} as {changed}", family.name());
            }
        }
    }
}

/// Every value that holds no other, by its JSON pointer, save the one that is compared nowhere.
fn leaves(body: &Value) -> Vec<String> {
    fn collect(value: &Value, path: &str, into: &mut Vec<String>) {
        match value {
            Value::Object(members) if !members.is_empty() => {
                for (member, value) in members {
                    let member = member.replace('~', "~0").replace('/', "~1");
                    collect(value, &format!("{path}/{member}"), into);
                }
            }
            Value::Array(elements) if !elements.is_empty() => {
                for (n, value) in elements.iter().enumerate() {
                    collect(value, &format!("{path}/{n}"), into);
                }
            }
            _ if path == "/organization_name" => {}
            _ => into.push(path.to_owned()),
        }
    }
    let mut found = Vec::new();
    collect(body, "", &mut found);
    found
}

/// Another value, and where there is one the other number form.
fn changes(leaf: &Value) -> Vec<Value> {
    match leaf {
        Value::Number(number) if number.is_f64() => {
            let value = number.as_f64().unwrap();
            let mut changes = vec![json!(value + 0.01)];
            if value.fract() == 0.0 {
                changes.push(json!(value as i64));
            }
            changes
        }
        Value::Number(number) => {
            let value = number.as_i64().unwrap();
            vec![json!(value + 1), Value::Number(Number::from_f64(value as f64).unwrap())]
        }
        Value::String(text) => vec![json!(format!("x{text}")), Value::Null],
        Value::Bool(yes) => vec![json!(!yes), json!(i32::from(*yes))],
        Value::Null => vec![json!(0), json!("")],
        empty => vec![Value::Null, if empty.is_array() { json!({}) } else { json!([]) }],
    }
}
