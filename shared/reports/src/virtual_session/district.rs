//! Virtual sessions of one district: its sessions, months, schools, teachers and totals.
//!
//! The sessions are those for which an existing teacher of the district is registered; one that is only linked to
//! the district stays out (V11), and each shows all its teachers and schools, other districts' too (V12). The teacher
//! table asks for a confirmed attendance and for a registration text without a word of absence; `no_show`, spelled
//! with an underscore, passes (V15). Sessions moved in person skip both tests and any test of the event's status, yet
//! count in no session, school or month figure (V16).
//!
//! Kept as VMS has them: rows are ordered by the *text* `MM/DD/YY` (V13); a school's sessions go to the district of
//! the first school of that name (V14); months repeat the registered as the attended (V17); what counts as a
//! teacher, organization, professional or session differs from the overall report (V18).

use super::sessions::{Presenter, Registration, STUDENTS_PER_TEACHER, Session, Sessions, or_empty};
use crate::Report;
use crate::rules::percentages::whole_percent;
use crate::rules::{dates, pytext};
use indexmap::IndexMap;
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// The district of the earliest inserted school of each name.
pub(super) type DistrictBySchoolName<'a> = HashMap<&'a str, Option<&'a str>>;

/// What a registration's text must not contain, in lower case.
const ABSENT: [&str; 5] = ["no-show", "no show", "did not attend", "cancel", "withdraw"];

/// What the original status of an event contains, in lower case, that took place in person instead.
const MOVED: &str = "moved to in-person";

/// `virtual_session/district/{virtual_year}/{district_name}`
#[derive(Serialize)]
pub(super) struct VirtualDistrict<'s> {
    session_data: Vec<SessionRow<'s>>,
    monthly_stats: BTreeMap<String, MonthlyStats<'s>>,
    school_breakdown: Vec<SchoolCount<'s>>,
    teacher_breakdown: Vec<TeacherCount<'s>>,
    summary_stats: SummaryStats,
}

#[derive(Serialize)]
struct SessionRow<'s> {
    event_id: i64,
    status: &'static str,
    date: &'s str,
    time: &'s str,
    session_type: &'s str,
    teachers: BTreeSet<&'s str>,
    schools: BTreeSet<&'s str>,
    district: &'s str,
    session_title: &'s str,
    presenter: &'s str,
    presenter_data: &'s [Presenter<'s>],
    topic_theme: &'s str,
    session_link: &'s str,
    participant_count: i64,
    duration: i64,
    is_simulcast: bool,
    #[serde(skip)]
    session: &'s Session<'s>,
}

#[derive(Serialize)]
struct MonthlyStats<'s> {
    month_name: String,
    total_sessions: usize,
    total_registered: i64,
    total_attended: i64,
    total_duration: i64,
    avg_attendance_rate: f64,
    avg_duration: f64,
    events: Vec<MonthEvent<'s>>,
    school_count: usize,
    educator_count: usize,
    career_cluster_count: usize,
}

#[derive(Serialize)]
struct MonthEvent<'s> {
    title: &'s str,
    date: &'s str,
    time: &'s str,
    duration: i64,
    registered: i64,
    attended: i64,
    schools: String,
    educators: String,
    career_cluster: &'s str,
    event_id: i64,
    session_link: &'s str,
    presenter: &'s str,
    presenter_data: &'s [Presenter<'s>],
}

#[derive(Serialize)]
struct SchoolCount<'s> {
    name: &'s str,
    sessions: usize,
}

#[derive(Serialize)]
struct TeacherCount<'s> {
    id: i64,
    name: &'s str,
    school: &'s str,
    sessions: usize,
}

#[derive(Serialize)]
struct SummaryStats {
    total_teachers: usize,
    total_students: usize,
    total_unique_sessions: usize,
    total_experiences: usize,
    total_organizations: usize,
    total_professionals: usize,
    total_professionals_of_color: usize,
    total_local_professionals: usize,
    total_schools: usize,
    local_session_count: usize,
    poc_session_count: usize,
    local_session_percent: u64,
    poc_session_percent: u64,
}

