//! The port: five calls on one table of items, and the few conditions that the store's promises need.
//!
//! It is kept this narrow so that a fake of it can be complete, and so that nothing above it can come to rely on
//! a feature that only some DynamoDB has.

use aws_sdk_dynamodb::types::AttributeValue;
use std::collections::HashMap;
use std::future::Future;
use vms_core::FailureClass;

/// An item: its attributes by name, `pk` and `sk` among them.
pub type Item = HashMap<String, AttributeValue>;

/// The place of an item.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// The partition key.
    pub pk: String,
    /// The sort key.
    pub sk: String,
}

impl Key {
    /// A key of these two parts.
    pub fn new(pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Self { pk: pk.into(), sk: sk.into() }
    }
}

/// How fresh a read must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Read {
    /// Sees every write that was answered before it; costs twice.
    Consistent,
    /// May see the state of a moment ago.
    Eventual,
}

/// Which sort keys of a partition a query covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SortRange {
    /// All of them.
    All,
    /// Those that begin with this text.
    Prefix(String),
}

/// Which part of a query's answer is wanted, and how much of each item.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// At most so many items; without it as many as the table gives at once.
    pub limit: Option<u32>,
    /// From the highest sort key down.
    pub newest_first: bool,
    /// Only what comes after this sort key, which need not exist any more.
    pub after: Option<String>,
    /// Only `pk` and `sk` of each item.
    pub keys_only: bool,
}

/// One page of a query's answer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct QueryPage {
    /// The items, in the order of their sort keys.
    pub items: Vec<Item>,
    /// Where to go on; that page may be empty. `None` at the end.
    pub next: Option<String>,
}

/// What an update does to the attributes of an item; its keys stay.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Change {
    /// Attributes that get a value.
    pub set: Item,
    /// Attributes that go.
    pub remove: Vec<String>,
}

/// A test on one attribute of the stored item; an attribute that is missing, or of another type, fails it.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// The attribute has this value.
    Equals(&'static str, AttributeValue),
    /// The attribute has this value or a lower one.
    AtMost(&'static str, AttributeValue),
}

/// What must hold of the stored item for a write to happen.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// Nothing.
    Always,
    /// There is no item under the key.
    Absent,
    /// Every test passes (of none: nothing must hold).
    All(Vec<Test>),
    /// There is no item under the key, or every test passes (of none: nothing must hold).
    AbsentOr(Vec<Test>),
}

/// Why a call on the table failed; never with the content of an item.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// The condition does not hold; nothing was written by this attempt (an earlier one of the same call, whose
    /// answer was lost, may have been).
    #[error("the condition of the write does not hold")]
    ConditionFailed,
    /// The table asks to slow down; the retries are used up.
    #[error("the table asks to slow down")]
    Throttled,
    /// No answer, or a server's failure, after all retries; a write may or may not have happened.
    #[error("the table does not answer")]
    Unavailable,
    /// The table refuses the call: permissions, settings, a missing table, an item that is too large.
    #[error("the table refuses: {code}")]
    Refused {
        /// The service's name of the refusal, such as `AccessDeniedException`.
        code: String,
    },
}

impl TableError {
    /// A refusal by that name.
    pub(crate) fn refused(code: &str) -> Self {
        Self::Refused { code: code.to_owned() }
    }

    /// Whether the write's condition did not hold.
    pub fn is_condition_failed(&self) -> bool {
        matches!(self, Self::ConditionFailed)
    }

    /// Whether the same call may succeed later.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Throttled | Self::Unavailable)
    }

    /// Whether the write may have happened all the same: it is settled by a consistent read.
    pub(crate) fn leaves_doubt(&self) -> bool {
        self.is_condition_failed() || self.is_transient()
    }

    /// Who must act.
    pub fn class(&self) -> FailureClass {
        match self {
            Self::Throttled => FailureClass::StoreThrottled,
            Self::Unavailable => FailureClass::StoreUnavailable,
            Self::ConditionFailed | Self::Refused { .. } => FailureClass::StoreRefused,
        }
    }
}

/// One table of items with the string keys `pk` and `sk`. Every call stands alone; every write is one conditional
/// write.
///
/// # Errors
///
/// Every call answers with a [`TableError`]; only writes answer with [`TableError::ConditionFailed`].
pub trait Table: Send + Sync {
    /// The item under a key.
    fn get(&self, key: &Key, read: Read) -> impl Future<Output = Result<Option<Item>, TableError>> + Send;

    /// One page of a partition's items.
    fn query(
        &self,
        pk: &str,
        range: &SortRange,
        page: &Page,
        read: Read,
    ) -> impl Future<Output = Result<QueryPage, TableError>> + Send;

    /// Writes a whole item in place of what is there.
    fn put(&self, item: Item, condition: Condition) -> impl Future<Output = Result<(), TableError>> + Send;

    /// Changes some attributes of an item; without a condition that says otherwise, one that is absent is made.
    fn update(
        &self,
        key: &Key,
        change: Change,
        condition: Condition,
    ) -> impl Future<Output = Result<(), TableError>> + Send;

    /// Removes an item; one that is absent already is no error.
    fn delete(&self, key: &Key, condition: Condition) -> impl Future<Output = Result<(), TableError>> + Send;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_names_who_must_act() {
        let refused = TableError::refused("AccessDeniedException");
        for (error, class, transient) in [
            (TableError::ConditionFailed, FailureClass::StoreRefused, false),
            (TableError::Throttled, FailureClass::StoreThrottled, true),
            (TableError::Unavailable, FailureClass::StoreUnavailable, true),
            (refused, FailureClass::StoreRefused, false),
        ] {
            assert_eq!((error.class(), error.is_transient()), (class, transient), "{error}");
        }
    }
}
