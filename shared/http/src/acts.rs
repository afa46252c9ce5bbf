//! The acts of an operator on one report: approve, reject, roll back.
//!
//! An act is decided on the entry as it stands, and written only if it still stands so. Where someone else came in
//! between, it is decided anew, on the very version that it was first decided on: two operators who roll back at the
//! same moment do not go back twice, and nobody approves a build that came after the one they saw.

use crate::body::{self, Fields};
use crate::context::Context;
use crate::done::Done;
use crate::notice::{Notice, Reason, VersionName};
use crate::problem::Problem;
use crate::{Request, browse, pages};
use http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use vms_core::{Entry, Etag, KeyError, Refusal, ReportKey};
use vms_store::{Act, ActKind, Read, Saved, StoreError, Table};

/// How often an act that lost against another write is decided anew.
const ATTEMPTS: u32 = 5;
/// The longest reason, in characters.
const MOST_REASON: usize = 500;
/// Digits of an etag by which people tell versions apart.
pub(crate) const SHORT: usize = 12;

/// The body of a request for an act.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActRequest {
    /// The report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report_key: Option<String>,
    /// The version: its etag, or the beginning of it. To approve or reject, the one that is expected to wait; to roll
    /// back, the one to serve.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Fields for ActRequest {}

/// The answer to an act that was done.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Acted {
    /// It was done.
    pub success: bool,
    /// The same in words.
    pub message: String,
    /// The report.
    pub report_key: ReportKey,
    /// The version that was approved, rejected, or moved back to.
    pub version: Etag,
    /// The version that is served now.
    pub serving: Etag,
    /// The act, as the ledger of acts names it.
    pub act: String,
    /// Whether it stands in the ledger of acts; the entry names it in any case.
    pub recorded: bool,
}

/// What an operator may do with a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deed {
    Approve,
    Reject,
    Rollback,
}

impl Deed {
    fn kind(self) -> ActKind {
        match self {
            Self::Approve => ActKind::Approve,
            Self::Reject => ActKind::Reject,
            Self::Rollback => ActKind::Rollback,
        }
    }

    /// The version that the deed would be about.
    fn target(self, entry: &Entry, named: Option<&str>) -> Result<Etag, Refusal> {
        let version = match self {
            Self::Approve | Self::Reject => &entry.waiting(named)?.version,
            Self::Rollback => entry.earlier(named)?,
        };
        Ok(version.etag.clone())
    }

    fn done(self, entry: &Entry, version: &Etag, keep: usize, now: Timestamp) -> Result<Entry, Refusal> {
        match self {
            Self::Approve => entry.approved(Some(&version.0), keep),
            Self::Reject => entry.rejecting(Some(&version.0)),
            Self::Rollback => entry.rolled_back(Some(&version.0), now),
        }
    }

    fn notice(self, version: &Etag) -> Notice {
        let version = VersionName::of(version);
        match self {
            Self::Approve => Notice::Approved(version),
            Self::Reject => Notice::Rejected(version),
            Self::Rollback => Notice::RolledBack(version),
        }
    }

    fn message(self, key: &ReportKey, version: &Etag) -> String {
        let version = short(version);
        match self {
            Self::Approve => format!("Approved: {key} is served as version {version}"),
            Self::Reject => format!("Rejected: version {version} of {key} will not be offered again"),
            Self::Rollback => {
                format!("Rolled back: {key} is served as version {version} and held there until a build is approved")
            }
        }
    }
}

/// Does what a request asks for.
pub(crate) async fn act<T: Table>(
    context: &Context<T>,
    deed: Deed,
    keep: usize,
    request: &Request,
    key_id: &str,
) -> Result<Done, Problem> {
    let wanted: ActRequest = body::fields(request)?;
    let reason = reason(wanted.reason)?;
    let key = wanted.report_key.ok_or_else(|| Problem::bad_request("report_key is missing"))?;
    let key: ReportKey = key.parse().map_err(|e: KeyError| Problem::unknown_report(e.to_string()))?;
    let now = context.now();
    let mut act = new_act(deed.kind(), key_id, reason, now);
    let (version, after) = change(context, deed, keep, &key, wanted.version.as_deref(), &act).await?;
    act.what = format!("{key} {version}");
    let recorded = record(context, &act, &key).await;
    let (page, notice) = (pages::explain_path(&key), deed.notice(&version));
    let answer = Acted {
        success: true,
        message: deed.message(&key, &version),
        act: act.place(),
        report_key: key,
        version,
        serving: after.current.etag,
        recorded,
    };
    Ok(Done::new(StatusCode::OK, &answer, page, notice))
}