impl<'s> VirtualDistrict<'s> {
    pub(super) fn of(sessions: &'s Sessions<'s>, district: &'s str, schools: &DistrictBySchoolName<'_>) -> Self {
        let mut session_data: Vec<_> = sessions.of_district(district).map(|s| SessionRow::of(s, district)).collect();
        session_data.sort_by_key(|row| Reverse(row.date));
        let held: Vec<_> = session_data.iter().filter(|row| row.session.is_counted()).collect();
        let school_breakdown = school_breakdown(&held, district, schools);
        let teacher_breakdown = teacher_breakdown(sessions, district);
        let summary_stats = SummaryStats {
            total_schools: school_breakdown.len(),
            total_local_professionals: local_professionals(sessions, district),
            ..SummaryStats::of(&held, &teacher_breakdown)
        };
        Self { monthly_stats: monthly_stats(&held), session_data, school_breakdown, teacher_breakdown, summary_stats }
    }
}

impl Report for VirtualDistrict<'_> {
    fn rows(&self) -> u64 {
        (self.session_data.len() + self.school_breakdown.len() + self.teacher_breakdown.len()) as u64
    }
}

impl<'s> SessionRow<'s> {
    fn of(session: &'s Session<'s>, district: &'s str) -> Self {
        let event = session.event;
        let schools = session.teachers().filter_map(|(_, t)| Some(&*t.school?.name));
        Self {
            event_id: event.id,
            status: event.status.display(),
            date: &session.date,
            time: &session.time,
            session_type: or_empty(event.additional_information.as_ref()),
            teachers: session.teachers().map(|(_, t)| t.name.as_str()).collect(),
            schools: schools.filter(|name| !name.is_empty()).collect(),
            district,
            session_title: &event.title,
            presenter: &session.presenter,
            presenter_data: &session.presenters,
            topic_theme: or_empty(event.series.as_ref()),
            session_link: or_empty(event.registration_link.as_ref()),
            participant_count: event.participant_count.unwrap_or(0),
            duration: event.duration.unwrap_or(0),
            is_simulcast: session.registrations.iter().any(|r| r.link.simulcast == Some(true)),
            session,
        }
    }
}

/// Sessions held per school that the district is found for by the school's name alone.
fn school_breakdown<'s>(
    held: &[&SessionRow<'s>],
    district: &str,
    schools: &DistrictBySchoolName<'_>,
) -> Vec<SchoolCount<'s>> {
    let mut counts: IndexMap<&str, usize> = IndexMap::new();
    for name in held.iter().flat_map(|row| row.schools.iter()) {
        if schools.get(name).copied().flatten() == Some(district) {
            *counts.entry(name).or_default() += 1;
        }
    }
    let mut list: Vec<_> = counts.into_iter().map(|(name, sessions)| SchoolCount { name, sessions }).collect();
    list.sort_by_key(|s| Reverse(s.sessions));
    list
}

/// Whether teachers and local professionals of a session count at all: it was held, or moved in person.
fn counts_people(session: &Session<'_>) -> bool {
    session.is_counted() || was_moved(session)
}

fn was_moved(session: &Session<'_>) -> bool {
    let original = session.event.original_status.as_deref();
    original.is_some_and(|text| pytext::lower(text).contains(MOVED))
}

/// Attended sessions per teacher of the district.
fn teacher_breakdown<'s>(sessions: &'s Sessions<'s>, district: &str) -> Vec<TeacherCount<'s>> {
    let mut counts: IndexMap<i64, TeacherCount<'s>> = IndexMap::new();
    for session in sessions.of_district(district).filter(|s| counts_people(s)) {
        let moved = was_moved(session);
        for (registration, teacher) in session.teachers() {
            if registration.district.named != Some(district) || !(moved || attended(registration)) {
                continue;
            }
            let count = counts.entry(teacher.id).or_insert_with(|| TeacherCount {
                id: teacher.id,
                name: &teacher.name,
                school: teacher.school.map_or("N/A", |s| &*s.name),
                sessions: 0,
            });
            count.sessions += 1;
        }
    }
    let mut list: Vec<_> = counts.into_values().collect();
    list.sort_by_key(|t| Reverse(t.sessions));
    list
}

/// Whether a teacher's attendance was confirmed and the registration's text does not deny it.
fn attended(registration: &Registration<'_>) -> bool {
    let status = pytext::lower(or_empty(registration.link.status.as_ref()));
    registration.link.confirmed && !ABSENT.iter().any(|word| status.contains(word))
}

fn local_professionals(sessions: &Sessions<'_>, district: &str) -> usize {
    let people = sessions.of_district(district).filter(|s| counts_people(s));
    let local = people.flat_map(|s| s.presenters.iter()).filter(|p| p.is_local);
    local.map(|p| p.id).collect::<HashSet<_>>().len()
}

