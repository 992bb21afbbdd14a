#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::contract::failure::Advice;
use crate::contract::failure::{Cause, Failure, Retry};

fn policy(origins: &[&str], networks: &[&str]) -> EgressPolicy {
    let mut policy = EgressPolicy::strict();
    origins.iter().for_each(|origin| policy.allow_origin(origin).unwrap());
    networks.iter().for_each(|network| policy.allow_network(network).unwrap());
    policy
}

fn rule(policy: &EgressPolicy, url: &str) -> Result<Reach, Rule> {
    policy.judge_url(&Url::parse(url).unwrap()).map_err(|denial| denial.rule())
}

fn address_rule(policy: &EgressPolicy, reach: Reach, address: &str) -> Result<(), Rule> {
    policy.judge_address(reach, address.parse().unwrap()).map_err(|denial| denial.rule())
}

#[test]
fn public_https_names_go_and_nothing_else_does() {
    let strict = EgressPolicy::strict();
    for (url, expected) in [
        ("https://api.github.com", Ok(Reach::Public)),
        ("https://api.github.com:8443/v3?x=1", Ok(Reach::Public)),
        ("https://xn--mnchen-3ya.de", Ok(Reach::Public)),
        ("https://internal.example.com", Ok(Reach::Public)),
        ("https://localhost.example.com", Ok(Reach::Public)),
        ("http://api.github.com", Err(Rule::HttpsRequired)),
        ("ftp://api.github.com", Err(Rule::Scheme)),
        ("file:///etc/passwd", Err(Rule::Scheme)),
        ("data:text/plain,x", Err(Rule::Scheme)),
        ("ws://api.github.com", Err(Rule::Scheme)),
        ("unix://run/docker.sock", Err(Rule::Scheme)),
        ("https://mona@api.github.com", Err(Rule::Userinfo)),
        ("https://mona:pw@api.github.com", Err(Rule::Userinfo)),
        ("https://:pw@api.github.com", Err(Rule::Userinfo)),
        ("https://api.github.com@evil.example.com", Err(Rule::Userinfo)),
        ("https://api.github.com.", Err(Rule::MalformedHost)),
        ("https://api..github.com", Err(Rule::MalformedHost)),
        ("https://*.github.com", Err(Rule::MalformedHost)),
        ("https://localhost", Err(Rule::PrivateName)),
        ("https://LOCALHOST:8443", Err(Rule::PrivateName)),
        ("https://api.localhost", Err(Rule::PrivateName)),
        ("https://jira", Err(Rule::PrivateName)),
        ("https://git.corp", Err(Rule::PrivateName)),
        ("https://git.corp.internal", Err(Rule::PrivateName)),
        ("https://metadata.google.internal", Err(Rule::PrivateName)),
        ("https://printer.local", Err(Rule::PrivateName)),
        ("https://nas.home.arpa", Err(Rule::PrivateName)),
        ("https://router.lan", Err(Rule::PrivateName)),
        ("https://x.onion", Err(Rule::PrivateName)),
        ("https://x.test", Err(Rule::PrivateName)),
        ("https://x.invalid", Err(Rule::PrivateName)),
        ("https://localhost.", Err(Rule::MalformedHost)),
        ("https://140.82.121.6", Err(Rule::AddressAsHost)),
        ("https://[2606:50c0:8000::153]", Err(Rule::AddressAsHost)),
    ] {
        assert_eq!(rule(&strict, url), expected, "{url}");
    }
}

#[test]
fn every_spelling_of_an_address_is_read_as_that_address() {
    let strict = EgressPolicy::strict();
    for url in [
        "https://127.0.0.1",
        "https://127.1",
        "https://0x7f.1",
        "https://0x7f000001",
        "https://2130706433",
        "https://017700000001",
        "https://0177.0.0.1",
        "https://127.0.0.1.",
        "https://%31%32%37.0.0.1",
        "https://127。0。0。1",
        "https://①②⑦.0.0.1",
        "https://10.0.0.1",
        "https://0xa.0.0.1",
        "https://192.168.257",
        "https://[::1]",
        "https://[::ffff:127.0.0.1]",
        "https://[::ffff:7f00:1]",
        "https://[::127.0.0.1]",
        "https://[64:ff9b::7f00:1]",
        "https://[2002:7f00:1::]",
        "https://[fd00::1]",
        "https://[fec0::1]",
    ] {
        assert_eq!(rule(&strict, url), Err(Rule::SpecialAddress), "{url}");
    }
    for url in [
        "https://169.254.169.254",
        "https://2852039166",
        "https://0xa9fea9fe",
        "https://169.254.43518",
        "https://[::ffff:169.254.169.254]",
        "https://[::ffff:a9fe:a9fe]",
        "https://[fe80::1]",
        "https://168.63.129.16",
        "https://100.100.100.200",
        "https://[fd00:ec2::254]",
    ] {
        assert_eq!(rule(&strict, url), Err(Rule::MetadataAddress), "{url}");
    }
}

