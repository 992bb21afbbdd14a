//! `jackfield inspect`: what a connector is and what it may do, for someone who is about to trust it.

use std::io;
use std::path::Path;

use jackfield_host::Connector;
use jackfield_host::manifest::{AuthMethod, Endpoint, Input, InputKind, Manifest, Scheme};
use serde_json::{Value, json};

use crate::arguments::Inspect;
use crate::error::Error;
use crate::output::Answer;
use crate::output::screen::{BOLD, DIM, PLAIN, Screen};
use crate::program::Program;
use crate::usage::is_place;

/// A connector, laid open.
pub(super) struct Inspection {
    from: Option<String>,
    connector: Connector,
}

pub(super) async fn run(program: &Program, arguments: &Inspect) -> Result<Inspection, Error> {
    let registry = program.connectors().await?;
    let subject = arguments.subject.as_str();
    if is_file(subject) {
        let connector = registry.load_file(Path::new(subject)).await?;
        return Ok(Inspection { from: Some(subject.to_owned()), connector });
    }
    Ok(Inspection { from: None, connector: registry.connector(subject).await? })
}

/// What is neither a file nor named like one is taken for a connector's name, and not repeated if it
/// cannot be one.
fn is_file(subject: &str) -> bool {
    subject.ends_with(".wasm") || is_place(subject)
}

impl Answer for Inspection {
    fn json(&self) -> Value {
        let (manifest, facts) = (self.connector.manifest(), self.connector.facts());
        let endpoints = manifest.endpoints.iter();
        let endpoints = endpoints.map(
            |one| json!({ "name": one.name, "base": one.base, "renames_within": one.renames_within }),
        );
        json!({
            "id": manifest.id,
            "name": manifest.name,
            "version": manifest.version,
            "file": self.from,
            "digest": facts.digest,
            "bytes": facts.bytes,
            "imports": facts.capabilities,
            "stubs": facts.stubs,
            "endpoints": endpoints.collect::<Vec<_>>(),
            "redirects": manifest.redirects,
            "secrets": manifest.auth.iter().flat_map(secrets).collect::<Vec<_>>(),
            "manifest": manifest,
        })
    }

    fn human(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        let (manifest, facts) = (self.connector.manifest(), self.connector.facts());
        screen.line(
            0,
            BOLD,
            &format!("{} {} ({})", manifest.name, manifest.version, manifest.id),
        )?;
        screen.line(0, PLAIN, &manifest.description)?;
        screen.gap()?;
        screen.pairs(
            0,
            &[
                ("file", self.from.clone()),
                ("documentation", manifest.documentation_url.clone()),
                ("SHA-256", Some(facts.digest.clone())),
                ("size", Some(format!("{} bytes", facts.bytes))),
            ],
        )?;
        section(screen, "It asks to", facts.capabilities.iter().map(|import| capability(import)))?;
        section(screen, "It gets stubs that do nothing for", facts.stubs.iter().cloned())?;
        section(screen, "It may send requests to", manifest.endpoints.iter().map(endpoint))?;
        section(
            screen,
            "Redirects may lead, without the credential, to",
            manifest.redirects.iter().map(|grant| format!("{}: {}", grant.origin, grant.reason)),
        )?;
        let (found, entered): (Vec<&Input>, Vec<&Input>) =
            manifest.settings.iter().partition(|setting| setting.discovered);
        section(screen, "Settings", entered.into_iter().map(input))?;
        section(screen, "Settings that a check finds out", found.into_iter().map(input))?;
        manifest.auth.iter().try_for_each(|method| auth(screen, method))?;
        streams(screen, manifest)?;
        section(
            screen,
            "Actions",
            manifest.actions.iter().map(|action| {
                format!(
                    "{}: {}",
                    action.name,
                    action.description.as_deref().unwrap_or(&action.label)
                )
            }),
        )
    }
}

fn endpoint(endpoint: &Endpoint) -> String {
    let Endpoint { name, base, renames_within, .. } = endpoint;
    match renames_within.as_slice() {
        [] => format!("{name}: {base}"),
        domains => format!("{name}: {base}, which may move within {}", domains.join(" and ")),
    }
}

fn section(
    screen: &mut Screen<'_>,
    heading: &str,
    lines: impl Iterator<Item = String>,
) -> io::Result<()> {
    let mut lines = lines.peekable();
    if lines.peek().is_none() {
        return Ok(());
    }
    screen.gap()?;
    screen.line(0, BOLD, heading)?;
    lines.try_for_each(|line| screen.line(1, PLAIN, &line))
}

/// An import in plain words, beside its name.
fn capability(import: &str) -> String {
    let interface = import.split('@').next().unwrap_or(import);
    let words = match interface.rsplit('/').next() {
        Some("http") => "send requests to its endpoints, through the host",
        Some("secrets") => "use secrets without reading them",
        Some("host") => "log, and know the time",
        Some("types") => "share data types",
        _ => return import.to_owned(),
    };
    format!("{words} ({import})")
}

