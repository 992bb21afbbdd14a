//! The manifest says what the code does. Its form is the host's to judge; here stands what only this
//! connector knows.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use jackfield_guest::Connector;
use serde_json::Value;

use crate::Jira;
use crate::settings::Method;

fn manifest() -> Value {
    serde_json::from_str(Jira::MANIFEST).unwrap()
}

fn names(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|entry| entry["name"].as_str().unwrap()).collect()
}

#[test]
fn every_method_has_a_secret_by_which_the_code_tells_it() {
    let manifest = manifest();
    let methods: Vec<_> = Method::ALL.iter().map(|(name, _)| *name).collect();
    assert_eq!(names(&manifest["auth"]), methods);
    for method in manifest["auth"].as_array().unwrap() {
        assert_eq!(names(&method["secrets"]), [method["name"].as_str().unwrap()]);
    }
}

#[test]
fn only_an_api_token_may_go_to_the_gateway() {
    let audience = |method: &Value| -> Vec<String> {
        let attach = method["attach"].as_array().unwrap();
        let endpoints = attach.iter().flat_map(|one| one["endpoints"].as_array().unwrap());
        endpoints.map(|name| name.as_str().unwrap().to_owned()).collect()
    };
    let manifest = manifest();
    let audiences: Vec<_> = manifest["auth"].as_array().unwrap().iter().map(audience).collect();
    assert_eq!(audiences, [vec!["site", "gateway"], vec!["site"], vec!["site"]]);
    assert_eq!(names(&manifest["endpoints"]), ["site", "gateway"]);
}

#[test]
fn streams_are_those_that_are_read() {
    assert_eq!(names(&manifest()["streams"]), ["projects", "issues", "users"]);
}

#[test]
fn owners_of_platforms_are_told_atlassians_policy() {
    let help = manifest()["help"].to_string();
    assert!(help.contains("Apps that collect API tokens"));
    assert!(help.contains("Acceptable use policy"));
}

#[test]
fn pages_of_jira_are_no_context_path() {
    let manifest = manifest();
    let host = &manifest["settings"][1];
    let pages: Vec<_> =
        host["pages"].as_array().unwrap().iter().map(|page| page.as_str().unwrap()).collect();
    for page in
        ["browse", "projects", "secure", "issues", "rest", "plugins", "servicedesk", "login.jsp"]
    {
        assert!(pages.contains(&page), "{page}");
    }
    assert!(!pages.contains(&"jira"), "the usual context path");
    let mut once = pages.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), pages.len());
}
