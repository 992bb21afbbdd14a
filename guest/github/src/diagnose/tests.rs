#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use jackfield_guest::Retry;

use jackfield_guest::testing::{cause_name, evidence};

use super::*;

/// 2026-01-01T00:00:00Z.
const NOW: Timestamp = 1_767_225_600_000;
const DOT_COM: &str = "https://api.github.com";
const SERVER: &str = "https://git.acme.org/api/v3";
const PAGE: &str = "<!DOCTYPE html><html><head><title>Sign in</title></head>";

/// One row: an answer, and what it must mean.
struct Row {
    name: &'static str,
    response: Response,
    kind: Kind,
    site: &'static str,
    about: About<'static>,
    expires_at: Option<Timestamp>,
    rule: &'static str,
    code: &'static str,
    /// Each must be in the message, a remedy, a link, a field or the retry.
    says: Vec<&'static str>,
    /// None may be there.
    hushes: Vec<&'static str>,
}

fn row(name: &'static str, status: u16, body: &'static str) -> Row {
    let response = match body {
        "" => Response::new(status),
        body if body.starts_with('<') => {
            Response::new(status).with_header("content-type", "text/html").with_body(body)
        }
        body if body.starts_with('{') => Response::new(status).with_json(body),
        message => {
            let text = serde_json::json!({ "message": message, "status": status.to_string() });
            Response::new(status).with_json(&text.to_string())
        }
    };
    Row {
        name,
        response: response.with_header("x-github-request-id", "CA6A:617C:4252CD4"),
        kind: Kind::Classic,
        site: DOT_COM,
        about: About::Repository("octo/hello"),
        expires_at: None,
        rule: "",
        code: "",
        says: Vec::new(),
        hushes: Vec::new(),
    }
}

impl Row {
    fn header(mut self, name: &str, value: &str) -> Self {
        self.response = self.response.with_header(name, value);
        self
    }

    fn kind(mut self, kind: Kind) -> Self {
        self.kind = kind;
        self
    }

    fn site(mut self, site: &'static str) -> Self {
        self.site = site;
        self
    }

    fn about(mut self, about: About<'static>) -> Self {
        self.about = about;
        self
    }

    /// Without what only GitHub itself sends.
    fn foreign(mut self) -> Self {
        self.response.headers.retain(|field| field.name != "x-github-request-id");
        self
    }

    fn ended(mut self, at: Timestamp) -> Self {
        self.expires_at = Some(at);
        self
    }

    fn means<const N: usize>(
        mut self,
        rule: &'static str,
        code: &'static str,
        says: [&'static str; N],
    ) -> Self {
        (self.rule, self.code, self.says) = (rule, code, says.to_vec());
        self
    }

    fn never<const N: usize>(mut self, hushes: [&'static str; N]) -> Self {
        self.hushes = hushes.to_vec();
        self
    }

    fn context<'a>(&self, site: &'a Site) -> Context<'a> {
        Context { site, kind: self.kind, expires_at: self.expires_at, now: NOW, about: self.about }
    }

    fn diagnose(&self) -> Failure {
        diagnose(&self.response, &self.context(&Site::at(self.site)))
    }
}

/// All that a person or a program sees, in one text.
fn told(failure: &Failure) -> String {
    let remedies = failure.remedies.iter().map(|one| format!("{} {:?}", one.text, one.url));
    let fields = failure.fields.iter().map(|one| format!("{}: {}", one.pointer, one.message));
    let parts: Vec<_> = remedies.chain(fields).collect();
    format!("{} {} {:?}", failure.message, parts.join(" "), failure.retry)
}

fn judge(rows: Vec<Row>) {
    for row in rows {
        let failure = row.diagnose();
        let (name, told) = (row.name, told(&failure));
        assert_eq!(failure.code, row.rule, "{name}: {told}");
        assert_eq!(cause_name(&failure.cause), row.code, "{name}");
        for text in &row.says {
            assert!(told.contains(text), "{name}: `{text}` is not in: {told}");
        }
        for text in &row.hushes {
            assert!(!told.contains(text), "{name}: `{text}` is in: {told}");
        }
        well_formed(name, &row, &failure);
    }
}

/// What holds of every failure, whatever came.
fn well_formed(name: &str, row: &Row, failure: &Failure) {
    let limited = failure.cause == Cause::RateLimited;
    let tells_time = limited && failure.message.contains(|letter: char| letter.is_ascii_digit());
    assert!(!tells_time, "{name}: when to come back is in retry: {}", failure.message);
    assert!(!failure.remedies.is_empty() || failure.code == "deleted", "{name}: no remedy");
    assert_eq!(evidence(failure, "status"), row.response.status.to_string(), "{name}");
    assert!(
        failure.message.ends_with('.') && failure.message.len() < 700,
        "{name}: {}",
        failure.message
    );
    assert!(!failure.message.contains("does not exist"), "{name}");
    assert!(failure.fields.is_empty() || failure.cause == Cause::InvalidInput, "{name}");
    let wants_person = failure.retry == Retry::AfterUserAction;
    assert!(!wants_person || !failure.remedies.is_empty(), "{name} has no remedy");
    for remedy in &failure.remedies {
        assert!(remedy.text.ends_with('.'), "{name}: {}", remedy.text);
        let url = remedy.url.as_deref().unwrap_or("https://");
        let own = row.site.starts_with("http://") && url.starts_with("http://");
        assert!(own || url.starts_with("https://"), "{name}: {url}");
        assert!(!url.contains(char::is_whitespace), "{name}: {url}");
    }
    for text in [&failure.message].into_iter().chain(failure.evidence.iter().map(|one| &one.value))
    {
        assert!(
            !text.contains(|letter: char| letter.is_control() || letter == '\u{202e}'),
            "{name}"
        );
    }
}

#[test]
fn a_refused_credential_is_told_apart() {
    judge(credential_rows());
}

