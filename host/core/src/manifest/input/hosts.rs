//! Hosts and URLs, in their one normal form.

use url::{Host, Url};

/// An absolute http or https URL without userinfo, query, fragment and trailing slash.
/// Whatever is wrong with it, a URL's password is not repeated.
pub(crate) fn normal_url(text: &str) -> Result<String, String> {
    if text.contains(|c: char| c.is_whitespace() || c.is_control() || c == '\\') {
        return Err("must have no blanks and no backslashes.".to_owned());
    }
    let scheme = text.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    if !matches!(scheme.as_deref(), Some("http" | "https")) {
        return Err("must be a URL that begins with https://.".to_owned());
    }
    let mut url = Url::parse(text).map_err(|error| format!("is not a URL: {error}."))?;
    let authority = text.split_once("://").map_or("", |(_, rest)| rest);
    let authority = authority.split(['/', '?', '#']).next().unwrap_or_default();
    // More slashes than two are taken for two by the parser.
    let named = !url.username().is_empty() || url.password().is_some();
    if named || authority.contains('@') {
        return Err("must have no user name and no password.".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("must have no `?` and no `#`, and nothing behind them.".to_owned());
    }
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    let text: String = url.into();
    Ok(text.trim_end_matches('/').to_owned())
}

/// A host in lower case, IDNs as `xn--`, with its port if it has one; `None` for anything else.
pub(crate) fn normal_host(text: &str) -> Option<String> {
    let (name, port) = match text.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => (name, Some(port)),
        _ => (text, None),
    };
    let unusable = |c: char| "/?#@\\%".contains(c) || c.is_whitespace() || c.is_control();
    if name.contains(unusable) {
        return None;
    }
    let host = Host::parse(name).ok()?;
    if matches!(&host, Host::Domain(name) if name.contains('*') || name.split('.').any(str::is_empty))
    {
        return None;
    }
    match port {
        None => Some(host.to_string()),
        Some(digits) => {
            let port =
                digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse::<u16>());
            let port = port?.ok().filter(|port| *port > 0)?;
            Some(format!("{host}:{port}"))
        }
    }
}
