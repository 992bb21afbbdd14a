//! The exit codes. They are stable: scripts may rely on them.

use jackfield_connect::ErrorClass;

/// What was asked for is done.
pub(crate) const DONE: u8 = 0;

/// An internal error: the store is locked, read-only or full, the disk or the machine failed, or a
/// connector broke its contract.
pub(crate) const INTERNAL: u8 = 1;

/// The command line, the configuration, or an input is not valid, whether that was found here or the
/// provider said it.
pub(crate) const USAGE: u8 = 2;

/// The provider or the credential said no: rejected, expired, a permission missing, a rate limit.
pub(crate) const REFUSED: u8 = 3;

/// The policy of this program denied it; who can allow it is in the message.
pub(crate) const DENIED: u8 = 4;

/// The provider could not be reached, answered that it is out of order (5xx), or not in time.
pub(crate) const UNREACHABLE: u8 = 5;

/// Interrupted from the keyboard, as shells count it: 128 and the signal's number.
pub(crate) const INTERRUPTED: u8 = 130;

/// The codes for `--help`.
pub(crate) const HELP: &str = "\
Exit codes:
  0  done
  1  internal error: the store is locked, read-only or full, a connector broke
  2  the command line, the configuration or an input is not valid
  3  the provider or the credential said no
  4  denied by policy
  5  the provider is unreachable, or did not answer in time
  130  interrupted from the keyboard";

/// The code of an error of that class.
pub(crate) fn code(class: ErrorClass) -> u8 {
    match class {
        ErrorClass::Internal => INTERNAL,
        ErrorClass::Usage => USAGE,
        ErrorClass::Refused => REFUSED,
        ErrorClass::Denied => DENIED,
        ErrorClass::Unreachable => UNREACHABLE,
    }
}
