//! Where things lie: the programs that were built, and what is made once and kept between runs.

use std::path::{Path, PathBuf};
use std::process::Command;
use vms_core::{Clock, SystemClock};
use vms_sample::{Scale, Spec};

fn target() -> PathBuf {
    let default = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target");
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(default, PathBuf::from)
}

/// A program of the workspace, as it is deployed.
pub(crate) fn program(name: &str) -> PathBuf {
    let path = target().join("release").join(name);
    assert!(path.exists(), "{}: run `cargo build --release --workspace` first", path.display());
    path
}

/// A page or picture of the documentation.
pub(crate) fn docs(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name)
}

/// A file of this package.
pub(crate) fn own(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn kept(name: &str) -> PathBuf {
    let folder = target().join("peers");
    std::fs::create_dir_all(&folder).unwrap();
    folder.join(name)
}

/// A sample database around today, made when it is first asked for.
pub(crate) fn sample(scale: Scale) -> PathBuf {
    let now = SystemClock.now();
    let path = kept(&format!("{scale}-{}.db", now.strftime("%F")));
    if !path.exists() {
        eprintln!("making a {scale} sample");
        vms_sample::write(&path, &Spec { seed: 1, scale, as_of: now }, &mut |_, _| ()).unwrap();
    }
    path
}

/// A copy of a database, for whoever changes it.
pub(crate) fn copy(database: &Path) -> PathBuf {
    let path = database.with_extension("indexed.db");
    std::fs::copy(database, &path).unwrap();
    path
}

/// The Python of the contenders, with what they need installed.
pub(crate) fn python() -> PathBuf {
    let folder = kept("venv");
    let (python, done) = (folder.join("bin/python"), folder.join("installed"));
    if !done.exists() {
        eprintln!("installing the Python contenders");
        let mut venv = Command::new("python3");
        run(venv.args(["-m", "venv"]).arg(&folder));
        let mut pip = Command::new(&python);
        let pip = pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]);
        run(pip.arg(own("python/requirements.txt")));
        std::fs::write(done, "").unwrap();
    }
    python
}

fn run(command: &mut Command) {
    let status = command.status().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    assert!(status.success(), "{command:?}: {status}");
}
