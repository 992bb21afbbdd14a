//! `jackfield keys rotate`.

use std::io;

use jackfield_vault::Rotation;
use serde_json::{Value, json};

use crate::error::Error;
use crate::exit;
use crate::output::screen::{BAD, GOOD, PLAIN, Screen};
use crate::output::{Answer, text};
use crate::program::Program;
use crate::progress::Progress;

/// What a rotation did, and where the keys are.
pub(super) struct Rotated {
    rotation: Rotation,
    place: String,
}

pub(super) async fn run(program: &Program) -> Result<Rotated, Error> {
    if !program.has_store() {
        return Err(Error::usage(
            "There are no keys to rotate: the data directory has no store.",
            Some("Name the data directory that is meant with --data-dir."),
        ));
    }
    let vault = program.vault().await?;
    let progress = Progress::of("sealed");
    let rotation = vault.rotate_keys(|step| progress.set(step.done, step.total)).await?;
    Ok(Rotated { rotation, place: vault.key_source().to_string() })
}

impl Answer for Rotated {
    fn json(&self) -> Value {
        json!({ "rotation": self.rotation, "place": self.place })
    }

    fn human(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        let Rotation { key, resumed, resealed, removed, removable, unreadable } = &self.rotation;
        let sealed = text::count(*resealed, "secret");
        let how = if *resumed { " (an interrupted rotation was finished)" } else { "" };
        screen.line(0, GOOD, &format!("Sealed {sealed} with the key `{key}`{how}."))?;
        for gone in removed {
            screen.line(0, PLAIN, &format!("The key `{gone}` is gone from {}.", self.place))?;
        }
        for useless in removable {
            let text = format!(
                "The key `{useless}` can be taken out of {}, once every process has the new one.",
                self.place
            );
            screen.line(0, PLAIN, &text)?;
        }
        for lost in unreadable {
            let text = format!(
                "The secret `{}` of {} cannot be decrypted and was left unchanged; enter it again with `jackfield update {}`.",
                lost.secret, lost.connection, lost.connection
            );
            screen.line(0, BAD, &text)?;
        }
        Ok(())
    }

    fn exit_code(&self) -> u8 {
        if self.rotation.unreadable.is_empty() { exit::DONE } else { exit::INTERNAL }
    }
}
