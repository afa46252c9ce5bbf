//! The keywords of an event: what VMS takes a volunteer's title, field and skills to be good for.
//!
//! All rules read the lower-cased title, most the title and description in one text. "Occurs as a word" means
//! between spaces, or at the very start or end of that text, punctuation not stripped; without a description the
//! text ends in a space, so that nothing ends it (B41). Other rules look for parts of words.
//!
//! Kept with all their oddities, since scores depend on them: keywords of one or two letters (B40), every Kansas City
//! address urban (B42), `art` in "party" and `new` in "news" (B43). Words of one operator's request are never part
//! of a cached report (B47 fixed).

use super::tables::{self, Rule, Words};
use crate::rules::pytext;
use std::borrow::Cow;
use std::collections::BTreeSet;
use vms_source::{Dataset, Event, EventFormat, EventType, Ix};

/// How many terms of one field of work count.
const TERMS_PER_DOMAIN: usize = 3;

/// How many words of the title stand in when no rule finds anything.
const FALLBACK_WORDS: usize = 5;

pub(super) type Keyword = Cow<'static, str>;

/// What the keywords are derived from.
pub(super) struct Subject<'a> {
    pub(super) title: &'a str,
    pub(super) description: Option<&'a str>,
    pub(super) event_type: Option<EventType>,
    pub(super) format: Option<EventFormat>,
    pub(super) location: Option<&'a str>,
    pub(super) skills: Vec<&'a str>,
}

impl<'a> Subject<'a> {
    pub(super) fn of(data: &'a Dataset, ix: Ix<Event>) -> Self {
        let event = &data.events[ix];
        Self {
            title: &event.title,
            description: event.description.as_deref(),
            event_type: event.event_type,
            format: event.format,
            location: event.location.as_deref(),
            skills: data.skills_for(ix).map(|name| &**name).collect(),
        }
    }
}

/// Derived keywords by the rule that found them; a keyword may stand in several.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Keywords {
    pub(super) text: Vec<Keyword>,
    pub(super) skills: Vec<Keyword>,
    pub(super) event_type: Vec<Keyword>,
    pub(super) format: Vec<Keyword>,
    pub(super) location: Vec<Keyword>,
    pub(super) patterns: Vec<Keyword>,
    pub(super) meaning: Vec<Keyword>,
    pub(super) complexity: Vec<Keyword>,
    pub(super) audience: Vec<Keyword>,
    /// Words of the title, only where all of the above are empty.
    pub(super) fallback: Vec<Keyword>,
    /// Those that no rule above found already.
    pub(super) context: Vec<Keyword>,
    /// Only where all of the above are empty.
    pub(super) universal: Vec<Keyword>,
}

impl Keywords {
    pub(super) fn of(subject: &Subject<'_>) -> Self {
        let title = pytext::lower(subject.title);
        let text = Sentence::new(subject);
        let mut found = Self {
            text: text.keywords(),
            skills: subject.skills.iter().map(|s| Cow::Owned(pytext::lower(s))).collect(),
            event_type: fixed(subject.event_type.map_or(&[], tables::of_type)),
            format: of_format(subject),
            location: of_location(subject.location),
            patterns: all_rules(tables::PATTERNS, &title),
            meaning: all_rules(tables::MEANINGS, &text.lower),
            complexity: fixed(complexity(&title)),
            audience: first_rule(tables::AUDIENCES, &title),
            ..Self::default()
        };
        found.complete(&title);
        found
    }

    /// Adds what depends on the rest: the context, and words to fall back on.
    fn complete(&mut self, title: &str) {
        if self.is_empty() {
            self.fallback = telling_words(title);
        }
        let known = self.all();
        self.context = first_rule(tables::CONTEXTS, title);
        self.context.retain(|k| !known.contains(k));
        if self.is_empty() {
            self.universal = fixed(tables::UNIVERSAL);
        }
    }

    /// Every keyword once; never empty.
    pub(super) fn all(&self) -> BTreeSet<Keyword> {
        self.categories().into_iter().flatten().cloned().collect()
    }

    fn is_empty(&self) -> bool {
        self.categories().into_iter().all(Vec::is_empty)
    }

    fn categories(&self) -> [&Vec<Keyword>; 12] {
        [
            &self.text,
            &self.skills,
            &self.event_type,
            &self.format,
            &self.location,
            &self.patterns,
            &self.meaning,
            &self.complexity,
            &self.audience,
            &self.fallback,
            &self.context,
            &self.universal,
        ]
    }
}

/// Title and description in lower case.
struct Sentence {
    lower: String,
    /// The same between two spaces.
    padded: String,
}

impl Sentence {
    fn new(subject: &Subject<'_>) -> Self {
        let lower = pytext::lower(&format!("{} {}", subject.title, subject.description.unwrap_or("")));
        Self { padded: format!(" {lower} "), lower }
    }

    fn has_word(&self, term: &str) -> bool {
        self.lower.starts_with(term) || self.lower.ends_with(term) || self.padded.contains(&format!(" {term} "))
    }

