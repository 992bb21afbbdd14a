//! The contract as generated types, and their translation to ours. Nothing else names them.

wasmtime::component::bindgen!({
    path: "../../wit",
    world: "plugin",
    imports: {
        "jackfield:connector/http.send": async | trappable,
        "jackfield:connector/http.send-all": async | trappable,
        "jackfield:connector/secrets.get": async | trappable,
        default: trappable,
    },
    exports: { default: async },
    with: { "jackfield:connector/secrets.secret": crate::sandbox::state::SecretHandle },
    require_store_data_send: true,
});

use wasmtime::component::Resource;

use self::exports::jackfield::connector::connector as answer;
use self::jackfield::connector::{host, http, secrets, types};
use crate::contract::failure::{
    Cause, Effect, Failure, Field, FieldError, Remedy, Retry, Timestamp, Warning,
};
use crate::contract::json::{ChangedRecords, Changes, object_text};
use crate::contract::oversized::Oversized;
use crate::contract::report::{
    Account, ActionRequest, Change, Grant, Item, Outcome, Page, Permission, Progress, Quota,
    ReadRequest, Report,
};
use crate::contract::sanitize::Sanitizer;
use crate::egress::guest_call::{GuestBody, GuestRequest, GuestResponse, GuestTarget};
use crate::egress::http::Method;
use crate::error::CallError;
use crate::limits::MAX_LIST_ENTRIES;
use crate::sandbox::log::LogLevel;
use crate::sandbox::state::{CallState, SecretHandle};

impl types::Host for CallState {}

impl secrets::Host for CallState {
    async fn get(&mut self, name: String) -> wasmtime::Result<Option<Resource<SecretHandle>>> {
        self.open_secret(&name).await
    }
}

impl secrets::HostSecret for CallState {
    fn name(&mut self, handle: Resource<SecretHandle>) -> wasmtime::Result<String> {
        Ok(self.handle(&handle)?.name.clone())
    }

    fn kind(&mut self, handle: Resource<SecretHandle>) -> wasmtime::Result<Option<String>> {
        Ok(self.handle(&handle)?.info.kind.clone())
    }

    fn scopes(&mut self, handle: Resource<SecretHandle>) -> wasmtime::Result<Vec<String>> {
        Ok(self.handle(&handle)?.info.scopes.clone())
    }

    fn expires_at(&mut self, handle: Resource<SecretHandle>) -> wasmtime::Result<Option<u64>> {
        Ok(self.handle(&handle)?.info.expires_at.map(|time| time.0))
    }

    fn drop(&mut self, handle: Resource<SecretHandle>) -> wasmtime::Result<()> {
        self.close_secret(handle)
    }
}

impl http::Host for CallState {
    async fn send(
        &mut self,
        request: http::Request,
        auth: Option<Resource<SecretHandle>>,
    ) -> wasmtime::Result<Result<http::Response, types::Failure>> {
        let answers = self.exchange(vec![request.into()], auth).await?;
        let answer = answers.into_iter().next();
        answer
            .map(|a| a.map(Into::into).map_err(Into::into))
            .ok_or_else(|| wasmtime::format_err!("an exchange without an answer"))
    }

    async fn send_all(
        &mut self,
        requests: Vec<http::Request>,
        auth: Option<Resource<SecretHandle>>,
    ) -> wasmtime::Result<Vec<Result<http::Response, types::Failure>>> {
        let requests = requests.into_iter().map(Into::into).collect();
        let answers = self.exchange(requests, auth).await?;
        Ok(answers.into_iter().map(|a| a.map(Into::into).map_err(Into::into)).collect())
    }
}

impl host::Host for CallState {
    fn log(&mut self, level: host::Level, message: String) -> wasmtime::Result<()> {
        let level = match level {
            host::Level::Debug => LogLevel::Debug,
            host::Level::Info => LogLevel::Info,
            host::Level::Warn => LogLevel::Warn,
            host::Level::Error => LogLevel::Error,
        };
        self.write_log(level, &message)
    }

