//! The condition operators.
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>

use std::cmp::Ordering;
use std::net::IpAddr;

use super::tri_bool::TriBool;

/// What an operator compares, and how; negated operators are the opposite of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Base {
    /// `StringEquals`.
    StringEquals,
    /// `StringEqualsIgnoreCase`.
    StringEqualsIgnoreCase,
    /// `StringLike`.
    StringLike,
    /// `ArnEquals` and `ArnLike`, which are one and the same.
    ArnLike,
    /// `NumericEquals`.
    NumericEquals,
    /// `NumericLessThan`.
    NumericLessThan,
    /// `NumericLessThanEquals`.
    NumericLessThanEquals,
    /// `NumericGreaterThan`.
    NumericGreaterThan,
    /// `NumericGreaterThanEquals`.
    NumericGreaterThanEquals,
    /// `DateEquals`.
    DateEquals,
    /// `DateLessThan`.
    DateLessThan,
    /// `DateLessThanEquals`.
    DateLessThanEquals,
    /// `DateGreaterThan`.
    DateGreaterThan,
    /// `DateGreaterThanEquals`.
    DateGreaterThanEquals,
    Bool,
    /// `BinaryEquals`.
    BinaryEquals,
    /// `IpAddress`.
    IpAddress,
    /// `Null`: whether the key is absent.
    Null,
}

/// Which of a key's several values must match.
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Set {
    /// `ForAllValues`.
    All,
    /// `ForAnyValue`.
    Any,
}

/// An operator as a policy names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Operator {
    pub(super) set: Option<Set>,
    pub(super) base: Base,
    pub(super) negated: bool,
    pub(super) if_exists: bool,
}

const NAMES: &[(&str, Base, bool)] = &[
    ("stringequals", Base::StringEquals, false),
    ("stringnotequals", Base::StringEquals, true),
    ("stringequalsignorecase", Base::StringEqualsIgnoreCase, false),
    ("stringnotequalsignorecase", Base::StringEqualsIgnoreCase, true),
    ("stringlike", Base::StringLike, false),
    ("stringnotlike", Base::StringLike, true),
    ("arnequals", Base::ArnLike, false),
    ("arnnotequals", Base::ArnLike, true),
    ("arnlike", Base::ArnLike, false),
    ("arnnotlike", Base::ArnLike, true),
    ("numericequals", Base::NumericEquals, false),
    ("numericnotequals", Base::NumericEquals, true),
    ("numericlessthan", Base::NumericLessThan, false),
    ("numericlessthanequals", Base::NumericLessThanEquals, false),
    ("numericgreaterthan", Base::NumericGreaterThan, false),
    ("numericgreaterthanequals", Base::NumericGreaterThanEquals, false),
    ("dateequals", Base::DateEquals, false),
    ("datenotequals", Base::DateEquals, true),
    ("datelessthan", Base::DateLessThan, false),
    ("datelessthanequals", Base::DateLessThanEquals, false),
    ("dategreaterthan", Base::DateGreaterThan, false),
    ("dategreaterthanequals", Base::DateGreaterThanEquals, false),
    ("bool", Base::Bool, false),
    ("binaryequals", Base::BinaryEquals, false),
    ("ipaddress", Base::IpAddress, false),
    ("notipaddress", Base::IpAddress, true),
    ("null", Base::Null, false),
];

impl Operator {
    /// The operator of this name, whatever its case; `None` for one that AWS does not have.
    pub(super) fn parse(name: &str) -> Option<Self> {
        let name = name.to_lowercase();
        let (set, name) = match name.split_once(':') {
            Some(("forallvalues", rest)) => (Some(Set::All), rest),
            Some(("foranyvalue", rest)) => (Some(Set::Any), rest),
            Some(_) => return None,
            None => (None, name.as_str()),
        };
        let (name, if_exists) = name.strip_suffix("ifexists").map_or((name, false), |name| (name, true));
        let (_, base, negated) = NAMES.iter().find(|(known, ..)| *known == name)?;
        // `Null` asks whether the key is there: `IfExists` has no meaning with it.
        let sensible = *base != Base::Null || !if_exists;
        sensible.then_some(Self { set, base: *base, negated: *negated, if_exists })
    }

    /// Whether `*` and `?` are wildcards in the values.
    pub(super) fn has_wildcards(self) -> bool {
        matches!(self.base, Base::StringLike | Base::ArnLike)
    }

