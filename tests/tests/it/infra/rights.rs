//! Least privilege: what each function's role allows is what its code was seen to do, no less and no more.

use super::alarms::gate::{Call, Gate};
use super::template::{Template, label, texts};
use crate::proofs::support::vms::{A, B, C, Content, WITHOUT_THIRD, days, rows};
use crate::proofs::support::world::{LIFE, World};
use bytes::Bytes;
use http::{Method, Request, header};
use serde_json::Value as Json;
use std::collections::BTreeSet;
use std::sync::Arc;
use vms_core::{CacheType, Entry, Fence, FreshnessLimits, RefreshRequest, Role, Trigger, Version};
use vms_http::{Context, Function, Handle, Health, Invoke, Manage, ROUTES, Reports, Status};
use vms_store::{ApiKey, Encoded, KeySecret, ScheduleControl, Session, SessionToken, Store, codec};

/// What the functions do besides DynamoDB, one list for each; what they do it to is in the template.
const ELSEWHERE: [(&str, &[&str]); 5] = [
    ("RefreshDistrict", &["cloudwatch:PutMetricData", "s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket"]),
    ("Reports", &[]),
    ("Status", &["cloudwatch:DescribeAlarms", "cloudwatch:GetMetricData"]),
    ("Manage", &["lambda:InvokeFunction"]),
    ("Health", &[]),
];

const FUNCTIONS: [&str; 4] = ["Reports", "Status", "Manage", "Health"];

/// An action on partitions of a pattern, which a statement allows.
type Right = (String, String);

