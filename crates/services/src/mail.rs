//! Mails: texts with placeholders, the queue, and the transport behind a trait.

use std::{collections::BTreeMap, future::Future, pin::Pin};

use domain::{
    clock::Timestamp,
    ids::{AccountId, ApplicationId, InquiryId, JobId, MailId},
    office::settings::MailText,
};
use serde::Deserialize;
use serde_json::{Value, json};
use storage::boxed;
use storage::{Tx, jobs::NewJob, mails::Mail};

use crate::{App, Ctx, Error, Result};

mod bounce;
mod html;
mod link;
mod smtp;
mod texts;

pub(crate) use bounce::report_of;
pub use bounce::{Bounced, bounced};
pub use html::{Line, lines};
pub use smtp::{KeepAll, KeepNone, Smtp};

/// Kind of the job that sends a mail.
pub const SEND: &str = "mail.send";

/// A file that goes with a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// File name.
    pub name: String,
    /// Media type.
    pub media_type: String,
    /// Content.
    pub bytes: Vec<u8>,
}

/// What became of handing a mail over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Handover {
    /// The server took it.
    Taken(String),
    /// The server refuses the mail for good, with its words.
    Refused(String),
    /// The server refuses its recipient for good, with its words.
    NoRecipient(String),
    /// It may work later; the cause in words. So is whatever is no fault of the mail or its recipient.
    Later(String),
}

/// Hands mails to a mail server.
pub trait Mailer: Send + Sync {
    /// Hands one mail over.
    fn send<'a>(
        &'a self,
        from: &'a str,
        mail: &'a Mail,
        attachment: Option<Attachment>,
    ) -> Pin<Box<dyn Future<Output = Handover> + Send + 'a>>;
}

#[derive(Clone, Debug, Deserialize)]
struct Text {
    key: String,
    title: String,
    #[serde(default)]
    area: String,
    subject: String,
    body: String,
    placeholders: BTreeMap<String, String>,
}

/// Texts of all mails by key.
#[derive(Clone, Debug)]
pub struct Texts(BTreeMap<String, Text>);

impl Texts {
    /// The texts that come with the program.
    ///
    /// # Errors
    /// When one of them is not well-formed.
    pub fn built_in() -> Result<Self> {
        let parse = |source: &&str| toml::from_str::<Text>(source).map_err(Error::internal);
        let texts = texts::ALL.iter().map(parse).collect::<Result<Vec<_>>>()?;
        Ok(Self(texts.into_iter().map(|text| (text.key.clone(), text)).collect()))
    }

    /// Key and name of every mail, by key.
    pub fn titles(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.values().map(|text| (text.key.as_str(), text.title.as_str()))
    }

    /// What a mail is about, as the heading it stands under; empty for an unknown mail.
    pub fn area(&self, key: &str) -> &str {
        self.0.get(key).map_or("", |text| &text.area)
    }

    /// The text of a mail that comes with the program, its name, and what may stand in it with its explanation.
    pub fn built_in_text(&self, key: &str) -> Option<(MailText, &str, &BTreeMap<String, String>)> {
        let text = self.0.get(key)?;
        let own = MailText { subject: text.subject.clone(), body: text.body.clone() };
        Some((own, &text.title, &text.placeholders))
    }

    /// The text that staff set, or the built-in one where theirs asks for what this version of the program does not say.
    fn fill(&self, key: &str, set: Option<&MailText>, values: &BTreeMap<&str, String>) -> Result<(String, String)> {
        if let Some(text) = set {
            match filled(&text.subject, &text.body, values) {
                Ok(both) => return Ok(both),
                Err(error) => {
                    tracing::error!(%error, key, "the text that was set cannot be filled; the built-in one is sent")
                }
            }
        }
        let text = self.0.get(key).ok_or_else(|| Error::internal(format!("no mail text {key}")))?;
        filled(&text.subject, &text.body, values)
    }
}

fn filled(subject: &str, body: &str, values: &BTreeMap<&str, String>) -> Result<(String, String)> {
    Ok((fill(subject, values)?.replace(['\r', '\n'], " "), fill(body, values)?))
}

/// Replaces each `{{name}}`; a name without a value is a fault of ours.
pub(crate) fn fill(template: &str, values: &BTreeMap<&str, String>) -> Result<String> {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, tail) = after.split_once("}}").ok_or_else(|| Error::internal("placeholder without end"))?;
        let value =
            values.get(name.trim()).ok_or_else(|| Error::internal(format!("no value for placeholder {name}")))?;
        out.push_str(before);
        out.push_str(value);
        rest = tail;
    }
    out.push_str(rest);
    Ok(out)
}

/// A mail to be queued.
#[derive(Clone, Debug)]
pub struct Letterhead<'a> {
    /// Key of the text.
    pub text: &'a str,
    /// Address.
    pub to: &'a str,
    /// Account it concerns.
    pub account: Option<AccountId>,
    /// Case it concerns.
    pub application: Option<ApplicationId>,
    /// Thread it concerns.
    pub inquiry: Option<InquiryId>,
    /// Address for replies, where they are read.
    pub reply_to: Option<String>,
    /// What to attach when it is sent.
    pub attachment: Option<Value>,
    /// Address at which one click ends what the mail comes from (RFC 8058).
    pub unsubscribe: Option<String>,
}

