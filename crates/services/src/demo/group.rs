//! A table that the demo's person with several institutions has handed in: one row can be sent, one must be put right.

use domain::{applications::Kind, calendar::YearMonth, ids::SheetId};

use super::cases::Cast;
use crate::{
    App, Error, Result,
    group::{self, Handed, Taken},
};

/// Hands the table in.
pub(super) async fn add(app: &App) -> Result<()> {
    let mut conn = app.db.read().await?;
    let person = storage::accounts::by_email(&mut conn, "group@clinic.example").await?.ok_or(Error::NotFound)?;
    let members = storage::accounts::memberships_of_account(&mut conn, person.id).await?;
    drop(conn);
    let first = members.first().ok_or(Error::NotFound)?;
    let codes = members.iter().map(|one| one.institution_code.as_str());
    let cast = Cast { app, institution: first.institution_id, applicant: person.id };
    let month = YearMonth::of(app.clock.now().date()).plus_months(2).to_string();
    let content = table(codes, &month);
    let id = SheetId::new(app.clock.now(), &*app.randomness);
    let handed =
        Handed { id, kind: Kind::Eligibility, name: "CSVファイル".to_owned(), content: content.as_bytes() };
    match group::hand_in(&cast.applicant(), &handed).await? {
        Taken::Sheet(_) => Ok(()),
        Taken::Refused(sentence) => Err(Error::internal(sentence)),
    }
}

/// The months are missing in every second row.
fn table<'a>(codes: impl Iterator<Item = &'a str>, month: &str) -> String {
    let head = "医療機関等コード,申請区分,電気通信回線種別,お客様IDの種類,お客様ID,フレッツ・v6オプション契約の確認,利用開始予定年月,電子証明書発行料の支払方法\n";
    let row = |(number, code): (usize, &str)| {
        let month = if number % 2 == 0 { month } else { "" };
        format!("{code},開始,1,COP,COP{:08},1,{month},1\n", 44_000_000 + number)
    };
    std::iter::once(head.to_owned()).chain(codes.enumerate().map(row)).collect()
}
