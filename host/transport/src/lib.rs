//! [`HttpsTransport`]: the real HTTPS client behind [`Transport`].
//!
//! # What holds
//!
//! - **Addresses are judged where connections are made.** A name is looked up once for each
//!   connection; [`EgressPolicy::judge_address`](jackfield_host::EgressPolicy::judge_address) judges
//!   every address of the answer, and the connector is handed those that passed and no name. A name
//!   that answers differently a second later (DNS rebinding) is judged again with each connection.
//!   Addresses written into a URL are judged before the request is made.
//! - **Reaches do not share connections.** A request of [`Reach::Granted`] and one of
//!   [`Reach::Public`] use two clients, each with a pool and a resolver of its own.
//! - **Nothing is taken from the environment**: no proxy, unless [`ProxyChoice::FromEnvironment`]
//!   says so, no cookies, no referer, no certificates.
//! - **No redirect is followed**, no answer is cached. What HTTP itself knows to be unprocessed (a
//!   connection that closed before the request was written, a refused HTTP/2 stream) is sent again.
//! - **Bodies are counted as they arrive, after decompression**, and reading stops at the first byte
//!   past the limit. A content coding that was not asked for and cannot be undone is an error,
//!   since nobody could look for a secret in it. A body that ends early is an error.
//! - **The deadline holds over the whole exchange**, the name lookup and the body included.
//! - **A secret is not copied**: the header's value is a view into its
//!   [`SecretText`](jackfield_host::secret::SecretText), marked sensitive, which keeps it out of
//!   logs and out of HTTP/2's header tables.
//!
//! # Proxies
//!
//! A proxy looks names up itself, so behind one the addresses of names cannot be judged here: what
//! remains are the rules for URLs, and the addresses written in them. Whoever configures a proxy
//! lets it decide. The proxy's own name is exempt from the judgment, unless it is also the target.
//!
//! # Example
//!
//! ```
//! use jackfield_host::EgressPolicy;
//! use jackfield_transport::{CaCertificates, HttpsTransport, TransportOptions};
//!
//! let mut options = TransportOptions::new(EgressPolicy::strict());
//! # let company_ca = std::env::temp_dir().join("no-such-company-ca.pem");
//! options.ca_certificates.push(CaCertificates::File(company_ca));
//! match HttpsTransport::new(options) {
//!     Ok(_transport) => println!("ready"),
//!     Err(error) => println!("{error}"),
//! }
//! ```

mod certificate;
mod connecting;
mod diagnosis;
mod exchange;
mod names;
mod options;
mod probe;
mod proxy;
mod tls;

use std::sync::Arc;
use std::time::Duration;

use jackfield_host::BoxFuture;
use jackfield_host::policy::{EgressPolicy, Reach};
use jackfield_host::probe::{Probe, ProbeRequest};
use jackfield_host::transport::{InboundResponse, OutboundRequest, Transport, TransportError};
use tokio::time::{Instant, timeout_at};
use url::{Host, Url};

use crate::connecting::{Progress, WatchLayer};
use crate::names::JudgedNames;
use crate::proxy::ProxyRoute;
use crate::tls::Trust;

pub use crate::exchange::MAX_RESPONSE_HEADER_BYTES;
pub use crate::names::{NameLookup, SystemNames};
pub use crate::options::{CaCertificates, OptionsError, ProxyChoice, TransportOptions};

/// Header fields that an HTTP/1 answer may have; more is an error.
const MAX_RESPONSE_HEADERS: usize = 256;

/// Idle connections kept for one origin.
const MAX_IDLE_PER_ORIGIN: usize = 32;

/// The HTTPS client. One value serves every connection and pools what it connects.
pub struct HttpsTransport {
    policy: Arc<EgressPolicy>,
    public: Lane,
    granted: Lane,
    proxy_hosts: Arc<[String]>,
    route: ProxyRoute,
    verifier: Arc<Trust>,
    connect_timeout: Duration,
}

/// A client for the requests of one reach, and the resolver that it connects through.
struct Lane {
    client: reqwest::Client,
    names: JudgedNames,
}

