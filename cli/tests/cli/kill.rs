//! The process itself: killed at any moment, started again, interrupted, refused.

use crate::chance::Chance;
use crate::harness::{Cache, Dev, Ended, PATIENCE, arg, program, sample_at, say};
use crate::http::Answer;
use aws_config::{BehaviorVersion, Region};
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use jiff::SignedDuration;
use rusqlite::Connection;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use vms_core::{CacheType, RefreshRequest, Run, RunId, RunState, Trigger};
use vms_store::{DynamoTable, Store};

/// Changes what some reports of each type show: publishing them all in every round would take too long.
fn change(source: &Path, round: u32) {
    let some = round % 8;
    let marked = format!("UPDATE event SET title = title || ' ({round})' WHERE id % 24 = {some}");
    Connection::open(source).unwrap().execute_batch(&marked).unwrap();
}

/// Every report as it is served now, each checked to be whole: its etag and its age.
fn served(cache: &Cache) -> BTreeMap<String, (String, u64)> {
    let whole = |key: String| {
        let answer = whole(cache, &key);
        let state = (answer.needed("etag").trim_matches('"').to_owned(), age(&answer));
        (key, state)
    };
    cache.keys().into_iter().map(whole).collect()
}

/// A report, which must be there and whole.
fn whole(cache: &Cache, key: &str) -> Answer {
    let answer = cache.get(&format!("/reports/{key}"));
    assert_eq!(answer.status, 200, "{key}: {answer:?}");
    let etag = vms_store::codec::etag(&answer.body).0;
    assert_eq!(answer.needed("etag").trim_matches('"'), etag, "{key} is torn");
    answer
}

/// The etag of every report, by the list.
fn etags(cache: &Cache) -> BTreeMap<String, String> {
    let text = |r: &Value, name: &str| r[name].as_str().unwrap().to_owned();
    cache.listed("", 1000).iter().map(|r| (text(r, "key"), text(r, "etag"))).collect()
}

fn age(answer: &Answer) -> u64 {
    answer.needed("age").parse().unwrap()
}

fn rounds() -> u32 {
    if std::env::var_os("VMS_LONG").is_some() { 20 } else { 8 }
}

#[test]
fn a_process_killed_at_any_moment_of_a_refresh_leaves_whole_reports_and_the_next_refresh_heals() {
    let mut chance = Chance::told("kill -9");
    let folder = tempfile::tempdir().unwrap();
    let (source, data) = (folder.path().join("vms.db"), folder.path().join("data"));
    sample_at(&source);
    let start = ["--source", arg(&source)];
    let mut dev = Dev::start(&data, &start);
    let mut good = etags(&dev.cache);
    let (mut cut_short, mut newer, mut read) = (0, 0, 0);
    for round in 0..rounds() {
        change(&source, round);
        let asked: BTreeSet<String> = dev.cache.ask_refresh("{\"force\": true}").into_iter().collect();
        std::thread::sleep(chance.up_to(Duration::from_secs(2)));
        let before = dev.cache.clone();
        dev.kill();

        dev = Dev::begin(&data, &start);
        assert_eq!((&dev.cache.operator, &dev.cache.reader), (&before.operator, &before.reader), "the keys stay");
        let after = etags(&dev.cache);
        assert_eq!(after.keys().collect::<Vec<_>>(), good.keys().collect::<Vec<_>>(), "round {round}");
        // Each body in its turn, and in the last round all: reading is what takes the time here.
        let turn = |n: usize| round + 1 == rounds() || n % 6 == round as usize % 6;
        for (_, key) in after.keys().enumerate().filter(|(n, _)| turn(*n)) {
            whole(&dev.cache, key);
            read += 1;
        }
        dev.read_until("Stop with Ctrl-C.");
        let runs = dev.cache.operate("/management/cache/api/runs?limit=200");
        for run in runs["runs"].as_array().unwrap() {
            let id = run["run_id"].as_str().unwrap();
            assert!(run["outcome"].is_string(), "round {round}: {id} is shown {}", run["state"]);
            cut_short += u32::from(asked.contains(id) && run["outcome"] == "lost");
        }
        let again = CacheType::ALL[round as usize % CacheType::ALL.len()];
        for run in dev.cache.refresh(&format!("{{\"cache_type\": \"{again}\", \"force\": true}}")) {
            assert_eq!(run["outcome"], "succeeded", "round {round}: {run}");
        }
        let healed = etags(&dev.cache);
        assert_eq!(healed.keys().collect::<Vec<_>>(), good.keys().collect::<Vec<_>>(), "round {round}");
        for (key, etag) in &after {
            assert!(*etag == good[key] || *etag == healed[key], "round {round}: {key} is neither old nor new");
            newer += u32::from(*etag != good[key]);
        }
        good = healed;
    }
    say(&format!(
        "kill -9: {} rounds, {cut_short} runs lost, {newer} reports newer at once, {read} read whole",
        rounds()
    ));
}

