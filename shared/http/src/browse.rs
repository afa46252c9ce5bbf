//! The pages that show: what they read, and what is shown where a form led to them.

use crate::context::{Call, Context};
use crate::listing::Wanted;
use crate::notice::Notice;
use crate::pages::{self, DiffPage, ExplainPage, ReportRow, ReportsPage, RunPage, RunsPage, StatusPage, Waiting};
use crate::problem::Problem;
use crate::query::Query;
use crate::status::{RunView, Status};
use crate::{Request, Response, explain, response, versions};
use http::{HeaderValue, StatusCode};
use vms_core::{CacheType, Entry, State};
use vms_store::{Read, Table};

/// Waiting reports on the status page.
const MOST_WAITING: usize = 50;
/// Where everything begins.
pub(crate) const HOME: &str = "/management/cache/status";

/// The status page.
pub(crate) async fn status<T: Table>(status: &Status<T>, request: &Request, call: &Call) -> Result<Response, Problem> {
    let context = &status.context;
    let query = Query::of(request, &["notice"])?;
    let view = status.view().await?;
    let mut runs = Vec::with_capacity(CacheType::ALL.len());
    let mut waiting = Vec::new();
    for of_type in &view.cache_types {
        let cache_type = of_type.cache_type;
        let (strip, _) = context.store.runs(cache_type, pages::PLACES, None, context.now()).await?;
        runs.push((cache_type, strip.into_iter().map(|run| RunView::of(run, context.now())).collect()));
        if of_type.quarantined > 0 {
            let entries = context.store.entries(cache_type, Read::Eventual).await?;
            for entry in entries.into_iter().filter(|entry| entry.candidate.is_some()) {
                let state = context.judge(&entry).state;
                waiting.push(row(entry, state));
            }
        }
    }
    waiting.truncate(MOST_WAITING);
    let shell = call.shell(context.now(), notice(&query)?);
    let page = StatusPage { shell, status: view, nightly: context.nightly.clone(), runs, waiting };
    Ok(response::page(StatusCode::OK, &pages::status(&page)))
}

/// The ledger.
pub(crate) async fn runs<T: Table>(status: &Status<T>, request: &Request, call: &Call) -> Result<Response, Problem> {
    let query = Query::of(request, &["cache_type", "outcome", "limit", "cursor", "notice"])?;
    let (runs, next_cursor) = status.find_runs(&query).await?;
    let page = RunsPage {
        shell: call.shell(status.context.now(), notice(&query)?),
        runs,
        next_cursor,
        is_further: query.text("cursor").is_some(),
        cache_type: query.parsed("cache_type")?,
        outcome: query.text("outcome").map(crate::status::outcome_named).transpose()?,
    };
    Ok(response::page(StatusCode::OK, &pages::runs(&page)))
}

/// One run.
pub(crate) async fn run<T: Table>(status: &Status<T>, request: &Request, call: &Call) -> Result<Response, Problem> {
    let query = Query::of(request, &["notice"])?;
    let run = status.find_run(&call.variable).await?;
    let page = RunPage { shell: call.shell(status.context.now(), notice(&query)?), run };
    Ok(response::page(StatusCode::OK, &pages::run(&page)))
}

/// The reports of a type.
pub(crate) async fn reports<T: Table>(
    context: &Context<T>,
    request: &Request,
    call: &Call,
) -> Result<Response, Problem> {
    let query = Query::of(request, &["cache_type", "state", "school_year", "text", "limit", "cursor", "notice"])?;
    let (wanted, limit) = (Wanted::of(&query)?, query.limit(200, 1000)?);
    let found = wanted.find(context, query.parsed("cursor")?, limit).await?;
    let Wanted { cache_type, state, school_year, text } = wanted;
    let page = ReportsPage {
        shell: call.shell(context.now(), notice(&query)?),
        reports: found.reports.into_iter().map(|(entry, state)| row(entry, state)).collect(),
        next_cursor: found.next_cursor,
        is_further: query.text("cursor").is_some(),
        cache_type,
        state,
        school_year,
        text,
    };
    Ok(response::page(StatusCode::OK, &pages::reports(&page)))
}

/// Why a report is as it is.
pub(crate) async fn explain<T: Table>(
    context: &Context<T>,
    request: &Request,
    call: &Call,
) -> Result<Response, Problem> {
    let query = Query::of(request, &["notice"])?;
    let explained = explain::find(context, &call.variable).await?;
    let page = ExplainPage { shell: call.shell(context.now(), notice(&query)?), explained };
    Ok(response::page(StatusCode::OK, &pages::explain(&page)))
}

/// What differs between two versions.
pub(crate) async fn diff<T: Table>(context: &Context<T>, request: &Request, call: &Call) -> Result<Response, Problem> {
    let query = Query::of(request, &["from", "to", "notice"])?;
    let compared = versions::compare(context, &query, &call.variable).await?;
    let page = DiffPage { shell: call.shell(context.now(), notice(&query)?), compared };
    Ok(response::page(StatusCode::OK, &pages::diff(&page)))
}

/// A file that pages refer to.
pub(crate) fn asset(name: &str) -> Result<Response, Problem> {
    let asset = pages::asset(name).ok_or_else(Problem::no_such_route)?;
    let content_type = HeaderValue::from_static(asset.content_type);
    let mut response = response::with_body(StatusCode::OK, content_type, asset.content);
    let an_hour = HeaderValue::from_static("public, max-age=3600");
    response.headers_mut().insert(http::header::CACHE_CONTROL, an_hour);
    Ok(response)
}

/// The notice in an address.
pub(crate) fn notice(query: &Query) -> Result<Option<Notice>, Problem> {
    query.parsed("notice")
}

fn row(entry: Entry, state: State) -> ReportRow {
    ReportRow {
        state,
        title: entry.title,
        last_updated: entry.last_updated,
        generated_at: entry.current.generated_at,
        source_taken_at: entry.source_taken_at,
        bytes: entry.current.bytes,
        stored_bytes: entry.current.stored_bytes,
        rows: entry.current.rows,
        waiting: entry.candidate.map(|c| Waiting {
            check: c.check,
            since: c.since,
            rows: c.version.rows,
            version: c.version.etag,
        }),
        held: entry.held,
        retired_at: entry.retired_at,
        key: entry.report_key,
    }
}
