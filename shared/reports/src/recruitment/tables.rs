//! What stands for what: the words that VMS looks for in an event, and the keywords that it derives from them.
//!
//! Data, not rules; [`super::keywords`] says how each table is applied. Every entry is lower case.

use vms_source::{EventFormat, EventType};

pub(super) type Words = &'static [&'static str];

/// Words of which any one brings keywords.
pub(super) struct Rule {
    pub(super) any_of: Words,
    pub(super) keywords: Words,
}

const fn rule(any_of: Words, keywords: Words) -> Rule {
    Rule { any_of, keywords }
}

/// Fields of work: of each the first three terms that occur.
pub(super) const DOMAINS: &[Words] = &[
    // technology
    &["tech", "software", "programming", "coding", "developer", "engineer", "it", "computer"],
    // business
    &["business", "management", "strategy", "operations", "consulting", "entrepreneur"],
    // healthcare
    &["health", "medical", "clinical", "patient", "healthcare", "nursing", "pharmacy"],
    // education
    &[
        "education", "teaching", "learning", "academic", "curriculum", "instruction", "classroom", "student",
        "elementary", "primary", "k-1", "k-2", "k-3", "k-4", "k-5", "early childhood",
    ],
    // finance
    &["finance", "financial", "accounting", "banking", "investment", "audit"],
    // marketing
    &["marketing", "advertising", "branding", "social media", "digital marketing"],
    // sales
    &["sales", "business development", "account management", "client relations"],
    // engineering
    &["engineering", "mechanical", "electrical", "civil", "chemical", "design"],
    // science
    &["science", "research", "laboratory", "experiment", "analysis", "scientific"],
    // arts
    &[
        "arts", "creative", "design", "visual", "media", "production", "paint", "painting", "artistic", "creativity",
        "craft", "drawing", "sculpture", "photography", "music", "dance", "theater", "performance", "expression",
        "imagination",
    ],
    // civics
    &[
        "civics", "citizenship", "government", "democracy", "community", "social studies", "responsible", "citizen",
        "civic", "patriotism", "rights", "responsibilities",
    ],
];

/// Tools: every one that occurs as a word.
pub(super) const TOOLS: Words = &[
    "excel", "tableau", "power bi", "sql", "python", "r", "spss", "sas", "quickbooks", "salesforce",
];

/// Levels of seniority: every one that occurs anywhere.
pub(super) const LEVELS: Words = &[
    "entry level", "mid level", "senior", "executive", "director", "manager", "lead", "principal",
];

/// Keywords of an event type; `DIA` is read as a diversity programme here.
pub(super) const fn of_type(event_type: EventType) -> Words {
    match event_type {
        EventType::DataViz => &[
            "data", "analytics", "bi", "visualization", "tableau", "power bi", "excel", "sql", "python", "r",
            "statistics", "reporting",
        ],
        EventType::CareerFair => &[
            "career", "job search", "networking", "professional", "resume", "interview", "employment", "workforce",
        ],
        EventType::CareerSpeaker => &[
            "career", "professional development", "leadership", "industry", "expertise", "experience", "mentoring",
        ],
        EventType::CareerJumping => &[
            "career transition", "skill development", "professional growth", "industry change", "adaptability",
        ],
        EventType::EmployabilitySkills => &[
            "soft skills", "communication", "teamwork", "problem solving", "leadership", "professional", "workplace",
        ],
        EventType::FinancialLiteracy => &[
            "finance", "financial", "accounting", "budgeting", "investing", "banking", "economics", "money management",
        ],
        EventType::MathRelays => &[
            "mathematics", "math", "stem", "education", "teaching", "problem solving", "analytical",
        ],
        EventType::ClassroomSpeaker => &[
            "education", "teaching", "presentation", "communication", "public speaking", "knowledge sharing",
        ],
        EventType::Mentoring => &[
            "mentoring", "guidance", "coaching", "leadership", "experience", "development", "support",
        ],
        EventType::Internship => &[
            "internship", "entry level", "learning", "experience", "professional development", "career start",
        ],
        EventType::ConnectorSession => &[
            "networking", "connections", "relationship building", "professional network", "collaboration",
        ],
        EventType::WorkplaceVisit => &[
            "workplace", "office", "corporate", "business", "professional environment", "industry exposure",
            "real world",
        ],
        EventType::CampusVisit => &[
            "campus", "college", "university", "higher education", "academic", "student life", "college preparation",
        ],
        EventType::CollegeOptions => &[
            "college", "university", "higher education", "academic planning", "college preparation", "admissions",
        ],
        EventType::Fafsa => &[
            "fafsa", "financial aid", "college funding", "scholarships", "student loans", "college costs",
        ],
        EventType::Ignite => &[
            "ignite", "leadership", "youth development", "empowerment", "community service", "social impact",
        ],
        EventType::Dia => &[
            "dia", "diversity", "inclusion", "access", "equity", "representation", "social justice",
        ],
        _ => &[],
    }
}

/// Keywords of an event's format.
pub(super) const fn of_format(format: EventFormat) -> Words {
    match format {
        EventFormat::Virtual => &["virtual", "remote", "online", "digital"],
        EventFormat::InPerson => &["in-person", "onsite", "face-to-face"],
    }
}

