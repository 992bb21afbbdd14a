//! An example of every failure that the host makes by itself: for documentation, and for platforms that
//! translate or explain codes. What connectors diagnose stands in pages of their own.

use url::Url;

use crate::contract::failure::Failure;
use crate::contract::oversized;
use crate::egress::policy::{Denial, Rule};
use crate::egress::quota::Why;
use crate::egress::relocation::Relocation;
use crate::egress::transport::{Method, TlsFault, TransportError};
use crate::egress::{quota, transport_failure};
use crate::limits::MAX_RECORD_BYTES;

/// One failure for each code, in an order for reading: on the way to the provider, the provider's
/// limits, a provider that moved, the host's policy.
pub fn examples() -> Vec<Failure> {
    let (host, authority) = ("api.example.com".to_owned(), "api.example.com:443".to_owned());
    let detail = "<system error>".to_owned();
    let tls =
        |fault| TransportError::Tls { authority: authority.clone(), detail: detail.clone(), fault };
    let on_the_way = [
        TransportError::NameLookup { host, detail: detail.clone() },
        TransportError::Connect { authority: authority.clone(), detail: detail.clone() },
        tls(TlsFault::Issuer),
        tls(TlsFault::Handshake),
        TransportError::NoTls { authority: authority.clone() },
        TransportError::Timeout { authority: authority.clone(), sent: true },
        TransportError::Undecodable { authority: authority.clone(), detail: detail.clone() },
        TransportError::Broken { authority, detail },
        TransportError::TooLarge { limit: crate::limits::MAX_RESPONSE_BYTES },
    ];
    let url = Url::parse("https://api.example.com").ok();
    let on_the_way = on_the_way
        .into_iter()
        .filter_map(|error| Some(error.into_failure(Method::Get, url.as_ref()?)));
    let held_up = |why| quota::held_up(60_000, why);
    let limits = [held_up(Why::Limit), held_up(Why::Unavailable), quota::no_turn()];
    let denied = Rule::ALL.into_iter().map(|rule| denial(rule).into());
    let total = crate::limits::MAX_TOTAL_RESPONSE_BYTES;
    let too_much = url.iter().map(|url| transport_failure::too_much(total, Method::Get, url));
    let record = oversized::refused("10042", MAX_RECORD_BYTES + 1);
    on_the_way
        .chain(too_much)
        .chain([record])
        .chain(limits)
        .chain([relocation().failure()])
        .chain(denied)
        .collect()
}

fn relocation() -> Relocation {
    let [setting, value] = ["host", "new.example.com"].map(str::to_owned);
    let [from, to] = ["https://old.example.com", "https://new.example.com"].map(str::to_owned);
    Relocation { setting, value, from, to }
}

/// The failures as a page in Markdown, a section for each.
pub fn page(title: &str, failures: &[Failure]) -> String {
    let mut page =
        format!("# {title}\n\nGenerated from the code; names and addresses are examples. ");
    page += "The code is `failure.code`.\n";
    for failure in failures {
        page += &format!("\n## {}\n\n{}\n", failure.code, failure.message);
        if !failure.remedies.is_empty() {
            page.push('\n');
        }
        for remedy in &failure.remedies {
            page += &format!("- {}\n", remedy.text);
        }
    }
    page
}

/// A denial by the rule, of a connection with one setting.
fn denial(rule: Rule) -> Denial {
    let base = Url::parse("https://api.example.com/v3").ok();
    let settings = ["api_url".to_owned()];
    Denial::new(rule, subject(rule)).reached_at(base.iter().map(|base| (base, &settings[..])))
}

/// What the rule is about, for instance.
fn subject(rule: Rule) -> &'static str {
    match rule {
        Rule::Scheme => "ftp://files.example.com",
        Rule::HttpsRequired => "http://jira.example.com",
        Rule::AddressAsHost => "https://192.0.2.1",
        Rule::PrivateName => "https://jira",
        Rule::SpecialAddress => "10.0.0.7",
        Rule::MetadataAddress => "169.254.169.254",
        Rule::UnknownEndpoint | Rule::UrlLength => "upload",
        Rule::PathSegment => "..",
        Rule::HeaderSyntax | Rule::HeaderReserved | Rule::HeaderLimit => "authorization",
        Rule::Audience => "token",
        Rule::Budget => "requests",
        _ => "https://other.example.com",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_beside_this_crate_is_what_the_code_says() {
        let page = page("What the host diagnoses", &examples());
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/DIAGNOSES.md");
        if std::env::var_os("JACKFIELD_BLESS").is_some() {
            assert!(std::fs::write(file, &page).is_ok());
        }
        let kept = std::fs::read_to_string(file).unwrap_or_default();
        assert_eq!(kept, page, "run it once with JACKFIELD_BLESS=1, and commit the page");
    }

    #[test]
    fn every_code_stands_once_with_a_sentence_and_a_remedy() {
        let all = examples();
        for (at, failure) in all.iter().enumerate() {
            assert!(!all.iter().take(at).any(|other| other.code == failure.code), "{failure:?}");
            assert!(failure.message.ends_with('.') && !failure.remedies.is_empty(), "{failure:?}");
        }
    }
}
