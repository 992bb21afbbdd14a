//! Reading a stream, page by page, in one instance of the connector.

use jackfield_host::SKIP_OVERSIZED;
use jackfield_host::failure::{Advice, Cause, Failure, FieldError};
use jackfield_host::input::validate_inputs;
use jackfield_host::limits::MAX_CURSOR_BYTES;
use jackfield_host::manifest::{Manifest, Stream};
use jackfield_host::report::{Page, Progress, ReadRequest};
use jackfield_vault::Connection;
use serde_json::{Map, Value};

use crate::checking::CHANGES_FOLLOWED;
use crate::connections::Connections;
use crate::page_size::PageSize;
use crate::progress::ProgressGuard;
use crate::secrets_for_call::BoundSession;
use crate::waiting::Waiting;
use crate::wording::unknown_choice;
use crate::{Error, state};

/// Records of a page, unless the caller says otherwise: what most providers give at most.
pub const DEFAULT_PAGE: u32 = 100;

/// Records of a page, at most.
pub const MAX_PAGE: u32 = 1_000;

/// What to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadOptions {
    /// A stream of the connector's manifest.
    pub stream: String,
    /// The stream's parameters. Text is understood where a number is asked for.
    pub parameters: Map<String, Value>,
    /// Where an earlier run ended; none at the start.
    pub cursor: Option<String>,
    /// Records of a page, at most: 1 to [`MAX_PAGE`]. Smaller pages are asked for while the provider
    /// cannot deliver that many at once.
    pub limit: u32,
    /// Whether a record that alone is too large is left out, with a warning
    /// [`RECORD_SKIPPED`](jackfield_host::RECORD_SKIPPED) that names it; it fails the run otherwise.
    pub skip_oversized: bool,
}

impl ReadOptions {
    /// That stream from its start, in pages of [`DEFAULT_PAGE`].
    pub fn new(stream: impl Into<String>) -> Self {
        Self {
            stream: stream.into(),
            parameters: Map::new(),
            cursor: None,
            limit: DEFAULT_PAGE,
            skip_oversized: false,
        }
    }
}

/// A run through a stream.
pub struct Reading<'a> {
    connections: &'a Connections,
    connection: Connection,
    session: BoundSession,
    request: ReadRequest,
    size: PageSize,
    guard: ProgressGuard,
    waiting: Waiting,
    ended: bool,
}

impl Connections {
    /// The beginning of a run through a stream; nothing is read yet.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownConnection`]; [`Error::Invalid`] with every field that does not fit the
    /// manifest; what prevents the connector from being called.
    pub async fn read(&self, id: &str, options: ReadOptions) -> Result<Reading<'_>, Error> {
        let connection = self.stored(id).await?;
        let connector = self.registry().connector(&connection.connector).await?;
        let request = request(connector.manifest(), options)?;
        let session = self.bind_stored(&connection).await?.session().await?;
        Ok(Reading {
            connections: self,
            connection,
            session,
            size: PageSize::new(request.limit),
            request,
            guard: ProgressGuard::default(),
            waiting: self.waiting(),
            ended: false,
        })
    }
}

