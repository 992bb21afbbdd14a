//! A connector bound to one connection: its settings checked, its endpoints bound to origins and
//! judged, its auth method ready, its secrets within reach of the host alone.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, Value};
use url::Origin;

use crate::contract::bindings::{PluginPre, object_text};
use crate::contract::failure::{Failure, FieldError};
use crate::contract::report::{ActionRequest, Outcome, Page, ReadRequest, Report};
use crate::egress::attach::{BoundAttach, BoundScheme};
use crate::egress::endpoint::BoundEndpoint;
use crate::egress::header;
use crate::egress::moved::{Movable, Moved};
use crate::egress::policy::Denial;
use crate::egress::policy::redirect::RedirectInput;
use crate::egress::probe::{self, Probe};
use crate::error::{BindError, CallError};
use crate::host::HostParts;
use crate::manifest::input::{for_endpoints, validate_settings};
use crate::manifest::template::EndpointTemplate;
use crate::manifest::{AuthMethod, Manifest, QuotaRules, Scheme};
use crate::sandbox::session::Session;
use crate::sandbox::state::CallState;
use crate::secret::SecretStore;

/// What every call of one connection needs.
pub(crate) struct BoundParts {
    pub(crate) host: Arc<HostParts>,
    pub(crate) connector_id: String,
    pub(crate) settings_json: String,
    pub(crate) endpoints: Vec<BoundEndpoint>,
    /// Endpoints of the manifest over settings that have no value yet.
    pub(crate) unbound: Vec<Unbound>,
    /// Of each endpoint, in the same order.
    movable: Vec<Movable>,
    pub(crate) attach: Vec<BoundAttach>,
    pub(crate) redirects: Vec<Origin>,
    pub(crate) quota: QuotaRules,
    pub(crate) secrets: Arc<dyn SecretStore>,
    injected: BTreeSet<String>,
    discoverable: Vec<String>,
}

/// An endpoint that is not bound yet.
pub(crate) struct Unbound {
    /// Its name in the manifest.
    pub(crate) name: String,
    /// The setting that has no value.
    pub(crate) missing: String,
}

impl BoundParts {
    /// Puts the names of the guest's headers in lower case, if each may be sent.
    pub(crate) fn judge_headers(&self, headers: &mut [(String, String)]) -> Result<(), Denial> {
        header::judge_in_place(headers, &self.injected)
    }

    /// What a redirect of that endpoint, which is not followed, says of the settings.
    pub(crate) fn moved(&self, endpoint: &str, redirect: &RedirectInput<'_>) -> Option<Moved> {
        let mut pairs = self.endpoints.iter().zip(&self.movable);
        let (_, movable) = pairs.find(|(bound, _)| bound.name == endpoint)?;
        movable.judge(redirect)
    }

    /// Drops what the manifest does not declare as discovered.
    pub(crate) fn with_known_discoveries(&self, mut report: Report) -> Report {
        report.discovered.retain(|name, _| self.discoverable.contains(name));
        report
    }
}

/// A connector bound to one connection. Cheap to clone; each call runs in an instance of its own.
#[derive(Clone)]
pub struct Binding {
    pre: PluginPre<CallState>,
    parts: Arc<BoundParts>,
}

impl Binding {
    pub(crate) fn new(
        host: &Arc<HostParts>,
        pre: &PluginPre<CallState>,
        manifest: &Manifest,
        method: &str,
        settings: &Map<String, Value>,
        secrets: Arc<dyn SecretStore>,
    ) -> Result<Self, BindError> {
        let auth = manifest.auth_method(method);
        let auth = auth.ok_or_else(|| BindError::UnknownMethod(method.to_owned()))?;
        let settings = validate_settings(manifest, auth, settings).map_err(BindError::Settings)?;
        let (endpoints, movable) = bind_endpoints(host, manifest, &settings)?;
        let unbound = unbound_endpoints(manifest, &settings);
        let parts = BoundParts {
            host: host.clone(),
            connector_id: manifest.id.clone(),
            settings_json: object_text(&settings),
            endpoints,
            unbound,
            movable,
            attach: bind_auth(auth, &settings)?,
            redirects: manifest.redirect_origins(),
            quota: manifest.quota.clone().unwrap_or_default(),
            secrets,
            injected: manifest.injected_headers().collect(),
            discoverable: manifest.discoverable_settings(),
        };
        Ok(Self { pre: pre.clone(), parts: Arc::new(parts) })
    }

