use proptest::{collection::vec, prelude::*};

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
        let items = self
            .names
            .iter()
            .skip(range.start as usize)
            .take(range.len().min(self.max) as usize);
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
    let mut listing = Listing::new(SecretType::Custom);
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
        let others = count.saturating_sub(100).div_ceil(99);
        assert_eq!(pages, 1 + others, "{count} secrets");
    }
}

#[test]
fn after_the_first_page_all_others_are_asked_for_at_once() {
    let server = Server::new(450);
    let mut listing = Listing::new(SecretType::Custom);
    let first = listing.next_page().unwrap();
    assert_eq!(listing.next_page(), None);
    listing.accept(first, server.page(first)).unwrap();
    let others: Vec<u64> = std::iter::from_fn(|| listing.next_page())
        .map(|range| range.start)
        .collect();
    assert_eq!(others, [99, 198, 297, 396]);
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
        let step = (max as usize - 1).max(1);
        let others = (250 - max as usize).div_ceil(step);
        assert_eq!(pages, 1 + others, "{max}");
    }
}

#[test]
fn a_page_that_comes_short_later_is_filled_up() {
    let server = Server::new(250);
    let mut listing = Listing::new(SecretType::Custom);
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
    let mut listing = Listing::new(SecretType::Custom);
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
    // Pages of one item have no edge in common that would tell.
    for (count, max, deleted) in [(250, u64::MAX, 50), (10, 1, 1), (10, 2, 1)] {
        let mut server = Server {
            max,
            ..Server::new(count)
        };
        let mut listing = Listing::new(SecretType::Custom);
        let first = listing.next_page().unwrap();
        let mut names = listing.accept(first, server.page(first)).unwrap();
        // As many move to where the first page was already read.
        server.names.drain(..deleted);
        while let Some(range) = listing.next_page() {
            names.extend(listing.accept(range, server.page(range)).unwrap());
        }
        for name in &server.names {
            assert!(names.contains(name), "{name} was lost");
        }
    }
}

#[test]
fn a_deletion_that_a_creation_hides_in_the_count_is_seen() {
    let mut server = Server::new(250);
    let mut listing = Listing::new(SecretType::Custom);
    let first = listing.next_page().unwrap();
    let mut names = listing.accept(first, server.page(first)).unwrap();
    server.names.remove(7);
    server.names.push("s9999".to_owned());
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
    let mut listing = Listing::new(SecretType::Custom);
    let mut pages = 0;
    while let Some(range) = listing.next_page() {
        pages += 1;
        server.names.remove(0);
        listing.accept(range, server.page(range)).unwrap();
    }
    assert_eq!(listing.passes, MAX_PASSES);
    assert!(pages < 50, "{pages}");
}

#[test]
fn a_page_that_is_empty_where_secrets_are_counted_is_refused() {
    let mut listing = Listing::new(SecretType::Custom);
    let range = listing.next_page().unwrap();
    let page = SecretsPage {
        total_count: Some(5),
        secret_metadatas: Vec::new(),
    };
    assert!(listing.accept(range, page).is_err());
}

#[test]
fn other_types_of_secrets_are_left_out_and_an_item_without_name_is_refused() {
    let mut listing = Listing::new(SecretType::Custom);
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

    let mut listing = Listing::new(SecretType::Database);
    let range = listing.next_page().unwrap();
    let page = SecretsPage {
        total_count: Some(1),
        secret_metadatas: vec![item("custom")],
    };
    assert!(listing.accept(range, page).unwrap().is_empty());
    let mut listing = Listing::new(SecretType::Redis);
    let range = listing.next_page().unwrap();
    let page = SecretsPage {
        total_count: Some(1),
        secret_metadatas: vec![item("custom")],
    };
    assert!(listing.accept(range, page).is_err());

    let mut listing = Listing::new(SecretType::Custom);
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

/// What happens to the list before the page of this number is answered.
#[derive(Clone, Debug)]
enum Change {
    Make(usize),
    Delete(usize),
    /// One is deleted and one made: the count stays.
    Replace(usize),
}

fn changes() -> impl Strategy<Value = Vec<(usize, Change)>> {
    let change = prop_oneof![
        (1_usize..120).prop_map(Change::Make),
        any::<usize>().prop_map(Change::Delete),
        any::<usize>().prop_map(Change::Replace),
    ];
    // At most two passes are spoilt: the third is read in peace.
    vec((0_usize..12, change), 0..MAX_PASSES as usize)
}

proptest! {
    #[test]
    fn whatever_stays_in_the_list_is_listed_once_and_the_listing_ends(
        count in 0_usize..600,
        max in prop_oneof![2..8_u64, 50..200_u64],
        counted in any::<bool>(),
        changes in changes(),
        order in vec(any::<prop::sample::Index>(), 1..40),
    ) {
        let mut server = Server { max, count: counted, ..Server::new(count) };
        let mut survivors = server.names.clone();
        let (mut listing, mut names) = (Listing::new(SecretType::Custom), Vec::new());
        let (mut asked, mut answered) = (Vec::new(), 0);
        loop {
            asked.extend(std::iter::from_fn(|| listing.next_page()));
            if asked.is_empty() {
                break;
            }
            for (at, change) in &changes {
                if *at == answered {
                    apply(change, &mut server, &mut survivors);
                }
            }
            // Answers come in any order.
            let range = asked.swap_remove(order[answered % order.len()].index(asked.len()));
            names.extend(listing.accept(range, server.page(range)).unwrap());
            answered += 1;
            prop_assert!(answered < 10_000, "endless");
        }
        names.sort();
        prop_assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "a name came twice");
        for name in &survivors {
            prop_assert!(names.binary_search(name).is_ok(), "{name} was lost");
        }
    }
}

fn apply(change: &Change, server: &mut Server, survivors: &mut Vec<String>) {
    let (delete, make) = match change {
        Change::Make(count) => (None, *count),
        Change::Delete(which) => (Some(which), 0),
        Change::Replace(which) => (Some(which), 1),
    };
    if let Some(which) = delete.filter(|_| !server.names.is_empty()) {
        let gone = server.names.remove(which % server.names.len());
        survivors.retain(|name| *name != gone);
    }
    for _ in 0..make {
        let name = format!("t{:04}", server.names.len() + survivors.len());
        if !server.names.contains(&name) {
            server.names.push(name);
        }
    }
}
