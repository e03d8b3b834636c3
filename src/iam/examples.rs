//! Values of a condition key that meet the conditions about it, and miss them.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::operator::{AddressRange, Base, date, date_text, number, range};

/// Values that meet and miss what is wanted of a key by operators on numbers, dates, addresses and truths; none for
/// operators on texts.
pub(super) fn around<'a>(wanted: impl Iterator<Item = (Base, &'a str)>) -> BTreeSet<String> {
    let mut values: BTreeSet<String> = BTreeSet::new();
    let mut dates: BTreeSet<i64> = BTreeSet::new();
    for (base, text) in wanted {
        match base {
            Base::Bool => values.extend(["true".to_owned(), "false".to_owned()]),
            Base::IpAddress => values.extend(around_range(text)),
            Base::Numeric(_) | Base::Date(_) => {
                values.insert(text.to_owned());
                if let Some(number) = number(text) {
                    values.extend([number - 1.0, number + 1.0].map(|number| format!("{number}")));
                } else if let Some(milliseconds) = date(text) {
                    let seconds = milliseconds.div_euclid(1000);
                    dates.extend([seconds - 1, seconds + 1]);
                }
            }
            _ => {}
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
    let Some(AddressRange { first, last, width }) = range(text) else { return vec![text.to_owned()] };
    let shown = |bits: u128| match u32::try_from(bits) {
        Ok(bits) if width == 32 => Ipv4Addr::from(bits).to_string(),
        // An address of the other kind is in no such range.
        _ if width == 32 => "::1".to_owned(),
        _ => Ipv6Addr::from(bits).to_string(),
    };
    let other = if width == 32 { "::1".to_owned() } else { "192.0.2.1".to_owned() };
    [first, last, first.wrapping_sub(1), last.wrapping_add(1)].map(shown).into_iter().chain([other]).collect()
}
