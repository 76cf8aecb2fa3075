//! Nothing that a person types can break a letter, steer it, or run.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a story that cannot go on has failed")]

mod support;

use letters::{
    AgreedTerms, ApplicationCopy, Document, IssuanceNotice, MembershipLetter, Press, Recipient, Row, Section, Sender,
    UserIdNotice,
};
use support::Pdf;
use support::samples::{application_copy, document, issuance_notice};

/// Texts that have broken systems like this one.
fn hostile() -> Vec<String> {
    let code = "#panic(\"owned\") #{ while true { } } ]; #sys.inputs; [ \"; '\\\" $x^2$ @ref <label> *b* _i_ `r` //c /* */ \
                <script>alert(1)</script>&amp;]]> ~ -- ---";
    let unseen = "山\0田\u{1}\u{7f}\u{9f}\r\n\t花子\u{2028}\u{feff}\u{202e}abc\u{2066}def\u{2069}\u{200f}\u{fffe}\u{10ffff}\u{e000}\u{fdd0}";
    let scripts = "👩‍⚕️🏥🇯🇵 𠮷野家 ﷽ שלום مرحبا 漢\u{e0100} Z̷̢͘a̸l̶g̵o̴";
    let long = ["あ", "A", "。", "\n"].map(|letter| letter.repeat(10_000));
    [code, unseen, scripts, "", "   "].map(str::to_owned).into_iter().chain(long).collect()
}

fn notice(text: &str) -> IssuanceNotice {
    let text = text.to_owned();
    IssuanceNotice {
        sender: sender(&text),
        recipient: recipient(&text),
        issued_on: text.clone(),
        reference: text.clone(),
        institution_code: text.clone(),
        terminal_name: text.clone(),
        pickup_id: text.clone(),
        pickup_secret: "K7MPXR4T9DHW3CYV".into(),
        pickup_url: "https://pickup.example.jp/".into(),
        pickup_deadline: text.clone(),
        validity: text,
    }
}

fn sender(text: &str) -> Sender {
    let text = text.to_owned();
    Sender { name: text.clone(), postal_code: text.clone(), address: text.clone(), contact: text.clone(), hours: text }
}

fn recipient(text: &str) -> Recipient {
    let text = text.to_owned();
    Recipient { postal_code: text.clone(), address: text.clone(), institution_name: text.clone(), addressee: text }
}

fn copy(text: &str) -> ApplicationCopy {
    let text = text.to_owned();
    ApplicationCopy {
        title: text.clone(),
        reference: text.clone(),
        institution_code: text.clone(),
        institution_name: text.clone(),
        submitted_at: text.clone(),
        state: text.clone(),
        sections: vec![Section { title: text.clone(), rows: vec![Row { label: text.clone(), value: text.clone() }] }],
        terms: vec![AgreedTerms { title: text.clone(), version: text.clone(), agreed_at: text.clone() }],
        footer: String::new(),
    }
}

#[test]
fn every_letter_is_printed_whatever_was_typed() {
    let press = Press::new().unwrap();
    let notices: Vec<_> = hostile().iter().map(|text| notice(text)).collect();
    let pdf = Pdf::new(&press.issuance_notices(&notices).unwrap());
    assert_eq!(pdf.joined().matches("K7MPXR4T9DHW3CYV").count(), notices.len());
    let letter = |text: &String| MembershipLetter {
        sender: sender(text),
        recipient: recipient(text),
        person_name: text.clone(),
        person_email: text.clone(),
        code: text.clone(),
        ..MembershipLetter::default()
    };
    let letters: Vec<_> = hostile().iter().map(letter).collect();
    let pdf = Pdf::new(&press.membership_letters(&letters).unwrap());
    assert_eq!(pdf.text(None).matches("これからの手順").count(), letters.len());
}

#[test]
fn every_user_id_notice_is_printed_whatever_was_typed() {
    let press = Press::new().unwrap();
    for text in hostile() {
        let letter = UserIdNotice {
            sender: sender(&text),
            recipient: recipient(&text),
            user_id: text.clone(),
            first_password: Some(text.clone()),
            start_month: text.clone(),
            ..UserIdNotice::default()
        };
        let pdf = Pdf::new(&press.user_id_notice(&letter).unwrap());
        assert!(pdf.text(None).contains("請求を始める前に"));
    }
}

#[test]
fn every_copy_is_printed_whatever_was_typed() {
    let press = Press::new().unwrap();
    for text in hostile() {
        let pdf = Pdf::new(&press.application_copy(&copy(&text)).unwrap());
        assert!(pdf.text(None).contains("同意した規約"));
    }
}

