//! Every cache type and every route has what it needs; what is kept is kept safely.

use super::template::{STACK, Template, label, plain_text, text_of, texts};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use vms_core::{CacheType, Trigger};
use vms_http::{Function, ROUTES};
use vms_refresh::{Ids, request_of};

/// The rules, with a sample of the event that each one's target is made from.
const RULES: [(&str, &str, Trigger); 3] = [
    ("NightlyRule", "eventbridge-scheduled", Trigger::Schedule),
    ("SweepRule", "eventbridge-scheduled", Trigger::Sweep),
    ("SnapshotRule", "eventbridge-object-created", Trigger::Snapshot),
];

fn event(name: &str) -> Json {
    serde_json::from_str(&text_of(&format!("events/{name}.json"))).unwrap()
}

/// What a target is sent for an event, as EventBridge makes it: a variable that stands for a text is quoted.
fn transformed(target: &Json, event: &Json) -> Json {
    let transformer = &target["InputTransformer"];
    let mut text = transformer["InputTemplate"].as_str().unwrap().to_owned();
    for (name, path) in transformer["InputPathsMap"].as_object().unwrap() {
        let pointer = path.as_str().unwrap().trim_start_matches('$').replace('.', "/");
        let value = event.pointer(&pointer).unwrap_or_else(|| panic!("the event has no {pointer}"));
        text = text.replace(&format!("<{name}>"), &value.to_string());
    }
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{text}: {e}"))
}

fn target<'t>(template: &'t Template, rule: &str, cache_type: CacheType) -> &'t Json {
    let targets = template.properties(rule)["Targets"].as_array().unwrap();
    assert_eq!(targets.len(), CacheType::ALL.len(), "{rule}: five are the most that a rule may have");
    targets.iter().find(|t| t["Id"] == cache_type.as_str()).unwrap()
}

#[test]
fn every_type_has_its_function() {
    let template = Template::read();
    for cache_type in CacheType::ALL {
        let name = format!("Refresh{}", label(cache_type));
        let function = template.properties(&name);
        assert_eq!(function["FunctionName"], format!("{STACK}-refresh-{cache_type}"));
        assert_eq!(template.environment(&name)["CACHE_TYPE"], cache_type.as_str());
        let once = &function["EventInvokeConfig"];
        assert_eq!(once["MaximumRetryAttempts"], 0, "the sweep is what tries again");
        assert_eq!(once["DestinationConfig"]["OnFailure"]["Destination"], "FailedRuns.Arn");
        assert_eq!(template.at(&format!("/Resources/{name}/Metadata/BuildProperties/Binary")), "refresh");
    }
    let manage = template.environment("Manage");
    assert_eq!(manage["REFRESH_FUNCTION"], format!("{STACK}-refresh-{{cache_type}}"));
}

#[test]
fn every_rule_reaches_every_type_with_an_event_that_its_function_understands() {
    let template = Template::read();
    let ids = Ids { now: "2026-03-15T02:00:01Z".parse().unwrap(), entropy: 1 };
    for (rule, sample, trigger) in RULES {
        let event = event(sample);
        for cache_type in CacheType::ALL {
            let target = target(&template, rule, cache_type);
            assert_eq!(target["Arn"], format!("Refresh{}.Arn", label(cache_type)), "{rule}");
            assert_eq!(target["DeadLetterConfig"]["Arn"], "UndeliveredEvents.Arn");
            let request = request_of(&transformed(target, &event), Some(cache_type), ids).unwrap();
            assert_eq!((request.cache_type, request.trigger), (cache_type, trigger));
            assert_eq!(request.event_id.as_deref(), event["id"].as_str());
            let time: Timestamp = event["time"].as_str().unwrap().parse().unwrap();
            assert_eq!(request.scheduled_for, Some(time));
        }
    }
}

#[test]
fn the_sample_events_are_what_the_rules_send() {
    let template = Template::read();
    let members = |event: &Json| event.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    let nightly = transformed(target(&template, "NightlyRule", CacheType::District), &event("eventbridge-scheduled"));
    assert_eq!(members(&nightly), members(&event("nightly-district")));
    let sweep = transformed(target(&template, "SweepRule", CacheType::Volunteer), &event("eventbridge-scheduled"));
    assert_eq!(members(&sweep), members(&event("sweep")));
    let created = event("eventbridge-object-created");
    assert_eq!(transformed(target(&template, "SnapshotRule", CacheType::Volunteer), &created), event("snapshot"));
}

