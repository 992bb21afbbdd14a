//! From a request to its answer: which host, which Jira, which path.
//!
//! | host | what stands there |
//! |---|---|
//! | `NAME.atlassian.net` | the site, if it has that name, or had it |
//! | `api.atlassian.com` | the gateway, below `/ex/jira/CLOUD-ID` |
//! | anything below `example.com` | Data Center, below its context path, `/jira` at first |
//! | any other, such as `127.0.0.1` | all three: Data Center below its context path, the gateway below `/ex/jira`, else the site |

use std::sync::Arc;

use axum::Router;
use axum::extract::{Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use axum::response::Response;

use super::access::Caller;
use super::answer::{Answer, Counter, HTML, Taken};
use super::shapes::{Deployment, Place};
use super::world::{CLOUD_ID, OldName, Proxy, State, World};
use super::{cloud, data_center};

/// Bytes that a request's body may have.
const MAX_BODY: usize = 16 << 20;

/// A request to one of the three.
pub(super) struct Ask {
    pub(super) method: Method,
    /// Below the version of the API.
    pub(super) path: String,
    parameters: Vec<(String, String)>,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
    pub(super) place: Place,
}

impl Ask {
    /// The last parameter of that name.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        let mut found = self.parameters.iter().filter(|(field, _)| field == name);
        found.next_back().map(|(_, value)| value.as_str())
    }

    /// All parameters of that name, parted at commas.
    pub(super) fn list(&self, name: &str) -> Vec<String> {
        let found = self.parameters.iter().filter(|(field, _)| field == name);
        found.flat_map(|(_, value)| value.split(',')).map(|one| one.trim().to_owned()).collect()
    }

    /// The number of that name, as lenient as Jira.
    pub(super) fn number(&self, name: &str, otherwise: usize) -> usize {
        self.text(name).and_then(|text| text.parse().ok()).unwrap_or(otherwise)
    }
}

/// What a host and a path lead to.
enum Target<'a> {
    /// The site's origin, and the path.
    Site(String, &'a str),
    /// The gateway's origin, and the path below `/ex/jira`.
    Gateway(String, &'a str),
    /// The server's origin, and the path below `/jira`.
    DataCenter(String, &'a str),
    /// The site's new host.
    Relocation(String),
    Nothing,
}

/// All of it.
pub(super) fn all(world: Arc<World>) -> Router {
    let counter = Arc::new(Counter::default());
    Router::new().fallback(async move |request: Request| -> Response {
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, MAX_BODY).await.unwrap_or_default();
        answer(&world, &counter, parts, body.to_vec()).into_response()
    })
}

fn answer(world: &World, counter: &Counter, parts: Parts, body: Vec<u8>) -> Answer {
    let mut state = world.state();
    let header = parts.headers.get("host").and_then(|value| value.to_str().ok());
    let host = parts.uri.authority().map(|authority| authority.as_str()).or(header);
    let host = host.unwrap_or_default().to_ascii_lowercase();
    let path = parts.uri.path().to_owned();
    let parameters = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri);
    let parameters = parameters.map(|Query(pairs)| pairs).unwrap_or_default();
    let web = format!("https://{}.atlassian.net", state.name);
    if let Some(refused) = stopped(&state.proxy, &parts, &parameters, &body) {
        return refused;
    }
    let (deployment, base, web, path) = match target(&host, &path, &state) {
        Target::Nothing => return nothing(&host),
        Target::Relocation(host) => {
            let place = parts.uri.path_and_query().map_or("/", |target| target.as_str());
            return Answer::of(301, HTML, "").header("location", format!("https://{host}{place}"));
        }
        Target::Gateway(origin, path) => {
            let Some(path) = path.strip_prefix(&format!("/{CLOUD_ID}")) else {
                let answer = Answer::gateway(404, "Not Found");
                let taken = Taken { account: None, failed: false };
                return counter.finish(answer, Deployment::Gateway, taken, None);
            };
            (Deployment::Gateway, format!("{origin}/ex/jira/{CLOUD_ID}"), web, path)
        }
        Target::Site(origin, path) => (Deployment::Site, origin.clone(), origin, path),
        Target::DataCenter(origin, path) => {
            let base = format!("{origin}{}", state.context);
            (Deployment::DataCenter, base.clone(), base, path)
        }
    };
    let version = path.strip_prefix("/rest/api/").and_then(|rest| rest.split('/').next());
    let version = version.unwrap_or_default().to_owned();
    let below = path.strip_prefix(&format!("/rest/api/{version}"));
    let ask = Ask {
        method: parts.method,
        path: below.filter(|_| !version.is_empty()).unwrap_or(path).to_owned(),
        parameters,
        headers: parts.headers,
        body,
        place: Place::new(deployment, &base, &web, &version),
    };
    let (answer, caller) = match deployment {
        Deployment::DataCenter => data_center::answer(ask, &mut state),
        Deployment::Site | Deployment::Gateway => cloud::answer(ask, &mut state),
    };
    let taken = match &caller {
        Caller::Known(account) => Taken { account: Some(account), failed: false },
        Caller::Anonymous { failed } => Taken { account: None, failed: *failed },
    };
    counter.finish(answer, deployment, taken, state.bucket)
}

