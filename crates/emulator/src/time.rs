//! Times as the services write them.

/// `YYYY-MM-DD` of a time in Unix seconds.
pub(crate) fn utc_date(seconds: u64) -> String {
    let leap =
        |year: u64| year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
    let mut days = seconds / 86_400;
    let mut year = 1970;
    while days >= 365 + u64::from(leap(year)) {
        days -= 365 + u64::from(leap(year));
        year += 1;
    }
    let february = 28 + u64::from(leap(year));
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    format!("{year:04}-{month:02}-{:02}", days + 1)
}

/// `YYYY-MM-DDTHH:MM:SSZ` of a time in Unix seconds.
pub(crate) fn iso(seconds: u64) -> String {
    let (hours, minutes) = (seconds / 3_600 % 24, seconds / 60 % 60);
    let date = utc_date(seconds);
    format!("{date}T{hours:02}:{minutes:02}:{:02}Z", seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (seconds, date) in [
            (0, "1970-01-01"),
            (951_782_399, "2000-02-28"),
            (951_782_400, "2000-02-29"),
            (951_868_800, "2000-03-01"),
            (1_704_067_199, "2023-12-31"),
            (4_102_444_800, "2100-01-01"),
        ] {
            assert_eq!(utc_date(seconds), date);
        }
    }

    #[test]
    fn times_are_those_of_the_clock() {
        assert_eq!(iso(1_543_914_376), "2018-12-04T09:06:16Z");
    }
}