#[test]
fn every_document_is_printed_whatever_was_written() {
    let press = Press::new().unwrap();
    for text in hostile() {
        let body =
            format!("# {text}\n\n- {text}\n\n> {text}\n\n|{text}|b|\n|--|--|\n|{text}|\n\n終わり\n\n```\n{text}");
        let document = Document { title: text.clone(), version: text.clone(), body, ..Document::default() };
        assert!(Pdf::new(&press.document(&document).unwrap()).text(None).contains("終わり"));
        assert!(!press.document_docx(&document).unwrap().is_empty());
    }
}

#[test]
fn code_and_html_are_printed_letter_by_letter() {
    let press = Press::new().unwrap();
    for typed in ["#panic(\"owned\")", "#import \"x\": *", "*a* _b_ $c$ `d`", "<script>alert(1)</script>", "\\#eval"] {
        let row = Row { label: "備考".into(), value: typed.into() };
        let sections = vec![Section { title: "内容".into(), rows: vec![row] }];
        let pdf = Pdf::new(&press.application_copy(&ApplicationCopy { sections, ..application_copy() }).unwrap());
        assert!(pdf.text(None).contains(typed), "{typed} in\n{}", pdf.text(None));
    }
}

#[test]
fn long_answers_stay_on_the_paper() {
    let press = Press::new().unwrap();
    for letter in ["あ", "A", "ä", "ß中"] {
        let value = letter.repeat(10_000 / letter.chars().count());
        let sections =
            vec![Section { title: "内容".into(), rows: vec![Row { label: "備考".into(), value: value.clone() }] }];
        let pdf = Pdf::new(&press.application_copy(&ApplicationCopy { sections, ..application_copy() }).unwrap());
        assert!(pdf.joined().matches(letter).count() >= 9_000 / letter.chars().count(), "{letter}");
        let beyond: Vec<_> =
            pdf.words(2).into_iter().filter(|word| word.right > 192.0 || word.bottom > 297.0).collect();
        assert!(beyond.is_empty(), "{letter} runs off the page: {:?}", beyond.len());
    }
}

#[test]
fn a_name_with_a_character_that_no_font_has_is_still_delivered() {
    let name = "𠮷田 花子";
    let letter = IssuanceNotice {
        recipient: Recipient { addressee: name.into(), ..issuance_notice().recipient },
        ..issuance_notice()
    };
    let pdf = Pdf::new(&Press::new().unwrap().issuance_notices(&[letter]).unwrap());
    assert!(pdf.text(None).contains("𠮷田 花子 様"), "paper shows a mark for it, readers and search get the character");
    assert_eq!(pdf.info("Tagged"), "yes");
}

#[test]
fn names_without_end_stay_in_the_window_and_leave_room_for_each_other() {
    for letter in ["長", "W", "い ろ"] {
        let notice = notice(&letter.repeat(10_000));
        let to = Recipient { addressee: "山田 花子".into(), ..notice.recipient };
        let bytes = Press::new().unwrap().issuance_notices(&[IssuanceNotice { recipient: to, ..notice }]).unwrap();
        let words = Pdf::new(&bytes).words(1);
        let window: Vec<_> = words.iter().filter(|word| word.left < 110.0 && word.top < 57.0).collect();
        assert!(window.iter().all(|word| word.left >= 20.0 && word.right <= 90.0 && word.bottom <= 40.0), "{letter}");
        assert!(window.iter().any(|word| word.text.ends_with('…')) && window.iter().any(|word| word.text == "花子"));
    }
}

#[test]
fn a_line_break_in_a_name_cannot_add_a_line_to_the_address() {
    let addressee = "山田\n東京都千代田区偽町1-1".to_owned();
    let letter =
        IssuanceNotice { recipient: Recipient { addressee, ..issuance_notice().recipient }, ..issuance_notice() };
    let pdf = Pdf::new(&Press::new().unwrap().issuance_notices(&[letter]).unwrap());
    assert!(pdf.text(None).contains("山田 東京都千代田区偽町1-1 様"));
}

#[test]
fn documents_nested_or_wide_without_measure_are_printed() {
    let press = Press::new().unwrap();
    let bodies = [
        "> ".repeat(300) + "底",
        (0..200).map(|n| format!("{}- 段{n}\n", "  ".repeat(n))).collect(),
        format!("|{}\n|{}\n|{}", "a|".repeat(60), "-|".repeat(60), "b|".repeat(60)),
        "#".repeat(6) + " 見出し\n\n# 次",
        "[x](javascript:alert(1)) ![絵](https://x.example/a.png) [y]()".to_owned(),
    ];
    for body in bodies {
        let document = Document { body: body.clone(), ..document() };
        let start: String = body.chars().take(20).collect();
        press.document(&document).unwrap_or_else(|e| panic!("{start}: {e}"));
        press.document_docx(&document).unwrap_or_else(|e| panic!("{start}: {e}"));
    }
}
