//! Import of accounts from another portal (spec 2.3): who is imported must set a new password at the first login.
//!
//! Idempotent: accounts, passwords and memberships that exist are left as they are. Each batch of rows is one
//! transaction, so that a run that was cut off is completed by running it again.

use argon2::{Params, password_hash::phc::PasswordHash};
use domain::{
    accounts::is_provisional,
    ids::{AccountId, MembershipId},
    institutions::InstitutionCode,
    permissions::Permission,
};
use encoding_rs::SHIFT_JIS;
use serde::Serialize;
use storage::boxed;
use storage::{Tx, accounts::Account};

use super::{
    entry,
    membership::{ACTIVE, ROLE_OWNER, ROLE_STAFF},
};
use crate::{Ctx, Error, Result};

/// Rows in one transaction.
const BATCH: usize = 200;
/// Bounds of imported hashes: memory in KiB, passes, lanes. More would let one login stop all others.
const MOST: (u32, u32, u32) = (262_144, 16, 8);
/// Names of the columns, in their order in a file without a header row.
const COLUMNS: [&[&str]; 5] = [
    &["login", "email", "ログイン", "ログインID", "メールアドレス"],
    &["name", "名前", "氏名", "お名前"],
    &["institution_code", "code", "医療機関等コード"],
    &["role", "役割"],
    &["password_hash", "パスワードハッシュ"],
];

/// The figures of an import: `rows` = `created` + `updated` + `unchanged` + `rejected`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Rows of the file, header and blank ones aside.
    pub rows: u64,
    /// Accounts that were made.
    pub created: u64,
    /// Accounts that were there and became members of one more institution.
    pub updated: u64,
    /// Rows of which everything was there.
    pub unchanged: u64,
    /// Rows that were left out.
    pub rejected: u64,
}

/// A row that was left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rejected {
    /// Its line in the file, from 1.
    pub line: u64,
    /// Why, in Japanese.
    pub reason: String,
}

/// What became of an import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All good rows are taken over.
    Done {
        /// The figures.
        summary: Summary,
        /// Rows that were left out.
        rejected: Vec<Rejected>,
    },
    /// The file cannot be read at all; why, in Japanese.
    Unreadable(&'static str),
}

/// A row that can be taken over.
struct Row {
    login: String,
    name: String,
    code: InstitutionCode,
    role: Option<&'static str>,
    hash: Option<String>,
}

/// Takes accounts over from a CSV file: login or address, name, institution code, role, argon2id hash or nothing.
///
/// UTF-8 or Shift_JIS, with or without a header row. Role: `owner`, `staff` or empty (the first one is owner).
///
/// # Errors
/// [`Error::Forbidden`] without [`Permission::ManageStaff`]; faults of the machine.
#[boxed]
pub async fn accounts(ctx: &Ctx<'_>, file: &[u8]) -> Result<Outcome> {
    ctx.permit(Permission::ManageStaff)?;
    let Some(text) = decode(file) else {
        return Ok(Outcome::Unreadable("UTF-8でもShift_JISでもないため、読み込めません。CSVで出力し直してください。"));
    };
    let mut summary = Summary::default();
    let mut rejected = vec![];
    let mut good = vec![];
    for (line, row) in rows(&text) {
        summary.rows += 1;
        match row {
            Ok(row) => good.push((line, row)),
            Err(reason) => rejected.push(Rejected { line, reason }),
        }
    }
    for batch in good.chunks(BATCH) {
        let mut tx = ctx.app.db.write().await?;
        for (line, row) in batch {
            match take(ctx, &mut tx, row).await? {
                Taken::Created => summary.created += 1,
                Taken::Updated => summary.updated += 1,
                Taken::Unchanged => summary.unchanged += 1,
                Taken::Rejected(reason) => rejected.push(Rejected { line: *line, reason: reason.to_owned() }),
            }
        }
        tx.commit().await?;
    }
    summary.rejected = u64::try_from(rejected.len()).map_err(Error::internal)?;
    rejected.sort_by_key(|row| row.line);
    Ok(Outcome::Done { summary, rejected })
}

/// The text of a file in UTF-8 or Shift_JIS; none when it is neither.
pub(crate) fn decode(file: &[u8]) -> Option<String> {
    let bytes = file.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(file);
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Some(text.to_owned());
    }
    let (text, wrong) = SHIFT_JIS.decode_without_bom_handling(bytes);
    (!wrong).then(|| text.into_owned())
}

