//! What the manifest says of tokens and streams, held against the check.

use super::*;

#[test]
fn every_kind_of_the_manifest_is_known_and_only_the_refresh_token_is_refused() {
    let manifest: serde_json::Value = serde_json::from_str(GitHub::MANIFEST).unwrap();
    let kinds = manifest["auth"][0]["secrets"][0]["kinds"].as_array().unwrap();
    for kind in kinds {
        let name = kind["name"].as_str().unwrap();
        let refused = kind["refuse"].is_string();
        assert_eq!(refused, name == "refresh-token", "{name}");
        assert_eq!(Kind::named(Some(name)) == Kind::Unknown, refused, "{name}");
        let summed = ["classic", "oauth", "app-user", "refresh-token"].contains(&name);
        let checksum = summed.then_some("crc32_base62");
        assert_eq!(kind["checksum"].as_str(), checksum, "{name}");
    }
    assert_eq!(kinds.len(), 7);
}

#[test]
fn a_classic_token_is_created_with_every_scope_that_the_check_wants() {
    let site = crate::site::Site::at("https://api.github.com");
    let manifest: serde_json::Value = serde_json::from_str(GitHub::MANIFEST).unwrap();
    let steps = manifest["auth"][0]["steps"].as_array().unwrap();
    let mut urls = steps.iter().filter_map(|step| step["url"].as_str());
    let step = urls.find(|url| url.contains("scopes=")).unwrap().to_owned();
    for link in [step, Kind::Classic.new_page(&site), Kind::Legacy.new_page(&site)] {
        let (page, held) = link.split_once("?scopes=").unwrap();
        assert_eq!(page, "https://github.com/settings/tokens/new");
        let permissions = scopes::permissions(&scopes::listed(held));
        assert!(permissions.iter().all(|one| one.grant == Grant::Granted), "{link}");
    }
}

#[test]
fn every_stream_of_the_manifest_can_be_read_and_names_its_permissions() {
    let manifest: serde_json::Value = serde_json::from_str(GitHub::MANIFEST).unwrap();
    for stream in manifest["streams"].as_array().unwrap() {
        let name = stream["name"].as_str().unwrap();
        let request = jackfield_guest::ReadRequest {
            stream: name.to_owned(),
            cursor: None,
            parameters: r#"{"repository":"a/b","organization":"c"}"#.to_owned(),
            limit: 1,
            skip_oversized: false,
        };
        let list = script("classic", [Response::new(200).with_json("[]")]);
        assert!(list.run(|| GitHub::read(settings(), request)).0.is_ok(), "{name}");
        let permissions = stream["permissions"].as_array().unwrap();
        assert!(permissions.iter().all(|text| text.as_str().unwrap().len() <= 80), "{name}");
        assert!(!permissions.is_empty(), "{name}");
    }
}