    /// Whether policy variables are filled in: with the operators on strings and on ARNs alone.
    /// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-wheretouse>
    pub(super) fn has_variables(self) -> bool {
        let strings = [Base::StringEquals, Base::StringEqualsIgnoreCase, Base::StringLike, Base::ArnLike];
        strings.contains(&self.base)
    }
}

/// Compares a value of the policy with one of the request, by an operator that is not about strings or ARNs. Values that
/// are no number, date or address give no answer.
pub(super) fn compare(base: Base, wanted: &str, found: &str) -> TriBool {
    let by = |ordering: Option<Ordering>, fits: fn(Ordering) -> bool| {
        ordering.map_or(TriBool::Unknown, |ordering| TriBool::from(fits(ordering)))
    };
    // How what was found stands to what is wanted.
    let numbers = || number(found)?.partial_cmp(&number(wanted)?);
    let dates = || Some(date(found)?.cmp(&date(wanted)?));
    match base {
        Base::NumericEquals => by(numbers(), Ordering::is_eq),
        Base::NumericLessThan => by(numbers(), Ordering::is_lt),
        Base::NumericLessThanEquals => by(numbers(), Ordering::is_le),
        Base::NumericGreaterThan => by(numbers(), Ordering::is_gt),
        Base::NumericGreaterThanEquals => by(numbers(), Ordering::is_ge),
        Base::DateEquals => by(dates(), Ordering::is_eq),
        Base::DateLessThan => by(dates(), Ordering::is_lt),
        Base::DateLessThanEquals => by(dates(), Ordering::is_le),
        Base::DateGreaterThan => by(dates(), Ordering::is_gt),
        Base::DateGreaterThanEquals => by(dates(), Ordering::is_ge),
        Base::Bool => TriBool::from(wanted.eq_ignore_ascii_case(found)),
        Base::BinaryEquals => TriBool::from(wanted == found),
        Base::IpAddress => is_in_range(found, wanted).map_or(TriBool::Unknown, TriBool::from),
        Base::StringEquals | Base::StringEqualsIgnoreCase | Base::StringLike | Base::ArnLike | Base::Null => {
            TriBool::Unknown
        }
    }
}

pub(super) fn number(text: &str) -> Option<f64> {
    let plain = text.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '-' | '+' | 'e' | 'E'));
    text.parse().ok().filter(|_| plain)
}

/// Milliseconds since 1970 of a date in one of the forms of ISO 8601 that AWS takes, or of seconds since 1970.
/// Source: <https://www.w3.org/TR/NOTE-datetime>
pub(super) fn date(text: &str) -> Option<i64> {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()) && !text.is_empty();
    let whole = |text: &str| text.parse::<i64>().ok().filter(|_| digits(text));
    if text.len() != 4
        && let Some(seconds) = whole(text)
    {
        return seconds.checked_mul(1000);
    }
    let (day, time) = text.split_once('T').map_or((text, None), |(day, time)| (day, Some(time)));
    let mut parts = day.split('-');
    let year = whole(parts.next()?)?;
    let month = parts.next().map_or(Some(1), whole)?;
    let day_of_month = parts.next().map_or(Some(1), whole)?;
    if parts.next().is_some() || !(1..=12).contains(&month) || !(1..=31).contains(&day_of_month) || year > 9999 {
        return None;
    }
    let days = days_since_1970(year, month, day_of_month);
    let Some(time) = time else { return Some(days * 86_400_000) };
    let (clock, offset) = match time.find(['Z', '+', '-']) {
        Some(at) => (time.get(..at)?, time.get(at..)?),
        None => (time, "Z"),
    };
    let offset_minutes = match offset.strip_prefix(['+', '-']) {
        Some(clock) => {
            let (hours, minutes) = clock.split_once(':')?;
            let minutes = whole(hours)? * 60 + whole(minutes)?;
            if offset.starts_with('-') { -minutes } else { minutes }
        }
        None => (offset == "Z").then_some(0)?,
    };
    let mut clock = clock.split(':');
    let (hours, minutes) = (whole(clock.next()?)?, whole(clock.next()?)?);
    let (seconds, fraction) = clock.next().map_or(("0", "0"), |text| text.split_once('.').unwrap_or((text, "0")));
    let milliseconds = whole(&format!("{fraction:0<3}").chars().take(3).collect::<String>())?;
    let seconds = whole(seconds)?;
    if clock.next().is_some() || hours > 23 || minutes > 59 || seconds > 60 {
        return None;
    }
    Some(days * 86_400_000 + ((hours * 60 + minutes - offset_minutes) * 60 + seconds) * 1000 + milliseconds)
}

