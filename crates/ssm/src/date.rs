//! The `Date` header of an answer: the server's clock.

/// Unix seconds of a date in the form that servers send: IMF-fixdate, always 29 bytes
/// (RFC 9110, section 5.6.7), such as `Sun, 06 Nov 1994 08:49:37 GMT`.
///
/// The crate `httpdate` knows the two obsolete forms too, for three percent of the component.
pub(crate) fn unix_seconds(date: &str) -> Option<i64> {
    let date: &[u8; 29] = date.as_bytes().try_into().ok()?;
    let month = MONTHS.iter().position(|month| *month == date[8..11])?;
    let day = number(&date[5..7])?;
    let year = number(&date[12..16])?;
    let (hour, minute, second) = (
        number(&date[17..19])?,
        number(&date[20..22])?,
        number(&date[23..25])?,
    );
    let marks = [
        date[3], date[4], date[7], date[11], date[16], date[19], date[22],
    ];
    let good = marks == *b",    ::"
        && date[25..] == *b" GMT"
        && (1..=31).contains(&day)
        && hour < 24
        && minute < 60
        && second <= 60
        && year >= 1970;
    good.then(|| days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second)
}

const MONTHS: [[u8; 3]; 12] = [
    *b"Jan", *b"Feb", *b"Mar", *b"Apr", *b"May", *b"Jun", *b"Jul", *b"Aug", *b"Sep", *b"Oct",
    *b"Nov", *b"Dec",
];
/// Days of the year before each month.
const BEFORE: [i64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];

/// Days since 1970-01-01 in the Gregorian calendar.
fn days(year: i64, month: usize, day: i64) -> i64 {
    let leaps = |year: i64| year / 4 - year / 100 + year / 400;
    // A year's own leap day counts from March on.
    let leap_year = if month > 1 { year } else { year - 1 };
    (year - 1970) * 365 + leaps(leap_year) - leaps(1969) + BEFORE[month] + day - 1
}

fn number(digits: &[u8]) -> Option<i64> {
    let digit = |digit: &u8| digit.is_ascii_digit().then(|| i64::from(digit - b'0'));
    digits
        .iter()
        .try_fold(0, |sum, next| Some(sum * 10 + digit(next)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_to_the_second_leap_years_included() {
        // Reference values: `date -u -d @SECONDS`.
        for (date, seconds) in [
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
            ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777),
            ("Tue, 29 Feb 2000 23:59:59 GMT", 951_868_799),
            ("Wed, 01 Mar 2000 00:00:00 GMT", 951_868_800),
            ("Thu, 29 Feb 2024 12:00:00 GMT", 1_709_208_000),
            ("Tue, 24 Nov 2026 04:24:56 GMT", 1_795_494_296),
            ("Mon, 01 Mar 2100 00:00:00 GMT", 4_107_542_400),
        ] {
            assert_eq!(unix_seconds(date), Some(seconds), "{date}");
        }
    }

    #[test]
    fn dates_agree_with_the_crate_httpdate() {
        for day in 0..50_000 {
            let seconds = day * 86_400 + day % 86_400;
            let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
            let date = httpdate::fmt_http_date(time);
            assert_eq!(unix_seconds(&date), Some(seconds as i64), "{date}");
        }
    }

    #[test]
    fn what_is_no_such_date_is_refused() {
        for date in [
            "",
            "yesterday",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
            "Sun, 06 Nov 1994 08:49:37 CET",
            "Sun, 06 Nev 1994 08:49:37 GMT",
            "Sun, 00 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 24:49:37 GMT",
            "Sun, 06 Nov 1994 08:60:37 GMT",
            "Sun, 06 Nov 1994 08:49:61 GMT",
            "Sun, 32 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 08-49-37 GMT",
            "Sun, 06 Nov +994 08:49:37 GMT",
            "Sun, 06 Nov 1969 08:49:37 GMT",
        ] {
            assert_eq!(unix_seconds(date), None, "{date}");
        }
    }
}
