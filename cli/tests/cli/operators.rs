//! What operators do to a running cache, command by command: steer it, decide on reports, look back, keep what matters.

use crate::harness::{Dev, Ended, Following, arg, program, run, sample_at, shared};
use rusqlite::Connection;
use serde_json::Value;
use std::fs;
use vms_core::CacheType;

const KEY: &str = "volunteer/recent/last-365-days";

#[test]
fn the_schedule_is_stopped_with_a_reason_and_started_again_in_both_spellings() {
    let folder = tempfile::tempdir().unwrap();
    let dev = Dev::start(folder.path(), &[]);
    let cache = &dev.cache;
    assert_eq!(cache.run(&["scheduler", "status"]).done(), "The schedule runs.\n");
    let until = "2099-01-01T00:00:00Z";
    let stopped = cache.run(&["scheduler", "stop", "--reason", "an import", "--until", until]).done();
    assert_eq!(stopped, "Cache refresh scheduler stopped successfully\n");
    let told = cache.run(&["scheduler", "status"]).done();
    assert!(told.contains("is stopped") && told.contains(until) && told.contains("(an import)"), "{told}");
    assert!(cache.run(&["status"]).done().contains("\nStatus: Stopped\n"));
    assert_eq!(cache.run(&["start-scheduler"]).done(), "Cache refresh scheduler started successfully\n");
    assert!(cache.run(&["status"]).done().contains("\nStatus: Running\n"));
    assert_eq!(cache.run(&["--json", "stop-scheduler"]).json()["success"], true);
    assert_eq!(cache.run(&["--json", "scheduler", "status"]).json()["is_running"], false);
    cache.run(&["scheduler", "start", "--reason", "done"]).done();
    let past = cache.run(&["scheduler", "stop", "--until", "2020-01-01T00:00:00Z"]).refused(1);
    assert!(past.contains("until: has passed already"), "{past}");
}

#[test]
fn a_report_that_waits_is_compared_rejected_approved_and_rolled_back() {
    let folder = tempfile::tempdir().unwrap();
    let (source, data) = (folder.path().join("vms.db"), folder.path().join("data"));
    sample_at(&source);
    let dev = Dev::start(&data, &["--source", arg(&source)]);
    let cache = &dev.cache;
    let nothing = cache.run(&["approve", KEY]).refused(1);
    assert!(nothing.contains("409"), "{nothing}");

    let shrink = |rest: u32| {
        let db = Connection::open(&source).unwrap();
        db.execute_batch(&format!("DELETE FROM event_participation WHERE id % {rest} <> 0")).unwrap();
    };
    shrink(20);
    assert_eq!(cache.run(&["refresh", "volunteer", "--wait"]).code, 3, "a report that waits makes a run partial");
    let compared = cache.run(&["diff", KEY]).done();
    assert!(compared.starts_with(KEY) && compared.contains("candidate") && compared.contains("rows removed"));
    let compared = cache.run(&["--json", "diff", KEY, "--from", "candidate", "--to", "current"]).json();
    assert_eq!(compared["from"]["role"], "candidate");
    assert_eq!(cache.run(&["diff", KEY, "--from", "no-etag"]).code, 2);

    assert!(cache.run(&["reject", KEY, "--reason", "a bad import"]).done().starts_with("Rejected: "));
    shrink(40);
    assert_eq!(cache.run(&["refresh", "volunteer", "--wait"]).code, 3);
    let served = cache.get(&format!("/reports/{KEY}")).body;
    assert!(cache.run(&["approve", KEY, "--reason", "so it is"]).done().starts_with("Approved: "));
    assert!(cache.get(&format!("/reports/{KEY}")).body != served);
    let back = cache.run(&["--json", "rollback", KEY, "--reason", "too soon"]).json();
    assert_eq!((back["success"].as_bool(), back["recorded"].as_bool()), (Some(true), Some(true)));
    assert!(cache.get(&format!("/reports/{KEY}")).body == served);
    let told = cache.run(&["explain", KEY]).done();
    assert!(told.lines().any(|l| l.contains(" rolled it back on ") && l.ends_with(": too soon")), "{told}");
}

