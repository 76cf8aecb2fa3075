//! A conversation with the call centre, and the digits that are read aloud.

use askama::Template;

use super::{member, show};
use crate::view::frame::*;
use crate::view::parts::*;

#[derive(Template)]
#[template(path = "gallery/thread.html")]
struct Talk {
    frame: Frame,
    thread: ThreadView,
    spoken: SpokenView,
}

#[test]
fn a_conversation_and_the_digits_for_the_telephone() {
    let text = |words: &str| MessageLine::Text(words.into());
    let message = |who: &str, when: &str, staff, lines: Vec<MessageLine>, files: &[&str]| MessageView {
        who: who.into(),
        when: when.into(),
        staff,
        lines,
        files: files.iter().map(|file| (*file).into()).collect(),
    };
    let long = "https://madoguchi.example/".to_owned() + &"とても長い行".repeat(12);
    let answer = vec![
        text("簡易書留で届きます。"),
        text(""),
        MessageLine::Link("https://madoguchi.example/articles/KB1".into()),
    ];
    let messages = vec![
        message("あなた", "2026年5月20日（水）10:00", false, vec![text("通知書はいつ届きますか。"), text(&long)], &[]),
        message("運営者", "2026年5月20日（水）11:00", true, answer, &[]),
        message(
            "あなた",
            "2026年5月20日（水）12:00　メール",
            false,
            vec![text("届きました。")],
            &["写真.jpg", "控え.pdf"],
        ),
    ];
    let spoken = SpokenView {
        groups: ["012".into(), "345".into()],
        until: "2026年5月20日（水）12:00".into(),
        phone: "0120-000-000".into(),
        attendance: "ただいま受付時間内です（今日の18:00まで）。".into(),
    };
    show("thread", &Talk { frame: member("お問い合わせ"), thread: ThreadView { messages }, spoken });
}