impl HttpsTransport {
    /// A client of these options. It connects to nothing yet.
    ///
    /// # Errors
    ///
    /// [`OptionsError`] names the option that cannot be used: a certificate file that cannot be read
    /// or holds no certificate, a proxy of an unknown kind, a user agent with line breaks.
    pub fn new(options: TransportOptions) -> Result<Self, OptionsError> {
        let route = ProxyRoute::of(&options.proxy)?;
        let verifier = Trust::new(&options.ca_certificates)?;
        let tls = tls::client_config(Arc::clone(&verifier)).map_err(OptionsError::Tls)?;
        let policy = Arc::new(options.policy.clone());
        let lane = |reach| Lane::new(reach, &options, &policy, &route, tls.clone());
        Ok(Self {
            public: lane(Reach::Public)?,
            granted: lane(Reach::Granted)?,
            policy: Arc::clone(&policy),
            proxy_hosts: route.hosts(),
            connect_timeout: options.connect_timeout,
            route,
            verifier,
        })
    }

    fn lane(&self, reach: Reach) -> &Lane {
        match reach {
            Reach::Granted => &self.granted,
            Reach::Public => &self.public,
        }
    }

    /// Judges what the resolver will not be asked for: an address in the URL, and a target that has
    /// the name of the proxy.
    async fn judge_host(&self, url: &Url, reach: Reach) -> Result<(), TransportError> {
        match url.host() {
            Some(Host::Ipv4(address)) => Ok(self.policy.judge_address(reach, address.into())?),
            Some(Host::Ipv6(address)) => Ok(self.policy.judge_address(reach, address.into())?),
            Some(Host::Domain(name)) if self.proxy_hosts.iter().any(|host| host == name) => {
                let judged = self.lane(reach).names.judge(name).await;
                judged.map(drop).map_err(|error| error.into_transport_error(name))
            }
            Some(Host::Domain(_)) => Ok(()),
            None => Err(TransportError::Unsendable { detail: "the URL names no host".to_owned() }),
        }
    }

    async fn exchange(
        &self,
        request: OutboundRequest,
        authority: &str,
    ) -> Result<InboundResponse, TransportError> {
        self.judge_host(&request.url, request.reach).await?;
        let lane = self.lane(request.reach);
        let (has_body, max_body) = (request.method.as_str() != "HEAD", request.max_body);
        let target = diagnosis::Target::new(&request.url, authority);
        let prepared = exchange::prepare(request)?;
        let answer = lane
            .client
            .execute(prepared)
            .await
            .map_err(|error| diagnosis::explain(error, &target))?;
        exchange::read(answer, has_body, max_body, &target).await
    }
}

impl Transport for HttpsTransport {
    fn send(
        &self,
        request: OutboundRequest,
    ) -> BoxFuture<'_, Result<InboundResponse, TransportError>> {
        Box::pin(async move {
            let authority = exchange::authority(&request.url);
            let deadline = request.deadline;
            if deadline <= Instant::now() {
                return Err(TransportError::Timeout { authority, sent: false });
            }
            let progress = Progress::new();
            let exchange = progress.watch(self.exchange(request, &authority));
            match timeout_at(deadline, exchange).await {
                Ok(answer) => answer,
                Err(_elapsed) => {
                    Err(TransportError::Timeout { authority, sent: progress.may_have_sent() })
                }
            }
        })
    }

    fn probe(&self, request: ProbeRequest) -> BoxFuture<'_, Probe> {
        Box::pin(probe::run(self, request))
    }
}

impl Lane {
    fn new(
        reach: Reach,
        options: &TransportOptions,
        policy: &Arc<EgressPolicy>,
        route: &ProxyRoute,
        tls: rustls::ClientConfig,
    ) -> Result<Self, OptionsError> {
        let lookup = Arc::clone(&options.names);
        let names = JudgedNames::new(lookup, Arc::clone(policy), reach, route.hosts());
        let builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .dns_resolver(names.clone())
            .connector_layer(WatchLayer)
            .connect_timeout(options.connect_timeout)
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .tcp_nodelay(true)
            .http1_max_headers(MAX_RESPONSE_HEADERS)
            .http2_max_header_list_size(MAX_RESPONSE_HEADER_BYTES as u32)
            .pool_max_idle_per_host(MAX_IDLE_PER_ORIGIN)
            .user_agent(options.user_agent.as_str());
        let client = route.apply(builder)?.build().map_err(OptionsError::from_client)?;
        Ok(Self { client, names })
    }
}
