//! Auth methods: what they ask for, and where it goes.

use std::collections::BTreeSet;

use super::problems::{Problems, brief};
use super::variables::judge_variable;
use crate::egress::header::{can_carry_secret, judge_value};
use crate::manifest::input::MAX_SECRET_BYTES;
use crate::manifest::limits::{MAX_ENTRIES, MAX_LINK_CHARS};
use crate::manifest::template::{LinkTemplate, Place, TextTemplate};
use crate::manifest::{Attach, AuthMethod, Manifest, Scheme, SecretField, SecretKind, Step};

pub(super) fn judge(manifest: &Manifest, problems: &mut Problems) {
    let problems = &mut problems.within("auth");
    problems.count(&manifest.auth, 1, MAX_ENTRIES);
    problems.unique(manifest.auth.iter().map(|method| method.name.as_str()));
    for (at, method) in manifest.auth.iter().enumerate() {
        judge_method(manifest, method, &mut problems.within(at));
    }
}

fn judge_method(manifest: &Manifest, method: &AuthMethod, problems: &mut Problems) {
    problems.input_name("name", &method.name);
    problems.label("label", &method.label);
    if let Some(help) = &method.help {
        problems.help("help", help);
    }
    judge_required(manifest, method, &mut problems.within("requires_settings"));
    judge_secrets(&method.secrets, &mut problems.within("secrets"));
    judge_attach(manifest, method, &mut problems.within("attach"));
    judge_steps(manifest, &method.steps, &mut problems.within("steps"));
}

fn judge_required(manifest: &Manifest, method: &AuthMethod, problems: &mut Problems) {
    problems.count(&method.requires_settings, 0, MAX_ENTRIES);
    for (at, name) in method.requires_settings.iter().enumerate() {
        match manifest.settings.iter().find(|setting| setting.name == *name) {
            None => problems.add(at, format!("there is no setting `{}`", brief(name))),
            Some(setting) if setting.discovered => {
                problems.add(
                    at,
                    format!("the setting `{name}` is discovered, and nobody can be asked for it"),
                );
            }
            Some(_) => {}
        }
    }
}

fn judge_secrets(secrets: &[SecretField], problems: &mut Problems) {
    problems.count(secrets, 1, MAX_ENTRIES);
    problems.unique(secrets.iter().map(|secret| secret.name.as_str()));
    for (at, secret) in secrets.iter().enumerate() {
        let problems = &mut problems.within(at);
        problems.input_name("name", &secret.name);
        problems.label("label", &secret.label);
        if let Some(help) = &secret.help {
            problems.help("help", help);
        }
        judge_kinds(&secret.kinds, &mut problems.within("kinds"));
    }
}

fn judge_kinds(kinds: &[SecretKind], problems: &mut Problems) {
    problems.count(kinds, 0, MAX_ENTRIES);
    problems.unique(kinds.iter().map(|kind| kind.name.as_str()));
    for (at, kind) in kinds.iter().enumerate() {
        let hidden = kinds
            .iter()
            .take(at)
            .find(|earlier| !earlier.prefix.is_empty() && kind.prefix.starts_with(&earlier.prefix));
        let problems = &mut problems.within(at);
        judge_kind(kind, problems);
        if let Some(earlier) = hidden {
            problems.add(
                "prefix",
                format!("is never reached: `{}` before it fits first", brief(&earlier.name)),
            );
        }
    }
}

fn judge_kind(kind: &SecretKind, problems: &mut Problems) {
    problems.kebab_name("name", &kind.name);
    problems.label("label", &kind.label);
    if let Some(refuse) = &kind.refuse {
        problems.sentence("refuse", refuse);
    }
    let shapeless =
        kind.min_length.is_none() && kind.max_length.is_none() && kind.alphabet.is_none();
    if kind.prefix.is_empty() && shapeless {
        problems.add("prefix", "is empty, and no length or alphabet tells the kind either");
    }
    if kind.prefix.contains(|c: char| !c.is_ascii_graphic()) {
        problems.add("prefix", "has other characters than printable ASCII");
    }
    if kind.min_length.zip(kind.max_length).is_some_and(|(least, most)| least > most) {
        problems.add("min_length", "is greater than the greatest length");
    }
    if kind.min_length.is_some_and(|least| least as usize > MAX_SECRET_BYTES) {
        problems
            .add("min_length", format!("is more than a secret may have, {MAX_SECRET_BYTES} bytes"));
    }
}

fn judge_attach(manifest: &Manifest, method: &AuthMethod, problems: &mut Problems) {
    problems.count(&method.attach, 1, MAX_ENTRIES);
    let mut taken = BTreeSet::new();
    for (at, attach) in method.attach.iter().enumerate() {
        let problems = &mut problems.within(at);
        if !method.secrets.iter().any(|secret| secret.name == attach.secret) {
            problems.add(
                "secret",
                format!("there is no secret `{}` in this method", brief(&attach.secret)),
            );
        }
        judge_audience(manifest, attach, &mut problems.within("endpoints"));
        judge_scheme(manifest, &attach.scheme, problems);
        for endpoint in &attach.endpoints {
            if !taken.insert((&attach.secret, endpoint)) {
                problems.add("endpoints", format!("`{}` gets this secret twice", brief(endpoint)));
            }
        }
    }
}

fn judge_audience(manifest: &Manifest, attach: &Attach, problems: &mut Problems) {
    problems.count(&attach.endpoints, 1, MAX_ENTRIES);
    for (at, name) in attach.endpoints.iter().enumerate() {
        if !manifest.endpoints.iter().any(|endpoint| endpoint.name == *name) {
            problems.add(at, format!("there is no endpoint `{}`", brief(name)));
        }
    }
}

fn judge_scheme(manifest: &Manifest, scheme: &Scheme, problems: &mut Problems) {
    match scheme {
        Scheme::Bearer => {}
        Scheme::Basic { username } => match TextTemplate::parse(username) {
            Ok(template) => {
                for name in template.variables() {
                    judge_variable(manifest, name, Place::Text, "username", problems);
                }
            }
            Err(error) => problems.add("username", error.to_string()),
        },
        Scheme::Header { name, prefix } => {
            if !can_carry_secret(&name.to_ascii_lowercase()) {
                problems.add("name", "is not the name of a header that may carry a secret");
            }
            if judge_value(name, prefix.trim_end_matches(' ')).is_err() {
                problems.add("prefix", "has other characters than a header may have");
            }
        }
    }
}

fn judge_steps(manifest: &Manifest, steps: &[Step], problems: &mut Problems) {
    problems.count(steps, 0, MAX_ENTRIES);
    for (at, step) in steps.iter().enumerate() {
        let problems = &mut problems.within(at);
        problems.sentence("text", &step.text);
        let Some(link) = &step.url else { continue };
        if link.chars().count() > MAX_LINK_CHARS {
            problems.add("url", format!("has more than {MAX_LINK_CHARS} characters"));
            continue;
        }
        match LinkTemplate::parse(link) {
            Ok(template) => {
                for (name, place) in template.places() {
                    judge_variable(manifest, name, place, "url", problems);
                }
            }
            Err(error) => problems.add("url", error.to_string()),
        }
    }
}
