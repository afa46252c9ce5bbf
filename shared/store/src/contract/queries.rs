//! Promises about queries: order, ranges and pages.

use super::tables::item;
use crate::record::number;
use crate::table::{Condition, Key, Page, Read, SortRange, Table};

pub(super) async fn verify<T: Table>(table: &T) {
    a_query_keeps_order_prefix_and_partition(table).await;
    pages_follow_each_other_without_gap_or_overlap(table).await;
    a_page_goes_on_after_a_key_that_is_gone(table).await;
    keys_only_are_keys_only(table).await;
}

async fn fill<T: Table>(table: &T, pk: &str, sort_keys: &[String]) {
    for sk in sort_keys {
        let item = item(&Key::new(pk, sk), &[("n", number(1))]);
        table.put(item, Condition::Always).await.unwrap();
    }
}

/// The sort keys of a whole query, page by page.
async fn walk<T: Table>(table: &T, pk: &str, range: &SortRange, mut page: Page) -> Vec<String> {
    let mut found = Vec::new();
    loop {
        let answer = table.query(pk, range, &page, Read::Consistent).await.unwrap();
        if let Some(limit) = page.limit {
            assert!(answer.items.len() <= limit as usize, "a page never holds more than its limit");
        }
        found.extend(answer.items.iter().map(|i| i["sk"].as_s().unwrap().clone()));
        page.after = answer.next;
        if page.after.is_none() {
            return found;
        }
    }
}

async fn a_query_keeps_order_prefix_and_partition<T: Table>(table: &T) {
    let keys = ["a#1", "a#2", "ab", "b", "é"].map(str::to_owned);
    fill(table, "t#order", &keys).await;
    fill(table, "t#order2", &["a#3".to_owned()]).await;
    let all = walk(table, "t#order", &SortRange::All, Page::default()).await;
    assert_eq!(all, keys, "a query gives its partition in the order of the bytes");
    let prefixed = walk(table, "t#order", &SortRange::Prefix("a#".to_owned()), Page::default()).await;
    assert_eq!(prefixed, keys[..2], "a prefix is exact");
    let newest = Page { newest_first: true, ..Page::default() };
    let mut reversed = keys.to_vec();
    reversed.reverse();
    assert_eq!(walk(table, "t#order", &SortRange::All, newest).await, reversed);
    assert!(walk(table, "t#none", &SortRange::All, Page::default()).await.is_empty());
}

async fn pages_follow_each_other_without_gap_or_overlap<T: Table>(table: &T) {
    let keys: Vec<String> = (0..23).map(|n| format!("{n:02}")).collect();
    fill(table, "t#pages", &keys).await;
    for limit in [1, 7, 23, 24] {
        let mut page = Page { limit: Some(limit), ..Page::default() };
        assert_eq!(walk(table, "t#pages", &SortRange::All, page.clone()).await, keys, "pages of {limit}");
        page.newest_first = true;
        let mut found = walk(table, "t#pages", &SortRange::All, page).await;
        found.reverse();
        assert_eq!(found, keys, "pages of {limit}, newest first");
    }
}

async fn a_page_goes_on_after_a_key_that_is_gone<T: Table>(table: &T) {
    fill(table, "t#after", &["1", "3"].map(str::to_owned)).await;
    for (newest_first, expected) in [(false, "3"), (true, "1")] {
        let page = Page { after: Some("2".to_owned()), newest_first, ..Page::default() };
        assert_eq!(walk(table, "t#after", &SortRange::All, page).await, [expected]);
    }
}

async fn keys_only_are_keys_only<T: Table>(table: &T) {
    fill(table, "t#keys", &["1".to_owned()]).await;
    let page = Page { keys_only: true, ..Page::default() };
    let answer = table.query("t#keys", &SortRange::All, &page, Read::Eventual).await.unwrap();
    assert_eq!(answer.items, [item(&Key::new("t#keys", "1"), &[])], "keys only are keys only");
}
