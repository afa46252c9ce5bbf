//! Every command as it is typed: what it prints, and how it ends.

use crate::harness::{Cache, Dev, Ended, PATIENCE, arg, program, run, sample_at, shared};
use rusqlite::Connection;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::time::{Duration, Instant};
use vms_core::{CacheType, Outcome, RefreshRequest, ReportKey, Run, RunState, Trigger};
use vms_http::RunView;

const AS_OF: &str = "2026-03-15T12:00:00Z";
const TYPES: &str = "district, organization, virtual_session, volunteer, recruitment";

/// Runs the program with `--json` before its arguments, which must end well and print JSON.
fn json(cache: &Cache, args: &[&str]) -> Value {
    let ended = cache.run(&[&["--json"], args].concat());
    assert_eq!(ended.code, 0, "{args:?}: {ended:?}");
    ended.json()
}

#[test]
fn a_sample_is_written_once_and_the_same_for_the_same_seed() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two, other) = (folder.path().join("1.db"), folder.path().join("2.db"), folder.path().join("3.db"));
    let sample = |path: &Path, seed: &str| run(&["sample", "--seed", seed, "--as-of", AS_OF, "--out", arg(path)]);
    assert!(sample(&one, "5").done().contains("400 events, 300 volunteers, 1500 students"));
    sample(&two, "5").done();
    sample(&other, "6").done();
    assert!(fs::read(&one).unwrap() == fs::read(&two).unwrap());
    assert!(fs::read(&one).unwrap() != fs::read(&other).unwrap());
    let line = sample(&one, "5").refused(1);
    assert!(line.contains("exists already"), "{line}");
    let nowhere = folder.path().join("no/such/folder.db");
    assert!(sample(&nowhere, "5").refused(1).contains("could not be written"));
    let third = folder.path().join("4.db");
    let made = run(&["--json", "sample", "--out", arg(&third)]).json();
    assert_eq!((made["events"].as_u64(), made["out"].as_str()), (Some(400), Some(arg(&third))));
}

#[test]
fn a_build_writes_exactly_the_reports_that_it_lists() {
    let folder = tempfile::tempdir().unwrap();
    let (source, out) = (folder.path().join("vms.db"), folder.path().join("out"));
    run(&["sample", "--as-of", AS_OF, "--out", arg(&source)]).done();
    let build = ["build", "--source", arg(&source), "--as-of", AS_OF];
    let list = run(&[&build[..], &["--list"]].concat()).done();
    let keys: Vec<&str> = list.lines().collect();
    let types: BTreeSet<_> = keys.iter().map(|k| k.parse::<ReportKey>().unwrap().cache_type()).collect();
    assert_eq!(types, BTreeSet::from(CacheType::ALL));
    assert!(!out.exists());
    run(&[&build[..], &["--out", arg(&out)]].concat()).done();
    for key in &keys {
        let body: Value = serde_json::from_slice(&fs::read(out.join(format!("{key}.json"))).unwrap()).unwrap();
        for member in key.parse::<ReportKey>().unwrap().members() {
            assert!(!body[member].is_null(), "{key} lacks {member}");
        }
    }
    let only = run(&[&build[..], &["--list", "--type", "volunteer"]].concat()).done();
    assert_eq!(only.lines().collect::<Vec<_>>(), of_type(&keys, "volunteer/"));
    let listed: Vec<String> =
        serde_json::from_value(run(&[&["--json"], &build[..], &["--list"]].concat()).json()).unwrap();
    assert_eq!(listed, keys);
}

#[test]
fn a_report_whose_key_is_longer_than_a_file_name_is_told_and_all_others_are_written() {
    let folder = tempfile::tempdir().unwrap();
    let (source, out) = (folder.path().join("vms.db"), folder.path().join("out"));
    run(&["sample", "--as-of", AS_OF, "--out", arg(&source)]).done();
    let long = "x".repeat(300);
    let db = Connection::open(&source).unwrap();
    db.execute_batch("DELETE FROM event_districts; UPDATE teacher SET school_id = NULL").unwrap();
    db.execute("UPDATE event SET district_partner = ?1 WHERE type = 'VIRTUAL_SESSION'", [&long]).unwrap();
    drop(db);
    let build = ["build", "--source", arg(&source), "--as-of", AS_OF];
    let list = run(&[&build[..], &["--list"]].concat()).done();
    let ended = run(&[&build[..], &["--out", arg(&out)]].concat());
    assert_eq!(ended.code, 3, "{}", ended.err);
    let (without, with): (Vec<&str>, Vec<&str>) = list.lines().partition(|key| key.contains(&long));
    assert!(!without.is_empty());
    for key in without {
        assert!(ended.err.contains(&format!("{key}: no file")), "{}", ended.err);
    }
    for key in with {
        assert!(out.join(format!("{key}.json")).exists(), "{key}");
    }
}

