//! Ranges of addresses that come over the internet.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The ranges of IPv4, but for those of documentation, from which nothing comes over the internet, by their first addresses and lengths.
/// Source: <https://www.iana.org/assignments/iana-ipv4-special-registry>, and for the last, of multicast and the reserved,
/// <https://www.iana.org/assignments/ipv4-address-space>
const NOT_PUBLIC: [(Ipv4Addr, u8); 9] = [
    (Ipv4Addr::UNSPECIFIED, 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(224, 0, 0, 0), 3),
];

/// The range of IPv6 that global unicast addresses are of.
/// Source: <https://www.iana.org/assignments/ipv6-address-space>
const PUBLIC_V6: (Ipv6Addr, u8) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// Whether a text is a range of addresses, in CIDR notation, all of which AWS can see a request come from.
pub(super) fn is_public(text: &str) -> bool {
    // Whether the first bits are the same.
    let shares_v4 = |one: Ipv4Addr, other: Ipv4Addr, bits: u8| {
        (u32::from(one) ^ u32::from(other)).checked_shr(32 - u32::from(bits)).unwrap_or(0) == 0
    };
    let parts = text.split_once('/').and_then(|(address, length)| Some((address.parse().ok()?, length.parse().ok()?)));
    parts.is_some_and(|(address, length): (IpAddr, u8)| match address {
        IpAddr::V4(address) => {
            length <= 32 && !NOT_PUBLIC.iter().any(|(first, bits)| shares_v4(address, *first, length.min(*bits)))
        }
        IpAddr::V6(address) => {
            let (first, bits) = PUBLIC_V6;
            let is_within = (u128::from(address) ^ u128::from(first)) >> (128 - u32::from(bits)) == 0;
            (bits..=128).contains(&length) && is_within
        }
    })
}
