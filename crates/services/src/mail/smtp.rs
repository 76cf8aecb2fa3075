//! Handing mails over: by SMTP (`lettre`), or to nobody where mails are read in the mailbox page.

use std::{future::Future, pin::Pin, time::Duration};

use lettre::{
    Message,
    message::{
        Attachment as Part, Mailbox, MultiPart,
        header::{ContentType, HeaderName, HeaderValue},
    },
};
use storage::mails::Mail;

use super::{Attachment, Handover, Mailer, link::Link};
use crate::Result;

/// How long one mail may take in all: less than the lease of its job, so that no second worker sends it meanwhile.
const WHOLE: Duration = Duration::from_secs(45);

/// Hands mails to a mail server.
#[derive(Debug)]
pub struct Smtp(Link);

impl Smtp {
    /// Whether an address is understood.
    ///
    /// # Errors
    /// Why not, in words that do not repeat the address: it may hold a password.
    pub fn check(url: &str) -> Result<(), String> {
        Link::new(url).map(drop).map_err(|fault| fault.to_string())
    }

    /// A mailer from an address such as `smtp://127.0.0.1:2525`.
    ///
    /// # Errors
    /// When that is no address of a mail server.
    pub fn new(url: &str) -> Result<Self> {
        Link::new(url).map(Self)
    }
}

/// What lets a mail program end a subscription with one click (RFC 2369, RFC 8058).
fn one_click(address: &str) -> [HeaderValue; 2] {
    let header = |name, value: String| HeaderValue::new(HeaderName::new_from_ascii_str(name), value);
    [
        header("List-Unsubscribe", format!("<{address}>")),
        header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".to_owned()),
    ]
}

fn message(from: Mailbox, mail: &Mail, attachment: Option<Attachment>) -> Result<Message, String> {
    let words = |error: &dyn std::fmt::Display| error.to_string();
    let head = Message::builder()
        .from(from)
        .to(mail.recipient.parse().map_err(|e| words(&e))?)
        .subject(mail.subject.clone())
        .message_id(Some(format!("<{}>", mail.message_id)));
    let head = match &mail.reply_to {
        Some(address) => head.reply_to(address.parse().map_err(|e| words(&e))?),
        None => head,
    };
    let head = match &mail.unsubscribe {
        Some(address) => one_click(address).into_iter().fold(head, |head, header| head.raw_header(header)),
        None => head,
    };
    let html = super::html::html(&mail.subject, &mail.body).map_err(|e| words(&e))?;
    let texts = MultiPart::alternative_plain_html(mail.body.clone(), html);
    let body = match attachment {
        None => texts,
        Some(file) => {
            let kind = ContentType::parse(&file.media_type).map_err(|e| words(&e))?;
            MultiPart::mixed().multipart(texts).singlepart(Part::new(file.name).body(file.bytes, kind))
        }
    };
    head.multipart(body).map_err(|e| words(&e))
}

impl Mailer for Smtp {
    fn send<'a>(
        &'a self,
        from: &'a str,
        mail: &'a Mail,
        attachment: Option<Attachment>,
    ) -> Pin<Box<dyn Future<Output = Handover> + Send + 'a>> {
        Box::pin(async move {
            let from = match from.parse() {
                Ok(from) => from,
                Err(error) => return Handover::Later(format!("the address of the sender, {from}: {error}")),
            };
            match message(from, mail, attachment) {
                Ok(message) => tokio::time::timeout(WHOLE, self.0.send(&message))
                    .await
                    .unwrap_or_else(|_| Handover::Later("the mail server took too long".to_owned())),
                Err(words) => Handover::Refused(words),
            }
        })
    }
}

/// Takes every mail: where there is no mail server, mails are read in the mailbox page.
#[derive(Clone, Copy, Debug)]
pub struct KeepAll;

impl Mailer for KeepAll {
    fn send<'a>(
        &'a self,
        _from: &'a str,
        _mail: &'a Mail,
        _attachment: Option<Attachment>,
    ) -> Pin<Box<dyn Future<Output = Handover> + Send + 'a>> {
        Box::pin(async { Handover::Taken("郵便受けに入れました".to_owned()) })
    }
}

/// Takes no mail: where a command only queues them, for the process that sends.
#[derive(Clone, Copy, Debug)]
pub struct KeepNone;

impl Mailer for KeepNone {
    fn send<'a>(
        &'a self,
        _from: &'a str,
        _mail: &'a Mail,
        _attachment: Option<Attachment>,
    ) -> Pin<Box<dyn Future<Output = Handover> + Send + 'a>> {
        Box::pin(async { Handover::Later("this process sends no mails".to_owned()) })
    }
}
