//! Signatures of Standard Webhooks: `v1,` and an HMAC-SHA-256 over identifier, second and body.

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::STANDARD};
use domain::clock::{Randomness, Timestamp};

use crate::{Error, Result};

/// How a secret begins when it is shown.
const PREFIX: &str = "whsec_";

/// A new secret of 256 bits, as it is shown.
pub(super) fn new_secret(randomness: &dyn Randomness) -> String {
    format!("{PREFIX}{}", STANDARD.encode(randomness.bytes::<32>()))
}

/// The value of `webhook-signature`.
///
/// # Errors
/// When the secret is none.
pub(super) fn signature(secret: &str, id: &str, at: Timestamp, body: &str) -> Result<String> {
    let key = STANDARD.decode(secret.trim_start_matches(PREFIX)).map_err(Error::internal)?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
    let signed = format!("{id}.{}.{body}", at.as_seconds());
    Ok(format!("v1,{}", STANDARD.encode(hmac::sign(&key, signed.as_bytes()))))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification's own libraries.
    #[test]
    fn a_signature_is_the_one_that_other_libraries_make() {
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let at = Timestamp::from_millis(1_614_265_330_000);
        let made = signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", at, r#"{"test": 2432232314}"#).unwrap();
        assert_eq!(made, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }
}
