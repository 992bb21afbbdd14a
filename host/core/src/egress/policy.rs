//! Egress policy: where a connection's requests may go. Pure: nothing here looks up a name, opens a
//! socket or reads a file.
//!
//! A URL is judged twice. [`EgressPolicy::judge_url`] judges what it says, before anything is
//! looked up; [`EgressPolicy::judge_address`] judges each address that its name resolves to, in the
//! transport, at the one place where connections are made, so that a name whose answer changes
//! between the two gains nothing.
//!
//! | what | without the administrator | with |
//! |---|---|---|
//! | `https` to a public name on public addresses | goes | |
//! | `http` | `https-required` | the exact origin |
//! | an address as host, `10.1.2.3` or `[::1]` | `address-as-host` | the origin, or a network that holds it |
//! | a name of one label, `localhost`, `*.local`, `*.internal`, ... | `private-name` | the origin |
//! | a name that resolves to a special address | `special-address` | the origin, or a network that holds it |
//! | link-local and metadata addresses | `metadata-address` | a network no wider than that range, or the origin of that very address |
//! | unspecified, multicast and broadcast addresses | `special-address` | nobody can |
//! | user name or password in the URL | `userinfo` | nobody can |
//!
//! Origins are compared as parsed [`url::Origin`]s (scheme, host, port; RFC 6454), never as text,
//! and networks as numbers. There are no wildcards. The port is part of the origin and is otherwise free.

use std::net::IpAddr;
use std::str::FromStr as _;

use url::{Host, Origin, Url};

mod address;
mod denial;
mod name;
mod origin;
pub mod redirect;

pub use address::{Network, NetworkError, SpecialRange, special_range};
pub use denial::{Denial, Granter, Rule, Source};
pub use origin::{OriginError, parse_origin};

use address::{Guard, embedded_ipv4, unmapped};

/// How far a request may reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reach {
    /// Public addresses, and the networks that the administrator allows.
    Public,
    /// The administrator allows this exact origin: whatever address its name has, short of the
    /// link-local and metadata addresses, which a name's owner must not be able to point at.
    Granted,
}

/// Something that the administrator wrote and that cannot be allowed. The administrator acts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// Not an origin.
    #[error(transparent)]
    Origin(#[from] OriginError),
    /// Not a network.
    #[error(transparent)]
    Network(#[from] NetworkError),
}

/// What the administrator allows beyond the rules. The default allows nothing more.
#[derive(Clone, Debug, Default)]
pub struct EgressPolicy {
    origins: Vec<Origin>,
    networks: Vec<Network>,
}

impl EgressPolicy {
    /// The rules alone: public names over https, on public addresses.
    pub fn strict() -> Self {
        Self::default()
    }

    /// Allows one exact origin, such as `http://jira.corp:8080`, by name or by address.
    ///
    /// # Errors
    ///
    /// [`PolicyError::Origin`] where the text is anything but `http` or `https`, a host and
    /// perhaps a port, or where its host is an address that nobody can allow.
    pub fn allow_origin(&mut self, origin: &str) -> Result<(), PolicyError> {
        let url = origin::parse_origin_url(origin)?;
        if let Some(address) = literal(&url)
            && let Some(range) = special_range(address)
            && range.guard == Guard::Always
        {
            let reason = format!("nobody can allow {}", range.name);
            return Err(OriginError { text: origin.to_owned(), reason }.into());
        }
        self.origins.push(url.origin());
        Ok(())
    }

    /// Allows the addresses of one network, such as `10.20.0.0/16` or `fd00::/8`, to every connection.
    ///
    /// # Errors
    ///
    /// [`PolicyError::Network`] where the text is no network, or an address with a prefix
    /// length that cuts through it.
    pub fn allow_network(&mut self, network: &str) -> Result<(), PolicyError> {
        self.networks.push(Network::from_str(network)?);
        Ok(())
    }

    /// How far a request to this URL may reach; only its origin and its userinfo matter.
    ///
    /// # Errors
    ///
    /// A [`Denial`] by one of `scheme`, `userinfo`, `malformed-host`, `https-required`,
    /// `address-as-host`, `metadata-address`, `special-address` and `private-name`.
    pub fn judge_url(&self, url: &Url) -> Result<Reach, Denial> {
        let subject = || origin::describe(url);
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Denial::new(Rule::Scheme, subject()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Denial::new(Rule::Userinfo, subject()));
        }
        if name::malformed(url) {
            return Err(Denial::new(Rule::MalformedHost, subject()));
        }
        if self.origins.contains(&url.origin()) {
            return Ok(Reach::Granted);
        }
        if url.scheme() == "http" {
            return Err(Denial::new(Rule::HttpsRequired, subject()));
        }
        if let Some(address) = literal(url) {
            return self.judge_literal(address, url);
        }
        if url.host_str().is_none_or(name::is_private) {
            return Err(Denial::new(Rule::PrivateName, subject()));
        }
        Ok(Reach::Public)
    }

    /// Whether a connection to this address may be made for a request of this reach.
    ///
    /// IPv6 addresses that carry an IPv4 address (`::ffff:10.0.0.1`) are judged as that address.
    ///
    /// # Errors
    ///
    /// A [`Denial`] by `special-address` or `metadata-address`; its subject is the address.
    pub fn judge_address(&self, reach: Reach, address: IpAddr) -> Result<(), Denial> {
        let address = unmapped(address);
        let Some(range) = special_range(address) else { return Ok(()) };
        let denied = || Err(Denial::of_address(address, range));
        match range.guard {
            Guard::Always => denied(),
            Guard::Narrow if self.allows_narrowly(address, range) => Ok(()),
            Guard::Narrow => denied(),
            Guard::Ordinary if reach == Reach::Granted || self.networks_hold(address) => {
                match embedded_ipv4(address) {
                    Some(inner) => self.judge_address(reach, IpAddr::V4(inner)),
                    None => Ok(()),
                }
            }
            Guard::Ordinary => denied(),
        }
    }

    fn judge_literal(&self, address: IpAddr, url: &Url) -> Result<Reach, Denial> {
        self.judge_address(Reach::Public, address)?;
        if self.networks_hold(unmapped(address)) {
            return Ok(Reach::Public);
        }
        Err(Denial::new(Rule::AddressAsHost, origin::describe(url)))
    }

    fn networks_hold(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|network| network.contains(address))
    }

    /// A wide network does not open a narrow, dangerous range inside it, and a granted name does
    /// not either: only a network inside the range, or an origin of that address, says it plainly.
    fn allows_narrowly(&self, address: IpAddr, range: &SpecialRange) -> bool {
        self.networks
            .iter()
            .any(|network| network.contains(address) && range.network.covers(network))
            || self.origins.iter().any(|origin| origin::is_of_address(origin, address))
    }
}

/// The address that stands in the URL instead of a name.
fn literal(url: &Url) -> Option<IpAddr> {
    match url.host()? {
        Host::Ipv4(address) => Some(IpAddr::V4(address)),
        Host::Ipv6(address) => Some(unmapped(IpAddr::V6(address))),
        Host::Domain(_) => None,
    }
}

#[cfg(test)]
mod tests;
