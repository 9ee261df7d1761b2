//! Values that were read, for a while and within a bound of memory.

use std::{sync::Arc, time::Instant};

use lru::LruCache;

use super::{key::Key, options::Options, read::Read};

/// What an entry takes beside its texts, in bytes: its places in the map, the list and the heap.
const ENTRY_BYTES: usize = 256;

/// Values by what was asked for. What was used least recently goes first.
pub(super) struct Cache {
    entries: LruCache<Arc<Key>, Entry>,
    options: Options,
    bytes: usize,
    /// Whether somebody sees to it that values leave when their time has passed.
    tended: bool,
}

struct Entry {
    read: Read,
    bytes: usize,
    /// When the call that read it began: a value is never older than it seems.
    since: Instant,
}

impl Cache {
    pub(super) fn new(options: Options) -> Self {
        Self {
            entries: LruCache::unbounded(),
            options,
            bytes: 0,
            tended: false,
        }
    }

    /// The value of `key`, if its time has not passed.
    pub(super) fn fresh(&mut self, key: &Key, now: Instant) -> Option<Read> {
        let entry = self.entries.peek(key)?;
        if now.saturating_duration_since(entry.since) >= self.options.ttl {
            return None;
        }
        self.entries.get(key).map(|entry| entry.read.clone())
    }

    /// The value of `key`, if it counts where the store cannot be asked, and when it was read.
    pub(super) fn stale(&mut self, key: &Key, now: Instant) -> Option<(Read, Instant)> {
        let entry = self.entries.get(key)?;
        let age = now.saturating_duration_since(entry.since);
        let counts = age < self.options.life() && !self.options.stale.is_zero();
        counts.then(|| (entry.read.clone(), entry.since))
    }

    /// Keeps what was read since `since`, unless something newer is kept already, and what it says
    /// of other reads. Says whether nobody tends the cache so far; then the caller is to.
    pub(super) fn keep(&mut self, key: &Arc<Key>, read: &Read, since: Instant) -> bool {
        if key.is_all_current() {
            for secret in read.secrets().iter() {
                let single = Arc::new(Key::current(&secret.name));
                self.insert(single, Read::shared(Arc::clone(secret)), since);
            }
        }
        self.insert(Arc::clone(key), read.to_keep(), since);
        let first = !self.tended && !self.entries.is_empty();
        self.tended |= first;
        first
    }

    /// Gives up what counts no longer. Says when the next is due; if there is none, nobody tends it
    /// any more.
    pub(super) fn sweep(&mut self, now: Instant) -> Option<Instant> {
        let life = self.options.life();
        // A life beyond what the clock can say does not end.
        let due = |entry: &Entry| entry.since.checked_add(life);
        let mut late = Vec::new();
        let mut next = None;
        for (key, entry) in &self.entries {
            match due(entry) {
                Some(due) if due <= now => late.push(Arc::clone(key)),
                Some(due) => next = Some(next.map_or(due, |next: Instant| next.min(due))),
                None => {}
            }
        }
        for key in late {
            self.remove(&key);
        }
        self.tended = next.is_some();
        next
    }

    /// What all values take in memory, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// How many reads are kept.
    pub(super) fn entries(&self) -> usize {
        self.entries.len()
    }

    fn insert(&mut self, key: Arc<Key>, read: Read, since: Instant) {
        if self.entries.peek(&key).is_some_and(|old| old.since > since) {
            return;
        }
        self.remove(&key);
        let bytes = ENTRY_BYTES + key.bytes() + read.bytes();
        // Others are not to go for what does not fit.
        if bytes > self.options.limit {
            return;
        }
        self.bytes += bytes;
        self.entries.put(key, Entry { read, bytes, since });
        while self.bytes > self.options.limit
            && let Some((_, oldest)) = self.entries.pop_lru()
        {
            self.bytes -= oldest.bytes;
        }
    }

