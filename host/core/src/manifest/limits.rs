//! How large a manifest may be. GitHub's, the largest known, has 15 KB, 6 kinds of secrets and 6 streams.

/// Bytes of a manifest as JSON. It is parsed at every load, and kept in memory.
pub const MAX_MANIFEST_BYTES: usize = 256 << 10;

/// Entries of a list of settings, parameters, methods, endpoints, redirects, steps, kinds or help
/// texts: what a form, or a person, can take in.
pub const MAX_ENTRIES: usize = 32;

/// Streams, and actions: providers with large interfaces have some hundred kinds of records.
pub const MAX_CAPABILITIES: usize = 256;

/// Options of a choice.
pub const MAX_OPTIONS: usize = 256;

/// Permissions of a stream or an action.
pub const MAX_PERMISSIONS: usize = 32;

/// Characters of a label, a name for people or a title: one line of a page.
pub const MAX_LABEL_CHARS: usize = 80;

/// Characters of a sentence: a description, a placeholder, a step.
pub const MAX_SENTENCE_CHARS: usize = 1_000;

/// Characters of a help text: two printed pages.
pub const MAX_HELP_CHARS: usize = 10_000;

/// Characters of a link or a template.
pub const MAX_LINK_CHARS: usize = 2_000;