fn of_type<'a>(keys: &[&'a str], start: &str) -> Vec<&'a str> {
    keys.iter().copied().filter(|k| k.starts_with(start)).collect()
}

#[test]
fn wrong_usage_ends_with_2_and_shows_the_right_form() {
    for (args, words) in [
        (&[][..], "Usage: vms-cache"),
        (&["stauts"], "status"),
        (&["status", "--verbose"], "--verbose"),
        (&["dev", "--port", "65536"], "--port"),
        (&["dev", "--port", "http"], "--port"),
        (&["dev", "--port"], "--port"),
        (&["dev", "extra"], "Usage: vms-cache dev"),
        (&["build"], "--source"),
        (&["build", "--source", "x"], "--out"),
        (&["build", "--source", "x", "--list", "--as-of", "yesterday"], "--as-of"),
        (&["build", "--source", "x", "--list", "--as-of", "2026-03-15"], "--as-of"),
        (&["build", "--source", "x", "--list", "--as-of", "2026-02-30T00:00:00Z"], "--as-of"),
        (&["build", "--source", "x", "--list", "--type", "volunter"], TYPES),
        (&["sample"], "--out"),
        (&["sample", "--out", "x", "--scale", "huge"], "small, medium"),
        (&["sample", "--out", "x", "--seed", "one"], "--seed"),
        (&["refresh", "volunter"], TYPES),
        (&["refresh", "--type", "volunter"], TYPES),
        (&["refresh", "--type"], "--type"),
        (&["refresh", "district", "--type", "volunteer"], "cannot be used with"),
        (&["refresh", "--report", "volunteer/recent"], "volunteer/recent/{school_year}"),
        (&["refresh", "district", "--report", "volunteer/recent/2526"], "a report of volunteer"),
        (&["report"], "<KEY>"),
        (&["report", "volunteer/recent/2025"], "--help"),
        (&["report", "volunteer/recent/2527"], "--help"),
        (&["runs", "--limit", "0"], "1..=200"),
        (&["runs", "--limit", "201"], "1..=200"),
        (&["runs", "--type", "volunter"], TYPES),
        (&["runs", "--outcome", "good"], "succeeded"),
        (&["keys"], "create"),
        (&["keys", "create", "--role", "king", "--name", "x"], "--role"),
        (&["keys", "create", "--role", "reader"], "--name"),
        (&["keys", "revoke"], "<ID>"),
        (&["table"], "create"),
        (&["status", "--url", "nonsense"], "http://"),
        (&["status", "--url", "ftp://127.0.0.1"], "http://"),
        (&["status", "--url", "http://"], "address"),
        (&["status", "--url", "http://a b"], "address"),
        (&["status", "--url"], "--url"),
    ] {
        let ended = Ended::soon(program(args).env("VMS_CACHE_KEY", "k"));
        assert_eq!(ended.code, 2, "{args:?}: {ended:?}");
        assert!(ended.out.is_empty(), "{args:?}: {ended:?}");
        assert!(ended.err.contains(words), "{args:?} without {words:?}: {}", ended.err);
    }
}

#[test]
fn help_and_version_are_no_errors() {
    for args in [&["--help"][..], &["help", "refresh"], &["keys", "create", "--help"], &["--version"]] {
        assert!(run(args).done().contains("vms-cache"), "{args:?}");
    }
}

