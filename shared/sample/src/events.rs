//! The rows of events themselves: what, when, where, for whom.

use rusqlite::{Connection, params};

use crate::attendance::Turnout;
use crate::calendar::{Calendar, plus_minutes, stamp};
use crate::places::{DISTRICTS, Places};
use crate::plan::Plan;
use crate::rng::Rng;
use crate::sql::{Inserter, salesforce_id};
use crate::titles::{description, title};
use crate::words::{CLUSTERS, LOCATIONS, Name, SKILLS};

/// Hosts: VMS keeps an event for its own figures if the host contains `prepkc` in any case.
const HOSTS: [(Option<&str>, u64); 8] = [
    (Some("PREPKC"), 62),
    (Some("PrepKC"), 9),
    (Some("prepkc"), 5),
    (Some("PREPKC / Lodestar Guild"), 4),
    (Some("Prep-KC"), 4),
    (Some("Waypoint Learning Network"), 7),
    (Some(""), 2),
    (None, 7),
];

const SESSION_TYPES: [(Option<&str>, u64); 5] = [
    (Some("Industry Chat"), 35),
    (Some("Virtual Field Trip"), 25),
    (Some("Teacher Requested"), 20),
    (Some(""), 5),
    (None, 15),
];

const COLUMNS: &str = "id, salesforce_id, title, description, type, format, start_date, end_date, duration, status, \
                       cancellation_reason, location, school, district_partner, volunteers_needed, participant_count, \
                       registered_count, attended_count, available_slots, scheduled_participants_count, \
                       total_requested_volunteer_jobs, additional_information, session_id, session_host, series, \
                       registration_link, original_status_string, educators, educator_ids, professionals, \
                       professional_ids, created_at, updated_at";
const DETAIL_COLUMNS: &str = "id, event_id, num_classrooms, rotations, students_per_volunteer, total_students, \
                              attendance_in_sf, pathway, groups_rotations, is_stem, attendance_link";

/// Writes events and what belongs to them alone.
pub(crate) struct EventRows<'c> {
    seed: u64,
    rng: Rng,
    calendar: Calendar,
    places: &'c Places,
    events: Inserter<'c>,
    details: Inserter<'c>,
    districts: Inserter<'c>,
    skills: Inserter<'c>,
}

impl<'c> EventRows<'c> {
    pub(crate) fn new(
        connection: &'c Connection,
        seed: u64,
        calendar: Calendar,
        places: &'c Places,
    ) -> rusqlite::Result<Self> {
        Ok(Self {
            seed,
            rng: Rng::new(seed, "events"),
            calendar,
            places,
            events: Inserter::new(connection, "event", COLUMNS)?,
            details: Inserter::new(connection, "event_attendance_detail", DETAIL_COLUMNS)?,
            districts: Inserter::new(connection, "event_districts", "event_id, district_id")?,
            skills: Inserter::new(connection, "event_skills", "event_id, skill_id")?,
        })
    }

    /// Writes one event.
    pub(crate) fn write(&mut self, plan: &Plan, turnout: &Turnout) -> rusqlite::Result<()> {
        self.write_event(plan, turnout)?;
        self.write_districts(plan)?;
        self.write_skills(plan)?;
        if !plan.is_virtual() && !plan.upcoming && self.rng.percent(45) {
            self.write_detail(plan, turnout)?;
        }
        Ok(())
    }

    /// How many events went in.
    pub(crate) fn written(&self) -> u64 {
        self.events.rows()
    }

