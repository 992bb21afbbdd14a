//! Addresses that are not the public internet, by the IANA special-purpose address registries
//! (RFC 6890; <https://www.iana.org/assignments/iana-ipv4-special-registry>, and ipv6; both read
//! 2026-11), and the metadata services of clouds that live on addresses outside of them.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// A network: an address and the number of leading bits that count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

/// A text that is no network. Whoever wrote it acts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a network such as `10.0.0.0/8`: {reason}")]
pub struct NetworkError {
    /// What was written.
    pub text: String,
    /// What is wrong with it.
    pub reason: String,
}

impl Network {
    const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u8) -> Self {
        Self { address: IpAddr::V4(Ipv4Addr::new(a, b, c, d)), prefix }
    }

    const fn v6(address: u128, prefix: u8) -> Self {
        Self { address: IpAddr::V6(Ipv6Addr::from_bits(address)), prefix }
    }

    /// Whether the address is one of this network. Families are never mixed.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                high_bits(own.to_bits().into(), 32, self.prefix)
                    == high_bits(other.to_bits().into(), 32, self.prefix)
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                high_bits(own.to_bits(), 128, self.prefix)
                    == high_bits(other.to_bits(), 128, self.prefix)
            }
            _ => false,
        }
    }

    /// Whether all of the other network lies in this one.
    pub fn covers(&self, other: &Self) -> bool {
        other.prefix >= self.prefix && self.contains(other.address)
    }
}

/// The first `prefix` bits of a number of `width` bits.
fn high_bits(bits: u128, width: u8, prefix: u8) -> u128 {
    bits.checked_shr(u32::from(width.saturating_sub(prefix))).unwrap_or(0)
}

impl fmt::Display for Network {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.address, self.prefix)
    }
}

impl FromStr for Network {
    type Err = NetworkError;

    /// The network in `ADDRESS/LENGTH`; an address alone is the network of that address.
    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let wrong =
            |reason: &str| NetworkError { text: text.to_owned(), reason: reason.to_owned() };
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| wrong("it starts with no address"))?;
        if unmapped(address) != address {
            return Err(wrong("write the IPv4 network itself"));
        }
        let width = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match length {
            None => width,
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits
                .parse()
                .ok()
                .filter(|length| *length <= width)
                .ok_or_else(|| wrong(&format!("the length is not within 0 to {width}")))?,
            Some(_) => return Err(wrong("the length is not a number")),
        };
        let network = Self { address, prefix };
        let first = network.first();
        if first != address {
            return Err(wrong(&format!("did you mean `{first}/{prefix}`?")));
        }
        Ok(network)
    }
}

impl Network {
    fn first(&self) -> IpAddr {
        match self.address {
            IpAddr::V4(address) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.prefix)).unwrap_or(0);
                IpAddr::V4(Ipv4Addr::from_bits(address.to_bits() & mask))
            }
            IpAddr::V6(address) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.prefix)).unwrap_or(0);
                IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & mask))
            }
        }
    }
}

/// Who could allow the addresses of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Guard {
    /// The administrator, by an origin or a network.
    Ordinary,
    /// The administrator, by a network no wider than the range or by an origin of that address.
    Narrow,
    /// Nobody: no server can be there.
    Always,
}

/// Addresses that are not the public internet.
#[derive(Debug, PartialEq, Eq)]
pub struct SpecialRange {
    /// Which addresses.
    pub network: Network,
    /// What people call them, with its article, as in "a private network".
    pub name: &'static str,
    pub(super) guard: Guard,
}

impl SpecialRange {
    /// Whether these are addresses at which clouds keep credentials, or of the local link.
    pub fn is_metadata(&self) -> bool {
        self.guard == Guard::Narrow
    }
}

const fn ordinary(network: Network, name: &'static str) -> SpecialRange {
    SpecialRange { network, name, guard: Guard::Ordinary }
}

const fn narrow(network: Network, name: &'static str) -> SpecialRange {
    SpecialRange { network, name, guard: Guard::Narrow }
}

const fn never(network: Network, name: &'static str) -> SpecialRange {
    SpecialRange { network, name, guard: Guard::Always }
}

