//! Copies of applications and documents with versions, as PDF and as Word files.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a story that cannot go on has failed")]

mod support;

use letters::{ApplicationCopy, CeremonyProtocol, Document, Press, Row, Section, Signature};
use std::io::{Cursor, Read};
use support::samples::{application_copy, document};
use support::{Pdf, is_accessible};

fn press() -> Press {
    Press::new().unwrap()
}

/// Unpacks a Word file and checks that every part is well-formed XML.
fn parts(docx: &[u8]) -> Vec<(String, String)> {
    let mut archive = zip::ZipArchive::new(Cursor::new(docx)).unwrap();
    let mut parts = Vec::new();
    for nth in 0..archive.len() {
        let mut file = archive.by_index(nth).unwrap();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        if file.is_file() {
            parts.push((file.name().to_owned(), text));
        }
    }
    for (name, text) in &parts {
        let mut reader = quick_xml::Reader::from_str(text);
        reader.config_mut().check_end_names = true;
        loop {
            match reader.read_event() {
                Ok(quick_xml::events::Event::Eof) => break,
                Ok(_) => {}
                Err(e) => panic!("{name}: {e}"),
            }
        }
    }
    parts
}

fn part(docx: &[u8], name: &str) -> String {
    parts(docx).into_iter().find(|(part, _)| part == name).unwrap_or_else(|| panic!("no {name}")).1
}

