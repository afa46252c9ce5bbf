//! The words that names, titles and places are made of. All invented, or plain dictionary words.
//!
//! Some are awkward on purpose: letters beyond ASCII, apostrophes, and the `%` and `_` that SQL patterns understand.
//! Titles, skills and industries use the words that VMS's recruitment looks for.

use crate::rng::Rng;

const FIRST_NAMES: [&str; 56] = [
    "Adela", "Amélie", "Anwen", "Ardith", "Basil", "Bexley", "Brisa", "Caspian", "Celeste", "Corwin", "Dariela",
    "Davin", "Delphine", "Dov", "Eamon", "Elowen", "Emeric", "Esme", "Fable", "Farrin", "Fenna", "Gideon", "Halima",
    "Hollis", "Ines", "Isolde", "Jarek", "José", "Juniper", "Kaito", "Kezia", "Lark", "Leocadia", "Linnea", "Maren",
    "Matteo", "Nadira", "Nyah", "Odell", "Orla", "Pascal", "Perrin", "Quilla", "Rafael", "Rosalind", "Sable", "Søren",
    "Tamsin", "Thandi", "Ulric", "Vesper", "Wren", "Ximena", "Yusra", "Zoë", "美咲",
];

const MIDDLE_NAMES: [&str; 8] = ["A.", "Bea", "de", "Lou", "M.", "Rae", "Ångström", "Van Der"];

const LAST_STARTS: [&str; 24] = [
    "Alder", "Ash", "Bram", "Brook", "Calder", "Dun", "Elder", "Fen", "Gable", "Hart", "Haver", "Iron", "Kel", "Lang",
    "Marl", "Nor", "Oak", "Pem", "Quar", "Raven", "Sel", "Thorn", "Wain", "Yar",
];

const LAST_ENDS: [&str; 18] = [
    "bury", "croft", "dale", "den", "fell", "field", "ford", "gate", "holt", "ley", "march", "mere", "more", "row",
    "stead", "ton", "wick", "worth",
];

const AWKWARD_LAST_NAMES: [&str; 8] = [
    "O'Tarrow",
    "Brackwell-Dunmarsh",
    "Núñez Arbor",
    "Ødegard",
    "Łaskmere",
    "van Tessel",
    "Hundred% Percy",
    "Under_Score",
];

/// Names that several people bear, so that counting by name and counting by id differ.
const NAMESAKES: [(&str, &str); 2] = [("Robin", "Ashwick"), ("Marlo", "Fenholt")];

pub(crate) const SKILLS: [&str; 48] = [
    "Python",
    "SQL",
    "Excel",
    "Tableau",
    "Power BI",
    "R",
    "Data Analysis",
    "Data Visualization",
    "Statistics",
    "Public Speaking",
    "Communication",
    "Teamwork",
    "Leadership",
    "Mentoring",
    "Coaching",
    "Teaching",
    "Accounting",
    "Budgeting",
    "Investing",
    "Banking",
    "Financial Planning",
    "Nursing",
    "Pharmacy",
    "Patient Care",
    "Wellness",
    "Engineering",
    "Mechanical Design",
    "Electrical Wiring",
    "Civil Drafting",
    "Programming",
    "Software Testing",
    "Networking",
    "Marketing",
    "Social Media",
    "Branding",
    "Painting",
    "Photography",
    "Music",
    "Theater",
    "Research",
    "Laboratory Work",
    "Problem Solving",
    "Critical Thinking",
    "Project_Management",
    "100% Remote Work",
    "Español",
    "Government",
    "Community Service",
];

