//! Secrets as a person hands them over. No sentence here ever holds a value.

use crate::contract::failure::{FieldError, Remedy, Warning};
use crate::egress::redact;
use crate::manifest::secret_kind::{Doubt, Recognized, recognize};
use crate::manifest::{AuthMethod, Scheme, SecretField};
use crate::secret::{SecretInfo, SecretText};

use super::names::{at, unknown_name};
use super::wrapping::{self, Found, is_invisible};

/// Bytes of a secret. The longest known tokens have about 2,000 (signed tokens with many claims),
/// and servers refuse headers beyond 8 KiB.
pub const MAX_SECRET_BYTES: usize = 6 << 10;

/// A secret that may be stored. It has no `Debug`, as its value has none.
#[derive(Clone)]
pub struct ValidatedSecret {
    /// Its name in the manifest.
    pub name: String,
    /// Without blanks around it, and without what was copied with it.
    pub value: SecretText,
    /// Which of the manifest's kinds it looks like.
    pub info: SecretInfo,
    /// What a person should know: that blanks or quotes were removed, that it looks truncated.
    pub notes: Vec<Warning>,
}

/// The secrets of an auth method, in the order of the manifest. A secret of a declared kind is taken out
/// of what was copied with it, such as quotes, `Bearer` or a line of a configuration, and a note tells of it.
///
/// # Errors
///
/// Every [`FieldError`], at `/secrets/NAME`: missing, unknown, given twice, empty, several lines,
/// control characters, not ASCII where a header carries it as it is, too long, shorter than
/// [`redact::MIN_BYTES`], of a kind that the manifest refuses, or wrapped in something in which no
/// secret of a declared kind is found, or several different ones. None holds a value.
pub fn validate_secrets(
    method: &AuthMethod,
    given: Vec<(String, SecretText)>,
) -> Result<Vec<ValidatedSecret>, Vec<FieldError>> {
    let mut secrets = Vec::new();
    let mut errors = Vec::new();
    for field in &method.secrets {
        let mut values = given.iter().filter(|(name, _)| *name == field.name);
        let judged = match (values.next(), values.next()) {
            (None, _) => Err(format!("{} is missing.", field.label)),
            (Some(_), Some(_)) => Err(format!("{} is given twice.", field.label)),
            (Some((_, value)), None) => {
                validate_secret(field, value, is_sent_as_it_is(method, field))
            }
        };
        match judged {
            Ok(secret) => secrets.push(secret),
            Err(message) => errors.push(at("/secrets", &field.name, message)),
        }
    }
    let known: Vec<&str> = method.secrets.iter().map(|field| field.name.as_str()).collect();
    let unknown = given.iter().filter(|(name, _)| !known.contains(&name.as_str()));
    errors.extend(unknown.map(|(name, _)| unknown_name("/secrets", name, &known)));
    if errors.is_empty() { Ok(secrets) } else { Err(errors) }
}

/// Whether a request carries the secret as it is, and not in base64.
fn is_sent_as_it_is(method: &AuthMethod, field: &SecretField) -> bool {
    let mut uses = method.attach.iter().filter(|attach| attach.secret == field.name);
    uses.any(|attach| !matches!(attach.scheme, Scheme::Basic { .. }))
}

fn validate_secret(
    field: &SecretField,
    given: &SecretText,
    ascii: bool,
) -> Result<ValidatedSecret, String> {
    let label = &field.label;
    let entered = given.expose_secret().trim();
    if entered.is_empty() {
        return Err(format!("{label} is empty."));
    }
    let found = wrapping::find(&field.kinds, label, entered)?;
    let value = match &found {
        Found::Whole => entered,
        Found::Within(value, _) => value.expose_secret(),
    };
    if value.contains(['\n', '\r', '\u{2028}', '\u{2029}', '\u{85}']) {
        return Err(format!("{label} has several lines; copy the secret alone."));
    }
    if value.contains(|c: char| c.is_control() || is_invisible(c)) {
        return Err(format!("{label} has control or invisible characters; copy the secret again."));
    }
    if ascii && !value.is_ascii() {
        return Err(format!(
            "{label} has letters that no header can carry; copy the secret again."
        ));
    }
    if value.len() > MAX_SECRET_BYTES {
        return Err(format!(
            "{label} is longer than {MAX_SECRET_BYTES} bytes; copy the secret alone."
        ));
    }
    if value.len() < redact::MIN_BYTES {
        return Err(format!(
            "{label} is too short to be kept out of answers and logs; it needs at least {} characters.",
            redact::MIN_BYTES
        ));
    }
    let recognized = recognize(&field.kinds, value);
    if let Some(reason) = recognized.as_ref().and_then(|found| found.kind.refuse.as_ref()) {
        return Err(reason.clone());
    }
    let mut notes = Vec::new();
    match found.note(label) {
        Some(note) => notes.push(warning("secret-unwrapped", note)),
        None if value.len() != given.expose_secret().len() => notes.push(blanks_removed(label)),
        None => {}
    }
    if field.kinds.is_empty() {
        notes.extend(wrapping::looks_wrapped(value).map(|what| looks_wrapped(label, what)));
    }
    notes.extend(recognized.as_ref().and_then(|found| doubt_note(label, found)));
    let kind = recognized.map(|found| found.kind.name.clone());
    let info = SecretInfo { kind, ..SecretInfo::default() };
    Ok(ValidatedSecret {
        name: field.name.clone(),
        value: SecretText::new(value.to_owned()),
        info,
        notes,
    })
}

fn warning(code: &str, message: String) -> Warning {
    Warning { code: code.to_owned(), message, remedies: Vec::new() }
}

fn blanks_removed(label: &str) -> Warning {
    let message = format!("{label} had blanks or a line break around it, which were removed.");
    warning("secret-blanks-removed", message)
}

fn looks_wrapped(label: &str, what: &str) -> Warning {
    let message = format!("{label} has {what}, which was kept as a part of it.");
    let text = "If that is no part of it, update the connection and enter it without.";
    let remedies = vec![Remedy::new(text)];
    Warning { remedies, ..warning("secret-looks-wrapped", message) }
}

fn doubt_note(label: &str, found: &Recognized<'_>) -> Option<Warning> {
    let kind = &found.kind.label;
    let doubt = found.doubt?;
    let message = match doubt {
        Doubt::TooShort => {
            format!("{label} looks truncated: a secret of the kind \"{kind}\" is longer.")
        }
        Doubt::TooLong => format!("{label} looks too long for a secret of the kind \"{kind}\"."),
        Doubt::Characters => {
            format!("{label} has characters that a secret of the kind \"{kind}\" does not have.")
        }
        Doubt::Checksum => {
            format!("{label} looks mistyped: its last characters do not fit the others.")
        }
    };
    let text =
        "Compare it with what the provider showed; if it is not shown any more, create a new one.";
    let remedies = vec![Remedy::new(text)];
    Some(Warning { code: doubt.code().to_owned(), message, remedies })
}