    fn remove(&mut self, key: &Key) {
        if let Some(entry) = self.entries.pop(key) {
            self.bytes -= entry.bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::contract::{Secret, Secrets};

    const SECOND: Duration = Duration::from_secs(1);

    fn cache(ttl: u32, stale: u32, limit: usize) -> Cache {
        Cache::new(Options {
            ttl: SECOND * ttl,
            stale: SECOND * stale,
            limit,
            max_retries: 0,
        })
    }

    fn key(name: &str) -> Arc<Key> {
        Arc::new(Key::current(name))
    }

    fn all() -> Arc<Key> {
        Arc::new(Key {
            name: None,
            metadata: Vec::new(),
        })
    }

    fn keep(cache: &mut Cache, name: &str, value: &str, since: Instant) {
        cache.keep(&key(name), &Read::one(Secret::of(name, value)), since);
    }

    fn fresh(cache: &mut Cache, name: &str, now: Instant) -> Option<String> {
        let read = cache.fresh(&key(name), now)?;
        Some(read.secrets()[0].value(name)?.to_owned())
    }

    #[test]
    fn a_value_counts_until_its_time_has_passed_and_then_leaves() {
        let (mut cache, start) = (cache(10, 0, 1 << 20), Instant::now());
        keep(&mut cache, "a", "1", start);
        keep(&mut cache, "b", "1", start + SECOND);
        assert_eq!(fresh(&mut cache, "a", start + SECOND * 9).unwrap(), "1");
        assert!(fresh(&mut cache, "a", start + SECOND * 10).is_none());
        assert!(cache.stale(&key("a"), start + SECOND * 10).is_none());
        assert_eq!(cache.sweep(start + SECOND * 10), Some(start + SECOND * 11));
        assert_eq!(cache.entries(), 1);
        assert_eq!(cache.sweep(start + SECOND * 11), None);
        assert_eq!((cache.entries(), cache.bytes()), (0, 0));
    }

    #[test]
    fn where_the_store_cannot_be_asked_it_counts_for_longer() {
        let (mut cache, start) = (cache(10, 5, 1 << 20), Instant::now());
        keep(&mut cache, "a", "1", start);
        let late = start + SECOND * 14;
        assert!(fresh(&mut cache, "a", late).is_none());
        assert_eq!(cache.sweep(late), Some(start + SECOND * 15));
        let (_, since) = cache.stale(&key("a"), late).unwrap();
        assert_eq!(since, start);
        assert!(cache.stale(&key("a"), start + SECOND * 15).is_none());
    }

    #[test]
    fn the_least_recently_used_goes_first_by_bytes() {
        let (mut cache, now) = (cache(10, 0, 4_000), Instant::now());
        let value = "x".repeat(700);
        for name in ["a", "b", "c"] {
            keep(&mut cache, name, &value, now);
        }
        assert_eq!(cache.entries(), 3);
        assert!(fresh(&mut cache, "a", now).is_some());
        keep(&mut cache, "d", &value, now);
        let there = ["a", "b", "c", "d"].map(|name| fresh(&mut cache, name, now).is_some());
        assert_eq!(there, [true, false, true, true]);
        assert!(cache.bytes() <= 4_000);
        // What does not fit at all pushes out nothing, but for its own old value.
        keep(&mut cache, "d", &"x".repeat(4_000), now);
        let there = ["a", "c", "d"].map(|name| fresh(&mut cache, name, now).is_some());
        assert_eq!(there, [true, true, false]);
    }

    #[test]
    fn a_bulk_read_is_an_entry_and_renews_those_of_single_reads() {
        let (mut cache, start) = (cache(10, 0, 1 << 20), Instant::now());
        let version = Arc::new(Key {
            metadata: vec![("version_id".to_owned(), "1".to_owned())],
            ..Key::current("a")
        });
        keep(&mut cache, "a", "old", start);
        cache.keep(&version, &Read::one(Secret::of("a", "old")), start);
        let later = start + SECOND * 5;
        let bulk = Read::all(Secrets::new(vec![
            Secret::of("a", "new"),
            Secret::of("b", "new"),
        ]));
        cache.keep(&all(), &bulk, later);
        assert_eq!(cache.fresh(&all(), later).unwrap().secrets().len(), 2);
        for name in ["a", "b"] {
            assert_eq!(fresh(&mut cache, name, start + SECOND * 14).unwrap(), "new");
        }
        let named = cache.fresh(&version, later).unwrap();
        assert_eq!(named.secrets()[0].value("a"), Some("old"));
    }

    #[test]
    fn what_was_asked_for_earlier_never_replaces_what_was_asked_for_later() {
        let (mut cache, start) = (cache(10, 0, 1 << 20), Instant::now());
        keep(&mut cache, "a", "new", start + SECOND);
        keep(&mut cache, "a", "old", start);
        cache.keep(
            &all(),
            &Read::all(Secrets::new(vec![Secret::of("a", "old")])),
            start,
        );
        assert_eq!(fresh(&mut cache, "a", start + SECOND).unwrap(), "new");
    }

    #[test]
    fn one_and_only_one_is_to_tend_it() {
        let (mut cache, start) = (cache(10, 0, 1 << 20), Instant::now());
        let mut first = |since| cache.keep(&key("a"), &Read::one(Secret::of("a", "1")), since);
        assert!(first(start) && !first(start + SECOND));
        assert_eq!(cache.sweep(start + SECOND * 20), None);
        let again = &Read::one(Secret::of("a", "1"));
        assert!(cache.keep(&key("a"), again, start + SECOND * 20));
    }
}