#[test]
fn an_origin_grants_itself_and_no_neighbor() {
    let policy =
        policy(&["http://git.corp:8080", "https://10.1.2.3", "http://localhost:3000"], &[]);
    for (url, expected) in [
        ("http://git.corp:8080/api", Ok(Reach::Granted)),
        ("http://GIT.corp:8080", Ok(Reach::Granted)),
        ("https://10.1.2.3:443/rest", Ok(Reach::Granted)),
        ("https://0x0a.1.2.3", Ok(Reach::Granted)),
        ("http://localhost:3000", Ok(Reach::Granted)),
        ("http://git.corp", Err(Rule::HttpsRequired)),
        ("https://git.corp:8080", Err(Rule::PrivateName)),
        ("http://git.corp:8081", Err(Rule::HttpsRequired)),
        ("http://git.corp.:8080", Err(Rule::MalformedHost)),
        ("http://git.corp.evil.com:8080", Err(Rule::HttpsRequired)),
        ("http://evilgit.corp:8080", Err(Rule::HttpsRequired)),
        ("http://user@git.corp:8080", Err(Rule::Userinfo)),
        ("http://10.1.2.3", Err(Rule::HttpsRequired)),
        ("https://10.1.2.4", Err(Rule::SpecialAddress)),
        ("https://10.1.2.3:8443", Err(Rule::SpecialAddress)),
        ("http://127.0.0.1:3000", Err(Rule::HttpsRequired)),
    ] {
        assert_eq!(rule(&policy, url), expected, "{url}");
    }
}

#[test]
fn a_network_grants_its_addresses_and_neither_http_nor_names() {
    let policy = policy(&[], &["10.0.0.0/8", "fd00::/8", "140.82.112.0/20"]);
    for (url, expected) in [
        ("https://10.255.0.1", Ok(Reach::Public)),
        ("https://[fd12::1]", Ok(Reach::Public)),
        ("https://140.82.121.6", Ok(Reach::Public)),
        ("https://[::ffff:10.0.0.1]", Ok(Reach::Public)),
        ("http://10.255.0.1", Err(Rule::HttpsRequired)),
        ("https://11.0.0.1", Err(Rule::AddressAsHost)),
        ("https://192.168.0.1", Err(Rule::SpecialAddress)),
        ("https://[fc00::1]", Err(Rule::SpecialAddress)),
        ("https://git.corp", Err(Rule::PrivateName)),
    ] {
        assert_eq!(rule(&policy, url), expected, "{url}");
    }
}

#[test]
fn a_resolved_address_must_be_public_or_allowed() {
    let strict = EgressPolicy::strict();
    let allowing = policy(&["http://git.corp.internal"], &["10.0.0.0/8", "64:ff9b::/96", "::/96"]);
    let (public, granted) = (Reach::Public, Reach::Granted);
    let special = Err(Rule::SpecialAddress);
    for (policy, reach, address, expected) in [
        (&strict, public, "140.82.121.6", Ok(())),
        (&strict, public, "2606:50c0:8000::153", Ok(())),
        (&strict, public, "::ffff:140.82.121.6", Ok(())),
        (&strict, public, "10.0.0.1", special),
        (&strict, public, "127.0.0.1", special),
        (&strict, public, "::1", special),
        (&strict, public, "::ffff:10.0.0.1", special),
        (&strict, public, "64:ff9b::140.82.121.6", special),
        (&allowing, public, "10.9.8.7", Ok(())),
        (&allowing, public, "::ffff:10.9.8.7", Ok(())),
        (&allowing, public, "192.168.1.1", special),
        (&allowing, public, "64:ff9b::140.82.121.6", Ok(())),
        (&allowing, public, "64:ff9b::10.9.8.7", Ok(())),
        (&allowing, public, "64:ff9b::192.168.1.1", special),
        (&allowing, public, "64:ff9b::169.254.169.254", Err(Rule::MetadataAddress)),
        (&allowing, public, "::169.254.169.254", Err(Rule::MetadataAddress)),
        (&allowing, granted, "192.168.1.1", Ok(())),
        (&allowing, granted, "127.0.0.1", Ok(())),
        (&allowing, granted, "::1", Ok(())),
        (&allowing, granted, "240.0.0.1", Ok(())),
    ] {
        assert_eq!(address_rule(policy, reach, address), expected, "{reach:?} {address}");
    }
}

