//! The store: a [`Table`] with the report cache's own words on it, one file per concern.

use crate::error::Result;
use crate::record::is_alive;
use crate::table::{Item, Page, Read, SortRange, Table};
use jiff::Timestamp;

/// The cache table as the rest of the system sees it.
///
/// Every write is one of a single item. Those that others may race for are conditional, and what became of one whose
/// answer was lost is settled by a consistent read.
#[derive(Debug, Clone)]
pub struct Store<T> {
    pub(crate) table: T,
}

impl<T: Table> Store<T> {
    /// A store on that table.
    pub fn new(table: T) -> Self {
        Self { table }
    }

    /// The table itself.
    pub fn table(&self) -> &T {
        &self.table
    }

    /// All items of a partition's range, page by page.
    pub(crate) async fn all(&self, pk: &str, range: &SortRange, keys_only: bool, read: Read) -> Result<Vec<Item>> {
        let mut page = Page { keys_only, ..Page::default() };
        let mut items = Vec::new();
        loop {
            let answer = self.table.query(pk, range, &page, read).await?;
            items.extend(answer.items);
            match answer.next {
                Some(next) => page.after = Some(next),
                None => return Ok(items),
            }
        }
    }

    /// The first `limit` items of a partition after a sort key (at least one is asked for).
    pub(crate) async fn page(&self, pk: &str, limit: usize, after: Option<String>) -> Result<Part> {
        let wanted = limit.max(1);
        let items = self.first(pk, wanted + 1, after, false).await?;
        Ok(Part::cut(items, wanted))
    }

    /// The newest `limit` items of a partition before a sort key (at least one is asked for) that have not passed
    /// away by `now`. All items of such a partition live equally long: what is older than an expired one is expired.
    pub(crate) async fn newest(&self, pk: &str, limit: usize, before: Option<String>, now: Timestamp) -> Result<Part> {
        let wanted = limit.max(1);
        let mut items = self.first(pk, wanted + 1, before, true).await?;
        items.retain(|item| is_alive(item, now));
        Ok(Part::cut(items, wanted))
    }

    /// So many items, if there are as many: DynamoDB may answer with fewer than were asked for, although more follow.
    async fn first(&self, pk: &str, count: usize, after: Option<String>, newest_first: bool) -> Result<Vec<Item>> {
        let mut page = Page { newest_first, after, ..Page::default() };
        let mut items = Vec::new();
        loop {
            page.limit = Some((count - items.len()) as u32);
            let answer = self.table.query(pk, &SortRange::All, &page, Read::Eventual).await?;
            items.extend(answer.items);
            match answer.next {
                Some(next) if items.len() < count => page.after = Some(next),
                _ => return Ok(items),
            }
        }
    }
}

/// A part of a partition.
pub(crate) struct Part {
    /// Its items.
    pub(crate) items: Vec<Item>,
    /// Whether others follow.
    pub(crate) more: bool,
}

impl Part {
    /// One item more than is wanted shows that others follow.
    fn cut(mut items: Vec<Item>, wanted: usize) -> Self {
        let more = items.len() > wanted;
        items.truncate(wanted);
        Self { items, more }
    }
}