    /// Terms of the fields of work, tools and levels that it speaks of.
    fn keywords(&self) -> Vec<Keyword> {
        let words_in = |terms: Words| terms.iter().copied().filter(|t| self.has_word(t));
        let domains = tables::DOMAINS.iter().flat_map(|d| words_in(d).take(TERMS_PER_DOMAIN));
        let levels = tables::LEVELS.iter().copied().filter(|l| self.lower.contains(l));
        domains.chain(words_in(tables::TOOLS)).chain(levels).map(Cow::Borrowed).collect()
    }
}

fn fixed(words: Words) -> Vec<Keyword> {
    words.iter().copied().map(Cow::Borrowed).collect()
}

/// Virtual sessions get none; their type says it already.
fn of_format(subject: &Subject<'_>) -> Vec<Keyword> {
    match subject.format {
        Some(format) if subject.event_type != Some(EventType::VirtualSession) => fixed(tables::of_format(format)),
        _ => Vec::new(),
    }
}

fn of_location(location: Option<&str>) -> Vec<Keyword> {
    all_rules(tables::LOCATIONS, &pytext::lower(location.unwrap_or("")))
}

fn applies(rule: &Rule, lower: &str) -> bool {
    rule.any_of.iter().any(|word| lower.contains(word))
}

fn all_rules(rules: &[Rule], lower: &str) -> Vec<Keyword> {
    let found = rules.iter().filter(|r| applies(r, lower));
    found.flat_map(|r| fixed(r.keywords)).collect()
}

fn first_rule(rules: &[Rule], lower: &str) -> Vec<Keyword> {
    let found = rules.iter().find(|r| applies(r, lower));
    found.map_or_else(Vec::new, |r| fixed(r.keywords))
}

/// What the number of words in a title is taken to say.
fn complexity(title: &str) -> Words {
    match pytext::words(title).count() {
        n if n > tables::MANY_WORDS => tables::LONG_TITLE,
        n if n < tables::FEW_WORDS => tables::SHORT_TITLE,
        _ => &[],
    }
}