#[test]
fn the_rules_fire_when_the_readme_says() {
    let template = Template::read();
    assert_eq!(template.properties("NightlyRule")["ScheduleExpression"], "cron(0 2 * * ? *)");
    assert_eq!(template.properties("SweepRule")["ScheduleExpression"], "cron(30 * * * ? *)");
    let pattern = &template.properties("SnapshotRule")["EventPattern"];
    assert_eq!(pattern["detail"]["bucket"]["name"], json!(["SnapshotBucket"]));
    let source = &template.environment("RefreshDistrict")["SOURCE_URL"];
    let key = plain_text(&pattern["detail"]["object"]["key"][0]);
    assert_eq!(*source, format!("s3://SnapshotBucket/{key}"), "the object that starts a refresh is the one it reads");
}

#[test]
fn with_a_time_zone_five_schedules_take_the_place_of_the_nightly_rule() {
    let template = Template::read();
    assert_eq!(template.at("/Resources/NightlyRule/Condition"), "NightlyInUtc");
    let ids = Ids { now: "2026-03-15T08:00:01Z".parse().unwrap(), entropy: 1 };
    for cache_type in CacheType::ALL {
        let name = format!("Nightly{}", label(cache_type));
        assert_eq!(template.at(&format!("/Resources/{name}/Condition")), "NightlyInZone");
        let schedule = template.properties(&name);
        assert_eq!(schedule["ScheduleExpression"], "cron(0 2 * * ? *)");
        let target = &schedule["Target"];
        assert_eq!(target["Arn"], format!("Refresh{}.Arn", label(cache_type)));
        let sent = target["Input"].as_str().unwrap();
        let sent = sent.replace("<aws.scheduler.execution-id>", "d32c5kddcf5bb8c3");
        let sent = sent.replace("<aws.scheduler.scheduled-time>", "2026-03-15T08:00:00Z");
        let request = request_of(&serde_json::from_str(&sent).unwrap(), Some(cache_type), ids).unwrap();
        assert_eq!((request.cache_type, request.trigger), (cache_type, Trigger::Schedule));
        assert_eq!(request.scheduled_for, Some("2026-03-15T08:00:00Z".parse().unwrap()));
    }
}

#[test]
fn each_type_may_be_started_by_the_rules_of_this_stack_and_by_no_other() {
    let template = Template::read();
    let rules = format!(":rule/{STACK}-");
    for cache_type in CacheType::ALL {
        let permission = template.properties(&format!("RulesInvoke{}", label(cache_type)));
        assert_eq!(permission["FunctionName"], format!("{STACK}-refresh-{cache_type}"));
        let source = permission["SourceArn"].as_str().unwrap();
        assert!(source.ends_with(&format!("{rules}*")), "{source}");
    }
    for (rule, _, _) in RULES {
        assert!(template.properties(rule)["Name"].as_str().unwrap().starts_with(&format!("{STACK}-")));
    }
}

#[test]
fn the_time_zones_are_valid() {
    let template = Template::read();
    assert_eq!(template.at("/Parameters/ScheduleTimeZone/Default"), "", "02:00 UTC, which no night lacks");
    let school = template.at("/Parameters/SchoolTimeZone/Default").as_str().unwrap();
    assert!(TimeZone::get(school).is_ok(), "{school}");
}

/// The logical name of a function that serves routes.
fn serving(function: Function) -> &'static str {
    match function {
        Function::Health => "Health",
        Function::Reports => "Reports",
        Function::Status => "Status",
        Function::Manage => "Manage",
    }
}

#[test]
fn the_api_has_every_route_and_no_other_each_with_its_function() {
    let template = Template::read();
    let mut expected = BTreeSet::new();
    for route in ROUTES {
        // A report key has slashes in it.
        let path = route.pattern.replace("{report_key}", "{report_key+}");
        expected
            .extend(route.methods.iter().map(|m| (serving(route.function).to_owned(), m.to_string(), path.clone())));
    }
    let mut found = BTreeSet::new();
    for (name, function) in template.all("AWS::Serverless::Function") {
        for route in function["Events"].as_object().into_iter().flat_map(|events| events.values()) {
            let route = &route["Properties"];
            assert_eq!(route["ApiId"], "Api");
            let (method, path) = (plain_text(&route["Method"]), plain_text(&route["Path"]));
            assert!(found.insert((name.to_owned(), method, path)), "twice: {route}");
        }
    }
    assert_eq!(found, expected);
}

