//! Using, but never reading, the secrets of the connection that this call serves.

use crate::{Failure, Timestamp, platform};

/// A handle to one stored secret. Requests carry it; nothing returns its value.
pub struct Secret(pub(crate) platform::Handle);

impl Secret {
    /// Its name in the manifest, such as `token`.
    pub fn name(&self) -> String {
        self.0.name()
    }

    /// Which of the manifest's kinds the host recognized by its shape.
    pub fn kind(&self) -> Option<String> {
        self.0.kind()
    }

    /// Scopes that the host knows to be granted (OAuth); empty when unknown.
    pub fn scopes(&self) -> Vec<String> {
        self.0.scopes()
    }

    /// When it ends, where the host knows.
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.0.expires_at()
    }
}

/// The secret of that name; `None` when the connection has none.
pub fn get(name: &str) -> Option<Secret> {
    platform::secret(name).map(Secret)
}

/// The secret of that name.
///
/// # Errors
///
/// [`Cause::InvalidInput`](crate::Cause::InvalidInput) at `/secrets/NAME` when the connection has none:
/// a connector that went on without it would take the provider's anonymous answers for success.
pub fn require(name: &str) -> Result<Secret, Failure> {
    get(name).ok_or_else(|| {
        Failure::invalid(
            &format!("/secrets/{name}"),
            format!("The connection has no secret `{name}`."),
        )
        .remedy(format!("Update the connection and enter the secret `{name}`."))
    })
}
