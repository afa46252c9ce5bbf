//! The README's promise to VMS's operators: what they typed before has a successor, which does what the table says.

use crate::harness::{Dev, Following, arg, sample_at};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A line of the table.
struct Habit {
    before: String,
    now: String,
    prints: String,
}

/// Every line of the table, in its order.
fn habits() -> Vec<Habit> {
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md")).unwrap();
    let table = readme.lines().skip_while(|l| !l.starts_with("| what you typed before")).skip(2);
    let row = |line: &str| {
        // A bar inside a cell is written with a backslash.
        let line = line.replace("\\|", "\u{1}");
        let cells: Vec<_> = line.trim_matches('|').split('|').map(|c| c.trim().replace('\u{1}', "|")).collect();
        let code = |cell: &str| cell.strip_prefix('`').and_then(|c| c.strip_suffix('`')).unwrap_or(cell).to_owned();
        let [before, now, prints] = &cells[..] else { panic!("{line}") };
        Habit { before: before.clone(), now: code(now), prints: code(prints) }
    };
    table.take_while(|l| l.starts_with('|')).map(row).collect()
}

/// A path on which the program is found by its name.
fn path() -> OsString {
    let folder = Path::new(env!("CARGO_BIN_EXE_vms-cache")).parent().unwrap().to_owned();
    std::env::join_paths([folder, PathBuf::from("/usr/bin"), PathBuf::from("/bin")]).unwrap()
}

#[test]
fn every_habit_of_the_old_system_has_a_successor_that_does_it() {
    let habits = habits();
    for habit in [
        "`refresh`",
        "`refresh --force`",
        "`refresh --type district`",
        "`refresh district`",
        "`refresh-all`",
        "`status`",
        "`health`",
        "`start-scheduler`",
        "`stop-scheduler`",
        "`tail -f logs/cache_manager.log`",
        "`grep \"Cache refresh completed\" logs/cache_manager.log`",
        "`grep ERROR logs/cache_manager.log`",
        "`grep \"took .* seconds\" logs/cache_manager.log`",
        "cache sizes, by SQL",
        "deleting what is older than 7 days, by SQL",
        "a copy of the configuration",
    ] {
        assert!(habits.iter().any(|h| h.before == habit), "{habit} is not in the table");
    }

    let folder = tempfile::tempdir().unwrap();
    let (source, data, elsewhere) =
        (folder.path().join("vms.db"), folder.path().join("data"), folder.path().join("any folder"));
    sample_at(&source);
    fs::create_dir(&elsewhere).unwrap();
    let dev = Dev::start(&data, &["--source", arg(&source)]);
    // A night that failed and was mended, so that there is an error to find.
    let away = folder.path().join("away.db");
    fs::rename(&source, &away).unwrap();
    assert_eq!(dev.cache.run(&["refresh", "volunteer", "--wait"]).code, 1);
    fs::rename(&away, &source).unwrap();
    dev.cache.run(&["refresh", "volunteer", "--wait"]).done();

    for Habit { before, now, prints } in habits {
        let mut command = Command::new("sh");
        // The shell's own place is taken, so that Ctrl-C reaches the program.
        let typed = if now.contains("--follow") { format!("exec {now}") } else { now.clone() };
        command.args(["-c", &typed]).env_clear().env("PATH", path()).env("HOME", "/nonexistent");
        command.env("VMS_CACHE_DATA", arg(&data)).current_dir(&elsewhere).stdin(Stdio::null());
        if now.contains("--follow") {
            let mut following = Following::start(&mut command);
            following.read_until(&prints);
            assert_eq!(following.interrupt(), Some(0), "{before}: {now}");
            continue;
        }
        let output = command.output().unwrap();
        let shown = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{before}: {now}: {shown}{}", String::from_utf8_lossy(&output.stderr));
        assert!(shown.lines().any(|l| l.contains(&prints)), "{before}: {now} without {prints:?}: {shown}");
    }
}