#[test]
fn a_granted_name_does_not_open_metadata_through_its_resolver() {
    let policy = policy(&["http://git.corp.internal"], &["0.0.0.0/0", "::/0"]);
    for address in [
        "169.254.169.254",
        "169.254.0.1",
        "168.63.129.16",
        "100.100.100.200",
        "192.0.0.192",
        "fe80::1",
        "fd00:ec2::254",
        "fd20:ce::254",
        "::ffff:169.254.169.254",
        "2002:a9fe:a9fe::1",
    ] {
        for reach in [Reach::Granted, Reach::Public] {
            let found = address_rule(&policy, reach, address);
            assert_eq!(found, Err(Rule::MetadataAddress), "{reach:?} {address}");
        }
    }
}

#[test]
fn nobody_opens_unspecified_multicast_and_broadcast_addresses() {
    let mut policy = policy(&["http://git.corp.internal"], &["0.0.0.0/0", "::/0", "0.0.0.0/32"]);
    for address in
        ["0.0.0.0", "0.1.2.3", "224.0.0.1", "239.255.255.255", "255.255.255.255", "::", "ff02::1"]
    {
        for reach in [Reach::Granted, Reach::Public] {
            let denial = policy.judge_address(reach, address.parse().unwrap()).unwrap_err();
            assert_eq!(denial.rule(), Rule::SpecialAddress, "{address}");
            assert_eq!(denial.granter(), Granter::Nobody, "{address}");
        }
    }
    for origin in ["http://0.0.0.0", "http://[::]", "http://255.255.255.255", "http://0"] {
        assert!(policy.allow_origin(origin).is_err(), "{origin}");
    }
}

#[test]
fn metadata_is_opened_by_naming_it() {
    let by_network = policy(&[], &["169.254.169.254/32"]);
    assert_eq!(address_rule(&by_network, Reach::Public, "169.254.169.254"), Ok(()));
    assert_eq!(
        address_rule(&by_network, Reach::Public, "169.254.169.253"),
        Err(Rule::MetadataAddress)
    );
    let by_link = policy(&[], &["169.254.0.0/16"]);
    assert_eq!(address_rule(&by_link, Reach::Public, "169.254.1.1"), Ok(()));
    assert_eq!(
        address_rule(&by_link, Reach::Public, "169.254.169.254"),
        Err(Rule::MetadataAddress)
    );
    let by_origin = policy(&["http://169.254.169.254"], &[]);
    assert_eq!(rule(&by_origin, "http://169.254.169.254/latest"), Ok(Reach::Granted));
    assert_eq!(address_rule(&by_origin, Reach::Granted, "169.254.169.254"), Ok(()));
    assert_eq!(rule(&by_origin, "https://169.254.169.254/latest"), Err(Rule::AddressAsHost));
}

#[test]
fn what_is_no_network_is_refused() {
    let mut policy = EgressPolicy::strict();
    for network in [
        "",
        "10",
        "10.0.0.0/",
        "10.0.0.0/33",
        "10.0.0.0/-1",
        "10.0.0.0/+8",
        "10.0.0.1/8",
        "10.0.0.0/8/8",
        "fd00::/129",
        "fd00::1/8",
        "::ffff:10.0.0.0/104",
        "0x7f.1/8",
        "10.0.0/8",
        "localhost",
        " 10.0.0.0/8",
        "10.0.0.0/08x",
    ] {
        assert!(policy.allow_network(network).is_err(), "{network:?}");
    }
    let hint = policy.allow_network("10.1.2.3/8").unwrap_err().to_string();
    assert!(hint.contains("`10.0.0.0/8`"), "{hint}");
}

