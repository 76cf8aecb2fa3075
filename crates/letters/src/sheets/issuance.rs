//! 電子証明書発行通知書.

use super::desk::Desk;
use super::letter::Letter;
use crate::book::Book;
use crate::layout::look::{Look, QUIET};
use crate::layout::mm;
use crate::model::IssuanceNotice;
use crate::{Fault, clean, qr};

const TITLE: &str = "電子証明書発行通知書";
const STEPS: [&str; 5] = [
    "この通知書と、端末の電子証明書を入れる端末を用意します。",
    "端末をオンライン請求ネットワーク（閉域網）につなぎ、ブラウザで取得ページを開きます。",
    "取得IDと取得パスワードを入力し、「通知書の内容を確認する」を押して、端末の名前を確かめます。",
    "「ファイルのパスワード」を決めて端末の電子証明書のファイルを受け取り、端末に取り込みます。",
    "「接続テスト」で端末名称等と有効期限が表示されたら完了です。ファイルの控えと、端末に貼るラベルを用意してください。",
];

/// The notices as one file, a letter each.
pub(crate) fn issuance_notices(notices: &[IssuanceNotice]) -> Result<Book, Fault> {
    let first = notices.first().ok_or(Fault::Empty)?;
    let mut book = Book::new(TITLE.to_owned(), clean::line(&first.sender.name));
    for notice in notices {
        set(&mut book, notice)?;
    }
    Ok(book)
}

fn set(book: &mut Book, it: &IssuanceNotice) -> Result<(), Fault> {
    let code = qr::page(&it.pickup_url, &it.pickup_secret)?;
    let letter = Letter {
        sender: &it.sender,
        recipient: &it.recipient,
        issued_on: &it.issued_on,
        numbered: "受付番号",
        reference: &it.reference,
        title: TITLE,
        mark: Some("簡易書留"),
    };
    letter.set(book, |desk| opening(desk, it), |desk| body(desk, it, code.as_ref()));
    Ok(())
}

fn opening(desk: &mut Desk<'_>, it: &IssuanceNotice) {
    let [institution, name, terminal] =
        [&it.institution_code, &it.recipient.institution_name, &it.terminal_name].map(|text| clean::line(text));
    let said = "お申し込みいただいた端末の電子証明書の発行を承認しました。\
                下記の取得IDと取得パスワードで、端末の電子証明書を取得してください。";
    desk.paragraph(said, desk.look, 0.0, mm(3.0));
    let facts = [("医療機関等コード", &*institution), ("医療機関等名", &name), ("端末名称等", &terminal)];
    desk.ruled_facts(&facts, mm(36.0), 0.0, 0.0);
}

fn body(desk: &mut Desk<'_>, it: &IssuanceNotice, code: Option<&qr::Code>) {
    let codes = |desk: &mut Desk<'_>| {
        desk.code("取得ID", &it.pickup_id, 16.0, false);
        desk.code("取得パスワード", &it.pickup_secret, 20.0, true);
        let note = "区切りの空白は入力不要です。紛らわしい文字は使っていません。";
        desk.paragraph(note, Look::new(8.0).color(QUIET), 0.0, 0.0);
    };
    desk.code_box(codes, code.map(|code| (code, "取得ページ")), mm(32.0));
    let [url, deadline, validity] =
        [&it.pickup_url, &format!("{}まで", it.pickup_deadline), &it.validity].map(|text| clean::line(text));
    let facts = [("取得ページ", &*url), ("取得期限", &deadline), ("端末の電子証明書の有効期間", &validity)];
    desk.ruled_facts(&facts, mm(50.0), mm(3.5), 0.0);
    desk.steps("取得の手順", &STEPS);
    desk.caution(
        "この通知書は設置日まで大切に保管してください。",
        "取得パスワードを電話やメールでお尋ねすることはありません。通知書をなくしたときは、\
         ポータルの「申請状況照会」から「通知書を送り直す」へ進んでください。\
         端末の電子証明書を取得する前なら、発行料はかかりません。",
    );
    desk.contact(&it.sender);
}
