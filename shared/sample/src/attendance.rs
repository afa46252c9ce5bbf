//! Who came to an event: teachers, volunteers, presenters and students, with every spelling of "came" and "did not".

use rusqlite::{Connection, params};

use crate::calendar::{Calendar, plus_minutes, stamp};
use crate::places::Places;
use crate::plan::Plan;
use crate::rng::Rng;
use crate::roster::Roster;
use crate::sql::{Inserter, salesforce_id};
use crate::words::{JOB_TITLES, Name};

/// What VMS counts as attended. Everything else is a near miss or something different.
const ATTENDED: [&str; 3] = ["Attended", "Completed", "Successfully Completed"];

const CAME: [(&str, u64); 17] = [
    ("Attended", 560),
    ("Completed", 140),
    ("Successfully Completed", 70),
    ("No Show", 60),
    ("Cancelled", 30),
    ("Did Not Attend", 25),
    ("Simulcast", 20),
    ("attended", 15),
    ("Teacher No-Show", 12),
    ("Confirmed", 12),
    ("Scheduled", 10),
    ("completed", 8),
    ("ATTENDED", 6),
    ("No-Show", 6),
    ("Attended ", 4),
    ("Volunteer canceling due to snow", 6),
    ("Weather Cancellation", 6),
];

const CAME_ONLINE: [(&str, u64); 6] = [
    ("Attended", 30),
    ("Simulcast", 25),
    ("Successfully Completed", 20),
    ("Completed", 15),
    ("No Show", 6),
    ("Teacher No-Show", 4),
];

const CALLED_OFF: [(&str, u64); 7] = [
    ("Cancelled", 30),
    ("Weather Cancellation", 20),
    ("School Closure", 16),
    ("Volunteer canceling due to snow", 12),
    ("Emergency Cancellation", 10),
    ("Attended", 8),
    ("Did Not Attend", 4),
];

const SIGNED_UP: [(&str, u64); 3] = [("Confirmed", 50), ("Scheduled", 35), ("Registered", 15)];

const TEACHERS: [(Option<&str>, u64); 16] = [
    (Some("successfully completed"), 22),
    (Some("registered"), 16),
    (Some("simulcast"), 14),
    (Some("Attended"), 10),
    (Some("attended"), 8),
    (Some("no-show"), 5),
    (Some("cancelled"), 5),
    (None, 5),
    (Some("completed"), 4),
    (Some("no_show"), 3),
    (Some("teacher no-show"), 3),
    (Some("No Show"), 3),
    (Some("Simulcast"), 2),
    (Some("did not attend"), 2),
    (Some("teacher cancelation"), 2),
    (Some("withdrawn"), 2),
];

const STUDENTS: [(Option<&str>, u64); 7] = [
    (Some("Attended"), 82),
    (Some("No Show"), 6),
    (Some("Registered"), 4),
    (None, 3),
    (Some("attended"), 2),
    (Some("Excused"), 2),
    (Some("Attended - Late"), 1),
];

/// Usual hours, in sixteenths: sums of such numbers are exact, whatever their order.
const SIXTEENTHS: [i64; 9] = [8, 12, 16, 16, 20, 24, 32, 40, 48];

const TEACHER_COLUMNS: &str =
    "event_id, teacher_id, status, is_simulcast, attendance_confirmed_at, notes, created_at, updated_at";
const PARTICIPATION_COLUMNS: &str = "id, volunteer_id, event_id, status, delivery_hours, salesforce_id, age_group, \
                                     email, title, participant_type, contact";
const STUDENT_COLUMNS: &str =
    "id, salesforce_id, event_id, student_id, status, delivery_hours, age_group, created_at, updated_at";

/// How many rows of each kind an event shall get.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Quota {
    pub(crate) volunteers: u64,
    pub(crate) students: u64,
}

/// Who came, as far as the event's own row mentions it.
#[derive(Debug, Default)]
pub(crate) struct Turnout {
    /// Contact ids.
    pub(crate) teachers: Vec<i64>,
    /// Contact ids of those linked as presenters.
    pub(crate) presenters: Vec<i64>,
    pub(crate) volunteers: i64,
    pub(crate) students: i64,
    pub(crate) attended_students: i64,
}

/// Writes the rows that tie people to events.
pub(crate) struct AttendanceRows<'c> {
    seed: u64,
    rng: Rng,
    calendar: Calendar,
    teachers: Inserter<'c>,
    presenters: Inserter<'c>,
    pub(crate) participations: Inserter<'c>,
    pub(crate) students: Inserter<'c>,
}