    /// An instance for several calls.
    ///
    /// # Errors
    ///
    /// [`CallError::Busy`] when too many are live.
    pub async fn session(&self) -> Result<Session, CallError> {
        Session::start(&self.pre, self.parts.clone()).await
    }

    /// Whether the credential works, whose it is, and what it may do.
    ///
    /// # Errors
    ///
    /// The outer error is the host's, the inner one what the provider or the connector said.
    pub async fn check(&self) -> Result<Result<Report, Failure>, CallError> {
        self.session().await?.check().await
    }

    /// What is found on the way to each origin to which the credential may go, in the manifest's
    /// order. The credential itself is not used, and the connector does not run.
    pub async fn probe(&self) -> Vec<Probe> {
        probe::run(&self.parts).await
    }

    /// One page of a stream.
    ///
    /// # Errors
    ///
    /// The outer error is the host's, the inner one what the provider or the connector said.
    pub async fn read(&self, request: &ReadRequest) -> Result<Result<Page, Failure>, CallError> {
        self.session().await?.read(request).await
    }

    /// Performs one action.
    ///
    /// # Errors
    ///
    /// The outer error is the host's, the inner one what the provider or the connector said.
    pub async fn invoke(
        &self,
        request: &ActionRequest,
    ) -> Result<Result<Outcome, Failure>, CallError> {
        self.session().await?.invoke(request).await
    }
}

/// The endpoints whose settings have values: one over a discovered setting is bound after the check
/// that finds it out.
fn bind_endpoints(
    host: &HostParts,
    manifest: &Manifest,
    settings: &Map<String, Value>,
) -> Result<(Vec<BoundEndpoint>, Vec<Movable>), BindError> {
    let located = for_endpoints(&manifest.settings, settings);
    let bind = |endpoint: &crate::manifest::Endpoint| {
        let field = |error: String| BindError::Settings(vec![FieldError::at(["settings"], error)]);
        let template = EndpointTemplate::parse(&endpoint.base).map_err(|e| field(e.to_string()))?;
        if template.missing(settings).is_some() {
            return Ok(None);
        }
        let base = template.bind(&located).map_err(|error| BindError::Settings(vec![error]))?;
        let reach = host.policy.judge_url(&base).map_err(|denial| BindError::Denied {
            endpoint: endpoint.name.clone(),
            settings: template.variables().map(str::to_owned).collect(),
            denial,
        })?;
        let movable = Movable::new(endpoint, &template, settings, &base);
        let name = endpoint.name.clone();
        let used = template.variables().map(str::to_owned).collect();
        Ok(Some((BoundEndpoint { name, base, reach, settings: used }, movable)))
    };
    manifest.endpoints.iter().map(bind).filter_map(Result::transpose).collect()
}

fn unbound_endpoints(manifest: &Manifest, settings: &Map<String, Value>) -> Vec<Unbound> {
    let unbound = |endpoint: &crate::manifest::Endpoint| {
        let template = EndpointTemplate::parse(&endpoint.base).ok()?;
        let missing = template.missing(settings)?.to_owned();
        Some(Unbound { name: endpoint.name.clone(), missing })
    };
    manifest.endpoints.iter().filter_map(unbound).collect()
}

fn bind_auth(
    auth: &AuthMethod,
    settings: &Map<String, Value>,
) -> Result<Vec<BoundAttach>, BindError> {
    auth.attach
        .iter()
        .map(|attach| {
            let scheme = match &attach.scheme {
                Scheme::Bearer => BoundScheme::Bearer,
                Scheme::Basic { username } => BoundScheme::Basic {
                    username: crate::manifest::template::fill(username, settings)
                        .map_err(|error| BindError::Settings(vec![error]))?,
                },
                Scheme::Header { name, prefix } => {
                    BoundScheme::Header { name: name.to_ascii_lowercase(), prefix: prefix.clone() }
                }
            };
            Ok(BoundAttach {
                secret: attach.secret.clone(),
                endpoints: attach.endpoints.clone(),
                scheme,
            })
        })
        .collect()
}