#[test]
fn a_report_is_explained_in_sentences_and_in_json() {
    let cache = shared();
    let told = cache.run(&["explain", KEY]).done();
    let explained = cache.run(&["--json", "explain", KEY]).json();
    assert!(told.starts_with(&format!("{KEY}: fresh\n")), "{told}");
    let sentences = explained["sentences"].as_array().unwrap();
    assert!(sentences.len() >= 3, "{explained}");
    // Ages go on between the two; what does not tell one stays.
    assert!(sentences.iter().any(|s| told.contains(s.as_str().unwrap())), "{told}");
    assert!(told.lines().last().unwrap().ends_with("yes"), "{told}");
    let missing = cache.run(&["explain", "volunteer/first-time/9900"]);
    assert!(missing.err.contains("did you mean volunteer/first-time/"), "{missing:?}");
    assert!(missing.done().starts_with("volunteer/first-time/9900: missing\n"));
}

#[test]
fn a_key_that_is_not_cached_is_answered_with_the_nearest_that_is() {
    let cache = shared();
    let years = cache.keys().into_iter().filter(|k| k.starts_with("volunteer/first-time/")).collect::<Vec<_>>();
    for command in ["report", "diff", "approve", "reject", "rollback"] {
        let line = cache.run(&[command, "volunteer/first-time/9900"]).refused(1);
        assert!(line.contains("not in the cache"), "{line}");
        assert!(years.iter().any(|near| line.ends_with(&format!("did you mean {near}?"))), "{command}: {line}");
    }
    let district = cache.keys().into_iter().find(|k| k.starts_with("virtual_session/district/")).unwrap();
    let mistyped = format!("{}x", &district[..district.len() - 1]);
    let line = cache.run(&["report", &mistyped]).refused(1);
    assert!(line.contains(&format!("did you mean {district}?")), "{line}");
}

#[test]
fn sizes_add_up_and_the_largest_reports_come_first() {
    let cache = shared();
    let shown = cache.run(&["status", "--sizes"]).done();
    assert!(shown.contains("\nSizes:\n") && shown.contains("\nLargest reports:\n"), "{shown}");
    let sizes = cache.run(&["--json", "status", "--sizes"]).json()["sizes"].clone();
    let listed = cache.listed("", 7);
    for of_type in sizes["types"].as_array().unwrap() {
        let of: Vec<u64> = listed
            .iter()
            .filter(|r| r["cache_type"] == of_type["cache_type"])
            .map(|r| r["bytes"].as_u64().unwrap())
            .collect();
        assert_eq!(of_type["bytes"].as_u64(), Some(of.iter().sum()), "{of_type}");
        assert_eq!(of_type["reports"].as_u64(), Some(of.len() as u64), "{of_type}");
        assert!(of_type["stored_bytes"].as_u64() < of_type["bytes"].as_u64(), "{of_type}");
    }
    let largest: Vec<u64> = sizes["largest"].as_array().unwrap().iter().map(|r| r["bytes"].as_u64().unwrap()).collect();
    assert_eq!(largest.len(), 10);
    assert!(largest.is_sorted_by(|a, b| a >= b), "{largest:?}");
    assert_eq!(largest.first().copied(), listed.iter().map(|r| r["bytes"].as_u64().unwrap()).max());
    assert!(cache.run(&["--json", "status"]).json().get("sizes").is_none());
}

#[test]
fn a_cleanup_tells_what_it_looked_at_and_leaves_every_living_report() {
    let cache = shared();
    let before = cache.keys().len();
    let told = cache.run(&["cleanup", "--older-than", "7d"]).done();
    assert!(
        told.ends_with(&format!("{before} entries looked at, 0 retired reports removed, 0 bodies removed\n")),
        "{told}"
    );
    assert_eq!(cache.run(&["--json", "cleanup"]).json()["removed"], Value::Array(Vec::new()));
    assert_eq!(cache.keys().len(), before);
    assert_eq!(cache.run(&["cleanup", "--older-than", "7"]).code, 2);
}

