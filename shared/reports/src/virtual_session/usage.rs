//! Virtual session usage of a year: every registration of every session, and what adds up from those that took place.
//!
//! A session has one row per registered teacher, whatever became of the registration, or a single row without a
//! teacher where nobody registered; such a bare session counts as an experience too, and a session counts for every
//! district that has a teacher in it (V6). Teachers are told apart by name, professionals by id (V5). No attendance,
//! neither a teacher's nor any count of the event, enters a figure; students are 25 per teacher (V10).
//!
//! Kept as VMS has them: only three districts get figures, every other one that occurs is listed with zeros (V7); the
//! overall figures count sessions by title and hold sessions counted by event against them, so a share may exceed
//! 100 (V9). Fixed: VMS lists the districts with zeros in random order, here it is that of the code points (V19).

use super::sessions::{Presenter, Registration, STUDENTS_PER_TEACHER, Session, Sessions, or_empty};
use crate::Report;
use crate::rules::percentages::whole_percent;
use indexmap::IndexMap;
use serde::Serialize;
use std::collections::{BTreeSet, HashSet};
use vms_core::AsOf;

/// The districts that keep the figures computed for them.
const MAIN_DISTRICTS: [&str; 3] =
    ["Hickman Mills School District", "Grandview School District", "Kansas City Kansas Public Schools"];

/// The first calendar year that the list of years offers.
const FIRST_YEAR: i16 = 2018;

/// `virtual_session/usage/{virtual_year}`
#[derive(Serialize)]
pub(super) struct VirtualUsage<'s> {
    session_data: Vec<Row<'s>>,
    district_summaries: IndexMap<&'s str, DistrictSummary>,
    overall_summary: OverallSummary,
    filter_options: FilterOptions<'s>,
}

/// A registration, or a session without any.
#[derive(Serialize)]
struct Row<'s> {
    event_id: i64,
    status: &'static str,
    date: &'s str,
    time: &'s str,
    session_type: &'s str,
    teacher_name: &'s str,
    teacher_id: Option<i64>,
    school_name: &'s str,
    school_level: Option<&'s str>,
    district: &'s str,
    session_title: &'s str,
    presenter: &'s str,
    presenter_data: &'s [Presenter<'s>],
    topic_theme: &'s str,
    session_link: &'s str,
    session_id: &'s str,
    participant_count: i64,
    duration: i64,
    is_simulcast: Option<bool>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum DistrictSummary {
    Counted(CountedSummary),
    Zero(ZeroSummary),
}

#[derive(Serialize)]
struct CountedSummary {
    total_students: usize,
    total_experiences: usize,
    teacher_count: usize,
    school_count: usize,
    session_count: usize,
    organization_count: usize,
    professional_count: usize,
    professional_of_color_count: usize,
    local_professional_count: usize,
    local_session_count: usize,
    poc_session_count: usize,
    local_session_percent: u64,
    poc_session_percent: u64,
}

/// The same members, in the other order in which VMS writes them.
#[derive(Default, Serialize)]
struct ZeroSummary {
    teacher_count: usize,
    total_students: usize,
    session_count: usize,
    total_experiences: usize,
    organization_count: usize,
    professional_count: usize,
    professional_of_color_count: usize,
    local_professional_count: usize,
    school_count: usize,
    local_session_count: usize,
    poc_session_count: usize,
    local_session_percent: u64,
    poc_session_percent: u64,
}

#[derive(Serialize)]
struct OverallSummary {
    teacher_count: usize,
    student_count: usize,
    session_count: usize,
    experience_count: usize,
    organization_count: usize,
    professional_count: usize,
    professional_of_color_count: usize,
    local_professional_count: usize,
    school_count: usize,
    local_session_count: usize,
    poc_session_count: usize,
    local_session_percent: u64,
    poc_session_percent: u64,
}

