//! Promises about one item of the table, on which all others rest.

use crate::record::{number, text, with_key};
use crate::table::{Change, Condition, Item, Key, Read, Table, TableError, Test};
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;

pub(super) async fn verify<T: Table>(table: &T) {
    what_is_put_is_read_back(table).await;
    a_first_write_happens_once(table).await;
    every_test_must_pass(table).await;
    absent_or_looks_at_what_is_there(table).await;
    numbers_compare_as_numbers(table).await;
    an_update_touches_only_what_it_names(table).await;
    a_delete_keeps_what_its_condition_protects(table).await;
    an_item_of_four_hundred_kib_fits_and_no_larger_one(table).await;
    keys_have_their_limits(table).await;
}

pub(super) fn item(key: &Key, attributes: &[(&str, AttributeValue)]) -> Item {
    let attributes = attributes.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
    with_key(attributes.collect(), key.clone())
}

async fn stored<T: Table>(table: &T, key: &Key) -> Option<Item> {
    table.get(key, Read::Consistent).await.unwrap()
}

async fn what_is_put_is_read_back<T: Table>(table: &T) {
    let key = Key::new("t#read", "a");
    assert_eq!(stored(table, &key).await, None, "what was never put is absent");
    let list = AttributeValue::L(vec![number(0), text(""), AttributeValue::Bool(false)]);
    let map = AttributeValue::M([("größe".to_owned(), number(-3))].into());
    let blob = AttributeValue::B(Blob::new([0, 255, 13, 10]));
    let full = item(&key, &[("list", list), ("map", map), ("blob", blob), ("null", AttributeValue::Null(true))]);
    table.put(full.clone(), Condition::Always).await.unwrap();
    assert_eq!(stored(table, &key).await, Some(full), "an item is read as it was put");
    let small = item(&key, &[]);
    table.put(small.clone(), Condition::Always).await.unwrap();
    assert_eq!(stored(table, &key).await, Some(small), "a put replaces the whole item");
}

async fn a_first_write_happens_once<T: Table>(table: &T) {
    let key = Key::new("t#first", "a");
    table.put(item(&key, &[("n", number(1))]), Condition::Absent).await.unwrap();
    let again = table.put(item(&key, &[("n", number(2))]), Condition::Absent).await;
    assert_eq!(again, Err(TableError::ConditionFailed), "only one put finds the item absent");
    assert_eq!(stored(table, &key).await.unwrap()["n"], number(1), "the first put stands");
}

async fn every_test_must_pass<T: Table>(table: &T) {
    let key = Key::new("t#tests", "a");
    let held = item(&key, &[("fence", number(5)), ("rev", number(9)), ("owner", text("x"))]);
    table.put(held.clone(), Condition::Always).await.unwrap();
    let fence = |n| Test::AtMost("fence", number(n));
    let rev = |n| Test::Equals("rev", number(n));
    for (tests, passes) in [
        (vec![fence(5), rev(9)], true),
        (vec![fence(6), rev(9)], true),
        (vec![fence(4), rev(9)], false),
        (vec![fence(5), rev(8)], false),
        (vec![Test::Equals("owner", text("x"))], true),
        (vec![Test::Equals("owner", text("y"))], false),
        (vec![Test::Equals("rev", text("9"))], false),
        (vec![Test::AtMost("owner", number(9))], false),
        (vec![Test::Equals("nothing", number(9))], false),
        (vec![Test::AtMost("nothing", number(9))], false),
        (vec![], true),
    ] {
        let answer = table.put(held.clone(), Condition::All(tests.clone())).await;
        assert_eq!(answer.is_ok(), passes, "every test must pass, and only that: {tests:?}");
    }
    let absent = Key::new("t#tests", "b");
    let answer = table.put(item(&absent, &[]), Condition::All(vec![fence(5)])).await;
    assert_eq!(answer, Err(TableError::ConditionFailed), "no test passes on an item that is absent");
}

async fn absent_or_looks_at_what_is_there<T: Table>(table: &T) {
    let key = Key::new("t#absent-or", "a");
    let at_most = |n| Condition::AbsentOr(vec![Test::AtMost("fence", number(n))]);
    for (fence, passes) in [(3, true), (3, true), (2, false), (4, true)] {
        let answer = table.put(item(&key, &[("fence", number(fence))]), at_most(fence)).await;
        assert_eq!(answer.is_ok(), passes, "absent, or a fence that is not higher: {fence}");
    }
}