fn input(input: &Input) -> String {
    let kind = match &input.kind {
        InputKind::Text => "text",
        InputKind::Url => "URL",
        InputKind::Host => "host",
        InputKind::Address(_) => "address",
        InputKind::Email => "e-mail address",
        InputKind::Integer { .. } => "whole number",
        InputKind::Boolean => "true or false",
        InputKind::Choice { .. } => "choice",
        InputKind::Datetime => "date or time",
    };
    let choices = match &input.kind {
        InputKind::Choice { options } => {
            let values: Vec<&str> = options.iter().map(|option| option.value.as_str()).collect();
            format!(" of {}", values.join(", "))
        }
        _ => String::new(),
    };
    let default = input.default.as_ref().map(|value| match value {
        Value::String(text) => format!(", default {text}"),
        other => format!(", default {other}"),
    });
    let required = if input.required && input.default.is_none() { ", required" } else { "" };
    format!(
        "{}: {}, {kind}{choices}{required}{}",
        input.name,
        input.label,
        default.unwrap_or_default()
    )
}

fn auth(screen: &mut Screen<'_>, method: &AuthMethod) -> io::Result<()> {
    screen.gap()?;
    screen.line(0, BOLD, &format!("Method {}: {}", method.name, method.label))?;
    for field in &method.secrets {
        screen.line(1, PLAIN, &format!("secret {}: {}", field.name, field.label))?;
        if let Some(help) = &field.help {
            screen.line(2, DIM, help)?;
        }
    }
    for attach in &method.attach {
        let scheme = scheme(&attach.scheme);
        let text = format!("{} goes to {} as {scheme}", attach.secret, attach.endpoints.join(", "));
        screen.line(1, PLAIN, &text)?;
    }
    if !method.steps.is_empty() {
        screen.line(1, PLAIN, "how to get one:")?;
    }
    for (number, step) in (1..).zip(&method.steps) {
        screen.line(2, PLAIN, &format!("{number}. {}", step.text))?;
        if let Some(url) = &step.url {
            screen.line(2, DIM, &format!("   {url}"))?;
        }
    }
    Ok(())
}

fn scheme(scheme: &Scheme) -> String {
    match scheme {
        Scheme::Bearer => "`Authorization: Bearer`".to_owned(),
        Scheme::Basic { username } => format!("`Authorization: Basic`, user name {username}"),
        Scheme::Header { name, .. } => format!("the header `{name}`"),
    }
}

fn streams(screen: &mut Screen<'_>, manifest: &Manifest) -> io::Result<()> {
    if manifest.streams.is_empty() {
        return Ok(());
    }
    screen.gap()?;
    screen.line(0, BOLD, "Streams")?;
    for stream in &manifest.streams {
        let what = stream.description.as_deref().unwrap_or(&stream.label);
        screen.line(1, PLAIN, &format!("{}: {what}", stream.name))?;
        for parameter in &stream.parameters {
            screen.line(2, PLAIN, &format!("--param {}", input(parameter)))?;
        }
        for permission in &stream.permissions {
            screen.line(2, DIM, &format!("needs {permission}"))?;
        }
    }
    Ok(())
}

/// The secrets of a method, with what becomes of each.
fn secrets(method: &AuthMethod) -> Vec<Value> {
    let of = |name: &str| -> Vec<Value> {
        let attached = method.attach.iter().filter(|attach| attach.secret == name);
        attached
            .map(|attach| json!({ "endpoints": attach.endpoints, "as": scheme(&attach.scheme) }))
            .collect()
    };
    let secret = |field: &jackfield_host::manifest::SecretField| {
        let kinds: Vec<&str> = field.kinds.iter().map(|kind| kind.name.as_str()).collect();
        json!({
            "method": method.name,
            "name": field.name,
            "label": field.label,
            "kinds": kinds,
            "sent": of(&field.name),
        })
    };
    method.secrets.iter().map(secret).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_from_names() {
        for (subject, expected) in [
            ("github", false),
            ("my-connector", false),
            ("github.wasm", true),
            ("./github", true),
            ("Cargo.toml", true),
            ("src", true),
            ("src/nothing", true),
            ("nowhere/github", false),
            ("file.bin", false),
            ("", false),
        ] {
            assert_eq!(is_file(subject), expected, "{subject}");
        }
    }

    #[test]
    fn imports_are_told_in_plain_words_beside_their_names() {
        let told = capability("jackfield:connector/http@0.1.0");
        assert_eq!(
            told,
            "send requests to its endpoints, through the host (jackfield:connector/http@0.1.0)"
        );
        assert_eq!(capability("odd:thing/x@1.0.0"), "odd:thing/x@1.0.0");
    }
}
