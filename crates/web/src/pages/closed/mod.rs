//! The closed network's listener: pickup in two steps, and the connection test (spec 04.3).

use std::sync::Arc;

use askama::Template;
use axum::{
    Extension,
    response::{IntoResponse, Response},
};
use axum_server::tls::TlsInfo;
use domain::calendar::japanese_date;
use services::authority::{self, Format, PickupFault, PickupMode, Rehearsal};

use crate::{
    site::{Access, Download, Failure, Html, Posted, Routes, Visit, grouped_code},
    view::{
        form::{ChoiceView, ErrorSummary, FieldError, FieldView, InputView, TextKind, TextView},
        frame::Frame,
        parts::{Fact, StepsView},
    },
};

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/", Access::Public, start)
        .post("/rehearsal", Access::Public, rehearse)
        .post("/pickup", Access::Public, pickup)
        .get("/connection-test", Access::Public, test)
}

fn steps(current: usize) -> StepsView {
    StepsView::new(&["通知書の確認", "受け取り", "接続テスト"], current)
}

#[derive(Template)]
#[template(path = "closed/start.html")]
struct Start {
    frame: Frame,
    errors: ErrorSummary,
    steps: StepsView,
    fields: Vec<FieldView>,
    server_time: String,
    server_millis: i64,
}

fn start_page(visit: &Visit, id: &str, fault: Option<&str>) -> Start {
    let ctx = visit.ctx();
    let mut frame = visit.frame("端末の電子証明書の取得");
    let mut errors = ErrorSummary::default();
    let mut pickup_id = FieldView::new("pickup_id", "取得ID", InputView::Text(TextView::code(id, vec![])))
        .required()
        .with_help("電子証明書発行通知書に書かれています。区切りの空白やハイフンは、あってもなくても構いません。");
    if let Some(fault) = fault {
        frame.has_errors = true;
        errors.errors.push(FieldError { key: "pickup_id".to_owned(), message: fault.to_owned() });
        pickup_id = pickup_id.with_error(fault);
    }
    let secret = FieldView::new("pickup_secret", "取得パスワード", InputView::Text(TextView::code("", vec![])))
        .required()
        .with_help("通知書のとおりに入力してください。区切りの空白は入力しなくて構いません。");
    Start {
        frame,
        errors,
        steps: steps(1),
        fields: vec![pickup_id, secret],
        server_time: domain::calendar::japanese_datetime(ctx.now),
        server_millis: ctx.now.as_millis(),
    }
}

/// The first step: nothing is consumed by it.
async fn start(visit: Visit) -> Response {
    Html(start_page(&visit, "", None)).into_response()
}

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
    passphrases: Vec<FieldView>,
    format: FieldView,
    request: FieldView,
}

fn choose_page(visit: &Visit, posted: &Posted, rehearsal: Rehearsal, fault: Option<(&str, String)>) -> Choose {
    let mut frame = visit.frame("端末の電子証明書の受け取り方");
    let mut errors = ErrorSummary::default();
    let password = |key: &str, label: &str| {
        FieldView::new(key, label, InputView::Text(TextView::of(TextKind::Password, "", "new-password"))).required()
    };
    let mut passphrases = vec![
        password("passphrase", "ファイルのパスワード").with_help(
            "受け取るファイルを守るパスワードを、ご自分で決めてください。半角の英数字と記号で8文字以上です。端末に入れるときに使います。",
        ),
        password("passphrase_again", "確認用のパスワード").with_help("同じものをもう一度入力してください。"),
    ];
    let mut request = FieldView::new(
        "request",
        "証明書の要求（CSR）",
        InputView::LongText { value: posted.get("request").to_owned(), maxlength: 0 },
    )
    .with_help("端末で鍵を作った場合だけ使います。「-----BEGIN CERTIFICATE REQUEST-----」から貼り付けてください。");
    if let Some((key, message)) = fault {
        frame.has_errors = true;
        errors.errors.push(FieldError { key: key.to_owned(), message: message.clone() });
        if key == "request" {
            request = request.with_error(message.clone());
        }
        if let Some(field) = passphrases.iter_mut().find(|field| field.key == key) {
            field.error = Some(message);
        }
    }
    let chosen =
        if posted.get("format").is_empty() { rehearsal.format.clone() } else { posted.get("format").to_owned() };
    let choice = |value: &str, label: &str, note: &str| ChoiceView {
        note: Some(note.to_owned()),
        selected: chosen == value,
        ..ChoiceView::new(value, label)
    };
    let formats = vec![
        choice("modern", "新しい形式", "Windows 10（1709以降）・Windows 11・macOS・Linux。"),
        choice(
            "legacy",
            "旧形式",
            "古いWindowsで、正しいパスワードなのに「パスワードが正しくありません」と表示されるときに選んでください。",
        ),
    ];
    Choose {
        frame,
        errors,
        steps: steps(2),
        deadline: rehearsal.deadline.map(|at| japanese_date(at.date())).unwrap_or_default(),
        rehearsal,
        pickup_id: posted.get("pickup_id").to_owned(),
        pickup_secret: posted.get("pickup_secret").to_owned(),
        passphrases,
        format: FieldView::new("format", "ファイルの形式", InputView::Radio { choices: formats }).required(),
        request,
    }
}

