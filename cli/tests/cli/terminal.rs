//! What depends on who reads: a terminal gets colours and bars, a pipe gets neither and may close early.

use crate::harness::{Cache, Ended, Following, arg, sample_at, say, shared};
use std::fs::File;
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// Runs a command of the program in a terminal of its own; `None` where this machine has no `script` to make one.
fn in_terminal(cache: &Cache, typed: &str, settings: &[(&str, &str)]) -> Option<String> {
    let line = format!("{} {typed}", env!("CARGO_BIN_EXE_vms-cache"));
    let mut command = Command::new("script");
    command.args(["-qec", &line, "/dev/null"]).env_clear().env("HOME", "/nonexistent").env("TERM", "xterm");
    command.env("VMS_CACHE_DATA", &cache.folder).env("SHELL", "/bin/sh").envs(settings.iter().copied());
    if let Ok(output) = command.stdin(Stdio::null()).output() {
        return Some(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    say("NOT RUN: what a terminal shows, since there is no `script`");
    None
}

#[test]
fn states_are_coloured_in_a_terminal_and_nowhere_else() {
    let cache = shared();
    let Some(shown) = in_terminal(&cache, "status", &[]) else { return };
    assert!(shown.contains("Status: \x1b[32mRunning\x1b[0m"), "{shown:?}");
    assert!(shown.contains("\x1b[32mfresh\x1b[0m") && shown.contains("\x1b[32msucceeded\x1b[0m"), "{shown:?}");
    for (typed, settings) in
        [("status", &[("NO_COLOR", "1")][..]), ("status", &[("TERM", "dumb")]), ("--json status", &[])]
    {
        let shown = in_terminal(&cache, typed, settings).unwrap();
        assert!(shown.contains("district") && !shown.contains('\x1b'), "{typed} {settings:?}: {shown:?}");
    }
    assert!(!cache.run(&["status"]).done().contains('\x1b'));
    let plain = |text: &str| text.replace("\x1b[32m", "").replace("\x1b[0m", "").replace('\r', "");
    let lines =
        |text: &str| text.lines().filter(|l| l.starts_with("Cache type")).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(lines(&plain(&shown)), lines(&cache.run(&["status"]).done()), "colours move no column");
}

#[test]
fn long_work_shows_a_bar_to_whoever_watches() {
    let cache = shared();
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("vms.db");
    sample_at(&source);
    let build = format!("build --source {} --out {}", arg(&source), arg(&folder.path().join("out")));
    for typed in ["refresh district --dry-run --wait", build.as_str()] {
        let Some(shown) = in_terminal(&cache, typed, &[]) else { return };
        assert!(shown.contains('░') || shown.contains('█'), "{typed}: {shown:?}");
        let Some(shown) = in_terminal(&cache, &format!("--json {typed}"), &[]) else { return };
        assert!(!shown.contains('░') && !shown.contains('█'), "{typed}: {shown:?}");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let cache = shared();
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("vms.db");
    sample_at(&source);
    for args in [
        &["build", "--source", arg(&source), "--list"][..],
        &["--json", "build", "--source", arg(&source), "--list"],
        &["status"],
        &["--json", "status"],
        &["report", "volunteer/recent/last-365-days"],
        &["logs"],
        &["completions", "bash"],
    ] {
        let mut child = cache.program(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]), "{args:?}");
    }
}

#[test]
fn a_disk_that_takes_no_more_is_told_in_one_line() {
    let Ok(full) = File::options().write(true).open("/dev/full") else {
        say("NOT RUN: a full disk under the output, since there is no /dev/full");
        return;
    };
    let cache = shared();
    for args in [&["status"][..], &["--json", "status"], &["report", "recruitment/dia-events"]] {
        let ended = Ended::of(cache.program(args).stdout(full.try_clone().unwrap()));
        assert!(ended.refused(1).contains("No space left on device"), "{args:?}");
    }
}

/// A `dev` whose data folder is on a disk of its own, mounted with these options, which only it sees.
fn on_disk(options: &str, folder: &TempDir) -> Option<Command> {
    const MOUNT: &str = r#"mount -t tmpfs -o "$1" none "$2" && exec "$0" dev --port 0 --data "$2""#;
    let isolated = |args: &[&str]| {
        let mut command = Command::new("unshare");
        command.arg("-Urm").args(args).env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        command.env("HOME", "/nonexistent").stdin(Stdio::null());
        command
    };
    let mount = MOUNT.split(" && ").next().unwrap_or_default();
    let mut probe = isolated(&["sh", "-c", mount, "sh", options, arg(folder.path())]);
    if probe.stderr(Stdio::null()).status().is_ok_and(|status| status.success()) {
        return Some(isolated(&["sh", "-c", MOUNT, env!("CARGO_BIN_EXE_vms-cache"), options, arg(folder.path())]));
    }
    say("NOT RUN: a disk that takes nothing under the data folder, since this user may mount none");
    None
}

#[test]
fn a_disk_under_the_data_folder_that_takes_nothing_is_told_in_one_line() {
    // Full at the table, in the middle of it, in the middle of the sample; and never writable.
    for options in ["size=4k", "size=64k", "size=400k", "ro"] {
        let folder = tempfile::tempdir().unwrap();
        let Some(mut dev) = on_disk(options, &folder) else { return };
        let line = Ended::soon(&mut dev).refused(1);
        let told = ["full", "No space left", "Read-only"].iter().any(|words| line.contains(words));
        assert!(told, "{options}: {line}");
    }
}

#[test]
fn a_disk_that_fills_up_under_the_first_refresh_is_told_and_what_is_there_is_served() {
    let folder = tempfile::tempdir().unwrap();
    let Some(mut dev) = on_disk("size=3m", &folder) else { return };
    let mut dev = Following::start(&mut dev);
    dev.read_until("No space left on device (os error 28); make room");
    dev.read_until("Stop with Ctrl-C.");
    assert_eq!(dev.interrupt(), Some(0));
}
