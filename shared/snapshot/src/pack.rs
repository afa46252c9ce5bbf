//! A snapshot before it leaves: copied, compressed, hashed, in temporary files that nobody else may read.

use crate::unpack::hex;
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Read, Write};
use tempfile::NamedTempFile;
use vms_source::{Content, Copied, CopyError, Database};

/// Bytes that are compressed at a time.
const STRIDE: usize = 256 * 1024;

/// A snapshot, ready to be uploaded.
#[derive(Debug)]
pub struct Packed {
    /// The gzip file.
    pub file: NamedTempFile,
    /// Its SHA-256.
    pub sha256: [u8; 32],
    /// Its size.
    pub bytes: u64,
    /// The size of the database in it.
    pub unpacked_bytes: u64,
    /// What that holds.
    pub copied: Copied,
}

impl Packed {
    /// The SHA-256 in hex.
    pub fn sha256_hex(&self) -> String {
        hex(&self.sha256)
    }
}

/// Why there is none.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// The database cannot be copied.
    #[error(transparent)]
    Copy(#[from] CopyError),
    /// A temporary file cannot be used.
    #[error("a temporary file cannot be written ({}); make room in the folder that TMPDIR names", .0.kind())]
    Temporary(#[from] io::Error),
}

/// Copies a database and compresses the copy. `progress` is told what is at work, and how much of how much is done.
pub fn pack(
    database: &Database,
    content: Content,
    progress: &mut dyn FnMut(&'static str, u64, u64),
) -> Result<Packed, PackError> {
    let copy = NamedTempFile::new()?;
    let copied = database.copy(content, copy.path(), &mut |done, all| progress("copying", done, all))?;
    // SQLite wrote through the path.
    let mut copy = File::open(copy.path())?;
    let unpacked_bytes = copy.metadata()?.len();
    let file = NamedTempFile::new()?;
    let hashing = Hashing { to: file.as_file(), hash: Sha256::new(), bytes: 0 };
    let mut packer = GzEncoder::new(hashing, Compression::default());
    let mut buffer = vec![0; STRIDE];
    let mut done = 0;
    loop {
        let count = copy.read(&mut buffer)?;
        if count == 0 {
            break;
        }
        packer.write_all(&buffer[..count])?;
        done += count as u64;
        progress("compressing", done, unpacked_bytes);
    }
    let Hashing { hash, bytes, .. } = packer.finish()?;
    Ok(Packed { file, sha256: hash.finalize().into(), bytes, unpacked_bytes, copied })
}

/// A file whose bytes are hashed and counted as they are written.
struct Hashing<'a> {
    to: &'a File,
    hash: Sha256,
    bytes: u64,
}

impl Write for Hashing<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.to.write(bytes)?;
        self.hash.update(&bytes[..count]);
        self.bytes += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}
