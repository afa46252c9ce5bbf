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
        Ids::new(self.0.iter().map(Row::id).collect())
    }
}

/// Where the ids of rows stand, for looking up millions while loading: a search through the rows themselves misses the
/// processor's cache at every step.
pub(crate) struct Ids<T> {
    /// By id.
    known: Vec<i64>,
    /// Where ids lie near one another, as they mostly do: the position of each from the first to the last, or
    /// [`Self::ABSENT`]. Else nothing, and ids are searched for.
    positions: Vec<u32>,
    of: PhantomData<fn() -> T>,
}

impl<T> Ids<T> {
    const ABSENT: u32 = u32::MAX;

    /// How many times as many ids as rows may lie between the first and the last: students, teachers and volunteers
    /// share one sequence.
    const MOST_SPREAD: usize = 32;

    /// Takes ids in order, none twice.
    fn new(known: Vec<i64>) -> Self {
        let mut ids = Self { known, positions: Vec::new(), of: PhantomData };
        let spread = ids.known.last().and_then(|last| ids.offset(*last));
        if let Some(spread) = spread.filter(|spread| *spread < Self::MOST_SPREAD * ids.known.len()) {
            let mut positions = vec![Self::ABSENT; spread + 1];
            for (id, position) in ids.known.iter().zip(0..) {
                if let Some(place) = ids.offset(*id).and_then(|offset| positions.get_mut(offset)) {
                    *place = position;
                }
            }
            ids.positions = positions;
        }
        ids
    }

    /// How far an id lies behind the first.
    fn offset(&self, id: i64) -> Option<usize> {
        usize::try_from(id.checked_sub(*self.known.first()?)?).ok()
    }

    pub(crate) fn len(&self) -> usize {
        self.known.len()
    }

    /// The row with that id.
    pub(crate) fn find(&self, id: i64) -> Option<Ix<T>> {
        if self.positions.is_empty() {
            return self.known.binary_search(&id).ok().map(Ix::new);
        }
        let position = self.positions.get(self.offset(id)?).filter(|position| **position != Self::ABSENT)?;
        Some(Ix::new(*position as usize))
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
    fn a_row_is_found_by_its_id_however_far_ids_lie_apart() {
        let far = vec![i64::MIN, -3, -2, 4, 5, 9, i64::MAX - 1, i64::MAX];
        let spreads = [1, 63, 64, 1 << 40].map(|spread| vec![-3, spread - 3]);
        let near = [vec![-3, -2, 4, 5, 9], vec![7], vec![i64::MAX], vec![i64::MIN, i64::MIN + 9], Vec::new()];
        for ids in near.into_iter().chain(spreads).chain([far]) {
            let rows = Rows::new(ids.iter().copied().map(Id).collect());
            let find = |id| [rows.find(id), rows.ids().find(id)].map(|ix| ix.map(Ix::get));
            for id in (-10..=10).chain([i64::MIN + 1, i64::MIN + 9, i64::MAX - 2]).chain(ids.iter().copied()) {
                assert_eq!(find(id), [ids.iter().position(|known| *known == id); 2], "{id} in {ids:?}");
            }
        }
    }

    #[test]
    fn ids_that_lie_far_apart_take_no_room_for_those_between() {
        let room = |ids: Vec<i64>| Ids::<Id>::new(ids).positions.len();
        assert_eq!((room(vec![-3, 60]), room(vec![-3, 61]), room(vec![-3, 1 << 40])), (64, 0, 0));
    }

    #[test]
    fn groups_keep_the_order_of_their_members() {
        let owners = [Some(2), None, Some(0), Some(2), Some(0)];
        let groups = Groups::new(3, owners.iter().copied());
        let of = |o| groups.of(o).collect::<Vec<_>>();
        assert_eq!((of(0), of(1), of(2)), (vec![2, 4], vec![], vec![0, 3]));
    }
}