pub(crate) const JOB_TITLES: [&str; 40] = [
    "Software Engineer",
    "Senior Software Engineer",
    "Data Analyst",
    "Analytics Manager",
    "Business Consultant",
    "Account Manager",
    "Marketing Director",
    "Social Media Lead",
    "Registered Nurse",
    "Clinical Researcher",
    "Pharmacy Technician",
    "Financial Advisor",
    "Accounting Clerk",
    "Bank Teller",
    "Investment Associate",
    "Civil Engineer",
    "Mechanical Engineer",
    "Electrical Apprentice",
    "IT Support",
    "Computer Programmer",
    "Graphic Designer",
    "Muralist",
    "Music Teacher",
    "Photographer",
    "Laboratory Assistant",
    "Research Scientist",
    "City Planner",
    "Government Liaison",
    "Community Organizer",
    "Executive Director",
    "Operations Principal",
    "Retired",
    "Student Advisor",
    "Admissions Counselor",
    "Chef de cuisine",
    "Café Owner",
    "Sales & Client Relations",
    "VP, Strategy_Ops",
    "Zoologist",
    "Carpenter",
];

pub(crate) const DEPARTMENTS: [&str; 10] = [
    "Operations",
    "Research",
    "Human Resources",
    "Engineering",
    "Client Relations",
    "Digital Marketing",
    "Audit",
    "Education",
    "R&D",
    "Facilities",
];

pub(crate) const INDUSTRIES: [&str; 14] = [
    "Technology",
    "Healthcare",
    "Finance",
    "Education",
    "Engineering",
    "Marketing",
    "Arts",
    "Government",
    "Science",
    "Business Services",
    "Construction",
    "Hospitality",
    "Higher Education",
    "Nonprofit",
];

pub(crate) const TOPICS: [&str; 28] = [
    "Coding for Everyone",
    "Robots on Wheels",
    "Money Sense",
    "Healthy Habits",
    "River Science",
    "City Gardens",
    "Bridges and Towers",
    "The Art of Paper",
    "Stories in Numbers",
    "Weather Watching",
    "Small Business Basics",
    "Career Paths in Nursing",
    "Working in Banking",
    "Civics in Action",
    "Music and Math",
    "Creative Drawing",
    "Building Better Budgets",
    "Understanding Maps",
    "Planning for College",
    "Digital Marketing 101",
    "Volunteering and Service",
    "Innovative Farming",
    "Managing a Kitchen",
    "Public Speaking",
    "Rockets",
    "Items for Tomorrow",
    "Niños y Ciencia",
    "Data All Around Us",
];

pub(crate) const CLUSTERS: [&str; 12] = [
    "Arts & Media",
    "Business",
    "Construction",
    "Education",
    "Finance",
    "Government",
    "Health Science",
    "Hospitality",
    "Information Technology",
    "Manufacturing",
    "STEM",
    "Transportation_Logistics",
];

pub(crate) const LOCATIONS: [&str; 12] = [
    "Downtown Library, Riverport City",
    "Suburban Commons Hall",
    "Rural Extension Barn",
    "12 Lantern St, Millharbor",
    "Online",
    "School Gym",
    "Urban Arts Loft",
    "Old Town Hall",
    "Country Fairground",
    "Harborside Campus",
    "Café Meridian",
    "Room 4",
];

pub(crate) const STREETS: [&str; 8] = [
    "Lantern St",
    "Quillback Rd",
    "Harrow Ave",
    "Tin Whistle Ln",
    "Copperleaf Dr",
    "Mill Race Way",
    "Sparrow Ct",
    "Ninebark Blvd",
];

pub(crate) const TOWNS: [&str; 6] = ["Millharbor", "Riverport", "East Quarry", "Fallow Springs", "Tansy", "Gray Ferry"];

const SCHOOL_STARTS: [&str; 20] = [
    "Amber", "Birch", "Clover", "Dove", "Ember", "Fox", "Garnet", "Hazel", "Indigo", "Jasper", "Kestrel", "Lantern",
    "Maple", "Nettle", "Osprey", "Pine", "Quartz", "Rowan", "Sorrel", "Timber",
];

const SCHOOL_ENDS: [&str; 12] = [
    " Creek", " Hill", " Hollow", " Lake", " Park", " Point", " Ridge", " Springs", " Trace", " Vale", " View", "wood",
];

