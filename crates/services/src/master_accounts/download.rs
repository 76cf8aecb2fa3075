//! The notices of an institution as a ZIP file of PDFs, made when they are asked for and kept nowhere.

use std::io::{Cursor, Write};

use domain::{calendar::japanese_date, clock::Timestamp, institutions::Institution};
use letters::MasterAccountNotice;
use storage::{boxed, master_accounts::MasterAccount};
use zip::{CompressionMethod, DateTime, ZipWriter, write::SimpleFileOptions};

use super::{issue::open, note, notice, tell};
use crate::{Ctx, Error, Result, letters::sender};

/// The notices that can be downloaded, as a ZIP file; none when the time of all of them is over. Every member of the
/// institution who may file may have them; who did stands in the record, and the owners are told by mail.
///
/// # Errors
/// [`Error::Forbidden`] without an institution, [`Error::NotFound`] where the portal has issued none,
/// [`Error::ChangedMeanwhile`] when a password was re-issued at the same moment.
#[boxed]
pub async fn download(ctx: &Ctx<'_>) -> Result<Option<Vec<u8>>> {
    let institution = ctx.institution()?;
    let mut conn = ctx.app.db.read().await?;
    let mut accounts = storage::master_accounts::of(&mut conn, institution).await?;
    if accounts.is_empty() {
        return Err(Error::NotFound);
    }
    accounts.retain(|account| notice(account, ctx).is_open());
    if accounts.is_empty() {
        return Ok(None);
    }
    let to = storage::institutions::find(&mut conn, institution).await?.ok_or(Error::NotFound)?;
    drop(conn);
    let notices = accounts.iter().map(|account| content(ctx, &to, account)).collect::<Result<Vec<_>>>()?;
    let (press, at) = (ctx.app.press.clone(), ctx.now);
    let pack = move || pack(&press, &notices, at);
    let file = tokio::task::spawn_blocking(pack).await.map_err(Error::internal)??;
    let mut tx = ctx.app.db.write().await?;
    for account in &accounts {
        if !storage::master_accounts::downloaded(&mut tx, account, ctx.now).await? {
            return Err(Error::ChangedMeanwhile);
        }
    }
    note(ctx, &mut tx, &accounts, "download", &pki::sha256_hex(&file)).await?;
    tell(ctx, &mut tx, &accounts, "master_account_downloaded", &[]).await?;
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(Some(file))
}

fn content(ctx: &Ctx<'_>, to: &Institution, account: &MasterAccount) -> Result<MasterAccountNotice> {
    Ok(MasterAccountNotice {
        sender: sender(ctx),
        institution_code: to.code.grouped(),
        institution_name: to.name.clone(),
        environment: account.environment.label().to_owned(),
        purpose: account.environment.purpose().to_owned(),
        issued_on: japanese_date(account.issued_at.date()),
        user_id: account.user_id.clone(),
        first_password: open(ctx, account)?,
        shown_until: japanese_date(account.shown_until.date()),
    })
}

/// The PDFs under Japanese names; the ZIP file says that they are in UTF-8, as Windows asks for.
fn pack(press: &letters::Press, notices: &[MasterAccountNotice], at: Timestamp) -> Result<Vec<u8>> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(in_zip(at))
        .unix_permissions(0o600);
    let mut zip = ZipWriter::new(Cursor::new(vec![]));
    for notice in notices {
        let pdf = press.master_account_notice(notice).map_err(Error::internal)?;
        zip.start_file(format!("マスターアカウント通知書_{}.pdf", notice.environment), options)
            .map_err(Error::internal)?;
        zip.write_all(&pdf).map_err(Error::internal)?;
    }
    Ok(zip.finish().map_err(Error::internal)?.into_inner())
}

/// A time as ZIP files tell it: local, without a zone.
fn in_zip(at: Timestamp) -> DateTime {
    let local = at.in_japan();
    let year = u16::try_from(local.year()).unwrap_or_default();
    let (month, day) = (u8::from(local.month()), local.day());
    DateTime::from_date_and_time(year, month, day, local.hour(), local.minute(), local.second()).unwrap_or_default()
}
