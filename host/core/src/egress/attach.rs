//! How requests carry a secret: the manifest's auth method, bound to a connection.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::contract::failure::{Cause, Effect, Failure, Retry};
use crate::egress::http::OutboundValue;
use crate::egress::policy::{Denial, Rule};
use crate::secret::{SecretStore, SecretText};

/// One `attach` of the auth method, its templates filled in.
pub(crate) struct BoundAttach {
    pub(crate) secret: String,
    pub(crate) endpoints: Vec<String>,
    pub(crate) scheme: BoundScheme,
}

impl BoundAttach {
    /// How that secret is carried to that endpoint, if its audience has the endpoint.
    pub(crate) fn find<'a>(
        all: &'a [Self],
        secret: &str,
        endpoint: &str,
    ) -> Result<&'a Self, Failure> {
        let mut own = all.iter().filter(|attach| attach.secret == secret);
        let found = own.find(|attach| attach.endpoints.iter().any(|name| name == endpoint));
        found.ok_or_else(|| outside_audience(secret, endpoint))
    }
}

/// The scheme with its values.
pub(crate) enum BoundScheme {
    Bearer,
    Basic { username: String },
    Header { name: String, prefix: String },
}

/// A secret, opened for one exchange.
pub(crate) struct Credential {
    secret: SecretText,
    header: String,
    value: SecretText,
}

impl Credential {
    /// Asks the platform for the secret.
    pub(crate) async fn open(
        attach: &BoundAttach,
        secrets: &dyn SecretStore,
    ) -> Result<Self, Failure> {
        let secret = reveal(secrets, &attach.secret).await?.ok_or_else(|| {
            let gone = format!("The connection no longer has the secret `{}`.", attach.secret);
            Failure::new(Cause::CredentialRejected, gone)
                .retry(Retry::AfterUserAction)
                .remedy("Enter the secret again.", None)
        })?;
        Ok(Self::attached(secret, &attach.scheme))
    }

    /// Every secret that the auth method attaches somewhere, to recognize them in an answer.
    pub(crate) async fn all(
        attaches: &[BoundAttach],
        secrets: &dyn SecretStore,
    ) -> Result<Vec<Self>, Failure> {
        let mut all = Vec::new();
        for attach in attaches {
            if let Some(secret) = reveal(secrets, &attach.secret).await? {
                all.push(Self::attached(secret, &attach.scheme));
            }
        }
        Ok(all)
    }

    fn attached(secret: SecretText, scheme: &BoundScheme) -> Self {
        let (header, value) = match scheme {
            BoundScheme::Bearer => {
                ("authorization", SecretText::joined(&["Bearer ", secret.expose_secret()]))
            }
            BoundScheme::Basic { username } => {
                let pair = SecretText::joined(&[username, ":", secret.expose_secret()]);
                let encoded = SecretText::new(STANDARD.encode(pair.expose_secret()));
                ("authorization", SecretText::joined(&["Basic ", encoded.expose_secret()]))
            }
            BoundScheme::Header { name, prefix } => {
                (name.as_str(), SecretText::joined(&[prefix, secret.expose_secret()]))
            }
        };
        Self { header: header.to_owned(), value, secret }
    }

    /// The header that carries it.
    pub(crate) fn header(&self) -> (String, OutboundValue) {
        (self.header.clone(), OutboundValue::Sensitive(self.value.clone()))
    }

    /// What it is made of.
    pub(crate) fn secret(&self) -> &SecretText {
        &self.secret
    }

    /// The texts that must not come back: the secret, and what stands for it in Basic authentication.
    pub(crate) fn spellings(&self) -> impl Iterator<Item = &str> {
        let pair = self.value.expose_secret().strip_prefix("Basic ");
        [Some(self.secret.expose_secret()), pair].into_iter().flatten()
    }
}

async fn reveal(secrets: &dyn SecretStore, secret: &str) -> Result<Option<SecretText>, Failure> {
    secrets.reveal(secret).await.map_err(|error| {
        Failure::new(Cause::Other { name: "secret-store".to_owned() }, error.to_string())
            .retry(Retry::Backoff)
            .effect(Effect::None)
    })
}

fn outside_audience(secret: &str, endpoint: &str) -> Failure {
    Failure::from(Denial::new(Rule::Audience, secret)).evidence("endpoint", endpoint)
}
