//! The condition operators.
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>

use std::cmp::Ordering;
use std::net::IpAddr;

use chrono::{DateTime, Datelike};

use super::pattern::{is_arn_like, is_like};
use super::tri_bool::TriBool;
use crate::facts::condition_keys::ValueKind;

/// What an operator compares, and how; negated operators are the opposite of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Base {
    StringEquals,
    StringEqualsIgnoreCase,
    StringLike,
    /// `ArnEquals` and `ArnLike`, which are one and the same.
    ArnLike,
    /// How a number of the request may stand to that of the policy.
    Numeric(&'static [Ordering]),
    /// The same of dates.
    Date(&'static [Ordering]),
    Bool,
    BinaryEquals,
    IpAddress,
    /// Whether the key is absent, as a truth.
    Null,
}

impl Base {
    /// What the values are that it compares; `None` where any will do.
    pub(super) fn kind(self) -> Option<ValueKind> {
        match self {
            Base::StringEquals
            | Base::StringEqualsIgnoreCase
            | Base::StringLike
            | Base::ArnLike
            | Base::BinaryEquals => Some(ValueKind::Text),
            Base::Numeric(_) => Some(ValueKind::Number),
            Base::Date(_) => Some(ValueKind::Date),
            Base::Bool => Some(ValueKind::Truth),
            Base::IpAddress => Some(ValueKind::Address),
            Base::Null => None,
        }
    }
}

/// Which of a key's several values must match.
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html>
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Set {
    /// `ForAllValues`.
    All,
    /// `ForAnyValue`.
    Any,
}

/// An operator as a policy names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Operator {
    pub(super) set: Option<Set>,
    pub(super) base: Base,
    pub(super) negated: bool,
    pub(super) if_exists: bool,
}

/// The operators, in lower case, but for those on numbers and dates, and whether they are negated.
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
    ("bool", Base::Bool, false),
    ("binaryequals", Base::BinaryEquals, false),
    ("ipaddress", Base::IpAddress, false),
    ("notipaddress", Base::IpAddress, true),
    ("null", Base::Null, false),
];

/// What follows `numeric` or `date` in an operator.
const ORDERS: [(&str, &[Ordering], bool); 6] = [
    ("equals", &[Ordering::Equal], false),
    ("notequals", &[Ordering::Equal], true),
    ("lessthan", &[Ordering::Less], false),
    ("lessthanequals", &[Ordering::Less, Ordering::Equal], false),
    ("greaterthan", &[Ordering::Greater], false),
    ("greaterthanequals", &[Ordering::Greater, Ordering::Equal], false),
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
        let plain = NAMES.iter().find(|(known, ..)| *known == name).map(|(_, base, negated)| (*base, *negated));
        let ordered = |of: &str, base: fn(&'static [Ordering]) -> Base| {
            let (_, order, negated) = ORDERS.iter().find(|(known, ..)| name.strip_prefix(of) == Some(known))?;
            Some((base(order), *negated))
        };
        let known = plain.or_else(|| ordered("numeric", Base::Numeric)).or_else(|| ordered("date", Base::Date));
        let (base, negated) = known?;
        // `Null` asks whether the key is there: `IfExists` has no meaning with it.
        let sensible = base != Base::Null || !if_exists;
        sensible.then_some(Self { set, base, negated, if_exists })
    }

    /// Whether `*` and `?` are wildcards in the values.
    pub(super) fn has_wildcards(self) -> bool {
        matches!(self.base, Base::StringLike | Base::ArnLike)
    }

    /// Whether texts are compared as they are, or by their wildcards.
    pub(super) fn compares_text(self) -> bool {
        matches!(self.base, Base::ArnLike | Base::StringEquals | Base::StringLike)
    }

    /// Whether policy variables are filled in: with the operators on strings and on ARNs alone.
    /// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-wheretouse>
    pub(super) fn has_variables(self) -> bool {
        self.has_wildcards() || matches!(self.base, Base::StringEquals | Base::StringEqualsIgnoreCase)
    }
}

/// Whether the operator of this name compares texts as they are or by their wildcards, or none at all.
pub fn compares_text(name: &str) -> bool {
    Operator::parse(name).is_some_and(|operator| operator.compares_text() || operator.base == Base::Null)
}

/// Compares a value of the policy, in which the variables are filled in, with one of the request. Values that are no number, date
/// or address give no answer.
pub(super) fn compare(base: Base, wanted: &str, found: &str) -> TriBool {
    // How what was found stands to what is wanted.
    let is_among = |orders: &[Ordering], order: Option<Ordering>| order.map(|order| orders.contains(&order));
    let fits = match base {
        Base::StringEquals | Base::BinaryEquals => Some(wanted == found),
        Base::StringEqualsIgnoreCase => Some(wanted.to_lowercase() == found.to_lowercase()),
        Base::StringLike => Some(is_like(wanted, found)),
        Base::ArnLike => return is_arn_like(wanted, found),
        Base::Numeric(orders) => {
            is_among(orders, number(found).zip(number(wanted)).and_then(|(found, wanted)| found.partial_cmp(&wanted)))
        }
        Base::Date(orders) => is_among(orders, date(found).zip(date(wanted)).map(|(found, wanted)| found.cmp(&wanted))),
        Base::Bool | Base::Null => truth(wanted).zip(truth(found)).map(|(wanted, found)| wanted == found),
        Base::IpAddress => range(wanted).zip(found.parse().ok()).map(|(range, found)| {
            let (found, width) = bits(found);
            width == range.width && (range.first..=range.last).contains(&found)
        }),
    };
    fits.map_or(TriBool::Unknown, TriBool::from)
}

