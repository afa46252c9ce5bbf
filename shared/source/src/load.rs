//! Reading the tables into a dataset: one query per table, each row decoded or reported.

use crate::Text;
use crate::cells::{Cells, Interner};
use crate::dataset::{Dataset, Links, Pairs};
use crate::defects::{Defects, Reason};
use crate::enums::{EventFormat, EventStatus, EventType, LocalStatus, VolunteerStatus};
use crate::rows::{Groups, Ids, Ix, Rows};
use crate::schema::Needs;
use crate::tables::{
    Attendance, AttendanceDetail, District, Event, EventTeacher, Membership, Organization, Participation, School,
    Student, StudentDetails, StudentParticipation, Teacher, Turnout, Volunteer,
};
use rusqlite::Connection;
use std::collections::HashMap;

type SchoolIds = HashMap<Text, Ix<School>>;

/// Each volunteer's participations in events that do not exist.
type WithoutEvent = HashMap<Ix<Volunteer>, Vec<Turnout>>;

/// A person's addresses: of the lowest-id primary `email` row, and that one or else the lowest-id row's.
/// A row decides even where its address is null.
#[derive(Default)]
struct Addresses {
    has_row: bool,
    has_primary: bool,
    primary: Option<Text>,
    any: Option<Text>,
}

impl Addresses {
    fn add(&mut self, address: Option<Text>, is_primary: bool) {
        if is_primary && !self.has_primary {
            self.has_primary = true;
            self.primary.clone_from(&address);
            self.any = address;
        } else if !self.has_row {
            self.any = address;
        }
        self.has_row = true;
    }
}

struct Loader<'a> {
    db: &'a Connection,
    needs: &'a Needs,
    texts: Interner,
    defects: Defects,
    rows_read: u64,
}

/// Reads what `needs` says from a database whose schema was checked.
pub(crate) fn load(db: &Connection, needs: &Needs) -> rusqlite::Result<Dataset> {
    Loader { db, needs, texts: Interner::default(), defects: Defects::default(), rows_read: 0 }.load()
}

