//! Rows in memory: positions instead of ids, so that links cost four bytes and no lookup.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::ops::Index;

/// A row that is found by its id.
pub trait Row {
    /// The table's `id`.
    fn id(&self) -> i64;
}

/// The position of a row of `T` in its [`Rows`].
pub struct Ix<T>(u32, PhantomData<fn() -> T>);

impl<T> Ix<T> {
    pub(crate) fn new(position: usize) -> Self {
        Self(position as u32, PhantomData)
    }

    /// The position, for vectors that run beside the rows.
    pub fn get(self) -> usize {
        self.0 as usize
    }
}

impl<T> Clone for Ix<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Ix<T> {}
impl<T> PartialEq for Ix<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<T> Eq for Ix<T> {}
impl<T> PartialOrd for Ix<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<T> Ord for Ix<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}
impl<T> Hash for Ix<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}
impl<T> fmt::Debug for Ix<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// All rows of a table, in the order in which they were read.
#[derive(Debug)]
pub struct Rows<T>(Vec<T>);

impl<T> Rows<T> {
    pub(crate) fn new(rows: Vec<T>) -> Self {
        Self(rows)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The rows.
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.0.iter()
    }

    /// The positions.
    pub fn positions(&self) -> impl ExactSizeIterator<Item = Ix<T>> + use<T> {
        (0..self.0.len()).map(Ix::new)
    }
}

impl<T: Row> Rows<T> {
    /// The row with that id; the rows were read in id order, and no id twice.
    pub fn find(&self, id: i64) -> Option<Ix<T>> {
        self.0.binary_search_by_key(&id, Row::id).ok().map(Ix::new)
    }

    pub(crate) fn ids(&self) -> Ids<T> {
        Ids(self.0.iter().map(Row::id).collect(), PhantomData)
    }
}

/// The ids of rows side by side, for looking up hundreds of thousands while loading: a search through the rows
/// themselves misses the processor's cache at every step.
pub(crate) struct Ids<T>(Vec<i64>, PhantomData<fn() -> T>);

impl<T> Ids<T> {
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The row with that id, looked for first where it stands if ids follow one another, as they mostly do.
    pub(crate) fn find(&self, id: i64) -> Option<Ix<T>> {
        let latest = usize::try_from(i128::from(id) - i128::from(*self.0.first()?)).ok()?;
        if self.0.get(latest) == Some(&id) {
            return Some(Ix::new(latest));
        }
        self.0[..latest.min(self.0.len())].binary_search(&id).ok().map(Ix::new)
    }
}

impl<T> Index<Ix<T>> for Rows<T> {
    type Output = T;

    fn index(&self, ix: Ix<T>) -> &T {
        &self.0[ix.get()]
    }
}

impl<'a, T> IntoIterator for &'a Rows<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

/// Rows grouped by the row that they belong to, in their own order: two flat vectors, however many groups.
#[derive(Debug)]
pub(crate) struct Groups {
    starts: Vec<u32>,
    members: Vec<u32>,
}

impl Groups {
    /// Groups members `0..` by `owner`; a member without an owner is in no group.
    pub(crate) fn new(owners: usize, owner: impl ExactSizeIterator<Item = Option<usize>> + Clone) -> Self {
        let mut starts = vec![0_u32; owners + 1];
        for o in owner.clone().flatten() {
            starts[o + 1] += 1;
        }
        for i in 0..owners {
            starts[i + 1] += starts[i];
        }
        let mut next = starts.clone();
        let mut members = vec![0; starts[owners] as usize];
        for (member, o) in owner.enumerate() {
            if let Some(o) = o {
                members[next[o] as usize] = member as u32;
                next[o] += 1;
            }
        }
        Self { starts, members }
    }

    /// The members that belong to `owner`, in their own order.
    pub(crate) fn of(&self, owner: usize) -> impl ExactSizeIterator<Item = usize> + DoubleEndedIterator + Clone + '_ {
        self.members[self.starts[owner] as usize..self.starts[owner + 1] as usize].iter().map(|m| *m as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Id(i64);

    impl Row for Id {
        fn id(&self) -> i64 {
            self.0
        }
    }

    #[test]
    fn a_row_is_found_by_its_id_with_gaps_before_it_and_without() {
        let ids = [-3, -2, 4, 5, 9, i64::MAX];
        let rows = Rows::new(ids.map(Id).into());
        let find = |id| [rows.find(id), rows.ids().find(id)].map(|ix| ix.map(Ix::get));
        for (place, id) in ids.into_iter().enumerate() {
            assert_eq!(find(id), [Some(place); 2], "{id}");
        }
        for absent in [i64::MIN, -4, -1, 0, 6, 10, i64::MAX - 1] {
            assert_eq!(find(absent), [None; 2], "{absent}");
        }
        let none = Rows::<Id>::new(Vec::new());
        assert!(none.find(1).is_none() && none.ids().find(1).is_none());
    }

    #[test]
    fn groups_keep_the_order_of_their_members() {
        let owners = [Some(2), None, Some(0), Some(2), Some(0)];
        let groups = Groups::new(3, owners.iter().copied());
        let of = |o| groups.of(o).collect::<Vec<_>>();
        assert_eq!((of(0), of(1), of(2)), (vec![2, 4], vec![], vec![0, 3]));
    }
}