    fn now(&mut self) -> wasmtime::Result<u64> {
        self.clock()
    }

    fn remaining(&mut self) -> wasmtime::Result<host::Budget> {
        let (milliseconds, requests, bytes) = self.budget_left()?;
        Ok(host::Budget { milliseconds, requests, bytes })
    }
}

impl From<http::Request> for GuestRequest {
    fn from(request: http::Request) -> Self {
        Self {
            method: match request.method {
                http::Method::Get => Method::Get,
                http::Method::Head => Method::Head,
                http::Method::Post => Method::Post,
                http::Method::Put => Method::Put,
                http::Method::Patch => Method::Patch,
                http::Method::Delete => Method::Delete,
            },
            target: match request.target {
                http::Target::At(location) => GuestTarget::At {
                    endpoint: location.endpoint,
                    segments: location.segments,
                    query: pairs(location.query),
                },
                http::Target::Link(link) => GuestTarget::Link(link),
            },
            headers: pairs(request.headers),
            body: match request.body {
                http::Body::Empty => GuestBody::Empty,
                http::Body::Json(text) => GuestBody::Json(text),
                http::Body::Form(fields) => GuestBody::Form(pairs(fields)),
                http::Body::Bytes((content_type, bytes)) => GuestBody::Bytes(content_type, bytes),
            },
        }
    }
}

fn pairs(fields: Vec<types::Field>) -> Vec<(String, String)> {
    fields.into_iter().map(|field| (field.name, field.value)).collect()
}

fn fields(pairs: Vec<(String, String)>) -> Vec<types::Field> {
    pairs.into_iter().map(|(name, value)| types::Field { name, value }).collect()
}

impl From<GuestResponse> for http::Response {
    fn from(response: GuestResponse) -> Self {
        Self {
            status: response.status,
            headers: fields(response.headers),
            body: response.body,
            next: response.next,
            quota: response.quota.map(Into::into),
        }
    }
}

impl From<Quota> for http::Quota {
    fn from(quota: Quota) -> Self {
        Self {
            remaining: quota.remaining,
            limit: quota.limit,
            resets_at: quota.resets_at.map(|time| time.0),
        }
    }
}

impl From<Failure> for types::Failure {
    fn from(failure: Failure) -> Self {
        Self {
            cause: match failure.cause {
                Cause::InvalidInput => types::Cause::InvalidInput,
                Cause::CredentialRejected => types::Cause::CredentialRejected,
                Cause::CredentialExpired { ended_at } => {
                    types::Cause::CredentialExpired(ended_at.map(|time| time.0))
                }
                Cause::PermissionMissing { permissions } => {
                    types::Cause::PermissionMissing(permissions)
                }
                Cause::PolicyRefused => types::Cause::PolicyRefused,
                Cause::NotFound => types::Cause::NotFound,
                Cause::Conflict => types::Cause::Conflict,
                Cause::RateLimited => types::Cause::RateLimited,
                Cause::Unreachable => types::Cause::Unreachable,
                Cause::Timeout => types::Cause::Timeout,
                Cause::TooLarge => types::Cause::TooLarge,
                Cause::Denied => types::Cause::Denied,
                Cause::Unsupported => types::Cause::Unsupported,
                Cause::Protocol => types::Cause::Protocol,
                Cause::Other { name } => types::Cause::Other(name),
            },
            code: failure.code,
            message: failure.message,
            remedies: failure
                .remedies
                .into_iter()
                .map(|remedy| types::Remedy { text: remedy.text, url: remedy.url })
                .collect(),
            retry: match failure.retry {
                Retry::Never => types::Retry::Never,
                Retry::Backoff => types::Retry::Backoff,
                Retry::After { milliseconds } => types::Retry::After(milliseconds),
                Retry::AfterUserAction => types::Retry::AfterUserAction,
            },
            effect: match failure.effect {
                Effect::None => types::Effect::None,
                Effect::Unknown => types::Effect::Unknown,
                Effect::Applied => types::Effect::Applied,
            },
            fields: failure
                .fields
                .into_iter()
                .map(|error| types::FieldError { pointer: error.pointer, message: error.message })
                .collect(),
            evidence: failure
                .evidence
                .into_iter()
                .map(|field| types::Field { name: field.name, value: field.value })
                .collect(),
        }
    }
}