#[test]
fn reports_are_served_with_their_true_age_while_the_source_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let (source, data) = (folder.path().join("vms.db"), folder.path().join("data"));
    sample_at(&source);
    let dev = Dev::start(&data, &["--source", arg(&source)]);
    let before = served(&dev.cache);
    fs::remove_file(&source).unwrap();
    for run in dev.cache.refresh("{\"force\": true}") {
        assert_eq!(run["outcome"], "failed", "{run}");
        let error = run["error"].as_str().unwrap();
        assert!(error.starts_with("source_unavailable: ") && error.contains("no such file"), "{error}");
    }
    std::thread::sleep(Duration::from_millis(1100));
    for (key, (etag, age)) in served(&dev.cache) {
        let (old_etag, old_age) = &before[&key];
        assert_eq!((&etag, age > *old_age), (old_etag, true), "{key}: {age} s after {old_age} s");
    }
    // A file that is no database is another matter, and is named so.
    fs::write(&source, "moved to the new server").unwrap();
    for run in dev.cache.refresh("{\"cache_type\": \"volunteer\", \"force\": true}") {
        assert!(run["error"].as_str().unwrap().starts_with("source_invalid: "), "{run}");
    }
    assert_eq!(dev.cache.listed("", 1000).len(), before.len());
    // Back again, all is well at once.
    fs::remove_file(&source).unwrap();
    sample_at(&source);
    for run in dev.cache.refresh("{\"force\": true}") {
        assert_eq!(run["outcome"], "succeeded", "{run}");
    }
}

#[test]
fn an_empty_database_after_a_full_one_takes_no_report_away() {
    let folder = tempfile::tempdir().unwrap();
    let (source, data) = (folder.path().join("vms.db"), folder.path().join("data"));
    sample_at(&source);
    let dev = Dev::start(&data, &["--source", arg(&source)]);
    let before = etags(&dev.cache);
    let db = Connection::open(&source).unwrap();
    let mut tables =
        db.prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'").unwrap();
    let tables: Vec<String> = tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    db.pragma_update(None, "foreign_keys", false).unwrap();
    for table in tables {
        db.execute(&format!("DELETE FROM {table}"), []).unwrap();
    }
    for run in dev.cache.refresh("{\"force\": true}") {
        let outcome = run["outcome"].as_str().unwrap();
        assert!(["partial", "failed"].contains(&outcome), "{run}");
    }
    assert_eq!(etags(&dev.cache), before);
}

#[test]
fn a_second_dev_on_the_same_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let dev = Dev::start(folder.path(), &[]);
    let second = || Ended::soon(&mut program(&["dev", "--port", "0", "--data", arg(folder.path())]));
    let line = second().refused(1);
    assert!(line.contains("another `vms-cache dev` uses this folder") && line.contains("--data"), "{line}");
    assert_eq!(dev.cache.get("/reports").status, 200, "the first goes on");
}

/// Enters a run that is at work elsewhere into a table.
fn at_work(local: &Value) -> RunId {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let credentials = Credentials::new("local", "local", None, None, "local");
        let aws = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .endpoint_url(local["table_url"].as_str().unwrap());
        let client = vms_store::connect(&aws.load().await, PATIENCE, PATIENCE);
        let store = Store::new(DynamoTable::new(client, local["table_name"].as_str().unwrap()));
        let now = jiff::Timestamp::now();
        let request = RefreshRequest::new(RunId::new(CacheType::Volunteer, now, 7), Trigger::Manual);
        let held_until = Some(now + SignedDuration::from_mins(10));
        let run = Run { held_until, ..Run::of(&request, RunState::Running, now) };
        assert!(store.take_up_run(&run).await.unwrap());
        run.run_id
    })
}

#[test]
fn a_second_dev_on_a_shared_table_leaves_what_others_have_at_work_alone() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let _dev = Dev::start(one.path(), &[]);
    let local: Value = serde_json::from_slice(&fs::read(one.path().join("connection.json")).unwrap()).unwrap();
    let aws = [
        ("AWS_ENDPOINT_URL_DYNAMODB", local["table_url"].as_str().unwrap()),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "local"),
        ("AWS_SECRET_ACCESS_KEY", "local"),
    ];
    let run_id = at_work(&local);
    let mut second = program(&["dev", "--port", "0", "--data", arg(two.path())]);
    let second = Dev::launch(two.path(), second.envs(aws));
    let run = second.cache.operate(&format!("/management/cache/api/runs/{run_id}"));
    assert_eq!(run["state"], "running", "{run}");
}

#[test]
fn a_port_that_is_taken_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let line = Ended::soon(&mut program(&["dev", "--data", arg(folder.path()), "--port", &port])).refused(1);
    assert!(line.contains(&format!("port {port} is taken; choose another with --port")), "{line}");
}

