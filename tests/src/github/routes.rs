//! The paths of the API.

mod access;
mod account;
mod repository;

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::Query;
use axum::routing::get;
use axum::{Extension, Router, middleware};

use super::account::Account;
use super::answer::{Answer, Clock};
use super::shapes::Site;
use super::world::World;

/// The query, of which the last of equal names counts.
type Parameters = Query<HashMap<String, String>>;

/// Who asks, and where.
#[derive(Clone)]
struct Caller {
    /// None without a token.
    account: Option<Arc<Account>>,
    world: Arc<World>,
    site: Site,
    clock: Arc<Clock>,
}

/// The whole API, at the root and below `/api/v3`.
pub(super) fn api(origin: &str, world: Arc<World>) -> Router {
    let routes = Router::new()
        .route("/", get(account::root))
        .route("/user", get(account::user))
        .route("/user/orgs", get(account::organizations))
        .route("/user/repos", get(account::repositories))
        .route("/installation/repositories", get(account::installation_repositories))
        .route("/meta", get(account::meta))
        .route("/rate_limit", get(account::rate_limit))
        .route("/repos/{owner}/{name}", get(repository::named).patch(repository::named))
        .route(
            "/repos/{owner}/{name}/issues",
            get(repository::named_issues).post(repository::create_named_issue),
        )
        .route("/repositories/{id}", get(repository::numbered).patch(repository::numbered))
        .route(
            "/repositories/{id}/issues",
            get(repository::numbered_issues).post(repository::create_numbered_issue),
        );
    let gate = access::Gate::new(origin, world);
    Router::new()
        .merge(routes.clone())
        .nest("/api/v3", routes)
        .fallback(async || Answer::not_found(""))
        .layer(middleware::from_fn(move |request, next| access::pass(gate.clone(), request, next)))
}

/// Shorthand for what every handler takes.
type From = Extension<Caller>;

/// The `link` header of a list: `prev`, `next`, `last`, `first`, as far as they exist.
fn links(place: &str, query: &HashMap<String, String>, page: usize, last: usize) -> Option<String> {
    let mut kept: Vec<_> = query.iter().filter(|(name, _)| *name != "page").collect();
    kept.sort();
    let encode = |text: &str| {
        percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
    };
    let kept: String =
        kept.iter().map(|(name, value)| format!("{name}={}&", encode(value))).collect();
    let link =
        |page: usize, relation: &str| format!("<{place}?{kept}page={page}>; rel=\"{relation}\"");
    let mut links = Vec::new();
    if page > 1 {
        links.push(link((page - 1).min(last), "prev"));
    }
    if page < last {
        links.push(link(page + 1, "next"));
        links.push(link(last, "last"));
    }
    if page > 1 {
        links.push(link(1, "first"));
    }
    (!links.is_empty()).then(|| links.join(", "))
}
