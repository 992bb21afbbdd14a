//! The paths of the API.

mod access;
mod account;
mod lists;
mod organization;
mod paging;
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
        .route("/orgs/{organization}", get(organization::profile))
        .route("/orgs/{organization}/members", get(organization::members))
        .route("/organizations/{organization}/members", get(organization::members))
        .merge(below("/repos/{owner}/{name}"))
        .merge(below("/repositories/{id}"));
    let gate = access::Gate::new(origin, world);
    Router::new()
        .merge(routes.clone())
        .nest("/api/v3", routes)
        .fallback(async || Answer::not_found(""))
        .layer(middleware::from_fn(move |request, next| access::pass(gate.clone(), request, next)))
}

/// What stands at the place of a repository, and below it.
fn below(place: &str) -> Router {
    Router::new()
        .route(place, get(repository::show).patch(repository::show))
        .route(&format!("{place}/issues"), get(lists::issues).post(repository::create_issue))
        .route(&format!("{place}/pulls"), get(lists::pulls))
        .route(&format!("{place}/commits"), get(lists::commits))
}

/// Shorthand for what every handler takes.
type From = Extension<Caller>;