    fn write_event(&mut self, plan: &Plan, turnout: &Turnout) -> rusqlite::Result<()> {
        let school = plan.school.and_then(|position| self.places.schools.get(position));
        let online = Online::new(&mut self.rng, self.seed, plan, turnout);
        let counts = Numbers::new(&mut self.rng, plan, turnout);
        let rng = &mut self.rng;
        let minutes = rng.pick(&[30, 45, 60, 60, 60, 90, 120, 240]);
        let made = self.calendar.noted(plan.start);
        let made = plus_minutes(made, -rng.between(10, 90) * 24 * 60);
        let changed = self.calendar.noted(plus_minutes(plan.start, 26 * 60));
        self.events.add(params![
            plan.id,
            (!rng.percent(6)).then(|| salesforce_id("a00", 'E', plan.id)),
            title(rng, plan, school.map(|school| school.name.as_str())),
            description(rng),
            plan.kind,
            if plan.is_virtual() == rng.percent(4) { "IN_PERSON" } else { "VIRTUAL" },
            stamp(plan.start),
            (!rng.percent(8)).then(|| stamp(plus_minutes(plan.start, minutes))),
            (!rng.percent(12)).then_some(if rng.percent(3) { 0 } else { minutes }),
            plan.status,
            plan.cancellation_reason,
            location(rng),
            school.map(|school| school.id.as_str()),
            district_partner(rng, plan, school.map(|school| school.name.as_str())),
            counts.needed,
            counts.participants,
            counts.registered,
            counts.attended,
            counts.open,
            counts.scheduled,
            counts.needed,
            online.session_type,
            online.session_id,
            rng.weighted(&HOSTS),
            rng.pick_or_null(&CLUSTERS, if plan.is_virtual() { 8 } else { 40 }),
            online.link,
            online.original_status,
            online.educators,
            online.educator_ids,
            online.professionals,
            online.professional_ids,
            stamp(made),
            stamp(changed)
        ])
    }

    fn write_districts(&mut self, plan: &Plan) -> rusqlite::Result<()> {
        let rng = &mut self.rng;
        let mut linked: Vec<usize> = plan.district.into_iter().filter(|_| !rng.percent(18)).collect();
        for _ in 0..rng.weighted(&[(0, 88), (1, 9), (2, 3)]) {
            linked.push(Places::district(rng));
        }
        // Link rows come in no particular order; a district is linked once.
        linked.sort_unstable();
        linked.dedup();
        rng.shuffle(&mut linked);
        linked.iter().try_for_each(|position| self.districts.add(params![plan.id, DISTRICTS[*position].id.to_string()]))
    }

    fn write_skills(&mut self, plan: &Plan) -> rusqlite::Result<()> {
        let number = self.rng.weighted(&[(0, 62), (1, 18), (2, 12), (3, 8)]);
        let mut linked: Vec<usize> = (0..number).map(|_| self.rng.index(SKILLS.len()) + 1).collect();
        linked.sort_unstable();
        linked.dedup();
        linked.iter().try_for_each(|skill| self.skills.add(params![plan.id, *skill as i64]))
    }

    /// Classrooms, rotations and totals: any of them may be missing or zero, which switches VMS's estimate off.
    fn write_detail(&mut self, plan: &Plan, turnout: &Turnout) -> rusqlite::Result<()> {
        let rng = &mut self.rng;
        let total = if rng.percent(60) { turnout.students } else { rng.between(5, 180) };
        self.details.add(params![
            self.details.next_id(),
            plan.id,
            rng.pick_or_null(&[0, 1, 2, 3, 4, 5, 6, 8], 14),
            rng.pick_or_null(&[0, 1, 2, 3, 4, 5], 14),
            rng.pick_or_null(&[5, 10, 12, 25], 60),
            (!rng.percent(10)).then_some(total),
            rng.flag(40, 10),
            rng.pick_or_null(&CLUSTERS, 60),
            rng.pick_or_null(&["2 groups, 3 rotations", "4 x 20 minutes"], 70),
            rng.flag(30, 10),
            rng.percent(20).then(|| format!("https://example.org/attendance/{}", plan.id))
        ])
    }
}

/// What an event's row says about its session: mostly for virtual ones.
#[derive(Default)]
struct Online {
    session_type: Option<&'static str>,
    session_id: Option<String>,
    link: Option<String>,
    original_status: Option<&'static str>,
    educators: Option<String>,
    educator_ids: Option<String>,
    professionals: Option<String>,
    professional_ids: Option<String>,
}