fn credential_rows() -> Vec<Row> {
    vec![
        row("bad credentials", 401, "Bad credentials").means("bad-credentials", "credential-rejected", ["classic token", "mistyped", "Some(\"https://github.com/settings/tokens/new?scopes=repo,read:org\")", "AfterUserAction"]),
        row("bad fine-grained", 401, "Bad credentials").kind(Kind::FineGrained).means("bad-credentials", "credential-rejected", ["fine-grained token", "https://github.com/settings/personal-access-tokens/new"]),
        row("bad unknown", 401, "Bad credentials").kind(Kind::Unknown).means("bad-credentials", "credential-rejected", ["accept the token:"]),
        row("bad installation", 401, "Bad credentials").kind(Kind::Installation).means("bad-credentials", "credential-rejected", ["one hour", "issue a new installation token"]),
        row("bad oauth", 401, "Bad credentials").kind(Kind::OAuth).means("bad-credentials", "credential-rejected", ["Authorize the app again"]),
        row("bad app user", 401, "Bad credentials").kind(Kind::AppUser).means("bad-credentials", "credential-rejected", ["https://github.com/settings/apps/authorizations"]),
        row("expired yesterday", 401, "Bad credentials").ended(NOW - 86_400_000).means("token-expired", "credential-expired", ["classic token expired on 2025-12-31", "settings/tokens/new"]),
        row("expires now", 401, "Bad credentials").ended(NOW).means("token-expired", "credential-expired", ["expired on 2026-01-01"]),
        row("expires in a moment", 401, "Bad credentials").ended(NOW + 1).means("bad-credentials", "credential-rejected", []),
        row("on a server", 401, "Bad credentials").site(SERVER).means("bad-credentials", "credential-rejected", ["https://git.acme.org/settings/tokens"]),
        row("on a server by http", 401, "Bad credentials").site("http://git.acme.org/api/v3").means("bad-credentials", "credential-rejected", ["http://git.acme.org/settings/tokens/new"]),
        row("empty 401", 401, "").means("bad-credentials", "credential-rejected", []),
        row("text 401", 401, "{").means("bad-credentials", "credential-rejected", []),
        row("requires authentication", 401, "Requires authentication").means("token-did-not-arrive", "credential-rejected", ["saw no token", "proxy"]),
        row("private mode", 401, "Must authenticate to access this API.").site(SERVER).means("token-did-not-arrive", "credential-rejected", []),
        row("endpoint requires", 401, "This endpoint requires you to be authenticated.").means("token-did-not-arrive", "credential-rejected", []),
        row("one-time password", 401, "Must specify two-factor authentication OTP code.").header("x-github-otp", "required; app").means("one-time-password", "credential-rejected", ["password"]),
        row("app's own token", 401, "A JSON web token could not be decoded").means("app-key-token", "credential-rejected", ["installation token"]),
        row("app's own token expired", 401, "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires").means("app-key-token", "credential-rejected", ["claim ('exp')"]),
        row("suspended account", 403, "Sorry. Your account was suspended.").means("account-suspended", "credential-rejected", ["suspended"]),
        row("page for 401", 401, PAGE).means("web-page-instead", "protocol", ["Sign in"]),

        row("fine-grained ended long ago", 401, "Bad credentials").kind(Kind::FineGrained).ended(1000).means("token-expired", "credential-expired", ["fine-grained token expired on 1970-01-01", "https://github.com/settings/personal-access-tokens/new"]),
        row("installation ended an hour ago", 401, "Bad credentials").kind(Kind::Installation).ended(NOW - 3_600_000).means("token-expired", "credential-expired", ["issue a new installation token"]),
        row("app user ended on a server", 401, "").site(SERVER).kind(Kind::AppUser).ended(NOW - 1).means("token-expired", "credential-expired", ["Authorize the app again", "https://git.acme.org/settings/apps/authorizations"]),
        row("ended, but nothing arrived", 401, "Requires authentication").ended(NOW - 1).means("token-did-not-arrive", "credential-rejected", []),
        row("suspended, other words", 403, "Your account has been suspended").site(SERVER).means("account-suspended", "credential-rejected", ["https://git.acme.org/contact"]),
    ]
}

#[test]
fn limits_say_when_to_come_back() {
    judge(limit_rows());
}

