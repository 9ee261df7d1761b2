//! Sorted vectors. For the few thousand names of a region they do what a B-tree does, for a
//! tenth of its code.

use alloc::vec::Vec;

/// Puts `item` in its place, unless one with the same key is there. Says whether it was put.
pub(crate) fn insert<T>(sorted: &mut Vec<T>, item: T, key: impl Fn(&T) -> &str) -> bool {
    match sorted.binary_search_by(|there| key(there).cmp(key(&item))) {
        Ok(_) => false,
        Err(place) => {
            sorted.insert(place, item);
            true
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_come_out_sorted_and_each_key_once() {
        let mut sorted = Vec::new();
        let new = ["b", "a", "c", "b", "", "a"].map(|name| insert(&mut sorted, name, |it| it));
        assert_eq!(new, [true, true, true, false, true, false]);
        assert_eq!(sorted, ["", "a", "b", "c"]);
    }
}
