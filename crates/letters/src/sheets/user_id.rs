//! オンライン請求ユーザーID通知書.

use super::desk::Desk;
use super::letter::Letter;
use crate::book::Book;
use crate::layout::look::{Look, QUIET};
use crate::layout::mm;
use crate::model::UserIdNotice;
use crate::{Fault, clean, qr};

const TITLE: &str = "オンライン請求ユーザーID通知書";

/// The notice as a file.
pub(crate) fn user_id_notice(it: &UserIdNotice) -> Result<Book, Fault> {
    let mut book = Book::new(TITLE.to_owned(), clean::line(&it.sender.name));
    let code = qr::page(&it.login_url, it.first_password.as_deref().unwrap_or_default())?;
    let letter = Letter {
        sender: &it.sender,
        recipient: &it.recipient,
        issued_on: &it.issued_on,
        numbered: "受付番号",
        reference: &it.reference,
        title: TITLE,
        mark: None,
    };
    letter.set(&mut book, |desk| opening(desk, it), |desk| body(desk, it, code.as_ref()));
    Ok(book)
}

fn opening(desk: &mut Desk<'_>, it: &UserIdNotice) {
    let said = "オンライン請求の届出を受け付けました。オンライン請求システムで使うユーザーIDをお知らせします。";
    desk.paragraph(said, desk.look, 0.0, mm(3.0));
    let [institution, name, month] =
        [&it.institution_code, &it.recipient.institution_name, &it.start_month].map(|text| clean::line(text));
    let facts = [("医療機関等コード", &*institution), ("医療機関等名", &name), ("請求開始年月", &month)];
    desk.ruled_facts(&facts, mm(36.0), 0.0, 0.0);
}

fn body(desk: &mut Desk<'_>, it: &UserIdNotice, code: Option<&qr::Code>) {
    let password = it.first_password.as_deref().filter(|password| !clean::line(password).trim().is_empty());
    let codes = |desk: &mut Desk<'_>| {
        desk.code("ユーザーID", &it.user_id, 22.0, true);
        if let Some(password) = password {
            desk.code("初回パスワード", password, 22.0, true);
        }
        desk.paragraph("区切りの空白は入力不要です。", Look::new(8.0).color(QUIET), 0.0, 0.0);
    };
    desk.code_box(codes, code.map(|code| (code, "オンライン請求システム")), mm(30.0));
    let url = clean::line(&it.login_url);
    if !url.is_empty() {
        desk.ruled_facts(&[("オンライン請求システム", &url)], mm(50.0), mm(3.5), 0.0);
    }
    let steps = steps(password.is_some(), &clean::line(&it.start_month));
    desk.steps("請求を始める前に", &steps.each_ref().map(String::as_str));
    desk.caution(
        "ユーザーIDは請求業務を担当する方だけで管理してください。",
        "届出の内容が変わったときは、\
         ポータルの「オンライン請求 利用開始・変更申請」から変更を申請してください。",
    );
    desk.contact(&it.sender);
}

/// What is to be done before the first claim.
fn steps(given: bool, month: &str) -> [String; 4] {
    let password = if given {
        "初回パスワードを、ご自分で決めたパスワードに変更します。"
    } else {
        "初回パスワードは、別にお送りするお知らせをご覧ください。"
    };
    [
        "端末の電子証明書が端末に取り込まれていることを、「接続テスト」で確かめます。".to_owned(),
        "端末をオンライン請求ネットワーク（閉域網）につなぎ、オンライン請求システムにユーザーIDでログインします。"
            .to_owned(),
        password.to_owned(),
        format!("確認試験で送信と受信ができたら、{month}から請求を始められます。"),
    ]
}