fn limit_rows() -> Vec<Row> {
    let secondary =
        "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.";
    let primary = "API rate limit exceeded for user ID 1.";
    vec![
        row("secondary, seconds", 403, secondary).header("retry-after", "120").means("secondary-rate-limit", "rate-limited", ["After(120000)", "fewer programs"]),
        row("secondary, 429", 429, secondary).header("retry-after", "8").means("secondary-rate-limit", "rate-limited", ["After(8000)"]),
        row("secondary, date", 403, secondary).header("retry-after", "Thu, 01 Jan 2026 00:01:30 GMT").means("secondary-rate-limit", "rate-limited", ["After(90000)"]),
        row("secondary, past date", 403, secondary).header("retry-after", "Wed, 31 Dec 2025 00:00:00 GMT").means("secondary-rate-limit", "rate-limited", ["After(1000)"]),
        row("secondary, no wait", 403, secondary).header("gh-limited-by", "search-elapsed-time-shared-grouped").header("x-ratelimit-remaining", "4000").means("secondary-rate-limit", "rate-limited", ["After(60000)"]),
        row("secondary, blank wait", 403, secondary).header("retry-after", " ").means("secondary-rate-limit", "rate-limited", ["After(60000)"]),
        row("secondary, zero", 429, secondary).header("retry-after", "0").means("secondary-rate-limit", "rate-limited", ["After(1000)"]),
        row("secondary, absurd", 429, secondary).header("retry-after", "18446744073709551615").means("secondary-rate-limit", "rate-limited", ["After(86400000)"]),
        row("secondary, garbage", 429, secondary).header("retry-after", "-5").means("secondary-rate-limit", "rate-limited", ["After(60000)"]),
        row("secondary though quota is empty", 403, secondary).header("x-ratelimit-remaining", "0").header("x-ratelimit-reset", "1767229200").means("secondary-rate-limit", "rate-limited", ["After(60000)"]),
        row("abuse", 403, "You have triggered an abuse detection mechanism. Please wait a few minutes before you try again.").means("secondary-rate-limit", "rate-limited", []),
        row("submitted too quickly", 403, "Content was submitted too quickly").means("secondary-rate-limit", "rate-limited", []),
        row("limited by a header alone", 403, "").header("gh-limited-by", "cpu").means("secondary-rate-limit", "rate-limited", []),
        row("2018: wait without limits", 403, "").header("retry-after", "60").means("secondary-rate-limit", "rate-limited", ["After(60000)"]),
        row("429 alone", 429, "").means("secondary-rate-limit", "rate-limited", ["After(60000)"]),
        row("429 page", 429, PAGE).header("retry-after", "30").means("page-limit", "rate-limited", ["After(30000)"]),
        row("primary", 403, primary).header("x-ratelimit-remaining", "0").header("x-ratelimit-reset", "1767229200").means("primary-rate-limit", "rate-limited", ["used up", "After(3601000)", "https://github.com/settings/apps/new"]),
        row("primary, 429", 429, primary).header("x-ratelimit-remaining", "0").header("x-ratelimit-reset", "1767225660").means("primary-rate-limit", "rate-limited", ["After(61000)"]),
        row("primary, headers alone", 429, "").header("x-ratelimit-remaining", "0").header("x-ratelimit-reset", "1767225660").means("primary-rate-limit", "rate-limited", ["After(61000)"]),
        row("primary, headers alone, 403", 403, "").header("x-ratelimit-remaining", "0").header("x-ratelimit-reset", "1767225660").means("primary-rate-limit", "rate-limited", ["After(61000)"]),
        row("primary, reset has passed", 403, primary).header("x-ratelimit-reset", "1767225000").means("primary-rate-limit", "rate-limited", ["After(1000)"]),
        row("primary, absurd reset", 403, primary).header("x-ratelimit-reset", "99999999999999").means("primary-rate-limit", "rate-limited", ["After(86400000)"]),
        row("primary, reset overflows", 403, primary).header("x-ratelimit-reset", "18446744073709551615").means("primary-rate-limit", "rate-limited", ["After(900000)"]),
        row("primary of 2013", 403, "API Rate Limit Exceeded for 92.104.200.119").header("x-ratelimit-remaining", "0").header("x-ratelimit-limit", "60").means("primary-rate-limit", "rate-limited", ["After(900000)", "did not reach GitHub", "removes the Authorization header"]).never(["GitHub App", "Wait"]),
        row("sixty on a server is any limit", 403, primary).site(SERVER).header("x-ratelimit-limit", "60").means("primary-rate-limit", "rate-limited", ["share the limit", "GitHub App"]).never(["did not reach"]),
        row("sixty of a token that is known", 403, primary).header("x-ratelimit-limit", "60").header("x-oauth-scopes", "repo").means("primary-rate-limit", "rate-limited", ["share the limit"]).never(["did not reach"]),
        row("primary, anonymous", 403, "API rate limit exceeded for 1.2.3.4. (But here's the good news: Authenticated requests get a higher rate limit.)").means("primary-rate-limit", "rate-limited", ["did not reach GitHub", "proxy between here and GitHub removes the Authorization header", "After(900000)"]).never(["use a GitHub App", "Wait"]),
        row("permission while quota is empty", 403, "Resource not accessible by personal access token").header("x-ratelimit-remaining", "0").means("permission-missing", "permission-missing", []),
        row("single sign-on while quota is empty", 403, "Resource protected by organization SAML enforcement.").header("x-ratelimit-remaining", "0").means("single-sign-on-required", "policy-refused", []),
        row("lockout", 403, "Maximum number of login attempts exceeded. Please try again later.").means("login-lockout", "rate-limited", ["After(900000)", "Stop"]),
        row("lockout with wait", 403, "Maximum number of login attempts exceeded").header("retry-after", "60").means("login-lockout", "rate-limited", ["After(60000)"]),

        row("lockout, 429", 429, "Maximum number of login attempts exceeded. Please try again later.").means("login-lockout", "rate-limited", ["the right token's too"]),
        row("lockout, 401", 401, "Too many failed login attempts").means("login-lockout", "rate-limited", ["After(900000)"]),
        row("primary on a server", 403, primary).site(SERVER).header("x-ratelimit-reset", "1767225660").means("primary-rate-limit", "rate-limited", ["After(61000)", "https://git.acme.org/settings/apps/new"]),
    ]
}

#[test]
fn a_policy_is_named_with_the_place_where_it_is_changed() {
    judge(policy_rows());
}