#[test]
fn the_log_is_shown_searched_filtered_and_followed() {
    let folder = tempfile::tempdir().unwrap();
    let (source, data) = (folder.path().join("vms.db"), folder.path().join("data"));
    sample_at(&source);
    let dev = Dev::start(&data, &["--source", arg(&source)]);
    let cache = &dev.cache;
    let log = cache.run(&["logs"]).done();
    for cache_type in CacheType::ALL {
        let done =
            |l: &&str| l.contains(&format!("Cache refresh completed: {cache_type} took ")) && l.contains(" seconds");
        assert_eq!(log.lines().filter(done).count(), 1, "{log}");
    }
    assert_eq!(cache.run(&["logs", "--errors"]).done(), "");
    fs::remove_file(&source).unwrap();
    assert_eq!(cache.run(&["refresh", "volunteer", "--wait"]).code, 1);
    let errors = cache.run(&["logs", "--errors"]).done();
    assert_eq!(errors.lines().count(), 1, "{errors}");
    assert!(errors.contains(" ERROR Cache refresh completed with errors: volunteer took "), "{errors}");
    let first: Value = serde_json::from_str(cache.run(&["--json", "logs"]).out.lines().next().unwrap()).unwrap();
    assert_eq!(first["level"], "INFO");
    assert_eq!(cache.run(&["logs", "--since", "2099-01-01T00:00:00Z"]).done(), "");
    assert!(cache.run(&["logs", "--since", "2h"]).done().starts_with(log.as_str()));
    assert_eq!(cache.run(&["logs", "--since", "soon"]).code, 2);

    let mut following = Following::start(&mut cache.program(&["logs", "--errors", "--follow"]));
    following.read_until("completed with errors: volunteer");
    assert_eq!(cache.run(&["refresh", "district", "--wait"]).code, 1);
    following.read_until("completed with errors: district");
    assert_eq!(following.interrupt(), Some(0));
}

#[test]
fn a_deployed_stack_is_asked_for_its_log_through_aws() {
    let told = run(&["logs", "--stack", "vms-prod", "--errors", "--since", "2h"]).done();
    assert_eq!(told.lines().count(), CacheType::ALL.len());
    for cache_type in CacheType::ALL {
        let command = format!("aws logs tail /aws/lambda/vms-prod-refresh-{cache_type} --since 120m");
        assert!(told.lines().any(|l| l.starts_with(&command) && l.contains("--filter-pattern '?ERROR")), "{told}");
    }
    let elsewhere = run(&["--url", "https://cache.example.org", "logs", "--follow"]);
    assert!(elsewhere.err.contains("STACK"), "{elsewhere:?}");
    assert!(elsewhere.done().lines().all(|l| l.ends_with(" --follow")));
    assert_eq!(run(&["logs", "--stack", "x; rm -rf ~"]).code, 2);
    let none = run(&["logs"]).refused(1);
    assert!(none.contains("there is no log") && none.contains("--stack"), "{none}");
}

#[test]
fn a_backup_is_private_and_gives_a_new_table_its_keys_back() {
    let folder = tempfile::tempdir().unwrap();
    let dev = Dev::start(&folder.path().join("old"), &[]);
    dev.cache.run(&["scheduler", "stop", "--reason", "moving house"]).done();
    let file = folder.path().join("backup.json");
    for _ in 0..2 {
        let told = dev.cache.run(&["config", "backup", "--out", arg(&file)]).done();
        assert!(told.contains("2 keys and how the schedule is switched"), "{told}");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains("dev operator") && text.contains("moving house"), "{text}");
    for secret in [&dev.cache.operator, &dev.cache.reader] {
        assert!(!text.contains(&secret[4..]), "a backup gives no key away");
    }

    let other = Dev::start(&folder.path().join("new"), &[]);
    let with_old_key = || other.cache.ask("GET", "/reports").key(&dev.cache.reader).send().status;
    assert_eq!(with_old_key(), 401);
    let told = other.cache.run(&["config", "restore", arg(&file)]).done();
    assert!(told.ends_with("2 keys restored, 0 there already; the schedule was switched as in the backup\n"), "{told}");
    assert_eq!(with_old_key(), 200);
    assert!(other.cache.run(&["scheduler", "status"]).done().contains("moving house"));
    let again = other.cache.run(&["--json", "config", "restore", arg(&file)]).json();
    assert_eq!((again["known"].as_u64(), again["schedule"].as_bool()), (Some(2), Some(false)));

    let line = other.cache.run(&["config", "restore", arg(&folder.path().join("none"))]).refused(1);
    assert!(line.contains("cannot be read"), "{line}");
    fs::write(&file, "{}").unwrap();
    assert!(other.cache.run(&["config", "restore", arg(&file)]).refused(1).contains("is no file that"));
    let nowhere = folder.path().join("no/folder.json");
    assert!(other.cache.run(&["config", "backup", "--out", arg(&nowhere)]).refused(1).contains("cannot be written"));
}

