//! Who is in the sample: ids, schools and joining days, kept while events are written, so that the people's own rows
//! can agree with what they attended.

use crate::calendar::Calendar;
use crate::places::{DISTRICTS, Places};
use crate::rng::Rng;
use crate::spec::Sizes;

/// What a contact is, with its position in the list of its kind.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Member {
    Volunteer(usize),
    Teacher(usize),
    Student(usize),
}

/// A volunteer, and the days on which it attended something.
#[derive(Debug)]
pub(crate) struct Volunteer {
    pub(crate) id: i64,
    /// The day from which the volunteer can attend; before the first day for those who are not new.
    pub(crate) joined: i64,
    pub(crate) first: Option<i64>,
    pub(crate) last: Option<i64>,
    pub(crate) times: i64,
}

impl Volunteer {
    /// Notes that the volunteer attended something.
    pub(crate) fn attended(&mut self, day: i64) {
        self.first = Some(self.first.map_or(day, |first| first.min(day)));
        self.last = Some(self.last.map_or(day, |last| last.max(day)));
        self.times += 1;
    }
}

/// A teacher or a student.
#[derive(Debug)]
pub(crate) struct Person {
    pub(crate) id: i64,
    pub(crate) school: Option<usize>,
}

/// Everybody.
#[derive(Debug)]
pub(crate) struct Roster {
    /// All contacts: the first has id 1.
    pub(crate) members: Vec<Member>,
    pub(crate) volunteers: Vec<Volunteer>,
    pub(crate) teachers: Vec<Person>,
    pub(crate) students: Vec<Person>,
    /// Volunteers who attend at all, by joining day.
    pool: Vec<(i64, usize)>,
    teachers_by_district: Vec<Vec<usize>>,
    students_by_district: Vec<Vec<usize>>,
}

impl Roster {
    /// Hands out ids, schools and joining days.
    pub(crate) fn new(seed: u64, sizes: &Sizes, calendar: Calendar, places: &Places) -> Self {
        let mut rng = Rng::new(seed, "roster");
        let mut roster = Self {
            members: Vec::with_capacity(sizes.contacts()),
            volunteers: Vec::with_capacity(sizes.volunteers),
            teachers: Vec::with_capacity(sizes.teachers),
            students: Vec::with_capacity(sizes.students),
            pool: Vec::with_capacity(sizes.volunteers),
            teachers_by_district: vec![Vec::new(); DISTRICTS.len()],
            students_by_district: vec![Vec::new(); DISTRICTS.len()],
        };
        for id in 1..=sizes.contacts() as i64 {
            roster.enrol(id, &mut rng, sizes, calendar, places);
        }
        roster.pool.sort_unstable();
        roster
    }

    /// Kinds are mixed as in a file that grew over years: no kind has a range of ids to itself.
    fn enrol(&mut self, id: i64, rng: &mut Rng, sizes: &Sizes, calendar: Calendar, places: &Places) {
        let volunteers = (sizes.volunteers - self.volunteers.len()) as u64;
        let teachers = (sizes.teachers - self.teachers.len()) as u64;
        let students = (sizes.students - self.students.len()) as u64;
        let drawn = rng.below(volunteers + teachers + students);
        if drawn < volunteers {
            self.enrol_volunteer(id, rng, calendar);
        } else {
            let district = Places::district(rng);
            let school = places.school_in(district, rng).filter(|_| !rng.percent(5));
            self.enrol_at_school(Person { id, school }, district, drawn < volunteers + teachers);
        }
    }

    fn enrol_volunteer(&mut self, id: i64, rng: &mut Rng, calendar: Calendar) {
        let position = self.volunteers.len();
        let joined = if rng.percent(35) { rng.between(-700, -10) } else { rng.between(0, calendar.days()) };
        self.members.push(Member::Volunteer(position));
        self.volunteers.push(Volunteer { id, joined, first: None, last: None, times: 0 });
        if !rng.percent(6) {
            self.pool.push((joined, position));
        }
    }

    fn enrol_at_school(&mut self, person: Person, district: usize, teaches: bool) {
        let (people, by_district, member): (_, _, fn(usize) -> Member) = if teaches {
            (&mut self.teachers, &mut self.teachers_by_district, Member::Teacher)
        } else {
            (&mut self.students, &mut self.students_by_district, Member::Student)
        };
        self.members.push(member(people.len()));
        by_district[district].push(people.len());
        people.push(person);
    }

    /// Somebody who can attend on `day`: a regular, a newcomer or anybody.
    pub(crate) fn attendee(&self, rng: &mut Rng, day: i64) -> Option<usize> {
        const REGULAR: usize = 6;
        let joined = self.pool.partition_point(|(joined, _)| *joined <= day);
        let place = match rng.below(100) {
            0..40 => rng.index(joined.div_ceil(REGULAR)) * REGULAR,
            40..65 => joined.saturating_sub(1 + rng.skewed_index(joined)),
            _ => rng.index(joined),
        };
        self.pool[..joined].get(place).map(|(_, volunteer)| *volunteer)
    }

    /// A teacher, mostly one of the given district.
    pub(crate) fn teacher(&self, rng: &mut Rng, district: Option<usize>) -> Option<&Person> {
        let local = district.filter(|_| rng.percent(85)).map(|district| &self.teachers_by_district[district]);
        let position = match local {
            Some(local) => local.get(rng.index(local.len())).copied(),
            None => Some(rng.index(self.teachers.len())),
        };
        position.and_then(|position| self.teachers.get(position))
    }

    /// Up to `number` different students of a district: one class or a few of neighbouring rows.
    pub(crate) fn students(
        &self,
        rng: &mut Rng,
        district: usize,
        number: u64,
    ) -> impl Iterator<Item = &Person> + use<'_> {
        let pool = &self.students_by_district[district];
        let step = rng.index(3) + 1;
        let start = rng.index(pool.len());
        let number = pool.len().min((number as usize) * step) / step;
        (0..number).map(move |nth| &self.students[pool[(start + nth * step) % pool.len()]])
    }
}
