//! Records as items and back: the one place that knows serde's way into DynamoDB.
//!
//! A record's fields are the attributes, by their serde names; `pk`, `sk` and, where the item passes away,
//! `expires_at` are added here. Attributes that a record does not know are left out when it is read.

use crate::error::{Result, StoreError};
use crate::table::{Item, Key};
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The partition key's attribute.
pub(crate) const PK: &str = "pk";
/// The sort key's attribute.
pub(crate) const SK: &str = "sk";
/// The attribute by which DynamoDB removes an item, some time after the second that it names.
pub(crate) const EXPIRES_AT: &str = "expires_at";

/// How long runs and acts are kept.
pub(crate) const LEDGER_LIFE: SignedDuration = SignedDuration::from_hours(90 * 24);

/// A record as the attributes of an item, without keys; `kind` is for the error.
pub(crate) fn attributes<R: Serialize>(kind: &'static str, record: &R) -> Result<Item> {
    serde_dynamo::to_item(record).map_err(|_| StoreError::Unwritable { kind })
}

/// A record as a whole item.
pub(crate) fn item<R: Serialize>(kind: &'static str, key: Key, record: &R) -> Result<Item> {
    Ok(with_key(attributes(kind, record)?, key))
}

/// Attributes under a key.
pub(crate) fn with_key(mut attributes: Item, key: Key) -> Item {
    attributes.insert(PK.to_owned(), AttributeValue::S(key.pk));
    attributes.insert(SK.to_owned(), AttributeValue::S(key.sk));
    attributes
}

/// An item that DynamoDB removes after `until`.
pub(crate) fn expiring(mut item: Item, until: Timestamp) -> Item {
    item.insert(EXPIRES_AT.to_owned(), number(until.as_second()));
    item
}

/// The record of an item.
pub(crate) fn record<R: DeserializeOwned>(kind: &'static str, item: Item) -> Result<R> {
    serde_dynamo::from_item(item).map_err(|_| StoreError::Corrupt { kind })
}

/// The records of items.
pub(crate) fn records<R: DeserializeOwned>(kind: &'static str, items: Vec<Item>) -> Result<Vec<R>> {
    items.into_iter().map(|item| record(kind, item)).collect()
}

/// Whether an item may still be shown: DynamoDB removes expired ones only some time later.
pub(crate) fn is_alive(item: &Item, now: Timestamp) -> bool {
    match item.get(EXPIRES_AT) {
        Some(AttributeValue::N(until)) => until.parse::<i64>().is_ok_and(|until| now.as_second() < until),
        Some(_) => false,
        None => true,
    }
}

/// The sort key of an item that was read.
pub(crate) fn sort_key<'i>(kind: &'static str, item: &'i Item) -> Result<&'i str> {
    match item.get(SK) {
        Some(AttributeValue::S(sk)) => Ok(sk),
        _ => Err(StoreError::Corrupt { kind }),
    }
}

/// A whole number as an attribute.
pub(crate) fn number(n: impl Into<i128>) -> AttributeValue {
    AttributeValue::N(n.into().to_string())
}

/// A text as an attribute.
pub(crate) fn text(s: impl Into<String>) -> AttributeValue {
    AttributeValue::S(s.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_lives_until_the_second_it_expires_in() {
        let until: Timestamp = "2026-03-15T02:00:00Z".parse().unwrap();
        let item = expiring(Item::new(), until);
        assert!(is_alive(&item, until - SignedDuration::from_millis(1)));
        assert!(!is_alive(&item, until));
        assert!(is_alive(&Item::new(), until));
    }

    #[test]
    fn numbers_stay_exact() {
        let AttributeValue::N(text) = number(u64::MAX) else { panic!("a number") };
        assert_eq!(text, "18446744073709551615");
        let read: std::collections::HashMap<String, u64> =
            record("test", Item::from([("n".to_owned(), number(u64::MAX))])).unwrap();
        assert_eq!(read["n"], u64::MAX);
    }

    #[test]
    fn an_item_that_cannot_be_read_names_its_kind_and_nothing_of_its_content() {
        let item = Item::from([("run_id".to_owned(), text("someone@example.org"))]);
        let error = record::<vms_core::Run>("run", item).unwrap_err();
        assert_eq!(error.to_string(), "a stored run cannot be read");
    }
}
