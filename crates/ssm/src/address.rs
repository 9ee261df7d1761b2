//! The forms of IP addresses.

/// Whether `text` is an IPv6 address: what `core::net` takes for one, for a fifth of its code.
pub(crate) fn is_ipv6(text: &str) -> bool {
    let (before, after) = match text.split_once("::") {
        None => (text, None),
        Some((before, after)) => (before, Some(after)),
    };
    let groups = |part: &str, last: bool| -> Option<usize> {
        if part.is_empty() {
            return Some(0);
        }
        let mut count = 0;
        let mut rest = part.split(':').peekable();
        while let Some(group) = rest.next() {
            let is_hex = group.bytes().all(|byte| byte.is_ascii_hexdigit());
            count += if (1..=4).contains(&group.len()) && is_hex {
                1
            } else if last && rest.peek().is_none() && is_ipv4(group) {
                2
            } else {
                return None;
            };
        }
        Some(count)
    };
    match after {
        None => groups(before, true) == Some(8),
        Some(after) => match (groups(before, false), groups(after, true)) {
            (Some(before), Some(after)) => before + after < 8,
            _ => false,
        },
    }
}

/// Four numbers up to 255, without leading zeros.
pub(crate) fn is_ipv4(text: &str) -> bool {
    let is_octet = |octet: &str| {
        let digits = octet.bytes().all(|byte| byte.is_ascii_digit());
        digits
            && octet.len() <= 3
            && (octet == "0" || !octet.starts_with('0'))
            && octet.parse::<u8>().is_ok()
    };
    text.split('.').count() == 4 && text.split('.').all(is_octet)
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn addresses_are_those_of_the_standard_library(
            text in "[0-9a-fg:.]{0,12}|([0-9a-f]{0,4}:){0,8}(:?[0-9a-f]{0,5}|[0-9]{1,3}(\\.[0-9]{1,3}){3})",
            address in any::<[u16; 8]>(),
            holes in any::<u8>(),
        ) {
            prop_assert_eq!(is_ipv6(&text), text.parse::<Ipv6Addr>().is_ok(), "{}", text);
            prop_assert_eq!(is_ipv4(&text), text.parse::<Ipv4Addr>().is_ok(), "{}", text);
            // A real one, zeros in it shortened, in capitals and small letters alike.
            let zeros = |index: usize| if holes >> index & 1 == 1 { 0 } else { address[index] };
            let written = Ipv6Addr::from(core::array::from_fn::<u16, 8, _>(zeros)).to_string();
            prop_assert!(is_ipv6(&written) && is_ipv6(&written.to_uppercase()), "{}", written);
        }
    }
}