/// Rows with their lines; a first row that names columns is a header.
fn rows(text: &str) -> Vec<(u64, Result<Row, String>)> {
    // Between a carriage return and its line feed the reader has not counted the line yet.
    let text = text.replace("\r\n", "\n");
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
    let mut places: [Option<usize>; 5] = [Some(0), Some(1), Some(2), Some(3), Some(4)];
    let mut list = vec![];
    for (number, record) in reader.records().enumerate() {
        let Ok(record) = record else { continue };
        if number == 0 && record.iter().any(|field| COLUMNS.iter().any(|names| names.contains(&field))) {
            places = COLUMNS.map(|names| record.iter().position(|field| names.contains(&field)));
            continue;
        }
        let line = record.position().map_or(0, csv::Position::line);
        if record.iter().any(|field| !field.is_empty()) {
            let fields = places.map(|place| place.and_then(|place| record.get(place)).unwrap_or_default());
            list.push((line, read(fields)));
        }
    }
    list
}

/// The lines that hold a row, from 1.
pub(crate) fn rows_of(text: &str) -> Vec<u64> {
    rows(text).into_iter().map(|(line, _)| line).collect()
}

fn read([login, name, code, role, hash]: [&str; 5]) -> Result<Row, String> {
    let typed = entry::login(login);
    let login = if is_provisional(&typed) { typed } else { entry::address(login).map_err(|slip| slip.message)? };
    Ok(Row {
        login,
        name: entry::person_name(name).map_err(|slip| slip.message)?,
        code: InstitutionCode::parse(code).map_err(|fault| fault.to_string())?,
        role: match role {
            "" => None,
            "owner" | "代表者" => Some(ROLE_OWNER),
            "staff" | "メンバー" | "職員" => Some(ROLE_STAFF),
            _ => return Err("役割は、owner（代表者）かstaff（メンバー）にしてください。".to_owned()),
        },
        hash: if hash.is_empty() { None } else { Some(argon2id(hash)?) },
    })
}

/// A hash that logins can check without harm.
fn argon2id(text: &str) -> Result<String, String> {
    let wrong = || "パスワードハッシュは、argon2idのPHC形式にするか、空欄にしてください。".to_owned();
    let hash = PasswordHash::new(text).map_err(|_| wrong())?;
    if hash.algorithm.as_str() != "argon2id" || hash.hash.is_none() || hash.salt.is_none() {
        return Err(wrong());
    }
    let params = Params::try_from(&hash).map_err(|_| wrong())?;
    if params.m_cost() > MOST.0 || params.t_cost() > MOST.1 || params.p_cost() > MOST.2 {
        return Err("パスワードハッシュの計算量が大きすぎます。空欄にして取り込んでください。".to_owned());
    }
    Ok(text.to_owned())
}

enum Taken {
    Created,
    Updated,
    Unchanged,
    Rejected(&'static str),
}

async fn take(ctx: &Ctx<'_>, tx: &mut Tx, row: &Row) -> Result<Taken> {
    let Some(place) = storage::institutions::by_code(tx, row.code.as_str()).await? else {
        return Ok(Taken::Rejected("この医療機関等コードは台帳にありません。先に台帳を取り込んでください。"));
    };
    let known = storage::accounts::by_email(tx, &row.login).await?;
    if known.as_ref().is_some_and(|account| account.staff || account.disabled) {
        return Ok(Taken::Rejected("このログインのアカウントは、運営者の職員のものか、閉じられています。"));
    }
    let account = match &known {
        Some(account) => account.id,
        None => create(ctx, tx, row).await?,
    };
    // A membership that an owner ended or declined must not come back with the next import.
    let member = storage::accounts::membership_of(tx, account, place.id).await?.is_some();
    if !member {
        let members = storage::accounts::members_in_force(tx, place.id).await?;
        let owned = members.iter().any(|member| member.role == ROLE_OWNER);
        let role = row.role.unwrap_or(if owned { ROLE_STAFF } else { ROLE_OWNER });
        let id = MembershipId::new(ctx.now, &*ctx.app.randomness);
        storage::accounts::insert_membership(tx, id, account, place.id, role, ACTIVE, ctx.now).await?;
        ctx.audit(tx, "membership.import", format!("membership:{id}"), "", role);
    }
    Ok(match (known, member) {
        (None, _) => Taken::Created,
        (Some(_), false) => Taken::Updated,
        (Some(_), true) => Taken::Unchanged,
    })
}

async fn create(ctx: &Ctx<'_>, tx: &mut Tx, row: &Row) -> Result<AccountId> {
    let id = AccountId::new(ctx.now, &*ctx.app.randomness);
    let account = Account {
        id,
        email: row.login.clone(),
        name: row.name.clone(),
        password_hash: row.hash.clone(),
        must_reset: true,
        staff: false,
        roles: vec![],
        totp_secret: None,
        totp_last_step: 0,
        disabled: false,
        created_at: ctx.now,
    };
    storage::accounts::insert(tx, &account).await?;
    ctx.audit(tx, "account.import", format!("account:{id}"), "", "");
    Ok(id)
}
