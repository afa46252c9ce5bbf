//! Two versions of a report side by side: which ones are meant, and what differs.

use crate::context::Context;
use crate::diff::Diff;
use crate::problem::Problem;
use crate::query::Query;
use crate::{Request, Response, response};
use http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use vms_core::{Entry, Etag, KeyError, ReportKey, Version};
use vms_store::{Read, StoreError, Table, codec};

/// The most JSON, of both versions together, that is compared: read into memory it takes several times that.
const MOST_COMPARED: u64 = 16_000_000;

/// What differs between two versions of a report.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Compared {
    /// The report.
    pub report_key: ReportKey,
    /// The old side.
    pub from: Side,
    /// The new side.
    pub to: Side,
    /// The differences.
    #[serde(flatten)]
    pub diff: Diff,
}

/// One side of a comparison.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Side {
    /// `current`, `candidate` or `earlier`.
    pub role: String,
    /// The version.
    pub version: Etag,
    /// When its content was first built.
    pub generated_at: Timestamp,
    /// Rows of its lists, as the audit counts them.
    pub rows: u64,
}

/// Answers with what differs between the versions that a request names.
pub(crate) async fn answer<T: Table>(context: &Context<T>, request: &Request, key: &str) -> Result<Response, Problem> {
    let query = Query::of(request, &["from", "to"])?;
    Ok(response::json(StatusCode::OK, &compare(context, &query, key).await?))
}

/// Compares the versions that the parameters `from` and `to` name.
pub(crate) async fn compare<T: Table>(context: &Context<T>, query: &Query, key: &str) -> Result<Compared, Problem> {
    let key: ReportKey = key.parse().map_err(|e: KeyError| Problem::unknown_report(e.to_string()))?;
    let entry = context.store.entry(&key, Read::Consistent).await?.ok_or_else(Problem::not_cached)?;
    let (from, to) = sides(&entry, query.text("from"), query.text("to"))?;
    if from.bytes + to.bytes > MOST_COMPARED {
        return Err(Problem::too_large_to_compare());
    }
    let (old, new) = (body(context, &key, from).await?, body(context, &key, to).await?);
    let (from, to) = (side(&entry, from), side(&entry, to));
    let diff = Diff::of(&old, &new);
    Ok(Compared { report_key: key, from, to, diff })
}

/// The versions that are meant: without names from what is served to what waits or, where nothing does, from the
/// version before to what is served; with one name, the other side is what is served.
fn sides<'e>(entry: &'e Entry, from: Option<&str>, to: Option<&str>) -> Result<(&'e Version, &'e Version), Problem> {
    match (from, to, &entry.candidate) {
        (None, None, Some(candidate)) => Ok((&entry.current, &candidate.version)),
        (None, None, None) => match entry.versions.first() {
            Some(earlier) => Ok((earlier, &entry.current)),
            None => Err(Problem::no_such_version("only one version of this report is kept")),
        },
        (from, to, _) => Ok((named(entry, from)?, named(entry, to)?)),
    }
}

fn named<'e>(entry: &'e Entry, name: Option<&str>) -> Result<&'e Version, Problem> {
    let candidate = entry.candidate.as_ref().map(|c| &c.version);
    match name {
        None | Some("current") => Ok(&entry.current),
        Some("candidate") => {
            candidate.ok_or_else(|| Problem::no_such_version("no build of this report waits for an operator"))
        }
        Some(name) => {
            let all = [&entry.current].into_iter().chain(candidate).chain(&entry.versions);
            let found: Vec<_> = all.filter(|v| v.is_named(name)).collect();
            match found[..] {
                [] => Err(Problem::no_such_version("no version of that name is kept")),
                [first, ..] if found.iter().all(|v| v.etag == first.etag) => Ok(first),
                _ => Err(Problem::bad_request("several kept versions begin so; name more digits of the etag")),
            }
        }
    }
}

fn side(entry: &Entry, version: &Version) -> Side {
    let role = if version.body == entry.current.body {
        "current"
    } else if entry.candidate.as_ref().is_some_and(|c| c.version.body == version.body) {
        "candidate"
    } else {
        "earlier"
    };
    Side {
        role: role.to_owned(),
        version: version.etag.clone(),
        generated_at: version.generated_at,
        rows: version.rows,
    }
}

async fn body<T: Table>(context: &Context<T>, key: &ReportKey, version: &Version) -> Result<Value, Problem> {
    let stored = context.store.body(key, version).await?.ok_or_else(Problem::unavailable)?;
    let json = codec::decode(&stored, version.bytes).map_err(StoreError::from)?;
    serde_json::from_slice(&json).map_err(|_| Problem::unavailable())
}
