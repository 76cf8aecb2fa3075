//! What people outside see of the authority: its lists, whose numbers never go back and are never used twice, and its answers.

use std::{collections::BTreeMap, io::Result};

use base64::{Engine, engine::general_purpose::STANDARD};
use domain::clock::Timestamp;
use pki::{CertStatus, CertificateInfo, IssuerCert, OcspQuestion};
use x509_cert::{
    certificate::Rfc5280,
    crl::CertificateList,
    der::{Decode, oid::AssociatedOid},
    ext::pkix::CrlNumber,
};

use crate::{
    client::Client,
    register::{Authority, Row},
};

/// The number that stands in a list.
pub(crate) fn number_of(list: &[u8]) -> i64 {
    let list = CertificateList::<Rfc5280>::from_der(list).unwrap();
    let extensions = list.tbs_cert_list.crl_extensions.unwrap_or_default();
    let found = extensions.iter().find(|one| one.extn_id == CrlNumber::OID).unwrap();
    let number = CrlNumber::from_der(found.extn_value.as_bytes()).unwrap();
    number.0.as_bytes().iter().fold(0, |number, octet| number << 8 | i64::from(*octet))
}

/// The lists of one authority that somebody has seen.
#[derive(Clone, Default)]
struct Seen {
    /// The number of the last list of each shard.
    last: BTreeMap<i64, i64>,
    /// Shard and SHA-256 of the list with a number.
    lists: BTreeMap<i64, (i64, String)>,
}

impl Seen {
    /// A number belongs to one shard and to the same bytes for ever, and a shard's next list has a higher one.
    fn add(&mut self, shard: i64, number: i64, list: &[u8]) {
        let this = (shard, pki::sha256_hex(list));
        let before = self.last.insert(shard, number).unwrap_or_default();
        assert!(before <= number, "the number of list {shard} went back from {before} to {number}");
        let first = self.lists.entry(number).or_insert_with(|| this.clone());
        assert_eq!(*first, this, "the number {number} was used twice");
    }
}

/// Someone outside, with all lists they have seen.
#[derive(Clone)]
pub(crate) struct Outside {
    visitor: Client,
    name: String,
    issuer: IssuerCert,
    seen: Seen,
}

/// The machine's clock, which the process uses, too.
pub(crate) fn now() -> Timestamp {
    #[expect(clippy::disallowed_methods, reason = "the process looks at the same clock")]
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap())
}

impl Outside {
    pub(crate) fn new(port: u16, authority: &Authority) -> Self {
        let issuer = IssuerCert::parse(&authority.certificate).unwrap();
        let (visitor, name) = (Client::plain(port), authority.name.clone());
        Self { visitor, name, issuer, seen: Seen::default() }
    }

    /// The same person at a copy of the installation.
    pub(crate) fn at(&self, port: u16) -> Self {
        Self { visitor: self.visitor.at(port), ..self.clone() }
    }

    /// The list of a shard, or the full one.
    pub(crate) fn list(&mut self, shard: i64) -> Result<Vec<u8>> {
        let path = match shard {
            0 => format!("/pki/{}.crl", self.name),
            _ => format!("/pki/{}/{shard}.crl", self.name),
        };
        let list = self.visitor.get(&path)?;
        assert_eq!(list.status, 200, "{path}: {}", list.text());
        self.seen.add(shard, number_of(&list.body), &list.body);
        Ok(list.body)
    }

    /// Whether the list of a shard, or the full one, names a certificate.
    pub(crate) fn is_listed(&mut self, shard: i64, certificate: &[u8]) -> Result<bool> {
        let serial = CertificateInfo::parse(certificate).unwrap().serial;
        let list = self.list(shard)?;
        Ok(list.windows(serial.as_bytes().len()).any(|part| part == serial.as_bytes()))
    }

    /// What OCSP says of a certificate; none when it cannot tell now.
    pub(crate) fn status(&mut self, certificate: &[u8]) -> Result<Option<CertStatus>> {
        let question = OcspQuestion::about(certificate, &self.issuer).unwrap();
        let asked: String =
            STANDARD.encode(question.to_der().unwrap()).bytes().map(|byte| format!("%{byte:02X}")).collect();
        let answer = self.visitor.get(&format!("/pki/ocsp/{asked}"))?;
        assert_eq!(answer.status, 200, "{}", answer.text());
        Ok(question.read(&answer.body, now()).ok())
    }

    /// Lists and OCSP say of each certificate of the issuing authority what the register says.
    pub(crate) fn agrees_with(&mut self, rows: &[Row]) {
        for row in rows.iter().filter(|row| row.authority == "issuing") {
            let serial = pki::Serial::from_hex(&row.serial).unwrap();
            for shard in [0, row.crl_shard] {
                let list = self.list(shard).unwrap();
                let listed = list.windows(serial.as_bytes().len()).any(|part| part == serial.as_bytes());
                assert_eq!(listed, row.state != "valid", "the list {shard} about {row:?}");
            }
            if let Some(der) = &row.certificate {
                let status = self.status(der).unwrap();
                let revoked = matches!(status, Some(CertStatus::Revoked { .. }));
                assert!(if row.state == "valid" { status == Some(CertStatus::Good) } else { revoked }, "{status:?}");
            }
        }
    }
}

#[test]
fn a_number_that_is_used_twice_or_goes_back_is_noticed() {
    for (shard, number, list) in [(0, 7, "another"), (1, 7, "one"), (0, 6, "another")] {
        let mut seen = Seen::default();
        for _ in 0..2 {
            seen.add(0, 7, b"one");
        }
        let add = std::panic::AssertUnwindSafe(|| seen.add(shard, number, list.as_bytes()));
        assert!(std::panic::catch_unwind(add).is_err(), "{shard} {number} {list}");
    }
}
