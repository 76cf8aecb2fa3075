//! The ways to receive a certificate: as a file with its key, or for a key that stays on the terminal (spec 04.3).

use askama::Template;
use axum::response::{IntoResponse, Response};
use domain::{calendar::japanese_date, forms::Finding};
use services::authority::{self, Format, PickupFault, PickupMode, Rehearsal};

use super::{start_page, steps};
use crate::{
    site::{Download, Failure, Html, Posted, Visit, with_slips},
    view::{
        form::{ChoiceView, ErrorSummary, FieldView, InputView, TextKind, TextView},
        frame::Frame,
        parts::StepsView,
    },
};

#[derive(Template)]
#[template(path = "closed/choose.html")]
struct Choose {
    frame: Frame,
    errors: ErrorSummary,
    steps: StepsView,
    rehearsal: Rehearsal,
    deadline: String,
    pickup_id: String,
    pickup_secret: String,
    /// A passphrase for those who do not want to think of one; nowhere kept.
    generated: String,
    passphrases: Vec<FieldView>,
    format: FieldView,
    requests: Vec<FieldView>,
    /// Whether the second way was tried before.
    by_request: bool,
}

fn passphrase_fields(suggested: &str, generated: bool) -> Vec<FieldView> {
    let password = |key: &str, label: &str| {
        let input = InputView::Text(TextView::of(TextKind::Password, "", "new-password"));
        FieldView::new(key, label, input).required().when("reveal r1", "「自分で決める」を選んだ場合")
    };
    let way = |value: &str, label: &str, reveals: &str, selected| ChoiceView {
        reveals: Some(reveals.to_owned()),
        selected,
        ..ChoiceView::new(value, label)
    };
    let ways = vec![
        way("own", "自分で決める", "reveals-r1", !generated),
        way("generated", "この画面が作ったものを使う", "reveals-r2", generated),
    ];
    let shown = InputView::Shown {
        value: suggested.to_owned(),
        note: "この画面だけに表示されます。ハイフン（-）も含めて、このとおりに書き留めてから、ファイルを受け取ってください。".to_owned(),
    };
    vec![
        FieldView::new("passphrase_way", "ファイルのパスワードの決め方", InputView::Radio { choices: ways })
            .required()
            .with_help("受け取るファイルを守るパスワードです。端末に入れるときに使います。"),
        password("passphrase", "ファイルのパスワード")
            .with_help("半角の英数字と記号で8文字以上です。忘れないものを、ご自分で決めてください。"),
        password("passphrase_again", "確認用のパスワード").with_help("同じものをもう一度入力してください。"),
        FieldView::new("passphrase_shown", "この画面が作ったパスワード", shown)
            .when("reveal r2", "「この画面が作ったものを使う」を選んだ場合"),
    ]
}

fn format_field(chosen: &str) -> FieldView {
    let choice = |value: &str, label: &str, note: &str| ChoiceView {
        note: Some(note.to_owned()),
        selected: chosen == value,
        ..ChoiceView::new(value, label)
    };
    let choices = vec![
        choice("modern", "新しい形式", "Windows 10（1709以降）・Windows 11・macOS・Linux。"),
        choice(
            "legacy",
            "旧形式",
            "古いWindowsで、正しいパスワードなのに「パスワードが正しくありません」と表示されるときに選んでください。",
        ),
    ];
    FieldView::new("format", "ファイルの形式", InputView::Radio { choices }).required()
}

fn request_fields(typed: &str, keys: &str) -> Vec<FieldView> {
    // A key that was pasted by mistake must not travel a second time.
    let typed = if typed.contains("PRIVATE KEY") { "" } else { typed };
    let file = InputView::File { accept: ".csr,.req,.pem,.der,.p10".to_owned(), current: String::new() };
    let text = InputView::LongText { value: typed.to_owned(), maxlength: 0 };
    vec![
        FieldView::new("request_file", "証明書の要求（CSR）のファイル", file)
            .with_help("端末で鍵を作った場合だけ使います。鍵のファイルではなく、要求のファイルを選んでください。")
            .with_help(format!("使える鍵は、{keys}です。")),
        FieldView::new("request", "証明書の要求（CSR）", text)
            .with_help("ファイルの代わりに、「-----BEGIN CERTIFICATE REQUEST-----」から貼り付けることもできます。"),
    ]
}