#[test]
fn a_denial_says_the_rule_the_subject_and_who_grants() {
    let denial = EgressPolicy::strict()
        .judge_url(&Url::parse("http://git.corp.internal:8080/x?token=abc").unwrap())
        .unwrap_err();
    assert_eq!(
        denial.to_string(),
        "`http://git.corp.internal:8080` is not encrypted: https is required; blocked by policy rule `https-required`."
    );
    assert_eq!(denial.granter(), Granter::Administrator);
    let origin = "http://git.corp.internal:8080".to_owned();
    assert_eq!(denial.remedy().advice, Some(Advice::AllowOrigin { origin }));

    let address = EgressPolicy::strict().judge_address(Reach::Public, "10.0.0.5".parse().unwrap());
    let denial = address.unwrap_err().resolved_from("jira.example.com");
    assert_eq!(
        denial.to_string(),
        "`jira.example.com` has the address 10.0.0.5, which is in a private network (RFC 1918) (10.0.0.0/8); blocked by policy rule `special-address`."
    );
}

/// Whose data it was decides the cause; the words name the server, or the connector.
#[test]
fn a_denial_blames_whose_data_it_was() {
    for rule in Rule::ALL {
        let denial = Denial::new(rule, "https://subject.example");
        let failure: Failure = denial.clone().into();
        let provider = denial.source() == Source::Provider;
        assert_eq!(failure.cause == Cause::Protocol, provider, "{rule}");
        assert_eq!(failure.cause == Cause::Denied, !provider, "{rule}");
        let text = format!("{} {:?}", failure.message, failure.remedies);
        let blames_author = text.contains("Report this to the connector's author");
        let connector = denial.source() == Source::Connector && rule != Rule::Audience;
        assert_eq!(blames_author, connector, "{rule}: {text}");
        assert!(!failure.remedies.is_empty(), "{rule}");
        assert!(text.contains(rule.code()), "{rule}: {text}");
    }
    for (rule, starts) in [
        (
            Rule::RedirectLimit,
            "The host stopped after 5 redirects in a row; the last one pointed to `x`",
        ),
        (Rule::RedirectOrigin, "The server redirected to `x`, another origin;"),
        (Rule::RedirectLocation, "The server `x` redirected to something that is not a URL"),
        (Rule::RedirectDowngrade, "The server redirected from https to http, to `x`"),
        (Rule::HeaderReserved, "The connector tried to set the header `x`"),
        (Rule::UnknownEndpoint, "The connector asked for the endpoint `x`"),
    ] {
        let said = Denial::new(rule, "x").to_string();
        assert!(said.starts_with(starts), "{said}");
    }
}

#[test]
fn a_denial_becomes_a_failure_with_its_rule_as_evidence() {
    let denied = |url: &str| -> Failure {
        EgressPolicy::strict().judge_url(&Url::parse(url).unwrap()).unwrap_err().into()
    };
    let failure = denied("http://git.corp.internal");
    assert_eq!(failure.cause, Cause::Denied);
    assert_eq!(failure.retry, Retry::AfterUserAction);
    assert_eq!(failure.evidence.first().map(|field| field.value.as_str()), Some("https-required"));
    assert_eq!(failure.remedies.len(), 1);
    assert_eq!(denied("ftp://x.example.com").retry, Retry::Never);
}

#[test]
fn a_denial_shows_no_password_no_query_and_no_control_characters() {
    let url = Url::parse("https://mona:hunter2@api.github.com/x?token=hunter2").unwrap();
    let denial = EgressPolicy::strict().judge_url(&url).unwrap_err();
    assert!(!denial.to_string().contains("hunter2"), "{denial}");
    let forged = Denial::new(Rule::HeaderSyntax, "x\nWARN all is well\u{1b}[2J");
    assert!(!forged.to_string().contains(char::is_control), "{forged}");
    let long = Denial::new(Rule::HeaderSyntax, "x".repeat(10_000));
    assert!(long.to_string().len() < 400);
}