#[test]
fn without_a_cache_every_command_says_how_to_get_one() {
    let commands: [&[&str]; 6] =
        [&["status"], &["health"], &["runs"], &["refresh"], &["refresh-all"], &["report", "recruitment/dia-events"]];
    for command in commands {
        let line = run(command).refused(1);
        assert!(line.contains("vms-cache dev") && line.contains("--url"), "{line}");
        let silent = Ended::of(program(command).env("VMS_CACHE_KEY", "k").env("VMS_CACHE_URL", "http://127.0.0.1:1"));
        let line = silent.refused(1);
        assert!(line.contains("http://127.0.0.1:1 does not answer: Connection refused"), "{line}");
        assert!(line.ends_with("; is `vms-cache dev` running?"), "{line}");
        let afar = Ended::of(program(command).env("VMS_CACHE_KEY", "k").env("VMS_CACHE_URL", "http://0.0.0.0:1"));
        let line = afar.refused(1);
        assert!(line.contains("http://0.0.0.0:1 does not answer: ") && !line.contains("dev"), "{line}");
        let keyless = Ended::of(program(command).env("VMS_CACHE_URL", "http://127.0.0.1:1")).refused(1);
        // Whether it is well, a cache tells everybody.
        let words = if command == ["health"] { "does not answer" } else { "VMS_CACHE_KEY" };
        assert!(keyless.contains(words), "{keyless}");
    }
    for command in [&["keys", "list"][..], &["table", "create"], &["keys", "revoke", "key-1"]] {
        assert!(run(command).refused(1).contains("TABLE_NAME"), "{command:?}");
    }
}

#[test]
fn status_shows_every_type_to_people_and_programs() {
    let cache = shared();
    let shown = cache.run(&["status"]).done();
    // Line by line what VMS's own command printed.
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(lines[..4], ["Cache Refresh Status", &"=".repeat(50), "Status: Running", "Refresh Interval: 24 hours"]);
    let last = lines[4].strip_prefix("Last Refresh: ").unwrap();
    assert!(last.parse::<jiff::Timestamp>().is_ok(), "{last}");
    assert_eq!(lines[5..7], ["", "Statistics:"]);
    for (line, name) in lines[7..10].iter().zip(["Total Refreshes: ", "Successful: ", "Failed: "]) {
        assert!(line.strip_prefix(name).unwrap().parse::<u32>().is_ok(), "{line}");
    }
    assert_eq!(lines[10], "", "nothing failed: {shown}");
    for cache_type in CacheType::ALL {
        let line = shown.lines().find(|l| l.starts_with(cache_type.as_str())).unwrap();
        assert!(line.contains("fresh") && line.contains("succeeded"), "{line}");
    }
    let status = json(&cache, &["status"]);
    assert_eq!(status["is_running"], true);
    let types: Vec<_> = status["cache_types"].as_array().unwrap().iter().map(|t| t["cache_type"].clone()).collect();
    assert_eq!(types, CacheType::ALL.map(|t| Value::from(t.as_str())));
}

#[test]
fn readers_are_counted_beside_the_runs_and_the_log_tells_what_was_measured() {
    let cache = shared();
    assert_eq!(cache.get("/reports/volunteer/recent/last-365-days").status, 200);
    let metrics = json(&cache, &["status"])["metrics"].clone();
    let number = |name: &str| metrics[name]["value"].as_f64().unwrap_or_else(|| panic!("{name}: {metrics}"));
    assert!(number("hit_percent") > 0.0 && number("error_percent") < 100.0);
    let log = fs::read_to_string(cache.folder.join("cache_manager.log")).unwrap();
    let measured = |words: &[&str]| log.lines().any(|line| words.iter().all(|word| line.contains(word)));
    assert!(measured(&["cache_type=volunteer", "measured: RefreshSucceeded 1 Count", "OldestReportAge"]), "{log}");
    assert!(measured(&["request_id=", "seen=\"fresh\"", "failed=false", "duration_ms="]), "{log}");
}

#[test]
fn health_is_told_in_words_in_json_and_by_the_exit_code() {
    let cache = shared();
    let shown = cache.run(&["health"]).done();
    assert!(shown.starts_with("Cache Refresh Status\n") && shown.ends_with("\nOverall: HEALTHY\n"), "{shown}");
    for line in ["Database: OK", "Cache System: OK", "  district: OK (fresh)"] {
        assert!(shown.lines().any(|l| l == line), "{shown}");
    }
    assert_eq!(json(&cache, &["health"])["status"], "healthy");
    let url = format!("http://{}", cache.address);
    let keyless = run(&["--url", &url, "health"]).done();
    assert!(keyless.starts_with("Cache Health\n") && keyless.ends_with("Overall: HEALTHY\n"), "{keyless}");
    let reader = Ended::of(program(&["health", "--url", &url]).env("VMS_CACHE_KEY", &cache.reader));
    assert!(reader.err.contains("needs an operator's key"), "{reader:?}");
    assert!(reader.done().ends_with("Overall: HEALTHY\n"));
}

