//! What a person asks for, held against the connector's manifest: all errors at once, by field.

use jackfield_host::failure::{FieldError, Warning};
use jackfield_host::input::{
    ValidatedSecret, unknown_name, validate_inputs, validate_secrets, validate_settings,
};
use jackfield_host::manifest::{AuthMethod, Manifest};
use jackfield_host::secret::{MemorySecrets, SecretText};
use jackfield_vault::{Connection, NewSecret};
use serde_json::{Map, Value};

use crate::Error;
use crate::wording::unknown_choice;

/// The user and the runtime of a connection for which nobody named one.
pub const DEFAULT_NAME: &str = "default";

/// Characters of a user's or a runtime's name.
pub const MAX_NAME_CHARS: usize = 100;

/// An account to connect. It has no `Debug`: it holds secrets.
#[derive(Clone)]
pub struct ConnectRequest {
    /// The connector's id.
    pub connector: String,
    /// A method of authentication of its manifest; the preferred one unless given.
    pub method: Option<String>,
    /// What the person entered, no secret among it. Text is understood where a number is asked for.
    pub settings: Map<String, Value>,
    /// By name; each name once.
    pub secrets: Vec<(String, SecretText)>,
    /// Whose the connection is: letters, digits, `.`, `_`, `-`, `@` and `+`.
    pub owner: String,
    /// Which runtime of the owner it serves: a name like the owner's.
    pub runtime: String,
    /// Stores the connection without a check.
    pub unchecked: bool,
}

impl ConnectRequest {
    /// For that connector, everything else at its default.
    pub fn new(connector: impl Into<String>) -> Self {
        Self {
            connector: connector.into(),
            method: None,
            settings: Map::new(),
            secrets: Vec::new(),
            owner: DEFAULT_NAME.to_owned(),
            runtime: DEFAULT_NAME.to_owned(),
            unchecked: false,
        }
    }

    /// With that setting.
    #[must_use]
    pub fn setting(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.settings.insert(name.into(), value.into());
        self
    }

    /// With that secret.
    #[must_use]
    pub fn secret(mut self, name: impl Into<String>, value: SecretText) -> Self {
        self.secrets.push((name.into(), value));
        self
    }
}

/// An input that fits the manifest.
pub(crate) struct Accepted {
    pub(crate) method: String,
    /// Complete, defaults included: where a stored secret is sent must not change with a default.
    pub(crate) settings: Map<String, Value>,
    pub(crate) secrets: Vec<ValidatedSecret>,
}

impl Accepted {
    /// The request, if all of it fits.
    pub(crate) fn new(manifest: &Manifest, request: ConnectRequest) -> Result<Self, Error> {
        let mut errors = Vec::new();
        judge_name("user", &request.owner, &mut errors);
        judge_name("runtime", &request.runtime, &mut errors);
        let method = keep(method(manifest, request.method.as_deref()), &mut errors);
        let settings = match method {
            Some(method) => validate_settings(manifest, method, &request.settings),
            None => validate_inputs(&manifest.settings, &request.settings, "/settings"),
        };
        let settings = keep(settings, &mut errors);
        let secrets = method.map(|method| validate_secrets(method, request.secrets));
        let secrets = secrets.and_then(|secrets| keep(secrets, &mut errors));
        match (method, settings, secrets) {
            (Some(method), Some(settings), Some(secrets)) if errors.is_empty() => {
                Ok(Self { method: method.name.clone(), settings, secrets })
            }
            _ => Err(Error::invalid("Some of the input is not valid.", errors)),
        }
    }

    /// What replaces parts of a stored connection, if all of it fits. Settings that are not given
    /// stay; so do secrets, unless a setting changes where they are sent.
    pub(crate) fn update(
        manifest: &Manifest,
        connection: &Connection,
        settings: Map<String, Value>,
        secrets: Vec<(String, SecretText)>,
    ) -> Result<Self, Error> {
        let method = method(manifest, Some(&connection.method))
            .map_err(|errors| Error::invalid("The method is gone.", errors))?;
        let mut merged = connection.settings.clone();
        merged.extend(settings);
        let mut errors = Vec::new();
        let settings = keep(validate_settings(manifest, method, &merged), &mut errors);
        let moved = settings.as_ref().and_then(|settings| moved(manifest, connection, settings));
        let secrets = given_secrets(method, connection, moved, secrets);
        let secrets = keep(secrets, &mut errors);
        match (settings, secrets) {
            (Some(settings), Some(secrets)) => {
                Ok(Self { method: method.name.clone(), settings, secrets })
            }
            _ => Err(Error::invalid("Some of the input is not valid.", errors)),
        }
    }

