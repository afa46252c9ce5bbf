//! Where a snapshot lies: `s3://bucket/key`.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// An object in S3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// Its bucket.
    pub bucket: String,
    /// Its key.
    pub key: String,
}

/// A text that names no object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expects s3:// with a bucket and a key, such as s3://my-bucket/vms/snapshot.db.gz")]
pub struct LocationError;

impl Location {
    /// What errors call the object.
    pub(crate) fn name(&self) -> PathBuf {
        PathBuf::from(self.to_string())
    }
}

impl FromStr for Location {
    type Err = LocationError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (bucket, key) = text.strip_prefix("s3://").and_then(|rest| rest.split_once('/')).ok_or(LocationError)?;
        let is_bucket = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
        let fits = (3..=63).contains(&bucket.len()) && bucket.chars().all(is_bucket);
        if !fits || key.is_empty() || key.len() > 1024 || key.ends_with('/') {
            return Err(LocationError);
        }
        Ok(Self { bucket: bucket.to_owned(), key: key.to_owned() })
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}/{}", self.bucket, self.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_read_as_it_is_printed_and_nothing_else_is_one() {
        for text in ["s3://my-bucket/a", "s3://my.bucket.2/vms/snapshot.db.gz", "s3://abc/a b//ü?#%20"] {
            assert_eq!(text.parse::<Location>().unwrap().to_string(), text);
        }
        for text in ["", "s3://", "s3://bucket", "s3://bucket/", "s3://bucket/folder/", "s3:///key", "file:///a/b"] {
            assert_eq!(text.parse::<Location>(), Err(LocationError), "{text}");
        }
        assert!("s3://user:secret@bucket/key".parse::<Location>().is_err());
    }
}
