//! The picture in `ARCHITECTURE.md` against the manifests: which crate uses which, and who reaches outside.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

type Names = BTreeSet<String>;

/// What the outside world is reached by, and the crates that may: everything else goes through one of these.
const WAYS_OUT: [(&str, &[&str]); 6] = [
    ("aws-sdk-cloudwatch", &["telemetry"]),
    ("aws-sdk-dynamodb", &["cli", "store"]),
    ("aws-sdk-lambda", &["functions/manage"]),
    ("aws-sdk-s3", &["snapshot"]),
    ("dynoxide-rs", &["cli"]),
    ("rusqlite", &["sample", "source"]),
];

/// How the names of crates begin that act: a crate that only computes has no use for them.
const EFFECTS: [&str; 10] =
    ["aws", "dynoxide", "futures", "getrandom", "http", "hyper", "lambda", "rusqlite", "tempfile", "tokio"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Each member by its name in the picture, its folder without `shared/`, and what it needs outside of tests. What only
/// tests or measures may use all of them, and is in no picture.
fn manifests() -> BTreeMap<String, Names> {
    let text = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let workspace: toml::Table = toml::from_str(&text).unwrap();
    let members = workspace["workspace"]["members"].as_array().unwrap();
    let folders = members.iter().flat_map(|pattern| match pattern.as_str().unwrap().split_once("/*") {
        None => vec![pattern.as_str().unwrap().to_owned()],
        Some((group, _)) => folders_in(group).map(|name| format!("{group}/{name}")).collect(),
    });
    folders
        .filter(|folder| !folder.starts_with("tests"))
        .map(|folder| (folder.trim_start_matches("shared/").to_owned(), dependencies(&root().join(folder))))
        .collect()
}

fn folders_in(group: &str) -> impl Iterator<Item = String> {
    let entries = std::fs::read_dir(root().join(group)).unwrap().map(Result::unwrap);
    entries.filter(|e| e.path().join("Cargo.toml").exists()).map(|e| e.file_name().into_string().unwrap())
}

fn dependencies(folder: &Path) -> Names {
    let text = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap();
    let manifest: toml::Table = toml::from_str(&text).unwrap();
    let section = manifest.get("dependencies").and_then(toml::Value::as_table);
    section.into_iter().flat_map(|table| table.keys().cloned()).collect()
}

/// The members among a member's dependencies. All of those in `shared/` carry its mark.
fn arrows(dependencies: &Names) -> Names {
    dependencies.iter().filter_map(|name| name.strip_prefix("vms-")).map(str::to_owned).collect()
}

/// The arrows of the picture: lines such as `http & refresh --> store`.
fn drawn() -> BTreeMap<String, Names> {
    let text = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let (_, picture) = text.split_once("```mermaid\n").expect("ARCHITECTURE.md has a picture");
    let (picture, _) = picture.split_once("```").unwrap();
    let names = |side: &str| side.split('&').map(|name| name.trim().to_owned()).collect::<Names>();
    let mut arrows: BTreeMap<String, Names> = BTreeMap::new();
    for (from, to) in picture.lines().filter_map(|line| line.split_once("-->")) {
        for from in names(from) {
            arrows.entry(from).or_default().extend(names(to));
        }
    }
    arrows
}

#[test]
fn the_picture_shows_the_arrows_of_the_manifests() {
    let (mut drawn, members) = (drawn(), manifests());
    // As the text says, what everything stands on is not drawn.
    assert_eq!(arrows(&members["core"]), Names::new(), "what everything stands on stands on nothing");
    for (member, dependencies) in &members {
        let mut arrows = arrows(dependencies);
        arrows.remove("core");
        assert_eq!(drawn.remove(member).unwrap_or_default(), arrows, "what {member} depends on");
    }
    assert_eq!(drawn, BTreeMap::new(), "crates that are not there");
}

#[test]
fn nothing_depends_on_what_is_started() {
    let started: Names =
        folders_in("functions").chain(["vms-cache", "vms-peers", "vms-tests"].map(str::to_owned)).collect();
    for (member, dependencies) in manifests() {
        assert!(dependencies.is_disjoint(&started), "{member} depends on one of {started:?}");
    }
}

#[test]
fn what_only_computes_has_nothing_to_act_with() {
    for member in ["core", "reports"] {
        for name in &manifests()[member] {
            assert!(!EFFECTS.iter().any(|effect| name.starts_with(effect)), "{member} has {name}");
        }
    }
}

#[test]
fn each_way_out_has_its_keepers() {
    let members = manifests();
    for (way, keepers) in WAYS_OUT {
        let users: Vec<_> =
            members.iter().filter(|(_, dependencies)| dependencies.contains(way)).map(|(name, _)| name).collect();
        assert_eq!(users, keepers, "{way}");
    }
}
