//! What a manifest must be beyond its JSON shape.

use super::limits::{MAX_CAPABILITIES, MAX_ENTRIES, MAX_MANIFEST_BYTES};
use super::model::{MANIFEST_VERSION, Manifest};
use crate::contract::failure::FieldError;
use crate::contract::json::parse_bounded;

mod auth;
mod inputs;
mod problems;
mod routes;
mod variables;

pub use problems::ManifestProblem;

use problems::Problems;

/// A manifest that this host does not accept. The connector's author acts.
#[derive(Debug, thiserror::Error)]
#[error("invalid manifest: {}", summary(.problems))]
pub struct ManifestError {
    /// All that is wrong, part by part. At least one.
    pub problems: Vec<ManifestProblem>,
}

impl ManifestError {
    fn whole(message: impl Into<String>) -> Self {
        Self { problems: vec![FieldError { pointer: String::new(), message: message.into() }] }
    }
}

fn summary(problems: &[ManifestProblem]) -> String {
    let line = |problem: &ManifestProblem| match problem.pointer.as_str() {
        "" => problem.message.clone(),
        pointer => format!("{pointer} {}", problem.message),
    };
    problems.iter().map(line).collect::<Vec<_>>().join("; ")
}

impl Manifest {
    /// The manifest in this text.
    ///
    /// # Errors
    ///
    /// [`ManifestError`]: with one problem where the text is too long, is no JSON or has not the
    /// shape of a manifest; otherwise with everything that is wrong.
    pub fn parse(json: &str) -> Result<Self, ManifestError> {
        parse_bounded(json, MAX_MANIFEST_BYTES)
            .map_err(|error| ManifestError::whole(error.to_string()))?;
        let manifest: Self =
            serde_json::from_str(json).map_err(|error| ManifestError::whole(error.to_string()))?;
        match manifest.problems() {
            problems if problems.is_empty() => Ok(manifest),
            problems => Err(ManifestError { problems }),
        }
    }

    /// Everything that is wrong with it, part by part; none for one that [`Manifest::parse`] accepts.
    pub fn problems(&self) -> Vec<ManifestProblem> {
        let mut problems = Problems::new();
        self.judge_identity(&mut problems);
        inputs::judge(&self.settings, true, &mut problems.within("settings"));
        auth::judge(self, &mut problems);
        routes::judge(self, &mut problems);
        self.judge_streams(&mut problems.within("streams"));
        self.judge_actions(&mut problems.within("actions"));
        self.judge_help(&mut problems.within("help"));
        problems.into_list()
    }

    fn judge_identity(&self, problems: &mut Problems) {
        if self.manifest_version != MANIFEST_VERSION {
            let message = format!(
                "is {}; this host speaks version {MANIFEST_VERSION}",
                self.manifest_version
            );
            problems.add("manifest_version", message);
        }
        problems.kebab_name("id", &self.id);
        problems.label("name", &self.name);
        if !super::name::is_version(&self.version) {
            problems.add("version", "is not MAJOR.MINOR.PATCH");
        }
        problems.sentence("description", &self.description);
        if let Some(link) = &self.documentation_url {
            problems.https_link("documentation_url", link);
        }
    }

    fn judge_streams(&self, problems: &mut Problems) {
        problems.count(&self.streams, 0, MAX_CAPABILITIES);
        problems.unique(self.streams.iter().map(|stream| stream.name.as_str()));
        for (at, stream) in self.streams.iter().enumerate() {
            let problems = &mut problems.within(at);
            problems.capability(&stream.name, &stream.label, stream.description.as_deref());
            problems.permissions(&stream.permissions);
            inputs::judge(&stream.parameters, false, &mut problems.within("parameters"));
        }
    }

    fn judge_actions(&self, problems: &mut Problems) {
        problems.count(&self.actions, 0, MAX_CAPABILITIES);
        problems.unique(self.actions.iter().map(|action| action.name.as_str()));
        for (at, action) in self.actions.iter().enumerate() {
            let problems = &mut problems.within(at);
            problems.capability(&action.name, &action.label, action.description.as_deref());
            problems.permissions(&action.permissions);
            inputs::judge(&action.parameters, false, &mut problems.within("parameters"));
        }
    }

    fn judge_help(&self, problems: &mut Problems) {
        problems.count(&self.help, 0, MAX_ENTRIES);
        for (at, help) in self.help.iter().enumerate() {
            let problems = &mut problems.within(at);
            problems.label("title", &help.title);
            problems.help("text", &help.text);
        }
    }
}

#[cfg(test)]
mod tests;
