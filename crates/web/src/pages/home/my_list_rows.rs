//! The rows of マイリスト in words.

use domain::{
    applications::State,
    calendar::{japanese_date, typed_day},
    clock::Timestamp,
    fees::BillNumber,
    inquiries::InquiryState,
    terminals::standing::Condition,
};
use services::{
    my_list::Item,
    rows::{Inquiry, OwnCertificate, OwnLetter, OwnSlip},
};

use crate::{
    pages::{
        applications::{go_on, standing_view},
        content::inquiries,
        fees::words::{month, yen},
        terminals::state,
    },
    site::Visit,
    view::parts::{StateView, Tone},
};

/// A row in words.
pub(super) struct Line {
    /// What it is called.
    pub(super) title: String,
    /// Where it is seen or fetched.
    pub(super) href: String,
    /// What kind of thing it is.
    pub(super) kind: &'static str,
    /// Number to quote, or a dash.
    pub(super) reference: String,
    /// Where it stands.
    pub(super) state: StateView,
    /// What comes next.
    pub(super) next: String,
    /// Its instant.
    pub(super) at: Timestamp,
    /// Whether somebody of the institution has to do something.
    pub(super) waits: bool,
}

/// An item in words.
pub(super) fn line(visit: &Visit, item: &Item) -> Line {
    let place = item.place();
    let mut line = Line {
        title: String::new(),
        href: String::new(),
        kind: place.source.shelf().label(),
        reference: String::new(),
        state: StateView::default(),
        next: String::new(),
        at: place.at,
        waits: item.waits(visit.ctx().now),
    };
    match item {
        Item::Draft(draft) => {
            line.title = draft.kind.label().to_owned();
            line.href = go_on(draft.id, draft.go_on_at.as_deref());
            line.state = StateView::new(Tone::Active, State::Draft.label());
            let kept = japanese_date(draft.kept_until);
            line.next = format!("続きを入力して、送信してください。{}（{kept}まで保存します）", draft.progress.words());
        }
        Item::Case(standing) => {
            let case = &standing.case;
            line.title = with_terminal(case.kind.label(), case.terminal_name.as_deref().unwrap_or_default());
            line.href = format!("/applications/{}", case.id);
            line.reference = case.reference.clone().unwrap_or_default();
            line.state = standing_view(standing, case.state);
            line.next = standing.explanation.next_step();
        }
        Item::Inquiry(inquiry) => thread(visit, inquiry, &mut line),
        Item::Certificate(one, condition) => certificate(one, *condition, &mut line),
        Item::Letter(one) => letter(one, &mut line),
        Item::Copy(copy) => {
            line.title = with_terminal(&format!("{}の控え（PDF）", copy.kind.label()), &copy.terminal);
            line.href = format!("/applications/{}/copy.pdf", copy.id);
            line.reference.clone_from(&copy.reference);
            line.state = StateView::new(Tone::Done, "保存できます");
            line.next = "印刷や保存に使えます。".to_owned();
        }
        Item::Slip(one) => slip(visit, one, &mut line),
    }
    if line.reference.is_empty() {
        "－".clone_into(&mut line.reference);
    }
    line
}

fn with_terminal(words: &str, terminal: &str) -> String {
    if terminal.is_empty() { words.to_owned() } else { format!("{words}（{terminal}）") }
}

fn thread(visit: &Visit, inquiry: &Inquiry, line: &mut Line) {
    let lists = visit.site.app.reference().lists;
    let category = lists.entry("inquiry_categories", &inquiry.category);
    line.title = category.map_or_else(|| inquiry.category.clone(), |entry| entry.label.clone());
    line.href = format!("/inquiries/{}", inquiry.id);
    line.reference.clone_from(&inquiry.reference);
    line.state = inquiries::state(inquiry.state, false);
    line.next = match inquiry.state {
        InquiryState::Open => "回答をお待ちください。",
        InquiryState::Answered => "回答をご確認ください。",
        InquiryState::Waiting => "運営者からの質問に、お返事をお願いします。",
        InquiryState::Closed => "続きがあるときは、同じ画面から送れます。",
    }
    .to_owned();
}

fn certificate(one: &OwnCertificate, condition: Condition, line: &mut Line) {
    line.title = one.terminal.clone();
    line.href = one.application_id.map_or_else(|| "/terminals".to_owned(), |case| format!("/terminals/{case}"));
    line.reference.clone_from(&one.reference);
    line.state = if one.renewed { StateView::new(Tone::Stopped, "更新済み") } else { state(condition) };
    let until = format!("有効期限は{}です。", japanese_date(one.not_after.date()));
    let step = match condition {
        Condition::ReportedLost => "紛失の届出があります。端末の画面から、失効させてください。",
        Condition::Over | Condition::Revoked => "これからも使うときは、新しく申請してください。",
        Condition::Ended | Condition::EndsSoon | Condition::Renewable => "閉域網の更新のページで、更新してください。",
        Condition::ToInstall => "端末に入れてから、接続テストをしてください。",
        Condition::UnderWay | Condition::InUse | Condition::Retired => "",
    };
    let shown = !matches!(condition, Condition::Revoked | Condition::Retired);
    line.next = format!("{step}{}", if shown { until.as_str() } else { "" });
    if line.next.is_empty() {
        "いま、していただくことはありません。".clone_into(&mut line.next);
    }
}

fn letter(one: &OwnLetter, line: &mut Line) {
    let issuance = one.kind == services::letters::ISSUANCE_NOTICE;
    let words = if issuance { "電子証明書発行通知書" } else { "所属確認のお知らせ" };
    line.title = with_terminal(words, &one.terminal);
    line.href = one.case.map_or_else(|| "/account".to_owned(), |(case, _)| format!("/applications/{case}"));
    line.reference.clone_from(&one.reference);
    let used = one.case.is_some_and(|(_, state)| matches!(state, State::PickedUp | State::Installed));
    let number = one.tracking_number.as_deref().unwrap_or_default();
    let (tone, state, next) = match one.state.as_str() {
        "posted" if used => (Tone::Done, "使用済み", "端末の電子証明書の取得に使われました。".to_owned()),
        "posted" if one.delivered_at.is_some() => {
            (Tone::Done, "配達済み", "設置の日まで大切に保管し、端末で取得してください。".to_owned())
        }
        "posted" => (Tone::Waiting, "発送済み", format!("届くまでお待ちください。書留番号は{number}です。")),
        "dead" => (Tone::Stopped, "無効", "この通知書は使えません。".to_owned()),
        _ => (Tone::Waiting, "発送の準備中", "発送するとメールでお知らせします。".to_owned()),
    };
    line.state = StateView::new(tone, state);
    line.next = next;
}

fn slip(visit: &Visit, one: &OwnSlip, line: &mut Line) {
    let number = BillNumber::new(one.bill);
    line.title = format!("払込請求書（{}分、{}）", month(&one.month), yen(one.amount_yen));
    line.href = format!("/fees/{}/slip.pdf", number.plain());
    line.reference = number.to_string();
    let due = typed_day(&one.due_on);
    let (tone, state) = match due {
        _ if one.paid_yen >= one.amount_yen => (Tone::Done, "入金済み"),
        Some(due) if due < visit.ctx().now.date() => (Tone::Attention, "期限切れ"),
        _ => (Tone::Waiting, "入金待ち"),
    };
    line.state = StateView::new(tone, state);
    line.next = match due {
        _ if one.paid_yen >= one.amount_yen => "いま、していただくことはありません。".to_owned(),
        Some(due) => format!("印刷して、{}までに払い込んでください。", japanese_date(due)),
        None => String::new(),
    };
}