#[test]
fn runs_are_listed_newest_first_by_type_and_outcome() {
    let cache = shared();
    let shown = cache.run(&["runs", "--type", "district"]).done();
    assert!(shown.starts_with("Run ") && shown.contains("district."), "{shown}");
    let runs = json(&cache, &["runs", "--limit", "3", "--outcome", "succeeded"])["runs"].as_array().unwrap().clone();
    assert_eq!(runs.len(), 3);
    let asked: Vec<_> = runs.iter().map(|r| r["run_id"].as_str().unwrap().split_once('.').unwrap().1).collect();
    assert!(asked.is_sorted_by(|a, b| a >= b), "{asked:?}");
    assert!(runs.iter().all(|r| r["outcome"] == "succeeded"));
    let none = json(&cache, &["runs", "--outcome", "lost"]);
    assert_eq!(none["runs"].as_array().unwrap().len(), 0);
}

#[test]
fn a_report_is_printed_as_it_is_served() {
    let cache = shared();
    for key in ["volunteer/recent/last-365-days", "recruitment/dia-events"] {
        let printed = cache.run(&["report", key]).done();
        assert!(printed.as_bytes() == cache.get(&format!("/reports/{key}")).body, "{key}");
        assert!(cache.run(&["--json", "report", key]).json().is_object());
    }
    let line = cache.run(&["report", "volunteer/recent/0102"]).refused(1);
    assert!(line.contains("not in the cache") && line.contains("vms-cache refresh --report"), "{line}");
}

#[test]
fn each_form_of_a_refresh_does_what_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let dev = Dev::start(folder.path(), &[]);
    let cache = &dev.cache;
    let runs_of = |args: &[&str]| json(cache, &[args, &["--wait"]].concat()).as_array().unwrap().clone();

    let due = cache.run(&["refresh", "--wait"]).done();
    assert_eq!(due.lines().filter(|l| l.contains("(fresh; --force refreshes all the same)")).count(), 5, "{due}");
    let forced = runs_of(&["refresh", "--force"]);
    assert!(forced.len() == 5 && forced.iter().all(|r| r["outcome"] == "succeeded"), "{forced:?}");
    for args in [&["refresh", "volunteer"][..], &["refresh", "--type", "volunteer"]] {
        let shown = cache.run(&[args, &["--wait"]].concat()).done();
        assert!(shown.starts_with("volunteer succeeded in") && shown.contains("unchanged"), "{shown}");
    }
    let one = runs_of(&["refresh", "--report", "volunteer/recent/last-365-days"]);
    assert_eq!((one[0]["total"].as_u64(), one[0]["cache_type"].as_str()), (Some(1), Some("volunteer")));
    let old = runs_of(&["refresh", "--report", "volunteer/recent/1920"]);
    assert_eq!(old[0]["counts"]["published"], 1, "a year out of the plan is built when it is named");
    assert_eq!(cache.get("/reports/volunteer/recent/1920").status, 200);
    let dry = runs_of(&["refresh", "district", "--dry-run"]);
    assert_eq!((dry[0]["dry_run"].as_bool(), dry[0]["outcome"].as_str()), (Some(true), Some("succeeded")));

    let asked = cache.run(&["refresh", "organization"]).done();
    assert!(asked.starts_with("asked for organization."), "{asked}");
    let asked = json(cache, &["refresh", "recruitment"]);
    assert_eq!((asked["success"].as_bool(), asked["runs"].as_array().unwrap().len()), (Some(true), 1));

    let all = cache.run(&["refresh-all", "--wait"]).done();
    for cache_type in CacheType::ALL {
        assert!(all.lines().any(|l| l.starts_with(cache_type.as_str())), "{all}");
    }
    assert_eq!(json(cache, &["refresh-all"])["runs"].as_array().unwrap().len(), 5);
}

