//! What all people have: a contact, and ways to reach them.
//!
//! Most of it is never read by a report. It is here so that a tool which copies what reports need can prove that it
//! leaves birth dates, notes, phones and addresses behind.

use rusqlite::{Connection, params};

use crate::calendar::{Calendar, midnight_stamp, plus_days};
use crate::enums::{AGE_GROUPS, CONTACT_POINT_TYPES, EDUCATION, GENDERS, RACES, SALUTATIONS, SUFFIXES};
use crate::rng::Rng;
use crate::sql::{Inserter, salesforce_id};
use crate::words::{Name, TOWNS, street};

const COLUMNS: &str = "id, type, salesforce_individual_id, salesforce_account_id, salutation, first_name, middle_name, \
                       last_name, suffix, description, age_group, education_level, birthdate, gender, race_ethnicity, \
                       do_not_call, do_not_contact, email_opt_out, email_bounced_date, exclude_from_reports, \
                       last_email_date, notes";
const ADDRESS_COLUMNS: &str =
    "id, contact_id, address_line1, address_line2, city, state, zip_code, country, type, \"primary\"";

/// Writes contacts with their e-mail addresses, phones and postal addresses.
pub(crate) struct ContactRows<'c> {
    seed: u64,
    rng: Rng,
    calendar: Calendar,
    contacts: Inserter<'c>,
    emails: Inserter<'c>,
    phones: Inserter<'c>,
    addresses: Inserter<'c>,
}

impl<'c> ContactRows<'c> {
    pub(crate) fn new(connection: &'c Connection, seed: u64, calendar: Calendar) -> rusqlite::Result<Self> {
        Ok(Self {
            seed,
            rng: Rng::new(seed, "contacts"),
            calendar,
            contacts: Inserter::new(connection, "contact", COLUMNS)?,
            emails: Inserter::new(connection, "email", "id, contact_id, email, type, \"primary\"")?,
            phones: Inserter::new(connection, "phone", "id, contact_id, number, type, \"primary\"")?,
            addresses: Inserter::new(connection, "address", ADDRESS_COLUMNS)?,
        })
    }

    /// Writes an adult: mostly reachable, sometimes in several ways.
    pub(crate) fn write_adult(&mut self, id: i64, kind: &str) -> rusqlite::Result<()> {
        let name = Name::of(self.seed, id);
        let age = self.rng.between(19, 80);
        self.write_contact(id, kind, &name, age)?;
        let emails = self.rng.weighted(&[(0, 7), (1, 68), (2, 19), (3, 6)]);
        self.write_emails(id, &name, emails)?;
        self.write_phones(id)?;
        self.write_address(id)
    }

    /// Writes a student: seldom reachable.
    pub(crate) fn write_student(&mut self, id: i64) -> rusqlite::Result<()> {
        let name = Name::of(self.seed, id);
        let age = self.rng.between(5, 18);
        self.write_contact(id, "student", &name, age)?;
        let emails = self.rng.weighted(&[(0, 92), (1, 8)]);
        self.write_emails(id, &name, emails)
    }

    fn write_contact(&mut self, id: i64, kind: &str, name: &Name, age: i64) -> rusqlite::Result<()> {
        let (rng, row, today) = (&mut self.rng, id as usize - 1, self.calendar.today);
        let born = plus_days(today, -age * 365 - rng.between(0, 364));
        let mailed = plus_days(today, -rng.between(1, 700));
        self.contacts.add(params![
            id,
            kind,
            (!rng.percent(4)).then(|| salesforce_id("003", 'C', id)),
            (!rng.percent(10)).then(|| salesforce_id("001", 'A', id % 5_000)),
            rng.cover(row, &SALUTATIONS, 50),
            name.first,
            name.middle,
            name.last,
            rng.cover(row, &SUFFIXES, 92),
            rng.pick_or_null(&["Met at the autumn fair.", "Knows everybody."], 93),
            rng.cover(row, &AGE_GROUPS, 6),
            rng.cover(row, &EDUCATION, 8),
            rng.percent(40).then(|| born.to_string()),
            rng.cover(row, &GENDERS, 12),
            rng.cover(row, &RACES, 12),
            rng.flag(4, 3),
            rng.flag(4, 3),
            rng.flag(6, 3),
            rng.percent(2).then(|| midnight_stamp(mailed)),
            rng.flag(3, 2),
            rng.percent(40).then(|| mailed.to_string()),
            rng.pick_or_null(&["Prefers mornings.", "Ask about the parrot.", "Needs step-free access."], 85)
        ])
    }

    /// One address is primary; sometimes none is, or all are. A row without an address occurs as well.
    fn write_emails(&mut self, contact: i64, name: &Name, number: usize) -> rusqlite::Result<()> {
        let rng = &mut self.rng;
        let (primary, all, none) = (rng.index(number), rng.percent(5), rng.percent(6));
        for nth in 0..number {
            self.emails.add(params![
                self.emails.next_id(),
                contact,
                (!rng.percent(1)).then(|| name.email(contact, nth)),
                rng.pick_or_null(&CONTACT_POINT_TYPES, 12),
                if none && rng.percent(30) { None } else { Some(!none && (all || nth == primary)) }
            ])?;
        }
        Ok(())
    }

    fn write_phones(&mut self, contact: i64) -> rusqlite::Result<()> {
        let rng = &mut self.rng;
        for nth in 0..rng.weighted(&[(0, 45), (1, 45), (2, 10)]) {
            self.phones.add(params![
                self.phones.next_id(),
                contact,
                format!("555-01{:02}", rng.below(100)),
                rng.pick_or_null(&CONTACT_POINT_TYPES, 15),
                nth == 0
            ])?;
        }
        Ok(())
    }

    fn write_address(&mut self, contact: i64) -> rusqlite::Result<()> {
        let rng = &mut self.rng;
        if rng.percent(50) {
            return Ok(());
        }
        self.addresses.add(params![
            self.addresses.next_id(),
            contact,
            street(rng),
            rng.pick_or_null(&["Apt 2", "Floor 9", "c/o the bakery"], 85),
            rng.pick(&TOWNS),
            rng.pick_or_null(&["KS", "MO"], 8),
            format!("000{:02}", rng.below(100)),
            rng.pick_or_null(&["USA"], 30),
            rng.pick_or_null(&CONTACT_POINT_TYPES, 10),
            true
        ])
    }
}
