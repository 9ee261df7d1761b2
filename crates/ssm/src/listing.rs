//! Which pages of ListSecrets to ask for, and when the list is whole.
//!
//! Progress is counted in items received against `TotalCount`. A short page is not the end: SSM
//! documents no maximum for `Limit`, so it may cut one.

use std::collections::VecDeque;

use crate::{
    actions::{CUSTOM, SecretsPage},
    sorted,
};

/// Items asked for in one page.
const PAGE: u64 = 100;
/// How often the list is read again because it shrank meanwhile.
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

/// The state of one listing. The first page goes alone, because it tells how many there are; the
/// others may then be asked for all at once.
pub(crate) struct Listing {
    /// What is still to be asked for of pages that came short.
    rests: VecDeque<Range>,
    /// Where the next page that nobody has asked for starts.
    next: u64,
    /// How many items to ask for in one page.
    step: u64,
    /// Items there are, as far as known; `None` before the first page.
    total: Option<u64>,
    in_flight: usize,
    shrank: bool,
    passes: u32,
    /// The names that were given out, sorted.
    seen: Vec<String>,
}

impl Listing {
    pub(crate) fn new() -> Self {
        Self {
            rests: VecDeque::new(),
            next: 0,
            step: PAGE,
            total: None,
            in_flight: 0,
            shrank: false,
            passes: 1,
            seen: Vec::new(),
        }
    }

    /// The next page to ask for now, if there is one.
    pub(crate) fn next_page(&mut self) -> Option<Range> {
        let range = if let Some(rest) = self.rests.pop_front() {
            rest
        } else {
            let end = match self.total {
                None if self.in_flight == 0 => PAGE,
                None => return None,
                Some(total) => total.min(self.next.saturating_add(self.step)),
            };
            if self.next >= end {
                return None;
            }
            let range = Range {
                start: self.next,
                end,
            };
            self.next = end;
            range
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
        for item in items {
            let name = item
                .secret_name
                .filter(|name| !name.is_empty())
                .ok_or("holds a secret without a name")?;
            let custom = item
                .secret_type
                .is_none_or(|kind| kind == i64::from(CUSTOM));
            if custom && sorted::insert(&mut self.seen, name.clone(), |name| name) {
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
                self.shrank |= counted < known;
                self.total = Some(known.max(counted));
                if received > 0 && received < range.len() {
                    self.rests.push_back(Range {
                        start: reached,
                        end: range.end,
                    });
                }
            }
        }
        self.start_over_if_it_shrank();
        Ok(names)
    }

    /// Begins another pass if the list shrank during this one: secrets that were deleted moved the
    /// later ones forward, perhaps into a page that was already read.
    fn start_over_if_it_shrank(&mut self) {
        let more = !self.rests.is_empty() || self.total.is_some_and(|total| self.next < total);
        if more || self.in_flight > 0 || !self.shrank || self.passes == MAX_PASSES {
            return;
        }
        self.passes += 1;
        self.shrank = false;
        self.total = None;
        self.next = 0;
    }
}

#[cfg(test)]
mod tests;
