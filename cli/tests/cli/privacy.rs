//! Nothing personal where it does not belong: a database full of marks is served, refreshed, compared and broken in
//! every way, and no log, record, metric, error, listing or page has a mark in it. Only reports themselves, and what
//! compares their versions for operators, show what is in them.

use crate::harness::{Cache, Dev, Ended, arg, program, sample_at};
use crate::http::{Answer, Ask};
use crate::marks::{self, found, found_word};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use tempfile::TempDir;
use vms_core::{CacheType, ReportKey, Role};
use vms_http::{ROUTES, RouteInfo};

/// Somebody's word in a request: nothing but the answer's own address may repeat it.
const ASKED: &str = "Qzkasked";
/// An operator's word, in a reason or in the name of a key: it is kept where it was meant to be, and never logged.
const TYPED: &str = "Qzktyped";

/// A report with names and addresses in it.
const KEY: &str = "volunteer/recent/last-365-days";

/// Who asks.
const ROLES: [Option<Role>; 3] = [None, Some(Role::Reader), Some(Role::Operator)];

/// The marked database, made once.
fn marked_at(path: &Path) {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    let bytes = BYTES.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let made = folder.path().join("marked.db");
        sample_at(&made);
        marks::mark(&made);
        fs::read(made).unwrap()
    });
    fs::write(path, bytes).unwrap();
}

#[track_caller]
fn is_clean(what: &str, text: &str) {
    if let Some(leak) = found(text) {
        panic!("{what} shows what is in the database: … {leak} …");
    }
}

/// A command that knows no cache, and whose output shows nothing of any report.
fn run_alone(args: &[&str]) -> Ended {
    judged(args, Ended::of(program(args).env("LOG_LEVEL", "trace")))
}

fn judged(args: &[&str], ended: Ended) -> Ended {
    is_clean(&args.join(" "), &format!("{}{}", ended.out, ended.err));
    ended
}

/// A `dev` on the marked database, with students' details in its reports and all that it would say in its log.
struct Stage {
    folder: TempDir,
    dev: Dev,
    /// How many answers and outputs showed a report's content, as they may.
    shown: usize,
}

