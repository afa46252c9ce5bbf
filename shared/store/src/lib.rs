//! The cache table in DynamoDB: what lies under which key, and every step on it as one conditional write.
//!
//! The crate has three floors. [`Table`] is the port: five calls on one table of items, implemented by
//! [`DynamoTable`] and, for tests, by [`MemoryTable`]. [`keys`] and [`codec`] say what is written where, and how.
//! [`Store`] is what the rest of the system uses: entries, bodies, leases, runs, status and so on, one file per
//! concern. [`contract`] holds every promise of the store as a test that any [`Table`] must pass.
//!
//! Deliberately absent: transactions, scans, batches and secondary indexes, so that every DynamoDB, local ones
//! included, behaves the same; the clock, which is an argument; and any knowledge of what a report says.

mod acts;
mod api_keys;
mod backup;
mod bodies;
mod cleaning;
pub mod codec;
pub mod contract;
mod control;
mod dynamo;
mod entries;
mod error;
mod expression;
mod fault;
pub mod keys;
mod lease;
mod memory;
mod provision;
mod record;
mod runs;
mod secret;
mod sessions;
mod size;
mod status;
mod store;
mod table;

pub use acts::{Act, ActKind};
pub use api_keys::ApiKey;
pub use backup::{Backup, BackupKey, Restored};
pub use cleaning::Cleaned;
pub use codec::{CodecError, Encoded};
pub use control::ScheduleControl;
pub use dynamo::{DynamoTable, connect};
pub use entries::{Removed, Saved};
pub use error::StoreError;
pub use lease::{Acquire, Lease};
pub use memory::MemoryTable;
pub use provision::{create_table, delete_table};
pub use secret::{KeySecret, SecretError, SecretHash, SessionToken};
pub use sessions::Session;
pub use store::Store;
pub use table::{Change, Condition, Item, Key, Page, QueryPage, Read, SortRange, Table, TableError, Test};
