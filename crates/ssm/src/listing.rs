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
    /// Rests of pages that came short.
    rests: VecDeque<Range>,
    /// Where the next page that nobody has asked for starts.
    next: u64,
    step: u64,
    /// Items there are, as far as known; `None` before the first page.
    total: Option<u64>,
    in_flight: usize,
    shrank: bool,
    passes: u32,
    /// Sorted.
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
            let name = item.secret_name.filter(|name| !name.is_empty());
            let name = name.ok_or("holds a secret without a name")?;
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

    /// Secrets that were deleted during the listing moved the later ones forward, perhaps past a
    /// page that was already read: then only another pass can show that none is lost.
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
mod tests {
    use super::*;
    use crate::actions::SecretMetadata;

    /// A list on a server that cuts `Limit` at `max`.
    struct Server {
        names: Vec<String>,
        max: u64,
        count: bool,
    }

    impl Server {
        fn new(count: usize) -> Self {
            Self {
                names: (0..count).map(|n| format!("s{n:04}")).collect(),
                max: u64::MAX,
                count: true,
            }
        }

        fn page(&self, range: Range) -> SecretsPage {
            let items = self.names.iter().skip(range.start as usize);
            let items = items.take(range.len().min(self.max) as usize);
            SecretsPage {
                total_count: self.count.then_some(self.names.len() as u64),
                secret_metadatas: items.map(|name| item(name)).collect(),
            }
        }
    }

    fn item(name: &str) -> SecretMetadata {
        SecretMetadata {
            secret_name: Some(name.to_owned()),
            secret_type: Some(0),
        }
    }

    /// Lists everything, answering pages in the order asked for. Returns names and pages.
    fn list(server: &Server) -> (Vec<String>, usize) {
        let mut listing = Listing::new();
        let (mut names, mut pages) = (Vec::new(), 0);
        loop {
            let asked: Vec<Range> = std::iter::from_fn(|| listing.next_page()).collect();
            if asked.is_empty() {
                return (names, pages);
            }
            for range in asked {
                pages += 1;
                assert!(pages < 10_000, "endless");
                names.extend(listing.accept(range, server.page(range)).unwrap());
            }
        }
    }

    #[test]
    fn every_secret_is_listed_once_whatever_their_number() {
        for count in [0, 1, 99, 100, 101, 200, 250, 1_000] {
            let server = Server::new(count);
            let (names, pages) = list(&server);
            assert_eq!(names, server.names);
            assert_eq!(pages, count.div_ceil(100).max(1), "{count} secrets");
        }
    }

    #[test]
    fn after_the_first_page_all_others_are_asked_for_at_once() {
        let server = Server::new(450);
        let mut listing = Listing::new();
        let first = listing.next_page().unwrap();
        assert_eq!(listing.next_page(), None);
        listing.accept(first, server.page(first)).unwrap();
        let others: Vec<u64> = std::iter::from_fn(|| listing.next_page())
            .map(|range| range.start)
            .collect();
        assert_eq!(others, [100, 200, 300, 400]);
    }

    #[test]
    fn a_server_that_cuts_the_limit_loses_nothing() {
        for max in [1, 20, 99] {
            let server = Server {
                max,
                ..Server::new(250)
            };
            let (names, pages) = list(&server);
            assert_eq!(names, server.names);
            assert_eq!(pages, 250_usize.div_ceil(max as usize));
        }
    }

    #[test]
    fn a_page_that_comes_short_later_is_filled_up() {
        let server = Server::new(250);
        let mut listing = Listing::new();
        let first = listing.next_page().unwrap();
        let mut names = listing.accept(first, server.page(first)).unwrap();
        let second = listing.next_page().unwrap();
        let short = Range {
            end: second.start + 30,
            ..second
        };
        names.extend(listing.accept(second, server.page(short)).unwrap());
        while let Some(range) = listing.next_page() {
            names.extend(listing.accept(range, server.page(range)).unwrap());
        }
        names.sort();
        assert_eq!(names, server.names);
    }

    #[test]
    fn without_a_total_the_first_empty_page_is_the_end() {
        let server = Server {
            count: false,
            ..Server::new(250)
        };
        assert_eq!(list(&server).0, server.names);
    }

    #[test]
    fn secrets_made_meanwhile_are_listed_too() {
        let mut server = Server::new(150);
        let mut listing = Listing::new();
        let first = listing.next_page().unwrap();
        let mut names = listing.accept(first, server.page(first)).unwrap();
        server.names = Server::new(420).names;
        while let Some(range) = listing.next_page() {
            names.extend(listing.accept(range, server.page(range)).unwrap());
        }
        assert_eq!(names, server.names);
    }

    #[test]
    fn secrets_deleted_meanwhile_do_not_hide_others() {
        let mut server = Server::new(250);
        let mut listing = Listing::new();
        let first = listing.next_page().unwrap();
        let mut names = listing.accept(first, server.page(first)).unwrap();
        // s0100 to s0149 move to where the first page was already read.
        server.names.drain(..50);
        while let Some(range) = listing.next_page() {
            names.extend(listing.accept(range, server.page(range)).unwrap());
        }
        for name in &server.names {
            assert!(names.contains(name), "{name} was lost");
        }
    }

    #[test]
    fn a_list_that_shrinks_for_ever_ends() {
        let mut server = Server::new(1_000);
        let mut listing = Listing::new();
        let mut pages = 0;
        while let Some(range) = listing.next_page() {
            pages += 1;
            server.names.pop();
            listing.accept(range, server.page(range)).unwrap();
        }
        assert_eq!(listing.passes, MAX_PASSES);
        assert!(pages < 50, "{pages}");
    }

    #[test]
    fn a_page_that_is_empty_where_secrets_are_counted_is_refused() {
        let mut listing = Listing::new();
        let range = listing.next_page().unwrap();
        let page = SecretsPage {
            total_count: Some(5),
            secret_metadatas: Vec::new(),
        };
        assert!(listing.accept(range, page).is_err());
    }

    #[test]
    fn other_types_of_secrets_are_left_out_and_an_item_without_name_is_refused() {
        let mut listing = Listing::new();
        let range = listing.next_page().unwrap();
        let product = SecretMetadata {
            secret_type: Some(1),
            ..item("product")
        };
        let page = SecretsPage {
            total_count: Some(2),
            secret_metadatas: vec![item("custom"), product],
        };
        assert_eq!(listing.accept(range, page).unwrap(), ["custom"]);

        let mut listing = Listing::new();
        let range = listing.next_page().unwrap();
        let nameless = SecretMetadata {
            secret_name: None,
            secret_type: None,
        };
        let page = SecretsPage {
            total_count: Some(1),
            secret_metadatas: vec![nameless],
        };
        assert!(listing.accept(range, page).is_err());
    }
}