/// A cache that takes a request for a refresh, and then gives these answers, one a look; an empty one is none at all.
fn cache_that_answers(looks: Vec<String>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = r#"{"success": true, "message": "", "runs": [{"run_id": "RUN", "cache_type": "district"}]}"#;
    let bodies: Vec<String> = [asked.replace("RUN", WATCHED)].into_iter().chain(looks).collect();
    std::thread::spawn(move || {
        for body in bodies {
            let (mut stream, _) = listener.accept().unwrap();
            let (mut asked, mut part) = (String::new(), [0; 4096]);
            let is_whole = |text: &str| match text.split_once("\r\n\r\n") {
                Some((head, body)) => !head.starts_with("POST") || body.ends_with('}'),
                None => false,
            };
            while !is_whole(&asked) {
                let length = stream.read(&mut part).unwrap();
                asked.push_str(std::str::from_utf8(&part[..length]).unwrap());
            }
            if !body.is_empty() {
                let head = format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
                stream.write_all((head + &body).as_bytes()).unwrap();
            }
        }
    });
    url
}

const WATCHED: &str = "district.2026-03-15T02:00:00.000Z.1a2b3c";

#[test]
fn a_run_is_watched_on_where_the_cache_is_silent_for_a_while() {
    let request = RefreshRequest::new(WATCHED.parse().unwrap(), Trigger::Manual);
    let now = "2026-03-15T02:00:00Z".parse().unwrap();
    let joined = Run { outcome: Some(Outcome::Joined), ..Run::of(&request, RunState::Done, now) };
    let view = serde_json::to_string(&RunView::of(joined, now)).unwrap();
    let url = cache_that_answers(vec![String::new(), String::new(), view]);
    let ended = Ended::of(program(&["--url", &url, "refresh", "district", "--wait"]).env("VMS_CACHE_KEY", "k"));
    assert_eq!(
        ended.done(),
        "district joined (another run of this type was at work; what came of that one is not known here)\n"
    );
}

#[test]
fn a_refresh_that_lost_half_its_rows_is_partial_and_one_without_a_source_failed() {
    let folder = tempfile::tempdir().unwrap();
    let (source, data) = (folder.path().join("vms.db"), folder.path().join("data"));
    sample_at(&source);
    let dev = Dev::start(&data, &["--source", arg(&source)]);
    let key = "/reports/volunteer/recent/last-365-days";
    let before = dev.cache.get(key);
    let db = Connection::open(&source).unwrap();
    db.execute_batch("DELETE FROM event_participation WHERE id % 20 <> 0").unwrap();
    drop(db);
    let ended = dev.cache.run(&["refresh", "volunteer", "--wait"]);
    assert_eq!(ended.code, 3, "{ended:?}");
    assert!(ended.out.starts_with("volunteer partial") && ended.out.contains("quarantined"), "{ended:?}");
    let ended = dev.cache.run(&["--json", "refresh", "volunteer", "--wait"]);
    assert_eq!((ended.code, ended.json()[0]["outcome"].as_str()), (3, Some("partial")));
    fs::remove_file(&source).unwrap();
    let ended = dev.cache.run(&["refresh", "volunteer", "--wait"]);
    assert_eq!(ended.code, 1, "{ended:?}");
    assert!(ended.out.contains("source_unavailable"), "{ended:?}");
    assert_eq!(dev.cache.run(&["refresh-all", "--wait"]).code, 1);
    assert!(dev.cache.get(key).body == before.body, "the good report is served on");
    let shown = dev.cache.run(&["status"]).done();
    assert!(shown.contains("Last Error: source_unavailable") && !shown.contains("Next try"), "{shown}");
    assert_eq!(dev.cache.run(&["refresh", "volunteer", "--wait"]).code, 1);
    let shown = dev.cache.run(&["status"]).done();
    let line = |text: &str, start: &str| text.lines().find(|l| l.starts_with(start)).unwrap().to_owned();
    assert!(line(&shown, "Cache type").ends_with("  Error               Next try"), "{shown}");
    let waits = line(&shown, "volunteer ");
    assert!(waits.contains("  source_unavailable  ") && waits.ends_with(" UTC"), "three failures in a row: {shown}");
    assert!(line(&shown, "district ").ends_with("  source_unavailable"), "{shown}");
    let runs = dev.cache.run(&["runs", "--type", "volunteer"]).done();
    assert!(line(&runs, "Run ").ends_with("  Error") && line(&runs, "volunteer.").ends_with("  source_unavailable"));
    assert_eq!(runs.matches("source_unavailable").count(), 3, "and none beside the runs before: {runs}");
}