impl<'c> AttendanceRows<'c> {
    pub(crate) fn new(connection: &'c Connection, seed: u64, calendar: Calendar) -> rusqlite::Result<Self> {
        Ok(Self {
            seed,
            rng: Rng::new(seed, "attendance"),
            calendar,
            teachers: Inserter::new(connection, "event_teacher", TEACHER_COLUMNS)?,
            presenters: Inserter::new(connection, "event_volunteers", "event_id, volunteer_id")?,
            participations: Inserter::new(connection, "event_participation", PARTICIPATION_COLUMNS)?,
            students: Inserter::new(connection, "event_student_participation", STUDENT_COLUMNS)?,
        })
    }

    /// Writes everybody who came to one event, and notes it in the roster.
    pub(crate) fn write(&mut self, plan: &Plan, quota: Quota, roster: &mut Roster) -> rusqlite::Result<Turnout> {
        let mut turnout = Turnout::default();
        self.write_teachers(plan, roster, &mut turnout)?;
        let volunteers = self.write_volunteers(plan, quota.volunteers, roster)?;
        turnout.volunteers = volunteers.len() as i64;
        self.write_presenters(plan, roster, &volunteers, &mut turnout)?;
        self.write_students(plan, quota.students, roster, &mut turnout)?;
        Ok(turnout)
    }

    fn write_teachers(&mut self, plan: &Plan, roster: &Roster, turnout: &mut Turnout) -> rusqlite::Result<()> {
        let number = match (plan.is_virtual(), plan.upcoming) {
            (true, false) => self.rng.pick(&[0, 1, 1, 2, 2, 3, 4, 5, 8]),
            (true, true) => self.rng.pick(&[0, 0, 1, 2]),
            (false, _) => self.rng.pick(&[0, 0, 0, 1, 2]),
        };
        for _ in 0..number {
            let teacher = roster.teacher(&mut self.rng, plan.district).map(|teacher| teacher.id);
            if let Some(teacher) = teacher.filter(|teacher| !turnout.teachers.contains(teacher)) {
                turnout.teachers.push(teacher);
                self.write_teacher(plan, teacher)?;
            }
        }
        Ok(())
    }

    fn write_teacher(&mut self, plan: &Plan, teacher: i64) -> rusqlite::Result<()> {
        let rng = &mut self.rng;
        let status = if plan.upcoming { Some("registered") } else { rng.weighted(&TEACHERS) };
        let confirmed = match status.map(str::to_lowercase).as_deref() {
            Some("successfully completed" | "simulcast" | "attended" | "completed") => 90,
            None => 60,
            Some("registered" | "no_show") => 35,
            Some(_) => 10,
        };
        let confirmed = !plan.upcoming && rng.percent(confirmed);
        let made = stamp(self.calendar.noted(plus_minutes(plan.start, -7 * 24 * 60)));
        self.teachers.add(params![
            plan.id,
            teacher,
            status,
            rng.flag(if status == Some("simulcast") { 70 } else { 8 }, 5),
            confirmed.then(|| stamp(plus_minutes(plan.start, 120))),
            rng.pick_or_null(&["Asked for a second session.", "Arrived late; class of 24."], 90),
            made,
            made
        ])
    }

    /// Answers the volunteers' positions in the roster.
    fn write_volunteers(&mut self, plan: &Plan, number: u64, roster: &mut Roster) -> rusqlite::Result<Vec<usize>> {
        let day = self.calendar.day_of(plan.start.date());
        let mut volunteers = Vec::with_capacity(number as usize);
        for _ in 0..number {
            let mut tries = (0..4).filter_map(|_| roster.attendee(&mut self.rng, day));
            let Some(volunteer) = tries.find(|volunteer| !volunteers.contains(volunteer)) else {
                continue;
            };
            volunteers.push(volunteer);
            self.write_volunteer(plan, volunteer, day, roster)?;
        }
        Ok(volunteers)
    }

