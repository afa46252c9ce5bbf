//! `vms-cache status --sizes`: how large the caches are, which VMS's operators asked of the database in SQL.

use crate::client::{Client, Listed};
use crate::output::Output;
use serde::Serialize;
use std::cmp::Reverse;
use vms_core::{CacheType, ReportKey, State};
use vms_http::{TypeView, size};

/// How many of the largest reports are shown.
const LARGEST: usize = 10;

/// The sizes of everything that is served.
#[derive(Debug, Serialize)]
pub(crate) struct Sizes {
    types: Vec<TypeSize>,
    largest: Vec<ReportSize>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct TypeSize {
    cache_type: CacheType,
    reports: u64,
    /// Bytes of JSON.
    bytes: u64,
    /// Bytes in the table, earlier versions included, as of the last run.
    stored_bytes: u64,
    /// Bytes of JSON of its largest report.
    largest_bytes: u64,
}

#[derive(Debug, Serialize)]
struct ReportSize {
    key: ReportKey,
    bytes: u64,
    state: State,
}

/// Adds up every report that is listed.
pub(crate) async fn fetch(client: &Client, types: &[TypeView]) -> anyhow::Result<Sizes> {
    Ok(sizes(client.reports(None).await?, types))
}

fn sizes(mut reports: Vec<Listed>, types: &[TypeView]) -> Sizes {
    let of_type = |of: &TypeView| {
        let bytes: Vec<u64> = reports.iter().filter(|r| r.cache_type == of.cache_type).map(|r| r.bytes).collect();
        TypeSize {
            cache_type: of.cache_type,
            reports: bytes.len() as u64,
            bytes: bytes.iter().sum(),
            stored_bytes: of.stored_bytes,
            largest_bytes: bytes.iter().max().copied().unwrap_or(0),
        }
    };
    let types = types.iter().map(of_type).collect();
    reports.sort_by_key(|report| Reverse(report.bytes));
    let largest = reports.into_iter().take(LARGEST);
    let largest = largest.map(|Listed { key, bytes, state, .. }| ReportSize { key, bytes, state }).collect();
    Sizes { types, largest }
}

pub(crate) fn show(sizes: &Sizes, out: &mut Output) -> anyhow::Result<()> {
    out.line("\nSizes:")?;
    let row = |of: &TypeSize| {
        let average = of.bytes.checked_div(of.reports).unwrap_or(0);
        let figures = [of.bytes, of.stored_bytes, average, of.largest_bytes].map(size);
        [vec![of.cache_type.to_string(), of.reports.to_string()], figures.to_vec()].concat()
    };
    let rows: Vec<_> = sizes.types.iter().map(row).collect();
    out.table(&["Cache type", "Reports", "JSON", "Stored", "Average", "Largest"], &rows)?;
    out.line("\nLargest reports:")?;
    let row = |report: &ReportSize| vec![report.key.to_string(), size(report.bytes), report.state.to_string()];
    let rows: Vec<_> = sizes.largest.iter().map(row).collect();
    Ok(out.table(&["Report", "JSON", "State"], &rows)?)
}
