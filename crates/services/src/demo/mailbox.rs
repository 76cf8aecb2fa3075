//! The demo's mailbox: mails from their table, letters while their secrets exist, afterwards from the post box folder.

use std::path::PathBuf;

use domain::{
    clock::Timestamp,
    ids::{LetterId, MailId},
    secrets::{MembershipCode, PickupId, PickupSecret},
};
use serde::{Deserialize, Serialize};
use storage::boxed;
use storage::{applications::Application, letters::Letter, mails::Mail};

use crate::{
    App, Ctx, Error, Result,
    applications::tell::grouped,
    letters::{ISSUANCE_NOTICE, SEAL, printed_letter},
};

/// A letter as the demo shows it.
#[derive(Clone, Debug)]
pub struct DemoLetter {
    /// Identifier.
    pub id: LetterId,
    /// What it is.
    pub title: &'static str,
    /// Terminal and reference of its case, to tell letters to one institution apart; empty without a case.
    pub about: String,
    /// Institution it goes to.
    pub institution: String,
    /// Name in the address.
    pub addressee: String,
    /// What is printed on it to be typed elsewhere: label and value.
    pub secrets: Vec<(String, String)>,
    /// When it was ordered.
    pub created_at: Timestamp,
}

/// What lies in the post box folder beside the PDF.
#[derive(Serialize, Deserialize)]
struct Copy {
    secret: String,
}

fn post_box(app: &App) -> Result<&PathBuf> {
    app.post_box.as_ref().ok_or(Error::NotFound)
}

/// The last mails, newest first.
///
/// # Errors
/// [`Error::NotFound`] outside the demo.
#[boxed]
pub async fn mails(app: &App) -> Result<Vec<Mail>> {
    post_box(app)?;
    Ok(storage::mails::newest(&mut app.db.read().await?, None, 200).await?)
}

/// A mail.
///
/// # Errors
/// [`Error::NotFound`] outside the demo or when it does not exist.
#[boxed]
pub async fn mail(app: &App, id: MailId) -> Result<Mail> {
    post_box(app)?;
    storage::mails::find(&mut app.db.read().await?, id).await?.ok_or(Error::NotFound)
}

/// The last letters, newest first.
///
/// # Errors
/// [`Error::NotFound`] outside the demo.
#[boxed]
pub async fn letters(app: &App) -> Result<Vec<DemoLetter>> {
    post_box(app)?;
    let rows = storage::letters::newest(&mut app.db.read().await?, 100).await?;
    let mut letters = vec![];
    for row in rows {
        letters.push(shown(app, &row).await?);
    }
    Ok(letters)
}

/// A letter.
///
/// # Errors
/// [`Error::NotFound`] outside the demo or when it does not exist.
#[boxed]
pub async fn letter(app: &App, id: LetterId) -> Result<DemoLetter> {
    post_box(app)?;
    let row = storage::letters::find(&mut app.db.read().await?, id).await?.ok_or(Error::NotFound)?;
    shown(app, &row).await
}

/// A letter as PDF.
///
/// # Errors
/// [`Error::NotFound`] outside the demo or when nothing of it is left.
#[boxed]
pub async fn letter_pdf(app: &App, id: LetterId) -> Result<Vec<u8>> {
    let kept = post_box(app)?.join(format!("{id}.pdf"));
    if let Ok(bytes) = tokio::fs::read(&kept).await {
        return Ok(bytes);
    }
    match printed_letter(&Ctx::system(app, "demo_mailbox"), id).await {
        Err(Error::ChangedMeanwhile) => Err(Error::NotFound),
        printed => Ok(printed?.pdf),
    }
}

async fn shown(app: &App, row: &Letter) -> Result<DemoLetter> {
    let institution = storage::institutions::find(&mut app.db.read().await?, row.institution_id).await?;
    let issuance = row.kind == ISSUANCE_NOTICE;
    let about = match row.application_id {
        Some(id) => storage::applications::find(&mut app.db.read().await?, id).await?.map(|case| about(&case, row)),
        None => None,
    };
    let secret = secret(app, row).await;
    let mut secrets = vec![];
    if let Some(id) = row.pickup_id.as_deref().and_then(|id| PickupId::parse(id).ok()) {
        secrets.push(("取得ID".to_owned(), id.grouped()));
    }
    if let Some(secret) = secret {
        let grouped = if issuance {
            PickupSecret::parse(&secret).map(|secret| secret.grouped())
        } else {
            MembershipCode::parse(&secret).map(|code| code.grouped())
        };
        let label = if issuance { "取得パスワード" } else { "確認コード" };
        secrets.push((label.to_owned(), grouped.unwrap_or(secret)));
    }
    Ok(DemoLetter {
        id: row.id,
        title: if issuance { "電子証明書発行通知書" } else { "所属確認のお知らせ" },
        about: about.unwrap_or_default(),
        institution: institution.map(|institution| institution.name).unwrap_or_default(),
        addressee: row.addressee.clone(),
        secrets,
        created_at: row.created_at,
    })
}

fn about(case: &Application, row: &Letter) -> String {
    let reference = grouped(case.reference.as_deref().unwrap_or_default());
    let dead = if row.state == "dead" { "（無効になった通知書）" } else { "" };
    format!("{}（受付番号 {reference}）{dead}", case.terminal_name.as_deref().unwrap_or_default())
}

async fn secret(app: &App, row: &Letter) -> Option<String> {
    if let Some(sealed) = &row.secret_sealed {
        return String::from_utf8(app.vault.open(SEAL, sealed).ok()?).ok();
    }
    let kept = app.post_box.as_ref()?.join(format!("{}.json", row.id));
    let text = tokio::fs::read_to_string(kept).await.ok()?;
    serde_json::from_str::<Copy>(&text).ok().map(|copy| copy.secret)
}

/// Puts a copy of a letter into the post box folder before its secret is destroyed.
pub(crate) async fn keep(app: &App, row: &Letter) -> Result<()> {
    let Some(folder) = &app.post_box else { return Ok(()) };
    let Some(secret) = secret(app, row).await else { return Ok(()) };
    let printed = printed_letter(&Ctx::system(app, "post_box"), row.id).await?;
    tokio::fs::create_dir_all(folder).await.map_err(Error::internal)?;
    tokio::fs::write(folder.join(format!("{}.pdf", row.id)), &printed.pdf).await.map_err(Error::internal)?;
    let copy = serde_json::to_vec(&Copy { secret }).map_err(Error::internal)?;
    tokio::fs::write(folder.join(format!("{}.json", row.id)), copy).await.map_err(Error::internal)
}