    /// One participation, and now and then another of the same volunteer: equal to the first, or different in status
    /// or hours.
    fn write_volunteer(
        &mut self,
        plan: &Plan,
        volunteer: usize,
        day: i64,
        roster: &mut Roster,
    ) -> rusqlite::Result<()> {
        let status = self.status(plan);
        let hours = self.hours(status);
        let person = &mut roster.volunteers[volunteer];
        if plan.status == "COMPLETED" && ATTENDED.contains(&status) {
            person.attended(day);
        }
        let id = person.id;
        self.write_participation(plan, id, status, hours)?;
        match self.rng.below(160) {
            0 => self.write_participation(plan, id, status, hours),
            1 => self.write_participation(plan, id, "Completed", hours),
            2 => self.write_participation(plan, id, status, Some(0.75)),
            _ => Ok(()),
        }
    }

    fn write_participation(
        &mut self,
        plan: &Plan,
        volunteer: i64,
        status: &str,
        hours: Option<f64>,
    ) -> rusqlite::Result<()> {
        let rng = &mut self.rng;
        let id = self.participations.next_id();
        let personal = rng.percent(20).then(|| Name::of(self.seed, volunteer));
        self.participations.add(params![
            id,
            volunteer,
            plan.id,
            status,
            hours,
            (!rng.percent(5)).then(|| salesforce_id("a0P", 'V', id)),
            rng.pick_or_null(&["Adult", "18-24"], 80),
            personal.as_ref().map(|name| name.email(volunteer, 0)),
            rng.pick_or_null(&JOB_TITLES, 75),
            rng.weighted(&[(Some("Volunteer"), 70), (Some("Presenter"), 15), (None, 15)]),
            personal.as_ref().map(Name::short)
        ])
    }

    fn status(&mut self, plan: &Plan) -> &'static str {
        match plan.status {
            _ if plan.upcoming => self.rng.weighted(&SIGNED_UP),
            "CANCELLED" => self.rng.weighted(&CALLED_OFF),
            _ if plan.is_virtual() => self.rng.weighted(&CAME_ONLINE),
            _ => self.rng.weighted(&CAME),
        }
    }

    fn hours(&mut self, status: &str) -> Option<f64> {
        let served = ATTENDED.contains(&status) || status == "Simulcast";
        let (missing, zero) = if served { (8, 6) } else { (45, 40) };
        let sixteenths = if self.rng.percent(25) { self.rng.between(1, 96) } else { self.rng.pick(&SIXTEENTHS) };
        match self.rng.below(100) {
            drawn if drawn < missing => None,
            drawn if drawn < missing + zero => Some(0.0),
            _ => Some(sixteenths as f64 / 16.0),
        }
    }

    /// Presenters are volunteers of the event, or, where nobody is registered, somebody who presented all the same.
    fn write_presenters(
        &mut self,
        plan: &Plan,
        roster: &Roster,
        volunteers: &[usize],
        turnout: &mut Turnout,
    ) -> rusqlite::Result<()> {
        let number = if plan.is_virtual() { self.rng.pick(&[0, 1, 1, 1, 2, 3]) } else { self.rng.pick(&[0, 0, 1, 4]) };
        let mut linked: Vec<usize> = volunteers.iter().copied().take(number).collect();
        if plan.is_virtual() && linked.is_empty() && self.rng.percent(60) {
            linked.extend(roster.attendee(&mut self.rng, self.calendar.day_of(plan.start.date())));
        }
        for volunteer in linked {
            let id = roster.volunteers[volunteer].id;
            turnout.presenters.push(id);
            self.presenters.add(params![plan.id, id])?;
        }
        Ok(())
    }

    fn write_students(
        &mut self,
        plan: &Plan,
        number: u64,
        roster: &Roster,
        turnout: &mut Turnout,
    ) -> rusqlite::Result<()> {
        let district = plan.district.unwrap_or_else(|| Places::district(&mut self.rng));
        let made = stamp(plan.start);
        let changed = stamp(self.calendar.noted(plus_minutes(plan.start, 2 * 24 * 60)));
        let hours = self.rng.pick(&[None, Some(0.0), Some(0.75), Some(1.0), Some(1.5), Some(3.0)]);
        for student in roster.students(&mut self.rng, district, number) {
            let rng = &mut self.rng;
            let id = self.students.next_id();
            let status = if plan.is_cancelled() { Some("Cancelled") } else { rng.weighted(&STUDENTS) };
            turnout.students += 1;
            turnout.attended_students += i64::from(status == Some("Attended"));
            self.students.add(params![
                id,
                (!rng.percent(3)).then(|| salesforce_id("a0S", 'P', id)),
                plan.id,
                student.id,
                status,
                hours,
                rng.pick_or_null(&["K-5", "6-8", "9-12"], 60),
                made,
                changed
            ])?;
        }
        Ok(())
    }
}
