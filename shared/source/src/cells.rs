//! One result row, decoded column by column in the order of the query.

use crate::Text;
use crate::defects::Reason;
use crate::stamp::Stamp;
use crate::tables::Grade;
use jiff::civil::Date;
use rusqlite::types::ValueRef;
use std::collections::HashSet;

/// Shares texts that repeat: statuses, partners, school ids, given names.
#[derive(Default)]
pub(crate) struct Interner(HashSet<Text>);

impl Interner {
    pub(crate) fn share(&mut self, text: &str) -> Text {
        if let Some(known) = self.0.get(text) {
            return known.clone();
        }
        let new: Text = text.into();
        self.0.insert(new.clone());
        new
    }
}

/// The cells of a row; each call reads the next column and names it for the report of a defect.
pub(crate) struct Cells<'row, 'a> {
    row: &'row rusqlite::Row<'a>,
    next: usize,
    texts: &'row mut Interner,
}

type Cell<T> = Result<T, Reason>;

/// The largest count that is believed: millions of rows of it can be added up.
const LARGEST_COUNT: u64 = 1_000_000_000_000;

impl<'row, 'a> Cells<'row, 'a> {
    /// The first column is the row's id, which is for reports of defects alone.
    pub(crate) fn after_the_row_id(row: &'row rusqlite::Row<'a>, texts: &'row mut Interner) -> Self {
        Self { row, next: 1, texts }
    }

    fn next(&mut self, column: &'static str) -> Cell<ValueRef<'row>> {
        let value = self.row.get_ref(self.next).map_err(|_| Reason::NotText(column));
        self.next += 1;
        value
    }

    /// A whole number; an empty text is none, as VMS takes it.
    pub(crate) fn int(&mut self, column: &'static str) -> Cell<Option<i64>> {
        match self.next(column)? {
            ValueRef::Null => Ok(None),
            ValueRef::Integer(n) => Ok(Some(n)),
            ValueRef::Real(x) if x.fract() == 0.0 => Ok(Some(x as i64)),
            ValueRef::Text(t) if is_blank(t) => Ok(None),
            ValueRef::Text(t) => number(t).map(Some).ok_or(Reason::NotANumber(column)),
            _ => Err(Reason::NotANumber(column)),
        }
    }

    /// How many of something: a whole number, or another one without its fraction, as Python's `int` takes it. One so
    /// large that sums could not hold it is none.
    pub(crate) fn count(&mut self, column: &'static str) -> Cell<Option<i64>> {
        let number = match self.row.get_ref(self.next) {
            Ok(ValueRef::Real(x)) if x.is_finite() => {
                self.next += 1;
                Some(x as i64)
            }
            _ => self.int(column)?,
        };
        let can_be_added = |n: i64| n.unsigned_abs() <= LARGEST_COUNT;
        if number.is_none_or(can_be_added) { Ok(number) } else { Err(Reason::NotANumber(column)) }
    }

    pub(crate) fn id(&mut self, column: &'static str) -> Cell<i64> {
        self.int(column)?.ok_or(Reason::Null(column))
    }

    pub(crate) fn float(&mut self, column: &'static str) -> Cell<Option<f64>> {
        match self.next(column)? {
            ValueRef::Null => Ok(None),
            ValueRef::Integer(n) => Ok(Some(n as f64)),
            ValueRef::Real(x) if x.is_finite() => Ok(Some(x)),
            ValueRef::Text(t) if is_blank(t) => Ok(None),
            _ => Err(Reason::NotANumber(column)),
        }
    }

    /// A grade: mostly a number, else whatever text stands there; an empty one is none.
    pub(crate) fn grade(&mut self, column: &'static str) -> Cell<Option<Grade>> {
        match self.row.get_ref(self.next) {
            Ok(ValueRef::Text(_)) => Ok(self.shared(column)?.filter(|t| !t.is_empty()).map(Grade::Text)),
            _ => Ok(self.int(column)?.map(Grade::Number)),
        }
    }

    pub(crate) fn flag(&mut self, column: &'static str) -> Cell<Option<bool>> {
        Ok(self.int(column)?.map(|n| n != 0))
    }

    fn str(&mut self, column: &'static str) -> Cell<Option<&'row str>> {
        match self.next(column)? {
            ValueRef::Null => Ok(None),
            ValueRef::Text(t) => std::str::from_utf8(t).map(Some).map_err(|_| Reason::NotText(column)),
            _ => Err(Reason::NotText(column)),
        }
    }

    /// A text that repeats in many rows.
    pub(crate) fn shared(&mut self, column: &'static str) -> Cell<Option<Text>> {
        let text = self.str(column)?;
        Ok(text.map(|t| self.texts.share(t)))
    }

    /// A text of this row alone.
    pub(crate) fn text(&mut self, column: &'static str) -> Cell<Option<Text>> {
        Ok(self.str(column)?.map(Text::from))
    }

    pub(crate) fn name(&mut self, column: &'static str) -> Cell<Text> {
        self.shared(column)?.ok_or(Reason::Null(column))
    }

    pub(crate) fn stamp(&mut self, column: &'static str) -> Cell<Option<Stamp>> {
        let Some(text) = self.text(column)? else {
            return Ok(None);
        };
        Stamp::parse(&text).map(Some).ok_or(Reason::BrokenDate(column))
    }

    pub(crate) fn date(&mut self, column: &'static str) -> Cell<Option<Date>> {
        let Some(text) = self.str(column)? else { return Ok(None) };
        let date = text.parse::<Date>().ok().filter(|d| d.to_string() == text);
        date.map(Some).ok_or(Reason::BrokenDate(column))
    }

    pub(crate) fn member<T>(&mut self, column: &'static str, known: fn(&str) -> Option<T>) -> Cell<Option<T>> {
        let Some(text) = self.str(column)? else { return Ok(None) };
        known(text).map(Some).ok_or(Reason::UnknownValue(column))
    }
}

fn is_blank(text: &[u8]) -> bool {
    text.trim_ascii().is_empty()
}

/// Ids of districts are numbers in one table and texts in another; SQLite compares them as numbers.
fn number(text: &[u8]) -> Option<i64> {
    std::str::from_utf8(text).ok()?.trim().parse().ok()
}
