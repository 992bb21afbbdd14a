//! Advice in the program's words: the option or the command by which a remedy is done here.

use std::borrow::Cow;

use jackfield_host::failure::{Advice, Remedy};

/// The remedy's sentence, with the option or the command before its full stop.
pub(crate) fn worded(remedy: &Remedy) -> Cow<'_, str> {
    let Some(way) = remedy.advice.as_ref().and_then(way) else {
        return remedy.text.as_str().into();
    };
    format!("{} ({way}).", remedy.text.trim_end_matches('.')).into()
}

fn way(advice: &Advice) -> Option<Cow<'static, str>> {
    Some(match advice {
        Advice::AllowOrigin { origin } => format!("--allow-origin {origin}").into(),
        Advice::AllowAddress { network } if network.contains('/') => {
            "--allow-origin or --allow-network".into()
        }
        Advice::AllowAddress { network } => format!("--allow-network {network}").into(),
        Advice::TrustCertificate => "--ca FILE".into(),
        Advice::ReadSmallerPages => "read --page-size N".into(),
        Advice::SkipOversized => "read --skip-oversized".into(),
        Advice::ListConnections => "jackfield list".into(),
        Advice::UpdateConnection { id } => format!("jackfield update {id}").into(),
        Advice::AddConnectors => "--connectors DIR".into(),
        Advice::ChooseDataDirectory => "--data-dir DIR".into(),
        Advice::ShowEvidence => "-v".into(),
        Advice::ShowLog => "-vv".into(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remedy_ends_with_the_way_to_do_it_here() {
        let remedy = Remedy::new("Ask the administrator to allow this origin.");
        assert_eq!(worded(&remedy), "Ask the administrator to allow this origin.");
        let origin = "http://jira.corp".to_owned();
        let remedy = remedy.by(Advice::AllowOrigin { origin });
        assert_eq!(
            worded(&remedy),
            "Ask the administrator to allow this origin (--allow-origin http://jira.corp)."
        );
    }
}