async fn numbers_compare_as_numbers<T: Table>(table: &T) {
    let key = Key::new("t#numbers", "a");
    for (stored, mine, passes) in [
        (9, 10, true),
        (10, 9, false),
        (u64::MAX - 1, u64::MAX, true),
        (u64::MAX, u64::MAX - 1, false),
        ((1 << 53) + 1, 1 << 53, false),
    ] {
        table.put(item(&key, &[("n", number(stored))]), Condition::Always).await.unwrap();
        let condition = Condition::All(vec![Test::AtMost("n", number(mine))]);
        let answer = table.put(item(&key, &[]), condition).await;
        assert_eq!(answer.is_ok(), passes, "{stored} <= {mine} as numbers, exactly");
    }
}

async fn an_update_touches_only_what_it_names<T: Table>(table: &T) {
    let key = Key::new("t#update", "a");
    let first = item(&key, &[("kept", number(1)), ("size", number(2)), ("gone", number(3))]);
    table.put(first, Condition::Always).await.unwrap();
    let change = Change {
        set: Item::from([("size".to_owned(), text("new")), ("added".to_owned(), number(4))]),
        remove: vec!["gone".to_owned(), "never".to_owned()],
    };
    let expected = item(&key, &[("kept", number(1)), ("size", text("new")), ("added", number(4))]);
    let wrong = Condition::All(vec![Test::Equals("kept", number(2))]);
    let refused = table.update(&key, change.clone(), wrong.clone()).await;
    assert_eq!(refused, Err(TableError::ConditionFailed), "an update has its condition");
    table.update(&key, change.clone(), Condition::Always).await.unwrap();
    assert_eq!(stored(table, &key).await, Some(expected), "an update changes what it names");
    let absent = Key::new("t#update", "b");
    let refused = table.update(&absent, change.clone(), wrong).await;
    assert_eq!(refused, Err(TableError::ConditionFailed));
    assert_eq!(stored(table, &absent).await, None, "an update whose condition fails makes nothing");
    table.update(&absent, change, Condition::Always).await.unwrap();
    assert_eq!(stored(table, &absent).await.unwrap().len(), 4, "one without a condition makes the item");
}

async fn a_delete_keeps_what_its_condition_protects<T: Table>(table: &T) {
    let key = Key::new("t#delete", "a");
    table.put(item(&key, &[("rev", number(1))]), Condition::Always).await.unwrap();
    let at = |n| Condition::All(vec![Test::Equals("rev", number(n))]);
    assert_eq!(table.delete(&key, at(2)).await, Err(TableError::ConditionFailed));
    assert!(stored(table, &key).await.is_some(), "a delete has its condition");
    table.delete(&key, at(1)).await.unwrap();
    assert_eq!(stored(table, &key).await, None, "what is deleted is absent");
    assert_eq!(table.delete(&key, Condition::Always).await, Ok(()), "deleting what is absent is no error");
    assert_eq!(table.delete(&key, at(1)).await, Err(TableError::ConditionFailed));
}

async fn an_item_of_four_hundred_kib_fits_and_no_larger_one<T: Table>(table: &T) {
    let key = Key::new("t#size", "a");
    let names_and_keys = "pk".len() + "t#size".len() + "sk".len() + "a".len() + "data".len();
    for (over, fits) in [(0, true), (1, false)] {
        let data = Blob::new(vec![7; 400 * 1024 - names_and_keys + over]);
        let answer = table.put(item(&key, &[("data", AttributeValue::B(data))]), Condition::Always).await;
        assert_eq!(answer.is_ok(), fits, "an item of 400 KiB fits, and no larger one: {over} over");
        if let Err(error) = answer {
            assert_eq!(error, TableError::refused("ValidationException"), "too large is a refusal");
        }
    }
    table.delete(&key, Condition::Always).await.unwrap();
}

async fn keys_have_their_limits<T: Table>(table: &T) {
    for (pk, sk, fits) in [
        ("p".repeat(2048), "s".repeat(1024), true),
        ("p".repeat(2049), "s".to_owned(), false),
        ("p".to_owned(), "s".repeat(1025), false),
        (String::new(), "s".to_owned(), false),
        ("p".to_owned(), String::new(), false),
    ] {
        let (long, sort) = (pk.len(), sk.len());
        let answer = table.put(item(&Key::new(pk, sk), &[]), Condition::Always).await;
        assert_eq!(answer.is_ok(), fits, "keys have their limits: {long} and {sort} bytes");
    }
}
