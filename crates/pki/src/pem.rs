//! PEM in and out (RFC 7468), lenient when reading what people paste, strict when writing.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const WIDTH: usize = 64;

/// A PEM block with the given label, 64 columns, LF line ends.
pub fn encode(label: &str, der: &[u8]) -> String {
    let body = STANDARD.encode(der);
    let mut text = format!("-----BEGIN {label}-----\n");
    let mut rest = body.as_str();
    while !rest.is_empty() {
        let (line, tail) = rest.split_at(rest.len().min(WIDTH));
        text.push_str(line);
        text.push('\n');
        rest = tail;
    }
    text.push_str(&format!("-----END {label}-----\n"));
    text
}

/// A certificate as PEM.
pub fn certificate(der: &[u8]) -> String {
    encode("CERTIFICATE", der)
}

/// A revocation list as PEM.
pub fn crl(der: &[u8]) -> String {
    encode("X509 CRL", der)
}

/// A public key (SubjectPublicKeyInfo) as PEM.
pub fn public_key(spki: &[u8]) -> String {
    encode("PUBLIC KEY", spki)
}

/// The first block that bears the label; text around it, blank lines and CRLF do not matter.
pub fn decode(label: &str, text: &str) -> Option<Vec<u8>> {
    decode_all(label, text).into_iter().next()
}

/// Every well-formed block that bears the label, in order.
pub fn decode_all(label: &str, text: &str) -> Vec<Vec<u8>> {
    let (begin, end) = (format!("-----BEGIN {label}-----"), format!("-----END {label}-----"));
    let mut blocks = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once(&begin) {
        let Some((body, tail)) = after.split_once(&end) else { break };
        let packed: String = body.split_ascii_whitespace().collect();
        if let Ok(der) = STANDARD.decode(packed) {
            blocks.push(der);
        }
        rest = tail;
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_even_after_windows_touched_it() {
        let der = vec![7; 100];
        let pem = encode("CERTIFICATE", &der);
        assert!(pem.lines().all(|line| line.len() <= 64));
        let pasted = format!("\u{feff}subject=x\r\n{}\r\n", pem.replace('\n', "\r\n\r\n"));
        assert_eq!(decode("CERTIFICATE", &pasted), Some(der.clone()));
        assert_eq!(decode_all("CERTIFICATE", &format!("{pem}{pem}")), vec![der.clone(), der]);
        assert_eq!(decode("X509 CRL", &pem), None);
        assert_eq!(decode("CERTIFICATE", "-----BEGIN CERTIFICATE-----\nAA"), None);
    }
}
