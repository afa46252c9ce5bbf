//! What alarms and dashboard read, the code emits, under the same name, unit and dimension; and the other way round.

use super::alarms::definition::{Alarm, MetricId, Query};
use super::template::{STACK, Template, in_repository, label, plain_text, text_of, texts};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use vms_core::CacheType;
use vms_telemetry::metrics::{CACHE_TYPE, Metric};

/// The metrics of AWS's own that alarms read: namespace, name, dimension.
const OF_AWS: [(&str, &str, &str); 3] = [
    ("AWS/Lambda", "Errors", "FunctionName"),
    ("AWS/Lambda", "Throttles", "FunctionName"),
    ("AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName"),
];

fn namespace(template: &Template) -> String {
    plain_text(template.at("/Parameters/MetricsNamespace/Default"))
}

/// What is wrong with what an alarm asks for.
fn fault(template: &Template, query: &Query) -> Option<String> {
    let MetricId { namespace: found, name, dimensions } = &query.metric;
    if *found != namespace(template) {
        let names: Vec<_> = dimensions.keys().map(String::as_str).collect();
        let is_known = OF_AWS.iter().any(|(space, metric, dim)| space == found && metric == name && names == [*dim]);
        return (!is_known).then(|| format!("{found} {name} {names:?} is none of AWS's that are known"));
    }
    let Some(metric) = Metric::ALL.into_iter().find(|m| m.name == name) else {
        return Some(format!("nobody emits {name}"));
    };
    if query.unit.as_deref() != Some(metric.unit.as_str()) {
        return Some(format!("{name} is asked for in {:?}, emitted in {}", query.unit, metric.unit.as_str()));
    }
    let types: Vec<_> =
        CacheType::ALL.iter().map(|t| BTreeMap::from([(CACHE_TYPE.to_owned(), t.to_string())])).collect();
    let fits = match metric.dimension {
        Some(_) => types.contains(dimensions),
        None => dimensions.is_empty(),
    };
    (!fits).then(|| format!("{name} has no such dimensions: {dimensions:?}"))
}

#[test]
fn alarms_ask_only_for_what_is_emitted() {
    let template = Template::read();
    for alarm in Alarm::all(&template) {
        let faults: Vec<_> = alarm.queries().filter_map(|query| fault(&template, query)).collect();
        assert_eq!(faults, Vec::<String>::new(), "{}", alarm.name);
    }
}

#[test]
fn every_metric_is_read_by_the_alarms_that_it_names_and_shown_on_the_dashboard() {
    let template = Template::read();
    let alarms = Alarm::all(&template);
    let shown = shown_metrics(&dashboard(&template));
    for metric in Metric::ALL {
        let read_by: BTreeSet<_> = alarms
            .iter()
            .filter(|alarm| alarm.queries().any(|q| q.metric.name == metric.name))
            .map(|alarm| alarm.name.clone())
            .collect();
        let mut named = BTreeSet::new();
        for name in metric.alarms {
            let of_types = CacheType::ALL.map(|t| format!("{name}{}", label(t)));
            let is_per_type = alarms.iter().any(|a| of_types.contains(&a.name));
            named.extend(if is_per_type { of_types.to_vec() } else { vec![(*name).to_owned()] });
        }
        assert_eq!(read_by, named, "{}", metric.name);
        assert!(shown.contains(metric.name), "{} is not on the dashboard", metric.name);
    }
}

#[test]
fn an_alarm_on_what_nobody_emits_is_found() {
    let template = Template::read();
    let alarms = Alarm::all(&template);
    let query = alarms.iter().find(|a| a.name == "DeadManDistrict").unwrap().queries().next().unwrap().clone();
    assert_eq!(fault(&template, &query), None);
    for spoil in [
        |q: &mut Query| q.metric.name = "OldestReport".into(),
        |q: &mut Query| q.metric.namespace = "VmsReportCache2".into(),
        |q: &mut Query| q.unit = Some("Milliseconds".into()),
        |q: &mut Query| q.unit = None,
        |q: &mut Query| q.metric.dimensions.clear(),
        |q: &mut Query| drop(q.metric.dimensions.insert(CACHE_TYPE.into(), "districts".into())),
    ] {
        let mut spoiled = query.clone();
        spoil(&mut spoiled);
        assert!(fault(&template, &spoiled).is_some(), "{spoiled:?}");
    }
}

