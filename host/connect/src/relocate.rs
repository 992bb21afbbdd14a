//! A connection follows its provider to another place.
//!
//! Where the server says, in the way that `jackfield_host` takes note of, that a setting is another
//! now, the check is repeated there. The new value is kept if it passed and the account is the one that
//! the last check found; otherwise the connection stays as it is, and the failure says what answered.

use jackfield_host::Relocation;
use jackfield_host::failure::{Failure, Retry, Timestamp, Warning};
use jackfield_host::report::Report;
use jackfield_vault::{Connection, OtherSecrets, Replacement};
use serde_json::Value;

use crate::Error;
use crate::checking::{Checked, record_of};
use crate::connections::Connections;
use crate::waiting::Waiting;

impl Connections {
    /// The connection at its new place, with the new value stored; else the failure that says why it
    /// stays.
    ///
    /// # Errors
    ///
    /// [`Error::Vault`], also where the connection was changed meanwhile.
    pub(crate) async fn follow(
        &self,
        connection: &Connection,
        moved: &Relocation,
        failure: Failure,
        waiting: &mut Waiting,
    ) -> Result<Result<Checked, Failure>, Error> {
        let Some(known) = &connection.report else { return Ok(Err(failure)) };
        let mut there = connection.clone();
        there.settings.insert(moved.setting.clone(), Value::from(moved.value.as_str()));
        let report = match self.answer_there(&there, waiting).await {
            Ok(report) => report,
            Err(error) if error.is_superseded() => return Err(error),
            Err(error) => return Ok(Err(refused_there(failure, &error, moved))),
        };
        if report.account.id != known.account.id {
            let who = format!("another account answers there, {}", report.account.name);
            return Ok(Err(not_followed(failure, &who, moved)));
        }
        let report = with_note(report, moved);
        let replacement = Replacement {
            method: None,
            settings: Some(there.settings.clone()),
            secrets: Vec::new(),
            others: OtherSecrets::Keep,
            check: Some(record_of(&there, Ok(report.clone()), Timestamp::now())),
        };
        let vault = self.vault();
        let connection = vault.replace(&there.id, there.generation, replacement).await?;
        Ok(Ok(Checked { connection, result: Ok(report) }))
    }

    async fn answer_there(
        &self,
        there: &Connection,
        waiting: &mut Waiting,
    ) -> Result<Report, Error> {
        let answer = self.bind_stored(there).await?.check(waiting).await?;
        answer.map_err(|refusal| refusal.failure.into())
    }
}

/// What will pass there is told as it is: the next check follows.
fn refused_there(failure: Failure, error: &Error, moved: &Relocation) -> Failure {
    let there = error.to_failure();
    match there.retry {
        Retry::Backoff | Retry::After { .. } => there.evidence("moved-to", &moved.to),
        Retry::Never | Retry::AfterUserAction => {
            let said = there.message.trim_end_matches('.').to_owned();
            not_followed(failure, &format!("what answers there is: {said}"), moved)
        }
    }
}

fn not_followed(failure: Failure, why: &str, moved: &Relocation) -> Failure {
    let Relocation { setting, value, from, to } = moved;
    let message = format!(
        "The server {from} says that it has moved to {to}; it was not followed, for {why}."
    );
    let remedy =
        format!("If that is the right place, enter `{value}` as `{setting}`, with the secret.");
    Failure { message, remedies: Vec::new(), ..failure }.remedy(remedy, None)
}

fn with_note(mut report: Report, moved: &Relocation) -> Report {
    let Relocation { setting, value, from, to } = moved;
    let message = format!("{from} has moved to {to}; the setting `{setting}` is {value} now.");
    let note = Warning { code: "followed".to_owned(), message, remedies: Vec::new() };
    report.warnings.insert(0, note);
    report
}
