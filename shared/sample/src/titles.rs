//! Titles and descriptions, in the words that VMS's recruitment derives keywords from.

use crate::plan::Plan;
use crate::rng::Rng;
use crate::words::TOPICS;

/// Titles that stand as they are. Upcoming DIA events are shown only under some of these words, or if they need
/// volunteers.
const DIA_TITLES: [&str; 4] =
    ["Voices Behind the Data", "Data Ethics Speaker", "Project Mentors", "voices behind the data: spring"];

const LEADS: [&str; 10] = [
    "Introduction to",
    "Exploring",
    "How to Begin:",
    "Career in Focus:",
    "Building",
    "Understanding",
    "Connecting with",
    "Preparing for",
    "Advanced",
    "Open to All:",
];

/// Titles with characters that are hard to match, to sort or to print.
const AWKWARD: [&str; 10] = [
    "100% Ready",
    "STEM_Lab Open House",
    "Día de la Ciencia",
    "Ready, Set, Read",
    "It Takes a Village",
    "  Smart Start Party ",
    "\"Quoted\" & <Angled>",
    "科学の日",
    "Rights; Responsibilities",
    "Art",
];

/// One event in so many has such a title.
const AWKWARD_EVERY: usize = 21;

const SENTENCES: [&str; 12] = [
    "Students meet professionals and ask about their day.",
    "We are solving community challenges together.",
    "A hands-on class with excel and python",
    "Speakers tell how they got into healthcare.",
    "Bring questions about banking and investment.",
    "For everyone: beginners welcome.",
    "Supporting young people who like creative work",
    "Volunteers lead a small group for 45 minutes.",
    "Innovative ideas from a senior manager of a local company.",
    "Talk about social studies and being a responsible citizen",
    "Coordinating a project with software",
    "Ends with a question about research",
];

/// A title for the event, at a school if `school` is given.
pub(crate) fn title(rng: &mut Rng, plan: &Plan, school: Option<&str>) -> String {
    let topic = rng.pick(&TOPICS);
    // Both lists take turns, so that each title occurs at any scale.
    let number = plan.id as usize;
    if number.is_multiple_of(AWKWARD_EVERY) {
        return AWKWARD[number / AWKWARD_EVERY % AWKWARD.len()].to_owned();
    }
    if let Some(title) = plan.dia.and_then(|nth| DIA_TITLES.get(nth % (DIA_TITLES.len() + 1))) {
        return (*title).to_owned();
    }
    match (rng.below(100), school) {
        (0..25, Some(school)) => format!("{} at {school}", words_of(plan.kind)),
        (25..45, Some(school)) => format!("{topic} at {school}"),
        (45..70, _) => format!("{} {topic}", rng.pick(&LEADS)),
        (70..85, _) => format!("{topic}: {} for Curious People in Every Grade", words_of(plan.kind)),
        // The same session is held again and again.
        _ => topic.to_owned(),
    }
}

/// A description, empty or missing for many events.
pub(crate) fn description(rng: &mut Rng) -> Option<String> {
    match rng.below(100) {
        0..35 => None,
        35..40 => Some(String::new()),
        40..80 => Some(rng.pick(&SENTENCES).to_owned()),
        _ => Some(format!("{} {}", rng.pick(&SENTENCES), rng.pick(&SENTENCES))),
    }
}

/// `CAREER_FAIR` as `Career Fair`.
fn words_of(kind: Option<&str>) -> String {
    let words = kind.unwrap_or("EVENT").split('_').map(|word| {
        let (head, tail) = word.split_at(1);
        head.to_owned() + &tail.to_lowercase()
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_read_as_words() {
        assert_eq!(words_of(Some("CAREER_FAIR")), "Career Fair");
        assert_eq!(words_of(Some("P2GD")), "P2gd");
        assert_eq!(words_of(None), "Event");
    }
}
