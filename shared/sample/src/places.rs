//! Districts, schools and classes.
//!
//! The first seven districts are those that VMS reports on, known by their Salesforce ids; their row ids are spread
//! so that the order of ids as text differs from their order as numbers. The others are invented.

use jiff::civil::Date;
use rusqlite::{Connection, params};

use crate::calendar::midnight_stamp;
use crate::rng::Rng;
use crate::sql::{Inserter, salesforce_id};
use crate::words::school_name;

/// A district, with what people write instead of its name.
#[derive(Debug)]
pub(crate) struct District {
    pub(crate) id: i64,
    salesforce_id: Option<&'static str>,
    pub(crate) name: &'static str,
    code: Option<&'static str>,
    /// How busy it is, compared with the others.
    weight: u64,
    /// Spellings found in `event.district_partner`.
    pub(crate) spellings: &'static [&'static str],
}

pub(crate) const DISTRICTS: [District; 11] = [
    District {
        id: 10,
        salesforce_id: Some("0015f00000JU4opAAD"),
        name: "Grandview School District",
        code: Some("48074"),
        weight: 14,
        spellings: &["Grandview", "GRANDVIEW C-4"],
    },
    District {
        id: 2,
        salesforce_id: Some("0015f00000JU4pVAAT"),
        name: "Kansas City Kansas Public Schools",
        code: Some("48078"),
        weight: 22,
        spellings: &["KCKPS (KS)", "Kansas City Kansas School District", "KANSAS CITY USD 500", "kckps (ks)"],
    },
    District {
        id: 4,
        salesforce_id: Some("0015f00000JU9ZEAA1"),
        name: "Allen Village - District",
        code: Some("48909"),
        weight: 5,
        spellings: &["Allen Village"],
    },
    District {
        id: 1,
        salesforce_id: Some("0015f00000JU9ZFAA1"),
        name: "Hickman Mills School District",
        code: Some("48072"),
        weight: 16,
        spellings: &["Hickman Mills", "hickman mills c-1"],
    },
    District {
        id: 7,
        salesforce_id: Some("0015f00000JVaPKAA1"),
        name: "GUADALUPE CENTERS SCHOOLS",
        code: None,
        weight: 6,
        spellings: &["Guadalupe Centers Schools"],
    },
    District {
        id: 11,
        salesforce_id: Some("0015f00000KvuZTAAZ"),
        name: "Center School District",
        code: Some("48080"),
        weight: 9,
        spellings: &["Center", "Center SD 58"],
    },
    District {
        id: 3,
        salesforce_id: Some("0015f00000KxHwVAAV"),
        name: "Kansas City Public Schools (MO)",
        code: None,
        weight: 14,
        spellings: &["KCPS (MO)", "KCPS"],
    },
    District {
        id: 5,
        salesforce_id: Some("0015f0000D00000001"),
        name: "Fallow Springs Public Schools",
        code: Some("90001"),
        weight: 5,
        spellings: &["Fallow Springs"],
    },
    District {
        id: 6,
        salesforce_id: Some("0015f0000D00000002"),
        name: "Quarry_Ferry R-IX",
        code: Some("90002"),
        weight: 4,
        spellings: &["Quarry Ferry"],
    },
    District {
        id: 8,
        salesforce_id: None,
        name: "Escuelas de la Señal",
        code: None,
        weight: 3,
        spellings: &["ESCUELAS DE LA SEÑAL"],
    },
    // Named like another district's alias: VMS matches such names by substring.
    District {
        id: 9,
        salesforce_id: Some("0015f0000D00000003"),
        name: "Grandview Heights Academies",
        code: None,
        weight: 2,
        spellings: &["Grandview Heights"],
    },
];

/// Names that schools of several districts share.
const SHARED_NAMES: [(&str, &str); 2] =
    [("Prairie Lantern Elementary", "Elementary"), ("Union Middle School", "Middle")];

/// Schools that belong to no district; one is short enough to be found inside other words.
const INDEPENDENT: [(&str, Option<&str>); 3] =
    [("Elm", Some("High")), ("Saint Tansy Academy", None), ("Open_Door 100% School", Some("K-8"))];

const LEVELS: [(Option<&str>, u64); 5] =
    [(Some("High"), 30), (Some("Middle"), 22), (Some("Elementary"), 36), (Some("K-8"), 5), (None, 7)];

/// A school; its district is a position in [`DISTRICTS`].
#[derive(Debug)]
pub(crate) struct School {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) district: Option<usize>,
    level: Option<&'static str>,
    /// The ids of its classes.
    pub(crate) classes: Vec<String>,
}

/// Where things happen.
#[derive(Debug)]
pub(crate) struct Places {
    pub(crate) schools: Vec<School>,
    by_district: Vec<Vec<usize>>,
}

