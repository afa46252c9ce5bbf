//! The stored form of a body: canonical JSON, its name, its gzip form, and the cut into items.
//!
//! Equal JSON must give equal bytes, so that a publish that is repeated writes what is there already: the gzip
//! header carries no time and no name, and the level follows from the content alone. Level 4 was measured beside others
//! on all reports of a mid-size VMS (131 MB, zlib-rs, one core): level 1 leaves 19.2 % in 0.4 s, level 2 15.3 % in 0.5 s,
//! level 4 12.8 % in 0.8 s, level 6 12.0 % in 1.1 s; packing is the longest part of a refresh in which much changed. A
//! body that comes out too large to be served is packed again, as small as can be, if that may help. Only changed
//! reports need packing at all ([`etag`] alone tells whether one changed).

use bytes::Bytes;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;
use flate2::{Compression, GzBuilder};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use vms_core::{Etag, Fence, Version};

/// The version of the stored bytes, kept in every chunk; a reader refuses one that it does not know.
pub const FORMAT: u32 = 1;

/// The most bytes of a body in one item: DynamoDB allows 400 KiB, keys and names of the attributes included.
pub const CHUNK_BYTES: usize = 380 * 1024;

/// Chunks that four digits can number.
const MOST_CHUNKS: usize = 10_000;

/// The most bytes of a body that can be served: Lambda answers with at most 6 MiB, and bytes travel as base64.
pub const MOST_SERVED: usize = 4_700_000;

const LEVEL: Compression = Compression::new(4);
const SMALLEST: Compression = Compression::new(9);
/// Level 9 takes up to 18 % off real reports, and will not take a third off any: larger ones stay too large.
const TOO_LARGE_FOR_ANY: usize = MOST_SERVED * 3 / 2;
/// "Unknown", which does not depend on the machine that packs.
const OPERATING_SYSTEM: u8 = 255;

/// Why a body cannot be packed or unpacked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// The body is larger than its keys can count.
    #[error("the body is too large to be stored")]
    TooLarge,
    /// The stored bytes are no gzip form of a body of the length that the entry gives.
    #[error("the stored bytes of a body are damaged")]
    Damaged,
}

/// A report's JSON as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoded {
    /// The content's name.
    pub etag: Etag,
    /// Length of the JSON.
    pub bytes: u64,
    /// The JSON in its one gzip form.
    pub gzip: Bytes,
}

impl Encoded {
    /// Packs canonical JSON.
    ///
    /// # Errors
    ///
    /// [`CodecError::TooLarge`] for a body of more chunks than can be numbered.
    pub fn of(json: &[u8]) -> Result<Self, CodecError> {
        let gzip = gzip(json).map_err(|_| CodecError::TooLarge)?;
        if gzip.len() > CHUNK_BYTES * MOST_CHUNKS {
            return Err(CodecError::TooLarge);
        }
        Ok(Self { etag: etag(json), bytes: json.len() as u64, gzip: gzip.into() })
    }

    /// The version that this body is where it is stored under that fence.
    pub fn version(
        &self,
        body: Fence,
        rows: u64,
        generated_at: Timestamp,
        source_version: impl Into<String>,
    ) -> Version {
        Version {
            etag: self.etag.clone(),
            body,
            bytes: self.bytes,
            stored_bytes: self.gzip.len() as u64,
            chunks: self.chunks().len() as u32,
            rows,
            generated_at,
            source_version: source_version.into(),
        }
    }

    /// The stored bytes, cut for one item each; never none.
    pub fn chunks(&self) -> impl ExactSizeIterator<Item = Bytes> + Send + '_ {
        self.gzip.chunks(CHUNK_BYTES).map(|part| self.gzip.slice_ref(part))
    }
}

/// The name of a content: the first 32 hex digits of the SHA-256 of its JSON.
pub fn etag(json: &[u8]) -> Etag {
    name(&Sha256::digest(json))
}

fn name(digest: &[u8]) -> Etag {
    Etag(hex(&digest[..16]))
}

/// Unpacks a stored body of exactly `expected_bytes` of JSON; it never makes more than that, whatever is stored.
///
/// # Errors
///
/// [`CodecError::Damaged`] for anything else than one whole gzip member of that length.
pub fn decode(gzip: &[u8], expected_bytes: u64) -> Result<Vec<u8>, CodecError> {
    let mut rest = gzip;
    let mut json = Vec::new();
    // One byte more shows that there is more, and at the exact end makes the decoder check its sum.
    GzDecoder::new(&mut rest)
        .take(expected_bytes.saturating_add(1))
        .read_to_end(&mut json)
        .map_err(|_| CodecError::Damaged)?;
    if json.len() as u64 == expected_bytes && rest.is_empty() { Ok(json) } else { Err(CodecError::Damaged) }
}

