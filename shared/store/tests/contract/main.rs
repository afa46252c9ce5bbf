//! The store's contract, on every DynamoDB at hand, and what no well-behaved one shows: lost answers, late reads,
//! refusals.

#![expect(clippy::unwrap_used, reason = "a test ends where what it stands on gives way")]

mod at_once;
mod lost_answers;
mod random;
mod refusals;
mod tables;

use tables::{embedded, external};
use vms_store::{MemoryTable, contract};

#[tokio::test]
async fn the_memory_table_keeps_the_contract() {
    contract::verify(MemoryTable::new()).await;
}

#[tokio::test]
async fn the_embedded_dynamodb_keeps_the_contract() {
    contract::verify(embedded().await).await;
}

#[tokio::test]
async fn an_external_dynamodb_keeps_the_contract() {
    let Some(external) = external("contract").await else {
        return;
    };
    contract::verify(external.table.clone()).await;
    external.delete().await;
}
