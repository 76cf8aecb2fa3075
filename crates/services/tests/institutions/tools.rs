//! What the stories share: files, people, and a look at the register.

use std::io::{Cursor, Read};

use domain::{
    ids::{AccountId, MembershipId},
    institutions::{Institution, InstitutionCode, Prefecture, ScoreTable, check_digit_for},
    permissions::Role,
};
use services::{
    Ctx,
    institutions::import::{FileFault, Imported, Options, Outcome, Summary, run},
};
use storage::{Conn, Db, accounts::Account, sessions::Session};

use crate::support::House;

/// Options for a file of 医科 rows without a score table.
pub(crate) fn medical() -> Options {
    Options { file_name: "list.csv".into(), score_table: Some(ScoreTable::Medical), ..Options::default() }
}

/// The administrator at work.
pub(crate) fn administrator(house: &House) -> Ctx<'_> {
    person(house, &[Role::Administrator])
}

/// A member of the operator's staff, with the second factor shown.
pub(crate) fn person<'a>(house: &'a House, roles: &[Role]) -> Ctx<'a> {
    let now = house.app.clock.now();
    let session = Session {
        token_hash: String::new(),
        account_id: AccountId::new(now, &*house.app.randomness),
        name: "山田 花子".into(),
        email: "staff@madoguchi.example".into(),
        must_reset: false,
        staff: true,
        roles: roles.to_vec(),
        has_totp: true,
        second_factor: true,
        institution: None,
        institutions: 0,
        seen_at: now,
        expires_at: now + time::Duration::hours(1),
        bearer: None,
    };
    Ctx::person(&house.app, session, "192.0.2.1")
}

/// Imports a file that is taken over.
pub(crate) async fn import(house: &House, file: impl AsRef<[u8]>, options: Options) -> Imported {
    match import_from(house, Cursor::new(file.as_ref().to_vec()), options).await {
        Outcome::Done(imported) => *imported,
        Outcome::Refused(fault) => panic!("{fault}"),
    }
}

/// Imports a file that is refused as a whole.
pub(crate) async fn refused(house: &House, file: impl AsRef<[u8]>, options: Options) -> FileFault {
    match import_from(house, Cursor::new(file.as_ref().to_vec()), options).await {
        Outcome::Refused(fault) => fault,
        Outcome::Done(imported) => panic!("{:?}", imported.summary),
    }
}

async fn import_from(house: &House, input: impl Read + Send + 'static, options: Options) -> Outcome {
    run(&administrator(house), input, options).await.unwrap()
}

/// Figures of an import in which nothing happened but what is given.
pub(crate) fn figures(rows: u64, change: impl FnOnce(&mut Summary)) -> Summary {
    let mut summary = Summary { rows, ..Summary::default() };
    change(&mut summary);
    summary
}

/// A code of 北海道 with a check digit that holds.
pub(crate) fn code(table: ScoreTable, number: u32) -> InstitutionCode {
    let prefecture = Prefecture::from_number(1).unwrap();
    let six = format!("{number:06}");
    let digit = check_digit_for(prefecture, table, &six).unwrap();
    InstitutionCode::from_parts(prefecture, table, &format!("{six}{digit}")).unwrap()
}

/// Rows of the published layout: 医科 in 北海道, without an end of line after the last.
pub(crate) fn published(numbers: std::ops::Range<u32>) -> String {
    let row = |number| {
        let code = code(ScoreTable::Medical, number);
        let (head, local) = (&code.as_str()[..2], code.local());
        format!("{head}{local},{local},診療所{number},0600001,札幌市中央区北一条{number}\n")
    };
    numbers.map(row).collect()
}

/// The institution with a code.
pub(crate) async fn of_code(house: &House, code: &str) -> Option<Institution> {
    storage::institutions::by_code(&mut house.app.db.read().await.unwrap(), code).await.unwrap()
}

/// The whole register with the time of each last change.
pub(crate) async fn register(db: &Db) -> Vec<(String, String, bool, i64)> {
    const ALL: &str = "SELECT code, name, in_register, updated_at FROM institutions ORDER BY code";
    match &mut db.read().await.unwrap() {
        Conn::Sqlite(conn) => sqlx::query_as(ALL).fetch_all(&mut *conn).await.unwrap(),
        Conn::Postgres(conn) => sqlx::query_as(ALL).fetch_all(&mut **conn).await.unwrap(),
    }
}

/// Someone who waits to belong to an institution.
pub(crate) async fn join(house: &House, institution: &Institution, email: &str, state: &str) -> MembershipId {
    let (now, randomness) = (house.app.clock.now(), &*house.app.randomness);
    let account = Account {
        id: AccountId::new(now, randomness),
        email: email.to_owned(),
        name: format!("{email}の方"),
        password_hash: None,
        must_reset: false,
        staff: false,
        roles: vec![],
        totp_secret: None,
        totp_last_step: 0,
        disabled: false,
        created_at: now,
    };
    let id = MembershipId::new(now, randomness);
    let mut tx = house.app.db.write().await.unwrap();
    storage::accounts::insert(&mut tx, &account).await.unwrap();
    storage::accounts::insert_membership(&mut tx, id, account.id, institution.id, "staff", state, now).await.unwrap();
    tx.commit().await.unwrap();
    id
}

/// A code that someone registered before it stood in the register.
pub(crate) async fn waiting(house: &House, code: InstitutionCode) -> Institution {
    let institution = Institution {
        id: domain::ids::InstitutionId::new(house.app.clock.now(), &*house.app.randomness),
        code,
        name: "（確認待ち）".into(),
        name_kana: String::new(),
        postal_code: String::new(),
        address: String::new(),
        phone: String::new(),
        founder: String::new(),
        status: Default::default(),
        valid_from: None,
        valid_to: None,
        in_register: false,
    };
    let mut tx = house.app.db.write().await.unwrap();
    assert!(storage::institutions::insert(&mut tx, &institution, house.app.clock.now()).await.unwrap());
    tx.commit().await.unwrap();
    institution
}
