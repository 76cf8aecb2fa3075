//! The demo's mailbox: every mail and letter, so that the demo needs neither a mail server nor the post.

use askama::Template;
use axum::{
    extract::Path,
    response::{IntoResponse, Response},
};
use domain::calendar::japanese_datetime;
use services::{Error, demo};

use crate::{
    site::{Access, Download, Failure, Html, Routes, Visit},
    view::{
        frame::Frame,
        parts::{MailItem, Mailbox},
    },
};

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/dev/mailbox", Access::Public, index)
        .get("/dev/mailbox/mails/{id}", Access::Public, mail)
        .get("/dev/mailbox/letters/{id}", Access::Public, letter)
        .get("/dev/mailbox/letters/{id}/letter.pdf", Access::Public, letter_pdf)
}

#[derive(Template)]
#[template(path = "mailbox/index.html")]
struct Index {
    frame: Frame,
    mailbox: Mailbox,
}

async fn index(visit: Visit) -> Result<Html<Index>, Failure> {
    let app = &visit.site.app;
    let letters = demo::letters(app).await?.into_iter().map(|letter| {
        let item = MailItem {
            letter: true,
            to: format!("{} {} 様", letter.institution, letter.addressee),
            subject: letter.title.to_owned(),
            about: letter.about.clone(),
            time: japanese_datetime(letter.created_at),
            href: format!("/dev/mailbox/letters/{}", letter.id),
            ..MailItem::default()
        };
        (letter.created_at, item)
    });
    let mails = demo::mails(app).await?.into_iter().map(|mail| {
        let item = MailItem {
            to: mail.recipient.clone(),
            subject: mail.subject.clone(),
            time: japanese_datetime(mail.created_at),
            href: format!("/dev/mailbox/mails/{}", mail.id),
            ..MailItem::default()
        };
        (mail.created_at, item)
    });
    let mut items: Vec<_> = letters.chain(mails).collect();
    items.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    let items = items.into_iter().map(|(_, item)| item).collect();
    Ok(Html(Index { frame: visit.frame("デモの郵便受け"), mailbox: Mailbox { items } }))
}

#[derive(Template)]
#[template(path = "mailbox/mail.html")]
struct MailPage {
    frame: Frame,
    to: String,
    time: String,
    lines: Vec<services::mail::Line>,
}

async fn mail(visit: Visit, Path(id): Path<String>) -> Result<Html<MailPage>, Failure> {
    let id = id.parse().map_err(|_| Error::NotFound)?;
    let mail = demo::mail(&visit.site.app, id).await?;
    Ok(Html(MailPage {
        frame: visit.frame(mail.subject),
        to: mail.recipient,
        time: japanese_datetime(mail.created_at),
        lines: services::mail::lines(&mail.body),
    }))
}

#[derive(Template)]
#[template(path = "mailbox/letter.html")]
struct LetterPage {
    frame: Frame,
    letter: demo::DemoLetter,
    time: String,
}

async fn letter(visit: Visit, Path(id): Path<String>) -> Result<Html<LetterPage>, Failure> {
    let id = id.parse().map_err(|_| Error::NotFound)?;
    let letter = demo::letter(&visit.site.app, id).await?;
    Ok(Html(LetterPage { frame: visit.frame(letter.title), time: japanese_datetime(letter.created_at), letter }))
}

async fn letter_pdf(visit: Visit, Path(id): Path<String>) -> Result<Response, Failure> {
    let id = id.parse().map_err(|_| Error::NotFound)?;
    let bytes = demo::letter_pdf(&visit.site.app, id).await?;
    Ok(Download { name: "letter.pdf".to_owned(), media_type: "application/pdf", bytes, inline: true }.into_response())
}
