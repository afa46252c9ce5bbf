//! From an object's bytes to a database file, as they arrive: hashed, unpacked, and never more than may be.

use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use ruzstd::decoding::StreamingDecoder;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::io::{self, BufRead, BufReader, Cursor, Read, Write};
use tokio::sync::mpsc;

/// Bytes that are unpacked at a time.
const STRIDE: usize = 64 * 1024;

/// What a download hands over. A channel that ends without [`Piece::End`] broke off.
#[derive(Debug)]
pub(crate) enum Piece {
    Bytes(Bytes),
    End,
}

/// Why there is no database file.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UnpackError {
    #[error("neither a SQLite database nor a packed one")]
    UnknownForm,
    #[error("damaged or cut off")]
    Damaged(&'static str),
    #[error("too large")]
    TooLarge,
    #[error("broke off")]
    BrokenOff,
    #[error("cannot be written")]
    Write(#[from] io::Error),
}

/// Unpacks all that arrives into `target`; the SHA-256 of what arrived, in hex.
pub(crate) fn unpack(
    pieces: mpsc::Receiver<Piece>,
    target: &mut impl Write,
    limit: u64,
) -> Result<String, UnpackError> {
    let mut arriving = Arriving { pieces, rest: Bytes::new(), hash: Sha256::new(), state: State::Open };
    let unpacked = pour(&mut arriving, &mut Bounded { target, left: limit });
    if arriving.state == State::BrokenOff {
        return Err(UnpackError::BrokenOff);
    }
    unpacked?;
    // What follows the end of a packed file belongs to the object all the same.
    io::copy(&mut arriving, &mut io::sink()).map_err(|_| UnpackError::BrokenOff)?;
    Ok(hex(&arriving.hash.finalize()))
}

/// Bytes in hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn pour(arriving: &mut Arriving, target: &mut Bounded<'_, impl Write>) -> Result<(), UnpackError> {
    let mut first = Vec::new();
    arriving.by_ref().take(6).read_to_end(&mut first).map_err(|_| UnpackError::BrokenOff)?;
    let packed = Cursor::new(first.clone()).chain(arriving);
    if first == *b"SQLite" {
        target.take(packed, "SQLite")
    } else if first.starts_with(&[0x1f, 0x8b]) {
        target.take(MultiGzDecoder::new(packed), "gzip")
    } else if first.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        frames(BufReader::new(packed), target)
    } else {
        Err(UnpackError::UnknownForm)
    }
}

/// The frames of a zstd file, one after the other.
fn frames(mut packed: impl BufRead, target: &mut Bounded<'_, impl Write>) -> Result<(), UnpackError> {
    const FORM: &str = "zstd";
    let damaged = UnpackError::Damaged(FORM);
    while !packed.fill_buf().is_ok_and(<[u8]>::is_empty) {
        let Ok(mut frame) = StreamingDecoder::new(&mut packed) else { return Err(damaged) };
        target.take(&mut frame, FORM)?;
        let told = frame.decoder.get_checksum_from_data();
        if told.is_some() && told != frame.decoder.get_calculated_checksum() {
            return Err(damaged);
        }
    }
    Ok(())
}

/// What arrives, as a reader.
struct Arriving {
    pieces: mpsc::Receiver<Piece>,
    rest: Bytes,
    hash: Sha256,
    state: State,
}

#[derive(PartialEq, Eq)]
enum State {
    Open,
    Ended,
    BrokenOff,
}

impl Read for Arriving {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.rest.is_empty() && self.state == State::Open {
            match self.pieces.blocking_recv() {
                Some(Piece::Bytes(bytes)) => {
                    self.hash.update(&bytes);
                    self.rest = bytes;
                }
                Some(Piece::End) => self.state = State::Ended,
                None => self.state = State::BrokenOff,
            }
        }
        if self.state == State::BrokenOff {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let count = into.len().min(self.rest.len());
        into[..count].copy_from_slice(&self.rest.split_to(count));
        Ok(count)
    }
}

/// A file that takes only so much.
struct Bounded<'a, W> {
    target: &'a mut W,
    left: u64,
}