fn dashboard(template: &Template) -> Json {
    let body = template.properties("Dashboard")["DashboardBody"].as_str().unwrap();
    serde_json::from_str(body).unwrap_or_else(|e| panic!("the dashboard is no JSON: {e}"))
}

/// The names of metrics on a dashboard; `...` stands for the same as in the line before.
fn shown_metrics(dashboard: &Json) -> BTreeSet<String> {
    let widgets = dashboard["widgets"].as_array().unwrap();
    let metrics = widgets.iter().flat_map(|w| w["properties"]["metrics"].as_array().into_iter().flatten());
    metrics.filter_map(|m| m[1].as_str().filter(|_| m[0] != "...")).map(str::to_owned).collect()
}

#[test]
fn the_dashboard_shows_every_alarm_and_every_type() {
    let template = Template::read();
    let dashboard = dashboard(&template);
    let alarms = texts(&dashboard["widgets"][0]["properties"]["alarms"]);
    for name in Alarm::all(&template).iter().map(|a| a.name.as_str()).chain(["SomeoneMustLook"]) {
        assert!(alarms.contains(&format!("{name}.Arn")), "{name}");
    }
    for widget in dashboard["widgets"].as_array().unwrap() {
        let metrics = widget["properties"]["metrics"].as_array().into_iter().flatten();
        let lines: Vec<String> = metrics.map(ToString::to_string).collect();
        if lines.iter().any(|line| line.contains(CACHE_TYPE)) {
            let missing = CacheType::ALL.iter().find(|t| !lines.iter().any(|line| line.contains(t.as_str())));
            assert_eq!(missing, None, "{widget}");
        }
    }
}

#[test]
fn someone_must_look_when_any_alarm_rings() {
    let template = Template::read();
    let rule = template.properties("SomeoneMustLook")["AlarmRule"].as_str().unwrap();
    let named: BTreeSet<_> = rule.split(" OR ").map(str::trim).map(str::to_owned).collect();
    let alarms = template.all("AWS::CloudWatch::Alarm");
    let expected = alarms.values().map(|a| format!("ALARM(\"{}\")", plain_text(&a["AlarmName"])));
    assert_eq!(named, expected.collect());
    assert_eq!(template.properties("SomeoneMustLook")["AlarmActions"][0], "AlarmTopic");
}

#[test]
fn the_status_page_finds_this_stacks_alarms_and_no_other_stacks() {
    let template = Template::read();
    let prefix = &template.environment("Status")["ALARM_PREFIX"];
    for alarm in template.all("AWS::CloudWatch::Alarm").values().chain([&template.properties("SomeoneMustLook")]) {
        assert!(plain_text(&alarm["AlarmName"]).starts_with(prefix.as_str()), "{alarm}");
    }
    assert!(!format!("{STACK}-dev/dead-man/district").starts_with(prefix.as_str()), "{prefix}");
}

/// The sections of the runbook, as links name them.
fn sections() -> BTreeSet<String> {
    let text = text_of("infra/runbook.md");
    let headings = text.lines().filter_map(|line| line.strip_prefix("## "));
    headings.map(|heading| heading.trim().to_lowercase().replace(' ', "-")).collect()
}

#[test]
fn every_alarm_names_its_section_of_the_runbook_which_says_all_that_one_needs_at_night() {
    let template = Template::read();
    assert!(in_repository("infra/runbook.md").is_file());
    let descriptions = Alarm::all(&template).into_iter().map(|alarm| alarm.description);
    let composite = plain_text(&template.properties("SomeoneMustLook")["AlarmDescription"]);
    let mut named = BTreeSet::new();
    for description in descriptions.chain([composite]) {
        let (_, section) =
            description.split_once("Runbook: infra/runbook.md#").unwrap_or_else(|| panic!("{description}"));
        assert!(sections().contains(section), "no section {section}");
        named.insert(section.to_owned());
    }
    let text = text_of("infra/runbook.md");
    for section in text.split("\n## ").skip(1) {
        let heading = section.lines().next().unwrap().to_lowercase().replace(' ', "-");
        if named.contains(&heading) {
            for part in ["**What it means.**", "**Readers**", "**Look at**", "**Do**"] {
                assert!(section.contains(part), "{heading}: no {part}");
            }
        }
    }
}
