//! Which kinds of settings suit which place of a template.

use super::problems::Problems;
use crate::manifest::template::Place;
use crate::manifest::{InputKind, Manifest};

/// A variable must be a setting of a kind that suits its place.
pub(super) fn judge_variable(
    manifest: &Manifest,
    name: &str,
    place: Place,
    field: &str,
    problems: &mut Problems,
) {
    match manifest.settings.iter().find(|setting| setting.name == name) {
        None => problems.add(field, format!("there is no setting `{name}`")),
        Some(setting) => {
            if let Some(needed) = misfit(&setting.kind, place) {
                problems.add(field, format!("the setting `{name}` stands where only {needed} can"));
            }
        }
    }
}

/// What suits the place, where this kind of setting does not.
fn misfit(kind: &InputKind, place: Place) -> Option<&'static str> {
    use InputKind::{Address, Boolean, Choice, Datetime, Email, Host, Integer, Text, Url};
    let one_of = |wanted: &[&str]| match kind {
        Choice { options } => options.iter().all(|option| wanted.contains(&option.value.as_str())),
        _ => false,
    };
    let (fits, needed) = match place {
        Place::Whole => (matches!(kind, Url), "a setting of type url"),
        Place::Scheme => (one_of(&["http", "https"]), "a choice of http and https"),
        Place::Host => (
            matches!(kind, Address(_) | Host | Text | Choice { .. }),
            "a setting of type address, host, text or choice",
        ),
        Place::Label => {
            (matches!(kind, Host | Text | Choice { .. }), "a setting of type host, text or choice")
        }
        Place::Port => {
            (matches!(kind, Integer { .. } | Choice { .. }), "a setting of type integer or choice")
        }
        Place::Path | Place::Query => (
            !matches!(kind, Address(_) | Boolean | Datetime | Url),
            "a setting that is a text, a number or a choice",
        ),
        Place::Text => (
            matches!(kind, Text | Email | Choice { .. } | Integer { .. }),
            "a text, an e-mail address, a number or a choice",
        ),
    };
    (!fits).then_some(needed)
}