/// A failure of the guest, with its texts and lists bounded and scrubbed.
pub(crate) fn failure(from: types::Failure, clean: &Sanitizer) -> Failure {
    let cause = cause(from.cause, clean);
    Failure {
        code: clean.code(from.code).unwrap_or_else(|| cause.code().to_owned()),
        cause,
        message: clean.text(from.message),
        remedies: clean.list(from.remedies, |r| remedy(r, clean)),
        retry: match from.retry {
            types::Retry::Never => Retry::Never,
            types::Retry::Backoff => Retry::Backoff,
            types::Retry::After(milliseconds) => Retry::After { milliseconds },
            types::Retry::AfterUserAction => Retry::AfterUserAction,
        },
        effect: match from.effect {
            types::Effect::None => Effect::None,
            types::Effect::Unknown => Effect::Unknown,
            types::Effect::Applied => Effect::Applied,
        },
        fields: clean.list(from.fields, |f| FieldError {
            pointer: clean.text(f.pointer),
            message: clean.text(f.message),
        }),
        evidence: clean
            .list(from.evidence, |f| Field::new(clean.text(f.name), clean.text(f.value))),
    }
}

fn cause(from: types::Cause, clean: &Sanitizer) -> Cause {
    match from {
        types::Cause::InvalidInput => Cause::InvalidInput,
        types::Cause::CredentialRejected => Cause::CredentialRejected,
        types::Cause::CredentialExpired(at) => {
            Cause::CredentialExpired { ended_at: at.map(Timestamp) }
        }
        types::Cause::PermissionMissing(permissions) => {
            Cause::PermissionMissing { permissions: clean.list(permissions, |p| clean.text(p)) }
        }
        types::Cause::PolicyRefused => Cause::PolicyRefused,
        types::Cause::NotFound => Cause::NotFound,
        types::Cause::Conflict => Cause::Conflict,
        types::Cause::RateLimited => Cause::RateLimited,
        types::Cause::Unreachable => Cause::Unreachable,
        types::Cause::Timeout => Cause::Timeout,
        types::Cause::TooLarge => Cause::TooLarge,
        types::Cause::Denied => Cause::Denied,
        types::Cause::Unsupported => Cause::Unsupported,
        types::Cause::Protocol => Cause::Protocol,
        types::Cause::Other(name) => Cause::Other { name: clean.text(name) },
    }
}

fn remedy(from: types::Remedy, clean: &Sanitizer) -> Remedy {
    let text = clean.text(from.text);
    // A link of the guest's own makes the remedy the guest's.
    let advice = if from.url.is_none() { clean.advice(&text) } else { None };
    Remedy { advice, text, url: from.url.and_then(|url| clean.link(url)) }
}

fn warning(from: types::Warning, clean: &Sanitizer) -> Warning {
    Warning {
        code: clean.text(from.code),
        message: clean.text(from.message),
        remedies: clean.list(from.remedies, |r| remedy(r, clean)),
    }
}

