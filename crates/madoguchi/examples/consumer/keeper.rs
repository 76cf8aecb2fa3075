//! What a downstream system keeps: every event once and in order, in a file of one line each. Its last line is its place, so
//! nothing else has to be remembered and nothing can disagree.

use std::{
    fs::{File, OpenOptions},
    io::Write,
    path::Path,
};

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;

/// Seconds by which a message may be old or early: what is older may have been overheard and sent again.
const TOLERANCE: i64 = 300;

/// What a webhook carries.
pub(crate) struct Message<'a> {
    /// `webhook-id`.
    pub(crate) id: &'a str,
    /// `webhook-timestamp`.
    pub(crate) timestamp: &'a str,
    /// `webhook-signature`.
    pub(crate) signature: &'a str,
    /// The body, octet for octet.
    pub(crate) body: &'a [u8],
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// Kept now.
    Now,
    /// Kept before; that is as good.
    Before,
    /// Not from the portal, or not from now.
    Refused,
}

/// The keeper of events.
pub(crate) struct Keeper {
    key: hmac::Key,
    file: File,
    place: i64,
}

impl Keeper {
    /// Opens the file and finds the place in it; `secret` is `whsec_…`.
    ///
    /// # Errors
    /// When the file cannot be read or the secret is none.
    pub(crate) fn open(file: &Path, secret: &str) -> Result<Self, Box<dyn std::error::Error>> {
        let key = STANDARD.decode(secret.trim_start_matches("whsec_"))?;
        let written = if file.exists() { std::fs::read_to_string(file)? } else { String::new() };
        // A line that was cut off by a crash has no end: its event comes again.
        let whole = written.rfind('\n').map_or("", |end| &written[..=end]);
        let last = whole.lines().last().map(serde_json::from_str::<Value>).transpose()?;
        let place = last.and_then(|event| event["seq"].as_i64()).unwrap_or(0);
        let opened = OpenOptions::new().create(true).append(true).open(file)?;
        opened.set_len(whole.len() as u64)?;
        Ok(Self { key: hmac::Key::new(hmac::HMAC_SHA256, &key), file: opened, place })
    }

    /// Number of the last event that is kept; 0 when none is.
    pub(crate) fn place(&self) -> i64 {
        self.place
    }

    /// Takes a webhook at a second of 1970.
    ///
    /// # Errors
    /// When the file cannot be written: answer with a failure, and the event comes again.
    pub(crate) fn receive(&mut self, message: &Message<'_>, now: i64) -> std::io::Result<Taken> {
        let fresh = message.timestamp.parse::<i64>().is_ok_and(|sent| (now - sent).abs() <= TOLERANCE);
        let event = serde_json::from_slice::<Value>(message.body).ok();
        match event.filter(|_| fresh && self.is_signed(message)) {
            Some(event) => self.keep(&event),
            None => Ok(Taken::Refused),
        }
    }

    fn is_signed(&self, message: &Message<'_>) -> bool {
        let signed = [message.id.as_bytes(), b".", message.timestamp.as_bytes(), b".", message.body].concat();
        let signatures = message.signature.split(' ').filter_map(|one| STANDARD.decode(one.strip_prefix("v1,")?).ok());
        signatures.into_iter().any(|tag| hmac::verify(&self.key, &signed, &tag).is_ok())
    }

    /// Takes an event, from a webhook or from the feed.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn keep(&mut self, event: &Value) -> std::io::Result<Taken> {
        let Some(seq) = event["seq"].as_i64() else { return Ok(Taken::Refused) };
        if seq <= self.place {
            return Ok(Taken::Before);
        }
        writeln!(self.file, "{event}")?;
        self.file.sync_data()?;
        self.place = seq;
        Ok(Taken::Now)
    }
}