impl Loader<'_> {
    fn load(mut self) -> rusqlite::Result<Dataset> {
        let districts = self.districts()?;
        let (schools, schools_by_id) = self.schools(&districts)?;
        let organizations = self.organizations()?;
        let addresses = self.addresses()?;
        let events = self.events()?;
        let volunteers = self.volunteers(&addresses)?;
        let teachers = self.teachers(&schools_by_id)?;
        let students = self.students(&schools_by_id, &addresses)?;
        let (event_ids, volunteer_ids) = (events.ids(), volunteers.ids());
        let (participations, without_event) = self.participations(&event_ids, &volunteer_ids)?;
        let memberships = self.memberships(&volunteer_ids, &organizations.ids())?;
        let event_teachers = self.event_teachers(&event_ids, &teachers.ids())?;
        let student_participations = self.student_participations(&event_ids, &students.ids())?;
        let (skill_ids, skill_names) = self.skills()?;
        let skill = |id: i64| skill_ids.binary_search(&id).ok();
        let event = |id: i64| event_ids.find(id).map(Ix::get);
        let volunteer = |id: i64| volunteer_ids.find(id).map(Ix::get);
        let (districts_of_event, has_event_districts) = self.event_districts(&event_ids, &districts)?;
        let presenters = self.links("event_volunteers", ["event_id", "volunteer_id"], event, volunteer)?;
        let event_skills = self.links("event_skills", ["event_id", "skill_id"], event, skill)?;
        let volunteer_skills = self.links("volunteer_skills", ["volunteer_id", "skill_id"], volunteer, skill)?;
        let links = Links {
            participations_by_event: group(&participations, events.len(), |p| Some(p.event.get())),
            without_event,
            participations_by_volunteer: group(&participations, volunteers.len(), |p| p.volunteer.map(Ix::get)),
            memberships_by_volunteer: group(&memberships, volunteers.len(), |m| m.volunteer.map(Ix::get)),
            event_teachers_by_event: group(&event_teachers, events.len(), |t| Some(t.event.get())),
            students_by_event: group(&student_participations, events.len(), |s| Some(s.event.get())),
            schools_by_district: group(&schools, districts.len(), |s| s.district.map(Ix::get)),
            schools_by_id,
            attendance: self.attendance(&event_ids)?,
            districts_of_event,
            presenters_of_event: Pairs::new(events.len(), &presenters),
            skills_of_event: Pairs::new(events.len(), &event_skills),
            skills_of_volunteer: Pairs::new(volunteers.len(), &volunteer_skills),
            skill_names,
        };
        Ok(Dataset {
            events,
            participations,
            volunteers,
            memberships,
            organizations,
            teachers,
            event_teachers,
            students,
            student_participations,
            districts,
            schools,
            has_event_districts,
            rows_read: self.rows_read,
            defects: self.defects,
            links,
        })
    }

    /// The columns of a query: those that are needed by name, `NULL` in place of the others.
    fn columns(&self, table: &str, columns: &[&str]) -> String {
        let one = |column: &&str| {
            if self.needs.read(table, column) { format!("\"{table}\".\"{column}\"") } else { "NULL".to_owned() }
        };
        columns.iter().map(one).collect::<Vec<_>>().join(", ")
    }

    /// Runs a query whose first column is the row id, decodes each row, and reports those that cannot be.
    fn read<T>(
        &mut self,
        table: &'static str,
        sql: &str,
        mut decode: impl FnMut(&mut Cells<'_, '_>, &mut Report<'_>) -> Result<T, Reason>,
    ) -> rusqlite::Result<Vec<T>> {
        let mut out = Vec::new();
        if !self.needs.read_table(table) {
            return Ok(out);
        }
        let mut statement = self.db.prepare(sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            self.rows_read += 1;
            let id: i64 = row.get(0)?;
            let mut cells = Cells::after_the_row_id(row, &mut self.texts);
            let mut report = Report { table, row: id, defects: &mut self.defects };
            match decode(&mut cells, &mut report) {
                Ok(decoded) => out.push(decoded),
                Err(reason) => report.say(reason),
            }
        }
        Ok(out)
    }

    /// Reads a whole table.
    fn read_table<T>(
        &mut self,
        table: &'static str,
        columns: &[&str],
        order: &str,
        decode: impl FnMut(&mut Cells<'_, '_>, &mut Report<'_>) -> Result<T, Reason>,
    ) -> rusqlite::Result<Vec<T>> {
        let sql = format!("SELECT rowid, {} FROM \"{table}\" ORDER BY {order}", self.columns(table, columns));
        self.read(table, &sql, decode)
    }

    /// Reads a table of people with the `contact` row of each.
    fn read_people<T>(
        &mut self,
        table: &'static str,
        columns: &[&str],
        contact: &[&str],
        decode: impl FnMut(&mut Cells<'_, '_>, &mut Report<'_>) -> Result<T, Reason>,
    ) -> rusqlite::Result<Vec<T>> {
        let sql = format!(
            "SELECT \"{table}\".rowid, {}, contact.id, {} FROM \"{table}\" LEFT JOIN contact ON contact.id = \"{table}\".id \
             ORDER BY \"{table}\".id",
            self.columns(table, columns),
            self.columns("contact", contact),
        );
        self.read(table, &sql, decode)
    }

    fn districts(&mut self) -> rusqlite::Result<Rows<District>> {
        let rows = self.read_table("district", &["id", "salesforce_id", "name"], "id", |c, _| {
            Ok(District { id: c.id("id")?, salesforce_id: c.shared("salesforce_id")?, name: c.name("name")? })
        })?;
        Ok(Rows::new(rows))
    }

    fn schools(&mut self, districts: &Rows<District>) -> rusqlite::Result<(Rows<School>, SchoolIds)> {
        let schools = self.read_table("school", &["id", "name", "district_id", "level"], "rowid", |c, _| {
            Ok(School {
                id: c.name("id")?,
                name: c.name("name")?,
                district: c.int("district_id")?.and_then(|id| districts.find(id)),
                level: c.shared("level")?,
            })
        })?;
        let by_id = schools.iter().enumerate().map(|(i, s)| (s.id.clone(), Ix::new(i))).collect();
        Ok((Rows::new(schools), by_id))
    }

    fn organizations(&mut self) -> rusqlite::Result<Rows<Organization>> {
        let rows = self.read_table("organization", &["id", "name"], "id", |c, _| {
            Ok(Organization { id: c.id("id")?, name: c.name("name")? })
        })?;
        Ok(Rows::new(rows))
    }

    fn addresses(&mut self) -> rusqlite::Result<HashMap<i64, Addresses>> {
        let mut of: HashMap<i64, Addresses> = HashMap::new();
        let who = if self.needs.student_details && self.needs.read_table("student") {
            "contact_id IN (SELECT id FROM volunteer UNION SELECT id FROM student)"
        } else {
            "contact_id IN (SELECT id FROM volunteer)"
        };
        let columns = self.columns("email", &["contact_id", "email", "primary"]);
        let sql = format!("SELECT rowid, {columns} FROM email WHERE {who} ORDER BY id");
        self.read("email", &sql, |c, _| {
            let person = of.entry(c.id("contact_id")?).or_default();
            let address = c.text("email")?;
            person.add(address, c.flag("primary")? == Some(true));
            Ok(())
        })?;
        Ok(of)
    }

    fn events(&mut self) -> rusqlite::Result<Rows<Event>> {
        const COLUMNS: [&str; 21] = [
            "id",
            "title",
            "type",
            "start_date",
            "status",
            "school",
            "location",
            "participant_count",
            "district_partner",
            "session_host",
            "series",
            "duration",
            "additional_information",
            "session_id",
            "registration_link",
            "original_status_string",
            "description",
            "format",
            "end_date",
            "volunteers_needed",
            "salesforce_id",
        ];
        let rows = self.read_table("event", &COLUMNS, "id", |c, _| {
            Ok(Event {
                id: c.id("id")?,
                title: c.name("title")?,
                event_type: c.member("type", EventType::from_stored)?,
                start: c.stamp("start_date")?.ok_or(Reason::Null("start_date"))?,
                status: c.member("status", EventStatus::from_stored)?.ok_or(Reason::Null("status"))?,
                school: c.shared("school")?,
                location: c.shared("location")?,
                participant_count: c.count("participant_count")?,
                district_partner: c.shared("district_partner")?,
                session_host: c.shared("session_host")?,
                series: c.shared("series")?,
                duration: c.count("duration")?,
                additional_information: c.shared("additional_information")?,
                session_id: c.text("session_id")?,
                registration_link: c.text("registration_link")?,
                original_status: c.shared("original_status_string")?,
                description: c.text("description")?,
                format: c.member("format", EventFormat::from_stored)?,
                end: c.stamp("end_date")?,
                volunteers_needed: c.count("volunteers_needed")?,
                salesforce_id: c.text("salesforce_id")?,
            })
        })?;
        Ok(Rows::new(rows))
    }

    fn volunteers(&mut self, addresses: &HashMap<i64, Addresses>) -> rusqlite::Result<Rows<Volunteer>> {
        const COLUMNS: [&str; 10] = [
            "id",
            "organization_name",
            "title",
            "department",
            "industry",
            "first_volunteer_date",
            "last_volunteer_date",
            "local_status",
            "is_people_of_color",
            "status",
        ];
        const CONTACT: [&str; 8] = [
            "first_name",
            "middle_name",
            "last_name",
            "salesforce_individual_id",
            "salesforce_account_id",
            "exclude_from_reports",
            "do_not_contact",
            "email_opt_out",
        ];
        let mut connectors = self.connectors()?;
        let rows = self.read_people("volunteer", &COLUMNS, &CONTACT, |c, report| {
            let id = c.id("id")?;
            let organization_name = c.shared("organization_name")?;
            let (title, department) = (c.shared("title")?, c.shared("department")?);
            let industry = c.shared("industry")?;
            let (first_date, last_date) = (c.date("first_volunteer_date")?, c.date("last_volunteer_date")?);
            let local = c.member("local_status", LocalStatus::from_stored)?;
            let of_color = c.flag("is_people_of_color")?;
            let status = c.member("status", VolunteerStatus::from_stored)?;
            c.int("id")?.ok_or(Reason::Dangling("id"))?;
            let mail = addresses.get(&id);
            Ok(Volunteer {
                id,
                first_name: name_part(c, report, "first_name")?,
                middle_name: c.shared("middle_name")?,
                last_name: name_part(c, report, "last_name")?,
                email: mail.and_then(|m| m.primary.clone()),
                any_email: mail.and_then(|m| m.any.clone()),
                salesforce_contact: c.text("salesforce_individual_id")?,
                salesforce_account: c.text("salesforce_account_id")?,
                excluded: c.flag("exclude_from_reports")?,
                do_not_contact: c.flag("do_not_contact")?,
                email_opt_out: c.flag("email_opt_out")?,
                organization_name,
                title,
                department,
                industry,
                first_date,
                last_date,
                local,
                of_color,
                status,
                connector: connectors.remove(&id),
            })
        })?;
        Ok(Rows::new(rows))
    }

    fn connectors(&mut self) -> rusqlite::Result<HashMap<i64, Text>> {
        let rows = self.read_table("connector_data", &["volunteer_id", "user_auth_id"], "rowid", |c, _| {
            Ok((c.id("volunteer_id")?, c.text("user_auth_id")?))
        })?;
        // The column is unique; should it not be, the first row stands.
        Ok(rows.into_iter().rev().filter_map(|(id, auth)| Some((id, auth?))).collect())
    }

    fn teachers(&mut self, schools: &SchoolIds) -> rusqlite::Result<Rows<Teacher>> {
        const CONTACT: [&str; 3] = ["first_name", "last_name", "exclude_from_reports"];
        let rows =
            self.read_people("teacher", &["id", "school_id", "salesforce_school_id"], &CONTACT, |c, report| {
                let id = c.id("id")?;
                let school = c.shared("school_id")?.filter(|s| !s.is_empty());
                let salesforce_school = c.shared("salesforce_school_id")?;
                c.int("id")?.ok_or(Reason::Dangling("id"))?;
                Ok(Teacher {
                    id,
                    first_name: name_part(c, report, "first_name")?,
                    last_name: name_part(c, report, "last_name")?,
                    excluded: c.flag("exclude_from_reports")?,
                    school: school.and_then(|s| schools.get(&s).copied()),
                    salesforce_school: salesforce_school.and_then(|s| schools.get(&s).copied()),
                })
            })?;
        Ok(Rows::new(rows))
    }

    fn students(
        &mut self,
        schools: &SchoolIds,
        addresses: &HashMap<i64, Addresses>,
    ) -> rusqlite::Result<Rows<Student>> {
        let named = self.needs.student_details;
        let columns = self.columns("student", &["id", "school_id", "current_grade"]);
        let person = if named { ", contact.first_name, contact.last_name" } else { "" };
        let sql = format!(
            "SELECT student.rowid, {columns}, contact.id{person} FROM student \
             LEFT JOIN contact ON contact.id = student.id ORDER BY student.id"
        );
        let rows = self.read("student", &sql, |c, report| {
            let id = c.id("id")?;
            let school = c.shared("school_id")?.and_then(|s| schools.get(&s).copied());
            let grade = c.grade("current_grade").unwrap_or_else(|reason| {
                report.say(reason);
                None
            });
            c.int("id")?.ok_or(Reason::Dangling("id"))?;
            let details = if named {
                let email = addresses.get(&id).and_then(|a| a.primary.clone());
                Some(StudentDetails {
                    first_name: name_part(c, report, "first_name")?,
                    last_name: name_part(c, report, "last_name")?,
                    email,
                })
            } else {
                None
            };
            Ok(Student { id, school, grade, details })
        })?;
        Ok(Rows::new(rows))
    }

    /// The participations in existing events, and of the others what some totals count.
    fn participations(
        &mut self,
        events: &Ids<Event>,
        volunteers: &Ids<Volunteer>,
    ) -> rusqlite::Result<(Rows<Participation>, WithoutEvent)> {
        const COLUMNS: [&str; 6] = ["id", "volunteer_id", "event_id", "status", "delivery_hours", "participant_type"];
        let mut without_event = WithoutEvent::new();
        let rows = self.read_table("event_participation", &COLUMNS, "id", |c, report| {
            let (id, volunteer_id) = (c.id("id")?, c.id("volunteer_id")?);
            let volunteer = volunteers.find(volunteer_id);
            let event = events.find(c.id("event_id")?);
            let (status, hours) = (c.shared("status")?, c.float("delivery_hours")?);
            let attendance = Attendance::of(status.as_deref());
            let Some(event) = event else {
                if let Some(volunteer) = volunteer {
                    without_event.entry(volunteer).or_default().push(Turnout { id, attendance, hours });
                }
                return Err(Reason::Dangling("event_id"));
            };
            if status.is_none() {
                report.say(Reason::Null("status"));
            }
            if volunteer.is_none() {
                report.say(Reason::Dangling("volunteer_id"));
            }
            let participant_type = c.shared("participant_type")?;
            Ok(Participation { id, event, volunteer_id, volunteer, status, attendance, hours, participant_type })
        })?;
        Ok((Rows::new(rows), without_event))
    }

    fn memberships(
        &mut self,
        volunteers: &Ids<Volunteer>,
        organizations: &Ids<Organization>,
    ) -> rusqlite::Result<Rows<Membership>> {
        const COLUMNS: [&str; 3] = ["volunteer_id", "organization_id", "is_primary"];
        let rows = self.read_table("volunteer_organization", &COLUMNS, "rowid", |c, report| {
            let volunteer_id = c.id("volunteer_id")?;
            let volunteer = volunteers.find(volunteer_id);
            if volunteer.is_none() {
                report.say(Reason::Dangling("volunteer_id"));
            }
            let organization_id = c.id("organization_id")?;
            let organization = organizations.find(organization_id);
            if organization.is_none() {
                report.say(Reason::Dangling("organization_id"));
            }
            Ok(Membership {
                volunteer_id,
                volunteer,
                organization_id,
                organization,
                primary: c.flag("is_primary")? == Some(true),
            })
        })?;
        Ok(Rows::new(rows))
    }

    fn event_teachers(&mut self, events: &Ids<Event>, teachers: &Ids<Teacher>) -> rusqlite::Result<Rows<EventTeacher>> {
        const COLUMNS: [&str; 5] = ["event_id", "teacher_id", "status", "is_simulcast", "attendance_confirmed_at"];
        let rows = self.read_table("event_teacher", &COLUMNS, "event_id, teacher_id", |c, report| {
            let event = events.find(c.id("event_id")?).ok_or(Reason::Dangling("event_id"))?;
            let teacher_id = c.id("teacher_id")?;
            let teacher = teachers.find(teacher_id);
            if teacher.is_none() {
                report.say(Reason::Dangling("teacher_id"));
            }
            Ok(EventTeacher {
                event,
                teacher_id,
                teacher,
                status: c.shared("status")?,
                simulcast: c.flag("is_simulcast")?,
                confirmed: c.text("attendance_confirmed_at")?.is_some(),
            })
        })?;
        Ok(Rows::new(rows))
    }

    fn student_participations(
        &mut self,
        events: &Ids<Event>,
        students: &Ids<Student>,
    ) -> rusqlite::Result<Rows<StudentParticipation>> {
        let columns = self.columns("event_student_participation", &["event_id", "student_id"]);
        let sql =
            format!("SELECT rowid, {columns} FROM event_student_participation WHERE status = 'Attended' ORDER BY id");
        let rows = self.read("event_student_participation", &sql, |c, _| {
            let event = events.find(c.id("event_id")?).ok_or(Reason::Dangling("event_id"))?;
            let student = students.find(c.id("student_id")?).ok_or(Reason::Dangling("student_id"))?;
            Ok(StudentParticipation { event, student })
        })?;
        Ok(Rows::new(rows))
    }

    fn attendance(&mut self, events: &Ids<Event>) -> rusqlite::Result<HashMap<Ix<Event>, AttendanceDetail>> {
        const COLUMNS: [&str; 4] = ["event_id", "total_students", "num_classrooms", "rotations"];
        let rows = self.read_table("event_attendance_detail", &COLUMNS, "rowid", |c, _| {
            let event = events.find(c.id("event_id")?).ok_or(Reason::Dangling("event_id"))?;
            let (total_students, classrooms) = (c.count("total_students")?, c.count("num_classrooms")?);
            Ok((event, AttendanceDetail { total_students, classrooms, rotations: c.count("rotations")? }))
        })?;
        Ok(rows.into_iter().rev().collect())
    }

    fn skills(&mut self) -> rusqlite::Result<(Vec<i64>, Vec<Text>)> {
        let rows = self.read_table("skill", &["id", "name"], "id", |c, _| Ok((c.id("id")?, c.name("name")?)))?;
        Ok(rows.into_iter().unzip())
    }

    /// The links of events to existing districts, in the text order of the district id, and whether there is any row.
    fn event_districts(&mut self, events: &Ids<Event>, districts: &Rows<District>) -> rusqlite::Result<(Pairs, bool)> {
        let before = self.rows_read;
        let order = "event_id, CAST(district_id AS TEXT)";
        let pairs = self.read_table("event_districts", &["event_id", "district_id"], order, |c, _| {
            let event = events.find(c.id("event_id")?).ok_or(Reason::Dangling("event_id"))?;
            let district = districts.find(c.id("district_id")?).ok_or(Reason::Dangling("district_id"))?;
            Ok((event.get(), district.get()))
        })?;
        Ok((Pairs::new(events.len(), &pairs), self.rows_read > before))
    }

    /// A plain link table, in the order of its right ids.
    fn links(
        &mut self,
        table: &'static str,
        columns: [&'static str; 2],
        left: impl Fn(i64) -> Option<usize>,
        right: impl Fn(i64) -> Option<usize>,
    ) -> rusqlite::Result<Vec<(usize, usize)>> {
        let order = columns.join(", ");
        self.read_table(table, &columns, &order, |c, _| {
            let l = left(c.id(columns[0])?).ok_or(Reason::Dangling(columns[0]))?;
            let r = right(c.id(columns[1])?).ok_or(Reason::Dangling(columns[1]))?;
            Ok((l, r))
        })
    }
}

/// Says what is wrong with the row at hand.
struct Report<'a> {
    table: &'static str,
    row: i64,
    defects: &'a mut Defects,
}

impl Report<'_> {
    fn say(&mut self, reason: Reason) {
        self.defects.add(self.table, self.row, reason);
    }
}

/// A person's first or last name. VMS demands both, its older files do not; no figure depends on one, so that the
/// person stays, with an empty name.
fn name_part(cells: &mut Cells<'_, '_>, report: &mut Report<'_>, column: &'static str) -> Result<Text, Reason> {
    let name = cells.shared(column)?;
    if name.is_none() {
        report.say(Reason::Null(column));
    }
    Ok(name.unwrap_or_default())
}

fn group<T>(rows: &Rows<T>, owners: usize, owner: impl Fn(&T) -> Option<usize> + Clone) -> Groups {
    Groups::new(owners, rows.iter().map(owner))
}