fn policy_rows() -> Vec<Row> {
    let saml = "Resource protected by organization SAML enforcement. You must grant your Personal Access token access to this organization.";
    vec![
        row("single sign-on with link", 403, saml).header("x-github-sso", "required; url=https://github.com/orgs/octodocs-test/sso?authorization_request=AZSCKtL4U8yX1H3sCQIVnVgmjmon5fWxks5YrqhJgah0b2tlbl9pZM4EuMz4").means("single-sign-on-required", "policy-refused", ["octodocs-test", "within one hour", "sso?authorization_request=AZSC"]),
        row("single sign-on without link", 403, saml).means("single-sign-on-required", "policy-refused", ["Configure SSO", "https://github.com/settings/tokens"]),
        row("single sign-on by header alone", 403, "").header("x-github-sso", "required; url=https://github.com/orgs/a/sso").means("single-sign-on-required", "policy-refused", ["The organization a"]),
        row("single sign-on of an enterprise", 403, "").header("x-github-sso", "required; url=https://github.com/enterprises/acme/sso").means("single-sign-on-required", "policy-refused", ["The enterprise acme uses"]),
        row("single sign-on, foreign link", 403, saml).header("x-github-sso", "required; url=https://evil.example/orgs/a/sso").means("single-sign-on-required", "policy-refused", ["The organization uses"]),
        row("single sign-on, script link", 403, saml).header("x-github-sso", "required; url=javascript:alert(1)").means("single-sign-on-required", "policy-refused", []),
        row("app not approved", 403, "Although you appear to have the correct authorization credentials, the `octo-org` organization has enabled OAuth App access restrictions, meaning that data access to third-parties is limited. For more information on these restrictions, including how to enable this app, visit https://docs.github.com/articles/restricting-access-to-your-organization-s-data/").kind(Kind::OAuth).means("oauth-app-not-approved", "policy-refused", ["organization octo-org has not approved", "https://github.com/organizations/octo-org/settings/oauth_application_policy"]),
        row("address list", 403, "Although you appear to have the correct authorization credentials, the `octo-org` organization has an IP allow list enabled, and 1.2.3.4 is not permitted to access this resource.").means("address-not-allowed", "policy-refused", ["octo-org", "https://github.com/organizations/octo-org/settings/security"]),
        row("classic forbidden", 403, "`octo-org` forbids access via a personal access token (classic). Please use a GitHub App, OAuth App, or a personal access token with fine-grained permissions.").means("token-kind-forbidden", "policy-refused", ["classic tokens", "personal-access-tokens/new"]),
        row("fine-grained forbidden", 403, "`octo-org` forbids access via a fine-grained personal access tokens.").kind(Kind::FineGrained).means("token-kind-forbidden", "policy-refused", ["tokens of this kind", "https://github.com/organizations/octo-org/settings/personal-access-tokens"]),
        row("lifetime", 403, "The 'octo-org' organization forbids access via a fine-grained personal access tokens if the token's lifetime is greater than 90 days. Please adjust your token's lifetime at the following URL: https://github.com/settings/personal-access-tokens/12345").kind(Kind::FineGrained).means("token-lifetime-too-long", "policy-refused", ["90 days", "Some(\"https://github.com/settings/personal-access-tokens/12345\")"]),
        row("lifetime of 7 days, with a full stop", 403, "The 'o' organization forbids access via a fine-grained personal access tokens if the token's lifetime is greater than 7 days. See https://github.com/settings/personal-access-tokens/1.").means("token-lifetime-too-long", "policy-refused", ["7 days", "tokens/1\""]),
        row("lifetime, foreign link", 403, "The 'o' organization forbids access if the token's lifetime is greater than 7 days: https://evil.example/x").means("token-lifetime-too-long", "policy-refused", ["Some(\"https://github.com/settings/personal-access-tokens\")"]),
        row("organization's name is no name", 403, "the `../../x y` organization has an IP allow list enabled").means("address-not-allowed", "policy-refused", ["the organization does"]),
        row("installation suspended", 403, "This installation has been suspended").kind(Kind::Installation).means("installation-suspended", "policy-refused", ["unsuspend"]),
        row("two-factor required", 403, "The `octo-org` organization requires two-factor authentication.").means("two-factor-required", "policy-refused", ["The organization octo-org wants"]),

        row("single sign-on of the organization asked for", 403, saml).about(About::Organization("octo-org")).means("single-sign-on-required", "policy-refused", ["The organization octo-org uses"]),
        row("single sign-on, as documented", 403, "Resource protected by organization SAML enforcement. You must grant your OAuth token access to this organization.").kind(Kind::OAuth).means("single-sign-on-required", "policy-refused", ["Sign in to the organization and authorize the app again.", "https://github.com/settings/applications"]).never(["settings/tokens"]),
        row("single sign-on of an app user", 403, saml).kind(Kind::AppUser).header("x-github-sso", "required; url=https://github.com/orgs/a/sso").means("single-sign-on-required", "policy-refused", ["https://github.com/orgs/a/sso", "Sign in to the organization a and", "https://github.com/settings/apps/authorizations"]).never(["settings/tokens"]),
        row("single sign-on on a server", 403, saml).site(SERVER).header("x-github-sso", "required; url=https://git.acme.org/orgs/a/sso?authorization_request=x").means("single-sign-on-required", "policy-refused", ["https://git.acme.org/orgs/a/sso?authorization_request=x", "https://git.acme.org/settings/tokens"]),
        row("address list with the address", 403, "Although you appear to have the correct authorization credentials, the `octo-org` organization has an IP allow list enabled, and 203.0.113.7 is not permitted to access this resource.").means("address-not-allowed", "policy-refused", ["does not contain 203.0.113.7,"]),
        row("address list with an address of six", 403, "the `o` organization has an IP allow list enabled, and 2001:db8::7 is not permitted to access this resource.").means("address-not-allowed", "policy-refused", ["2001:db8::7"]),
        row("address list, what is no address", 403, "the `o` organization has an IP allow list enabled, and 1.2.3.4.5 is not permitted").means("address-not-allowed", "policy-refused", ["does not contain the address from"]),
        row("lifetime on a server", 403, "The 'o' organization forbids access via a fine-grained personal access tokens if the token's lifetime is greater than 366 days. Please adjust your token's lifetime at the following URL: https://git.acme.org/settings/personal-access-tokens/9").site(SERVER).means("token-lifetime-too-long", "policy-refused", ["366 days", "https://git.acme.org/settings/personal-access-tokens/9"]),
        row("classic forbidden by an enterprise", 403, "The 'acme' enterprise forbids access via a personal access token (classic).").means("token-kind-forbidden", "policy-refused", ["The enterprise acme does not accept classic tokens"]),
        row("lifetime, by an enterprise", 403, "The 'Octo Labs' enterprise forbids access via a fine-grained personal access tokens if the token's lifetime is greater than 90 days.").kind(Kind::FineGrained).about(About::Organization("octo-org")).means("token-lifetime-too-long", "policy-refused", ["The enterprise Octo Labs does not accept tokens that live"]).never(["octo-org", "he organization"]),
        row("fine-grained forbidden by an enterprise", 403, "The 'Ada's Labs' enterprise forbids access via a fine-grained personal access tokens.").kind(Kind::FineGrained).about(About::Organization("octo-org")).means("token-kind-forbidden", "policy-refused", ["The enterprise Ada's Labs does not accept"]).never(["octo-org", "/organizations/"]),
        row("address list of an enterprise", 403, "Although you appear to have the correct authorization credentials, the `octo-labs` enterprise has an IP allow list enabled, and 203.0.113.7 is not permitted to access this resource.").means("address-not-allowed", "policy-refused", ["IP allow list of the enterprise octo-labs does not contain 203.0.113.7", "an owner of the enterprise octo-labs"]).never(["/organizations/"]),
        row("two-factor of an enterprise", 403, "Your enterprise requires two-factor authentication.").about(About::Organization("octo-org")).means("two-factor-required", "policy-refused", ["The enterprise wants two-factor"]).never(["octo-org"]),
        row("an enterprise's name is no name", 403, "the '\u{202e}x' enterprise has an IP allow list enabled").means("address-not-allowed", "policy-refused", ["of the enterprise does"]),
        row("an organization of an enterprise", 403, "The 'octo-org' organization of your enterprise forbids access via a personal access token (classic).").means("token-kind-forbidden", "policy-refused", ["The organization octo-org does not accept"]),
        row("an organization, and the product's name", 403, "`octo-org` forbids access via a personal access token (classic) on GitHub Enterprise Server.").site(SERVER).means("token-kind-forbidden", "policy-refused", ["The organization octo-org does not accept"]),
    ]
}