impl<W: Write> Bounded<'_, W> {
    fn take(&mut self, mut unpacked: impl Read, form: &'static str) -> Result<(), UnpackError> {
        let mut buffer = vec![0; STRIDE];
        loop {
            let count = match unpacked.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(_) => return Err(UnpackError::Damaged(form)),
            };
            self.left = self.left.checked_sub(count as u64).ok_or(UnpackError::TooLarge)?;
            self.target.write_all(&buffer[..count])?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use proptest::prelude::*;

    /// A zstd file of two frames, each with its checksum: `SQLite format 3` and ` and so on`.
    const ZSTD: &[u8] = &[
        0x28, 0xb5, 0x2f, 0xfd, 0x04, 0x58, 0x79, 0x00, 0x00, 0x53, 0x51, 0x4c, 0x69, 0x74, 0x65, 0x20, 0x66, 0x6f,
        0x72, 0x6d, 0x61, 0x74, 0x20, 0x33, 0x0f, 0x08, 0xc4, 0x69, 0x28, 0xb5, 0x2f, 0xfd, 0x04, 0x58, 0x51, 0x00,
        0x00, 0x20, 0x61, 0x6e, 0x64, 0x20, 0x73, 0x6f, 0x20, 0x6f, 0x6e, 0xaf, 0x54, 0x6d, 0xa4,
    ];

    const FIRST_FRAME: usize = 28;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    /// Unpacks what arrives in pieces of that size, and whether it ends as it should.
    fn unpacked(bytes: &[u8], size: usize, ends: bool, limit: u64) -> Result<Vec<u8>, UnpackError> {
        let (sender, receiver) = mpsc::channel(4);
        let mut target = Vec::new();
        let found = std::thread::scope(|scope| {
            scope.spawn(move || {
                let pieces = bytes.chunks(size).map(|c| Piece::Bytes(Bytes::copy_from_slice(c)));
                for piece in pieces.chain(ends.then_some(Piece::End)) {
                    if sender.blocking_send(piece).is_err() {
                        return;
                    }
                }
            });
            unpack(receiver, &mut target, limit)
        })?;
        assert_eq!(found, hex(&Sha256::digest(bytes)), "the hash is that of what arrived");
        Ok(target)
    }

    proptest! {
        #[test]
        fn whatever_the_pieces_a_file_comes_out_as_it_was(
            body in proptest::collection::vec(any::<u8>(), 0..5000), size in 1_usize..900
        ) {
            let file = [b"SQLite format 3\0".to_vec(), body].concat();
            prop_assert_eq!(&unpacked(&file, size, true, u64::MAX).unwrap(), &file);
            prop_assert_eq!(&unpacked(&gzip(&file), size, true, u64::MAX).unwrap(), &file);
            let members = [gzip(&file[..9]), gzip(&file[9..])].concat();
            prop_assert_eq!(&unpacked(&members, size, true, u64::MAX).unwrap(), &file);
        }
    }

    #[test]
    fn a_zstd_file_is_unpacked_frame_by_frame_and_its_checksums_hold() {
        assert_eq!(unpacked(ZSTD, 7, true, u64::MAX).unwrap(), b"SQLite format 3 and so on");
        for at in [12, ZSTD.len() - 10, ZSTD.len() - 1] {
            let mut bent = ZSTD.to_vec();
            bent[at] ^= 0x10;
            assert!(unpacked(&bent, 7, true, u64::MAX).is_err(), "byte {at} is another");
        }
        for length in (6..ZSTD.len()).filter(|length| *length != FIRST_FRAME) {
            assert!(unpacked(&ZSTD[..length], 7, true, u64::MAX).is_err(), "{length} bytes of it");
        }
    }

    #[test]
    fn each_way_to_go_wrong_is_told_from_the_others() {
        let file = [&b"SQLite format 3\0"[..], &vec![7; 50_000]].concat();
        let packed = gzip(&file);
        let mut bent = packed.clone();
        let checksum = bent.len() - 6;
        bent[checksum] ^= 1;
        let whole = file.len() as u64;
        let of = |bytes: &[u8], ends, limit| unpacked(bytes, 1000, ends, limit).map(drop).unwrap_err().to_string();
        assert_eq!(of(b"PK\x03\x04 an archive", true, whole), "neither a SQLite database nor a packed one");
        assert_eq!(of(b"", true, whole), "neither a SQLite database nor a packed one");
        assert_eq!(of(&packed[..packed.len() - 9], true, whole), "damaged or cut off");
        assert_eq!(of(&bent, true, whole), "damaged or cut off");
        assert_eq!(of(&packed, true, whole - 1), "too large");
        assert_eq!(of(&file, true, whole - 1), "too large");
        assert_eq!(of(&packed, false, whole), "broke off");
        assert_eq!(of(&file[..999], false, whole), "broke off");
        assert!(unpacked(&packed, 1000, true, whole).is_ok());
    }
}