#[test]
fn a_data_folder_that_cannot_be_one_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    for data in [&file, &file.join("below")] {
        let line = Ended::soon(&mut program(&["dev", "--port", "0", "--data", arg(data)])).refused(1);
        assert!(line.contains(arg(data)) && line.contains("the data folder cannot be used"), "{line}");
    }
}

#[test]
fn ctrl_c_ends_it_well_and_a_second_start_goes_on_where_it_left_off() {
    let folder = tempfile::tempdir().unwrap();
    let first = Dev::start(folder.path(), &[]);
    assert!(first.said.contains("Made a sample VMS database"), "{}", first.said);
    let (cache, before) = (first.cache.clone(), served(&first.cache));
    assert_eq!(first.interrupt(), Some(0));

    let second = Dev::start(folder.path(), &[]);
    assert!(!second.said.contains("Made a sample"), "{}", second.said);
    for key in [&cache.operator, &cache.reader] {
        assert!(second.said.contains(key), "the keys are the same: {}", second.said);
    }
    assert_eq!(second.said.matches(" fresh").count(), 5, "nothing was left to do: {}", second.said);
    let after = served(&second.cache);
    for (key, (etag, age)) in &before {
        assert!(after[key].0 == *etag && after[key].1 >= *age, "{key} is {:?} after {age} s", after[key]);
    }
    assert_eq!(after.len(), before.len());
}

#[test]
fn ctrl_c_in_the_middle_of_the_first_refresh_ends_it_well_too() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(Dev::begin(folder.path(), &[]).interrupt(), Some(0));
    let dev = Dev::start(folder.path(), &[]);
    assert_eq!(dev.cache.run(&["health"]).code, 0);
}

#[cfg(unix)]
#[test]
fn nobody_else_may_read_the_keys() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let _dev = Dev::start(folder.path(), &[]);
    let mode = fs::metadata(folder.path().join("connection.json")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_table_file_of_something_else_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("table.db"), "no table\n".repeat(1000)).unwrap();
    let line = Ended::soon(&mut program(&["dev", "--port", "0", "--data", arg(folder.path())])).refused(1);
    assert!(line.contains("table.db") && line.contains("move it away"), "{line}");
}

#[test]
fn the_first_greeting_says_where_it_is_and_every_command_that_it_proposes_works() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("it's a folder");
    let dev = Dev::start(&data, &[]);
    let page = format!("http://{}/management/cache/status  (sign in with the operator key)", dev.cache.address);
    for words in [&page, &dev.cache.operator, &dev.cache.reader, arg(&data)] {
        assert!(dev.said.contains(words), "{words} in {}", dev.said);
    }
    for cache_type in CacheType::ALL {
        assert!(dev.said.contains(&format!("{cache_type} succeeded (")), "{}", dev.said);
    }
    let proposed = dev.said.lines().skip_while(|l| !l.starts_with("Try")).skip(1).take_while(|l| l.starts_with("  "));
    let proposed: Vec<&str> = proposed.map(str::trim).collect();
    assert_eq!(proposed.len(), 4, "{}", dev.said);
    for typed in proposed {
        let mut command = Command::new("sh");
        command.args(["-c", typed]).env_clear().env("PATH", "/usr/bin:/bin").env("HOME", "/nonexistent");
        let ended = Ended::of(command.current_dir("/"));
        if typed.starts_with("curl") && ended.code == 127 {
            say("NOT RUN: the proposed curl, which is not here");
            continue;
        }
        assert!(!ended.done().is_empty(), "{typed}");
    }
}

#[test]
fn keys_that_no_longer_fit_the_table_are_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let first = Dev::start(folder.path(), &[]);
    let old = first.cache.operator.clone();
    assert_eq!(first.interrupt(), Some(0));
    for spoil in [
        |folder: &Path| fs::write(folder.join("connection.json"), "{\"url\": 1}").unwrap(),
        |folder: &Path| fs::remove_file(folder.join("table.db")).unwrap(),
    ] {
        spoil(folder.path());
        let dev = Dev::start(folder.path(), &[]);
        assert_ne!(dev.cache.operator, old);
        assert!(dev.said.contains(&dev.cache.operator), "{}", dev.said);
        assert!(dev.cache.run(&["health"]).done().contains("Overall: HEALTHY"));
        assert_eq!(dev.interrupt(), Some(0));
    }
}

#[test]
fn a_run_that_was_killed_is_found_in_the_log_of_errors() {
    let folder = tempfile::tempdir().unwrap();
    let dev = Dev::start(folder.path(), &[]);
    let run_id = dev.cache.ask_refresh("{\"cache_type\": \"organization\", \"force\": true}").remove(0);
    dev.kill();
    let again = Dev::start(folder.path(), &[]);
    let errors = again.cache.run(&["logs", "--errors"]).done();
    assert!(errors.contains("Cache refresh lost") && errors.contains(&run_id), "{errors}");
}
