//! Processes of the program: commands that end, and a `dev` that stays.

use crate::http::{Answer, Ask};
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};
use vms_sample::{Scale, Spec};

/// What any one thing may take before it counts as stuck.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// A line that the test harness does not swallow.
pub(crate) fn say(line: &str) {
    let _ = std::io::stderr().write_all(format!("{line}\n").as_bytes());
}

/// The program with an environment of its own, in which no cache is known.
pub(crate) fn program(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vms-cache"));
    command.args(args).env_clear().env("HOME", "/nonexistent").stdin(Stdio::null());
    command
}

/// How a command ended, and what it said.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ended {
    pub(crate) fn of(command: &mut Command) -> Self {
        Self::read(&command.output().unwrap())
    }

    /// The same for a command that is wrong to stay: it is ended when it does.
    pub(crate) fn soon(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let since = Instant::now();
        while child.try_wait().unwrap().is_none() {
            if since.elapsed() > Duration::from_secs(20) {
                child.kill().unwrap();
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Self::read(&child.wait_with_output().unwrap())
    }

    fn read(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        Self { code: output.status.code().unwrap_or(-1), out: text(&output.stdout), err: text(&output.stderr) }
    }

    /// What was printed, once the command ended well.
    pub(crate) fn done(self) -> String {
        assert_eq!(self.code, 0, "{self:?}");
        self.out
    }

    /// The one line of an error, with that exit code.
    pub(crate) fn refused(self, code: i32) -> String {
        assert_eq!(self.code, code, "{self:?}");
        assert_eq!((self.out.as_str(), self.err.trim_end().lines().count()), ("", 1), "{self:?}");
        self.err.trim_end().to_owned()
    }

    pub(crate) fn json(self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }
}

/// Runs the program, which knows no cache.
pub(crate) fn run(args: &[&str]) -> Ended {
    Ended::of(&mut program(args))
}

/// A path as an argument.
pub(crate) fn arg(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A small sample database, made once and then copied.
pub(crate) fn sample_at(path: &Path) {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    let bytes = BYTES.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let made = folder.path().join("sample.db");
        let spec = Spec { seed: 7, scale: Scale::Small, as_of: jiff::Timestamp::now() };
        vms_sample::write(&made, &spec, &mut |_, _| ()).unwrap();
        fs::read(made).unwrap()
    });
    fs::write(path, bytes).unwrap();
}

/// Where a running cache is, and how it is reached.
#[derive(Debug, Clone)]
pub(crate) struct Cache {
    pub(crate) folder: PathBuf,
    pub(crate) address: String,
    pub(crate) operator: String,
    pub(crate) reader: String,
}

impl Cache {
    fn of(folder: &Path) -> Self {
        let local: Value = serde_json::from_slice(&fs::read(folder.join("connection.json")).unwrap()).unwrap();
        let text = |name: &str| local[name].as_str().unwrap().to_owned();
        let address = text("url").strip_prefix("http://").unwrap().to_owned();
        let (operator, reader) = (text("operator_key"), text("reader_key"));
        Self { folder: folder.to_owned(), address, operator, reader }
    }

    /// The program, which finds this cache by its folder.
    pub(crate) fn program(&self, args: &[&str]) -> Command {
        let mut command = program(args);
        command.env("VMS_CACHE_DATA", &self.folder);
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ended {
        Ended::of(&mut self.program(args))
    }

    pub(crate) fn ask(&self, method: &str, target: &str) -> Ask {
        Ask::new(&self.address, method, target)
    }

    /// What a reader gets.
    pub(crate) fn get(&self, target: &str) -> Answer {
        self.ask("GET", target).key(&self.reader).send()
    }

    /// What an operator gets, as JSON.
    pub(crate) fn operate(&self, target: &str) -> Value {
        let answer = self.ask("GET", target).key(&self.operator).send();
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    }

    /// Every report as the list shows it, page by page.
    pub(crate) fn listed(&self, filter: &str, limit: usize) -> Vec<Value> {
        let mut all = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = self.get(&format!("/reports?limit={limit}&{filter}{cursor}")).json();
            let reports = page["reports"].as_array().unwrap();
            assert!(reports.len() <= limit, "{} of {limit}", reports.len());
            all.extend(reports.iter().cloned());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return all,
            }
        }
    }

    /// The key of every report.
    pub(crate) fn keys(&self) -> Vec<String> {
        self.listed("", 1000).iter().map(|r| r["key"].as_str().unwrap().to_owned()).collect()
    }

    /// Asks for a refresh; the ids of its runs.
    pub(crate) fn ask_refresh(&self, wanted: &str) -> Vec<String> {
        let answer = self.ask("POST", "/management/cache/api/refresh").key(&self.operator).json(wanted).send();
        assert_eq!(answer.status, 202, "{answer:?}");
        let runs = answer.json()["runs"].as_array().unwrap().clone();
        runs.iter().map(|r| r["run_id"].as_str().unwrap().to_owned()).collect()
    }

    /// Asks for a refresh and waits for every verdict.
    pub(crate) fn refresh(&self, wanted: &str) -> Vec<Value> {
        self.ask_refresh(wanted).iter().map(|id| self.verdict(id)).collect()
    }

    fn verdict(&self, run_id: &str) -> Value {
        let since = Instant::now();
        while since.elapsed() < PATIENCE {
            let run = self.operate(&format!("/management/cache/api/runs/{run_id}"));
            if !run["outcome"].is_null() {
                return run;
            }
            std::thread::sleep(Duration::from_millis(30));
        }
        panic!("{run_id} has no verdict after {PATIENCE:?}");
    }
}

