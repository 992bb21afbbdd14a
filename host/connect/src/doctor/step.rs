//! A diagnosis as data: its steps, and what each came to.

use jackfield_host::failure::{Failure, Field, Remedy, Warning};
use serde::Serialize;

/// What a diagnosis looks at, in its order. The names in JSON are stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum StepName {
    /// What was entered.
    Settings,
    /// From the name to addresses.
    NameLookup,
    /// From an address to a connection.
    Connection,
    /// From a connection to a trusted one.
    Tls,
    /// From a request to an answer.
    Reachability,
    /// This machine's clock against the server's.
    Clock,
    /// Whether what answers is the provider that the connector knows.
    Edition,
    /// Whether the provider accepts the credential.
    Credential,
    /// What the credential may do.
    Permissions,
    /// Rate limits.
    Limits,
}

impl StepName {
    /// All, in order.
    pub const ALL: [Self; 10] = [
        Self::Settings,
        Self::NameLookup,
        Self::Connection,
        Self::Tls,
        Self::Reachability,
        Self::Clock,
        Self::Edition,
        Self::Credential,
        Self::Permissions,
        Self::Limits,
    ];

    /// The name, in kebab-case, as in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Settings => "settings",
            Self::NameLookup => "name-lookup",
            Self::Connection => "connection",
            Self::Tls => "tls",
            Self::Reachability => "reachability",
            Self::Clock => "clock",
            Self::Edition => "edition",
            Self::Credential => "credential",
            Self::Permissions => "permissions",
            Self::Limits => "limits",
        }
    }

    /// What helps where the failure itself names nothing.
    fn remedy(self) -> &'static str {
        match self {
            Self::Settings => "Correct the connection's settings.",
            Self::NameLookup | Self::Connection | Self::Tls | Self::Reachability => {
                "Try again; if this keeps happening, ask whoever runs the server or the network."
            }
            Self::Clock => "Set this machine's clock.",
            Self::Edition => {
                "Check that the address in the settings is that of the service's API; if it is, \
                 report this to the connector's author, with the evidence."
            }
            Self::Credential => "Create a new credential, and update the connection with it.",
            Self::Permissions => "Give the credential what is missing, at the provider.",
            Self::Limits => "Wait, and try again later.",
        }
    }
}

/// What a step, or the whole, came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepOutcome {
    /// Not needed, not to be known, or behind the step that explains the rest.
    Skipped,
    /// As it should be.
    Passed,
    /// It works, and a person should know something.
    Warned,
    /// It does not work; the step's failure says why.
    Failed,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// Which.
    pub name: StepName,
    /// What it came to.
    pub outcome: StepOutcome,
    /// For people, one sentence.
    pub sentence: String,
    /// What the conclusion rests on, without that of the failure.
    pub evidence: Vec<Field>,
    /// Why it failed, with a stable code and remedies; present where the outcome is [`StepOutcome::Failed`].
    pub failure: Option<Failure>,
    /// What a person should know, each with a stable code and remedies; at least one where the outcome
    /// is [`StepOutcome::Warned`].
    pub warnings: Vec<Warning>,
}

/// What was found out about a connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnosis {
    /// The connector's id.
    pub connector: String,
    /// The connection's id; absent where it is not stored.
    pub connection: Option<String>,
    /// The worst of the steps.
    pub outcome: StepOutcome,
    /// One of each name, in the order of [`StepName::ALL`].
    pub steps: Vec<Step>,
}

impl Diagnosis {
    /// The failure that explains the rest: that of the first step that failed.
    pub fn failure(&self) -> Option<&Failure> {
        self.steps.iter().find_map(|step| step.failure.as_ref())
    }

    /// The step of that name.
    pub fn step(&self, name: StepName) -> Option<&Step> {
        self.steps.iter().find(|step| step.name == name)
    }

    pub(super) fn of(subject: Subject, steps: Vec<Step>) -> Self {
        let outcome = steps.iter().map(|step| step.outcome).max().unwrap_or(StepOutcome::Skipped);
        Self { connector: subject.connector, connection: subject.connection, outcome, steps }
    }
}

impl Step {
    fn new(name: StepName, outcome: StepOutcome, sentence: impl Into<String>) -> Self {
        let sentence = sentence.into();
        Self { name, outcome, sentence, evidence: vec![], failure: None, warnings: vec![] }
    }

    pub(super) fn passed(name: StepName, sentence: impl Into<String>) -> Self {
        Self::new(name, StepOutcome::Passed, sentence)
    }

    pub(super) fn skipped(name: StepName, sentence: impl Into<String>) -> Self {
        Self::new(name, StepOutcome::Skipped, sentence)
    }

    /// Nobody is left without something to do: a failure without remedies gets that of its step.
    pub(super) fn failed(name: StepName, mut failure: Failure) -> Self {
        if failure.remedies.is_empty() {
            failure.remedies.push(Remedy::new(name.remedy()));
        }
        let step = Self::new(name, StepOutcome::Failed, failure.message.clone());
        Self { failure: Some(failure), ..step }
    }

    pub(super) fn evidence(mut self, name: &str, value: impl Into<String>) -> Self {
        self.evidence.push(Field::new(name, value));
        self
    }

    pub(super) fn evidence_if(self, name: &str, value: Option<impl Into<String>>) -> Self {
        match value {
            Some(value) => self.evidence(name, value),
            None => self,
        }
    }

    pub(super) fn warn(mut self, warning: Warning) -> Self {
        self.outcome = self.outcome.max(StepOutcome::Warned);
        self.warnings.push(warning);
        self
    }

    pub(super) fn has_failed(&self) -> bool {
        self.outcome == StepOutcome::Failed
    }

    /// The same step, since what failed in it has worked in another attempt.
    pub(super) fn forgiven(self) -> Self {
        let Some(failure) = self.failure else { return self };
        let message = format!("The check got through, but not a plain request: {}", self.sentence);
        let step = Self::new(self.name, StepOutcome::Warned, message.clone());
        Self { evidence: self.evidence, ..step }.warn(Warning {
            code: failure.code,
            message,
            remedies: failure.remedies,
        })
    }
}

/// What a diagnosis is about.
pub(super) struct Subject {
    pub(super) connector: String,
    pub(super) connection: Option<String>,
}
