//! Which pages of ListSecrets to ask for, and when the list is whole.
//!
//! Progress is counted in items received against `TotalCount`. A short page is not the end: SSM
//! documents no maximum for `Limit`, so it may cut one. A page begins with the item that the one before
//! ends with: if it does not, the list has moved in between, and an item may have slipped through.

use alloc::{borrow::ToOwned, collections::VecDeque, string::String, vec::Vec};

use crate::{actions::SecretsPage, secret_type::SecretType, sorted};

/// Items asked for in one page.
const PAGE: u64 = 100;
/// How often the list is read at most, because it moved meanwhile.
const MAX_PASSES: u32 = 3;

/// A range of item offsets, the end excluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) start: u64,
    pub(crate) end: u64,
}

impl Range {
    pub(crate) fn len(self) -> u64 {
        self.end - self.start
    }
}

/// The state of one listing, of secrets of one type. The first page goes alone, because it tells how many there are; the
/// others may then be asked for all at once.
pub(crate) struct Listing {
    pub(crate) kind: SecretType,
    /// What is still to be asked for of pages that came short.
    rests: VecDeque<Range>,
    /// Where the next page that nobody has asked for starts.
    next: u64,
    /// How many items to ask for in one page.
    step: u64,
    /// Items there are, as far as known; `None` before the first page.
    total: Option<u64>,
    in_flight: usize,
    /// Whether something was deleted that may have moved later items into a page already read.
    moved: bool,
    /// The names at the ends of pages, by their offset.
    edges: Vec<(u64, String)>,
    passes: u32,
    /// The names that were given out, sorted.
    seen: Vec<String>,
}

impl Listing {
    pub(crate) fn new(kind: SecretType) -> Self {
        Self {
            kind,
            rests: VecDeque::new(),
            next: 0,
            step: PAGE,
            total: None,
            in_flight: 0,
            moved: false,
            edges: Vec::new(),
            passes: 1,
            seen: Vec::new(),
        }
    }

    /// The next page to ask for now, if there is one.
    pub(crate) fn next_page(&mut self) -> Option<Range> {
        let range = if let Some(rest) = self.rests.pop_front() {
            rest
        } else {
            let start = self.next.saturating_sub(self.overlap());
            let end = match self.total {
                None if self.in_flight == 0 => PAGE,
                None => return None,
                Some(total) => total.min(start.saturating_add(self.step)),
            };
            if self.next >= end {
                return None;
            }
            self.next = end;
            Range { start, end }
        };
        self.in_flight += 1;
        Some(range)
    }

    /// Takes the page that was asked for as `range` and gives the names not seen before, or what
    /// is wrong with the answer.
    pub(crate) fn accept(
        &mut self,
        range: Range,
        page: SecretsPage,
    ) -> Result<Vec<String>, &'static str> {
        self.in_flight -= 1;
        let items = page.secret_metadatas;
        let received = items.len() as u64;
        if received == 0 && page.total_count.is_some_and(|total| total > range.start) {
            return Err("holds no secret where it counts some");
        }
        let mut names = Vec::new();
        for (offset, item) in (range.start..).zip(items) {
            let name = item
                .secret_name
                .filter(|name| !name.is_empty())
                .ok_or("holds a secret without a name")?;
            if offset == range.start || offset + 1 == range.start.saturating_add(received) {
                self.note_edge(offset, &name);
            }
            let wanted = item
                .secret_type
                .is_none_or(|kind| kind == i64::from(self.kind.number()));
            if !wanted && !self.kind.is_listed() {
                // It did not know the filter, and so may have left out what was asked for.
                return Err("holds secrets of other types");
            }
            if wanted && sorted::insert(&mut self.seen, name.clone(), |name| name) {
                names.push(name);
            }
        }

        let reached = range.start.saturating_add(received);
        // Without a TotalCount there may always be one item more, until a page is empty.
        let counted = page
            .total_count
            .unwrap_or(if received == 0 { reached } else { reached + 1 });
        match self.total {
            None => {
                self.total = Some(counted);
                if received > 0 {
                    self.step = received.clamp(1, PAGE);
                    self.next = reached;
                }
            }
            Some(known) => {
                // Where pages cannot overlap, the count alone tells that something moved.
                self.moved |= counted < known && self.overlap() == 0;
                self.total = Some(known.max(counted));
                if received > 0 && received < range.len() {
                    let overlap = u64::from(received > 1);
                    self.rests.push_back(Range {
                        start: reached - overlap,
                        end: range.end,
                    });
                }
            }
        }
        self.start_over_if_it_moved();
        Ok(names)
    }

    /// By how many items a page overlaps the one before: pages of one item cannot.
    fn overlap(&self) -> u64 {
        u64::from(self.step > 1)
    }

    fn note_edge(&mut self, offset: u64, name: &str) {
        match self.edges.iter().find(|(known, _)| *known == offset) {
            Some((_, known)) => self.moved |= known != name,
            None => self.edges.push((offset, name.to_owned())),
        }
    }

    /// Begins another pass if the list moved during this one: secrets that were deleted moved the
    /// later ones forward, perhaps into a page that was already read.
    fn start_over_if_it_moved(&mut self) {
        let more = !self.rests.is_empty() || self.total.is_some_and(|total| self.next < total);
        if more || self.in_flight > 0 || !self.moved || self.passes == MAX_PASSES {
            return;
        }
        self.passes += 1;
        self.moved = false;
        self.edges.clear();
        self.total = None;
        self.next = 0;
    }
}

#[cfg(test)]
mod tests;
