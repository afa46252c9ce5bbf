//! The table in memory: a model of DynamoDB for tests, with its conditions, pages, and limits.
//!
//! It is a model because the contract suite and a random comparison with a real implementation hold it to
//! DynamoDB's behaviour. It differs in three allowed ways: numbers must be whole, every read is consistent, and
//! nothing is ever throttled.

use crate::record::{PK, SK};
use crate::size;
use crate::table::{Change, Condition, Item, Key, Page, QueryPage, Read, SortRange, Table, TableError, Test};
use aws_sdk_dynamodb::types::AttributeValue;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A table in memory; clones are the same table.
#[derive(Debug, Clone, Default)]
pub struct MemoryTable {
    items: Arc<Mutex<BTreeMap<Key, Item>>>,
}

impl MemoryTable {
    /// An empty table.
    pub fn new() -> Self {
        Self::default()
    }

    fn items(&self) -> MutexGuard<'_, BTreeMap<Key, Item>> {
        self.items.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table for MemoryTable {
    async fn get(&self, key: &Key, _: Read) -> Result<Option<Item>, TableError> {
        check_key(key)?;
        Ok(self.items().get(key).cloned())
    }

    async fn query(&self, pk: &str, range: &SortRange, page: &Page, _: Read) -> Result<QueryPage, TableError> {
        let prefix = match range {
            SortRange::All => "",
            SortRange::Prefix(prefix) => prefix,
        };
        if pk.is_empty() || page.limit == Some(0) || page.after.as_deref() == Some("") {
            return Err(invalid());
        }
        let items = self.items();
        // Nothing lies between a text and the same text with a zero byte behind it.
        let partition = items.range(Key::new(pk, "")..Key::new(format!("{pk}\0"), ""));
        let within = partition.filter(|(key, _)| key.sk.starts_with(prefix)).filter(|(key, _)| match &page.after {
            Some(after) if page.newest_first => key.sk < *after,
            Some(after) => key.sk > *after,
            None => true,
        });
        Ok(if page.newest_first { cut(within.rev(), page) } else { cut(within, page) })
    }

    async fn put(&self, item: Item, condition: Condition) -> Result<(), TableError> {
        let key = key_of(&item)?;
        check_item(&item)?;
        let mut items = self.items();
        check_condition(items.get(&key), &condition)?;
        items.insert(key, item);
        Ok(())
    }

    async fn update(&self, key: &Key, change: Change, condition: Condition) -> Result<(), TableError> {
        check_key(key)?;
        let touches_key = |name: &String| name == PK || name == SK;
        let twice = |name: &String| change.set.contains_key(name);
        if change.set.keys().any(touches_key) || change.remove.iter().any(|name| touches_key(name) || twice(name)) {
            return Err(invalid());
        }
        let mut items = self.items();
        check_condition(items.get(key), &condition)?;
        let mut item = items.get(key).cloned().unwrap_or_else(|| keys_of(key));
        item.extend(change.set);
        for name in &change.remove {
            item.remove(name);
        }
        check_item(&item)?;
        items.insert(key.clone(), item);
        Ok(())
    }

    async fn delete(&self, key: &Key, condition: Condition) -> Result<(), TableError> {
        check_key(key)?;
        let mut items = self.items();
        check_condition(items.get(key), &condition)?;
        items.remove(key);
        Ok(())
    }
}

/// As many items as the page allows by number and by size, and at least one.
fn cut<'i>(items: impl Iterator<Item = (&'i Key, &'i Item)>, page: &Page) -> QueryPage {
    let mut answer = QueryPage::default();
    let mut size = 0;
    for (key, item) in items {
        size += size::of(item);
        let full = page.limit.is_some_and(|limit| answer.items.len() >= limit as usize);
        if full || (size > size::MOST_PAGE_BYTES && !answer.items.is_empty()) {
            return answer;
        }
        answer.next = Some(key.sk.clone());
        answer.items.push(if page.keys_only { keys_of(key) } else { item.clone() });
    }
    // A page that is exactly full does not know that it is the last one.
    if page.limit.is_none_or(|limit| answer.items.len() < limit as usize) {
        answer.next = None;
    }
    answer
}

fn keys_of(key: &Key) -> Item {
    Item::from([(PK.to_owned(), AttributeValue::S(key.pk.clone())), (SK.to_owned(), AttributeValue::S(key.sk.clone()))])
}

fn key_of(item: &Item) -> Result<Key, TableError> {
    match (item.get(PK), item.get(SK)) {
        (Some(AttributeValue::S(pk)), Some(AttributeValue::S(sk))) => {
            let key = Key::new(pk, sk);
            check_key(&key).map(|()| key)
        }
        _ => Err(invalid()),
    }
}

fn check_key(key: &Key) -> Result<(), TableError> {
    let fits = (1..=size::MOST_PK_BYTES).contains(&key.pk.len()) && (1..=size::MOST_SK_BYTES).contains(&key.sk.len());
    if fits { Ok(()) } else { Err(invalid()) }
}

fn check_item(item: &Item) -> Result<(), TableError> {
    if size::of(item) <= size::MOST_ITEM_BYTES { Ok(()) } else { Err(invalid()) }
}

fn check_condition(stored: Option<&Item>, condition: &Condition) -> Result<(), TableError> {
    let pass = |tests: &[Test]| tests.is_empty() || stored.is_some_and(|item| tests.iter().all(|t| passes(item, t)));
    let holds = match condition {
        Condition::Always => true,
        Condition::Absent => stored.is_none(),
        Condition::All(tests) => pass(tests),
        Condition::AbsentOr(tests) => stored.is_none() || pass(tests),
    };
    if holds { Ok(()) } else { Err(TableError::ConditionFailed) }
}

fn passes(item: &Item, test: &Test) -> bool {
    match test {
        Test::Equals(name, value) => item.get(*name).is_some_and(|stored| equal(stored, value)),
        Test::AtMost(name, value) => item.get(*name).is_some_and(|stored| at_most(stored, value)),
    }
}

fn equal(a: &AttributeValue, b: &AttributeValue) -> bool {
    match (a, b) {
        (AttributeValue::N(a), AttributeValue::N(b)) => whole(a).is_some() && whole(a) == whole(b),
        _ => a == b,
    }
}

/// Only numbers, texts and bytes have an order, and only among themselves.
fn at_most(a: &AttributeValue, b: &AttributeValue) -> bool {
    match (a, b) {
        (AttributeValue::N(a), AttributeValue::N(b)) => whole(a).zip(whole(b)).is_some_and(|(a, b)| a <= b),
        (AttributeValue::S(a), AttributeValue::S(b)) => a <= b,
        (AttributeValue::B(a), AttributeValue::B(b)) => a.as_ref() <= b.as_ref(),
        _ => false,
    }
}

/// DynamoDB's 38 digits fit.
fn whole(number: &str) -> Option<i128> {
    number.parse().ok()
}

fn invalid() -> TableError {
    TableError::refused("ValidationException")
}