#[derive(Serialize)]
struct FilterOptions<'s> {
    school_years: Vec<String>,
    career_clusters: BTreeSet<&'s str>,
    schools: BTreeSet<&'s str>,
    districts: BTreeSet<&'s str>,
    statuses: BTreeSet<&'static str>,
}

impl<'s> VirtualUsage<'s> {
    pub(super) fn of(sessions: &'s Sessions<'_>, as_of: &AsOf) -> Self {
        let mut session_data = Vec::new();
        let mut overall = Tally::default();
        let mut districts: IndexMap<&str, Tally<'_>> = IndexMap::new();
        for session in sessions.all() {
            for row in rows_of(session) {
                if !row.district.is_empty() {
                    let tally = districts.entry(row.district).or_default();
                    if session.is_counted() {
                        tally.add(&row);
                        overall.add(&row);
                    }
                }
                session_data.push(row);
            }
        }
        let filter_options = FilterOptions::of(sessions, as_of);
        Self {
            session_data,
            district_summaries: summaries(districts, &filter_options.districts),
            overall_summary: overall.overall(),
            filter_options,
        }
    }
}

impl Report for VirtualUsage<'_> {
    fn rows(&self) -> u64 {
        self.session_data.len() as u64
    }
}

/// The main districts as they first appear, then every other district of the year with zeros.
fn summaries<'s>(counted: IndexMap<&'s str, Tally<'s>>, all: &BTreeSet<&'s str>) -> IndexMap<&'s str, DistrictSummary> {
    let mut out: IndexMap<_, _> = counted
        .into_iter()
        .filter(|(name, _)| MAIN_DISTRICTS.contains(name))
        .map(|(name, tally)| (name, DistrictSummary::Counted(tally.district())))
        .collect();
    for name in all {
        out.entry(*name).or_insert_with(|| DistrictSummary::Zero(ZeroSummary::default()));
    }
    out
}

/// One row per registration, or one for a session that has none.
fn rows_of<'s>(session: &'s Session<'_>) -> Vec<Row<'s>> {
    if session.registrations.is_empty() {
        return vec![Row { district: session.district.overall(), ..Row::of_session(session) }];
    }
    session.registrations.iter().map(|r| Row::of(session, r)).collect()
}

impl<'s> Row<'s> {
    fn of(session: &'s Session<'_>, registration: &'s Registration<'_>) -> Self {
        let teacher = registration.teacher.as_ref();
        let school = teacher.and_then(|t| t.school);
        Self {
            teacher_name: teacher.map_or("", |t| t.name.as_str()),
            teacher_id: teacher.map(|t| t.id),
            school_name: school.map_or("", |s| &*s.name),
            school_level: school.map_or(Some(""), |s| s.level.as_deref()),
            district: registration.district.overall(),
            is_simulcast: registration.link.simulcast,
            ..Self::of_session(session)
        }
    }

    /// What is the same in every row of a session, and nothing where a registration would have something.
    fn of_session(session: &'s Session<'_>) -> Self {
        let event = session.event;
        Self {
            event_id: event.id,
            status: event.status.display(),
            date: &session.date,
            time: &session.time,
            session_type: or_empty(event.additional_information.as_ref()),
            teacher_name: "",
            teacher_id: None,
            school_name: "",
            school_level: Some(""),
            district: "",
            session_title: &event.title,
            presenter: &session.presenter,
            presenter_data: &session.presenters,
            topic_theme: or_empty(event.series.as_ref()),
            session_link: or_empty(event.registration_link.as_ref()),
            session_id: or_empty(event.session_id.as_ref()),
            participant_count: event.participant_count.unwrap_or(0),
            duration: event.duration.unwrap_or(0),
            is_simulcast: Some(false),
        }
    }
}

/// What is counted of the rows of one district, or of all.
#[derive(Default)]
struct Tally<'s> {
    experiences: usize,
    teachers: HashSet<&'s str>,
    schools: HashSet<&'s str>,
    titles: HashSet<&'s str>,
    events: HashSet<i64>,
    professionals: HashSet<i64>,
    organizations: HashSet<&'s str>,
    of_color: HashSet<i64>,
    local: HashSet<i64>,
    of_color_sessions: HashSet<i64>,
    local_sessions: HashSet<i64>,
}