impl Stage {
    fn set() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (source, data) = (folder.path().join("vms.db"), folder.path().join("data"));
        marked_at(&source);
        let complaints = File::create(folder.path().join("complaints")).unwrap();
        let mut command = program(&["dev", "--port", "0", "--data", arg(&data), "--source", arg(&source)]);
        command.env("LOG_LEVEL", "trace").env("ENGAGEMENT_STUDENT_DETAILS", "on").stderr(complaints);
        let mut dev = Dev::launch(&data, &mut command);
        dev.read_until("Stop with Ctrl-C.");
        Self { folder, dev, shown: 0 }
    }

    fn cache(&self) -> &Cache {
        &self.dev.cache
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Makes the database another one.
    fn change(&self, change: impl FnOnce(&Path)) {
        let (next, source) = (self.path("next.db"), self.path("vms.db"));
        marked_at(&next);
        change(&next);
        fs::rename(next, source).unwrap();
    }

    /// A command whose output shows nothing of any report.
    fn run(&self, args: &[&str]) -> Ended {
        judged(args, self.cache().run(args))
    }

    /// A command whose output is a report's content, or what changed in it.
    fn run_showing(&mut self, args: &[&str]) {
        let ended = self.cache().run(args);
        is_clean(&args.join(" "), &ended.err);
        self.shown += usize::from(found(&ended.out).is_some());
    }

    /// A report of every form.
    fn one_of_each(&self) -> Vec<String> {
        let mut forms = BTreeSet::new();
        let keys = self.cache().keys().into_iter();
        keys.filter(|key| forms.insert(key.parse::<ReportKey>().unwrap().members())).collect()
    }

    /// Asks every route, with these reports and methods, as nobody, reader and operator.
    fn walk_with(&mut self, keys: &[String], methods: &[&str]) {
        let cache = self.cache().clone();
        let runs = cache.operate("/management/cache/api/runs?limit=3")["runs"].as_array().unwrap().clone();
        let runs: Vec<_> = runs.iter().map(|run| run["run_id"].as_str().unwrap().to_owned()).collect();
        for info in ROUTES {
            for path in paths(info, keys, &runs) {
                for method in methods {
                    for role in ROLES {
                        let answer = knock(&cache, method, &path, role).json("{\"cache_type\": \"none\"}").send();
                        self.judge(info, &format!("{method} {path} as {role:?}"), role, &answer);
                    }
                }
            }
        }
    }

    /// The same with a few reports, in the two ways in which pages ask.
    fn walk(&mut self) {
        let keys = [KEY, "recruitment/dia-events", "volunteer/recent/0102"].map(str::to_owned);
        self.walk_with(&keys, &["GET", "POST"]);
    }

    fn judge(&mut self, info: &RouteInfo, what: &str, role: Option<Role>, answer: &Answer) {
        let is_report = info.pattern == "/reports/{report_key}" && role.is_some();
        let is_comparison = info.pattern.contains("/diff/") && role == Some(Role::Operator);
        is_clean(what, &answer.head_without(""));
        if answer.status == 200 && (is_report || is_comparison) {
            self.shown += usize::from(found(&answer.text()).is_some());
        } else {
            is_clean(what, &answer.text());
        }
    }

    /// Every command that asks the cache.
    fn ask_all(&mut self) {
        for json in [&[][..], &["--json"]] {
            for command in [
                &["status"][..],
                &["status", "--sizes"],
                &["health"],
                &["runs"],
                &["runs", "--limit", "200"],
                &["scheduler", "status"],
                &["explain", KEY],
                &["logs"],
                &["logs", "--errors"],
                &["logs", "--since", "1h"],
                &["keys", "list"],
                &["cleanup"],
                &["table", "create"],
            ] {
                self.run(&[json, command].concat());
            }
            for command in ["report", "diff"] {
                self.run_showing(&[json, &[command, KEY]].concat());
            }
        }
    }

    /// What the process logged and complained of.
    fn log(&self) -> String {
        let log = fs::read_to_string(self.cache().folder.join("cache_manager.log")).unwrap();
        log + &fs::read_to_string(self.path("complaints")).unwrap()
    }

    /// Every item of the table that is no part of a report's body.
    fn records(&self) -> Vec<Value> {
        let local = fs::read(self.cache().folder.join("connection.json")).unwrap();
        let local: Value = serde_json::from_slice(&local).unwrap();
        let address = local["table_url"].as_str().unwrap().strip_prefix("http://").unwrap().to_owned();
        let (mut records, mut start) = (Vec::new(), Value::Null);
        loop {
            let mut scan = serde_json::json!({"TableName": local["table_name"]});
            if !start.is_null() {
                scan["ExclusiveStartKey"] = start;
            }
            let answer = Ask::new(&address, "POST", "/")
                .header("content-type", "application/x-amz-json-1.0")
                .header("x-amz-target", "DynamoDB_20120810.Scan")
                .header(
                    "authorization",
                    "AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/dynamodb/aws4_request, \
                     SignedHeaders=host, Signature=0",
                )
                .header("x-amz-date", "20260101T000000Z")
                .body(scan.to_string().as_bytes())
                .send();
            assert_eq!(answer.status, 200, "{answer:?}");
            let mut page = answer.json();
            let items = page["Items"].as_array().unwrap().iter();
            records.extend(items.filter(|i| !partition(i).starts_with("body#")).cloned());
            start = page["LastEvaluatedKey"].take();
            if start.is_null() {
                return records;
            }
        }
    }
}

fn partition(item: &Value) -> &str {
    item["pk"]["S"].as_str().unwrap()
}

fn knock(cache: &Cache, method: &str, path: &str, role: Option<Role>) -> Ask {
    let ask = cache.ask(method, path);
    match role {
        None => ask,
        Some(Role::Reader) => ask.key(&cache.reader),
        Some(Role::Operator) => ask.key(&cache.operator),
    }
}