#[test]
fn a_missing_permission_is_named() {
    judge(permission_rows());
}

fn permission_rows() -> Vec<Row> {
    let by_token = "Resource not accessible by personal access token";
    vec![
        row("fine-grained", 403, by_token).kind(Kind::FineGrained).header("x-accepted-github-permissions", "issues=read").means("permission-missing", "permission-missing issues=read", ["needs issues=read", "https://github.com/settings/personal-access-tokens", "its resource owner is the repository's owner. Some(\"https://github.com/settings/personal-access-tokens\")"]),
        row("together", 403, by_token).kind(Kind::FineGrained).header("x-accepted-github-permissions", "pull_requests=read,contents=read; issues=read,contents=read").means("permission-missing", "permission-missing pull_requests=read contents=read", ["pull_requests=read and contents=read, or issues=read and contents=read"]),
        row("app", 403, "Resource not accessible by integration").kind(Kind::Installation).header("x-accepted-github-permissions", "metadata=read").means("permission-missing", "permission-missing metadata=read", ["GitHub App lacks", "https://github.com/settings/installations", "app is installed for the repository octo/hello. Some(\"https://github.com/settings/installations\")"]).never(["resource owner"]),
        row("unnamed", 403, by_token).kind(Kind::FineGrained).means("permission-missing", "permission-missing", ["does not name"]),
        row("not really a permission", 403, by_token).header("x-accepted-github-permissions", "allows_permissionless_access=true").means("permission-missing", "permission-missing", ["does not name"]),
        row("garbage permissions", 403, by_token).header("x-accepted-github-permissions", ";;, ,\u{1b}[2J;a b").means("permission-missing", "permission-missing", ["does not name"]),
        row("scope", 403, "Must have something").header("x-oauth-scopes", "gist").header("x-accepted-oauth-scopes", "repo").means("scope-missing", "permission-missing repo", ["classic token lacks a scope", "needs repo"]),
        row("one scope of several", 403, "x").header("x-oauth-scopes", "").header("x-accepted-oauth-scopes", "admin:org, read:org").means("scope-missing", "permission-missing admin:org read:org", ["admin:org or read:org"]),
        row("scope held through a wider one", 403, "x").header("x-oauth-scopes", "admin:org").header("x-accepted-oauth-scopes", "read:org").means("forbidden", "permission-missing", []),
        row("no scope accepted", 403, "x").header("x-oauth-scopes", "repo").header("x-accepted-oauth-scopes", "").means("forbidden", "permission-missing", []),
        row("role", 403, "You must be an admin to create an invitation to an organization.").means("role-missing", "permission-missing", ["must be an admin"]),
        row("admin rights", 403, "Must have admin rights to Repository.").means("role-missing", "permission-missing", []),
        row("plain 403", 403, "Forbidden").means("forbidden", "permission-missing", ["Forbidden", "octo/hello"]),
        row("silent 403", 403, "").means("forbidden", "permission-missing", ["does not say why"]),
        row("user agent", 403, "Missing or invalid User Agent string. See http://developer.github.com/v3/#user-agent-required").means("user-agent-refused", "protocol", ["User-Agent"]),
        row("blocked", 403, "Repository access blocked").means("repository-blocked", "blocked-at-provider", ["octo/hello"]),
        row("451", 451, "Repository access blocked").means("repository-blocked", "blocked-at-provider", []),
        row("451 with its notice", 451, r#"{"message":"Repository access blocked","block":{"reason":"dmca","created_at":"2020-01-01T00:00:00Z","html_url":"https://github.com/github/dmca/blob/master/2020/notice.md"}}"#).means("repository-blocked", "blocked-at-provider", ["blocked the repository octo/hello, because of a takedown notice (DMCA)", "Read the notice", "Some(\"https://github.com/github/dmca/blob/master/2020/notice.md\")"]),
        row("403 for the terms of service", 403, r#"{"message":"Repository access blocked","block":{"reason":"tos","html_url":"https://github.com/tos"}}"#).means("repository-blocked", "blocked-at-provider", ["for its terms of service.", "https://github.com/tos"]),
        row("451 for another reason", 451, r#"{"message":"Repository access blocked","block":{"reason":"trade-controls","html_url":null}}"#).means("repository-blocked", "blocked-at-provider", ["(trade-controls)"]).never(["Read the notice"]),
        row("451 with a notice that is no link", 451, r#"{"message":"Repository access blocked","block":{"reason":7,"html_url":"javascript:alert(1)"}}"#).means("repository-blocked", "blocked-at-provider", []).never(["javascript", "Read the notice"]),
        row("451 that names who blocks", 451, "").header("link", "<https://spqr.example.org/legislatione>; rel=\"blocked-by\"").means("repository-blocked", "blocked-at-provider", ["https://spqr.example.org/legislatione"]),
        row("451 as a page", 451, PAGE).foreign().header("link", "<https://isp.example/orders>; rel=\"blocked-by\"").means("repository-blocked", "blocked-at-provider", ["something in between", "https://isp.example/orders"]).never(["GitHub has blocked"]),
        row("404 classic without repo", 404, "Not Found").header("x-oauth-scopes", "gist").means("not-found-or-hidden", "not-found", ["absent, or hidden", "scope repo"]),
        row("404 classic with repo", 404, "Not Found").header("x-oauth-scopes", "repo").means("not-found-or-hidden", "not-found", ["single sign-on"]),
        row("404 fine-grained", 404, "Not Found").kind(Kind::FineGrained).means("not-found-or-hidden", "not-found", ["resource owner", "approve", "octo/hello"]),
        row("404 installation", 404, "Not Found").kind(Kind::Installation).means("not-found-or-hidden", "not-found", ["app is installed"]),
        row("404 after the end", 404, "Not Found").kind(Kind::FineGrained).ended(NOW - 86_400_000).means("not-found-or-hidden", "not-found", ["this one ended on 2025-12-31", "resource owner"]),
        row("404 without body", 404, "").means("not-found-or-hidden", "not-found", []),

        row("organizations without scope", 403, "You need at least read:org scope or user scope to list your organizations.").about(About::Account).header("x-oauth-scopes", "repo").header("x-accepted-oauth-scopes", "admin:org, read:org, user, write:org").means("scope-missing", "permission-missing admin:org read:org user write:org", ["read:org or user"]),
        row("members, fine-grained", 403, by_token).about(About::Organization("octo-org")).kind(Kind::FineGrained).header("x-accepted-github-permissions", "members=read").means("permission-missing", "permission-missing members=read", ["needs members=read", "resource owner is the organization octo-org. Some(\"https://github.com/settings/personal-access-tokens\")"]).never(["this repository"]),
        row("members, app user", 403, "Resource not accessible by integration").about(About::Organization("octo-org")).kind(Kind::AppUser).site(SERVER).header("x-accepted-github-permissions", "members=read").means("permission-missing", "permission-missing members=read", ["app is installed for the organization octo-org. Some(\"https://git.acme.org/settings/installations\")"]).never(["resource owner"]),
        row("app of a token of unknown kind", 403, "Resource not accessible by integration").kind(Kind::Unknown).means("permission-missing", "permission-missing", ["GitHub App lacks", "Give the app", "app is installed for the repository octo/hello"]).never(["Edit", "resource owner"]),
        row("account, fine-grained", 403, by_token).about(About::Account).kind(Kind::FineGrained).means("permission-missing", "permission-missing", ["Edit the token"]).never(["repository", "resource owner"]),
        row("account, installation", 403, "Resource not accessible by integration").about(About::Account).kind(Kind::Installation).means("permission-missing", "permission-missing", ["Give the app"]).never(["repository", "resource owner", "installed"]),
        row("a classic token has no resource owner", 403, by_token).header("x-accepted-github-permissions", "issues=read").means("permission-missing", "permission-missing issues=read", ["Edit the token"]).never(["resource owner"]),
        row("app user", 403, "Resource not accessible by integration").kind(Kind::AppUser).header("x-accepted-github-permissions", "contents=read").means("permission-missing", "permission-missing contents=read", ["Give the app contents=read", "https://github.com/settings/installations"]),
        row("organization is hidden", 404, "Not Found").about(About::Organization("octo-org")).header("x-oauth-scopes", "repo").means("not-found-or-hidden", "not-found", ["the organization octo-org", "a person is no organization"]),
        row("organization is hidden from a fine-grained token", 404, "Not Found").about(About::Organization("octo-org")).kind(Kind::FineGrained).means("not-found-or-hidden", "not-found", ["resource owner is the organization", "approve the token"]),
        row("404 app user", 404, "Not Found").kind(Kind::AppUser).means("not-found-or-hidden", "not-found", ["app is installed for the repository octo/hello"]),
        row("404 of the account", 404, "Not Found").about(About::Account).means("not-found-or-hidden", "not-found", ["what was asked for"]),
        row("scope of an OAuth app", 403, "x").kind(Kind::OAuth).header("x-oauth-scopes", "gist").header("x-accepted-oauth-scopes", "repo").means("scope-missing", "permission-missing repo", ["OAuth app token lacks a scope", "Authorize the app again with repo", "https://github.com/settings/applications"]).never(["Edit", "settings/tokens"]),
        row("scope of an OAuth app on a server", 403, "x").kind(Kind::OAuth).site(SERVER).header("x-oauth-scopes", "gist").header("x-accepted-oauth-scopes", "repo").means("scope-missing", "permission-missing repo", ["https://git.acme.org/settings/applications"]).never(["settings/tokens"]),
        row("scope of a token of unknown kind", 403, "x").kind(Kind::Unknown).header("x-oauth-scopes", "gist").header("x-accepted-oauth-scopes", "repo").means("scope-missing", "permission-missing repo", ["Edit the token and give it repo", "https://github.com/settings/tokens"]),
        row("an empty list is no lack of an app user token", 403, "x").kind(Kind::AppUser).header("x-oauth-scopes", "").header("x-accepted-oauth-scopes", "repo").means("forbidden", "permission-missing", ["https://github.com/settings/apps/authorizations"]).never(["settings/tokens"]),
        row("permission of an OAuth app", 403, by_token).kind(Kind::OAuth).header("x-accepted-github-permissions", "issues=read").means("permission-missing", "permission-missing issues=read", ["Authorize the app again with a scope that allows issues=read", "https://github.com/settings/applications"]).never(["Edit"]),
        row("404 OAuth without repo", 404, "Not Found").kind(Kind::OAuth).header("x-oauth-scopes", "gist").means("not-found-or-hidden", "not-found", ["Authorize the OAuth app again with the scope repo", "https://github.com/settings/applications"]).never(["settings/tokens"]),
        row("404 OAuth with repo", 404, "Not Found").kind(Kind::OAuth).header("x-oauth-scopes", "repo").means("not-found-or-hidden", "not-found", ["single sign-on", "authorize the OAuth app again", "https://github.com/settings/applications"]).never(["settings/tokens"]),
        row("404 app user after the end", 404, "Not Found").kind(Kind::AppUser).ended(NOW - 1).means("not-found-or-hidden", "not-found", ["Authorize the app again: this token ended on 2025-12-31", "https://github.com/settings/apps/authorizations"]).never(["personal-access-tokens"]),
        row("404 installation after the end", 404, "Not Found").kind(Kind::Installation).ended(NOW - 1).means("not-found-or-hidden", "not-found", ["issue a new installation token: this one ended on 2025-12-31"]).never(["personal-access-tokens"]),
        row("404 with the permission it takes", 404, "Not Found").kind(Kind::FineGrained).header("x-accepted-github-permissions", "contents=read").means("not-found-or-hidden", "not-found", ["absent, or hidden"]),
    ]
}

#[test]
fn what_is_nobodys_token_is_said_so() {
    judge(state_rows());
}

fn state_rows() -> Vec<Row> {
    vec![
        row("captive portal", 200, PAGE).foreign().means("web-page-instead", "protocol", ["\"Sign in\"", "api.github.com", "network requires sign-in"]),
        row("page by its start alone", 200, "").body_without_type("  <HTML><title>x</title>").means("web-page-instead", "protocol", []),
        row("page on a server", 200, PAGE).site(SERVER).foreign().means("web-page-instead", "protocol", ["git.acme.org", "the server is up"]),
        row("firewall's 403", 403, PAGE).foreign().means("web-page-instead", "protocol", []),
        row("page for 404", 404, PAGE).foreign().means("web-page-instead", "protocol", []),
        row("github.com for the API", 404, PAGE).site("https://github.com").means("wrong-api-address", "invalid-input", ["/settings/api_url", "https://api.github.com"]),
        row("server without /api/v3", 404, PAGE).site("https://git.acme.org").foreign().means("web-page-instead", "protocol", ["https://git.acme.org/api/v3"]),
        row("server's sign-in page", 200, PAGE).site("https://git.acme.org").foreign().means("web-page-instead", "protocol", ["Check the API address"]),
        row("github.com for the API, in JSON", 404, "Not Found").site("https://github.com").means("wrong-api-address", "invalid-input", []),
        row("github.com for the API, but it is down", 502, PAGE).site("https://github.com").means("bad-gateway", "unreachable", []),
        row("ghe.com without api.", 404, PAGE).site("https://acme.ghe.com").foreign().means("wrong-api-address", "invalid-input", ["https://api.acme.ghe.com"]),
        row("odd address but GitHub answers", 404, "Not Found").site("http://127.0.0.1:9999").means("not-found-or-hidden", "not-found", []),
        row("odd address, 500", 500, "").site("https://git.acme.org").foreign().means("server-error", "unreachable", ["git.acme.org has trouble"]),
        row("proxy sign-in", 407, PAGE).foreign().means("proxy-sign-in", "unreachable", ["proxy"]),
        row("redirect", 301, "Moved Permanently").header("location", "https://api.github.com/repositories/1").means("redirect-not-followed", "protocol", []),
        row("version", 400, "The API version 2022-11-28 is not supported").means("api-version-refused", "unsupported", ["2022-11-28"]),
        row("parsing", 400, "Problems parsing JSON").means("request-refused", "protocol", ["Problems parsing JSON"]),
        row("unsupported media type", 415, "Must accept 'application/json'").means("request-refused", "protocol", []),
        row("empty repository", 409, "Git Repository is empty.").means("empty-repository", "conflict", ["octo/hello", "empty"]),
        row("conflict", 409, "Merge conflict").means("conflict", "conflict", ["Merge conflict"]),
        row("issues off", 410, "Issues are disabled for this repo").means("issues-turned-off", "conflict", ["https://github.com/octo/hello/settings"]),
        row("deleted", 410, "This issue was deleted").means("deleted", "not-found", []),
        row("gone", 410, "").means("api-removed", "unsupported", ["does not say why"]),
        row("validation", 422, r#"{"message":"Validation Failed","errors":[{"resource":"Label","code":"invalid","field":"color"},{"code":"missing_field","field":"a/b"},{"code":"custom","message":"Too long"},"plain"]}"#).means("validation-failed", "invalid-input", ["/parameters/color: It is not formatted", "/parameters/a~1b: It is required", "Too long", "plain"]),
        row("validation, every code", 422, r#"{"message":"Validation Failed","errors":[{"code":"missing","field":"f"},{"code":"already_exists","field":"f"},{"code":"unprocessable","field":"f"},{"code":"new_code","field":"f"}]}"#).means("validation-failed", "invalid-input", ["does not show to this token", "already exists", "cannot process", "does not accept it"]),
        row("validation without errors", 422, "Invalid request.").means("validation-failed", "invalid-input", ["Invalid request"]),
        row("accepted", 202, "{}").means("not-ready", "not-ready", ["After(5000)"]),
        row("unicorn", 500, PAGE).means("server-error", "unreachable", ["githubstatus.com", "Backoff"]),
        row("bad gateway", 502, "Server Error").means("bad-gateway", "unreachable", ["A gateway in front of GitHub got no valid answer", "githubstatus.com", "Backoff"]).never(["in time"]),
        row("bad gateway of a server", 502, PAGE).site(SERVER).foreign().header("retry-after", "30").means("bad-gateway", "unreachable", ["in front of git.acme.org", "administrator", "After(30000)"]).never(["in time"]),
        row("gateway timeout", 504, "").means("server-timeout", "unreachable", ["did not finish the answer in time (status 504)"]),
        row("network sign-in", 511, PAGE).foreign().means("network-sign-in", "unreachable", ["sign-in", "AfterUserAction"]),
        row("long URL", 414, "<html><head><title>414 Request-URI Too Large</title>").foreign().means("url-too-long", "protocol", ["its URL is too long", "Shorten"]).never(["web page", "author"]),
        row("long URL in words", 414, "URI Too Long").means("url-too-long", "protocol", []),
        row("long headers", 431, "<html><title>431</title>").foreign().means("headers-too-long", "protocol", ["headers are too long"]).never(["web page", "author"]),
        row("large request", 413, "<html><title>413</title>").foreign().means("request-too-large", "protocol", ["body is too long"]).never(["web page", "author"]),
        row("maintenance", 503, PAGE).header("retry-after", "120").means("maintenance", "unreachable", ["After(120000)"]),
        row("maintenance of a server", 503, PAGE).site(SERVER).foreign().means("maintenance", "unreachable", ["git.acme.org is down", "administrator"]),
        row("599", 599, "").means("server-error", "unreachable", []),
        row("no content", 204, "").means("unexpected-answer", "protocol", ["204"]),
        row("not modified", 304, "").means("unexpected-answer", "protocol", []),
        row("teapot", 418, "").means("unexpected-status", "protocol", ["418"]),
        row("100", 100, "").means("unexpected-status", "protocol", []),

        row("empty repository, other subject", 409, "Git Repository is empty.").about(About::Account).means("empty-repository", "conflict", ["Push a first commit"]),
        row("version, as documented", 400, "The specified API version is not supported").means("api-version-refused", "unsupported", ["Update the connector"]),
        row("body is no object", 400, "Body should be a JSON object").means("request-refused", "protocol", []),
        row("timeout of GitHub's own", 408, "").means("request-timeout", "unreachable", ["did not arrive whole", "githubstatus.com"]),
    ]
}

impl Row {
    fn body_without_type(mut self, body: &str) -> Self {
        self.response.headers.retain(|field| field.name != "content-type");
        self.response.body = body.as_bytes().to_vec();
        self
    }
}

#[test]
fn a_provider_cannot_forge_what_is_shown() {
    let long = format!("Bad \u{1b}[2J\r\nERROR forged \u{202e}{}", "x".repeat(5_000));
    let body = serde_json::json!({ "message": long }).to_string();
    for status in [400, 401, 403, 409, 410, 422] {
        let mut row = row("hostile message", status, "");
        row.response = row.response.with_json(&body).with_header("retry-after", "\u{1b}[2J");
        well_formed("hostile message", &row, &row.diagnose());
        assert!(evidence(&row.diagnose(), "message").chars().count() <= MESSAGE_CHARS);
    }
}

#[test]
fn every_status_with_any_body_is_explained() {
    let bodies: [&[u8]; 8] = [
        b"",
        b"{",
        b"null",
        b"[]",
        b"\xff\xfe",
        b"<html",
        b"{\"message\":null}",
        b"{\"message\":\"`\"}",
    ];
    let headers = [
        "",
        ";",
        ",",
        "=",
        "required",
        "required; url=",
        "partial-results",
        "\u{0}",
        "ä",
        "0",
        "9999999999999999999999",
    ];
    for status in 100..=599 {
        for body in bodies {
            for value in headers {
                let mut response = Response::new(status).with_body(body);
                for name in [
                    "retry-after",
                    "x-ratelimit-reset",
                    "x-ratelimit-remaining",
                    "x-github-sso",
                    "x-oauth-scopes",
                    "x-accepted-oauth-scopes",
                    "x-accepted-github-permissions",
                    "x-github-otp",
                ] {
                    response = response.with_header(name, value);
                }
                let mut row = row("any", status, "");
                row.response = response;
                let failure = row.diagnose();
                assert!(!failure.message.is_empty() && !failure.code.is_empty());
            }
        }
    }
}

#[test]
fn a_success_given_to_nobody_is_no_success() {
    let context = |site| Context {
        site,
        kind: Kind::Classic,
        expires_at: None,
        now: NOW,
        about: About::Account,
    };
    let sixty = Response::new(200).with_json("[]").with_header("x-ratelimit-limit", "60");
    let dot_com = Site::at(DOT_COM);
    let server = Site::at(SERVER);
    let cases = [
        ("anonymous", sixty.clone(), &dot_com, true),
        (
            "anonymous core",
            sixty.clone().with_header("x-ratelimit-resource", "core"),
            &dot_com,
            true,
        ),
        (
            "another resource",
            sixty.clone().with_header("x-ratelimit-resource", "graphql"),
            &dot_com,
            false,
        ),
        ("scopes are known", sixty.clone().with_header("x-oauth-scopes", "repo"), &dot_com, false),
        ("a server may have any limit", sixty, &server, false),
        ("5,000", Response::new(200).with_header("x-ratelimit-limit", "5000"), &dot_com, false),
        ("none told", Response::new(200), &dot_com, false),
    ];
    for (name, response, site, expected) in cases {
        let failure = anonymous(&response, &context(site));
        assert_eq!(failure.is_some(), expected, "{name}");
        assert!(failure.is_none_or(|failure| failure.cause == Cause::CredentialRejected), "{name}");
    }
}

fn all_rows() -> Vec<Row> {
    [credential_rows(), limit_rows(), policy_rows(), permission_rows(), state_rows()]
        .into_iter()
        .flatten()
        .collect()
}

#[test]
fn every_rule_has_a_row() {
    let rows = all_rows();
    assert!(rows.len() >= 90, "{} rows", rows.len());
    let mut names: Vec<_> = rows.iter().map(|row| row.name).collect();
    names.sort_unstable();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count, "two rows have the same name");
    let hit = |row: &Row| {
        let site = Site::at(row.site);
        let answer = row.context(&site);
        let answer = Answer::new(&row.response, &answer);
        rules().position(|rule| (rule.applies)(&answer))
    };
    let reached: std::collections::BTreeSet<_> = rows.iter().filter_map(hit).collect();
    for (at, rule) in rules().enumerate() {
        assert!(reached.contains(&at), "rule {at}, {}, has no row", rule.diagnosis.code);
    }
}

#[test]
fn every_diagnosis_has_a_code_of_its_own_and_a_next_step() {
    for one in table() {
        let code = one.code;
        let kebab =
            |letter: char| letter.is_ascii_lowercase() || letter == '-' || letter.is_ascii_digit();
        assert!(code.chars().all(kebab) && (3..=60).contains(&code.len()), "{code}");
        assert!(one.means.ends_with('.') && one.means.len() < 300, "{code}");
        assert!(!one.means.contains("  "), "{code}");
        assert!(!one.advice.is_empty() || code == "deleted", "{code}: no advice");
        for advice in one.advice {
            assert!(advice.text.ends_with('.') && !advice.text.contains("  "), "{code}");
            assert!(advice.page.is_none_or(|page| page.starts_with("https://")), "{code}");
        }
        let same = table().into_iter().filter(|other| other.code == code);
        assert_eq!(same.count(), 1, "{code} stands for two things");
    }
}

#[test]
fn the_page_of_diagnoses_is_made_from_the_table() {
    let introduction = "What the GitHub connector tells apart, by the code of a failure or a warning. A \
        failure says it with the names, dates and links of the case; on a server of your own the links \
        lead to that server. Made from the connector's own table; do not edit.";
    let page = jackfield_guest::diagnosis::page("GitHub: what is wrong", introduction, table());
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/DIAGNOSES.md");
    jackfield_guest::testing::assert_generated(file, &page);
}

/// Every diagnosis of this connector, each once, in the order in which answers are held against them.
fn table() -> Vec<&'static Diagnosis> {
    let mut table: Vec<&'static Diagnosis> = Vec::new();
    let others = [&ANONYMOUS, &UNEXPECTED].into_iter();
    let asked = crate::read::TABLE.iter().chain(crate::check::TABLE).copied();
    for one in rules().map(|rule| rule.diagnosis).chain(others).chain(asked) {
        if !table.contains(&one) {
            table.push(one);
        }
    }
    table
}
