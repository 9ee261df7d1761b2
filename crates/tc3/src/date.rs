//! The UTC date of a Unix time, for the credential scope.

use alloc::{format, string::String};

/// The last second of the year 9999, after which `YYYY-MM-DD` has no room.
const LAST_SECOND: u64 = 253_402_300_799;

/// `YYYY-MM-DD` of `unix_seconds`, or `None` after the year 9999.
pub(crate) fn utc_date(unix_seconds: u64) -> Option<String> {
    if unix_seconds > LAST_SECOND {
        return None;
    }
    let (year, month, day) = civil_from_days(unix_seconds / 86_400);
    Some(format!("{year:04}-{month:02}-{day:02}"))
}

/// Howard Hinnant's `civil_from_days`, for days since 1970-01-01
/// (<https://howardhinnant.github.io/date_algorithms.html>).
fn civil_from_days(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let day_of_era = shifted % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // Months count from March, so that the leap day ends a year.
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 {
        march_month + 3
    } else {
        march_month - 9
    };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_right_around_leap_days_and_century_ends() {
        for (seconds, date) in [
            (0, "1970-01-01"),
            (951_782_400, "2000-02-29"),
            (951_868_799, "2000-02-29"),
            (951_868_800, "2000-03-01"),
            (1_735_689_599, "2024-12-31"),
            (1_735_689_600, "2025-01-01"),
            (4_107_542_400, "2100-03-01"),
            (4_107_542_399, "2100-02-28"),
            (LAST_SECOND, "9999-12-31"),
        ] {
            assert_eq!(utc_date(seconds).as_deref(), Some(date), "{seconds}");
        }
    }

    #[test]
    fn a_time_beyond_the_year_9999_has_no_date() {
        assert_eq!(utc_date(LAST_SECOND + 1), None);
        assert_eq!(utc_date(u64::MAX), None);
    }
}
