//! The whole sample, in the order in which it is written: places and organizations, then events with those who came,
//! then the people, whose dates follow from the events, and at last the indexes.

use rusqlite::{Connection, params};

use crate::attendance::{AttendanceRows, Quota};
use crate::calendar::Calendar;
use crate::contacts::ContactRows;
use crate::events::EventRows;
use crate::organizations::{self, Organization};
use crate::places::{DISTRICTS, Places};
use crate::plan::{Plan, plan};
use crate::progress::Progress;
use crate::rng::Rng;
use crate::roster::{Member, Roster};
use crate::schema::{INDEXES, TABLES, create_index};
use crate::schoolfolk::SchoolRows;
use crate::spec::{Sizes, Spec};
use crate::sql::Inserter;
use crate::volunteers::VolunteerRows;
use crate::words::SKILLS;
use crate::{Counts, SampleError};

/// Everything that is decided before the first row is written.
pub(crate) struct World {
    seed: u64,
    sizes: Sizes,
    calendar: Calendar,
    places: Places,
    organizations: Vec<Organization>,
}

impl World {
    pub(crate) fn new(spec: &Spec) -> Result<Self, SampleError> {
        let sizes = spec.scale.sizes();
        let calendar = Calendar::new(spec.as_of).map_err(SampleError::AsOf)?;
        let places = Places::new(spec.seed, sizes.schools_per_district, calendar.today);
        let organizations = organizations::invent(spec.seed, sizes.organizations);
        Ok(Self { seed: spec.seed, sizes, calendar, places, organizations })
    }

    /// How many steps of progress the writing takes.
    pub(crate) fn work(&self) -> u64 {
        (self.sizes.events + self.sizes.contacts() + INDEXES.len()) as u64
    }

    /// Writes it all, in one transaction.
    pub(crate) fn write(&self, connection: &Connection, progress: &mut Progress<'_>) -> Result<Counts, SampleError> {
        connection.execute_batch("BEGIN")?;
        connection.execute_batch(TABLES)?;
        let mut counts = self.write_places(connection)?;
        let mut roster = Roster::new(self.seed, &self.sizes, self.calendar, &self.places);
        self.write_events(connection, &mut roster, &mut counts, progress)?;
        self.write_people(connection, &roster, &mut counts, progress)?;
        for index in INDEXES {
            connection.execute_batch(&create_index(index))?;
            progress.step();
        }
        connection.execute_batch("COMMIT")?;
        Ok(counts)
    }

    fn write_places(&self, connection: &Connection) -> rusqlite::Result<Counts> {
        self.places.write(connection, self.calendar.today)?;
        let mut skills = Inserter::new(connection, "skill", "id, name")?;
        for name in SKILLS {
            skills.add(params![skills.next_id(), name])?;
        }
        Ok(Counts {
            districts: DISTRICTS.len() as u64,
            schools: self.places.schools.len() as u64,
            organizations: organizations::write(connection, self.seed, self.calendar.today, &self.organizations)?,
            ..Counts::default()
        })
    }

    fn write_events(
        &self,
        connection: &Connection,
        roster: &mut Roster,
        counts: &mut Counts,
        progress: &mut Progress<'_>,
    ) -> rusqlite::Result<()> {
        let plans = plan(self.seed, self.sizes.events, self.calendar, &self.places);
        let mut quotas = Quotas::new(self.seed, &self.sizes, &plans);
        let mut attendance = AttendanceRows::new(connection, self.seed, self.calendar)?;
        let mut events = EventRows::new(connection, self.seed, self.calendar, &self.places)?;
        for plan in &plans {
            let turnout = attendance.write(plan, quotas.of(plan), roster)?;
            events.write(plan, &turnout)?;
            progress.step();
        }
        counts.events = events.written();
        counts.participations = attendance.participations.rows();
        counts.student_participations = attendance.students.rows();
        Ok(())
    }

    fn write_people(
        &self,
        connection: &Connection,
        roster: &Roster,
        counts: &mut Counts,
        progress: &mut Progress<'_>,
    ) -> rusqlite::Result<()> {
        let mut contacts = ContactRows::new(connection, self.seed, self.calendar)?;
        let mut volunteers = VolunteerRows::new(connection, self.seed, self.calendar, &self.organizations)?;
        let mut schools = SchoolRows::new(connection, self.seed, self.calendar, &self.places)?;
        for (id, member) in (1..).zip(&roster.members) {
            match *member {
                Member::Volunteer(position) => {
                    contacts.write_adult(id, "volunteer")?;
                    volunteers.write(&roster.volunteers[position])?;
                }
                Member::Teacher(position) => {
                    contacts.write_adult(id, "teacher")?;
                    schools.write_teacher(&roster.teachers[position])?;
                }
                Member::Student(position) => {
                    contacts.write_student(id)?;
                    schools.write_student(&roster.students[position], roster)?;
                }
            }
            progress.step();
        }
        counts.volunteers = volunteers.written();
        (counts.teachers, counts.students) = schools.written();
        Ok(())
    }
}

/// Shares the aimed-at numbers of participations out among the events.
struct Quotas {
    rng: Rng,
    volunteers: Shares,
    students: Shares,
}

struct Shares {
    total: u64,
    weights: u64,
}

impl Quotas {
    fn new(seed: u64, sizes: &Sizes, plans: &[Plan]) -> Self {
        let volunteers = plans.iter().map(|plan| plan.volunteers).sum();
        let students = plans.iter().map(|plan| plan.students).sum();
        Self {
            rng: Rng::new(seed, "quotas"),
            volunteers: Shares { total: sizes.participations, weights: volunteers },
            students: Shares { total: sizes.student_participations, weights: students },
        }
    }

    /// The numbers of one event. Where the plan wants somebody, at least one comes.
    fn of(&mut self, plan: &Plan) -> Quota {
        let volunteers = self.rng.share(self.volunteers.total, plan.volunteers, self.volunteers.weights);
        let students = self.rng.share(self.students.total, plan.students, self.students.weights);
        Quota { volunteers: volunteers.max(plan.volunteers.min(1)), students }
    }
}