/// Shows what the letter gives, and the ways to receive it; nothing is consumed.
async fn rehearse(visit: Visit, posted: Posted) -> Result<Response, Failure> {
    let outcome = authority::rehearse(&visit.ctx(), posted.get("pickup_id"), posted.get("pickup_secret")).await?;
    Ok(match outcome {
        Ok(rehearsal) => Html(choose_page(&visit, &posted, rehearsal, None)).into_response(),
        Err(fault) => Html(start_page(&visit, posted.get("pickup_id"), Some(&fault.to_string()))).with_faults(),
    })
}

fn mode(posted: &Posted) -> PickupMode {
    if posted.get("way") == "request" {
        let upload = posted.file("request_file").map(<[u8]>::to_vec);
        return PickupMode::Request(upload.unwrap_or_else(|| posted.get("request").as_bytes().to_vec()));
    }
    PickupMode::File {
        passphrase: posted.get("passphrase").to_owned().into(),
        again: posted.get("passphrase_again").to_owned().into(),
        format: if posted.get("format") == "legacy" { Format::Legacy } else { Format::Modern },
    }
}

/// Fetches the certificate as a file.
async fn pickup(visit: Visit, posted: Posted) -> Result<Response, Failure> {
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
        Ok(rehearsal) => Html(choose_page(&visit, &posted, rehearsal, Some((key, fault.to_string())))).with_faults(),
        Err(fault) => Html(start_page(&visit, id, Some(&fault.to_string()))).with_faults(),
    })
}

#[derive(Template)]
#[template(path = "closed/test.html")]
struct Test {
    frame: Frame,
    steps: StepsView,
    fault: Option<String>,
    facts: Vec<Fact>,
    installed_now: bool,
}

/// Shows the certificate that the terminal used, and finishes its case.
async fn test(visit: Visit, tls: Option<Extension<Arc<TlsInfo>>>) -> Result<Html<Test>, Failure> {
    let shown = tls.as_ref().and_then(|Extension(tls)| tls.peer_certificates.first());
    let outcome = authority::connection_test(&visit.ctx(), shown.map(Vec::as_slice)).await?;
    let mut frame = visit.frame("接続テスト");
    Ok(Html(match outcome {
        Ok(test) => Test {
            frame,
            steps: steps(3),
            fault: None,
            facts: vec![
                Fact::new("端末名称等", test.terminal),
                Fact::new("医療機関等名", test.institution),
                Fact::code("医療機関等コード", grouped_code(&test.code)),
                Fact::code("受付番号", test.reference),
                Fact::new("有効期限", japanese_date(test.expires.date())),
                Fact::new("失効の状態", "失効していません"),
                Fact::new("発行した認証局", test.issuer),
                Fact::code("シリアル番号", test.serial),
            ],
            installed_now: test.installed_now,
        },
        Err(fault) => {
            frame.has_errors = true;
            Test { frame, steps: steps(3), fault: Some(fault.to_string()), facts: vec![], installed_now: false }
        }
    }))
}
