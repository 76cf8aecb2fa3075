//! Rules on OCSP answers (RFC 6960, 4.2).

use const_oid::db::rfc6960::ID_PKIX_OCSP_NONCE;
use der::{Decode, Encode};

use super::Report;
use crate::digest;
use crate::instant;
use crate::ocsp::{BasicResponse, PreparedOcsp, ResponderId, ResponseData, Status};

/// Reads the sample and applies every rule.
pub(super) fn lint(sample: &[u8], prepared: &PreparedOcsp, report: &mut Report) {
    let basic = match BasicResponse::from_der(sample) {
        Ok(basic) => basic,
        Err(error) => return report.error("der.parse", format!("it cannot be read: {error}")),
    };
    report.require(basic.to_der().is_ok_and(|der| der == sample), "der.canonical", "it is not canonical DER");
    let signer = prepared.tbs.signer();
    let algorithm = signer.algorithm().signature().identifier();
    report.require(basic.algorithm == algorithm, "algorithm.responder", "the signature algorithm does not fit the key");
    report.require(
        basic.certificates.as_ref().is_none_or(|list| list.len() == 1),
        "certificates",
        "there are several certificates",
    );
    let data = match basic.data.to_der().and_then(|der| ResponseData::from_der(&der)) {
        Ok(data) => data,
        Err(error) => return report.error("data.parse", format!("the data cannot be read: {error}")),
    };
    let by_key = matches!(&data.responder, ResponderId::Key(hash) if hash.as_bytes() == digest::sha1(signer.bits()));
    report.require(by_key, "responder.key", "the responder is not named by the hash of the signing key");
    lint_lines(&data, report);
    for extension in data.extensions.iter().flatten() {
        let nonce = extension.extn_id == ID_PKIX_OCSP_NONCE && !extension.critical;
        report.require(nonce, "extension.unknown", "there is another extension than a nonce");
    }
}

fn lint_lines(data: &ResponseData, report: &mut Report) {
    report.require(!data.responses.is_empty(), "lines.empty", "there is nothing in the answer");
    let produced_at = instant::from_generalized(data.produced_at);
    for line in &data.responses {
        let this_update = instant::from_generalized(line.this_update);
        report.require(this_update <= produced_at, "this_update.future", "what it says lies in the future");
        let later = line.next_update.is_some_and(|next| instant::from_generalized(next) > this_update);
        report.require(later, "next_update.order", "the next update does not lie after this one");
        if let Status::Revoked(info) = &line.status {
            let past = instant::from_generalized(info.revoked_at) <= produced_at;
            report.require(past, "revoked.future", "a revocation lies in the future");
        }
    }
}