/// A route with each of these in its variable part.
fn paths(info: &RouteInfo, keys: &[String], runs: &[String]) -> Vec<String> {
    let Some((fixed, variable)) = info.pattern.split_once('{') else { return vec![info.pattern.to_owned()] };
    let assets = ["style.css", "page.js", "icon.svg"].map(str::to_owned);
    let fill = |with: &[String]| with.iter().map(|one| format!("{fixed}{one}")).collect();
    match variable {
        "report_key}" => fill(keys),
        "run_id}" => fill(runs),
        _ => fill(&assets),
    }
}

/// Requests that hold the word in every place where a request can hold one; what comes back does not repeat it, save
/// in the two places where an answer names the address that was asked.
fn asks_with_words(cache: &Cache) {
    let check = |what: &str, answer: &Answer| {
        assert!((300..500).contains(&answer.status) || answer.status == 200, "{what}: {answer:?}");
        let mut text = answer.text();
        if answer.header("content-type") == Some("application/problem+json") && !answer.body.is_empty() {
            let mut problem = answer.json();
            problem["instance"].take();
            text = problem.to_string();
        }
        if let Some(leak) = found_word(&(answer.head_without("location") + &text), ASKED) {
            panic!("{what} repeats what it was asked: … {leak} …");
        }
    };
    for info in ROUTES {
        let fixed = info.pattern.split('{').next().unwrap_or_default();
        let targets = [
            format!("{fixed}/{ASKED}"),
            format!("{fixed}{ASKED}/{ASKED}"),
            format!("{fixed}%51zkasked%00"),
            format!("{fixed}volunteer/recent/{ASKED}"),
            format!("{fixed}volunteer.{ASKED}.1a2b3c"),
            format!("{fixed}?{ASKED}=1"),
            format!("{fixed}?cache_type={ASKED}"),
            format!("{fixed}?limit={ASKED}&cursor={ASKED}"),
            format!("{fixed}?notice={ASKED}"),
            format!("{fixed}?from={ASKED}&to=%zz{ASKED}"),
        ];
        for target in &targets {
            for role in [None, Some(Role::Operator)] {
                check(target, &knock(cache, "GET", target, role).header("x-request-id", ASKED).send());
            }
        }
        check(fixed, &cache.ask(ASKED, fixed).key(&cache.operator).send());
        let ask = || cache.ask("POST", fixed).key(&cache.operator);
        let form = "application/x-www-form-urlencoded";
        for (kind, body) in [
            ("application/json", format!("{{\"cache_type\": \"{ASKED}\"}}")),
            ("application/json", format!("{{\"report_key\": \"volunteer/recent/{ASKED}\"}}")),
            ("application/json", format!("{{\"{ASKED}\": 1}}")),
            ("application/json", format!("{{\"until\": \"{ASKED}\"}}")),
            ("application/json", format!("[\"{ASKED}\"")),
            ("application/json", format!("{{\"cache_type\": \"{}\"}}", ASKED.repeat(20_000))),
            (form, format!("cache_type={ASKED}")),
            (form, format!("{ASKED}={ASKED}")),
            (form, format!("api_key={ASKED}&next=/{ASKED}")),
            (ASKED, ASKED.to_owned()),
        ] {
            let what = format!("{fixed} {kind} {body:.60}");
            let site = format!("http://{}", cache.address);
            check(&what, &ask().header("content-type", kind).body(body.as_bytes()).send());
            let by_form = cache.ask("POST", fixed).header("content-type", kind).header("origin", &site);
            check(&what, &by_form.header("sec-fetch-site", "same-origin").body(body.as_bytes()).send());
        }
        for (name, value) in [
            ("authorization", format!("Bearer {ASKED}")),
            ("authorization", format!("Basic {ASKED}")),
            ("cookie", format!("session={ASKED}; vms_session={ASKED}; __Host-session={ASKED}")),
            ("if-none-match", format!("\"{ASKED}\"")),
            ("accept-encoding", ASKED.to_owned()),
            ("origin", format!("https://{ASKED}.example")),
            ("x-padding", ASKED.repeat(4000)),
        ] {
            check(&format!("{fixed} with {name}"), &cache.ask("GET", fixed).header(name, &value).send());
        }
    }
}