    /// What a person should know of the input.
    pub(crate) fn notes(&self) -> Vec<Warning> {
        self.secrets.iter().flat_map(|secret| secret.notes.clone()).collect()
    }

    /// The secrets, held in memory for a check.
    pub(crate) fn in_memory(&self) -> MemorySecrets {
        self.secrets.iter().fold(MemorySecrets::new(), |secrets, secret| {
            secrets.with(secret.name.clone(), secret.value.clone(), secret.info.clone())
        })
    }

    /// The secrets, to be sealed.
    pub(crate) fn to_seal(&self) -> Vec<NewSecret> {
        let new = |secret: &ValidatedSecret| NewSecret {
            name: secret.name.clone(),
            value: secret.value.clone(),
            info: secret.info.clone(),
        };
        self.secrets.iter().map(new).collect()
    }
}

/// The value, or its errors added to the others.
fn keep<T>(result: Result<T, Vec<FieldError>>, errors: &mut Vec<FieldError>) -> Option<T> {
    result.map_err(|more| errors.extend(more)).ok()
}

/// The method of that name; the first, which is the preferred one, where no name is given.
fn method<'a>(
    manifest: &'a Manifest,
    name: Option<&str>,
) -> Result<&'a AuthMethod, Vec<FieldError>> {
    let known = || manifest.auth.iter().map(|method| method.name.as_str());
    let error = |message: String| vec![FieldError::at(["method"], message)];
    match name {
        Some(name) => {
            manifest.auth_method(name).ok_or_else(|| error(unknown_choice("method", name, known())))
        }
        None => manifest.auth.first().ok_or_else(|| error("has no choices".to_owned())),
    }
}

/// A plain name: it stands in lists, in file names and in URLs without further ado.
fn judge_name(field: &str, name: &str, errors: &mut Vec<FieldError>) {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-@+".contains(c);
    let error = if name.is_empty() {
        "is empty".to_owned()
    } else if name.chars().count() > MAX_NAME_CHARS {
        format!("is longer than {MAX_NAME_CHARS} characters")
    } else if !name.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        "must begin with a letter or a digit".to_owned()
    } else if !name.chars().all(plain) {
        "may have letters, digits, `.`, `_`, `-`, `@` and `+` only".to_owned()
    } else {
        return;
    };
    errors.push(FieldError::at([field], error));
}

/// A setting that differs from the stored one and is part of an endpoint's address.
fn moved(
    manifest: &Manifest,
    connection: &Connection,
    settings: &Map<String, Value>,
) -> Option<String> {
    let differs = |name: &str| settings.get(name) != connection.settings.get(name);
    let addressed = |name: &str| {
        let variable = format!("{{{name}}}");
        manifest.endpoints.iter().any(|endpoint| endpoint.base.contains(&variable))
    };
    let mut names = manifest.settings.iter().map(|input| input.name.as_str());
    names.find(|name| differs(name) && addressed(name)).map(str::to_owned)
}

/// The secrets that were given, if they fit, and if none is missing that must be entered again.
fn given_secrets(
    method: &AuthMethod,
    connection: &Connection,
    moved: Option<String>,
    given: Vec<(String, SecretText)>,
) -> Result<Vec<ValidatedSecret>, Vec<FieldError>> {
    let is_given = |name: &str| given.iter().any(|(given, _)| given == name);
    let stored = |name: &str| connection.secrets.iter().any(|secret| secret.name == name);
    let mut errors = Vec::new();
    if let Some(setting) = &moved {
        let message = format!("must be entered again, since `{setting}` changes where it is sent");
        let kept = method.secrets.iter().filter(|field| !is_given(&field.name));
        errors.extend(kept.map(|field| FieldError::at(["secrets", &field.name], message.clone())));
    }
    let known: Vec<&str> = method.secrets.iter().map(|field| field.name.as_str()).collect();
    let unknown = given.iter().filter(|(name, _)| !known.contains(&name.as_str()));
    errors.extend(unknown.map(|(name, _)| unknown_name("/secrets", name, &known)));
    let mut asked = method.clone();
    asked.secrets.retain(|field| is_given(&field.name) || !stored(&field.name));
    let given = given.into_iter().filter(|(name, _)| known.contains(&name.as_str())).collect();
    match keep(validate_secrets(&asked, given), &mut errors) {
        Some(secrets) if errors.is_empty() => Ok(secrets),
        _ => Err(errors),
    }
}
