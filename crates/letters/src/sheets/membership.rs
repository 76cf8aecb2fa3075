//! A letter with the code that proves membership.

use super::desk::Desk;
use super::letter::Letter;
use crate::book::Book;
use crate::layout::look::{Look, QUIET};
use crate::layout::mm;
use crate::model::MembershipLetter;
use crate::{Fault, clean, qr};

const TITLE: &str = "所属確認のお知らせ";
const STEPS: [&str; 3] = [
    "申し込まれた方ご本人が、ログインIDとパスワードでポータルにログインします。",
    "「医療機関等とメンバー」の「確認コードを入力する」から、上の確認コードを入力します。",
    "確認が済むと、すぐに各種の申請ができるようになります。",
];

/// The letters as one file.
pub(crate) fn membership_letters(letters: &[MembershipLetter]) -> Result<Book, Fault> {
    let first = letters.first().ok_or(Fault::Empty)?;
    let mut book = Book::new(TITLE.to_owned(), clean::line(&first.sender.name));
    for letter in letters {
        set(&mut book, letter)?;
    }
    Ok(book)
}

fn set(book: &mut Book, it: &MembershipLetter) -> Result<(), Fault> {
    let code = qr::page(&it.page_url, &it.code)?;
    let letter = Letter {
        sender: &it.sender,
        recipient: &it.recipient,
        issued_on: &it.issued_on,
        numbered: "受付番号",
        reference: &it.reference,
        title: TITLE,
        mark: None,
    };
    letter.set(book, |desk| opening(desk, it), |desk| body(desk, it, code.as_ref()));
    Ok(())
}

fn opening(desk: &mut Desk<'_>, it: &MembershipLetter) {
    let said = "次の方から、貴院（貴局・貴事業所）の担当者として当ポータルを利用したいとの申込みがありました。\
                所属を確かめるため、登録されている所在地に確認コードをお送りします。";
    desk.paragraph(said, desk.look, 0.0, mm(3.0));
    let [institution, name, person, email] =
        [&it.institution_code, &it.recipient.institution_name, &it.person_name, &it.person_email]
            .map(|text| clean::line(text));
    let facts = [
        ("医療機関等コード", &*institution),
        ("医療機関等名", &name),
        ("申し込まれた方", &person),
        ("ログインID", &email),
    ];
    desk.ruled_facts(&facts, mm(36.0), 0.0, 0.0);
}

fn body(desk: &mut Desk<'_>, it: &MembershipLetter, code: Option<&qr::Code>) {
    let codes = |desk: &mut Desk<'_>| {
        desk.code("確認コード", &it.code, 22.0, true);
        let note = "区切りの空白は入力不要です。紛らわしい文字は使っていません。";
        desk.paragraph(note, Look::new(8.0).color(QUIET), 0.0, 0.0);
    };
    desk.code_box(codes, code.map(|code| (code, "確認コードの入力ページ")), mm(30.0));
    let [url, deadline] = [&it.page_url, &format!("{}まで", it.deadline)].map(|text| clean::line(text));
    desk.ruled_facts(&[("入力ページ", &url), ("入力期限", &deadline)], mm(50.0), mm(3.5), 0.0);
    desk.steps("これからの手順", &STEPS);
    desk.caution(
        "お心当たりがないときは、確認コードを誰にも渡さず、この通知を添えて下記へご連絡ください。",
        "確認コードが入力されない限り、申し込まれた方が貴院の情報を見たり申請したりすることはできません。",
    );
    desk.contact(&it.sender);
}