fn page(visit: &Visit, posted: &Posted, rehearsal: Rehearsal, slips: &[Finding]) -> Choose {
    let mut frame = visit.frame("端末の電子証明書の受け取り方");
    frame.has_errors = !slips.is_empty();
    let suggested = match posted.get("generated") {
        "" => authority::suggested_passphrase(&visit.ctx()),
        shown => shown.to_owned(),
    };
    let format = Some(posted.get("format")).filter(|format| !format.is_empty()).unwrap_or(&rehearsal.format).to_owned();
    let by_request = posted.get("way") == "request";
    let (of_file, of_request) = if by_request { (&[][..], slips) } else { (slips, &[][..]) };
    let generated = posted.get("passphrase_way") == "generated";
    let (passphrases, mut errors) = with_slips(passphrase_fields(&suggested, generated), of_file);
    let (requests, others) =
        with_slips(request_fields(posted.get("request"), &authority::taken_key_names(&visit.ctx())), of_request);
    errors.errors.extend(others.errors);
    Choose {
        frame,
        errors,
        steps: steps(2),
        deadline: rehearsal.deadline.map(|at| japanese_date(at.date())).unwrap_or_default(),
        rehearsal,
        pickup_id: posted.get("pickup_id").to_owned(),
        pickup_secret: posted.get("pickup_secret").to_owned(),
        generated: suggested,
        passphrases,
        format: format_field(&format),
        requests,
        by_request,
    }
}

/// Shows what the letter gives, and the ways to receive it; nothing is consumed.
pub(super) async fn rehearse(visit: Visit, posted: Posted) -> Result<Response, Failure> {
    let outcome = authority::rehearse(&visit.ctx(), posted.get("pickup_id"), posted.get("pickup_secret")).await?;
    Ok(match outcome {
        Ok(rehearsal) => Html(page(&visit, &posted, rehearsal, &[])).into_response(),
        Err(fault) => Html(start_page(&visit, posted.get("pickup_id"), Some(&fault.to_string()))).with_faults(),
    })
}

fn mode(posted: &Posted) -> PickupMode {
    if posted.get("way") == "request" {
        let upload = posted.file("request_file").filter(|file| !file.is_empty()).map(<[u8]>::to_vec);
        return PickupMode::Request(upload.unwrap_or_else(|| posted.get("request").as_bytes().to_vec()));
    }
    let (first, again) = match posted.get("passphrase_way") {
        "generated" => ("generated", "generated"),
        _ => ("passphrase", "passphrase_again"),
    };
    PickupMode::File {
        passphrase: posted.get(first).to_owned().into(),
        again: posted.get(again).to_owned().into(),
        format: if posted.get("format") == "legacy" { Format::Legacy } else { Format::Modern },
    }
}

/// Fetches the certificate as a file.
pub(super) async fn pickup(visit: Visit, posted: Posted) -> Result<Response, Failure> {
    let ctx = visit.ctx();
    let (id, secret) = (posted.get("pickup_id"), posted.get("pickup_secret"));
    let fault = match authority::download(&ctx, id, secret, mode(&posted)).await? {
        Ok(file) => {
            let (name, media_type, bytes) = (file.file_name, file.media_type, file.bytes);
            return Ok(Download { name, media_type, bytes, inline: false }.into_response());
        }
        Err(fault) => fault,
    };
    let key = match &fault {
        PickupFault::Passphrase(_) => "passphrase",
        PickupFault::PassphraseDiffers => "passphrase_again",
        PickupFault::Request(_) => "request",
        _ => return Ok(Html(start_page(&visit, id, Some(&fault.to_string()))).with_faults()),
    };
    Ok(match authority::rehearse(&ctx, id, secret).await? {
        Ok(rehearsal) => {
            let slip = Finding { field: key.to_owned(), message: fault.to_string() };
            Html(page(&visit, &posted, rehearsal, &[slip])).with_faults()
        }
        Err(fault) => Html(start_page(&visit, id, Some(&fault.to_string()))).with_faults(),
    })
}
