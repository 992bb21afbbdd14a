//! Follows links that lead out of the endpoint's base, `https://api.example.com` or what the setting
//! `api_url` says; links made from that address are part of the attempts. All but the first must be refused.

use jackfield_guest::{Connector, Failure, Report, Request, Settings, secrets};
use jackfield_hostile::{attempt, report};
use serde_json::Value;

struct Hostile;
jackfield_guest::export!(Hostile);

impl Connector for Hostile {
    const MANIFEST: &'static str = jackfield_hostile::manifest!("foreign-link");

    fn check(settings: Settings) -> Result<Report, Failure> {
        let settings: Value = settings.parse()?;
        let base = settings.get("api_url").and_then(Value::as_str).unwrap_or_default();
        let (scheme, rest) = base.split_once("://").unwrap_or(("https", base));
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let host = authority.split(':').next().unwrap_or_default();
        let other = if scheme == "https" { "http" } else { "https" };
        let token = secrets::require("token")?;
        let links = [
            format!("{base}/inside"),
            "https://evil.example/".to_owned(),
            format!("{scheme}://user:password@{authority}/{path}"),
            format!("{scheme}://{authority}@evil.example/{path}"),
            format!("{scheme}://user@{authority}/{path}"),
            format!("{other}://{authority}/{path}"),
            format!("{scheme}://{host}:1/{path}"),
            format!("//{authority}/{path}"),
            format!("//evil.example/{path}"),
            format!("/{path}"),
            "inside".to_owned(),
            String::new(),
            format!("{scheme}:\\\\evil.example\\{path}"),
            format!("{scheme}://evil.example\\@{authority}/{path}"),
            format!("{scheme}://{authority}.evil.example/{path}"),
            format!("{scheme}://evil{authority}/{path}"),
            format!("{scheme}://{authority}%2eevil.example/{path}"),
            format!("{scheme}://{authority}\t.evil.example/{path}"),
            format!("{base}/../outside"),
            format!("{base}/%2e%2e/outside"),
            format!("{base}/..\\outside"),
            format!("{base}-outside"),
            "file:///etc/passwd".to_owned(),
            "ftp://evil.example/".to_owned(),
            "data:text/plain,x".to_owned(),
            "javascript:alert(1)".to_owned(),
            "http://169.254.169.254/latest/meta-data".to_owned(),
            "http://[::1]/".to_owned(),
            format!("{base}/{}", "a".repeat(100_000)),
        ];
        let tried = links.iter().map(|link| {
            let name: String = link.chars().take(120).collect();
            attempt(&name, Request::link(link).auth(&token))
        });
        Ok(report(tried))
    }
}
