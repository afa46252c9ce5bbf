//! Which events there are: when, of what type, in which state, where, and how crowded.
//!
//! The first rows go through what must occur at any scale (border moments, every type, every status); the last are
//! upcoming. Ids are then dealt out at random, so that none of this shows in their order.

use jiff::civil::DateTime;

use crate::calendar::Calendar;
use crate::enums::{CANCELLATION_REASONS, EVENT_STATUSES, EVENT_TYPES};
use crate::places::Places;
use crate::rng::Rng;

pub(crate) const VIRTUAL: &str = "VIRTUAL_SESSION";

/// Types of past and upcoming events; a type is missing now and then.
const TYPES: [(Option<&str>, u64); 16] = [
    (Some(VIRTUAL), 300),
    (Some("CLASSROOM_SPEAKER"), 100),
    (Some("CAREER_FAIR"), 60),
    (Some("CAREER_SPEAKER"), 60),
    (Some("WORKPLACE_VISIT"), 50),
    (Some("MENTORING"), 50),
    (Some("CONNECTOR_SESSION"), 40),
    (Some("DATA_VIZ"), 40),
    (Some("FINANCIAL_LITERACY"), 40),
    (Some("DIA"), 35),
    (Some("DIA_CLASSROOM_SPEAKER"), 35),
    (Some("CAREER_JUMPING"), 30),
    (Some("MATH_RELAYS"), 30),
    (Some("CAMPUS_VISIT"), 20),
    (Some("IN_PERSON"), 20),
    (None, 6),
];

const PAST_STATUSES: [(&str, u64); 9] = [
    ("COMPLETED", 72),
    ("CANCELLED", 10),
    ("DRAFT", 4),
    ("NO_SHOW", 4),
    ("CONFIRMED", 3),
    ("SIMULCAST", 3),
    ("REQUESTED", 2),
    ("PUBLISHED", 1),
    ("COUNT", 1),
];

const UPCOMING_STATUSES: [(&str, u64); 5] =
    [("CONFIRMED", 40), ("PUBLISHED", 25), ("REQUESTED", 15), ("DRAFT", 12), ("CANCELLED", 8)];

/// Types of the events at the borders of years, where virtual sessions follow a rule of their own.
const BORDER_TYPES: [&str; 3] = [VIRTUAL, "CLASSROOM_SPEAKER", "CAREER_FAIR"];

const DIA_TYPES: [&str; 2] = ["DIA", "DIA_CLASSROOM_SPEAKER"];

/// How many upcoming events are of the two DIA types at any scale.
const UPCOMING_DIA: usize = 16;

/// One event to be written.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) id: i64,
    pub(crate) start: DateTime,
    pub(crate) kind: Option<&'static str>,
    pub(crate) status: &'static str,
    pub(crate) cancellation_reason: Option<&'static str>,
    pub(crate) upcoming: bool,
    /// Which of the DIA events it is, if it is one.
    pub(crate) dia: Option<usize>,
    pub(crate) district: Option<usize>,
    pub(crate) school: Option<usize>,
    /// Its share of all volunteer participations.
    pub(crate) volunteers: u64,
    /// Its share of all student participations.
    pub(crate) students: u64,
}

impl Plan {
    pub(crate) fn is_virtual(&self) -> bool {
        self.kind == Some(VIRTUAL)
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.status == "CANCELLED"
    }
}

/// Plans all events, in the order of their ids.
pub(crate) fn plan(seed: u64, events: usize, calendar: Calendar, places: &Places) -> Vec<Plan> {
    let mut planner = Planner {
        rng: Rng::new(seed, "plan"),
        calendar,
        places,
        borders: calendar.border_moments(),
        upcoming_from: events - (events / 16).max(UPCOMING_DIA),
        cancelled: 0,
        dia: 0,
        previous: None,
    };
    let mut plans: Vec<Plan> = (0..events).map(|nth| planner.event(nth)).collect();
    planner.rng.shuffle(&mut plans);
    for (id, plan) in (1..).zip(&mut plans) {
        plan.id = id;
    }
    plans
}

struct Planner<'p> {
    rng: Rng,
    calendar: Calendar,
    places: &'p Places,
    borders: Vec<DateTime>,
    upcoming_from: usize,
    cancelled: usize,
    dia: usize,
    previous: Option<DateTime>,
}

