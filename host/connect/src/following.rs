//! A connection follows its provider to another place.
//!
//! Where the server says, in the way that `jackfield_host` takes note of, that a setting is another
//! now, the check is repeated there. The new value is kept if it passed and the account is the one that
//! the last check found; otherwise the connection stays as it is, and the failure says what answered.

use jackfield_host::Moved;
use jackfield_host::failure::{Timestamp, Warning};
use jackfield_host::report::Report;
use jackfield_vault::{Connection, OtherSecrets, Replacement};
use serde_json::Value;

use crate::Error;
use crate::checking::{Checked, record_of};
use crate::connections::Connections;

impl Connections {
    /// The connection at its new place, with the new value stored; else why it stays.
    ///
    /// # Errors
    ///
    /// [`Error::Vault`], also where the connection was changed meanwhile.
    pub(crate) async fn follow(
        &self,
        connection: &Connection,
        moved: &Moved,
    ) -> Result<Result<Checked, String>, Error> {
        let mut there = connection.clone();
        there.settings.insert(moved.setting.clone(), Value::from(moved.value.as_str()));
        let Some(known) = &connection.report else {
            return Ok(Err("no check had passed before, which would tell the account".to_owned()));
        };
        let report = match self.answer_there(&there).await {
            Ok(report) => report,
            Err(error) if error.is_superseded() => return Err(error),
            Err(error) => return Ok(Err(error.to_string())),
        };
        if report.account.id != known.account.id {
            return Ok(Err(format!("another account answered, {}", report.account.name)));
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

    async fn answer_there(&self, there: &Connection) -> Result<Report, Error> {
        let answer = self.bind_stored(there).await?.check(&mut self.waiting()).await?;
        answer.map_err(|refusal| refusal.failure.into())
    }
}

fn with_note(mut report: Report, moved: &Moved) -> Report {
    let Moved { setting, value, from, to } = moved;
    let message = format!("{from} has moved to {to}; the setting `{setting}` is {value} now.");
    let note = Warning { code: "followed".to_owned(), message, remedies: Vec::new() };
    report.warnings.insert(0, note);
    report
}
