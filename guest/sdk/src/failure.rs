//! Building the answer to a call that did not do what it was asked to do.

use crate::text::quote;
use crate::{
    Account, Cause, Effect, Failure, Field, FieldError, Permission, Remedy, Report, Response,
    Retry, Warning,
};

/// Characters of a header's value that evidence quotes, at most.
const EVIDENCE_CHARS: usize = 300;

impl Failure {
    /// A failure that changed nothing, that no retry helps, without remedies or evidence.
    ///
    /// `message` is for people: one sentence, without a secret in it.
    pub fn new(cause: Cause, message: impl Into<String>) -> Self {
        Self {
            cause,
            code: String::new(),
            message: message.into(),
            remedies: Vec::new(),
            retry: Retry::Never,
            effect: Effect::None,
            fields: Vec::new(),
            evidence: Vec::new(),
        }
    }

    /// One input is wrong: `pointer` is RFC 6901, such as `/settings/api_url`, `/parameters/repository`.
    pub fn invalid(pointer: &str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self::new(Cause::InvalidInput, message.clone()).field(pointer, message)
    }

    /// As that diagnosis of the connector's: short, stable, in kebab-case.
    #[must_use]
    pub fn code(mut self, code: &str) -> Self {
        self.code = code.to_owned();
        self
    }

    /// With one more thing that a person can do: one imperative sentence.
    #[must_use]
    pub fn remedy(mut self, text: impl Into<String>) -> Self {
        self.remedies.push(Remedy { text: text.into(), url: None });
        self
    }

    /// With one more thing that a person can do, and the https link that leads there.
    #[must_use]
    pub fn remedy_at(mut self, text: impl Into<String>, url: impl Into<String>) -> Self {
        self.remedies.push(Remedy { text: text.into(), url: Some(url.into()) });
        self
    }

    /// With this answer to whether a retry helps.
    #[must_use]
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// With this answer to whether the outside world changed.
    #[must_use]
    pub fn effect(mut self, effect: Effect) -> Self {
        self.effect = effect;
        self
    }

    /// With one more input that is wrong.
    #[must_use]
    pub fn field(mut self, pointer: &str, message: impl Into<String>) -> Self {
        self.fields.push(FieldError { pointer: pointer.to_owned(), message: message.into() });
        self
    }

    /// With one more piece of evidence; the value is cleaned and bounded.
    #[must_use]
    pub fn evidence(mut self, name: &str, value: &str) -> Self {
        self.evidence.push(Field { name: name.to_owned(), value: quote(value, EVIDENCE_CHARS) });
        self
    }

    /// With the answer's status as evidence, and those of `headers` that it has.
    #[must_use]
    pub fn based_on(self, response: &Response, headers: &[&str]) -> Self {
        let failure = self.evidence("status", &response.status.to_string());
        headers.iter().fold(failure, |failure, name| match response.header(name) {
            Some(value) => failure.evidence(name, value),
            None => failure,
        })
    }
}

impl Warning {
    /// Something that works now and that a person should know. `code` is stable, in kebab-case.
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into(), remedies: Vec::new() }
    }

    /// With one more thing that a person can do: one imperative sentence.
    #[must_use]
    pub fn remedy(mut self, text: impl Into<String>) -> Self {
        self.remedies.push(Remedy { text: text.into(), url: None });
        self
    }

    /// With one more thing that a person can do, and the https link that leads there.
    #[must_use]
    pub fn remedy_at(mut self, text: impl Into<String>, url: impl Into<String>) -> Self {
        self.remedies.push(Remedy { text: text.into(), url: Some(url.into()) });
        self
    }
}

impl Report {
    /// The report of a credential of which no more is known than whose it is.
    pub fn of(account: Account) -> Self {
        Self {
            account,
            edition: None,
            organizations: Vec::new(),
            credential_expires_at: None,
            permissions: Vec::<Permission>::new(),
            warnings: Vec::new(),
            discovered: "{}".to_owned(),
        }
    }
}