/// A report of the guest, bounded and scrubbed.
pub(crate) fn report(from: answer::Report, clean: &Sanitizer) -> Result<Report, CallError> {
    Ok(Report {
        account: Account {
            id: clean.text(from.account.id),
            name: clean.text(from.account.name),
            url: from.account.url.and_then(|url| clean.link(url)),
        },
        edition: from.edition.map(|text| clean.text(text)),
        organizations: clean.list(from.organizations, |o| clean.text(o)),
        credential_expires_at: from.credential_expires_at.map(Timestamp),
        permissions: clean.list(from.permissions, |p| Permission {
            name: clean.text(p.name),
            grant: match p.grant {
                answer::Grant::Granted => Grant::Granted,
                answer::Grant::Missing => Grant::Missing,
                answer::Grant::Excess => Grant::Excess,
                answer::Grant::Unknown => Grant::Unknown,
            },
            needed_by: clean.list(p.needed_by, |n| clean.text(n)),
        }),
        warnings: clean.list(from.warnings, |w| warning(w, clean)),
        discovered: clean.discovered(from.discovered)?,
        quota: None,
    })
}

/// A page of the guest: records checked as JSON that every parser reads, texts bounded and scrubbed.
///
/// # Errors
///
/// The outer error where the page breaks the contract; the inner one where a record is too large.
pub(crate) fn page(
    from: answer::Page,
    request: &ReadRequest,
    clean: &Sanitizer,
) -> Result<Result<Page, Failure>, CallError> {
    clean.page_length(from.changes.len(), request.limit)?;
    let mut oversized = Oversized::default();
    let mut changed = ChangedRecords::default();
    let mut changes = Vec::with_capacity(from.changes.len());
    for from in from.changes {
        match from {
            answer::Change::Upsert(item) if Oversized::takes(&item.data) => {
                oversized.add(clean.key(item.key)?.0, item.data.len());
            }
            from => {
                let (change, values) = change(from, clean)?;
                changes.push(change);
                changed.add(values);
            }
        }
    }
    let mut warnings = clean.list(from.warnings, |w| warning(w, clean));
    if let Some(warning) = changed.warning() {
        warnings.truncate(MAX_LIST_ENTRIES - 1);
        warnings.push(warning);
    }
    let page = Page {
        changes,
        progress: match from.progress {
            answer::Progress::More(cursor) => Progress::More(clean.cursor(cursor)?),
            answer::Progress::CaughtUp(cursor) => {
                Progress::CaughtUp(cursor.map(|c| clean.cursor(c)).transpose()?)
            }
        },
        warnings,
    };
    Ok(oversized.judge(page, request.skip_oversized))
}

fn change(from: answer::Change, clean: &Sanitizer) -> Result<(Change, Changes), CallError> {
    Ok(match from {
        answer::Change::Upsert(item) => {
            let (key, in_key) = clean.key(item.key)?;
            let (data, in_data) = clean.record(item.data)?;
            let item = Item { key, updated_at: item.updated_at.map(Timestamp), data };
            (Change::Upsert(item), in_key + in_data)
        }
        answer::Change::Delete(key) => {
            let (key, changes) = clean.key(key)?;
            (Change::Delete(key), changes)
        }
    })
}

/// An outcome of the guest, bounded and scrubbed, and what was changed in its output.
pub(crate) fn outcome(
    from: answer::Outcome,
    clean: &Sanitizer,
) -> Result<(Outcome, Changes), CallError> {
    let (output, changes) = clean.output(&from.output)?;
    Ok((Outcome { output, url: from.url.and_then(|url| clean.link(url)) }, changes))
}

/// The request as the guest takes it.
pub(crate) fn read_request(request: &ReadRequest) -> answer::ReadRequest {
    answer::ReadRequest {
        stream: request.stream.clone(),
        cursor: request.cursor.clone(),
        parameters: object_text(&request.parameters),
        limit: request.limit,
        skip_oversized: request.skip_oversized,
    }
}

/// The request as the guest takes it.
pub(crate) fn action_request(request: &ActionRequest) -> answer::ActionRequest {
    answer::ActionRequest {
        action: request.action.clone(),
        input: object_text(&request.input),
        idempotency_key: request.idempotency_key.clone(),
    }
}
