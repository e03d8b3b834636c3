//! Values of a condition key that meet the conditions about it, and miss them.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::operator::{Base, date, date_text, number};

/// Values that meet and miss what is wanted of a key by operators on numbers, dates, addresses and truths; none for
/// operators on texts.
pub(super) fn around<'a>(wanted: impl Iterator<Item = (Base, &'a str)>) -> BTreeSet<String> {
    let mut values: BTreeSet<String> = BTreeSet::new();
    let mut dates: BTreeSet<i64> = BTreeSet::new();
    for (base, text) in wanted {
        match base {
            Base::StringEquals
            | Base::StringEqualsIgnoreCase
            | Base::StringLike
            | Base::ArnLike
            | Base::BinaryEquals
            | Base::Null => {}
            Base::Bool => values.extend(["true".to_owned(), "false".to_owned()]),
            Base::IpAddress => values.extend(around_range(text)),
            _ => {
                values.insert(text.to_owned());
                if let Some(number) = number(text) {
                    values.extend([number - 1.0, number + 1.0].map(|number| format!("{number}")));
                } else if let Some(milliseconds) = date(text) {
                    let seconds = milliseconds.div_euclid(1000);
                    dates.extend([seconds - 1, seconds + 1]);
                }
            }
        }
    }
    // The middle between numbers and dates, too, meets other conditions than both.
    let numbers: Vec<f64> = values.iter().filter_map(|value| number(value)).collect();
    let mut middles: Vec<String> = Vec::new();
    for (at, a) in numbers.iter().enumerate() {
        middles.extend(numbers[at + 1..].iter().map(|b| format!("{}", f64::midpoint(*a, *b))));
    }
    values.extend(middles);
    let between: Vec<i64> = dates.iter().zip(dates.iter().skip(1)).map(|(a, b)| i64::midpoint(*a, *b)).collect();
    values.extend(dates.into_iter().chain(between).map(|seconds| date_text(seconds.max(0))));
    values
}

/// The first and the last address of a range, and what is just outside of it.
fn around_range(text: &str) -> Vec<String> {
    let (base, length) = text.split_once('/').map_or((text, None), |(base, length)| (base, Some(length)));
    let Ok(address) = base.parse::<IpAddr>() else { return vec![text.to_owned()] };
    let (bits, width) = match address {
        IpAddr::V4(address) => (u128::from(u32::from(address)), 32_u32),
        IpAddr::V6(address) => (u128::from(address), 128),
    };
    let length = length.and_then(|length| length.parse::<u32>().ok()).unwrap_or(width).min(width);
    let size = 1_u128.checked_shl(width - length).unwrap_or(0);
    let first = bits.checked_div(size).map_or(0, |ranges| ranges * size);
    let last = first.wrapping_add(size.wrapping_sub(1));
    let shown = |bits: u128| match address {
        IpAddr::V4(_) => u32::try_from(bits).map_or_else(|_| "::1".to_owned(), |bits| Ipv4Addr::from(bits).to_string()),
        IpAddr::V6(_) => Ipv6Addr::from(bits).to_string(),
    };
    let mut values: Vec<String> = [first, last, first.wrapping_sub(1), last.wrapping_add(1)].map(shown).into();
    // An address of the other kind is in no such range.
    values.push(if width == 32 { "::1".to_owned() } else { "192.0.2.1".to_owned() });
    values
}