#[test]
fn nothing_of_the_database_is_told_where_no_report_is_shown() {
    let mut stage = Stage::set();
    let cache = stage.cache().clone();
    let bodies: Vec<_> = stage.one_of_each().iter().map(|key| cache.get(&format!("/reports/{key}"))).collect();
    let all: String = bodies.iter().map(|answer| String::from_utf8_lossy(&answer.body)).collect();
    assert!(found(&all).is_some() && all.contains("@example.org"), "without marks in reports nothing is proved");
    stage.walk_with(&stage.one_of_each(), &["GET", "HEAD", "POST", "PUT"]);
    stage.ask_all();

    // A report that waits: it is compared, dropped, built again, approved and taken back.
    let shrunk = |rest: u32| {
        move |path: &Path| {
            let sql = format!("DELETE FROM event_participation WHERE id % {rest} <> 0");
            rusqlite::Connection::open(path).unwrap().execute_batch(&sql).unwrap();
        }
    };
    stage.change(shrunk(20));
    assert_eq!(stage.run(&["refresh", "volunteer", "--wait"]).code, 3);
    stage.walk();
    stage.ask_all();
    stage.run(&["reject", KEY, "--reason", TYPED]).done();
    stage.change(shrunk(40));
    assert_eq!(stage.run(&["refresh", "volunteer", "--wait"]).code, 3);
    stage.run(&["approve", KEY, "--reason", TYPED]).done();
    stage.run(&["--json", "rollback", KEY, "--reason", TYPED]).done();

    // Databases with which something is wrong.
    stage.change(marks::spoil);
    stage.run(&["refresh-all", "--wait"]);
    let left_out = cache.operate("/management/cache/api/runs?limit=5").to_string();
    assert!(
        ["is not a number", "is not a date", "is none of the known"].iter().all(|w| left_out.contains(w)),
        "{left_out}"
    );
    stage.walk();
    stage.ask_all();
    let cut = |path: &Path| File::options().write(true).open(path).unwrap().set_len(40_960).unwrap();
    let behead = |path: &Path| fs::write(path, &fs::read(path).unwrap()[4096..]).unwrap();
    let damage = |path: &Path| {
        let mut bytes = fs::read(path).unwrap();
        let to = bytes.len() - 4096;
        bytes[40_960..to].rotate_left(100);
        fs::write(path, bytes).unwrap();
    };
    for change in [&cut as &dyn Fn(&Path), &behead, &damage, &marks::lose_a_column] {
        stage.change(change);
        assert_eq!(stage.run(&["refresh", "volunteer", "--wait"]).code, 1);
        let source = arg(&stage.path("vms.db")).to_owned();
        let (out, packed) = (arg(&stage.path("none")).to_owned(), arg(&stage.path("none.gz")).to_owned());
        run_alone(&["build", "--source", &source, "--list"]).refused(1);
        run_alone(&["build", "--source", &source, "--out", &out]).refused(1);
        run_alone(&["push", &source, "--out", &packed]).refused(1);
    }
    fs::remove_file(stage.path("vms.db")).unwrap();
    assert_eq!(stage.run(&["refresh", "--report", KEY, "--wait"]).code, 1);
    stage.ask_all();
    stage.walk();

    // The other commands.
    stage.change(|_| ());
    let file = |name: &str| arg(&stage.path(name)).to_owned();
    let (source, out, packed, full) = (file("vms.db"), file("out"), file("vms.db.gz"), file("full.db.gz"));
    let (backup, sample) = (file("backup.json"), file("sample.db"));
    run_alone(&["build", "--source", &source, "--list"]).done();
    run_alone(&["build", "--source", &source, "--out", &out]).done();
    run_alone(&["push", &source, "--out", &packed]).done();
    run_alone(&["push", &source, "--out", &full, "--full"]).done();
    run_alone(&["sample", "--out", &sample]).done();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        run_alone(&["completions", shell]).done();
    }
    for command in [
        &["scheduler", "stop", "--reason", TYPED][..],
        &["scheduler", "status"],
        &["status"],
        &["start-scheduler", "--reason", TYPED],
        &["stop-scheduler"],
        &["scheduler", "start"],
        &["refresh", "recruitment", "--dry-run", "--wait"],
        &["refresh", "--report", "volunteer/recent/1920", "--wait"],
        &["keys", "create", "--role", "operator", "--name", TYPED],
        &["keys", "list"],
        &["config", "backup", "--out", &backup],
        &["config", "restore", &backup],
        &["cleanup", "--older-than", "0d"],
        &["refresh", "recruitment", "--wait"],
    ] {
        stage.run(command).done();
    }
    is_clean("the backup", &fs::read_to_string(&backup).unwrap());
    asks_with_words(&cache);
    stage.walk();
    stage.ask_all();
    assert!(stage.shown > 20, "only {} answers showed what is in a report", stage.shown);

    let log = stage.log();
    let lines = ["Cache refresh completed", "an operator acted", "measured: ", "a request was counted"];
    assert!(lines.iter().all(|line| log.contains(line)), "the log is not all there");
    for word in ["Qzk", &cache.operator, &cache.reader] {
        if let Some(leak) = found_word(&log, word) {
            panic!("the log says too much: … {leak} …");
        }
    }
    is_clean("what `dev` printed", &stage.dev.said);
    let records = stage.records();
    let partitions: BTreeSet<_> = records.iter().map(|item| partition(item).split('#').next().unwrap()).collect();
    for kind in ["acts", "cache", "control", "keys", "lease", "runs", "status"] {
        assert!(partitions.contains(kind), "no {kind} among {partitions:?}");
    }
    for item in &records {
        let text = item.to_string();
        is_clean("an item of the table", &text);
        assert!(found_word(&text, ASKED).is_none(), "what was asked is kept: {text}");
        let may_keep = ["acts", "control", "keys"].contains(&partition(item));
        assert!(may_keep || found_word(&text, TYPED).is_none(), "what was typed is kept: {text}");
    }
    assert!(CacheType::ALL.iter().all(|t| partitions_of(&records, &format!("cache#{t}")) > 0));
}

