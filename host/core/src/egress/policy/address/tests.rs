#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;

fn range_of(address: &str) -> Option<String> {
    special_range(address.parse().unwrap()).map(|range| range.network.to_string())
}

/// First and last address of each range, and the neighbors on either side.
#[test]
fn ranges_end_where_the_registries_end_them() {
    for (range, first, last, before, after) in [
        ("0.0.0.0/8", "0.0.0.0", "0.255.255.255", None, Some("1.0.0.0")),
        ("10.0.0.0/8", "10.0.0.0", "10.255.255.255", Some("9.255.255.255"), Some("11.0.0.0")),
        (
            "100.64.0.0/10",
            "100.64.0.0",
            "100.127.255.255",
            Some("100.63.255.255"),
            Some("100.128.0.0"),
        ),
        ("127.0.0.0/8", "127.0.0.0", "127.255.255.255", Some("126.255.255.255"), Some("128.0.0.0")),
        (
            "169.254.0.0/16",
            "169.254.0.0",
            "169.254.255.255",
            Some("169.253.255.255"),
            Some("169.255.0.0"),
        ),
        (
            "172.16.0.0/12",
            "172.16.0.0",
            "172.31.255.255",
            Some("172.15.255.255"),
            Some("172.32.0.0"),
        ),
        ("192.0.0.0/24", "192.0.0.0", "192.0.0.255", Some("191.255.255.255"), Some("192.0.1.0")),
        ("192.0.2.0/24", "192.0.2.0", "192.0.2.255", Some("192.0.1.255"), Some("192.0.3.0")),
        (
            "192.88.99.0/24",
            "192.88.99.0",
            "192.88.99.255",
            Some("192.88.98.255"),
            Some("192.88.100.0"),
        ),
        (
            "192.168.0.0/16",
            "192.168.0.0",
            "192.168.255.255",
            Some("192.167.255.255"),
            Some("192.169.0.0"),
        ),
        (
            "198.18.0.0/15",
            "198.18.0.0",
            "198.19.255.255",
            Some("198.17.255.255"),
            Some("198.20.0.0"),
        ),
        (
            "198.51.100.0/24",
            "198.51.100.0",
            "198.51.100.255",
            Some("198.51.99.255"),
            Some("198.51.101.0"),
        ),
        (
            "203.0.113.0/24",
            "203.0.113.0",
            "203.0.113.255",
            Some("203.0.112.255"),
            Some("203.0.114.0"),
        ),
        ("224.0.0.0/4", "224.0.0.0", "239.255.255.255", Some("223.255.255.255"), None),
        ("240.0.0.0/4", "240.0.0.0", "255.255.255.254", None, None),
        ("255.255.255.255/32", "255.255.255.255", "255.255.255.255", None, None),
        (
            "168.63.129.16/32",
            "168.63.129.16",
            "168.63.129.16",
            Some("168.63.129.15"),
            Some("168.63.129.17"),
        ),
        (
            "2001::/23",
            "2001:1::",
            "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff",
            None,
            Some("2001:200::"),
        ),
        ("2001::/32", "2001::", "2001:0:ffff:ffff:ffff:ffff:ffff:ffff", None, None),
        (
            "2001:db8::/32",
            "2001:db8::",
            "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
            Some("2001:db7::"),
            Some("2001:db9::"),
        ),
        (
            "2002::/16",
            "2002::",
            "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            Some("2001:ffff::"),
            Some("2003::"),
        ),
        (
            "3fff::/20",
            "3fff::",
            "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff",
            Some("3ffe::"),
            Some("3fff:1000::"),
        ),
    ] {
        assert_eq!(range_of(first).as_deref(), Some(range), "{first}");
        assert_eq!(range_of(last).as_deref(), Some(range), "{last}");
        for neighbor in [before, after].into_iter().flatten() {
            assert_eq!(range_of(neighbor), None, "{neighbor}");
        }
    }
}

#[test]
fn outside_of_global_unicast_nothing_is_public() {
    for (address, expected) in [
        ("::", "::/128"),
        ("::1", "::1/128"),
        ("::2", "::/96"),
        ("::1.2.3.4", "::/96"),
        ("::1:0:0:0", "::/0"),
        ("64:ff9b::1.2.3.4", "64:ff9b::/96"),
        ("64:ff9b:1::", "64:ff9b:1::/48"),
        ("64:ff9b:1:ffff::", "64:ff9b:1::/48"),
        ("64:ff9b:2::", "::/0"),
        ("100::", "100::/64"),
        ("100:0:0:1::", "::/0"),
        ("1fff::", "::/0"),
        ("4000::", "::/0"),
        ("5f00::1", "5f00::/16"),
        ("fbff::", "::/0"),
        ("fc00::", "fc00::/7"),
        ("fdff:ffff::", "fc00::/7"),
        ("fe00::", "::/0"),
        ("fe80::", "fe80::/10"),
        ("febf:ffff::", "fe80::/10"),
        ("fec0::", "fec0::/10"),
        ("feff:ffff::", "fec0::/10"),
        ("ff00::", "ff00::/8"),
        ("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ff00::/8"),
    ] {
        assert_eq!(range_of(address).as_deref(), Some(expected), "{address}");
    }
    for address in
        ["2000::", "2606:50c0:8000::153", "2a00:1450::", "3fff:1000::", "2001:4860:4860::8888"]
    {
        assert_eq!(range_of(address), None, "{address}");
    }
}

#[test]
fn mapped_addresses_are_those_that_they_map() {
    assert_eq!(range_of("::ffff:10.0.0.1").as_deref(), Some("10.0.0.0/8"));
    assert_eq!(range_of("::ffff:169.254.169.254").as_deref(), Some("169.254.169.254/32"));
    assert_eq!(range_of("::ffff:140.82.121.6"), None);
}

#[test]
fn a_network_covers_narrower_ones_of_its_family() {
    let network = |text: &str| text.parse::<Network>().unwrap();
    let ten = network("10.0.0.0/8");
    for (other, expected) in [
        ("10.0.0.0/8", true),
        ("10.1.0.0/16", true),
        ("10.1.2.3", true),
        ("10.0.0.0/7", false),
        ("11.0.0.0/16", false),
        ("::/0", false),
        ("a00::/8", false),
    ] {
        assert_eq!(ten.covers(&network(other)), expected, "{other}");
    }
    assert!(network("0.0.0.0/0").contains("1.2.3.4".parse().unwrap()));
    assert!(network("::/0").contains("::1".parse().unwrap()));
    assert!(!network("0.0.0.0/0").contains("::1".parse().unwrap()));
}

#[test]
fn embedded_addresses_are_found_where_translators_put_them() {
    for (address, expected) in [
        ("64:ff9b::10.0.0.1", Some("10.0.0.1")),
        ("2002:a00:1::5", Some("10.0.0.1")),
        ("::10.0.0.1", Some("10.0.0.1")),
        ("::1", None),
        ("::", None),
        ("2606:50c0::a00:1", None),
        ("10.0.0.1", None),
    ] {
        let found = embedded_ipv4(address.parse().unwrap()).map(|inner| inner.to_string());
        assert_eq!(found.as_deref(), expected, "{address}");
    }
}
