//! Dates: what a suppression's last day and `--today` are.

use std::fmt;
use std::str::FromStr;

/// A day of the Gregorian calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl FromStr for Date {
    type Err = &'static str;

    /// Reads `YYYY-MM-DD`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const ALLOWED: &str = "allowed is a date such as `2027-01-31`";
        let is_date = text.len() == 10
            && text.bytes().enumerate().all(|(at, b)| if at == 4 || at == 7 { b == b'-' } else { b.is_ascii_digit() });
        let parts = is_date.then(|| Some((text[..4].parse().ok()?, text[5..7].parse().ok()?, text[8..].parse().ok()?)));
        let (year, month, day) = parts.flatten().ok_or(ALLOWED)?;
        let date = Self { year, month, day };
        if (1..=12).contains(&month) && (1..=date.days_of_month()).contains(&day) { Ok(date) } else { Err(ALLOWED) }
    }
}

impl Date {
    fn days_of_month(self) -> u8 {
        let leap = self.year.is_multiple_of(4) && (!self.year.is_multiple_of(100) || self.year.is_multiple_of(400));
        match self.month {
            2 if leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        }
    }
}

impl fmt::Display for Date {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_a_day_of_the_calendar_and_comes_after_the_one_before() {
        let date = |text: &str| text.parse::<Date>();
        for text in ["2027-01-31", "2028-02-29", "2000-02-29", "2026-12-31"] {
            assert_eq!(date(text).unwrap().to_string(), text);
        }
        for text in ["2027-02-29", "1900-02-29", "2027-13-01", "2027-00-01", "2027-04-31", "2027-1-1", "27-01-01"] {
            assert!(date(text).is_err(), "{text}");
        }
        for text in ["", "2027-01-31T00:00", "2027/01/31", "+027-01-31", "2027-01-名"] {
            assert!(date(text).is_err(), "{text}");
        }
        assert!(date("2026-12-31") < date("2027-01-01") && date("2027-01-31") < date("2027-02-01"));
    }
}