#[test]
fn a_config_file_names_the_cache_and_its_key_goes_nowhere_else() {
    let cache = shared();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.toml");
    let with_file = |args: &[&str]| Ended::of(program(args).env("VMS_CACHE_CONFIG", &file));
    fs::write(&file, format!("url = \"http://{}/\"\nkey = \"{}\"\n", cache.address, cache.operator)).unwrap();
    assert!(with_file(&["status"]).done().contains("Cache Refresh Status"));
    let line = with_file(&["status", "--url", "http://127.0.0.1:1"]).refused(1);
    assert!(line.contains("no key for that cache"), "{line}");
    fs::write(&file, format!("uri = \"x\"\nkey = \"{}\"\n", cache.operator)).unwrap();
    let line = with_file(&["status"]).refused(1);
    assert!(line.contains(arg(&file)) && !line.contains(&cache.operator), "{line}");
}

#[test]
fn every_command_has_help_with_an_example() {
    let commands = |help: &str| -> Vec<String> {
        let listed = help.lines().skip_while(|l| *l != "Commands:").skip(1).take_while(|l| !l.is_empty());
        // What is further in goes on with a description.
        let names = listed.filter(|l| !l.starts_with("   ")).filter_map(|l| l.split_whitespace().next());
        names.filter(|n| *n != "help").map(str::to_owned).collect()
    };
    let mut open: Vec<Vec<String>> = vec![Vec::new()];
    let mut seen = 0;
    while let Some(path) = open.pop() {
        let args: Vec<&str> = path.iter().map(String::as_str).chain(["--help"]).collect();
        let help = run(&args).done();
        let below = commands(&help);
        assert!(!below.is_empty() || help.contains("Example"), "{path:?}: {help}");
        seen += usize::from(below.is_empty());
        open.extend(below.into_iter().map(|name| [path.clone(), vec![name]].concat()));
    }
    assert!(seen >= 25, "{seen}");
}

#[test]
fn completions_complete_commands_and_types() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(run(&["completions", shell]).done().contains("refresh-all"), "{shell}");
    }
    assert_eq!(run(&["completions", "cmd"]).code, 2);
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("completions");
    fs::write(&script, run(&["completions", "bash"]).done()).unwrap();
    let complete = |words: &str, current: usize| {
        // As bash itself calls the function that `complete` names: with the word to complete, and the one before.
        let typed = r#"source "$0"; COMP_WORDS=($1); COMP_CWORD=$2; function=$(complete -p vms-cache | grep -o ' _[^ ]*')
            $function vms-cache "${COMP_WORDS[$2]}" "${COMP_WORDS[$2 - 1]}"; echo "${COMPREPLY[@]}""#;
        let current = current.to_string();
        Ended::of(std::process::Command::new("bash").args(["--norc", "-c", typed, arg(&script), words, &current]))
            .done()
    };
    assert_eq!(complete("vms-cache refresh-", 1), "refresh-all\n");
    assert_eq!(complete("vms-cache refresh --type vo", 3), "volunteer\n");
    assert_eq!(complete("vms-cache refresh or", 2), "organization\n");
    assert_eq!(complete("vms-cache config ba", 2), "backup\n");
}

#[test]
fn mistyped_names_are_answered_with_what_was_meant() {
    for (args, meant) in [
        (&["stauts"][..], "'status'"),
        (&["refresh", "distrct"], "'district'"),
        (&["refresh", "--type", "virtual-session"], "'virtual_session'"),
        (&["runs", "--outcome", "failled"], "'failed'"),
        (&["keys", "create", "--role", "reder", "--name", "x"], "'reader'"),
        (&["sample", "--scale", "larg", "--out", "x"], "'large'"),
        (&["refresh", "--wiat"], "'--wait'"),
        (&["report", "volunter/recent/2526"], "did you mean volunteer/recent/{school_year}?"),
        (&["refresh", "--report", "district/yearend/2526/all/7"], "did you mean district/year-end/"),
    ] {
        let ended = run(args);
        assert_eq!(ended.code, 2, "{args:?}: {ended:?}");
        assert!(ended.err.contains(meant), "{args:?} without {meant}: {}", ended.err);
    }
}