impl<'s> Tally<'s> {
    fn add(&mut self, row: &Row<'s>) {
        self.experiences += 1;
        self.events.insert(row.event_id);
        insert_text(&mut self.teachers, row.teacher_name);
        insert_text(&mut self.schools, row.school_name);
        insert_text(&mut self.titles, row.session_title);
        for presenter in row.presenter_data {
            self.professionals.insert(presenter.id);
            insert_text(&mut self.organizations, presenter.organization_name.unwrap_or(""));
            if presenter.is_of_color() {
                self.of_color.insert(presenter.id);
                self.of_color_sessions.insert(row.event_id);
            }
            if presenter.is_local {
                self.local.insert(presenter.id);
                self.local_sessions.insert(row.event_id);
            }
        }
    }

    /// Sessions are events.
    fn district(&self) -> CountedSummary {
        let sessions = self.events.len();
        CountedSummary {
            total_students: STUDENTS_PER_TEACHER * self.teachers.len(),
            total_experiences: self.experiences,
            teacher_count: self.teachers.len(),
            school_count: self.schools.len(),
            session_count: sessions,
            organization_count: self.organizations.len(),
            professional_count: self.professionals.len(),
            professional_of_color_count: self.of_color.len(),
            local_professional_count: self.local.len(),
            local_session_count: self.local_sessions.len(),
            poc_session_count: self.of_color_sessions.len(),
            local_session_percent: whole_percent(self.local_sessions.len(), sessions),
            poc_session_percent: whole_percent(self.of_color_sessions.len(), sessions),
        }
    }

    /// Sessions are titles, and those that are held against them are events.
    fn overall(&self) -> OverallSummary {
        let divisor = self.titles.len().max(1);
        OverallSummary {
            teacher_count: self.teachers.len(),
            student_count: STUDENTS_PER_TEACHER * self.teachers.len(),
            session_count: self.titles.len(),
            experience_count: self.experiences,
            organization_count: self.organizations.len(),
            professional_count: self.professionals.len(),
            professional_of_color_count: self.of_color.len(),
            local_professional_count: self.local.len(),
            school_count: self.schools.len(),
            local_session_count: self.local_sessions.len(),
            poc_session_count: self.of_color_sessions.len(),
            local_session_percent: whole_percent(self.local_sessions.len(), divisor),
            poc_session_percent: whole_percent(self.of_color_sessions.len(), divisor),
        }
    }
}

fn insert_text<'s>(set: &mut HashSet<&'s str>, text: &'s str) {
    if !text.is_empty() {
        set.insert(text);
    }
}

impl<'s> FilterOptions<'s> {
    /// From the sessions of every status; sorted by code point.
    fn of(sessions: &'s Sessions<'_>, as_of: &AsOf) -> Self {
        let mut options = Self {
            school_years: school_years(as_of.local_date().year() + 1),
            career_clusters: BTreeSet::new(),
            schools: BTreeSet::new(),
            districts: BTreeSet::new(),
            statuses: BTreeSet::new(),
        };
        for session in sessions.all() {
            options.statuses.insert(session.event.status.display());
            let cluster = or_empty(session.event.series.as_ref());
            options.career_clusters.extend(Some(cluster).filter(|c| !c.is_empty()));
            options.districts.extend(session.district.first);
            for (_, teacher) in session.teachers() {
                options.schools.extend(teacher.school.map(|s| &*s.name));
                options.districts.extend(teacher.school_district);
            }
        }
        options
    }
}

/// `Y-(Y+1)`, from `last` back to the first year that VMS offers.
fn school_years(last: i16) -> Vec<String> {
    (FIRST_YEAR..=last).rev().map(|y| format!("{y}-{}", y + 1)).collect()
}