/// The page of the report that a request is about, where it is about one.
pub(crate) fn page(request: &Request) -> String {
    let key = body::fields::<ActRequest>(request).ok().and_then(|wanted| wanted.report_key?.parse().ok());
    key.map_or_else(|| browse::HOME.to_owned(), |key| pages::explain_path(&key))
}

/// Moves the entry; answers which version it was about, and the entry as it stands.
async fn change<T: Table>(
    context: &Context<T>,
    deed: Deed,
    keep: usize,
    key: &ReportKey,
    named: Option<&str>,
    act: &Act,
) -> Result<(Etag, Entry), Problem> {
    let mut decided: Option<Etag> = None;
    for _ in 0..ATTEMPTS {
        let entry = context.store.entry(key, Read::Consistent).await?.ok_or_else(Problem::not_cached)?;
        let refused = |refusal| Problem::conflict(refusal_text(refusal, &entry)).told_as(told(refusal));
        let version = match decided {
            Some(version) => version,
            None => deed.target(&entry, named).map_err(refused)?,
        };
        let after = deed.done(&entry, &version, keep, act.at).map_err(refused)?;
        let after = Entry { act: Some(act.place()), ..after };
        match context.store.change_entry(&after, entry.rev).await? {
            Saved::Written(_) => return Ok((version, after)),
            Saved::Lost => decided = Some(version),
        }
    }
    Err(Problem::unavailable())
}

/// Writes the act down and counts anew. The act itself is done: what fails here is told, and does not undo it.
async fn record<T: Table>(context: &Context<T>, act: &Act, key: &ReportKey) -> bool {
    let recorded = write_down(context, act).await;
    if let Err(error) = context.store.renew_tally(key.cache_type()).await {
        not_all_recorded(act, &error);
    }
    recorded
}

/// Writes an act down that is done; answers whether that was.
pub(crate) async fn write_down<T: Table>(context: &Context<T>, act: &Act) -> bool {
    let recorded = context.store.record_act(act).await;
    if let Err(error) = &recorded {
        not_all_recorded(act, error);
    }
    tracing::info!(kind = ?act.kind, by = act.by, what = act.what, "an operator acted");
    recorded.is_ok()
}

fn not_all_recorded(act: &Act, error: &StoreError) {
    tracing::error!(error_class = error.class().as_str(), act = act.place(), "an act is done but not all recorded");
}

/// An act of this moment; what it is about is filled in by whoever knows.
pub(crate) fn new_act(kind: ActKind, key_id: &str, reason: Option<String>, at: Timestamp) -> Act {
    let id = format!("{:08x}", getrandom::u32().unwrap_or_default());
    Act { id, at, kind, by: key_id.to_owned(), what: String::new(), reason }
}

/// A reason as it may be kept.
pub(crate) fn reason(given: Option<String>) -> Result<Option<String>, Problem> {
    let Some(text) = given else { return Ok(None) };
    if text.chars().count() > MOST_REASON {
        let detail = format!("reason: has at most {MOST_REASON} characters");
        return Err(Problem::bad_request(detail).told_as(Reason::LongReason));
    }
    Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty()))
}

/// The refusal in the words of a page.
fn told(refusal: Refusal) -> Reason {
    match refusal {
        Refusal::NothingWaits => Reason::NothingWaits,
        Refusal::AnotherWaits => Reason::AnotherWaits,
        Refusal::NoSuchVersion => Reason::NoSuchVersion,
        Refusal::Ambiguous => Reason::Ambiguous,
        Refusal::NoEarlierVersion => Reason::NoEarlierVersion,
        Refusal::AlreadyCurrent => Reason::AlreadyCurrent,
    }
}

/// The refusal, with the names that would not be refused.
fn refusal_text(refusal: Refusal, entry: &Entry) -> String {
    let names = match refusal {
        Refusal::AnotherWaits => entry.candidate.iter().map(|c| short(&c.version.etag)).collect(),
        Refusal::NoSuchVersion | Refusal::Ambiguous => entry.versions.iter().map(|v| short(&v.etag)).collect(),
        Refusal::NothingWaits | Refusal::NoEarlierVersion | Refusal::AlreadyCurrent => Vec::new(),
    };
    match (names.is_empty(), refusal) {
        (true, _) => refusal.to_string(),
        (false, Refusal::AnotherWaits) => format!("{refusal}: {}", names.join(", ")),
        (false, _) => format!("{refusal}; kept are {}", names.join(", ")),
    }
}

/// The digits by which people tell a version.
pub fn short(etag: &Etag) -> String {
    etag.0.chars().take(SHORT).collect()
}
