//! Promises about reading and listing entries, and about a run's writes.

use super::samples::{entry, full_entry, report};
use crate::error::StoreError;
use crate::record::with_key;
use crate::store::Store;
use crate::table::{Condition, Item, Read, Table};
use crate::{Saved, keys};
use vms_core::{CacheType, Entry, ReportKey};

pub(super) async fn verify<T: Table>(store: &Store<T>) {
    an_entry_is_read_as_it_was_written(store).await;
    a_new_entry_is_made_once(store).await;
    every_write_adds_one_to_rev(store).await;
    a_write_with_an_old_rev_is_lost(store).await;
    of_two_writes_at_once_one_is_lost(store).await;
    an_entry_that_cannot_be_read_is_a_typed_error(store).await;
    a_type_is_listed_whole_however_large(store).await;
    a_listing_in_pages_is_the_listing(store).await;
    a_page_goes_on_where_an_entry_is_gone(store).await;
}

pub(super) async fn stored<T: Table>(store: &Store<T>, report: &ReportKey) -> Option<Entry> {
    store.entry(report, Read::Consistent).await.unwrap()
}

async fn an_entry_is_read_as_it_was_written<T: Table>(store: &Store<T>) {
    for (number, make) in [(100, entry as fn(&ReportKey, u64) -> Entry), (101, full_entry)] {
        let report = report(number);
        assert_eq!(stored(store, &report).await, None, "what was never written is absent");
        let written = make(&report, u64::MAX);
        assert_eq!(store.save_entry(&written, None).await.unwrap(), Saved::Written(1));
        let expected = Entry { rev: 1, ..written };
        assert_eq!(stored(store, &report).await, Some(expected), "an entry is read as it was written");
    }
}

async fn a_new_entry_is_made_once<T: Table>(store: &Store<T>) {
    let report = report(110);
    let first = entry(&report, 1);
    assert_eq!(store.save_entry(&first, None).await.unwrap(), Saved::Written(1));
    let second = Entry { title: "Another".to_owned(), ..entry(&report, 2) };
    assert_eq!(store.save_entry(&second, None).await.unwrap(), Saved::Lost, "it was not absent");
    assert_eq!(stored(store, &report).await.unwrap().title, first.title, "the first stands");
}

async fn every_write_adds_one_to_rev<T: Table>(store: &Store<T>) {
    let report = report(120);
    let mut seen = None;
    for rev in 1..=12 {
        let written = Entry { rev: 77, ..entry(&report, rev) };
        assert_eq!(store.save_entry(&written, seen).await.unwrap(), Saved::Written(rev));
        assert_eq!(stored(store, &report).await.unwrap().rev, rev, "every write adds one to rev");
        seen = Some(rev);
    }
}

async fn a_write_with_an_old_rev_is_lost<T: Table>(store: &Store<T>) {
    let report = report(130);
    store.save_entry(&entry(&report, 1), None).await.unwrap();
    store.save_entry(&entry(&report, 1), Some(1)).await.unwrap();
    for seen in [0, 1, 3] {
        let late = Entry { title: "Late".to_owned(), ..entry(&report, 9) };
        let answer = store.save_entry(&late, Some(seen)).await.unwrap();
        assert_eq!(answer, Saved::Lost, "a write with a rev that is not the stored one is lost: {seen}");
    }
    assert_ne!(stored(store, &report).await.unwrap().title, "Late");
}

async fn of_two_writes_at_once_one_is_lost<T: Table>(store: &Store<T>) {
    let report = report(140);
    let mut seen = None;
    for round in 1..=10 {
        let write = |title: &str| Entry { title: title.to_owned(), ..entry(&report, 5) };
        let (a, b) = (write("a"), write("b"));
        let (first, second) = tokio::join!(store.save_entry(&a, seen), store.save_entry(&b, seen));
        let winner = match (first.unwrap(), second.unwrap()) {
            (Saved::Written(rev), Saved::Lost) if rev == round => "a",
            (Saved::Lost, Saved::Written(rev)) if rev == round => "b",
            other => unreachable!("of two writes at once exactly one is lost, not {other:?}"),
        };
        assert_eq!(stored(store, &report).await.unwrap().title, winner, "what won is what is stored");
        seen = Some(round);
    }
}

async fn an_entry_that_cannot_be_read_is_a_typed_error<T: Table>(store: &Store<T>) {
    let report: ReportKey = "district/engagement/2526/150".parse().unwrap();
    let broken = with_key(Item::new(), keys::entry(&report));
    store.table().put(broken, Condition::Always).await.unwrap();
    let corrupt = StoreError::Corrupt { kind: "entry" };
    assert_eq!(store.entry(&report, Read::Consistent).await, Err(corrupt.clone()));
    assert_eq!(store.entries(CacheType::District, Read::Consistent).await, Err(corrupt));
}

/// More than a query gives at once: 1 MiB.
async fn a_type_is_listed_whole_however_large<T: Table>(store: &Store<T>) {
    for event in 0..8 {
        let report = ReportKey::OrganizationDetail { year: "2526".parse().unwrap(), organization: event };
        let large = Entry { title: "x".repeat(200_000), ..entry(&report, 1) };
        store.save_entry(&large, None).await.unwrap();
    }
    let entries = store.entries(CacheType::Organization, Read::Consistent).await.unwrap();
    let listed: Vec<String> = entries.iter().map(|e| e.report_key.to_string()).collect();
    let expected: Vec<String> = (0..8).map(|n| format!("organization/detail/2526/{n}")).collect();
    assert_eq!(listed, expected, "a type is listed whole, and only that type");
    let page = store.entries_page(CacheType::Organization, None, 7).await.unwrap();
    assert_eq!((page.0.len(), page.1.is_some()), (7, true), "a page is full although the answers are cut by size");
}

async fn a_listing_in_pages_is_the_listing<T: Table>(store: &Store<T>) {
    for session in 10..35 {
        let report: ReportKey = format!("virtual_session/district/2025-2026/District~20{session}").parse().unwrap();
        store.save_entry(&entry(&report, 1), None).await.unwrap();
    }
    let whole = store.entries(CacheType::VirtualSession, Read::Consistent).await.unwrap();
    assert_eq!(whole.len(), 25);
    for limit in [0, 1, 5, 24, 25, 26] {
        let mut found: Vec<Entry> = Vec::new();
        let mut after: Option<ReportKey> = None;
        loop {
            let page = store.entries_page(CacheType::VirtualSession, after.as_ref(), limit).await.unwrap();
            assert!(!page.0.is_empty() && page.0.len() <= limit.max(1), "no page is empty or too long");
            found.extend(page.0);
            after = page.1;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(found, whole, "a listing in pages of {limit} is the listing");
    }
}

async fn a_page_goes_on_where_an_entry_is_gone<T: Table>(store: &Store<T>) {
    let all = store.entries(CacheType::VirtualSession, Read::Consistent).await.unwrap();
    let (_, after) = store.entries_page(CacheType::VirtualSession, None, 3).await.unwrap();
    store.remove_entry(&all[2], all[2].fence).await.unwrap();
    let (rest, _) = store.entries_page(CacheType::VirtualSession, after.as_ref(), 1).await.unwrap();
    assert_eq!(rest[0], all[3], "a page goes on although the entry it begins after is gone");
}
