//! Endpoints: from a template in the manifest, over the connection's settings, to a base URL, and
//! from there to the URL of one request. The guest names endpoints and never an origin.
//!
//! A template is a URL in which `{name}` stands for a setting. Where a variable stands decides what
//! its value may be, so that no value can move the rest of the template to another place:
//!
//! | place | example | the value |
//! |---|---|---|
//! | the whole beginning | `{api_url}`, `{api_url}/rest` | an http or https URL without userinfo, query and fragment |
//! | the scheme | `{protocol}://{host}` | `http` or `https` |
//! | all of host and port | `https://{host}/rest` | a host, perhaps with a port |
//! | a part of the host | `https://{site}.example.com` | letters, digits, `-` and `.`, no empty label |
//! | the port | `https://{host}:{port}` | digits |
//! | the path, query or fragment | `https://example.com/{tenant}/v2` | any text; percent-encoded, and never a `.` or `..` segment |
//!
//! What comes out is parsed and compared with what was meant before it is used.

mod bound;
mod template;

pub use bound::{BoundEndpoint, MAX_URL_BYTES, accept_link};
pub use template::{EndpointTemplate, LinkTemplate, Place, TemplateError, TextTemplate, fill};