/// Narrower ranges stand before the wider ones that hold them.
static IPV4: &[SpecialRange] = &[
    never(Network::v4(0, 0, 0, 0, 8), "the unspecified network (RFC 1122)"),
    ordinary(Network::v4(10, 0, 0, 0, 8), "a private network (RFC 1918)"),
    narrow(Network::v4(100, 100, 100, 200, 32), "the metadata service of Alibaba Cloud"),
    ordinary(Network::v4(100, 64, 0, 0, 10), "the shared address space of carriers (RFC 6598)"),
    ordinary(Network::v4(127, 0, 0, 0, 8), "this machine itself (loopback)"),
    narrow(Network::v4(168, 63, 129, 16, 32), "the metadata service of Azure"),
    narrow(Network::v4(169, 254, 169, 254, 32), "the metadata service of most clouds"),
    narrow(Network::v4(169, 254, 0, 0, 16), "the local link (RFC 3927)"),
    ordinary(Network::v4(172, 16, 0, 0, 12), "a private network (RFC 1918)"),
    narrow(Network::v4(192, 0, 0, 192, 32), "the metadata service of Oracle Cloud"),
    ordinary(Network::v4(192, 0, 0, 0, 24), "a range for protocols (RFC 6890)"),
    ordinary(Network::v4(192, 0, 2, 0, 24), "a range for documentation (RFC 5737)"),
    ordinary(Network::v4(192, 88, 99, 0, 24), "the former 6to4 relays (RFC 7526)"),
    ordinary(Network::v4(192, 168, 0, 0, 16), "a private network (RFC 1918)"),
    ordinary(Network::v4(198, 18, 0, 0, 15), "a range for benchmarks (RFC 2544)"),
    ordinary(Network::v4(198, 51, 100, 0, 24), "a range for documentation (RFC 5737)"),
    ordinary(Network::v4(203, 0, 113, 0, 24), "a range for documentation (RFC 5737)"),
    never(Network::v4(224, 0, 0, 0, 4), "a multicast group (RFC 5771)"),
    never(Network::v4(255, 255, 255, 255, 32), "the broadcast address (RFC 919)"),
    ordinary(Network::v4(240, 0, 0, 0, 4), "a reserved range (RFC 1112)"),
];

/// Narrower ranges stand before the wider ones that hold them.
static IPV6: &[SpecialRange] = &[
    never(Network::v6(0, 128), "the unspecified address"),
    ordinary(Network::v6(1, 128), "this machine itself (loopback)"),
    ordinary(Network::v6(0, 96), "an IPv4-compatible address (RFC 4291)"),
    ordinary(Network::v6(0x0064_ff9b << 96, 96), "a translated IPv4 address (NAT64, RFC 6052)"),
    ordinary(
        Network::v6(0x0064_ff9b_0001 << 80, 48),
        "a locally translated IPv4 address (NAT64, RFC 8215)",
    ),
    ordinary(Network::v6(0x0100 << 112, 64), "the discard-only range (RFC 6666)"),
    ordinary(Network::v6(0x2001 << 112, 32), "a Teredo tunnel (RFC 4380)"),
    ordinary(Network::v6(0x2001 << 112, 23), "a range for protocols (RFC 2928)"),
    ordinary(Network::v6(0x2001_0db8 << 96, 32), "a range for documentation (RFC 3849)"),
    ordinary(Network::v6(0x2002 << 112, 16), "a 6to4 tunnel (RFC 3056)"),
    ordinary(Network::v6(0x3fff << 112, 20), "a range for documentation (RFC 9637)"),
    ordinary(Network::v6(0x5f00 << 112, 16), "segment routing (RFC 9602)"),
    narrow(Network::v6((0xfd00_0ec2 << 96) | 0x0254, 128), "the metadata service of AWS"),
    narrow(Network::v6((0xfd20_00ce << 96) | 0x0254, 128), "the metadata service of Google Cloud"),
    ordinary(Network::v6(0xfc00 << 112, 7), "a private network (RFC 4193)"),
    narrow(Network::v6(0xfe80 << 112, 10), "the local link (RFC 4291)"),
    ordinary(Network::v6(0xfec0 << 112, 10), "a former site-local network (RFC 3879)"),
    never(Network::v6(0xff00 << 112, 8), "a multicast group (RFC 4291)"),
];

/// All that IANA has handed out for public use (RFC 4291, section 2.4).
const GLOBAL_UNICAST: Network = Network::v6(0x2000 << 112, 3);

static UNASSIGNED: SpecialRange = ordinary(Network::v6(0, 0), "no range in public use (RFC 4291)");

/// The narrowest special range that holds the address; `None` for the public internet.
///
/// An IPv4 address written as IPv6 (`::ffff:0:0/96`) is judged as what it is.
pub fn special_range(address: IpAddr) -> Option<&'static SpecialRange> {
    let address = unmapped(address);
    let table = if address.is_ipv4() { IPV4 } else { IPV6 };
    let found = table.iter().find(|range| range.network.contains(address));
    let outside = address.is_ipv6() && !GLOBAL_UNICAST.contains(address);
    found.or(outside.then_some(&UNASSIGNED))
}

/// The IPv4 address in place of an IPv4-mapped one (RFC 4291, section 2.5.5.2).
pub(super) fn unmapped(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or(address, IpAddr::V4),
        IpAddr::V4(_) => address,
    }
}

/// The IPv4 address to which a translator or a tunnel would carry this one.
pub(super) fn embedded_ipv4(address: IpAddr) -> Option<Ipv4Addr> {
    let IpAddr::V6(v6) = address else { return None };
    let bits = v6.to_bits();
    let shift = match v6.segments() {
        [0x2002, ..] => 80,
        [0x64, 0xff9b, 0, 0, 0, 0, _, _] => 0,
        [0, 0, 0, 0, 0, 0, _, _] if bits > 1 => 0,
        _ => return None,
    };
    u32::try_from((bits >> shift) & u128::from(u32::MAX)).ok().map(Ipv4Addr::from_bits)
}

#[cfg(test)]
mod tests;
