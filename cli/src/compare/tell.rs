//! What was found, as people and programs read it.

use super::{Compared, Findings, OnlyThere, RowName, Verdict};
use crate::output::Output;
use serde_json::json;
use std::collections::BTreeMap;
use vms_core::ReportKey;

/// How many places of a report are listed.
const PLACES: usize = 5;

pub(super) fn findings(findings: &Findings, out: &mut Output) -> anyhow::Result<()> {
    for table in &findings.missing_tables {
        out.note(format!("VMS's cache table {table} is not there, or has another form"));
    }
    if out.is_json() {
        let mut value = serde_json::to_value(findings)?;
        let count = |verdict| findings.reports.iter().filter(|report| report.verdict == verdict).count();
        value["counts"] = json!({
            "equal": count(Verdict::Equal),
            "differs": count(Verdict::Differs),
            "explained": count(Verdict::Explained),
            "not_cached": count(Verdict::NotCached),
            "only_there": findings.only_there.len(),
        });
        return out.value(&value);
    }
    for found in &findings.reports {
        report(found, out)?;
    }
    for found in &findings.only_there {
        only_there(found, out)?;
    }
    summary(findings, out)
}

fn report(found: &Compared, out: &mut Output) -> anyhow::Result<()> {
    let key = &found.report_key;
    out.line(format!("{} {key}{}", verdict(found.verdict, out), found.row.as_ref().map(of_row).unwrap_or_default()))?;
    if let Some(why) = &found.why {
        out.line(because(why))?;
    }
    for (place, count) in found.places.iter().take(PLACES) {
        out.line(format!("            at {place}: {count}"))?;
    }
    let left = found.places.len().saturating_sub(PLACES);
    if left > 0 {
        out.line(format!("            at {left} more places"))?;
    }
    for change in &found.changes {
        let side = |value: &Option<serde_json::Value>| value.as_ref().map_or("(none)".to_owned(), ToString::to_string);
        out.line(format!("            {}: VMS {}, here {}", change.path, side(&change.old), side(&change.new)))?;
    }
    Ok(())
}

fn only_there(found: &OnlyThere, out: &mut Output) -> anyhow::Result<()> {
    let key = found.report_key.as_ref().map_or("no report of ours".to_owned(), ReportKey::to_string);
    out.line(format!("only there {key}{}", of_row(&found.row)))?;
    Ok(out.line(because(&found.why))?)
}

fn because(why: &super::why::Why) -> String {
    let quirk = why.quirk.map(|quirk| format!("{quirk}: ")).unwrap_or_default();
    format!("            {quirk}{}", why.words)
}

fn of_row(row: &RowName) -> String {
    let stored = row.last_updated.as_deref().unwrap_or("at an unknown time");
    format!(" ({} {}, stored {stored})", row.table, row.id)
}

fn verdict(verdict: Verdict, out: &Output) -> String {
    let word = match verdict {
        Verdict::Equal => "equal",
        Verdict::Differs => "differs",
        Verdict::Explained => "explained",
        Verdict::NotCached => "not cached",
    };
    format!("{}{}", out.paint(word), " ".repeat(10 - word.len()))
}

fn summary(findings: &Findings, out: &mut Output) -> anyhow::Result<()> {
    let mut kinds: BTreeMap<String, [usize; 4]> = BTreeMap::new();
    for found in &findings.reports {
        kinds.entry(kind(&found.report_key)).or_default()[found.verdict as usize] += 1;
    }
    let head = ["report", "equal", "differs", "explained", "not cached"];
    let row =
        |(kind, counts): (&String, &[usize; 4])| [vec![kind.clone()], counts.map(|n| n.to_string()).to_vec()].concat();
    let rows: Vec<_> = kinds.iter().map(row).collect();
    out.line("")?;
    out.table(&head, &rows)?;
    let sum = kinds.values().fold([0; 4], |sum, counts| [0, 1, 2, 3].map(|place| sum[place] + counts[place]));
    let [equal, differs, explained, not_cached] = sum;
    let strays = findings.only_there.len();
    let changed = findings.data_changed.as_deref().unwrap_or("at an unknown time");
    out.line(format!("\nComputed for {}; VMS's data last changed {changed}.", findings.as_of))?;
    out.line(format!(
        "{equal} equal, {differs} differ, {explained} differ and are explained, {not_cached} not cached there, {strays} \
         rows only there."
    ))?;
    if equal + differs + explained + strays == 0 {
        out.line("VMS's cache is empty: nothing could be compared. Open some reports in VMS, then compare again.")?;
    }
    Ok(())
}

/// The first two segments of a key.
fn kind(key: &ReportKey) -> String {
    key.to_string().split('/').take(2).collect::<Vec<_>>().join("/")
}
