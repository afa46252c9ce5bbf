//! The memory table against real implementations: the same random calls must give the same answers.
//!
//! Few keys and small numbers, so that conditions hold and fail about equally often. The one allowed difference: a
//! real table may or may not name a place to go on at the very end of a partition, so pages are followed to the end.

use crate::tables::{embedded, external};
use aws_sdk_dynamodb::types::AttributeValue;
use vms_store::{Change, Condition, Item, Key, MemoryTable, Page, Read, SortRange, Table, TableError, Test};

const STEPS: u32 = 800;

/// A small generator: the same calls in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }

    fn value(&mut self) -> AttributeValue {
        match self.roll(5) {
            0 => AttributeValue::S(["", "1", "a"][self.roll(3) as usize].to_owned()),
            _ => AttributeValue::N((self.roll(5) as i64 - 1).to_string()),
        }
    }

    fn name(&mut self) -> &'static str {
        ["rev", "fence", "owner"][self.roll(3) as usize]
    }

    fn key(&mut self) -> Key {
        let pk = ["a", "b"][self.roll(2) as usize];
        Key::new(pk, ["1", "10", "2", "2#a", "2#b"][self.roll(5) as usize])
    }

    fn item(&mut self) -> Item {
        (0..self.roll(4)).map(|_| (self.name().to_owned(), self.value())).collect()
    }

    fn tests(&mut self) -> Vec<Test> {
        let count = self.roll(3);
        (0..count)
            .map(|_| {
                if self.roll(2) == 0 {
                    Test::Equals(self.name(), self.value())
                } else {
                    Test::AtMost(self.name(), self.value())
                }
            })
            .collect()
    }

    fn condition(&mut self) -> Condition {
        match self.roll(5) {
            0 => Condition::Absent,
            1 | 2 => Condition::All(self.tests()),
            3 => Condition::AbsentOr(self.tests()),
            _ => Condition::Always,
        }
    }
}

/// One random call, and all that can be seen of its effect.
async fn step<T: Table>(table: &T, dice: &mut Dice) -> (Result<(), TableError>, Option<Item>, Vec<Item>) {
    let key = dice.key();
    let answer = match dice.roll(8) {
        0..3 => {
            let mut item = dice.item();
            item.insert("pk".to_owned(), AttributeValue::S(key.pk.clone()));
            item.insert("sk".to_owned(), AttributeValue::S(key.sk.clone()));
            table.put(item, dice.condition()).await
        }
        3..6 => {
            let set = dice.item();
            let name = dice.name().to_owned();
            let change = Change { remove: if set.contains_key(&name) { Vec::new() } else { vec![name] }, set };
            table.update(&key, change, dice.condition()).await
        }
        _ => table.delete(&key, dice.condition()).await,
    };
    let stored = table.get(&key, Read::Consistent).await.unwrap();
    let range = match dice.roll(3) {
        0 => SortRange::Prefix("2#".to_owned()),
        1 => SortRange::Prefix("1".to_owned()),
        _ => SortRange::All,
    };
    let mut page = Page {
        limit: [None, Some(1), Some(2)][dice.roll(3) as usize],
        newest_first: dice.roll(2) == 0,
        after: [None, None, Some("2".to_owned()), Some("11".to_owned())][dice.roll(4) as usize].clone(),
        keys_only: dice.roll(4) == 0,
    };
    // A start outside the prefix is an error in some implementations; the store never asks so.
    if range != SortRange::All {
        page.after = None;
    }
    let mut listed = Vec::new();
    loop {
        let part = table.query(&key.pk, &range, &page, Read::Consistent).await.unwrap();
        listed.extend(part.items);
        page.after = part.next;
        if page.after.is_none() {
            return (answer, stored, listed);
        }
    }
}

async fn compare<T: Table>(real: &T) {
    let model = MemoryTable::new();
    let (mut ours, mut theirs) = (Dice(0x9e37_79b9_7f4a_7c15), Dice(0x9e37_79b9_7f4a_7c15));
    let mut failed = 0;
    for number in 0..STEPS {
        let expected = step(real, &mut theirs).await;
        let modelled = step(&model, &mut ours).await;
        assert_eq!(modelled, expected, "the model behaves as the real table does, call {number}");
        failed += u32::from(expected.0 == Err(TableError::ConditionFailed));
    }
    assert!((STEPS / 5..STEPS * 4 / 5).contains(&failed), "conditions hold and fail: {failed} of {STEPS}");
}

#[tokio::test]
async fn the_memory_table_answers_as_the_embedded_dynamodb_does() {
    compare(&embedded().await).await;
}

#[tokio::test]
async fn the_memory_table_answers_as_an_external_dynamodb_does() {
    let Some(external) = external("random").await else {
        return;
    };
    compare(&external.table).await;
    external.delete().await;
}