/// Words in an event's location; every rule that fits adds up.
pub(super) const LOCATIONS: &[Rule] = &[
    rule(&["downtown", "urban", "city"], &["urban", "city", "downtown"]),
    rule(&["suburban", "suburb"], &["suburban", "suburb"]),
    rule(&["rural", "country"], &["rural", "country"]),
];

/// Words in a title; only the first rule that fits counts.
pub(super) const CONTEXTS: &[Rule] = &[
    rule(
        &["paint", "art", "creative", "design", "drawing", "sculpture"],
        &["artistic", "creativity", "visual arts", "design", "painting"],
    ),
    rule(
        &["math", "science", "stem", "technology", "engineering", "coding"],
        &["stem", "technical", "analytical", "problem-solving", "engineering"],
    ),
    rule(
        &["career", "job", "work", "business", "professional"],
        &["business", "professional", "workplace", "career development"],
    ),
    rule(
        &["civics", "citizen", "government", "community", "social"],
        &["civic", "community", "government", "social responsibility"],
    ),
    rule(
        &["finance", "money", "budget", "investment", "economic"],
        &["financial", "economics", "money management", "investment"],
    ),
    rule(
        &["health", "medical", "wellness", "fitness", "nutrition"],
        &["health", "medical", "wellness", "healthcare"],
    ),
    rule(
        &["education", "learning", "teaching", "academic", "student"],
        &["education", "learning", "academic", "teaching"],
    ),
];

/// Turns of phrase in a title; every rule that fits adds up.
pub(super) const PATTERNS: &[Rule] = &[
    rule(
        &["how to", "learning to", "guide to", "introduction to"],
        &["tutorial", "learning", "skill building", "instruction"],
    ),
    rule(
        &["career in", "working in", "jobs in", "opportunities in"],
        &["career guidance", "industry knowledge", "professional development", "workplace insights"],
    ),
    rule(
        &["building", "creating", "developing", "designing"],
        &["hands-on", "project work", "creation", "development"],
    ),
    rule(
        &["understanding", "exploring", "discovering", "investigating"],
        &["research", "exploration", "investigation", "discovery"],
    ),
    rule(
        &["connecting", "networking", "building relationships", "collaborating"],
        &["networking", "collaboration", "relationship building", "partnerships"],
    ),
    rule(
        &["preparing for", "getting ready for", "planning for", "preparing to"],
        &["planning", "preparation", "readiness", "organization"],
    ),
];

/// Words in title or description; every rule that fits adds up.
pub(super) const MEANINGS: &[Rule] = &[
    rule(
        &["inspiring", "motivating", "empowering", "encouraging", "supportive"],
        &["motivation", "inspiration", "empowerment", "support"],
    ),
    rule(
        &["solving", "addressing", "tackling", "overcoming", "resolving", "challenges", "issues"],
        &["problem solving", "critical thinking", "analytical skills", "troubleshooting"],
    ),
    rule(
        &["innovative", "creative", "new", "novel", "groundbreaking", "cutting-edge", "revolutionary"],
        &["innovation", "creativity", "novel thinking", "breakthrough"],
    ),
    rule(
        &["leading", "managing", "directing", "overseeing", "supervising", "coordinating"],
        &["leadership", "management", "supervision", "coordination"],
    ),
    rule(
        &["community", "service", "volunteering", "helping", "supporting", "giving back"],
        &["community service", "volunteering", "helping others", "social impact"],
    ),
];

/// Words in a title that tell its audience; only the first rule that fits counts.
pub(super) const AUDIENCES: &[Rule] = &[
    rule(
        &["intro", "basics", "101", "fundamentals", "getting started"],
        &["beginner", "appropriate for", "suitable for"],
    ),
    rule(
        &["intermediate", "advanced", "expert", "professional", "experienced"],
        &["intermediate", "appropriate for", "suitable for"],
    ),
    rule(
        &["all levels", "everyone", "beginners welcome", "open to all"],
        &["all_levels", "appropriate for", "suitable for"],
    ),
];

/// A title of more words than this is taken to be detailed.
pub(super) const MANY_WORDS: usize = 8;
pub(super) const LONG_TITLE: Words = &["detailed", "comprehensive", "in-depth", "thorough"];

/// A title of fewer words than this is taken to be focused.
pub(super) const FEW_WORDS: usize = 4;
pub(super) const SHORT_TITLE: Words = &["focused", "targeted", "specific", "concentrated"];

/// Words of a title that say nothing.
pub(super) const STOP_WORDS: Words = &[
    "the", "a", "an", "and", "or", "but", "in", "on", "at", "to", "for", "of", "with", "by", "from", "up", "about",
    "into", "through", "during", "before", "after", "above", "below", "between", "among", "inside", "outside",
];

/// Taken off both ends of a title's words.
pub(super) const PUNCTUATION: &[char] = &['.', ',', '!', '?', '(', ')', '[', ']', '{', '}', '"', ':', ';'];

/// When nothing else can be derived.
pub(super) const UNIVERSAL: Words = &["volunteer", "event", "participation"];