impl Online {
    fn new(rng: &mut Rng, seed: u64, plan: &Plan, turnout: &Turnout) -> Self {
        if !plan.is_virtual() {
            return Self {
                session_type: rng.pick_or_null(&["Bring a badge.", "Park behind the gym."], 90),
                ..Self::default()
            };
        }
        let listed = rng.percent(40);
        Self {
            session_type: rng.weighted(&SESSION_TYPES),
            session_id: rng.percent(88).then(|| format!("S-{}", 500_000 + plan.id)),
            link: rng.percent(85).then(|| format!("https://example.org/session/{}", plan.id)),
            original_status: original_status(rng, plan.status),
            educators: listed.then(|| names(seed, &turnout.teachers)),
            educator_ids: listed.then(|| ids(&turnout.teachers)),
            professionals: listed.then(|| names(seed, &turnout.presenters)),
            professional_ids: listed.then(|| ids(&turnout.presenters)),
        }
    }
}

/// The status as it was imported. A session that was moved into the classroom keeps only this trace of it.
fn original_status(rng: &mut Rng, status: &str) -> Option<&'static str> {
    match status {
        "DRAFT" | "CANCELLED" | "COMPLETED" if rng.percent(if status == "COMPLETED" { 4 } else { 50 }) => {
            Some(rng.pick(&["Moved to In-Person Session", "moved to in-person", "MOVED TO IN-PERSON session"]))
        }
        "COMPLETED" => rng.pick_or_null(&["Successfully Completed", "completed"], 15),
        "CANCELLED" => Some(rng.pick(&["Teacher Cancelation", "cancelled", "Canceled"])),
        "NO_SHOW" => Some(rng.pick(&["Teacher No-Show", "Technical Difficulties"])),
        "SIMULCAST" => Some("Simulcast"),
        "DRAFT" => rng.pick_or_null(&["Draft", "unfilled"], 30),
        _ => None,
    }
}

/// How many are wanted and how many came, as VMS's importers wrote it: near the truth, sometimes missing.
struct Numbers {
    needed: Option<i64>,
    participants: Option<i64>,
    registered: Option<i64>,
    attended: Option<i64>,
    open: Option<i64>,
    scheduled: Option<i64>,
}

impl Numbers {
    fn new(rng: &mut Rng, plan: &Plan, turnout: &Turnout) -> Self {
        let guests = if plan.is_virtual() { turnout.teachers.len() as i64 * 25 } else { turnout.students };
        let needed = rng.weighted(&[(None, 18), (Some(0), 22), (Some(1), 10), (Some(4), 30), (Some(12), 20)]);
        let missing = rng.percent(7);
        Self {
            needed,
            participants: (!missing).then_some(if rng.percent(12) { rng.between(0, 90) } else { guests }),
            registered: (!missing).then_some(guests + rng.between(0, 4)),
            attended: (!missing).then_some(turnout.attended_students.max(guests - rng.between(0, 6)).max(0)),
            open: needed.map(|needed| (needed - turnout.volunteers).max(0)),
            scheduled: Some(turnout.volunteers),
        }
    }
}

fn location(rng: &mut Rng) -> Option<&'static str> {
    if rng.percent(3) { Some("") } else { rng.pick_or_null(&LOCATIONS, 14) }
}

/// The district as somebody typed it: its name, another spelling, a school, or nothing.
fn district_partner(rng: &mut Rng, plan: &Plan, school: Option<&str>) -> Option<String> {
    let district = plan.district.and_then(|position| DISTRICTS.get(position))?;
    match rng.below(100) {
        0..48 => Some(district.name.to_owned()),
        48..70 => Some(rng.pick(district.spellings).to_owned()),
        70..80 => school.map(str::to_owned),
        80..83 => Some(String::new()),
        83..86 => Some(format!("{} and friends", district.name.to_lowercase())),
        _ => None,
    }
}

fn names(seed: u64, contacts: &[i64]) -> String {
    contacts.iter().map(|contact| Name::of(seed, *contact).short()).collect::<Vec<_>>().join("; ")
}

fn ids(contacts: &[i64]) -> String {
    contacts.iter().map(|contact| salesforce_id("003", 'C', *contact)).collect::<Vec<_>>().join("; ")
}