fn monthly_stats<'s>(held: &[&SessionRow<'s>]) -> BTreeMap<String, MonthlyStats<'s>> {
    let mut months: BTreeMap<String, Vec<&SessionRow<'s>>> = BTreeMap::new();
    for row in held {
        let day = row.session.event.start.at();
        let key = format!("{:04}-{:02}", day.year(), day.month());
        months.entry(key).or_default().push(row);
    }
    months.into_iter().map(|(key, rows)| (key, MonthlyStats::of(&rows))).collect()
}

impl<'s> MonthlyStats<'s> {
    /// Figures of the sessions of one month; there is at least one.
    fn of(rows: &[&SessionRow<'s>]) -> Self {
        let registered: i64 = rows.iter().map(|r| r.participant_count).sum();
        let duration: i64 = rows.iter().map(|r| r.duration).sum();
        let day = rows.first().map(|r| r.session.event.start.at());
        let schools: HashSet<_> = rows.iter().flat_map(|r| &r.schools).collect();
        let educators: HashSet<_> = rows.iter().flat_map(|r| &r.teachers).collect();
        let clusters: HashSet<_> = rows.iter().map(|r| r.topic_theme).filter(|t| !t.is_empty()).collect();
        Self {
            month_name: day.map(dates::month_and_year).unwrap_or_default(),
            total_sessions: rows.len(),
            total_registered: registered,
            total_attended: registered,
            total_duration: duration,
            avg_attendance_rate: if registered > 0 { 100.0 } else { 0.0 },
            avg_duration: duration as f64 / rows.len() as f64,
            events: rows.iter().map(|r| MonthEvent::of(r)).collect(),
            school_count: schools.len(),
            educator_count: educators.len(),
            career_cluster_count: clusters.len(),
        }
    }
}

impl<'s> MonthEvent<'s> {
    fn of(row: &SessionRow<'s>) -> Self {
        Self {
            title: row.session_title,
            date: row.date,
            time: row.time,
            duration: row.duration,
            registered: row.participant_count,
            attended: row.participant_count,
            schools: joined(&row.schools),
            educators: joined(&row.teachers),
            career_cluster: row.topic_theme,
            event_id: row.event_id,
            session_link: row.session_link,
            presenter: row.presenter,
            presenter_data: row.presenter_data,
        }
    }
}

fn joined(names: &BTreeSet<&str>) -> String {
    if names.is_empty() {
        return "N/A".to_owned();
    }
    names.iter().copied().collect::<Vec<_>>().join(", ")
}

impl SummaryStats {
    /// What follows from the sessions held and the teachers counted.
    fn of(held: &[&SessionRow<'_>], teachers: &[TeacherCount<'_>]) -> Self {
        let names: HashSet<_> = teachers.iter().map(|t| t.name).collect();
        let titles: HashSet<_> = held.iter().map(|r| r.session_title).filter(|t| !t.is_empty()).collect();
        let presenters = || held.iter().flat_map(|r| r.presenter_data);
        let of_color = || presenters().filter(|p| p.is_of_color());
        let local_sessions = sessions_with(held, |p| p.is_local);
        let of_color_sessions = sessions_with(held, Presenter::is_of_color);
        Self {
            total_teachers: names.len(),
            total_students: STUDENTS_PER_TEACHER * names.len(),
            total_unique_sessions: titles.len(),
            total_experiences: teachers.iter().map(|t| t.sessions).sum(),
            total_organizations: presenters().filter_map(organization).collect::<HashSet<_>>().len(),
            total_professionals: presenters().map(|p| &p.name).collect::<HashSet<_>>().len(),
            total_professionals_of_color: of_color().map(|p| &p.name).collect::<HashSet<_>>().len(),
            total_local_professionals: 0,
            total_schools: 0,
            local_session_count: local_sessions,
            poc_session_count: of_color_sessions,
            local_session_percent: whole_percent(local_sessions, held.len()),
            poc_session_percent: whole_percent(of_color_sessions, held.len()),
        }
    }
}

/// How many sessions have such a presenter.
fn sessions_with<'s>(held: &[&SessionRow<'s>], test: impl Fn(&Presenter<'s>) -> bool) -> usize {
    held.iter().filter(|r| r.presenter_data.iter().any(&test)).count()
}

/// The organization that a presenter counts for: the free text, else the first linked one, unless that has no name.
fn organization<'p>(presenter: &'p Presenter<'_>) -> Option<&'p str> {
    let own = presenter.organization_name.filter(|name| !name.is_empty());
    own.or_else(|| presenter.organizations.first().copied()).filter(|name| !name.is_empty())
}