/// A `dev` of a test's own: it may be killed, and is in the end.
pub(crate) struct Dev {
    pub(crate) cache: Cache,
    child: Child,
    out: BufReader<ChildStdout>,
    /// What it has printed.
    pub(crate) said: String,
}

impl Dev {
    /// Starts one and waits until it has refreshed what it had to.
    pub(crate) fn start(folder: &Path, args: &[&str]) -> Self {
        let mut dev = Self::begin(folder, args);
        dev.read_until("Stop with Ctrl-C.");
        dev
    }

    /// Starts one and waits until it serves; its first refresh goes on meanwhile.
    pub(crate) fn begin(folder: &Path, args: &[&str]) -> Self {
        let mut command = program(&["dev", "--port", "0", "--data", arg(folder)]);
        Self::launch(folder, command.args(args))
    }

    /// The same with a command and an environment of one's own.
    pub(crate) fn launch(folder: &Path, command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let unknown =
            Cache { folder: PathBuf::new(), address: String::new(), operator: String::new(), reader: String::new() };
        let mut dev = Self { cache: unknown, child, out, said: String::new() };
        dev.read_until("  reader key");
        dev.cache = Cache::of(folder);
        assert!(dev.said.contains(&format!("http://{}\n", dev.cache.address)), "{}", dev.said);
        dev
    }

    pub(crate) fn read_until(&mut self, start: &str) {
        let since = self.said.len();
        while !self.said[since..].lines().any(|line| line.starts_with(start)) {
            assert_ne!(self.out.read_line(&mut self.said).unwrap(), 0, "it ended: {}", self.said);
        }
    }

    /// Kill -9.
    pub(crate) fn kill(mut self) -> Cache {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.cache.clone()
    }

    /// Ctrl-C; the exit code.
    pub(crate) fn interrupt(mut self) -> Option<i32> {
        interrupt(&mut self.child)
    }
}

fn interrupt(child: &mut Child) -> Option<i32> {
    let signal = format!("kill -INT {}", child.id());
    assert!(Command::new("sh").args(["-c", &signal]).status().unwrap().success());
    let since = Instant::now();
    while since.elapsed() < PATIENCE {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    None
}

/// A command that stays until Ctrl-C.
pub(crate) struct Following {
    child: Child,
    out: BufReader<ChildStdout>,
}

impl Following {
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        Self { child, out }
    }

    /// Reads on to a line with these words.
    pub(crate) fn read_until(&mut self, words: &str) {
        let mut line = String::new();
        while !line.contains(words) {
            line.clear();
            assert_ne!(self.out.read_line(&mut line).unwrap(), 0, "it ended before {words:?}");
        }
    }

    /// Ctrl-C; the exit code.
    pub(crate) fn interrupt(mut self) -> Option<i32> {
        interrupt(&mut self.child)
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A `dev` that tests share which leave its reports as they are. It ends, and its folder goes, with this process:
/// a shell waits for the end of a pipe that only this process holds.
pub(crate) fn shared() -> Cache {
    static SHARED: OnceLock<(Cache, Mutex<Child>)> = OnceLock::new();
    const KEEP: &str = r#"
        folder=$1
        "$0" dev --port 0 --data "$folder" </dev/null &
        cat >/dev/null
        kill -9 $!
        wait $! 2>/dev/null
        rm -rf "$folder"
    "#;
    let (cache, _) = SHARED.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap().keep();
        let mut command = Command::new("sh");
        command.args(["-c", KEEP, env!("CARGO_BIN_EXE_vms-cache"), arg(&folder)]);
        command.env_clear().env("PATH", "/usr/bin:/bin").env("HOME", "/nonexistent");
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut said = String::new();
        while !said.contains("Stop with Ctrl-C.") {
            assert_ne!(out.read_line(&mut said).unwrap(), 0, "it ended: {said}");
        }
        (Cache::of(&folder), Mutex::new(child))
    });
    cache.clone()
}
