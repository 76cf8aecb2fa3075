//! Accounts and their record as parts of pages, for the institution and for the office.

use domain::{
    calendar::{japanese_date, japanese_datetime, until_with_days_left},
    master_account::{Environment, Notice},
};
use services::{
    master_accounts::{Account, Wanted},
    rows::MasterAct,
};
use time::Date;

use crate::{
    site::Posted,
    view::{
        form::{ChoiceView, FieldView, InputView},
        parts::{CardView, CellView, ColumnView, Fact, RowView, StateView, TableView, Tone},
    },
};

/// Name of the boxes of [`choice`].
const CHOICE: &str = "environment";

/// How a notice stands, as a badge.
pub(in crate::pages) fn state(notice: Notice) -> StateView {
    let tone = match notice {
        Notice::Waiting => Tone::Active,
        Notice::Downloaded => Tone::Done,
        Notice::Over => Tone::Idle,
    };
    StateView::new(tone, notice.label())
}

/// An account as a card.
pub(super) fn card(account: &Account, today: Date) -> CardView {
    let until = account.shown_until.date();
    let until = if account.notice.is_open() { until_with_days_left(until, today) } else { japanese_date(until) };
    CardView {
        kind: "マスターアカウント".to_owned(),
        title: account.environment.label().to_owned(),
        state: Some(state(account.notice)),
        facts: vec![
            Fact::code("ユーザーID", &account.user_id),
            Fact::new("発行日", japanese_date(account.issued_at.date())),
            Fact::new("期限", until),
        ],
        next: account.environment.purpose().to_owned(),
        ..CardView::default()
    }
}

/// Who did what.
pub(super) fn acts(acts: &[MasterAct]) -> TableView {
    let row = |act: &MasterAct| RowView {
        strong: false,
        cells: vec![
            CellView::Text(japanese_datetime(act.at)),
            CellView::Text(deed(&act.act).to_owned()),
            CellView::Text(act.person.clone()),
            CellView::Text(act.environments.clone()),
        ],
    };
    TableView {
        caption: "発行とダウンロードの記録（新しい順）".to_owned(),
        columns: ["日時", "できごと", "行った人", "環境"].map(ColumnView::new).to_vec(),
        rows: acts.iter().map(row).collect(),
        ..TableView::default()
    }
}

fn deed(act: &str) -> &'static str {
    match act {
        "issue" => "発行",
        "download" => "ダウンロード",
        "reissue" => "再発行",
        _ => "ダウンロードの期間の終了",
    }
}

/// Boxes for the accounts whose password shall be replaced; of an account that does not exist yet, one that makes it.
pub(in crate::pages) fn choice(accounts: &[Account], chosen: &[Wanted]) -> FieldView {
    let choices = Environment::ALL.iter().map(|environment| {
        let account = accounts.iter().find(|account| account.environment == *environment);
        let note = account.map_or_else(
            || "まだ発行していません。".to_owned(),
            |account| format!("ユーザーID {}　{}", account.user_id, account.notice.label()),
        );
        let seen = account.map_or(0, |account| account.number);
        ChoiceView {
            note: Some(note),
            selected: chosen.iter().any(|one| one.environment == *environment),
            ..ChoiceView::new(format!("{environment}:{seen}"), environment.label())
        }
    });
    FieldView::new(CHOICE, "再発行する環境", InputView::Checks { choices: choices.collect() }).required()
}

/// What was chosen in [`choice`].
pub(in crate::pages) fn wanted(posted: &Posted) -> Vec<Wanted> {
    let one = |value: &str| {
        let (environment, seen) = value.split_once(':')?;
        Some(Wanted { environment: environment.parse().ok()?, seen: seen.parse().ok()? })
    };
    let mut wanted: Vec<Wanted> = posted.all(CHOICE).filter_map(one).collect();
    wanted.sort_by_key(|one| one.environment);
    wanted.dedup_by_key(|one| one.environment);
    wanted
}

/// The slip of whoever chose nothing.
pub(in crate::pages) fn nothing_chosen() -> domain::forms::Finding {
    domain::forms::Finding {
        field: CHOICE.to_owned(), message: "再発行する環境を、1つ以上選んでください。".to_owned()
    }
}