/// The truth of a text, in any case.
pub(super) fn truth(text: &str) -> Option<bool> {
    text.to_ascii_lowercase().parse().ok()
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
    let (day, time) = text.split_once('T').unwrap_or((text, "00:00"));
    // A year or a month is its first day, a time without seconds the first of them, and one without a zone that of UTC.
    let first = "-01-01".get(day.len().saturating_sub(4)..).unwrap_or_default();
    let (clock, offset) = time.split_at_checked(time.find(['Z', '+', '-']).unwrap_or(time.len()))?;
    let seconds = if clock.len() == 5 { ":00" } else { "" };
    let offset = if offset.is_empty() { "Z" } else { offset };
    let date = DateTime::parse_from_rfc3339(&format!("{day}{first}T{clock}{seconds}{offset}"));
    date.ok().map(|date| date.timestamp_millis())
}

/// A date as `aws:CurrentTime` is written, from the seconds since 1970 began; past the calendar, these seconds.
pub(super) fn date_text(seconds: i64) -> String {
    let date = DateTime::from_timestamp(seconds, 0).filter(|date| date.year() <= 9999);
    date.map_or_else(|| seconds.to_string(), |date| date.format("%Y-%m-%dT%H:%M:%SZ").to_string())
}

/// The addresses of a range, as numbers, and of how many bits they are.
pub(super) struct AddressRange {
    pub(super) first: u128,
    pub(super) last: u128,
    pub(super) width: u32,
}

/// A range of CIDR notation, or one address.
pub(super) fn range(text: &str) -> Option<AddressRange> {
    let (base, length) = text.split_once('/').map_or((text, None), |(base, length)| (base, Some(length)));
    let (base, width) = bits(base.parse().ok()?);
    let length = length.map_or(Some(width), |length| length.parse::<u32>().ok()).filter(|length| *length <= width)?;
    let within = u128::MAX.checked_shr(128 - (width - length)).unwrap_or(0);
    Some(AddressRange { first: base & !within, last: base | within, width })
}

fn bits(address: IpAddr) -> (u128, u32) {
    match address {
        IpAddr::V4(address) => (u128::from(u32::from(address)), 32),
        IpAddr::V6(address) => (u128::from(address), 128),
    }
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
        for (name, wanted, found, expected) in [
            ("NumericEquals", "10", "10.0", TriBool::Yes),
            ("NumericLessThan", "10", "9", TriBool::Yes),
            ("NumericLessThan", "10", "10", TriBool::No),
            ("NumericGreaterThanEquals", "-1", "-1", TriBool::Yes),
            ("NumericEquals", "ten", "10", TriBool::Unknown),
            ("NumericEquals", "nan", "nan", TriBool::Unknown),
            ("DateEquals", "2026-03-01T00:00:00Z", "1772323200", TriBool::Yes),
            ("DateEquals", "2026-03-01T09:00:00+09:00", "2026-03-01", TriBool::Yes),
            ("DateLessThan", "2026-03-01", "2024-02-29T23:59:59.999Z", TriBool::Yes),
            ("DateLessThan", "2026-13-01", "2024-02-29", TriBool::Unknown),
            ("DateLessThan", "2026-03", "2026-02-28", TriBool::Yes),
            ("DateGreaterThanEquals", "2026", "2026-01-01T00:00Z", TriBool::Yes),
            ("DateEquals", "", "1970-01-01", TriBool::Unknown),
            ("DateEquals", "99999999999999", "99999999999999", TriBool::Yes),
            ("Bool", "true", "True", TriBool::Yes),
            ("Bool", "true", "false", TriBool::No),
            ("IpAddress", "203.0.113.0/24", "203.0.113.77", TriBool::Yes),
            ("IpAddress", "203.0.113.0/24", "203.0.114.1", TriBool::No),
            ("IpAddress", "0.0.0.0/0", "203.0.114.1", TriBool::Yes),
            ("IpAddress", "2001:db8::/32", "2001:db8:1::1", TriBool::Yes),
            ("IpAddress", "0.0.0.0/0", "2001:db8:1::1", TriBool::No),
            ("IpAddress", "203.0.113.0/33", "203.0.113.1", TriBool::Unknown),
            ("IpAddress", "203.0.113.7", "203.0.113.7", TriBool::Yes),
            ("IpAddress", "::/0", "2001:db8:1::1", TriBool::Yes),
        ] {
            let base = Operator::parse(name).unwrap().base;
            assert_eq!(compare(base, wanted, found), expected, "{name} {wanted} {found}");
        }
    }
}
