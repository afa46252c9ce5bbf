//! Texts as Python handles them for VMS: full Unicode lower case, Python's white space, Python's title case.
//! What SQLite handles is in [`super::text`].

/// Python's `lower()`.
pub fn lower(text: &str) -> String {
    text.to_lowercase()
}

/// What Python takes for white space: Unicode's, and the four ASCII separators.
fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

/// Python's `strip()`.
pub fn strip(text: &str) -> &str {
    text.trim_matches(is_space)
}

/// Python's `split()`.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(is_space).filter(|word| !word.is_empty())
}

/// Python's `title()`: a letter is upper case unless it follows a letter.
pub fn title_case(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut after_letter = false;
    for c in text.chars() {
        if after_letter {
            out.extend(c.to_lowercase());
        } else {
            out.extend(c.to_uppercase());
        }
        after_letter = c.is_alphabetic();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lower_case_is_full_unicode() {
        for (text, expected) in [
            ("ABC", "abc"),
            ("ÄRGER École", "ärger école"),
            ("ΟΔΟΣ ΟΔΟΣΑ", "οδος οδοσα"), // a sigma that ends a word
            ("\u{212a}g", "kg"),          // the Kelvin sign
            ("İ", "i\u{307}"),
            ("STRASSE ß", "strasse ß"),
            ("", ""),
        ] {
            assert_eq!(lower(text), expected, "{text:?}");
        }
    }

    #[test]
    fn white_space_is_pythons() {
        for (text, stripped, split) in [
            ("  a  b ", "a  b", vec!["a", "b"]),
            ("\u{1c}a\u{1f}b\u{1d}", "a\u{1f}b", vec!["a", "b"]),
            ("\u{a0}a\u{2003}b\u{3000}", "a\u{2003}b", vec!["a", "b"]),
            ("a\u{200b}b", "a\u{200b}b", vec!["a\u{200b}b"]), // a zero-width space is none
            ("a\0b", "a\0b", vec!["a\0b"]),
            (" \t\n", "", vec![]),
        ] {
            assert_eq!(strip(text), stripped, "{text:?}");
            assert_eq!(words(text).collect::<Vec<_>>(), split, "{text:?}");
        }
    }

    #[test]
    fn a_letter_after_a_digit_is_a_capital() {
        for (text, title) in [
            ("DATA VIZ", "Data Viz"),
            ("DIA", "Dia"),
            ("P2GD", "P2Gd"),
            ("P2T", "P2T"),
            ("DIA CLASSROOM SPEAKER", "Dia Classroom Speaker"),
            ("it's", "It'S"),
            ("", ""),
        ] {
            assert_eq!(title_case(text), title);
        }
    }
}
