//! A table that checks at every single write what must hold at every moment.
//!
//! It looks before and after each write, which makes sense only where one task writes at a time; the proofs that use
//! several threads look with their readers alone.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use vms_core::{Entry, Fence, ReportKey};
use vms_store::{
    Change, Condition, Item, Key, MemoryTable, Page, QueryPage, Read, SortRange, Store, Table, TableError, codec, keys,
};

use super::vms::TYPE;

/// Clones are the same table.
#[derive(Debug, Clone, Default)]
pub(crate) struct Watched {
    inner: MemoryTable,
    broken: Arc<Mutex<Vec<String>>>,
    /// The highest fence that any entry of a report had, removed ones included.
    fences: Arc<Mutex<BTreeMap<ReportKey, Fence>>>,
}

impl Watched {
    /// What was found broken so far; forgets it.
    pub(crate) fn take_broken(&self) -> Vec<String> {
        std::mem::take(&mut *self.broken.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A table of its own with the same items.
    pub(crate) async fn copy(&self) -> Self {
        let other = Self::default();
        let store = Store::new(self.inner.clone());
        let mut partitions = vec![keys::STATUS.to_owned(), keys::ACTS.to_owned(), keys::API_KEYS.to_owned()];
        partitions.extend([
            keys::entries(TYPE),
            keys::runs(TYPE),
            keys::removals(TYPE),
            "lease".to_owned(),
            "control".to_owned(),
        ]);
        partitions
            .extend(store.entries(TYPE, Read::Consistent).await.unwrap().iter().map(|e| keys::bodies(&e.report_key)));
        for pk in partitions {
            let page = self.inner.query(&pk, &SortRange::All, &Page::default(), Read::Consistent).await.unwrap();
            assert!(page.next.is_none(), "the proofs' partitions are small");
            for item in page.items {
                other.inner.put(item, Condition::Always).await.unwrap();
            }
        }
        other
    }

    /// The table itself, without the watch.
    pub(crate) fn plain(&self) -> &MemoryTable {
        &self.inner
    }

    fn complain(&self, text: String) {
        self.broken.lock().unwrap_or_else(PoisonError::into_inner).push(text);
    }

    async fn state(&self, key: &Key) -> Option<State> {
        let store = Store::new(self.inner.clone());
        if key.pk == keys::entries(TYPE) {
            let report: ReportKey = key.sk.parse().unwrap();
            let entry = store.entry(&report, Read::Consistent).await.unwrap();
            return Some(State::Entry(report, entry.map(Box::new)));
        }
        if key.pk == "lease" {
            return Some(State::Lease(store.lease(TYPE, Read::Consistent).await.unwrap().map(|l| l.fence)));
        }
        let report = key.pk.strip_prefix("body#")?.parse().unwrap();
        let (fence, _) = keys::parse_body_chunk(&key.sk).unwrap();
        let named = store.entry(&report, Read::Consistent).await.unwrap().is_some_and(|e| e.names_body(fence));
        let stored = self.inner.get(key, Read::Consistent).await.unwrap();
        Some(State::Body { stored, named })
    }

    async fn compare(&self, key: &Key, before: Option<State>) {
        let place = format!("{} {}", key.pk, key.sk);
        match (before, self.state(key).await) {
            (Some(State::Entry(report, before)), Some(State::Entry(_, after))) => {
                self.compare_entries(&report, before.as_deref(), after.as_deref()).await;
            }
            (Some(State::Lease(before)), Some(State::Lease(after))) if after < before => {
                self.complain(format!("the lease's fence went back from {before:?} to {after:?}"));
            }
            (Some(State::Body { stored: Some(before), named }), Some(State::Body { stored: after, .. })) => {
                if after.as_ref().is_some_and(|after| *after != before) {
                    self.complain(format!("a body was overwritten: {place}"));
                }
                if after.is_none() && named {
                    self.complain(format!("a body was removed although its entry names it: {place}"));
                }
            }
            _ => {}
        }
    }

    async fn compare_entries(&self, report: &ReportKey, before: Option<&Entry>, after: Option<&Entry>) {
        let Some(after) = after else { return };
        if before == Some(after) {
            return;
        }
        let highest = {
            let mut fences = self.fences.lock().unwrap_or_else(PoisonError::into_inner);
            let highest = fences.entry(report.clone()).or_default();
            let known = *highest;
            *highest = known.max(after.fence);
            known
        };
        if after.fence < highest {
            self.complain(format!("the fence of {report} went back from {highest:?} to {:?}", after.fence));
        }
        if let Some(before) = before
            && after.rev != before.rev + 1
        {
            self.complain(format!("the rev of {report} went from {} to {}", before.rev, after.rev));
        }
        for problem in torn(&self.inner, after).await {
            self.complain(problem);
        }
    }
}

/// What is wrong with the bodies that an entry names.
pub(crate) async fn torn<T: Table + Clone>(table: &T, entry: &Entry) -> Vec<String> {
    let store = Store::new(table.clone());
    let candidate = entry.candidate.iter().map(|c| &c.version);
    let mut problems = Vec::new();
    for version in entry.versions.iter().chain(candidate).chain([&entry.current]) {
        let body = store.body(&entry.report_key, version).await;
        let sound = match &body {
            Ok(Some(body)) => codec::decode(body, version.bytes).is_ok_and(|json| codec::etag(&json) == version.etag),
            _ => false,
        };
        if !sound {
            problems.push(format!(
                "{} names the body of fence {} which is missing or torn",
                entry.report_key, version.body.0
            ));
        }
    }
    problems
}

/// What is looked at before and after a write.
enum State {
    Entry(ReportKey, Option<Box<Entry>>),
    Lease(Option<Fence>),
    Body { stored: Option<Item>, named: bool },
}

impl Table for Watched {
    async fn get(&self, key: &Key, read: Read) -> Result<Option<Item>, TableError> {
        self.inner.get(key, read).await
    }

    async fn query(&self, pk: &str, range: &SortRange, page: &Page, read: Read) -> Result<QueryPage, TableError> {
        self.inner.query(pk, range, page, read).await
    }

    async fn put(&self, item: Item, condition: Condition) -> Result<(), TableError> {
        let key = place_of(&item);
        let before = self.state(&key).await;
        let answer = self.inner.put(item, condition).await;
        self.compare(&key, before).await;
        answer
    }

    async fn update(&self, key: &Key, change: Change, condition: Condition) -> Result<(), TableError> {
        let before = self.state(key).await;
        let answer = self.inner.update(key, change, condition).await;
        self.compare(key, before).await;
        answer
    }

    async fn delete(&self, key: &Key, condition: Condition) -> Result<(), TableError> {
        let before = self.state(key).await;
        let answer = self.inner.delete(key, condition).await;
        self.compare(key, before).await;
        answer
    }
}

/// The key of an item that is about to be written.
pub(crate) fn place_of(item: &Item) -> Key {
    let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default();
    Key::new(text("pk"), text("sk"))
}