/// The first words of a title that are neither short nor common.
fn telling_words(title: &str) -> Vec<Keyword> {
    pytext::words(title)
        .map(|word| word.trim_matches(tables::PUNCTUATION))
        .filter(|word| word.chars().count() > 2 && !tables::STOP_WORDS.contains(word))
        .take(FALLBACK_WORDS)
        .map(|word| Cow::Owned(word.to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(title: &str) -> Subject<'_> {
        Subject {
            title,
            description: None,
            event_type: Some(EventType::VirtualSession),
            format: None,
            location: None,
            skills: Vec::new(),
        }
    }

    /// Every category that found something, each as a sorted set.
    fn shown(subject: &Subject<'_>) -> String {
        let found = Keywords::of(subject);
        let names = [
            "text",
            "skills",
            "type",
            "format",
            "location",
            "patterns",
            "semantic",
            "complexity",
            "audience",
            "fallback",
            "contextual",
            "universal",
        ];
        let lines = names.iter().zip(found.categories()).filter(|(_, k)| !k.is_empty());
        lines
            .map(|(name, k)| {
                let set: BTreeSet<&str> = k.iter().map(AsRef::as_ref).collect();
                format!("{name}: {}", set.into_iter().collect::<Vec<_>>().join(", "))
            })
            .collect::<Vec<_>>()
            .join("\n")
    }

    const SHORT: &str = "complexity: concentrated, focused, specific, targeted";
    const IN_PERSON: &str = "format: face-to-face, in-person, onsite";

    /// Keywords that VMS itself derived.
    #[test]
    fn the_keywords_of_the_vectors_are_vms_s() {
        let in_person = |title, event_type| Subject {
            event_type: Some(event_type),
            format: Some(EventFormat::InPerson),
            ..subject(title)
        };
        for (subject, expected) in [
            (
                in_person("Reading Buddies Program", EventType::ClassroomActivity),
                format!("text: r\n{IN_PERSON}\n{SHORT}"),
            ),
            (
                Subject { format: Some(EventFormat::Virtual), ..subject("Italian Cooking") },
                format!("text: it\n{SHORT}"),
            ),
            (subject("Reading With A Pal Today"), "text: r".to_owned()),
            (subject("In To Up By"), "universal: event, participation, volunteer".to_owned()),
            (
                Subject {
                    event_type: Some(EventType::CareerFair),
                    format: Some(EventFormat::Virtual),
                    location: Some("Downtown Kansas City"),
                    ..subject("Data, Design and Art: Introduction to Painting for All Levels 101")
                },
                "text: design, painting\n\
                 type: career, employment, interview, job search, networking, professional, resume, workforce\n\
                 format: digital, online, remote, virtual\n\
                 location: city, downtown, urban\n\
                 patterns: instruction, learning, skill building, tutorial\n\
                 complexity: comprehensive, detailed, in-depth, thorough\n\
                 audience: appropriate for, beginner, suitable for\n\
                 contextual: artistic, creativity, visual arts"
                    .to_owned(),
            ),
            (
                Subject {
                    description: Some("Meet a senior software engineer and learn SQL"),
                    location: Some("Suburban rural"),
                    skills: vec!["Python", "Public Speaking"],
                    ..subject("Career Chat")
                },
                format!(
                    "text: engineer, senior, software, sql\nskills: public speaking, python\n\
                     location: city, country, downtown, rural, suburb, suburban, urban\n{SHORT}\n\
                     contextual: business, career development, professional, workplace"
                ),
            ),
            (
                Subject {
                    description: Some("Annual competition"),
                    location: Some("123 Main, Kansas City, MO"),
                    ..in_person("Math Relays at Center High School", EventType::MathRelays)
                },
                format!(
                    "type: analytical, education, math, mathematics, problem solving, stem, teaching\n{IN_PERSON}\n\
                     location: city, downtown, urban\ncontextual: engineering, problem-solving, technical"
                ),
            ),
            (
                Subject {
                    location: Some(""),
                    ..in_person("Creative new community leaders solving challenges", EventType::Dia)
                },
                format!(
                    "text: community, creative, lead\n\
                     type: access, dia, diversity, equity, inclusion, representation, social justice\n{IN_PERSON}\n\
                     semantic: analytical skills, breakthrough, community service, creativity, critical thinking, \
                     helping others, innovation, novel thinking, problem solving, social impact, troubleshooting, \
                     volunteering\ncontextual: artistic, design, painting, visual arts"
                ),
            ),
            (
                in_person("Health career panel - teaching the professional basics", EventType::InPerson),
                format!(
                    "text: health, teaching\n{IN_PERSON}\naudience: appropriate for, beginner, suitable for\n\
                     contextual: business, career development, professional, workplace"
                ),
            ),
        ] {
            assert_eq!(shown(&subject), expected, "{}", subject.title);
        }
    }

    #[test]
    fn a_word_stands_between_spaces_or_at_an_end() {
        for (title, description, term, found) in [
            ("About data", None, "it", false),
            ("About it", None, "it", true),  // by the space that follows
            ("A credit", None, "it", false), // without a description nothing ends the text
            ("A credit", Some(""), "it", false),
            ("About", Some("it"), "it", true),
            ("About", Some("credit"), "it", true), // the end of the text, not of a word
            ("Italy", None, "it", true),
            ("Get it done", None, "it", true),
            ("Get it, done", None, "it", false),
            ("Get it", Some("done"), "it", true),
        ] {
            let subject = Subject { description, ..subject(title) };
            assert_eq!(Sentence::new(&subject).has_word(term), found, "{title} {description:?}");
        }
    }

    #[test]
    fn of_each_field_of_work_the_first_three_terms_count() {
        let text = Subject { description: Some("computer it engineer developer coding k-1 students"), ..subject("On") };
        assert_eq!(Keywords::of(&text).text, ["coding", "developer", "engineer", "k-1"]);
    }

    #[test]
    fn only_a_title_without_any_other_keyword_is_taken_apart() {
        for (title, fallback, context) in [
            ("\"Zebras\" (and) the Giraffes; ox Lions: bears! owls, emus cats", "", ""),
            ("\"Zebras\" and the (Giraffes); Lions:", "zebras, giraffes, lions", ""),
            ("Zebra zebra gnu emu ibex okapi", "zebra, zebra, gnu, emu, ibex", ""),
            ("My party with some gnus", "party, some, gnus", "artistic, creativity, visual arts, design, painting"),
            ("Ibex: Ärger über Gnus", "ibex, ärger, über, gnus", ""),
            ("Go to an ox farm", "farm", ""),
        ] {
            let found = Keywords::of(&subject(title));
            assert_eq!(found.fallback.join(", "), fallback, "{title}");
            assert_eq!(found.context.join(", "), context, "{title}");
            assert!(!found.all().is_empty());
        }
    }

    #[test]
    fn the_number_of_words_says_how_detailed_an_event_is() {
        for (words, expected) in [(0, "focused"), (3, "focused"), (4, ""), (8, ""), (9, "detailed")] {
            let title = vec!["w"; words].join("  ");
            assert_eq!(complexity(&title).first().copied().unwrap_or(""), expected, "{words}");
        }
    }

    #[test]
    fn every_table_is_in_lower_case() {
        let types = EventType::ALL.iter().map(|t| tables::of_type(*t));
        let rules = [tables::LOCATIONS, tables::CONTEXTS, tables::PATTERNS, tables::MEANINGS, tables::AUDIENCES];
        let rules = rules.into_iter().flatten().flat_map(|r| [r.any_of, r.keywords]);
        let others = [tables::TOOLS, tables::LEVELS, tables::STOP_WORDS, tables::UNIVERSAL];
        let all = tables::DOMAINS.iter().copied().chain(types).chain(rules).chain(others);
        for word in all.flatten() {
            assert_eq!(pytext::lower(word), *word);
        }
        let with_keywords = EventType::ALL.iter().filter(|t| !tables::of_type(**t).is_empty());
        assert_eq!(with_keywords.count(), 17);
    }
}