fn target<'a>(host: &str, path: &'a str, state: &State) -> Target<'a> {
    if let Some(name) = host.strip_suffix(".atlassian.net") {
        let current = format!("{}.atlassian.net", state.name);
        return match state.former.get(name) {
            _ if name == state.name => Target::Site(format!("https://{host}"), path),
            Some(OldName::Redirects) => Target::Relocation(current),
            Some(OldName::IsGone) | None => Target::Nothing,
        };
    }
    let below = |prefix: &str| {
        path.strip_prefix(prefix).filter(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let own = host.ends_with(".example.com");
    let gateway = host == "api.atlassian.com";
    let scheme = if own || gateway { "https" } else { "http" };
    let origin = format!("{scheme}://{host}");
    match (below("/ex/jira"), below(&state.context)) {
        (Some(rest), _) if !own => Target::Gateway(origin, rest),
        (_, Some(rest)) if !gateway => Target::DataCenter(origin, rest),
        _ if own || gateway => Target::Nothing,
        _ => Target::Site(origin, path),
    }
}

/// The proxy's answer to what it does not let through, or for what the server took too long.
fn stopped(
    proxy: &Proxy,
    parts: &Parts,
    parameters: &[(String, String)],
    body: &[u8],
) -> Option<Answer> {
    let page = |status: u16, title: &str| {
        let body = format!(
            "<html>\r\n<head><title>{status} {title}</title></head>\r\n<body>\r\n<center><h1>{status} \
             {title}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
        );
        Answer::of(status, HTML, body).header("server", "nginx")
    };
    let target = parts.uri.path_and_query().map_or(0, |target| target.as_str().len());
    if proxy.url_bytes.is_some_and(|most| target > most) {
        return Some(page(414, "Request-URI Too Large"));
    }
    if proxy.reads_only && parts.method == Method::POST {
        return Some(page(405, "Not Allowed"));
    }
    let given = parameters.iter().find(|(name, _)| name == "maxResults");
    let given = given.and_then(|(_, value)| value.parse::<usize>().ok());
    let posted = || {
        let body: serde_json::Value = serde_json::from_slice(body).ok()?;
        usize::try_from(body["maxResults"].as_u64()?).ok()
    };
    let asked = given.or_else(posted)?;
    (proxy.page_size? < asked).then(|| page(502, "Bad Gateway"))
}

/// The answer of whatever stands where no Jira is.
fn nothing(host: &str) -> Answer {
    const NO_SITE: &str = "<!DOCTYPE html><html><head><title>Atlassian Cloud Notifications - Page \
        Unavailable</title></head><body><h1>Your Atlassian Cloud site is currently \
        unavailable.</h1></body></html>";
    const NO_PAGE: &str = "<html>\r\n<head><title>404 Not Found</title></head>\r\n<body>\r\n<center><h1>404 \
        Not Found</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n";
    if host.ends_with(".atlassian.net") || host == "api.atlassian.com" {
        return Answer::of(404, HTML, NO_SITE).header("server", "AtlassianEdge");
    }
    Answer::of(404, HTML, NO_PAGE).header("server", "nginx")
}