/// Checks that stored bytes unpack to the body of that length and name; of the JSON no more than a piece is in memory.
///
/// # Errors
///
/// [`CodecError::Damaged`] for the bytes of any other body, and for what is none.
pub fn verify(gzip: &[u8], expected_bytes: u64, expected: &Etag) -> Result<(), CodecError> {
    let mut rest = gzip;
    let mut json = GzDecoder::new(&mut rest).take(expected_bytes.saturating_add(1));
    let (mut hash, mut length, mut piece) = (Sha256::new(), 0, [0; 16 * 1024]);
    loop {
        match json.read(&mut piece).map_err(|_| CodecError::Damaged)? {
            0 => break,
            read => {
                hash.update(&piece[..read]);
                length += read as u64;
            }
        }
    }
    let whole = length == expected_bytes && rest.is_empty();
    if whole && name(&hash.finalize()) == *expected { Ok(()) } else { Err(CodecError::Damaged) }
}

/// Joins the chunks of a body, which must be as many, and as long together, as its entry says.
///
/// # Errors
///
/// [`CodecError::Damaged`] where count or length differ.
pub fn join(chunks: Vec<Bytes>, expected_chunks: u32, expected_stored: u64) -> Result<Bytes, CodecError> {
    let stored: usize = chunks.iter().map(Bytes::len).sum();
    if chunks.len() != expected_chunks as usize || stored as u64 != expected_stored {
        return Err(CodecError::Damaged);
    }
    Ok(match <[Bytes; 1]>::try_from(chunks) {
        Ok([only]) => only,
        Err(many) => many.concat().into(),
    })
}

/// Bytes as lower-case hex digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

fn gzip(json: &[u8]) -> std::io::Result<Vec<u8>> {
    let usual = gzip_at(LEVEL, json)?;
    let may_fit = (MOST_SERVED + 1..TOO_LARGE_FOR_ANY).contains(&usual.len());
    if may_fit { gzip_at(SMALLEST, json) } else { Ok(usual) }
}

