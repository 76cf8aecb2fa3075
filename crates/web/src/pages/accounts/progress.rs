//! Where a membership stands, in words: what happened, who has it, what comes next.

use domain::calendar::{japanese_date, japanese_datetime};
use services::{
    App,
    accounts::membership::{self, ACTIVE, LETTER, Mine, OWNER, REFUSED, REVIEWER},
};

use crate::view::parts::{PointView, Stage, StateLineView, StateView, Tone};

/// What a person may do for a membership that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// Type the code of the letter.
    Code,
    /// Order a letter: the code is dead.
    Letter,
    /// Prove it by the installation's rule, because no owner answers.
    Otherwise,
    /// Nothing but wait, or nothing at all.
    None,
}

/// What the person may do next.
pub(super) fn way(mine: &Mine) -> Way {
    match mine.membership.state.as_str() {
        LETTER if mine.code_until.is_some() => Way::Code,
        LETTER if mine.membership.in_register => Way::Letter,
        OWNER => Way::Otherwise,
        _ => Way::None,
    }
}

/// The state as a badge.
pub(super) fn badge(mine: &Mine) -> StateView {
    let state = mine.membership.state.as_str();
    let tone = match state {
        ACTIVE => Tone::Done,
        LETTER if posted(mine).is_some() || way(mine) == Way::Letter => Tone::Attention,
        LETTER | OWNER | REVIEWER => Tone::Waiting,
        _ => Tone::Stopped,
    };
    let words = if waits_for_register(mine) {
        "台帳への掲載待ち（確認待ち）"
    } else {
        membership::state_label(state)
    };
    StateView::new(tone, words)
}

fn waits_for_register(mine: &Mine) -> bool {
    mine.membership.state == LETTER && !mine.membership.in_register
}

/// When the letter was posted, with its number.
fn posted(mine: &Mine) -> Option<String> {
    let letter = mine.letter.as_ref().filter(|_| mine.code_until.is_some())?;
    let day = japanese_date(letter.posted_at?.date());
    Some(match &letter.tracking_number {
        Some(number) => format!("{day}、追跡番号 {number}"),
        None => day,
    })
}

/// What happened and what comes next, in a sentence or two.
pub(super) fn sentence(mine: &Mine, app: &App) -> String {
    let membership = &mine.membership;
    match (membership.state.as_str(), way(mine)) {
        (ACTIVE, _) => "所属を確認しました。この医療機関等の手続ができます。".to_owned(),
        (LETTER, Way::Code) => letter(mine, app),
        (LETTER, Way::Letter) => {
            "使える確認コードがありません。手紙を送り直すと、新しい確認コードをお届けします。".to_owned()
        }
        (LETTER, _) => {
            "この医療機関等コードは、台帳にまだありません。台帳に載りしだい確認をはじめ、メールでお知らせします。"
                .to_owned()
        }
        (OWNER, _) => "代表者に承認をお願いしました。承認されると、メールでお知らせします。".to_owned(),
        (REVIEWER, _) => {
            let by = app.holidays().add_business_days(membership.created_at.date(), app.rules().review_days);
            format!("審査担当が確認しています。{}ごろまでに、結果をメールでお知らせする予定です。", japanese_date(by))
        }
        (REFUSED, _) => {
            "承認されませんでした。理由は、お送りしたメールをご覧ください。もう一度申し込むこともできます。".to_owned()
        }
        _ => String::new(),
    }
}

fn letter(mine: &Mine, app: &App) -> String {
    let until = mine.code_until.map(japanese_datetime).unwrap_or_default();
    match (posted(mine), &mine.letter) {
        (Some(posted), _) => {
            format!(
                "台帳の所在地あてに手紙を発送しました（{posted}）。届いたら、{until}までに確認コードを入力してください。"
            )
        }
        (None, Some(letter)) => {
            let by = app.holidays().add_business_days(letter.created_at.date(), app.rules().arrival_days);
            format!(
                "確認コードを書いた手紙を準備しています。{}ごろまでに、台帳の所在地に届く予定です。届いたら、{until}までに入力してください。",
                japanese_date(by)
            )
        }
        (None, None) => format!("確認コードを、{until}までに入力してください。"),
    }
}

/// The line from asking to belonging.
pub(super) fn line(mine: &Mine, app: &App) -> StateLineView {
    let membership = &mine.membership;
    let asked = PointView::new("申し込み", japanese_date(membership.created_at.date()), Stage::Done);
    let middle: &[(&str, bool)] = match membership.state.as_str() {
        OWNER => &[("代表者の承認", false)],
        REVIEWER => &[("審査担当の確認", false)],
        LETTER if waits_for_register(mine) => &[("台帳への掲載", false), ("所属の確認", false)],
        LETTER if posted(mine).is_some() => &[("手紙の発送", true), ("確認コードの入力", false)],
        LETTER => &[("手紙の発送", false), ("確認コードの入力", false)],
        _ => &[],
    };
    let here = middle.iter().position(|(_, reached)| !reached);
    let points = middle.iter().enumerate().map(|(place, (label, reached))| {
        let stage = match (*reached, here == Some(place)) {
            (true, _) => Stage::Done,
            (false, true) => Stage::Current,
            (false, false) => Stage::Ahead,
        };
        PointView::new(*label, "", stage)
    });
    let end = match membership.state.as_str() {
        ACTIVE => PointView::new("所属中", "", Stage::Current),
        REFUSED => PointView::new("承認されませんでした", "", Stage::Stopped),
        _ => PointView::new("手続ができます", "", Stage::Ahead),
    };
    let points = std::iter::once(asked).chain(points).chain(std::iter::once(end)).collect();
    StateLineView { state: badge(mine), sentence: sentence(mine, app), points }
}
