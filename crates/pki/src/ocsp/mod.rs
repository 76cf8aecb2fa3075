//! OCSP (RFC 6960): requests in, answers prepared, recorded by the caller, signed once.
//!
//! Which certificates exist and which are revoked is the caller's knowledge. A serial that the caller does not know is
//! [`CertStatus::Unknown`], never good.

mod asn1;
mod question;
mod request;
mod response;

pub use question::OcspQuestion;
pub use request::{CertId, OcspRequest};
pub use response::{CertStatus, OcspAnswer, OcspError, OcspOrder, PreparedOcsp, Responder, prepare_ocsp};

pub(crate) use asn1::{BasicResponse, ResponderId, ResponseData, Status};