#[test]
fn the_access_log_says_nothing_of_who_asked() {
    let template = Template::read();
    let api = template.properties("Api");
    let format: BTreeMap<String, String> =
        serde_json::from_str(api["AccessLogSettings"]["Format"].as_str().unwrap()).unwrap();
    for personal in ["identity", "Ip", "userAgent", "authorizer", "$context.path", "domain"] {
        assert!(format.values().all(|v| !v.contains(personal)), "{personal}");
    }
    assert!(api["DefaultRouteSettings"]["ThrottlingRateLimit"].as_f64().unwrap() > 0.0);
}

#[test]
fn what_is_kept_survives_a_stack_that_is_deleted() {
    let template = Template::read();
    for kept in ["Table", "SnapshotBucket"] {
        for policy in ["DeletionPolicy", "UpdateReplacePolicy"] {
            assert_eq!(template.at(&format!("/Resources/{kept}/{policy}")), "Retain", "{kept}");
        }
    }
    let table = template.properties("Table");
    assert_eq!(table["DeletionProtectionEnabled"], true);
    assert_eq!(table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"], true);
    assert_eq!(table["TimeToLiveSpecification"], json!({"AttributeName": "expires_at", "Enabled": true}));
    assert_eq!(table["KeySchema"].as_array().unwrap().len(), 2);
}

#[test]
fn a_snapshot_is_private_encrypted_versioned_and_announced() {
    let template = Template::read();
    let bucket = template.properties("SnapshotBucket");
    let blocks = bucket["PublicAccessBlockConfiguration"].as_object().unwrap();
    assert_eq!((blocks.len(), blocks.values().all(|b| b == true)), (4, true));
    assert_eq!(bucket["VersioningConfiguration"]["Status"], "Enabled");
    assert!(bucket["BucketEncryption"].is_object());
    assert_eq!(bucket["NotificationConfiguration"]["EventBridgeConfiguration"]["EventBridgeEnabled"], true);
    assert!(bucket["LifecycleConfiguration"]["Rules"][0]["NoncurrentVersionExpiration"].is_object());
    let policy = &template.properties("SnapshotBucketPolicy")["PolicyDocument"]["Statement"][0];
    assert_eq!((policy["Effect"].as_str(), policy["Principal"].as_str()), (Some("Deny"), Some("*")));
    assert_eq!(policy["Condition"]["Bool"]["aws:SecureTransport"], "false");
    assert_eq!(texts(&policy["Resource"]).len(), 2, "the bucket, and what is in it");
}

#[test]
fn no_function_reserves_concurrency_that_a_new_account_does_not_have() {
    for (name, function) in Template::read().all("AWS::Serverless::Function") {
        assert!(function.get("ReservedConcurrentExecutions").is_none(), "{name}");
    }
}

#[test]
fn every_log_is_kept_for_a_stated_time_and_every_function_writes_to_one() {
    let template = Template::read();
    let logs = template.all("AWS::Logs::LogGroup");
    assert!(logs.values().all(|log| log["RetentionInDays"].as_u64().is_some()));
    for (name, function) in template.all("AWS::Serverless::Function") {
        let log = function["LoggingConfig"]["LogGroup"].as_str().unwrap();
        let usual = format!("/aws/lambda/{}", plain_text(&function["FunctionName"]));
        assert_eq!(logs[log]["LogGroupName"], usual, "{name}: the command line looks for it there");
    }
}

#[test]
fn both_environments_lint_and_deploy_the_same_template() {
    let text = text_of("samconfig.toml");
    assert!(text.contains("[dev.deploy.parameters]") && text.contains("[prod.deploy.parameters]"));
    for line in text.lines().filter(|line| line.starts_with("template_file")) {
        assert_eq!(line, "template_file = \"infra/template.yaml\"");
    }
    assert!(text.contains("lint = true"));
}