fn rights(template: &Template, function: &str) -> BTreeSet<Right> {
    let mut rights = BTreeSet::new();
    for statement in template.statements(function) {
        let keys = texts(&statement["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]);
        for action in texts(&statement["Action"]) {
            if let Some(action) = action.strip_prefix("dynamodb:") {
                rights.extend(keys.iter().map(|key| (action.to_owned(), key.clone())));
            }
        }
    }
    rights
}

/// Whether a text fits a pattern of IAM's, in which `*` stands for any text.
fn fits(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((before, after)) => text
            .strip_prefix(before)
            .is_some_and(|rest| (0..=rest.len()).any(|n| rest.is_char_boundary(n) && fits(after, &rest[n..]))),
    }
}

/// Calls that no right covers, and rights that no call took.
fn compared(rights: &BTreeSet<Right>, calls: &BTreeSet<Call>) -> (Vec<Call>, Vec<Right>) {
    let covers = |right: &Right, call: &Call| right.0 == call.0 && fits(&right.1, &call.1);
    let missing = calls.iter().filter(|call| !rights.iter().any(|right| covers(right, call)));
    let unused = rights.iter().filter(|right| !calls.iter().any(|call| covers(right, call)));
    (missing.cloned().collect(), unused.cloned().collect())
}

/// Everything that an engine does to a table: publishing, clearing, retiring, skipping, and settling what became of
/// each write whose answer was lost.
async fn refresh_calls() -> BTreeSet<Call> {
    let mut world = World::new(A).await;
    world.config.keep_versions = 1;
    let gate = Gate::before(world.table.plain().clone());
    let run = async |request: RefreshRequest| {
        let engine = world.engine(Arc::new(Store::new(gate.clone())));
        let _ = engine.run(&request, world.now() + LIFE).await;
        world.clock.hours(1);
    };
    let from = async |content: Content| {
        world.vms.switch(content);
        run(world.forced()).await;
    };
    for content in [A, B, C, WITHOUT_THIRD] {
        from(content).await;
    }
    world.clock.advance(days(8));
    from(WITHOUT_THIRD).await;
    let one = world.entries().await[0].report_key.clone();
    run(RefreshRequest { report_key: Some(one), ..world.forced() }).await;
    for n in 0..40 {
        gate.lose_answer(n);
        from(rows(n as u8, [4, 4, 4])).await;
    }
    let paused = ScheduleControl { paused: true, ..ScheduleControl::default() };
    world.store().set_schedule_control(&paused).await.unwrap();
    world.vms.switch(B);
    for trigger in [Trigger::Schedule, Trigger::Sweep, Trigger::Snapshot] {
        run(world.request(trigger)).await;
    }
    gate.take_calls()
}

#[tokio::test]
async fn a_refresh_function_may_do_what_a_refresh_does_to_its_own_type() {
    let template = Template::read();
    let calls = refresh_calls().await;
    for cache_type in CacheType::ALL {
        // The engine is the same for all; of the type that was refreshed only the name differs.
        let renamed = |pk: &String| pk.replace("organization", cache_type.as_str());
        let of_type: BTreeSet<Call> = calls.iter().map(|(action, pk)| (*action, renamed(pk))).collect();
        let rights = rights(&template, &format!("Refresh{}", label(cache_type)));
        assert_eq!(compared(&rights, &of_type), (Vec::new(), Vec::new()), "{cache_type}");
    }
}

/// Takes every request.
#[derive(Clone)]
struct Taken;

impl Invoke for Taken {
    async fn invoke(&self, _: RefreshRequest) -> bool {
        true
    }
}

/// How a caller shows who they are.
#[derive(Clone, Copy)]
enum Pass {
    Key,
    Session,
}

/// A cache with reports that have earlier versions and ones that wait, and an operator's key.
struct Cache {
    world: World,
    gate: Gate,
    key: KeySecret,
}

impl Cache {
    async fn new() -> Self {
        let world = World::new(A).await;
        for content in [A, B, rows(2, [1, 4, 0])] {
            world.refresh_from(content).await;
            world.clock.hours(1);
        }
        let key = KeySecret::from_entropy([9; 32]);
        let operator = ApiKey::new("operator", "operator", Role::Operator, world.now());
        world.store().create_key(&key, &operator).await.unwrap();
        publish_in_two_chunks(&world).await;
        let gate = Gate::before(world.table.plain().clone());
        Self { world, gate, key }
    }

    fn context(&self) -> Context<Gate> {
        let store = Arc::new(Store::new(self.gate.clone()));
        Context::new(store, Arc::new(self.world.clock.clone()), FreshnessLimits::default())
    }

    /// Sends every request that there is for a function, each with and without lost answers.
    async fn calls_of(&self, function: Function, handler: &impl Handle) -> BTreeSet<Call> {
        handler.warm_up().await;
        for route in ROUTES.iter().filter(|route| route.function == function) {
            for path in self.paths(route.pattern).await {
                for method in route.methods {
                    for lost in [None, Some(0), Some(1), Some(2)] {
                        for body in self.bodies(&path) {
                            for pass in [Pass::Key, Pass::Session] {
                                if let Some(n) = lost {
                                    self.gate.lose_answer(n);
                                }
                                handler.handle(&self.request(method, &path, &body, pass).await).await;
                            }
                        }
                    }
                }
            }
        }
        self.gate.take_calls()
    }

    async fn paths(&self, pattern: &str) -> Vec<String> {
        let mut paths = Vec::new();
        if pattern.contains("{report_key}") {
            for entry in self.world.entries().await {
                paths.push(pattern.replace("{report_key}", &entry.report_key.to_string()));
            }
        } else if pattern.contains("{run_id}") {
            let run = self.world.ledger().await[0].run_id.to_string();
            paths.push(pattern.replace("{run_id}", &run));
        } else {
            paths.push(pattern.replace(['{', '}'], ""));
        }
        paths
    }

    async fn request(&self, method: &Method, path: &str, body: &str, pass: Pass) -> Request<Bytes> {
        let (name, value) = match pass {
            Pass::Key => (header::AUTHORIZATION, format!("Bearer {}", self.key.expose())),
            Pass::Session => (header::COOKIE, format!("__Host-vms_session={}", self.signed_in().await.expose())),
        };
        Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "vms.example")
            .header(header::ORIGIN, "https://vms.example")
            .header(header::CONTENT_TYPE, "application/json")
            .header(name, value)
            .body(Bytes::from(body.to_owned()))
            .unwrap()
    }

    /// A session, opened behind the gate's back.
    async fn signed_in(&self) -> SessionToken {
        let token = SessionToken::from_entropy([5; 32]);
        let expires_at = self.world.now() + days(1);
        let session = Session { key_id: "operator".to_owned(), role: Role::Operator, expires_at };
        self.world.store().create_session(&token.hash(), &session).await.unwrap();
        token
    }

    /// What is worth being sent to a path.
    fn bodies(&self, path: &str) -> Vec<String> {
        let key = "organization/detail/2526/1";
        match path.rsplit('/').next().unwrap() {
            "login" => vec![format!(r#"{{"api_key": "{}"}}"#, self.key.expose())],
            "refresh" => vec![r#"{"cache_type": "organization", "force": true}"#.to_owned()],
            "approve" | "reject" | "rollback" => vec![format!(r#"{{"report_key": "{key}"}}"#)],
            _ => vec!["{}".to_owned()],
        }
    }
}

/// Lets one report have more than one item holds, and an operator's act behind it.
async fn publish_in_two_chunks(world: &World) {
    let seen = world.entries().await.remove(0);
    let digests = (0..30_000).map(|n| codec::etag(&u32::to_be_bytes(n)).0);
    let body = Encoded::of(serde_json::to_string(&digests.collect::<Vec<_>>()).unwrap().as_bytes()).unwrap();
    let fence = Fence(1_000);
    let chunks = world.store().put_body(&seen.report_key, fence, &body).await.unwrap();
    assert!(chunks > 1, "{} bytes", body.gzip.len());
    let current = Version {
        etag: body.etag.clone(),
        body: fence,
        bytes: body.bytes,
        stored_bytes: body.gzip.len() as u64,
        chunks,
        ..seen.current.clone()
    };
    let act = Some("2026-03-15T02:00:00.000Z#1a2b3c4d".to_owned());
    let entry = Entry { current, fence, act, ..seen.clone() };
    world.store().save_entry(&entry, Some(seen.rev)).await.unwrap();
}

async fn http_calls(function: &str) -> BTreeSet<Call> {
    let cache = Cache::new().await;
    let context = cache.context();
    match function {
        "Reports" => cache.calls_of(Function::Reports, &Reports::new(context)).await,
        "Status" => cache.calls_of(Function::Status, &Status::new(context)).await,
        "Health" => cache.calls_of(Function::Health, &Health::new(context)).await,
        _ => cache.calls_of(Function::Manage, &Manage::new(context, Taken)).await,
    }
}

#[tokio::test]
async fn the_functions_behind_the_api_may_do_what_their_routes_do() {
    let template = Template::read();
    for function in FUNCTIONS {
        let calls = http_calls(function).await;
        assert_eq!(compared(&rights(&template, function), &calls), (Vec::new(), Vec::new()), "{function}");
    }
}

#[test]
fn a_missing_right_and_an_unused_one_are_found() {
    let right = |action: &str, key: &str| (action.to_owned(), key.to_owned());
    let rights = BTreeSet::from([right("GetItem", "cache#*"), right("PutItem", "acts")]);
    let calls = BTreeSet::from([("GetItem", "cache#district".to_owned()), ("Query", "cache#district".to_owned())]);
    let (missing, unused) = compared(&rights, &calls);
    assert_eq!(missing, [("Query", "cache#district".to_owned())]);
    assert_eq!(unused, [right("PutItem", "acts")]);
    for (pattern, text, expected) in [
        ("body#district/*", "body#district/year-end/2526/all/1", true),
        ("body#district/*", "body#districts/a", false),
        ("cache#*", "cache#", true),
        ("keys", "keys#", false),
    ] {
        assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
    }
}

#[test]
fn every_right_to_the_table_names_its_partitions_and_holds_for_nothing_that_names_none() {
    let template = Template::read();
    for (function, _) in template.all("AWS::Serverless::Function") {
        for statement in template.statements(function) {
            assert_eq!(statement["Effect"], "Allow");
            let actions = texts(&statement["Action"]);
            assert!(actions.iter().all(|a| !a.contains('*') && a != "dynamodb:Scan"), "{function}: {actions:?}");
            if actions.iter().any(|a| a.starts_with("dynamodb:")) {
                assert_eq!(statement["Resource"], "Table.Arn");
                let condition = &statement["Condition"];
                assert!(condition["ForAllValues:StringLike"]["dynamodb:LeadingKeys"].is_array(), "{statement}");
                assert_eq!(condition["Null"]["dynamodb:LeadingKeys"], "false", "{statement}");
            }
        }
    }
}

#[test]
fn beyond_the_table_each_function_may_do_only_what_it_is_for() {
    let template = Template::read();
    for (function, expected) in ELSEWHERE {
        let statements = template.statements(function);
        let actions = statements.iter().flat_map(|statement| texts(&statement["Action"]));
        let elsewhere: BTreeSet<_> = actions.filter(|action| !action.starts_with("dynamodb:")).collect();
        assert_eq!(elsewhere, expected.iter().map(|a| (*a).to_owned()).collect(), "{function}");
    }
    let shared = |name: &str| template.statements(name).into_iter().cloned().collect::<Vec<Json>>();
    for cache_type in CacheType::ALL {
        let own = format!("Refresh{}", label(cache_type));
        let text = serde_json::to_string(&shared(&own)).unwrap().replace(cache_type.as_str(), "district");
        assert_eq!(text, serde_json::to_string(&shared("RefreshDistrict")).unwrap(), "{own}");
    }
}

#[test]
fn only_refresh_functions_write_bodies_and_readers_write_nothing() {
    let template = Template::read();
    for function in FUNCTIONS {
        let writes: Vec<_> =
            rights(&template, function).into_iter().filter(|(a, _)| a != "GetItem" && a != "Query").collect();
        match function {
            "Manage" => assert!(!writes.iter().any(|(_, key)| key.starts_with("body#")), "{writes:?}"),
            _ => assert_eq!(writes, [], "{function}"),
        }
    }
}

#[test]
fn whoever_pushes_snapshots_may_do_nothing_else() {
    let template = Template::read();
    let statements = template.properties("SnapshotPushPolicy")["PolicyDocument"]["Statement"].as_array().unwrap();
    assert_eq!(statements.len(), 1);
    assert_eq!(statements[0]["Action"], "s3:PutObject");
}