fn partitions_of(records: &[Value], name: &str) -> usize {
    records.iter().filter(|item| partition(item) == name).count()
}

#[test]
fn a_mark_is_found_in_whatever_form_it_leaks() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vms.db");
    marked_at(&path);
    let db = rusqlite::Connection::open(&path).unwrap();
    let cell = |sql: &str| -> String { db.query_row(sql, [], |row| row.get(0)).unwrap() };
    for cell in [
        cell("SELECT last_name FROM contact LIMIT 1"),
        cell("SELECT email FROM email LIMIT 1"),
        cell("SELECT organization_name FROM volunteer LIMIT 1"),
        cell("SELECT notes FROM contact WHERE notes IS NOT NULL LIMIT 1"),
    ] {
        for leak in [
            format!("2026-03-15T02:00:00Z  INFO run: vms_refresh: a report could not be built name={cell}"),
            serde_json::json!({"message": format!("{cell:?}")}).to_string(),
            format!("<td>{}</td>", cell.to_uppercase()),
            format!("/reports/virtual_session/district/2025-2026/{}", cell.replace(' ', "~20").replace('@', "~40")),
        ] {
            assert!(found(&leak).is_some(), "{leak}");
        }
    }
    assert!(found("Cache refresh completed: volunteer took 0.1 seconds").is_none());
    let unmarked: i64 = db
        .query_row("SELECT count(*) FROM contact WHERE first_name NOT LIKE '%Qzkanari%'", [], |row| row.get(0))
        .unwrap();
    assert_eq!(unmarked, 0);
}
