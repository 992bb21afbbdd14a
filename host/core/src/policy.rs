//! Egress policy: where a connection's requests may go.
pub use self::stub::*;
mod stub {
    use std::net::IpAddr;
    use url::Url;
    /// How far a request may reach.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum Reach {
        /// Public addresses, and the networks that the administrator allows.
        Public,
        /// The administrator allows this exact origin: whatever address its name has.
        Granted,
    }
    /// A refusal by the host's policy.
    #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
    #[error("{message}")]
    pub struct Denial {
        /// stub
        pub message: String,
    }
    /// What the administrator allows beyond the rules.
    #[derive(Clone, Debug, Default)]
    pub struct EgressPolicy {}
    impl EgressPolicy {
        /// stub
        pub fn judge_url(&self, _url: &Url) -> Result<Reach, Denial> {
            Ok(Reach::Public)
        }
        /// stub
        pub fn judge_address(&self, _reach: Reach, _address: IpAddr) -> Result<(), Denial> {
            Ok(())
        }
    }
}