impl Planner<'_> {
    fn event(&mut self, nth: usize) -> Plan {
        let upcoming = nth >= self.upcoming_from;
        let start = self.start(nth, upcoming);
        let kind = self.kind(nth);
        let status = self.status(nth, upcoming);
        let district = (!self.rng.percent(4)).then(|| Places::district(&mut self.rng));
        let at_school = if kind == Some(VIRTUAL) { 12 } else { 70 };
        let mut plan = Plan {
            id: 0,
            start,
            kind,
            status,
            cancellation_reason: self.cancellation_reason(status),
            upcoming,
            dia: self.dia(kind),
            district,
            school: district
                .filter(|_| self.rng.percent(at_school))
                .and_then(|d| self.places.school_in(d, &mut self.rng)),
            volunteers: 0,
            students: 0,
        };
        plan.volunteers = self.crowd(nth, &plan);
        plan.students = self.classes(&plan);
        plan
    }

    /// Some events start together with another, so that ties occur.
    fn start(&mut self, nth: usize, upcoming: bool) -> DateTime {
        let start = match (self.borders.get(nth), self.previous) {
            (Some(border), _) => *border,
            (None, Some(previous)) if nth != self.upcoming_from && self.rng.percent(10) => previous,
            _ if upcoming => self.calendar.upcoming(&mut self.rng),
            _ => self.calendar.past(&mut self.rng),
        };
        self.previous = Some(start);
        start
    }

    fn kind(&mut self, nth: usize) -> Option<&'static str> {
        let borders = self.borders.len();
        if nth < borders {
            return Some(BORDER_TYPES[nth % BORDER_TYPES.len()]);
        }
        if let Some(ahead) = nth.checked_sub(self.upcoming_from).filter(|ahead| *ahead < UPCOMING_DIA) {
            return Some(DIA_TYPES[ahead / 2 % DIA_TYPES.len()]);
        }
        let drawn = self.rng.weighted(&TYPES);
        // After every type, one event without any.
        EVENT_TYPES.get(nth - borders).copied().or(drawn.filter(|_| nth - borders > EVENT_TYPES.len()))
    }

    fn status(&mut self, nth: usize, upcoming: bool) -> &'static str {
        let borders = self.borders.len();
        if nth < borders {
            return if nth % 9 == 6 { "SIMULCAST" } else { "COMPLETED" };
        }
        let drawn = self.rng.weighted(if upcoming { &UPCOMING_STATUSES } else { &PAST_STATUSES[..] });
        EVENT_STATUSES.get(nth.wrapping_sub(borders + EVENT_TYPES.len())).copied().unwrap_or(drawn)
    }

    /// Every reason occurs in turn, and every third cancelled event has none.
    fn cancellation_reason(&mut self, status: &str) -> Option<&'static str> {
        if status != "CANCELLED" {
            return None;
        }
        self.cancelled += 1;
        let turn = self.cancelled % (CANCELLATION_REASONS.len() + 2);
        CANCELLATION_REASONS.get(turn).copied()
    }

    fn dia(&mut self, kind: Option<&str>) -> Option<usize> {
        let is_dia = kind.is_some_and(|kind| DIA_TYPES.contains(&kind));
        self.dia += usize::from(is_dia);
        is_dia.then_some(self.dia)
    }

    fn crowd(&mut self, nth: usize, plan: &Plan) -> u64 {
        let many: u64 = self.rng.pick(&[0, 2, 3, 4, 5, 6, 8, 12]);
        match plan.kind {
            // Upcoming: every other DIA event has somebody, most other events nobody yet.
            _ if plan.upcoming && plan.dia.is_some() => nth.is_multiple_of(2).into(),
            _ if plan.upcoming => self.rng.percent(30).into(),
            _ if matches!(plan.status, "DRAFT" | "REQUESTED") => 0,
            _ if plan.is_cancelled() => many.div_ceil(2),
            Some(VIRTUAL) => many.div_ceil(3),
            Some("CAREER_FAIR") => many * 4,
            _ => many,
        }
    }

    fn classes(&mut self, plan: &Plan) -> u64 {
        let many: u64 = self.rng.pick(&[0, 1, 2, 3, 4, 5, 8]);
        let happened = matches!(plan.status, "COMPLETED" | "SIMULCAST" | "NO_SHOW" | "CONFIRMED");
        match plan.is_virtual() {
            false if happened && !plan.upcoming => many,
            false if plan.is_cancelled() && !plan.upcoming => many.min(1),
            _ => 0,
        }
    }
}
