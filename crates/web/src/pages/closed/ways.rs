//! The two ways to receive a certificate, as forms: a file with its key, or a certificate for a key that stays on the
//! terminal. Pickup and renewal share them (spec 04.3, 04.5).

use askama::{Template, filters::HtmlSafe};
use domain::forms::Finding;
use services::authority::{self, Format, ModeFault, PickupMode};

use crate::{
    site::{Posted, Visit, with_slips},
    view::form::{ChoiceView, ErrorSummary, FieldView, InputView, TextKind, TextView},
};

/// What the two forms hold beside the fields of their way.
#[derive(Default)]
pub(super) struct Around {
    /// Address of both.
    pub(super) action: &'static str,
    /// Hidden fields.
    pub(super) hidden: Vec<(&'static str, String)>,
    /// What stands above the fields of each, such as the consent to a fee; their keys must differ.
    pub(super) consent: Option<[FieldView; 2]>,
    /// What the button does, in a sentence above it.
    pub(super) before: &'static str,
    /// The format that suits the terminal.
    pub(super) format: String,
    /// Whether the terminal may be one with Windows, for the steps afterwards.
    pub(super) windows: bool,
}

/// Both ways.
#[derive(Template)]
#[template(path = "closed/ways.html")]
pub(super) struct Ways {
    csrf: String,
    around: Around,
    /// A passphrase for those who do not want to think of one; nowhere kept.
    generated: String,
    passphrases: Vec<FieldView>,
    format: FieldView,
    requests: Vec<FieldView>,
    /// Whether the second way was tried before.
    by_request: bool,
}

impl HtmlSafe for Ways {}

impl Ways {
    /// The forms with what was typed and its slips.
    pub(super) fn new(visit: &Visit, posted: &Posted, around: Around, slips: &[Finding]) -> (Self, ErrorSummary) {
        let suggested = match posted.get("generated") {
            "" => authority::suggested_passphrase(&visit.ctx()),
            shown => shown.to_owned(),
        };
        let format = Some(posted.get("format")).filter(|format| !format.is_empty()).unwrap_or(&around.format);
        let by_request = is_by_request(posted);
        let at_fields = at_fields(posted, slips);
        let slips = at_fields.as_slice();
        let (of_file, of_request) = if by_request { (&[][..], slips) } else { (slips, &[][..]) };
        let generated = posted.get("passphrase_way") == "generated";
        let (first, second) = around.consent.clone().map_or((vec![], vec![]), |[one, two]| (vec![one], vec![two]));
        let (passphrases, mut errors) = with_slips([first, passphrase_fields(&suggested, generated)].concat(), of_file);
        let keys = authority::taken_key_names(&visit.ctx());
        let (requests, others) =
            with_slips([second, request_fields(posted.get("request"), &keys)].concat(), of_request);
        errors.errors.extend(others.errors);
        let format = format_field(format);
        let ways =
            Self { csrf: visit.csrf.clone(), around, generated: suggested, passphrases, format, requests, by_request };
        (ways, errors)
    }
}

/// The slips at the fields that were used: one of a request that was sent as a file stands at the file.
fn at_fields(posted: &Posted, slips: &[Finding]) -> Vec<Finding> {
    let sent_as_file = posted.file("request_file").is_some_and(|file| !file.is_empty());
    let moved = |slip: &Finding| match (sent_as_file, slip.field.as_str()) {
        (true, "request") => Finding { field: "request_file".to_owned(), ..slip.clone() },
        _ => slip.clone(),
    };
    slips.iter().map(moved).collect()
}

/// The field that a fault of the delivery stands at.
pub(super) const fn field_of(fault: &ModeFault) -> &'static str {
    match fault {
        ModeFault::Passphrase(_) => "passphrase",
        ModeFault::PassphraseDiffers => "passphrase_again",
        ModeFault::Request(_) => "request",
    }
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

/// Whether the second way was chosen.
pub(super) fn is_by_request(posted: &Posted) -> bool {
    posted.get("way") == "request"
}

/// How the certificate is to be delivered.
pub(super) fn mode(posted: &Posted) -> PickupMode {
    if is_by_request(posted) {
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
