//! Text comparison as SQLite does it for VMS: only ASCII letters fold, and `%` and `_` are wildcards.

use std::borrow::Cow;

/// A text prepared for [`Contains::matches`]: ASCII lower case, ended at a NUL as SQLite ends it.
pub fn fold(text: &str) -> Cow<'_, str> {
    let text = text.split('\0').next().unwrap_or_default();
    if text.bytes().any(|b| b.is_ascii_uppercase()) {
        Cow::Owned(text.to_ascii_lowercase())
    } else {
        Cow::Borrowed(text)
    }
}

/// The test `lower(column) LIKE '%' || lower(needle) || '%'`, the needle not escaped.
#[derive(Debug, Clone)]
pub struct Contains {
    needle: String,
    wild: bool,
    /// SQLite reads no further than a NUL: a needle that holds one loses the `%` behind it.
    at_end: bool,
}

impl Contains {
    /// Prepares the test for a needle; an empty one matches every text.
    pub fn new(needle: &str) -> Self {
        let at_end = needle.contains('\0');
        let needle = fold(needle).into_owned();
        Self { wild: needle.contains(['%', '_']), at_end, needle }
    }

    /// The folded needle, if it has no wildcards: then the test is a plain search.
    pub fn literal(&self) -> Option<&str> {
        (!self.wild && !self.at_end).then_some(self.needle.as_str())
    }

    /// Whether a text that was prepared with [`fold`] matches.
    pub fn matches(&self, folded: &str) -> bool {
        match (self.wild, self.at_end) {
            (true, _) => self.matches_wild(folded),
            (false, true) => folded.ends_with(&self.needle),
            (false, false) => folded.contains(&self.needle),
        }
    }

    /// Whether a nullable column matches: null never does.
    pub fn matches_column(&self, column: Option<&str>) -> bool {
        column.is_some_and(|text| self.matches(&fold(text)))
    }

    /// Reads pattern and text side by side, going back to the last `%` only: whatever was found before it is as far
    /// left as can be, so nothing is gained by finding it later.
    fn matches_wild(&self, text: &str) -> bool {
        let (mut pattern, mut text) = (self.needle.chars(), text.chars());
        // A leading `%` is implied.
        let mut resume = (pattern.clone(), text.clone());
        loop {
            let mut ahead = pattern.clone();
            match ahead.next() {
                None if !self.at_end || text.as_str().is_empty() => return true,
                None => {}
                Some('%') => {
                    pattern = ahead;
                    resume = (pattern.clone(), text.clone());
                    continue;
                }
                Some(wanted) => {
                    let mut rest = text.clone();
                    if let Some(found) = rest.next()
                        && (wanted == '_' || wanted == found)
                    {
                        (pattern, text) = (ahead, rest);
                        continue;
                    }
                }
            }
            if resume.1.next().is_none() {
                return false;
            }
            (pattern, text) = resume.clone();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_needle_is_found_as_sqlite_finds_it() {
        for (needle, text, found) in [
            ("prepkc", "Hosted by PREPKC", true),
            ("PrepKC", "prepkc", true),
            ("", "", true),
            ("", "anything", true),
            ("ÉCOLE", "école", false), // only ASCII letters fold
            ("École", "une École", true),
            ("a_c", "xxabcxx", true),
            ("a_c", "ac", false),
            ("a_c", "aéc", true), // `_` is one character, not one byte
            ("a%c", "a long way to c", true),
            ("a%c", "c before a", false),
            ("a%b%c", "a1b2b3", false),
            ("a%b%c", "aXbXbXc", true),
            ("%", "", true),
            ("_", "", false),
            ("100%", "100", true),
            ("b", "a\0b", false), // SQLite reads no further
            ("a\0b", "cA", true), // nor the needle, which then stands at the end
            ("a\0b", "ab", false),
            ("a\0", "a\0c", true),
            ("a_\0", "aba", false),
            ("a_\0", "abac", true),
            ("a%\0", "bab", true),
            ("a%b\0", "abaab", true),
            ("a%b\0", "abac", false),
            ("ab%", "aab", true),
            ("a_b", "aaab", true),
        ] {
            assert_eq!(Contains::new(needle).matches_column(Some(text)), found, "{needle:?} in {text:?}");
        }
        assert!(!Contains::new("").matches_column(None), "null matches nothing");
    }

    #[test]
    fn a_long_text_is_read_once() {
        let text = "ab".repeat(500_000);
        assert!(!Contains::new("a%b%ca").matches(&text));
        assert!(!Contains::new("b_c").matches(&text));
    }
}
