//! Every environment variable that the template sets for a function is one that its code reads, and the other way
//! round.
//!
//! What a function reads is read off its sources: from every place that asks an `Env` for a variable, by way of the
//! functions that call it, to the function's own crate.

use super::template::{Template, in_repository};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Read, but not set for these functions, with the reason why.
const NOT_SET: [(&str, &str, &str); 2] = [
    ("refresh", "DISTRICTS_FILE", "a Lambda function has no file of its own to name"),
    ("refresh", "ALARM_PREFIX", "the client is the status function's, too, and only that one asks for alarms"),
];

/// The methods of `Env`.
const ASKING: [&str; 6] = ["text", "required", "zone", "parsed", "number", "switch"];

/// What may stand before `fn`.
const BEFORE_FN: [&str; 5] = ["pub", "pub(crate)", "pub(super)", "async", "const"];

/// A function of a source file.
#[derive(Debug, Default)]
struct Routine {
    reads: BTreeSet<String>,
    /// Its body, for the names that it calls.
    body: String,
}

/// The routines of some sources; associated ones by `Type::name`, others by their name.
#[derive(Default)]
struct Sources(BTreeMap<String, Vec<Routine>>);

impl Sources {
    fn of(folder: &Path) -> Self {
        let mut sources = Self::default();
        sources.add(folder);
        sources
    }

    fn add(&mut self, folder: &Path) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() {
                if name != "tests" && name != "benches" && name != "examples" {
                    self.add(&path);
                }
            } else if path.extension().is_some_and(|ext| ext == "rs") && !name.contains("test") {
                let text = std::fs::read_to_string(&path).unwrap();
                self.add_file(text.split("#[cfg(test)]").next().unwrap());
            }
        }
    }

    fn add_file(&mut self, text: &str) {
        let mut owner = String::new();
        for (place, line) in lines(text) {
            if let Some(rest) = line.strip_prefix("impl") {
                owner = owner_of(rest);
            } else if line.starts_with('}') {
                owner.clear();
            }
            let Some((before, after)) = line.split_once("fn ") else { continue };
            let is_item = before.split_whitespace().all(|word| BEFORE_FN.contains(&word));
            let name: String = after.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            if is_item && !name.is_empty() {
                let name = if line.starts_with(' ') && !owner.is_empty() { format!("{owner}::{name}") } else { name };
                let body = braced(&text[place..]);
                let reads = reads(body, text);
                self.0.entry(name).or_default().push(Routine { reads, body: body.to_owned() });
            }
        }
    }

    /// What all of them read, by way of what they call among `others`.
    fn reads(&self, others: &Self) -> BTreeSet<String> {
        let mut done = BTreeSet::new();
        let mut found = BTreeSet::new();
        let mut open: Vec<&Routine> = self.0.values().flatten().collect();
        while let Some(routine) = open.pop() {
            found.extend(routine.reads.iter().cloned());
            for name in others.0.keys().filter(|name| calls(&routine.body, name)) {
                if done.insert(name) {
                    open.extend(&others.0[name]);
                }
            }
        }
        found
    }
}

/// Each line with its place.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut place = 0;
    text.split_inclusive('\n').map(move |line| {
        place += line.len();
        (place - line.len(), line)
    })
}

/// The type of an `impl`, without its parameters.
fn owner_of(rest: &str) -> String {
    let rest = if rest.starts_with('<') { rest.split_once("> ").map_or(rest, |(_, rest)| rest) } else { rest };
    let name = rest.rsplit(" for ").next().unwrap().trim();
    name.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// From the first brace to the one that closes it.
fn braced(text: &str) -> &str {
    let mut depth = 0;
    for (place, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => return &text[..=place],
            '}' => depth -= 1,
            ';' if depth == 0 => return &text[..=place],
            _ => {}
        }
    }
    text
}

/// The variables that a body asks an `Env` for: by a literal, or by a constant of its file.
fn reads(body: &str, file: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for part in body.split("env.").skip(1) {
        let Some((method, argument)) = part.split_once('(').filter(|(method, _)| ASKING.contains(method)) else {
            continue;
        };
        let argument: String = argument.trim_start().chars().take_while(|c| !",)".contains(*c)).collect();
        let name = if let Some(literal) = argument.strip_prefix('"') {
            literal.trim_end_matches('"').to_owned()
        } else if argument.chars().all(|c| c.is_ascii_uppercase() || c == '_') {
            let constant = format!("const {argument}: &str = \"");
            let (_, value) =
                file.split_once(&constant).unwrap_or_else(|| panic!("{argument} is no constant of its file"));
            value.split('"').next().unwrap().to_owned()
        } else {
            // A list of the SDK's own.
            assert!(body.contains("\"AWS_"), "{method}({argument}) cannot be followed");
            continue;
        };
        // Those Lambda and the SDK set themselves.
        if !name.starts_with("AWS_") {
            found.insert(name);
        }
    }
    found
}

/// Whether a body calls what has that name.
fn calls(body: &str, name: &str) -> bool {
    let mut rest = body;
    while let Some((before, after)) = rest.split_once(&format!("{name}(")) {
        let last = before.chars().next_back().unwrap_or(' ');
        let is_declared = before.ends_with("fn ");
        if !is_declared && !last.is_alphanumeric() && last != '_' && last != '.' && (name.contains("::") || last != '!')
        {
            return true;
        }
        rest = after;
    }
    false
}

/// The variables that the function in that folder reads.
fn read_by(folder: &str) -> BTreeSet<String> {
    let own = Sources::of(&in_repository(&format!("functions/{folder}/src")));
    let mut shared = Sources::of(&in_repository("shared"));
    for (name, routines) in Sources::of(&in_repository(&format!("functions/{folder}/src"))).0 {
        shared.0.entry(name).or_default().extend(routines);
    }
    own.reads(&shared)
}

#[test]
fn a_function_is_told_what_it_reads_and_nothing_else() {
    let template = Template::read();
    for (name, _) in template.all("AWS::Serverless::Function") {
        let folder = template.at(&format!("/Resources/{name}/Metadata/BuildProperties/Binary")).as_str().unwrap();
        let mut told: BTreeSet<_> = template.environment(name).into_keys().collect();
        let not_set = NOT_SET.iter().filter(|(function, ..)| *function == folder);
        told.extend(not_set.map(|(_, variable, _)| (*variable).to_owned()));
        assert_eq!(told, read_by(folder), "{name}");
    }
}

#[test]
fn a_variable_is_found_where_it_is_read_by_way_of_others() {
    let mut shared = Sources::default();
    shared.add_file(
        "const ZONE: &str = \"TIMEZONE\";\n\
         impl Limits {\n    pub fn from_env(env: &Env<'_>) -> Self {\n        env.number(\"HOURS\", 1, 1..=2)\n    }\n}\n\
         pub fn zone(env: &Env<'_>) -> String {\n    env.text(ZONE)\n}\n\
         fn other(env: &Env<'_>) -> String {\n    env.text(\"OTHER\")\n}\n",
    );
    let mut own = Sources::default();
    own.add_file("fn main() {\n    let limits = Limits::from_env(&env);\n    vms_lambda::zone(&env);\n}\n");
    assert_eq!(own.reads(&shared), BTreeSet::from(["HOURS".to_owned(), "TIMEZONE".to_owned()]));
}
