//! What stops a command.

use std::io;

use jackfield_connect::ErrorClass;
use jackfield_host::LoadError;
use jackfield_host::failure::{Cause, Failure, FieldError, Retry};
use jackfield_transport::OptionsError;
use jackfield_vault::Error as VaultError;

use crate::exit;

/// Why a command did not do what it was asked to do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The command line, the configuration or an input. The person acts.
    #[error("{0}")]
    Usage(Box<Failure>),
    /// A connection, a connector or the store.
    #[error(transparent)]
    Connection(#[from] jackfield_connect::Error),
    /// The output, or a file that was to be written.
    #[error("{what} cannot be written: {source}")]
    Output {
        /// What, as the subject of a sentence.
        what: String,
        /// What the system said.
        source: io::Error,
    },
    /// The machine: no threads, no memory for the engine.
    #[error("the program cannot start: {0}")]
    Start(String),
    /// The person pressed Ctrl-C.
    #[error("interrupted")]
    Interrupted,
}

impl Error {
    /// An input that is not valid, with what to do about it.
    pub(crate) fn usage(message: impl Into<String>, remedy: Option<&str>) -> Self {
        let failure = Failure::new(Cause::InvalidInput, message).retry(Retry::AfterUserAction);
        Self::Usage(Box::new(match remedy {
            Some(remedy) => failure.remedy(remedy, None),
            None => failure,
        }))
    }

    /// The same, tied to a field.
    pub(crate) fn field(field: FieldError, message: impl Into<String>, remedy: &str) -> Self {
        match Self::usage(message, Some(remedy)) {
            Self::Usage(mut failure) => {
                failure.fields.push(field);
                Self::Usage(failure)
            }
            other => other,
        }
    }

    /// Standard output, unless a reader that has seen enough closed it.
    pub(crate) fn output(source: io::Error) -> Self {
        Self::Output { what: "standard output".to_owned(), source }
    }

    /// Whether the reader of the output has gone, which is no error of anybody.
    pub(crate) fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Output { source, .. } if source.kind() == io::ErrorKind::BrokenPipe)
    }

    /// The exit code.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => exit::USAGE,
            Self::Connection(error) => exit::code(error.class()),
            Self::Output { .. } | Self::Start(_) => exit::INTERNAL,
            Self::Interrupted => exit::INTERRUPTED,
        }
    }

    /// The error in the shape in which all errors are told.
    pub(crate) fn to_failure(&self) -> Failure {
        let other = |name: &str| {
            let message = crate::output::text::sentence(&self.to_string());
            Failure::new(Cause::Other { name: name.to_owned() }, message)
        };
        match self {
            Self::Usage(failure) => failure.as_ref().clone(),
            Self::Connection(error) => error.to_failure(),
            Self::Output { .. } => other("output"),
            Self::Start(_) => other("internal"),
            Self::Interrupted => other("interrupted"),
        }
    }
}

impl From<VaultError> for Error {
    fn from(error: VaultError) -> Self {
        Self::Connection(error.into())
    }
}

impl From<OptionsError> for Error {
    fn from(error: OptionsError) -> Self {
        let message = crate::output::text::with_sources(&error);
        Self::usage(message, Some("Correct the option --ca or the setting `proxy`."))
    }
}

impl From<LoadError> for Error {
    fn from(error: LoadError) -> Self {
        Self::Start(error.to_string())
    }
}

/// The exit code of a failure that is an answer, not an error: what a check found.
pub(crate) fn failure_code(failure: &Failure) -> u8 {
    match jackfield_connect::class_of(&failure.cause) {
        // The provider's word on the input is the provider's no.
        ErrorClass::Usage => exit::USAGE,
        class => exit::code(class),
    }
}
