//! Percent-encoding, read strictly and written whole.

use std::fmt::Write as _;

/// The text that a percent-encoded one stands for; `None` where it is not well encoded, or not UTF-8.
pub(crate) fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        rest = tail;
        if first == b'%' {
            let (digits, after) = tail.split_at_checked(2)?;
            if !digits.iter().all(u8::is_ascii_hexdigit) {
                return None;
            }
            bytes.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
            rest = after;
        } else {
            bytes.push(first);
        }
    }
    String::from_utf8(bytes).ok()
}

/// A text as one value of a query string.
pub(crate) fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_well_encoded_is_read() {
        for (text, decoded) in [
            ("a~20b", Some("a~20b")),
            ("%7E20", Some("~20")),
            ("%c3%a9", Some("é")),
            ("100%", None),
            ("%4", None),
            ("%+1", None),
            ("%ff", None),
        ] {
            assert_eq!(decode(text).as_deref(), decoded, "{text}");
        }
    }

    #[test]
    fn what_is_encoded_is_read_as_it_was() {
        let text = "/a b?c=d&e=é%7E+~";
        assert_eq!(encode(text), "%2Fa%20b%3Fc%3Dd%26e%3D%C3%A9%257E%2B~");
        assert_eq!(decode(&encode(text)).as_deref(), Some(text));
    }
}
