//! What a form with files must know of them before it is sent.

use super::{Upload, UploadState, listed};
use crate::forms::{Answers, Field, Findings, Input, Section};

/// Compares what the answers list with the files of the case: each must be there, for this field, and sound. A file that
/// still waits for the scanner may be sent; it is opened only afterwards.
pub fn judge(sections: &[Section], answers: &Answers, files: &[Upload], findings: &mut Findings) {
    let fields = sections.iter().flat_map(|section| &section.fields);
    for field in fields.filter(|field| matches!(field.input, Input::Upload { .. }) && field.applies(answers)) {
        for id in listed(answers.get(&field.key)) {
            match files.iter().find(|file| file.id == id && file.field == field.key) {
                None => findings.error(&field.key, gone(field)),
                Some(file) => about(field, file, findings),
            }
        }
    }
}

fn gone(field: &Field) -> String {
    format!("「{}」のファイルが見つかりません。もう一度、追加してください。", field.label)
}

fn about(field: &Field, file: &Upload, findings: &mut Findings) {
    let (label, name) = (&field.label, &file.name);
    match file.state {
        UploadState::Clean => {}
        UploadState::Waiting | UploadState::Failed => findings.warn(
            &field.key,
            format!("「{name}」は、ウイルス検査が終わっていません。このまま送信できます。問題が見つかったときは、メールでお知らせします。"),
        ),
        UploadState::Infected => findings.error(
            &field.key,
            format!(
                "「{label}」：「{name}」からウイルスが見つかったため、破棄しました。一覧から削除し、安全なパソコンで作ったファイルを追加してください。"
            ),
        ),
        UploadState::Prepared | UploadState::Lost | UploadState::Removing => findings.error(
            &field.key,
            format!("「{label}」：「{name}」が保管されていません。一覧から削除し、もう一度追加してください。"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        forms::check,
        ids::UploadId,
        uploads::{UploadKind, answer_of},
    };
    use uuid::Uuid;

    fn file(number: u128, field: &str, state: UploadState) -> Upload {
        Upload {
            id: UploadId(Uuid::from_u128(number)),
            field: field.to_owned(),
            name: format!("{number}.pdf"),
            kind: UploadKind::Pdf,
            size: 1_200,
            sha256: "00".repeat(32),
            state,
        }
    }

    fn found(listed: &[u128], files: &[Upload]) -> Findings {
        let input = Input::Upload { most_files: 2 };
        let sections = [Section::new("書類", vec![Field::new("receipts", "領収書（写）", input)])];
        let ids = listed.iter().map(|number| UploadId(Uuid::from_u128(*number)));
        let mut checked = check(&sections, &Answers::new().with("receipts", answer_of(ids)));
        judge(&sections, &checked.answers.clone(), files, &mut checked.findings);
        checked.findings
    }

    #[test]
    fn a_needed_file_is_asked_for_and_too_many_are_counted() {
        let none = found(&[], &[]);
        assert_eq!(none.error_of("receipts"), Some("「領収書（写）」のファイルを追加してください。"));
        let files = [1, 2, 3].map(|number| file(number, "receipts", UploadState::Clean));
        assert_eq!(found(&[1, 2], &files), Findings::default());
        assert!(found(&[1, 2, 3], &files).error_of("receipts").is_some_and(|words| words.contains("2件まで")));
    }

    #[test]
    fn a_file_of_another_field_or_case_is_no_answer() {
        assert!(found(&[1], &[]).error_of("receipts").is_some_and(|words| words.contains("見つかりません")));
        let elsewhere = [file(1, "report", UploadState::Clean)];
        assert!(found(&[1], &elsewhere).has_error("receipts"));
    }

    #[test]
    fn what_the_scanner_says_stands_at_the_field() {
        let infected = found(&[1], &[file(1, "receipts", UploadState::Infected)]);
        assert!(infected.error_of("receipts").is_some_and(|words| words.contains("ウイルスが見つかった")));
        let waiting = found(&[1], &[file(1, "receipts", UploadState::Waiting)]);
        assert!(waiting.errors.is_empty() && waiting.warnings.len() == 1, "a slow scanner delays nobody");
    }
}
