//! Names become addresses here, once for each connection, and here every address is judged.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use jackfield_host::BoxFuture;
use jackfield_host::policy::{Denial, EgressPolicy, Reach};
use jackfield_host::probe::Lookup;
use jackfield_host::transport::TransportError;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// What turns a host's name into addresses.
pub trait NameLookup: Send + Sync + 'static {
    /// The addresses of that name, in the order in which they are to be tried.
    ///
    /// # Errors
    ///
    /// What the resolver said, where it has no answer.
    fn lookup<'a>(&'a self, host: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>>;
}

/// The system's resolver: `/etc/hosts`, then what the system is configured to ask.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemNames;

impl NameLookup for SystemNames {
    fn lookup<'a>(&'a self, host: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        Box::pin(async move {
            let found = tokio::net::lookup_host((host, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}

/// Why a name gave no address to connect to.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum LookupError {
    #[error(transparent)]
    Denied(Denial),
    #[error("{0}")]
    Failed(String),
}

impl LookupError {
    pub(crate) fn into_transport_error(self, host: &str) -> TransportError {
        match self {
            Self::Denied(denial) => TransportError::Denied(denial),
            Self::Failed(detail) => TransportError::NameLookup { host: host.to_owned(), detail },
        }
    }
}

impl From<Denial> for LookupError {
    fn from(denial: Denial) -> Self {
        Self::Denied(denial)
    }
}

/// Looks names up and lets only those addresses pass that the policy allows for one reach.
#[derive(Clone)]
pub(crate) struct JudgedNames {
    lookup: Arc<dyn NameLookup>,
    policy: Arc<EgressPolicy>,
    reach: Reach,
    /// Names of configured proxies, which may stand anywhere.
    exempt: Arc<[String]>,
}

impl JudgedNames {
    pub(crate) fn new(
        lookup: Arc<dyn NameLookup>,
        policy: Arc<EgressPolicy>,
        reach: Reach,
        exempt: Arc<[String]>,
    ) -> Self {
        Self { lookup, policy, reach, exempt }
    }

    /// The addresses of that name that the policy allows, at least one; the first denial where it
    /// allows none.
    pub(crate) async fn judge(&self, host: &str) -> Result<Vec<IpAddr>, LookupError> {
        let (judged, first_denial) = self.judge_all(host).await?;
        match first_denial {
            Some(denial) if judged.allowed.is_empty() => Err(denial.into()),
            _ => Ok(judged.allowed),
        }
    }

    /// All addresses of that name, allowed or not, and the first denial.
    pub(crate) async fn judge_all(
        &self,
        host: &str,
    ) -> Result<(Lookup, Option<Denial>), LookupError> {
        let (mut judged, mut first_denial) = (Lookup::default(), None);
        for address in self.addresses(host).await? {
            match self.policy.judge_address(self.reach, address) {
                Ok(()) => judged.allowed.push(address),
                Err(denial) => {
                    judged.denied.push((address, denial.rule()));
                    first_denial.get_or_insert(denial);
                }
            }
        }
        Ok((judged, first_denial))
    }

    async fn addresses_to_connect(&self, host: &str) -> Result<Vec<IpAddr>, LookupError> {
        if self.exempt.iter().any(|name| name.eq_ignore_ascii_case(host)) {
            return self.addresses(host).await;
        }
        self.judge(host).await
    }

    async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, LookupError> {
        let found = self.lookup.lookup(host).await;
        let found = found.map_err(|error| LookupError::Failed(describe(&error)))?;
        if found.is_empty() {
            return Err(LookupError::Failed("the name has no address".to_owned()));
        }
        Ok(found)
    }
}

impl Resolve for JudgedNames {
    fn resolve(&self, name: Name) -> Resolving {
        let names = self.clone();
        Box::pin(async move {
            let addresses = names.addresses_to_connect(name.as_str()).await?;
            // The connector replaces port 0 by the URL's.
            let addresses = addresses.into_iter().map(|address| SocketAddr::new(address, 0));
            Ok(Box::new(addresses) as Addrs)
        })
    }
}

/// The resolver's own words, without the standard library's introduction.
fn describe(error: &io::Error) -> String {
    let text = error.to_string();
    text.strip_prefix("failed to lookup address information: ").unwrap_or(&text).to_owned()
}
