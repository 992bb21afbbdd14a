//! What requests of one connection need: its endpoints bound to origins and judged, its auth method ready,
//! its secrets within reach of the host alone.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, Value};
use url::{Origin, Url};

use crate::contract::failure::FieldError;
use crate::contract::json::object_text;
use crate::contract::report::Report;
use crate::egress::attach::{BoundAttach, BoundScheme};
use crate::egress::endpoint::BoundEndpoint;
use crate::egress::header;
use crate::egress::outbound::Outbound;
use crate::egress::policy::redirect::RedirectInput;
use crate::egress::policy::{Denial, EgressPolicy, Reach};
use crate::egress::relocation::{Relocatable, Relocation};
use crate::error::BindError;
use crate::manifest::input::{for_endpoints, validate_settings};
use crate::manifest::template::{EndpointTemplate, fill};
use crate::manifest::{AuthMethod, Endpoint, Manifest, QuotaRules, Scheme};
use crate::secret::SecretStore;

/// What every call of one connection needs.
pub(crate) struct BoundConnection {
    pub(crate) outbound: Arc<Outbound>,
    pub(crate) connector_id: String,
    pub(crate) settings_json: String,
    pub(crate) endpoints: Vec<BoundEndpoint>,
    /// Endpoints of the manifest over settings that have no value yet.
    pub(crate) unbound: Vec<Unbound>,
    /// Of each endpoint, in the same order.
    relocatable: Vec<Relocatable>,
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

impl BoundConnection {
    /// The connection's parts, from its manifest and its settings, each judged.
    pub(crate) fn new(
        outbound: &Arc<Outbound>,
        manifest: &Manifest,
        method: &str,
        settings: &Map<String, Value>,
        secrets: Arc<dyn SecretStore>,
    ) -> Result<Self, BindError> {
        let auth = manifest.auth_method(method);
        let auth = auth.ok_or_else(|| BindError::UnknownMethod(method.to_owned()))?;
        let settings = validate_settings(manifest, auth, settings).map_err(BindError::Settings)?;
        let (endpoints, relocatable) = bind_endpoints(&outbound.policy, manifest, &settings)?;
        let unbound = unbound_endpoints(manifest, &settings);
        Ok(Self {
            outbound: outbound.clone(),
            connector_id: manifest.id.clone(),
            settings_json: object_text(&settings),
            endpoints,
            unbound,
            relocatable,
            attach: bind_auth(auth, &settings)?,
            redirects: manifest.redirect_origins(),
            quota: manifest.quota.clone().unwrap_or_default(),
            secrets,
            injected: manifest.injected_headers().collect(),
            discoverable: manifest.discoverable_settings(),
        })
    }

    /// Puts the names of the guest's headers in lower case, if each may be sent.
    pub(crate) fn judge_headers(&self, headers: &mut [(String, String)]) -> Result<(), Denial> {
        header::judge_in_place(headers, &self.injected)
    }

    /// What a redirect of that endpoint, which is not followed, says of the settings.
    pub(crate) fn relocation(
        &self,
        endpoint: &str,
        redirect: &RedirectInput<'_>,
    ) -> Option<Relocation> {
        let mut pairs = self.endpoints.iter().zip(&self.relocatable);
        let (_, relocatable) = pairs.find(|(bound, _)| bound.name == endpoint)?;
        relocatable.judge(redirect)
    }

    /// Drops what the manifest does not declare as discovered.
    pub(crate) fn with_known_discoveries(&self, mut report: Report) -> Report {
        report.discovered.retain(|name, _| self.discoverable.contains(name));
        report
    }

    /// One URL of each origin to which the connection's credential may go, in the manifest's order: the
    /// base of the first endpoint there.
    pub(crate) fn origins(&self) -> Vec<(Url, Reach)> {
        origins(&self.endpoints, &self.attach)
    }
}

/// The endpoints whose settings have values: one over a discovered setting is bound after the check
/// that finds it out.
fn bind_endpoints(
    policy: &EgressPolicy,
    manifest: &Manifest,
    settings: &Map<String, Value>,
) -> Result<(Vec<BoundEndpoint>, Vec<Relocatable>), BindError> {
    let located = for_endpoints(&manifest.settings, settings);
    let bind = |endpoint: &Endpoint| {
        let field = |error: String| BindError::Settings(vec![FieldError::at(["settings"], error)]);
        let template = EndpointTemplate::parse(&endpoint.base).map_err(|e| field(e.to_string()))?;
        if template.missing(settings).is_some() {
            return Ok(None);
        }
        let base = template.bind(&located).map_err(|error| BindError::Settings(vec![error]))?;
        let reach = policy.judge_url(&base).map_err(|denial| BindError::Denied {
            endpoint: endpoint.name.clone(),
            settings: template.variables().map(str::to_owned).collect(),
            denial,
        })?;
        let relocatable = Relocatable::new(endpoint, &template, settings, &base);
        let name = endpoint.name.clone();
        let used = template.variables().map(str::to_owned).collect();
        Ok(Some((BoundEndpoint { name, base, reach, settings: used }, relocatable)))
    };
    manifest.endpoints.iter().map(bind).filter_map(Result::transpose).collect()
}

fn unbound_endpoints(manifest: &Manifest, settings: &Map<String, Value>) -> Vec<Unbound> {
    let unbound = |endpoint: &Endpoint| {
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
                    username: fill(username, settings)
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

fn origins(endpoints: &[BoundEndpoint], attach: &[BoundAttach]) -> Vec<(Url, Reach)> {
    let in_audience = |name: &String| attach.iter().any(|one| one.endpoints.contains(name));
    let mut origins: Vec<(Url, Reach)> = Vec::new();
    for endpoint in endpoints.iter().filter(|endpoint| in_audience(&endpoint.name)) {
        let origin = endpoint.base.origin();
        if !origins.iter().any(|(url, _)| url.origin() == origin) {
            origins.push((endpoint.base.clone(), endpoint.reach));
        }
    }
    origins
}

#[cfg(test)]
#[expect(clippy::expect_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn each_origin_of_the_audience_is_probed_once_and_no_other() {
        let endpoint = |(name, base): (&str, &str)| BoundEndpoint {
            name: name.to_owned(),
            base: base.parse().expect("a URL"),
            reach: Reach::Public,
            settings: Vec::new(),
        };
        let endpoints = [
            ("files", "https://files.example/"),
            ("api", "https://api.example/v3"),
            ("graph", "https://api.example/graph"),
            ("other", "https://api.example:8443/"),
            ("plain", "http://api.example/"),
        ]
        .map(endpoint);
        let attach = |names: &[&str]| BoundAttach {
            secret: "token".to_owned(),
            endpoints: names.iter().map(|&name| name.to_owned()).collect(),
            scheme: BoundScheme::Bearer,
        };
        let probed = |attach: &[BoundAttach]| -> Vec<String> {
            origins(&endpoints, attach).into_iter().map(|(url, _)| url.to_string()).collect()
        };
        let audience = [attach(&["api", "graph"]), attach(&["other", "unbound"])];
        assert_eq!(probed(&audience), ["https://api.example/v3", "https://api.example:8443/"]);
        assert_eq!(probed(&[]), Vec::<String>::new());
    }
}