/// A date as `aws:CurrentTime` is written, from the seconds since 1970 began.
pub(super) fn date_text(seconds: i64) -> String {
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // Never too late: no year has fewer days.
    let mut year = 1970 + days.div_euclid(366);
    while days_since_1970(year + 1, 1, 1) <= days {
        year += 1;
    }
    let month = (1..=12).rev().find(|month| days_since_1970(year, *month, 1) <= days).unwrap_or(1);
    let day = days - days_since_1970(year, month, 1) + 1;
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// Days from 1970-01-01, by the calendar that leaps every fourth year but for most centuries.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    const DAYS_BEFORE: [i64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    let leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let leaps_before = |year: i64| (year - 1) / 4 - (year - 1) / 100 + (year - 1) / 400;
    let before_month = usize::try_from(month - 1).ok().and_then(|month| DAYS_BEFORE.get(month)).copied().unwrap_or(0);
    let leap_day = i64::from(month > 2 && leap(year));
    (year - 1970) * 365 + leaps_before(year) - leaps_before(1970) + before_month + leap_day + day - 1
}

/// Whether an address is in a range of CIDR notation, or is the one address.
fn is_in_range(address: &str, range: &str) -> Option<bool> {
    let (base, length) = range.split_once('/').map_or((range, None), |(base, length)| (base, Some(length)));
    let (address, base): (IpAddr, IpAddr) = (address.parse().ok()?, base.parse().ok()?);
    let bits = |address: IpAddr| match address {
        IpAddr::V4(address) => (u128::from(u32::from(address)), 32),
        IpAddr::V6(address) => (u128::from(address), 128),
    };
    let ((address_bits, width), (base_bits, base_width)) = (bits(address), bits(base));
    let length = length.map_or(Some(base_width), |length| length.parse::<u32>().ok())?;
    if length > base_width {
        return None;
    }
    let shift = base_width - length;
    let above = |bits: u128| bits.checked_shr(shift).unwrap_or(0);
    Some(width == base_width && above(address_bits) == above(base_bits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_have_sets_negations_and_if_exists() {
        let parsed = Operator::parse("ForAnyValue:StringNotEqualsIfExists").unwrap();
        assert_eq!((parsed.set, parsed.base), (Some(Set::Any), Base::StringEquals));
        assert!(parsed.negated && parsed.if_exists);
        assert!(Operator::parse("NullIfExists").is_none());
        assert!(Operator::parse("StringMatches").is_none());
        assert!(Operator::parse("ForSomeValues:StringEquals").is_none());
    }

    #[test]
    fn values_are_compared_as_what_they_are() {
        for (base, wanted, found, expected) in [
            (Base::NumericEquals, "10", "10.0", TriBool::Yes),
            (Base::NumericLessThan, "10", "9", TriBool::Yes),
            (Base::NumericLessThan, "10", "10", TriBool::No),
            (Base::NumericGreaterThanEquals, "-1", "-1", TriBool::Yes),
            (Base::NumericEquals, "ten", "10", TriBool::Unknown),
            (Base::NumericEquals, "nan", "nan", TriBool::Unknown),
            (Base::DateEquals, "2026-03-01T00:00:00Z", "1772323200", TriBool::Yes),
            (Base::DateEquals, "2026-03-01T09:00:00+09:00", "2026-03-01", TriBool::Yes),
            (Base::DateLessThan, "2026-03-01", "2024-02-29T23:59:59.999Z", TriBool::Yes),
            (Base::DateLessThan, "2026-13-01", "2024-02-29", TriBool::Unknown),
            (Base::Bool, "true", "True", TriBool::Yes),
            (Base::Bool, "true", "false", TriBool::No),
            (Base::IpAddress, "203.0.113.0/24", "203.0.113.77", TriBool::Yes),
            (Base::IpAddress, "203.0.113.0/24", "203.0.114.1", TriBool::No),
            (Base::IpAddress, "0.0.0.0/0", "203.0.114.1", TriBool::Yes),
            (Base::IpAddress, "2001:db8::/32", "2001:db8:1::1", TriBool::Yes),
            (Base::IpAddress, "0.0.0.0/0", "2001:db8:1::1", TriBool::No),
            (Base::IpAddress, "203.0.113.0/33", "203.0.113.1", TriBool::Unknown),
        ] {
            assert_eq!(compare(base, wanted, found), expected, "{base:?} {wanted} {found}");
        }
    }
}
