//! The names that VMS stores in its enum columns, in the order of their definition.
//!
//! A reader of VMS must know them all, so a sample of any scale holds each of them.

pub(crate) const EVENT_TYPES: [&str; 34] = [
    "IN_PERSON",
    "VIRTUAL_SESSION",
    "CONNECTOR_SESSION",
    "CAREER_JUMPING",
    "CAREER_SPEAKER",
    "EMPLOYABILITY_SKILLS",
    "IGNITE",
    "CAREER_FAIR",
    "CLIENT_CONNECTED_PROJECT",
    "PATHWAY_CAMPUS_VISITS",
    "WORKPLACE_VISIT",
    "PATHWAY_WORKPLACE_VISITS",
    "COLLEGE_OPTIONS",
    "DIA_CLASSROOM_SPEAKER",
    "DIA",
    "CAMPUS_VISIT",
    "ADVISORY_SESSIONS",
    "VOLUNTEER_ORIENTATION",
    "VOLUNTEER_ENGAGEMENT",
    "MENTORING",
    "FINANCIAL_LITERACY",
    "MATH_RELAYS",
    "CLASSROOM_SPEAKER",
    "INTERNSHIP",
    "COLLEGE_APPLICATION_FAIR",
    "FAFSA",
    "CLASSROOM_ACTIVITY",
    "HISTORICAL",
    "DATA_VIZ",
    "P2GD",
    "SLA",
    "HEALTHSTART",
    "P2T",
    "BFI",
];

pub(crate) const EVENT_STATUSES: [&str; 9] =
    ["COMPLETED", "CONFIRMED", "CANCELLED", "REQUESTED", "DRAFT", "PUBLISHED", "NO_SHOW", "SIMULCAST", "COUNT"];

pub(crate) const CANCELLATION_REASONS: [&str; 5] =
    ["WEATHER", "LOW_ENROLLMENT", "INSTRUCTOR_UNAVAILABLE", "FACILITY_ISSUE", "OTHER"];

pub(crate) const SALUTATIONS: [&str; 15] = [
    "none",
    "mr",
    "ms",
    "mrs",
    "dr",
    "prof",
    "mx",
    "rev",
    "hon",
    "captain",
    "commissioner",
    "general",
    "judge",
    "officer",
    "staff_sergeant",
];

pub(crate) const SUFFIXES: [&str; 9] = ["none", "jr", "sr", "ii", "iii", "iv", "phd", "md", "esq"];

pub(crate) const GENDERS: [&str; 8] =
    ["male", "female", "non_binary", "genderfluid", "agender", "transgender", "prefer_not_to_say", "other"];

pub(crate) const RACES: [&str; 12] = [
    "unknown",
    "american_indian",
    "asian",
    "black",
    "hispanic",
    "native_hawaiian",
    "white",
    "multi_racial",
    "bi_racial",
    "two_or_more",
    "prefer_not_to_say",
    "other",
];

pub(crate) const AGE_GROUPS: [&str; 8] =
    ["UNKNOWN", "UNDER_18", "AGE_18_24", "AGE_25_34", "AGE_35_44", "AGE_45_54", "AGE_55_64", "AGE_65_PLUS"];

pub(crate) const EDUCATION: [&str; 9] = [
    "UNKNOWN",
    "HIGH_SCHOOL",
    "SOME_COLLEGE",
    "ASSOCIATES",
    "BACHELORS_DEGREE",
    "MASTERS",
    "DOCTORATE",
    "PROFESSIONAL",
    "OTHER",
];

pub(crate) const LOCAL_STATUSES: [&str; 4] = ["local", "partial", "non_local", "unknown"];

pub(crate) const VOLUNTEER_STATUSES: [&str; 4] = ["NONE", "ACTIVE", "INACTIVE", "ON_HOLD"];

pub(crate) const TEACHER_STATUSES: [&str; 4] = ["ACTIVE", "INACTIVE", "ON_LEAVE", "RETIRED"];

pub(crate) const CONTACT_POINT_TYPES: [&str; 2] = ["personal", "professional"];

pub(crate) const SKILL_SOURCES: [&str; 6] =
    ["job", "organization", "interest", "previous_engagement", "user_selected", "admin_selected"];

pub(crate) const SUBSCRIPTIONS: [&str; 4] = ["NONE", "ACTIVE", "INACTIVE", "PENDING"];
