//! Requests that leave the host, complete, and responses as they come.

use tokio::time::Instant;
use url::Url;

use crate::egress::policy::Reach;
use crate::secret::SecretText;

/// RFC 9110, section 9; PATCH from RFC 5789.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Retrieve.
    Get,
    /// Retrieve the headers only.
    Head,
    /// Process the body.
    Post,
    /// Replace or create.
    Put,
    /// Change in part.
    Patch,
    /// Remove.
    Delete,
}

impl Method {
    /// The method's token on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    /// Whether the method asks for no change (RFC 9110, section 9.2.1).
    pub fn is_safe(self) -> bool {
        matches!(self, Self::Get | Self::Head)
    }
}

/// The value of a header that leaves the host.
#[derive(Clone)]
pub enum OutboundValue {
    /// May be logged.
    Plain(String),
    /// Holds a secret: mark it sensitive, never log it.
    Sensitive(SecretText),
}

/// One request, judged and complete. It has no `Debug`: it may hold a secret.
pub struct OutboundRequest {
    /// What to do.
    pub method: Method,
    /// Where: `http` or `https`, no userinfo, no fragment.
    pub url: Url,
    /// Valid names in lower case, values without line breaks; no `host`, no framing headers.
    pub headers: Vec<(String, OutboundValue)>,
    /// Empty for none.
    pub body: Vec<u8>,
    /// Which addresses the URL's name may resolve to.
    pub reach: Reach,
    /// When the whole exchange must have ended.
    pub deadline: Instant,
    /// Bytes that the body may have, after decompression. More is
    /// [`TransportError::TooLarge`](crate::transport::TransportError::TooLarge).
    pub max_body: u64,
}

/// One answer. Redirects are answers: a transport follows none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InboundResponse {
    /// 100 to 599.
    pub status: u16,
    /// In the order received, names in lower case. Values that are not text are replaced lossily.
    pub headers: Vec<(String, String)>,
    /// Decompressed, whole.
    pub body: Vec<u8>,
}
