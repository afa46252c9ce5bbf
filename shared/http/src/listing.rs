//! Finding reports: the one walk over the entries, behind the list of the API and that of the page.

use crate::context::Context;
use crate::problem::Problem;
use crate::query::Query;
use vms_core::{CacheType, Entry, ReportKey, SchoolYear, State};
use vms_store::Table;

/// What is looked for; what is not given fits every report.
pub(crate) struct Wanted {
    pub(crate) cache_type: Option<CacheType>,
    pub(crate) state: Option<State>,
    pub(crate) school_year: Option<SchoolYear>,
    /// A part of title or key, however written.
    pub(crate) text: Option<String>,
}

/// The reports of one page of a list, by type and within a type by key, each with its state.
pub(crate) struct Found {
    pub(crate) reports: Vec<(Entry, State)>,
    /// The parameter `cursor` of the next page; `None` where there is none.
    pub(crate) next_cursor: Option<String>,
}

impl Wanted {
    /// The parameters `cache_type`, `state`, `school_year` and `text`.
    pub(crate) fn of(query: &Query) -> Result<Self, Problem> {
        Ok(Self {
            cache_type: query.parsed("cache_type")?,
            state: query.parsed("state")?,
            school_year: query.parsed("school_year")?,
            text: query.text("text").map(str::to_owned),
        })
    }

    /// Whether a report is looked for; `text` is the wanted one in lower case.
    fn fits(&self, entry: &Entry, state: State, text: Option<&str>) -> bool {
        let holds = |text: &str| {
            entry.title.to_lowercase().contains(text) || entry.report_key.to_string().to_lowercase().contains(text)
        };
        self.state.is_none_or(|wanted| wanted == state)
            && self.school_year.is_none_or(|wanted| entry.report_key.school_year() == Some(wanted))
            && text.is_none_or(holds)
    }

    /// At most `limit` reports, from behind the key `after` on.
    pub(crate) async fn find<T: Table>(
        &self,
        context: &Context<T>,
        mut after: Option<ReportKey>,
        limit: usize,
    ) -> Result<Found, Problem> {
        let text = self.text.as_ref().map(|text| text.to_lowercase());
        let now = context.now();
        let mut reports: Vec<(Entry, State)> = Vec::new();
        let from = after.as_ref().map(ReportKey::cache_type);
        let types = CacheType::ALL.into_iter().skip_while(|t| from.is_some_and(|from| from != *t));
        for cache_type in types.filter(|t| self.cache_type.is_none_or(|only| only == *t)) {
            after = after.filter(|key| key.cache_type() == cache_type);
            loop {
                let (page, next) = context.store.entries_page(cache_type, after.as_ref(), limit).await?;
                for entry in page {
                    let state = context.limits.judge(&entry.times(), now).state;
                    if !self.fits(&entry, state, text.as_deref()) {
                        continue;
                    }
                    if reports.len() == limit {
                        let next_cursor = reports.last().map(|(entry, _)| entry.report_key.to_string());
                        return Ok(Found { reports, next_cursor });
                    }
                    reports.push((entry, state));
                }
                after = next;
                if after.is_none() {
                    break;
                }
            }
        }
        Ok(Found { reports, next_cursor: None })
    }
}