const ORGANIZATION_STARTS: [&str; 30] = [
    "Anvil",
    "Bluestem",
    "Candlewick",
    "Driftwood",
    "Evenfall",
    "Foxglove",
    "Granary",
    "Harborlight",
    "Inkwell",
    "Juniper",
    "Kettle",
    "Lodestar",
    "Mosaic",
    "Northbank",
    "Orchard",
    "Paperbark",
    "Quiver",
    "Ropewalk",
    "Saltbox",
    "Tallgrass",
    "Umber",
    "Verdant",
    "Waypoint",
    "Yarrow",
    "Zephyr",
    "Café Öl",
    "Señal",
    "A_B",
    "100% Local",
    "東風",
];

const ORGANIZATION_MIDDLES: [&str; 12] = [
    " Bend",
    " & Daughters",
    " Health",
    " Data",
    " Community",
    " Engineering",
    " Financial",
    " Arts",
    " Learning",
    " Foods",
    " Works",
    "",
];

const ORGANIZATION_ENDS: [&str; 10] =
    ["Bank", "Clinic", "Collective", "Company", "Foundation", "Group", "Guild", "Labs", "Partners", "Studio"];

/// What a person is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name {
    pub(crate) first: &'static str,
    pub(crate) middle: Option<&'static str>,
    pub(crate) last: String,
}

impl Name {
    /// The name of a contact: a function of the id, so that a row about an event can mention a person without
    /// anybody keeping a list of half a million names.
    pub(crate) fn of(seed: u64, contact: i64) -> Self {
        let mut rng = Rng::for_item(seed, "names", contact);
        if contact % 41 == 0 {
            let (first, last) = rng.pick(&NAMESAKES);
            return Self { first, middle: None, last: last.to_owned() };
        }
        let first = rng.pick(&FIRST_NAMES);
        let middle = rng.pick_or_null(&MIDDLE_NAMES, 88);
        Self { first, middle, last: last_name(&mut rng) }
    }

    /// First and last name.
    pub(crate) fn short(&self) -> String {
        format!("{} {}", self.first, self.last)
    }

    /// An address that nobody can have: the domain is reserved for examples.
    pub(crate) fn email(&self, contact: i64, nth: usize) -> String {
        let letters = self.last.chars().filter(char::is_ascii_alphabetic).collect::<String>().to_lowercase();
        let suffix = if nth == 0 { "" } else { ".other" };
        format!("{letters}.{contact}{suffix}@example.org")
    }
}

fn last_name(rng: &mut Rng) -> String {
    if rng.percent(6) {
        return rng.pick(&AWKWARD_LAST_NAMES).to_owned();
    }
    format!("{}{}", rng.pick(&LAST_STARTS), rng.pick(&LAST_ENDS))
}

/// A school's name, without its level.
pub(crate) fn school_name(rng: &mut Rng) -> String {
    format!("{}{}", rng.pick(&SCHOOL_STARTS), rng.pick(&SCHOOL_ENDS))
}

/// An organization's name.
pub(crate) fn organization_name(rng: &mut Rng) -> String {
    let start = rng.pick(&ORGANIZATION_STARTS);
    format!("{start}{} {}", rng.pick(&ORGANIZATION_MIDDLES), rng.pick(&ORGANIZATION_ENDS))
}

/// A street with a number.
pub(crate) fn street(rng: &mut Rng) -> String {
    format!("{} {}", rng.between(1, 980), rng.pick(&STREETS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contact_keeps_its_name() {
        assert_eq!(Name::of(1, 5), Name::of(1, 5));
        assert_ne!(Name::of(1, 5), Name::of(1, 6));
    }

    #[test]
    fn addresses_are_plain_and_at_example_org() {
        let name = Name { first: "Zoë", middle: None, last: "Núñez Arbor".to_owned() };
        assert_eq!(name.email(7, 0), "nezarbor.7@example.org");
        assert_eq!(name.email(7, 1), "nezarbor.7.other@example.org");
    }
}