impl<'a> Letterhead<'a> {
    /// A mail with a text to an address.
    pub fn new(text: &'a str, to: &'a str) -> Self {
        Self {
            text,
            to,
            account: None,
            application: None,
            inquiry: None,
            reply_to: None,
            attachment: None,
            unsubscribe: None,
        }
    }
}

/// Queues a mail and the job that sends it, in the caller's transaction.
///
/// # Errors
/// When a placeholder has no value or the database refuses.
#[boxed]
pub async fn queue(ctx: &Ctx<'_>, tx: &mut Tx, head: &Letterhead<'_>, values: &[(&str, String)]) -> Result<()> {
    if domain::accounts::is_provisional(head.to) {
        return Ok(());
    }
    let app = ctx.app;
    let mut all: BTreeMap<&str, String> = values.iter().cloned().collect();
    all.insert("operator", app.settings.operator.name.clone());
    all.insert("contact", app.settings.operator.contact());
    all.insert("portal_url", app.settings.portal_url.clone());
    let (subject, body) = app.texts.fill(head.text, app.reference().mails.get(head.text), &all)?;
    let id = MailId::new(ctx.now, &*app.randomness);
    let mail = Mail {
        id,
        recipient: head.to.to_owned(),
        subject,
        body,
        state: "queued".to_owned(),
        answer: String::new(),
        message_id: format!("{id}@{}", app.settings.mail_domain()),
        account_id: head.account,
        application_id: head.application,
        inquiry_id: head.inquiry,
        reply_to: head.reply_to.clone(),
        attachment: head.attachment.clone(),
        unsubscribe: head.unsubscribe.clone(),
        created_at: ctx.now,
        sent_at: None,
    };
    tx.mail(mail);
    tx.job(NewJob {
        id: JobId::new(ctx.now, &*app.randomness),
        kind: SEND,
        key: Some(job_key(id)),
        payload: json!({ "mail": id }),
        at: ctx.now,
    });
    Ok(())
}

fn job_key(id: MailId) -> String {
    format!("mail:{id}")
}

/// Sends the newest mail to an account at once and nothing else, unless another process is about to.
///
/// # Errors
/// When the database cannot be reached; a mail server that does not answer is no error, the mail is sent later.
#[boxed]
pub async fn send_newest(app: &App, account: AccountId, worker: &str) -> Result<()> {
    let mails = storage::mails::of_account(&mut app.db.read().await?, account).await?;
    if let Some(mail) = mails.first() {
        crate::jobs::work_keyed(app, worker, &job_key(mail.id)).await?;
    }
    Ok(())
}

/// Sends one queued mail; the work of a [`SEND`] job. A mail that was sent before is left alone.
///
/// # Errors
/// With the server's words when it should be tried again.
#[boxed]
pub async fn send(app: &App, payload: &Value) -> Result<()> {
    let id = of_job(payload)?;
    let mail = storage::mails::find(&mut app.db.read().await?, id).await?.ok_or(Error::NotFound)?;
    if mail.state != "queued" {
        return Ok(());
    }
    let attachment = match &mail.attachment {
        Some(wanted) => crate::applications::attachment(app, wanted).await?,
        None => None,
    };
    let handover = app.mailer.send(&app.settings.mail_from, &mail, attachment).await;
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    let (state, answer, sent_at): (&str, &str, Option<Timestamp>) = match &handover {
        Handover::Taken(words) => ("sent", words, Some(now)),
        Handover::Refused(words) | Handover::NoRecipient(words) => ("refused", words, None),
        Handover::Later(words) => ("queued", words, None),
    };
    storage::mails::set_state(&mut tx, id, state, answer, sent_at).await?;
    if matches!(handover, Handover::NoRecipient(_)) && mail.unsubscribe.is_some() {
        crate::content::subscriptions::refused(&mut tx, &mail.recipient, now).await?;
    }
    tx.commit().await?;
    match handover {
        Handover::Later(words) => Err(Error::Internal(words)),
        _ => Ok(()),
    }
}

/// Notes that nobody tries any more to send the mail of a job: it loses its text after its period, as all mails do.
pub(crate) async fn give_up(tx: &mut Tx, payload: &Value) -> Result<()> {
    Ok(storage::mails::give_up(tx, of_job(payload)?).await?)
}

/// Lets the mail of a job be tried once more, if it still has its text.
pub(crate) async fn requeue(tx: &mut Tx, payload: &Value) -> Result<()> {
    Ok(storage::mails::requeue(tx, of_job(payload)?).await?)
}

fn of_job(payload: &Value) -> Result<MailId> {
    payload["mail"].as_str().and_then(|id| id.parse().ok()).ok_or_else(|| Error::internal("no mail"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_placeholder_of_a_text_is_explained_and_every_explained_one_is_used() {
        for source in texts::ALL {
            let text: toml::Table = toml::from_str(source).unwrap();
            let words = |key: &str| text[key].as_str().unwrap().to_owned();
            let both = words("subject") + &words("body");
            let used: BTreeSet<&str> = both.split("{{").skip(1).map(|rest| rest.split("}}").next().unwrap()).collect();
            let explained: BTreeSet<&str> =
                text["placeholders"].as_table().unwrap().keys().map(String::as_str).collect();
            assert_eq!(used, explained, "{}", words("key"));
        }
    }
}