impl Places {
    /// Invents the schools.
    pub(crate) fn new(seed: u64, schools_per_district: usize, today: Date) -> Self {
        let mut rng = Rng::new(seed, "places");
        let mut schools: Vec<School> = INDEPENDENT.iter().map(|(name, level)| school(name, *level, None)).collect();
        for district in 0..DISTRICTS.len() {
            let number = schools_per_district + rng.index(3);
            schools.extend((0..number).map(|nth| invented_school(&mut rng, district, nth)));
        }
        // The order of rows must differ from the order of ids: a school looked up by name is the first row.
        rng.shuffle(&mut schools);
        for (number, school) in schools.iter_mut().enumerate() {
            school.id = salesforce_id("001", 'S', (number as i64 + 1) * 7_919 % 100_000);
            school.classes = class_ids(number, school.level, today).map(|(id, _)| id).collect();
        }
        let by_district = (0..DISTRICTS.len()).map(|district| positions_in(&schools, district)).collect();
        Self { schools, by_district }
    }

    /// A district, the busy ones more often.
    pub(crate) fn district(rng: &mut Rng) -> usize {
        rng.weighted(&std::array::from_fn::<_, { DISTRICTS.len() }, _>(|nth| (nth, DISTRICTS[nth].weight)))
    }

    /// A school of a district.
    pub(crate) fn school_in(&self, district: usize, rng: &mut Rng) -> Option<usize> {
        let schools = self.by_district.get(district)?;
        schools.get(rng.index(schools.len())).copied()
    }

    /// A school's id, for a column that may be NULL.
    pub(crate) fn school_id(&self, school: Option<usize>) -> Option<&str> {
        school.and_then(|position| self.schools.get(position)).map(|school| school.id.as_str())
    }

    /// Writes districts, schools and classes.
    pub(crate) fn write(&self, connection: &Connection, today: Date) -> rusqlite::Result<()> {
        let mut rows = Inserter::new(connection, "district", "id, salesforce_id, name, district_code")?;
        for district in &DISTRICTS {
            rows.add(params![district.id, district.salesforce_id, district.name, district.code])?;
        }
        let columns = "id, name, district_id, salesforce_district_id, normalized_name, school_code, level";
        let mut rows = Inserter::new(connection, "school", columns)?;
        let mut classes = ClassRows::new(connection, today)?;
        for (number, school) in self.schools.iter().enumerate() {
            let district = school.district.and_then(|position| DISTRICTS.get(position));
            rows.add(params![
                school.id,
                school.name,
                district.map(|district| district.id),
                district.and_then(|district| district.salesforce_id),
                school.name.to_lowercase(),
                format!("SC{number:04}"),
                school.level
            ])?;
            classes.write(number, school)?;
        }
        Ok(())
    }
}

/// Writes the classes of high schools.
struct ClassRows<'c> {
    rows: Inserter<'c>,
    today: Date,
}

impl<'c> ClassRows<'c> {
    fn new(connection: &'c Connection, today: Date) -> rusqlite::Result<Self> {
        let columns = "id, salesforce_id, name, school_salesforce_id, class_year, created_at, updated_at";
        Ok(Self { rows: Inserter::new(connection, "class", columns)?, today })
    }

    fn write(&mut self, number: usize, school: &School) -> rusqlite::Result<()> {
        let made = midnight_stamp(self.today);
        for (id, year) in class_ids(number, school.level, self.today) {
            let name = format!("Class of {year}");
            self.rows.add(params![self.rows.next_id(), id, name, school.id, year, made, made])?;
        }
        Ok(())
    }
}

/// Ids and years of the four classes that a high school has.
fn class_ids(school: usize, level: Option<&str>, today: Date) -> impl Iterator<Item = (String, i16)> {
    let classes = if level == Some("High") { 4 } else { 0 };
    (0..classes).map(move |nth| (salesforce_id("a0C", 'K', school as i64 * 4 + i64::from(nth)), today.year() + nth))
}

fn positions_in(schools: &[School], district: usize) -> Vec<usize> {
    let found = schools.iter().enumerate().filter(|(_, school)| school.district == Some(district));
    found.map(|(position, _)| position).collect()
}

fn school(name: &str, level: Option<&'static str>, district: Option<usize>) -> School {
    School { id: String::new(), name: name.to_owned(), district, level, classes: Vec::new() }
}

fn invented_school(rng: &mut Rng, district: usize, nth: usize) -> School {
    if let (Some((name, level)), true) = (SHARED_NAMES.get(nth), district % 3 == 1) {
        return school(name, Some(level), Some(district));
    }
    let level = rng.weighted(&LEVELS);
    let ending = match level {
        Some("High") => " High School",
        Some("Middle") => " Middle School",
        Some("Elementary") => " Elementary",
        _ => " Academy",
    };
    school(&(school_name(rng) + ending), level, Some(district))
}
