//! Has two endpoints and a secret whose audience is one of them, and sends it to both. Only `api` may
//! receive it; `other` may be asked without it.

use jackfield_guest::{Connector, Failure, Report, Request, Settings, secrets};
use jackfield_hostile::{attempt, report};
use serde_json::Value;

struct Hostile;
jackfield_guest::export!(Hostile);

impl Connector for Hostile {
    const MANIFEST: &'static str = r#"{
        "manifest_version": 1, "id": "two-endpoints", "name": "Hostile", "version": "0.1.0",
        "description": "Misbehaves, for tests.",
        "settings": [
            {"name": "api_url", "label": "API address", "type": "url", "default": "https://api.example.com"},
            {"name": "other_url", "label": "Other address", "type": "url", "default": "https://other.example.com"}],
        "auth": [{
            "name": "token", "label": "Token",
            "secrets": [{"name": "token", "label": "Token"}],
            "attach": [{"secret": "token", "endpoints": ["api"], "scheme": "bearer"}]}],
        "endpoints": [
            {"name": "api", "base": "{api_url}"},
            {"name": "other", "base": "{other_url}"}]}"#;

    fn check(settings: Settings) -> Result<Report, Failure> {
        let settings: Value = settings.parse()?;
        let other = settings.get("other_url").and_then(Value::as_str).unwrap_or_default();
        let token = secrets::require("token")?;
        Ok(report([
            attempt("api-with", Request::get("api").auth(&token)),
            attempt("api-without", Request::get("api")),
            attempt("other-with", Request::get("other").auth(&token)),
            attempt("other-without", Request::get("other")),
            attempt("link-with", Request::link(format!("{other}/x")).auth(&token)),
            attempt("link-without", Request::link(format!("{other}/x"))),
        ]))
    }
}
