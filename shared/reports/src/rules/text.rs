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
}

impl Contains {
    /// Prepares the test for a needle; an empty one matches every text.
    pub fn new(needle: &str) -> Self {
        let needle = fold(needle).into_owned();
        Self {
            wild: needle.contains(['%', '_']),
            needle,
        }
    }

    /// The folded needle, if it has no wildcards: then the test is a plain search.
    pub fn literal(&self) -> Option<&str> {
        (!self.wild).then_some(self.needle.as_str())
    }

    /// Whether a text that was prepared with [`fold`] matches.
    pub fn matches(&self, folded: &str) -> bool {
        if !self.wild {
            return folded.contains(&self.needle);
        }
        // A leading `%` is implied: try the pattern at every character.
        let starts = folded.char_indices().map(|(i, _)| i).chain([folded.len()]);
        starts.into_iter().any(|i| matches_here(&self.needle, &folded[i..]))
    }

    /// Whether a nullable column matches: null never does.
    pub fn matches_column(&self, column: Option<&str>) -> bool {
        column.is_some_and(|text| self.matches(&fold(text)))
    }
}

/// Whether `text` begins with `pattern`; a trailing `%` is implied. Backtracks to the last `%` only.
fn matches_here(pattern: &str, text: &str) -> bool {
    let (mut p, mut t) = (pattern.chars(), text.chars());
    let mut resume: Option<(std::str::Chars<'_>, std::str::Chars<'_>)> = None;
    loop {
        let mut ahead = p.clone();
        match ahead.next() {
            None => return true,
            Some('%') => {
                p = ahead;
                resume = Some((p.clone(), t.clone()));
                continue;
            }
            Some(wanted) => {
                let mut rest = t.clone();
                if let Some(found) = rest.next()
                    && (wanted == '_' || wanted == found)
                {
                    (p, t) = (ahead, rest);
                    continue;
                }
            }
        }
        let Some((after, from)) = &mut resume else { return false };
        if from.next().is_none() {
            return false;
        }
        (p, t) = (after.clone(), from.clone());
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
        ] {
            assert_eq!(
                Contains::new(needle).matches_column(Some(text)),
                found,
                "{needle:?} in {text:?}"
            );
        }
        assert!(!Contains::new("").matches_column(None), "null matches nothing");
    }
}
