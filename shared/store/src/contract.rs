//! The contract: every promise of the store, as a test that any [`Table`] under it must pass.
//!
//! One suite for the memory table, for the embedded DynamoDB, and for any other by its endpoint: a fake earns trust
//! by passing the tests of the real thing. Each promise is a small function named after it, and panics with a
//! sentence where it is broken.

#![expect(clippy::unwrap_used, reason = "a broken promise ends the test that verifies it")]

mod bodies;
mod entries;
mod leases;
mod ledger;
mod people;
mod pointers;
mod queries;
pub(crate) mod samples;
mod status;
mod tables;

use crate::store::Store;
use crate::table::Table;

/// Verifies every promise, of the table and of the store on it, on a fresh, empty table; the table is of no other
/// use afterwards.
///
/// # Panics
///
/// With a sentence that names the first promise that does not hold.
pub async fn verify<T: Table>(table: T) {
    Box::pin(tables::verify(&table)).await;
    Box::pin(queries::verify(&table)).await;
    Box::pin(verify_store(Store::new(table))).await;
}

/// Verifies the promises of the store alone, on a fresh, empty table that may be less than faithful: one that loses
/// answers, say.
///
/// # Panics
///
/// With a sentence that names the first promise that does not hold.
pub async fn verify_store<T: Table>(store: Store<T>) {
    Box::pin(entries::verify(&store)).await;
    Box::pin(pointers::verify(&store)).await;
    Box::pin(bodies::verify(&store)).await;
    Box::pin(leases::verify(&store)).await;
    Box::pin(ledger::verify(&store)).await;
    Box::pin(status::verify(&store)).await;
    Box::pin(people::verify(&store)).await;
}
