//! What the store answers with when it cannot do what was asked; nothing in it comes from an item.

use crate::codec::CodecError;
use crate::table::TableError;
use vms_core::FailureClass;

/// Why the store could not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The table failed, or refused.
    #[error(transparent)]
    Table(#[from] TableError),
    /// A stored item is not what this version of the store writes.
    #[error("a stored {kind} cannot be read")]
    Corrupt {
        /// The kind of item, such as `entry`.
        kind: &'static str,
    },
    /// A record cannot be written as an item.
    #[error("a {kind} cannot be written as an item")]
    Unwritable {
        /// The kind of item, such as `entry`.
        kind: &'static str,
    },
    /// Under this report and fence another body is stored already; a body's key is never used twice.
    #[error("another body is stored under the same report and fence")]
    BodyConflict,
    /// A body cannot be packed, or is larger than its keys can count.
    #[error(transparent)]
    Codec(#[from] CodecError),
}

impl StoreError {
    /// Whether the same call may succeed later.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Table(error) if error.is_transient())
    }

    /// Who must act.
    pub fn class(&self) -> FailureClass {
        match self {
            Self::Table(error) => error.class(),
            Self::Codec(CodecError::TooLarge) => FailureClass::TooLarge,
            Self::Unwritable { .. } => FailureClass::Builder,
            Self::Corrupt { .. } | Self::BodyConflict | Self::Codec(_) => FailureClass::VerifyMismatch,
        }
    }
}

/// What every call of the store answers with.
pub(crate) type Result<T, E = StoreError> = std::result::Result<T, E>;
