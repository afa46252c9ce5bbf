//! The size of an item as DynamoDB counts it, for the memory table's limits.

use crate::table::Item;
use aws_sdk_dynamodb::types::AttributeValue;

/// The most that one item may hold: 400 KiB, names of attributes included.
pub(crate) const MOST_ITEM_BYTES: usize = 400 * 1024;
/// The most that one page of a query reads.
pub(crate) const MOST_PAGE_BYTES: usize = 1024 * 1024;
/// The longest partition key.
pub(crate) const MOST_PK_BYTES: usize = 2048;
/// The longest sort key.
pub(crate) const MOST_SK_BYTES: usize = 1024;

/// The size of an item: its names and its values.
pub(crate) fn of(item: &Item) -> usize {
    item.iter().map(|(name, value)| name.len() + of_value(value)).sum()
}

fn of_value(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::B(bytes) => bytes.as_ref().len(),
        AttributeValue::N(number) => of_number(number),
        AttributeValue::Ss(texts) => texts.iter().map(String::len).sum(),
        AttributeValue::Ns(numbers) => numbers.iter().map(|n| of_number(n)).sum(),
        AttributeValue::Bs(many) => many.iter().map(|b| b.as_ref().len()).sum(),
        AttributeValue::L(list) => 3 + list.iter().map(|v| 1 + of_value(v)).sum::<usize>(),
        AttributeValue::M(map) => 3 + map.iter().map(|(name, v)| 1 + name.len() + of_value(v)).sum::<usize>(),
        _ => 1,
    }
}

/// About one byte for two significant digits, one more, and one for a sign.
fn of_number(number: &str) -> usize {
    let digits = number.trim_start_matches('-').trim_matches('0').len();
    digits.div_ceil(2) + 1 + usize::from(number.starts_with('-'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{number, text};

    #[test]
    fn names_and_values_count() {
        assert_eq!(of(&Item::from([("pk".to_owned(), text("é"))])), 4);
        assert_eq!(of(&Item::from([("n".to_owned(), number(-12_300))])), 1 + 2 + 1 + 1);
        let list = AttributeValue::L(vec![AttributeValue::Bool(true)]);
        assert_eq!(of(&Item::from([("l".to_owned(), list)])), 1 + 3 + 2);
    }
}
