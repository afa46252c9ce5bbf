//! Report bodies: immutable, in one item or several, under a key that is never used twice.
//!
//! Chunks of two bodies cannot mix: each chunk's key holds the fence of its own body, a chunk is only ever written
//! where there is none, and what is read must have the count and the length that the entry gives.

use crate::codec::{self, CodecError, Encoded};
use crate::error::{Result, StoreError};
use crate::keys;
use crate::record::{number, sort_key, with_key};
use crate::store::Store;
use crate::table::{Condition, Item, Key, Read, SortRange, Table};
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use bytes::Bytes;
use vms_core::{Fence, ReportKey, Version};

const KIND: &str = "body";
const DATA: &str = "data";
const FORMAT: &str = "format";

impl<T: Table> Store<T> {
    /// Stores a body under its report and fence, and answers over how many items it is spread. Storing the same
    /// body again is harmless.
    ///
    /// # Errors
    ///
    /// [`StoreError::BodyConflict`] where another body is stored under that key: it is left as it is.
    pub async fn put_body(&self, report: &ReportKey, fence: Fence, body: &Encoded) -> Result<u32> {
        let chunks = body.chunks();
        let count = chunks.len() as u32;
        for (number, data) in (0..).zip(chunks) {
            self.put_chunk(keys::body_chunk(report, fence, number), data).await?;
        }
        Ok(count)
    }

    /// The stored gzip bytes of a version; `None` where any part of it is missing.
    ///
    /// As a body never changes, a read that may be a moment old will do; only if that finds too little is a
    /// consistent one made.
    ///
    /// # Errors
    ///
    /// [`StoreError::Codec`] where what is stored is not what the version says.
    pub async fn body(&self, report: &ReportKey, version: &Version) -> Result<Option<Bytes>> {
        match self.read_body(report, version, Read::Eventual).await? {
            None => self.read_body(report, version, Read::Consistent).await,
            found => Ok(found),
        }
    }

    /// The fences of all bodies that are stored of a report, lowest first, parts of bodies included; reads keys only.
    pub async fn body_fences(&self, report: &ReportKey) -> Result<Vec<Fence>> {
        let pk = keys::bodies(report);
        let items = self.all(&pk, &SortRange::All, true, Read::Consistent).await?;
        let mut fences = Vec::new();
        for item in &items {
            let (fence, _) = chunk_of(item)?;
            if fences.last() != Some(&fence) {
                fences.push(fence);
            }
        }
        Ok(fences)
    }

    /// Removes a body with all its chunks. A body may go once its fence is lower than its entry's and the entry,
    /// read consistently, does not name it.
    pub async fn delete_body(&self, report: &ReportKey, fence: Fence) -> Result<()> {
        let pk = keys::bodies(report);
        let range = SortRange::Prefix(keys::body_prefix(fence));
        for item in self.all(&pk, &range, true, Read::Consistent).await? {
            let key = Key::new(pk.clone(), sort_key(KIND, &item)?);
            self.table.delete(&key, Condition::Always).await?;
        }
        Ok(())
    }

    async fn put_chunk(&self, key: Key, data: Bytes) -> Result<()> {
        let attributes = Item::from([
            (DATA.to_owned(), AttributeValue::B(Blob::new(data.to_vec()))),
            (FORMAT.to_owned(), number(codec::FORMAT)),
        ]);
        let item = with_key(attributes, key.clone());
        let error = match self.table.put(item, Condition::Absent).await {
            Ok(()) => return Ok(()),
            Err(error) if error.leaves_doubt() => error,
            Err(error) => return Err(error.into()),
        };
        let stored = self.table.get(&key, Read::Consistent).await?;
        match stored.map(chunk_data).transpose()? {
            Some(stored) if stored == data => Ok(()),
            Some(_) => Err(StoreError::BodyConflict),
            None => Err(error.into()),
        }
    }

    async fn read_body(&self, report: &ReportKey, version: &Version, read: Read) -> Result<Option<Bytes>> {
        let items: Vec<Item> = if version.chunks == 1 {
            let key = keys::body_chunk(report, version.body, 0);
            self.table.get(&key, read).await?.into_iter().collect()
        } else {
            let range = SortRange::Prefix(keys::body_prefix(version.body));
            self.all(&keys::bodies(report), &range, false, read).await?
        };
        if items.len() < version.chunks as usize {
            return Ok(None);
        }
        let mut chunks = Vec::with_capacity(items.len());
        for (expected, item) in (0..).zip(items) {
            if chunk_of(&item)? != (version.body, expected) {
                return Err(CodecError::Damaged.into());
            }
            chunks.push(chunk_data(item)?);
        }
        Ok(Some(codec::join(chunks, version.chunks, version.stored_bytes)?))
    }
}

fn chunk_of(item: &Item) -> Result<(Fence, u32)> {
    keys::parse_body_chunk(sort_key(KIND, item)?).ok_or(StoreError::Corrupt { kind: KIND })
}

fn chunk_data(mut item: Item) -> Result<Bytes> {
    match (item.remove(DATA), item.get(FORMAT)) {
        (Some(AttributeValue::B(data)), Some(format)) if *format == number(codec::FORMAT) => {
            Ok(data.into_inner().into())
        }
        _ => Err(StoreError::Corrupt { kind: KIND }),
    }
}