#[test]
fn a_revoked_key_opens_nothing_any_more() {
    let cache = shared();
    let made = cache.run(&["keys", "create", "--role", "operator", "--name", "the night shift"]);
    assert!(made.err.contains("role operator; it is shown only now"), "{made:?}");
    let id = made.err.split([' ', ',']).nth(1).unwrap().to_owned();
    let secret = made.done().trim().to_owned();
    let get = |path: &str| cache.ask("GET", path).key(&secret).send().status;
    let refresh = |body: &str| cache.ask("POST", "/management/cache/api/refresh").key(&secret).json(body).send().status;
    assert_eq!((get("/reports"), get("/management/cache/api/status")), (200, 200));
    assert_eq!(refresh("{\"cache_type\": \"?\"}"), 400, "it may ask, though not for that");

    let listed = cache.run(&["keys", "list"]).done();
    let line = listed.lines().find(|l| l.starts_with(&id)).unwrap();
    assert!(line.contains("operator") && line.contains("the night shift") && line.ends_with("valid"), "{line}");
    assert!(!listed.contains(&secret) && !listed.contains(&secret[4..]), "the list gives no key away");

    assert!(cache.run(&["keys", "revoke", &id]).done().contains("revoked"));
    let since = Instant::now();
    assert_eq!(refresh("{}"), 401, "who changes something is looked up every time");
    let listed = json(&cache, &["keys", "list"]);
    let key = listed.as_array().unwrap().iter().find(|k| k["id"] == id.as_str()).unwrap().clone();
    assert!(key["revoked_at"].is_string(), "{key}");
    while get("/reports") != 401 || get("/management/cache/api/status") != 401 {
        assert!(since.elapsed() < Duration::from_secs(31), "it still opens after {:?}", since.elapsed());
        std::thread::sleep(Duration::from_millis(250));
    }
    assert!(cache.run(&["keys", "revoke", "key-none"]).refused(1).contains("no key with the id key-none"));
}

#[test]
fn keys_are_made_for_programs_too() {
    let cache = shared();
    let made = json(&cache, &["keys", "create", "--role", "reader", "--name", "dashboard"]);
    assert_eq!((made["role"].as_str(), made["name"].as_str()), (Some("reader"), Some("dashboard")));
    let secret = made["key"].as_str().unwrap();
    assert_eq!(cache.ask("GET", "/reports").key(secret).send().status, 200);
    let revoked = json(&cache, &["keys", "revoke", made["id"].as_str().unwrap()]);
    assert_eq!(revoked["id"], made["id"]);
}

#[test]
fn a_table_is_created_once_however_often_it_is_asked_for() {
    let cache = shared();
    let local: Value = serde_json::from_slice(&fs::read(cache.folder.join("connection.json")).unwrap()).unwrap();
    let create = |args: &[&str]| {
        let mut command = program(args);
        for (name, value) in [
            ("TABLE_NAME", "another-table"),
            ("AWS_ENDPOINT_URL_DYNAMODB", local["table_url"].as_str().unwrap()),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", "x"),
            ("AWS_SECRET_ACCESS_KEY", "x"),
        ] {
            command.env(name, value);
        }
        Ended::of(&mut command)
    };
    for _ in 0..2 {
        assert!(create(&["table", "create"]).done().contains("table another-table is ready"));
    }
    assert_eq!(create(&["--json", "table", "create"]).json()["table"], "another-table");
    assert!(create(&["keys", "list"]).done().starts_with("Id"), "a table of its own has no keys");
    assert!(cache.run(&["table", "create"]).done().contains("is ready"), "that of `dev` is there already");
}

#[test]
fn waiting_commands_end_within_patience() {
    let cache = shared();
    let since = Instant::now();
    cache.run(&["refresh", "--wait"]).done();
    assert!(since.elapsed() < PATIENCE);
}