#[test]
fn the_protocol_of_a_ceremony_has_a_line_for_each_witness_and_says_when_it_is_none() {
    let row = |label: &str, value: &str| Row { label: label.to_owned(), value: value.to_owned() };
    let (hash, grouped) = ("9dc625345d72b54a3f85634d2e548d69", "9dc6 2534 5d72 b54a 3f85 634d 2e54 8d69");
    let subject = r"CN=Madoguchi Demo Terminal Issuing CA G1,OU=Chiyoda\, Tokyo,O=まどぐち運営機構,C=JP";
    let commands = "sha256sum root.crl\nopenssl verify -CAfile root.pem issuing.pem";
    let signature = |name: &str| Signature { role: "鍵管理者".to_owned(), name: name.to_owned() };
    let mut protocol = CeremonyProtocol {
        title: "認証局の鍵生成式の記録".to_owned(),
        stamp: "予行演習".to_owned(),
        sections: vec![Section {
            title: "実施の記録".to_owned(),
            rows: vec![row("手順書のSHA-256", hash), row("署名の確認", commands), row("主体者名", subject)],
        }],
        signatures: vec![signature("鍵山 一郎"), signature("立花 花子")],
        footer: "まどぐち運営機構".to_owned(),
    };
    let bytes = press().ceremony_protocol(&protocol).unwrap();
    let text = Pdf::new(&bytes).text(None);
    for part in [
        "予行演習",
        "実施の記録",
        grouped,
        "$ sha256sum",
        "$ openssl verify",
        "鍵山 一郎",
        "立花 花子",
        "まどぐち運営機構",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    for part in ["Terminal Issuing CA G1,", r"OU=Chiyoda\, Tokyo,", "O=まどぐち運営機構,", "C=JP"] {
        assert!(text.lines().any(|line| line.trim_end().ends_with(part)), "{part}: {text}");
    }
    assert_eq!(text.matches("日付").count(), 2, "one line for each: {text}");
    assert!(is_accessible(&bytes));
    protocol.stamp = String::new();
    let real = press().ceremony_protocol(&protocol).unwrap();
    assert!(!Pdf::new(&real).text(None).contains("予行演習"));
}

#[test]
fn a_copy_shows_every_answer_the_terms_and_what_was_left_empty() {
    let copy = application_copy();
    let bytes = press().application_copy(&copy).unwrap();
    let pdf = Pdf::new(&bytes);
    let text = pdf.text(None);
    assert!(text.contains(&copy.title) && text.contains(&copy.reference) && text.contains(&copy.submitted_at));
    for row in copy.sections.iter().flat_map(|section| &section.rows) {
        assert!(text.contains(&row.label), "{}", row.label);
        for line in row.value.lines() {
            assert!(text.contains(line), "{line}");
        }
    }
    assert!(text.contains("未入力") && text.contains("第2.1版") && text.contains(&copy.footer));
    assert!(is_accessible(&bytes));
    assert_eq!(pdf.info("Title"), "オンライン資格確認 利用開始・変更申請（控え）");
}

#[test]
fn a_long_copy_counts_its_pages_and_names_the_case_on_each() {
    let row = |n| Row { label: format!("項目{n}"), value: format!("回答{n}") };
    let sections = vec![Section { title: "内容".into(), rows: (1..=70).map(row).collect() }];
    let copy = ApplicationCopy { sections, ..application_copy() };
    let pdf = Pdf::new(&press().application_copy(&copy).unwrap());
    let pages = pdf.pages();
    assert!(pages >= 2);
    for page in 1..=pages {
        let text = pdf.text(Some(page));
        assert!(text.contains(&format!("{page} / {pages}")) && text.contains(&copy.reference), "page {page}");
    }
    assert!(pdf.text(Some(pages)).contains("回答70"));
}

#[test]
fn a_document_keeps_headings_lists_tables_and_links() {
    let bytes = press().document(&document()).unwrap();
    let pdf = Pdf::new(&bytes);
    let text = pdf.text(None);
    for said in ["第1.2版", "2026年4月1日 施行", "目次", "1.1 概要", "ECDSA P-256", "登録局担当は申請を審査します。"]
    {
        assert!(text.contains(said), "{said} is missing in\n{text}");
    }
    assert_eq!(text.matches("端末認証局 運用規程（CP/CPS）").count(), 2, "title and running head, no repeated heading");
    assert!(!text.contains("**") && !text.contains("|:--"), "markup shows in\n{text}");
    assert!(pdf.links().contains("https://madoguchi.example.jp/pki/cps"));
    assert!(is_accessible(&bytes));
    assert_eq!(pdf.info("Title"), document().title);
}

#[test]
fn a_document_without_chapters_needs_no_table_of_contents() {
    let short = Document { body: "一文だけの規約です。".into(), ..document() };
    let bytes = press().document(&short).unwrap();
    assert!(!Pdf::new(&bytes).text(None).contains("目次"));
    assert!(is_accessible(&bytes));
}

#[test]
fn the_word_file_holds_the_same_text_with_real_headings_lists_and_tables() {
    let docx = press().document_docx(&document()).unwrap();
    let body = part(&docx, "word/document.xml");
    for said in
        ["端末認証局 運用規程（CP/CPS）", "ECDSA P-256", "登録局担当は申請を審査します。", "次回更新は24時間以内"]
    {
        assert!(body.contains(said), "{said}");
    }
    assert!(
        body.contains(r#"<w:pStyle w:val="Heading1" />"#) && body.contains("<w:tbl>") && body.contains("<w:numPr>")
    );
    assert!(part(&docx, "word/footer1.xml").contains("PAGE"));
    assert!(part(&docx, "[Content_Types].xml").contains("/word/document.xml"));
    assert!(part(&docx, "word/_rels/document.xml.rels").contains("https://madoguchi.example.jp/pki/cps"));
}

#[test]
fn numbered_lists_of_a_word_file_start_where_the_text_says() {
    let body = "1. 一\n2. 二\n\n間の文\n\n7. 七\n8. 八\n";
    let docx = press().document_docx(&Document { body: body.into(), ..document() }).unwrap();
    let numbering = part(&docx, "word/numbering.xml");
    assert!(numbering.contains(r#"<w:start w:val="7" />"#), "{numbering}");
}

#[test]
fn text_that_looks_like_markup_stays_text_in_a_word_file() {
    let body = "<w:p>&amp; ]]> \u{0}\u{b}\u{202e}「引用」\n\n[a&b](https://a.example.jp/?x=1&y=\"2\")";
    let docx = press().document_docx(&Document { title: "<&\0>".into(), body: body.into(), ..document() }).unwrap();
    let text = part(&docx, "word/document.xml");
    assert!(text.contains("&lt;w:p&gt;") && text.contains("&lt;&amp;&gt;"), "{text}");
    assert!(!text.contains('\u{202e}') && !text.contains('\0'));
}

#[test]
fn the_same_document_gives_the_same_bytes_in_both_forms() {
    let press = press();
    assert!(press.document(&document()).unwrap() == press.document(&document()).unwrap());
    assert!(press.document_docx(&document()).unwrap() == press.document_docx(&document()).unwrap());
}
