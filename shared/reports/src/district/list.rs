//! The districts that get reports: data, not code.
//!
//! The list is a TOML file: VMS's seven districts, built into the program, unless an operator names another.

use serde::Deserialize;
use std::collections::HashMap;
use std::ops::Range;
use toml::Spanned;

/// The districts that get year-end and engagement reports, in the order of their reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DistrictList(Vec<ListedDistrict>);

/// One district of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedDistrict {
    /// By which it is found in the database.
    pub salesforce_id: String,
    /// What reports call it, and by which its detail events are found.
    pub name: String,
    /// Its code, which reports show.
    pub code: Option<String>,
    /// Other spellings by which events belong to it.
    pub aliases: Vec<String>,
}

/// A district list that cannot be used: where it is wrong, and how.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}, line {line}, {field}: {problem}")]
pub struct DistrictListError {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The field of the district.
    pub field: String,
    /// What is wrong with it.
    pub problem: String,
}

impl DistrictList {
    /// The default list, as a file to copy and edit.
    pub const TEMPLATE: &str = include_str!("../../districts.toml");

    /// VMS's own seven districts.
    pub fn vms() -> Result<Self, DistrictListError> {
        Self::parse("districts.toml", Self::TEMPLATE)
    }

    /// Reads a list; `file_name` is what an error calls it.
    pub fn parse(file_name: &str, text: &str) -> Result<Self, DistrictListError> {
        let source = Source { file_name, text };
        let file: File = toml::from_str(text).map_err(|e| source.toml_error(&e))?;
        if file.district.is_empty() {
            return Err(source.error(0..0, "district", "the list names no district"));
        }
        let mut ids = Distinct::new("salesforce_id");
        let mut names = Distinct::new("name");
        let mut codes = Distinct::new("code");
        for district in &file.district {
            ids.take(&source, &district.salesforce_id)?;
            names.take(&source, &district.name)?;
            district.code.iter().try_for_each(|code| codes.take(&source, code))?;
            let mut aliases = Distinct::new("aliases");
            district.aliases.iter().try_for_each(|a| aliases.take(&source, a))?;
        }
        Ok(Self(file.district.into_iter().map(RawDistrict::listed).collect()))
    }

    /// The districts.
    pub fn districts(&self) -> &[ListedDistrict] {
        &self.0
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    district: Vec<RawDistrict>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDistrict {
    salesforce_id: Spanned<String>,
    name: Spanned<String>,
    code: Option<Spanned<String>>,
    #[serde(default)]
    aliases: Vec<Spanned<String>>,
}

impl RawDistrict {
    fn listed(self) -> ListedDistrict {
        ListedDistrict {
            salesforce_id: self.salesforce_id.into_inner(),
            name: self.name.into_inner(),
            code: self.code.map(Spanned::into_inner),
            aliases: self.aliases.into_iter().map(Spanned::into_inner).collect(),
        }
    }
}

/// The values of a field that were seen, and on which line.
struct Distinct {
    field: &'static str,
    seen: HashMap<String, usize>,
}

impl Distinct {
    fn new(field: &'static str) -> Self {
        Self { field, seen: HashMap::new() }
    }

    /// Accepts a value that is neither empty nor a repetition.
    fn take(&mut self, source: &Source<'_>, value: &Spanned<String>) -> Result<(), DistrictListError> {
        let text = value.get_ref();
        if text.trim().is_empty() {
            return Err(source.error(value.span(), self.field, "is empty"));
        }
        let line = source.line(value.span().start);
        match self.seen.insert(text.clone(), line) {
            None => Ok(()),
            Some(first) => {
                let problem = format!("repeats the one of line {first}");
                Err(source.error(value.span(), self.field, problem))
            }
        }
    }
}

/// The text at hand, for errors that say where.
struct Source<'a> {
    file_name: &'a str,
    text: &'a str,
}

impl Source<'_> {
    fn line(&self, at: usize) -> usize {
        let before = self.text.as_bytes().iter().take(at);
        1 + before.filter(|b| **b == b'\n').count()
    }

    fn error(&self, span: Range<usize>, field: &str, problem: impl Into<String>) -> DistrictListError {
        DistrictListError {
            file: self.file_name.to_owned(),
            line: self.line(span.start),
            field: field.to_owned(),
            problem: problem.into(),
        }
    }

    /// An error of the TOML itself, or of a field that is missing, unknown or of another type.
    fn toml_error(&self, error: &toml::de::Error) -> DistrictListError {
        let span = error.span().unwrap_or_default();
        let problem = error.message();
        let on_line = self.text.lines().nth(self.line(span.start) - 1).unwrap_or_default();
        let key = on_line.split_once('=').map(|(key, _)| key.trim());
        let named = problem.strip_prefix("missing field `").and_then(|p| p.split('`').next());
        self.error(span, named.or(key).unwrap_or("district"), problem)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "[[district]]\nsalesforce_id = \"A\"\nname = \"One\"\n";

    fn refused(text: &str) -> String {
        DistrictList::parse("my.toml", text).unwrap_err().to_string()
    }

    #[test]
    fn the_built_in_list_holds_vms_s_seven_districts() {
        let list = DistrictList::vms().unwrap();
        let aliases: usize = list.districts().iter().map(|d| d.aliases.len()).sum();
        let codes = list.districts().iter().filter(|d| d.code.is_some()).count();
        assert_eq!((list.districts().len(), codes, aliases), (7, 6, 6));
    }

    #[test]
    fn code_and_aliases_may_be_left_out() {
        let list = DistrictList::parse("my.toml", GOOD).unwrap();
        let one = &list.districts()[0];
        assert_eq!((one.code.as_deref(), one.aliases.len()), (None, 0));
    }

    #[test]
    fn an_error_names_file_line_and_field() {
        for (more, expected) in [
            ("naem = \"x\"", "my.toml, line 4, naem: unknown field `naem`"),
            ("code = 7", "my.toml, line 4, code: invalid type: integer `7`"),
            ("code = \"\"", "my.toml, line 4, code: is empty"),
            ("aliases = [\"a\", \" \"]", "my.toml, line 4, aliases: is empty"),
            ("aliases = [\"a\",\n\"a\"]", "my.toml, line 5, aliases: repeats the one of line 4"),
            ("aliases = \"a\"", "my.toml, line 4, aliases: invalid type: string"),
            ("name = \"Two\"", "my.toml, line 4, name: duplicate key"),
            ("code = ", "my.toml, line 4, code: "),
            ("[[district]]\nname = \"Two\"", "my.toml, line 4, salesforce_id: missing field"),
            ("[[district]]\nsalesforce_id = \"B\"", "my.toml, line 4, name: missing field"),
            (
                "[[district]]\nsalesforce_id = \"A\"\nname = \"Two\"",
                "my.toml, line 5, salesforce_id: repeats the one of line 2",
            ),
            ("[[district]]\nsalesforce_id = \"B\"\nname = \"One\"", "my.toml, line 6, name: repeats the one of line 3"),
            ("[other]", "my.toml, line 4, district: unknown field `other`"),
        ] {
            let error = refused(&format!("{GOOD}{more}\n"));
            assert!(error.starts_with(expected), "{more:?} gave {error:?}");
            assert_eq!(error.lines().count(), 1, "{error:?}");
        }
        assert_eq!(refused(""), "my.toml, line 1, district: the list names no district");
        assert_eq!(refused("district = []"), "my.toml, line 1, district: the list names no district");
    }
}
