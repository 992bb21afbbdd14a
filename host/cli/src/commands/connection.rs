//! `jackfield show` and `jackfield disconnect`; how a connection and a report are told.

use std::io;

use jackfield_connect::{Connection, StoredSecretInfo};
use jackfield_host::failure::Timestamp;
use jackfield_host::report::{Grant, Permission, Report};
use serde_json::{Value, json};

use crate::error::Error;
use crate::output::screen::{BAD, BOLD, DIM, GOOD, PLAIN, Screen, WARN, of_state};
use crate::output::{Answer, failure, times};
use crate::program::Program;

/// One connection.
pub(super) struct Show(Connection);

/// A connection that is no more.
pub(super) struct Disconnected(Connection);

pub(super) async fn show(program: &Program, id: &str) -> Result<Show, Error> {
    Ok(Show(program.stored_connections_with(id).await?.show(id).await?))
}

pub(super) async fn disconnect(program: &Program, id: &str) -> Result<Disconnected, Error> {
    Ok(Disconnected(program.stored_connections_with(id).await?.disconnect(id).await?))
}

impl Answer for Show {
    fn json(&self) -> Value {
        json!({ "connection": self.0 })
    }

    fn human(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        let connection = &self.0;
        let now = Timestamp::now();
        headline(screen, connection)?;
        facts(screen, connection, now)?;
        if let Some(report) = &connection.report {
            tell_report(screen, report, now)?;
        }
        if let Some(last) = &connection.failure {
            screen.gap()?;
            screen.line(0, BOLD, "The last check did not pass")?;
            failure::tell(screen, last, true)?;
        }
        Ok(())
    }
}

impl Answer for Disconnected {
    fn json(&self) -> Value {
        json!({ "disconnected": self.0 })
    }

    fn human(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        let Connection { id, connector, .. } = &self.0;
        screen.line(
            0,
            PLAIN,
            &format!("Disconnected {id} ({connector}); its secrets are deleted here."),
        )?;
        let text = "The credential itself still works until it is revoked at the provider.";
        screen.line(0, DIM, text)
    }
}

/// `abc  github  mona  active`
pub(super) fn headline(screen: &mut Screen<'_>, connection: &Connection) -> io::Result<()> {
    let account = connection.report.as_ref().map(|report| format!(" as {}", report.account.name));
    let text = format!(
        "{}: {}{}, {}",
        connection.id,
        connection.connector,
        account.unwrap_or_default(),
        connection.state
    );
    screen.line(0, of_state(connection.state), &text)
}

fn facts(screen: &mut Screen<'_>, connection: &Connection, now: Timestamp) -> io::Result<()> {
    let time = |time: Timestamp| Some(times::moment_and_distance(time, now));
    screen.pairs(
        1,
        &[
            ("user", Some(connection.owner.clone())),
            ("runtime", Some(connection.runtime.clone())),
            ("method", Some(connection.method.clone())),
            ("connected", time(connection.created_at)),
            ("changed", time(connection.updated_at).filter(|_| connection.generation > 1)),
            ("checked", connection.checked_at.and_then(time)),
        ],
    )?;
    let settings = connection.settings.iter().chain(&connection.discovered);
    for (name, value) in settings {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        screen.line(1, PLAIN, &format!("{name} = {value}"))?;
    }
    tell_secrets(screen, connection, now)
}

/// What is known of the secrets.
pub(super) fn tell_secrets(
    screen: &mut Screen<'_>,
    connection: &Connection,
    now: Timestamp,
) -> io::Result<()> {
    connection
        .secrets
        .iter()
        .try_for_each(|secret| screen.line(1, PLAIN, &secret_line(secret, now)))
}

fn secret_line(secret: &StoredSecretInfo, now: Timestamp) -> String {
    let kind = secret.info.kind.as_ref().map(|kind| format!(" ({kind})")).unwrap_or_default();
    format!("secret {}{kind}, stored {}", secret.name, times::distance(secret.stored_at, now))
}

/// What a working credential is and may do.
pub(super) fn tell_report(
    screen: &mut Screen<'_>,
    report: &Report,
    now: Timestamp,
) -> io::Result<()> {
    let account = &report.account;
    let url = account.url.as_ref().map(|url| format!(" ({url})")).unwrap_or_default();
    let organizations = report.organizations.join(", ");
    screen.pairs(
        1,
        &[
            ("account", Some(format!("{}{url}", account.name))),
            ("edition", report.edition.clone()),
            ("organizations", Some(organizations).filter(|names| !names.is_empty())),
            (
                "expires",
                report.credential_expires_at.map(|end| times::moment_and_distance(end, now)),
            ),
        ],
    )?;
    for permission in &report.permissions {
        let (text, style) = permission_line(permission);
        screen.line(1, style, &text)?;
    }
    report.warnings.iter().try_for_each(|warning| failure::warning(screen, warning))
}

fn permission_line(permission: &Permission) -> (String, anstyle::Style) {
    let (grant, style) = match permission.grant {
        Grant::Granted => ("granted", GOOD),
        Grant::Missing => ("missing", BAD),
        Grant::Excess => ("granted, not needed", WARN),
        Grant::Unknown => ("cannot be known", PLAIN),
    };
    let needed = permission.needed_by.join(", ");
    let needed = if needed.is_empty() { needed } else { format!(", for {needed}") };
    (format!("permission {}: {grant}{needed}", permission.name), style)
}