fn gzip_at(level: Compression, json: &[u8]) -> std::io::Result<Vec<u8>> {
    let header = GzBuilder::new().mtime(0).operating_system(OPERATING_SYSTEM);
    let mut encoder: GzEncoder<Vec<u8>> = header.write(Vec::new(), level);
    encoder.write_all(json)?;
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes that do not pack well, the same ones every time.
    fn noise(length: usize) -> Vec<u8> {
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state as u8
        };
        std::iter::repeat_with(&mut next).take(length).collect()
    }

    #[test]
    fn the_stored_bytes_of_a_body_are_these_and_no_others() {
        let encoded = Encoded::of(br#"{"report_data":[{"hours":0.5,"name":"A"},{"hours":0.5,"name":"B"}]}"#).unwrap();
        assert_eq!(
            (hex(&encoded.gzip).as_str(), encoded.etag.0.as_str(), FORMAT),
            (
                "1f8b08000000000000ffab562a4a2dc82f2a894f492c4954b28aae56cac82f2d2a56b232d033d551ca4bcc4d55b2527254aad5\
                 c12ae1a4541b5b0b005b0b8b2743000000",
                "57964a21cd3cc38a6f7b1b647e6ba246",
                1
            ),
            "the stored bytes of a body changed: unless that is a mistake, raise codec::FORMAT (a format version \
             bump), teach bodies.rs to read both, and then pin the new bytes here; another level needs no new format"
        );
    }

    #[test]
    fn equal_json_gives_equal_bytes_and_the_way_back_gives_the_json() {
        for json in [&b"{}"[..], b"", br#"{"report_data":[]}"#, &noise(100_000)] {
            let encoded = Encoded::of(json).unwrap();
            assert_eq!(encoded, Encoded::of(json).unwrap());
            assert_eq!(decode(&encoded.gzip, encoded.bytes).unwrap(), json);
            assert_eq!(verify(&encoded.gzip, encoded.bytes, &encoded.etag), Ok(()));
        }
    }

    #[test]
    fn a_body_that_is_a_little_too_large_to_be_served_is_packed_as_small_as_can_be() {
        let noise = noise(4 << 20);
        let words: Vec<u8> = noise.iter().flat_map(|n| format!("{:03} ", n % 100).into_bytes()).collect();
        let sample = &words[..1 << 20];
        let per_byte = sample.len() as f64 / gzip_at(LEVEL, sample).unwrap().len() as f64;
        // Noise, which stays as it is, and as many words as make it so long.
        let packed = |bytes: usize| {
            let rest = (bytes - noise.len()) as f64 * per_byte;
            [&noise[..], &words[..rest as usize]].concat()
        };
        for (bytes, level) in [
            (MOST_SERVED * 99 / 100, LEVEL),
            (MOST_SERVED * 101 / 100, SMALLEST),
            (TOO_LARGE_FOR_ANY * 99 / 100, SMALLEST),
            (TOO_LARGE_FOR_ANY * 101 / 100, LEVEL),
        ] {
            let json = packed(bytes);
            assert!(Encoded::of(&json).unwrap().gzip == gzip_at(level, &json).unwrap(), "{bytes}");
        }
        let nearly = packed(MOST_SERVED * 1005 / 1000);
        assert!(Encoded::of(&nearly).unwrap().gzip.len() < MOST_SERVED, "now it can be served");
    }

    #[test]
    fn the_etag_is_the_head_of_the_sha_256() {
        assert_eq!(etag(b"abc").0, "ba7816bf8f01cfea414140de5dae2223");
    }

    #[test]
    fn damaged_bytes_and_wrong_lengths_are_refused() {
        let encoded = Encoded::of(&noise(1000)).unwrap();
        let gzip = encoded.gzip.to_vec();
        for expected in [0, 999, 1001, u64::MAX] {
            assert_eq!(decode(&gzip, expected), Err(CodecError::Damaged), "{expected}");
        }
        assert_eq!(decode(&gzip[..gzip.len() - 1], 1000), Err(CodecError::Damaged));
        assert_eq!(decode(&[&gzip[..], b"x"].concat(), 1000), Err(CodecError::Damaged));
        for place in 0..gzip.len() {
            let mut changed = gzip.clone();
            changed[place] ^= 0x10;
            // Some bits of the header and some padding mean nothing; nothing else may change unseen.
            let read = decode(&changed, 1000);
            assert!(read.is_err() || read.is_ok_and(|json| json == noise(1000)), "byte {place}");
        }
    }

    #[test]
    fn only_the_named_body_passes_for_it() {
        let (encoded, other) = (Encoded::of(&noise(100_000)).unwrap(), Encoded::of(&vec![b'x'; 100_000]).unwrap());
        let check = |gzip: &[u8], bytes| verify(gzip, bytes, &encoded.etag);
        assert_eq!(check(&encoded.gzip, 100_000), Ok(()));
        assert_eq!(check(&other.gzip, 100_000), Err(CodecError::Damaged), "a whole body, but another one");
        for bytes in [0, 99_999, 100_001, u64::MAX] {
            assert_eq!(check(&encoded.gzip, bytes), Err(CodecError::Damaged), "{bytes}");
        }
        assert_eq!(check(&encoded.gzip[..encoded.gzip.len() - 1], 100_000), Err(CodecError::Damaged));
        assert_eq!(check(&[&encoded.gzip[..], b"x"].concat(), 100_000), Err(CodecError::Damaged));
    }

    #[test]
    fn a_bomb_is_refused_without_unpacking_it() {
        let bomb = Encoded::of(&vec![b' '; 64 << 20]).unwrap();
        assert!(bomb.gzip.len() < 100_000);
        assert_eq!(decode(&bomb.gzip, 10), Err(CodecError::Damaged));
    }

    #[test]
    fn a_body_is_cut_at_the_chunk_limit_and_joined_as_it_was() {
        for (stored, count) in [(1, 1), (CHUNK_BYTES, 1), (CHUNK_BYTES + 1, 2), (3 * CHUNK_BYTES, 3)] {
            let encoded = Encoded { etag: Etag(String::new()), bytes: 0, gzip: noise(stored).into() };
            let chunks: Vec<_> = encoded.chunks().collect();
            assert_eq!(chunks.len(), count);
            assert!(chunks.iter().all(|c| c.len() <= CHUNK_BYTES));
            let length = stored as u64;
            assert_eq!(join(chunks.clone(), count as u32, length), Ok(encoded.gzip.clone()));
            assert_eq!(join(chunks.clone(), count as u32 + 1, length), Err(CodecError::Damaged));
            assert_eq!(join(chunks, count as u32, length + 1), Err(CodecError::Damaged));
        }
    }
}
