//! Where requests may go: endpoints, redirect grants, and the headers that tell the rate limit.

use super::problems::Problems;
use super::variables::judge_variable;
use crate::EgressPolicy;
use crate::egress::header::is_token;
use crate::egress::policy::parse_origin;
use crate::manifest::limits::{MAX_ENTRIES, MAX_LINK_CHARS};
use crate::manifest::template::{EndpointTemplate, Place};
use crate::manifest::{Endpoint, Manifest};

/// Beyond it a call would end before its second change.
const MAX_WRITE_SPACING_MS: u32 = 10_000;

pub(super) fn judge(manifest: &Manifest, problems: &mut Problems) {
    judge_endpoints(manifest, &mut problems.within("endpoints"));
    judge_redirects(manifest, &mut problems.within("redirects"));
    judge_quota(manifest, &mut problems.within("quota"));
}

fn judge_endpoints(manifest: &Manifest, problems: &mut Problems) {
    problems.count(&manifest.endpoints, 1, MAX_ENTRIES);
    problems.unique(manifest.endpoints.iter().map(|endpoint| endpoint.name.as_str()));
    for (at, endpoint) in manifest.endpoints.iter().enumerate() {
        let problems = &mut problems.within(at);
        problems.input_name("name", &endpoint.name);
        if let Some(description) = &endpoint.description {
            problems.sentence("description", description);
        }
        judge_base(manifest, &endpoint.base, problems);
        judge_moves(endpoint, problems);
    }
}

fn judge_moves(endpoint: &Endpoint, problems: &mut Problems) {
    let Ok(template) = EndpointTemplate::parse(&endpoint.base) else { return };
    let relocatable = template.places().any(|(_, place)| place == Place::Host);
    let problems = &mut problems.within("renames_within");
    problems.count(&endpoint.renames_within, 0, MAX_ENTRIES);
    for (at, domain) in endpoint.renames_within.iter().enumerate() {
        if !relocatable {
            problems.add(at, "is of no use: no setting is the host of this endpoint");
        } else if !is_public_domain(domain) {
            problems.add(at, "is not a domain such as `example.net`, in lower case");
        }
    }
}

/// Whether it is the name of a public domain as a URL has it, of two labels at least.
fn is_public_domain(domain: &str) -> bool {
    let url = url::Url::parse(&format!("https://{domain}"));
    url.is_ok_and(|url| {
        url.host_str() == Some(domain) && EgressPolicy::strict().judge_url(&url).is_ok()
    })
}

fn judge_base(manifest: &Manifest, base: &str, problems: &mut Problems) {
    if base.chars().count() > MAX_LINK_CHARS {
        return problems.add("base", format!("has more than {MAX_LINK_CHARS} characters"));
    }
    match EndpointTemplate::parse(base) {
        Ok(template) => {
            for (name, place) in template.places() {
                judge_variable(manifest, name, place, "base", problems);
            }
        }
        Err(error) => problems.add("base", error.to_string()),
    }
}

fn judge_redirects(manifest: &Manifest, problems: &mut Problems) {
    problems.count(&manifest.redirects, 0, MAX_ENTRIES);
    for (at, grant) in manifest.redirects.iter().enumerate() {
        let problems = &mut problems.within(at);
        problems.sentence("reason", &grant.reason);
        match parse_origin(&grant.origin) {
            Err(error) => problems.add("origin", error.reason),
            Ok(_) => {
                let judged = url::Url::parse(&grant.origin)
                    .map(|url| EgressPolicy::strict().judge_url(&url));
                if let Ok(Err(denial)) = judged {
                    problems.add(
                        "origin",
                        format!("can never be reached, by the rule `{}`", denial.rule()),
                    );
                }
            }
        }
    }
}

fn judge_quota(manifest: &Manifest, problems: &mut Problems) {
    let Some(quota) = &manifest.quota else { return };
    let header = |problems: &mut Problems, field: &str, name: &str| {
        if !is_token(name) || name.len() > crate::egress::header::MAX_NAME_BYTES {
            problems.add(field, "is not the name of a header");
        }
    };
    let named =
        [("remaining", &quota.remaining), ("limit", &quota.limit), ("interval", &quota.interval)];
    for (field, name) in named {
        if let Some(name) = name {
            header(problems, field, name);
        }
    }
    let own = [
        ("reset", quota.reset.as_ref().map(|reset| &reset.header)),
        ("resource", quota.resource.as_ref().map(|resource| &resource.header)),
        ("reason", quota.reason.as_ref().map(|reason| &reason.header)),
    ];
    for (field, name) in own {
        if let Some(name) = name {
            header(&mut problems.within(field), "header", name);
        }
    }
    if quota.concurrency == Some(0) {
        problems.add("concurrency", "lets no request through");
    }
    if quota.write_spacing_ms.is_some_and(|spacing| spacing > MAX_WRITE_SPACING_MS) {
        problems.add("write_spacing_ms", format!("is more than {MAX_WRITE_SPACING_MS}"));
    }
    if let Some(reason) = &quota.reason {
        problems.within("reason").within("narrow").count(&reason.narrow, 0, MAX_ENTRIES);
    }
}