impl Reading<'_> {
    /// The next page; `None` once the stream has nothing further now, or after an error.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] with what the provider said: a rejected or expired credential is also
    /// written down. [`Error::Call`] where the connector gave no answer. The page that failed can be
    /// asked for again, in a new run, with [`Reading::cursor`].
    pub async fn next_page(&mut self) -> Result<Option<Page>, Error> {
        if self.ended {
            return Ok(None);
        }
        self.ended = true;
        self.guard.ask(self.request.cursor.as_deref())?;
        let page = match self.ask().await? {
            Ok(page) => page,
            Err(failure) => return Err(self.refused(failure).await),
        };
        self.guard.take(&page)?;
        match &page.progress {
            Progress::More(cursor) => {
                self.request.cursor = Some(cursor.clone());
                self.ended = false;
            }
            Progress::CaughtUp(cursor) => self.request.cursor.clone_from(cursor),
        }
        Ok(Some(page))
    }

    /// Where the run stands: the pages that [`next_page`](Self::next_page) returned are before it. Keep
    /// it only once their records are kept. Once the stream is caught up, it
    /// brings what changes from now on; `None` where the stream cannot be continued.
    pub fn cursor(&self) -> Option<&str> {
        self.request.cursor.as_deref()
    }

    /// The response to the request.
    ///
    /// A page that was too large or too slow is asked for again with fewer records. Where the secrets
    /// were replaced since the run began, the page is asked for with the new ones; other settings may
    /// lead to other records, and end the run.
    async fn ask(&mut self) -> Result<Result<Page, Failure>, Error> {
        let mut changes = 0;
        self.waiting.attempt();
        loop {
            self.request.limit = self.size.now();
            let failure = match self.session.read(&self.request).await {
                Ok(Ok(page)) => {
                    self.size.succeeded();
                    return Ok(Ok(page));
                }
                Ok(Err(failure)) => failure,
                Err(error) if error.is_superseded() && changes < CHANGES_FOLLOWED => {
                    changes += 1;
                    self.follow_change(error).await?;
                    continue;
                }
                Err(error) if error.is_of_size() && self.size.shrink() => {
                    self.restart().await?;
                    continue;
                }
                Err(error) => return Err(error),
            };
            if self.session.may_succeed_smaller(&failure) {
                if self.size.shrink() {
                    tracing::debug!(code = failure.code, limit = self.size.now(), "smaller page");
                    continue;
                }
                if failure.cause == Cause::TooLarge {
                    return Ok(Err(self.too_large(failure)));
                }
                self.size.restore();
            }
            if !self.waiting.again(&failure).await {
                return Ok(Err(failure));
            }
            self.waiting.attempt();
        }
    }

    /// Binds the connection as it is now, where only its secrets changed.
    async fn follow_change(&mut self, error: Error) -> Result<(), Error> {
        let now = self.connections.stored(&self.connection.id).await?;
        if now.settings != self.connection.settings || now.method != self.connection.method {
            return Err(error);
        }
        self.connection = now;
        self.restart().await
    }

    /// A fresh instance: an error of the host ended the one before.
    async fn restart(&mut self) -> Result<(), Error> {
        self.session = self.connections.bind_stored(&self.connection).await?.session().await?;
        Ok(())
    }

    /// One record that alone is too large: what helps is to leave it out.
    fn too_large(&self, failure: Failure) -> Failure {
        match self.request.skip_oversized {
            true => failure,
            false => Failure { remedies: Vec::new(), ..failure }
                .advise(SKIP_OVERSIZED, Advice::SkipOversized),
        }
    }

    async fn refused(&self, failure: Failure) -> Error {
        if state::concerns_credential(&failure) {
            self.connections.note_failure(&self.connection, &failure).await;
        }
        failure.into()
    }
}

fn request(manifest: &Manifest, options: ReadOptions) -> Result<ReadRequest, Error> {
    let stream =
        manifest.stream(&options.stream).ok_or_else(|| unknown_stream(manifest, &options))?;
    let mut errors = Vec::new();
    let parameters = validate_inputs(&stream.parameters, &options.parameters, "/parameters");
    let parameters = parameters.map_err(|more| errors.extend(more)).unwrap_or_default();
    if !(1..=MAX_PAGE).contains(&options.limit) {
        errors.push(FieldError::at(["limit"], format!("must be from 1 to {MAX_PAGE}")));
    }
    if options.cursor.as_ref().is_some_and(|cursor| cursor.len() > MAX_CURSOR_BYTES) {
        errors.push(FieldError::at(["cursor"], "is longer than any cursor of a connector"));
    }
    if !errors.is_empty() {
        return Err(Error::invalid("Some of the input is not valid.", errors));
    }
    let ReadOptions { stream, cursor, limit, skip_oversized, .. } = options;
    Ok(ReadRequest { stream, cursor, parameters, limit, skip_oversized })
}

fn unknown_stream(manifest: &Manifest, options: &ReadOptions) -> Error {
    let name = |stream: &Stream| stream.name.clone();
    let known: Vec<String> = manifest.streams.iter().map(name).collect();
    let message = unknown_choice("stream", &options.stream, known.iter().map(String::as_str));
    Error::invalid_field(FieldError::at(["stream"], message))
}
