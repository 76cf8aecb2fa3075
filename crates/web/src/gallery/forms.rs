//! Forms: at rest, with errors, sent back for correction, and the login box.

use askama::Template;

use super::{member, show, visitor};
use crate::view::form::*;
use crate::view::frame::Frame;
use crate::view::parts::{StateView, StepsView, Tone};

#[derive(Template)]
#[template(path = "gallery/form.html")]
struct FormPage {
    frame: Frame,
    errors: ErrorSummary,
    steps: StepsView,
    sections: Vec<SectionView>,
}

#[derive(Template)]
#[template(path = "gallery/terminals.html")]
struct TerminalsPage {
    frame: Frame,
    terminals: Vec<Vec<FieldView>>,
}

#[derive(Template)]
#[template(path = "gallery/login.html")]
struct LoginPage {
    frame: Frame,
    errors: ErrorSummary,
    fields: Vec<FieldView>,
}

fn choices(list: &[(&str, &str)], chosen: &str) -> Vec<ChoiceView> {
    let choice =
        |(value, label): &(&str, &str)| ChoiceView { selected: *value == chosen, ..ChoiceView::new(*value, *label) };
    list.iter().map(choice).collect()
}

fn revealing(mut list: Vec<ChoiceView>, classes: &[&str]) -> Vec<ChoiceView> {
    for (choice, class) in list.iter_mut().zip(classes) {
        choice.reveals = Some((*class).to_owned()).filter(|c| !c.is_empty());
    }
    list
}

fn institution() -> SectionView {
    let shown = |key: &str, label: &str, value: &str| {
        FieldView::new(key, label, InputView::Shown { value: value.into(), note: String::new() })
    };
    SectionView {
        title: "医療機関等情報".into(),
        lead: "登録されている内容です。".into(),
        fields: vec![
            shown("prefecture", "都道府県コード", "13 : 東京都"),
            shown("table", "点数表コード", "3 : 歯科"),
            shown("name", "医療機関等名", "医療法人社団さくら会 さくら歯科クリニック"),
        ],
    }
}

fn line(chosen: &str, kind: &str) -> Vec<FieldView> {
    let lines = revealing(
        choices(
            &[
                ("1", "1 : IP-VPN回線事業者（NTTなど。ただし、CTC・Qtnetを除く）"),
                ("2", "2 : IP-VPN回線事業者（CTC・Qtnet）"),
                ("3", "3 : IPsec+IKEサービス（インターネット接続）"),
            ],
            chosen,
        ),
        &["reveals-r1", "", "reveals-r2"],
    );
    let mut kinds = revealing(
        choices(&[("same", "オンライン請求と同じお客様IDを使用"), ("caf", "CAF"), ("cop", "COP")], kind),
        &["", "reveals-r3", "reveals-r3"],
    );
    kinds[0].note = Some("オンライン請求の届出に登録されているID：CAF 1234 5678 90".into());
    let providers = choices(&[("a", "サンプル通信株式会社"), ("other", "その他")], "");
    vec![
        FieldView::new("line_kind", "電気通信回線種別", InputView::Radio { choices: lines })
            .required()
            .with_help("NTTフレッツや光コラボの回線をお使いの方は「1」です。間違えると当日の設置ができません。")
            .with_link("どれを選ぶかわからないとき：書類から調べる", "/line-finder"),
        FieldView::new("id_kind", "お客様IDの種類", InputView::Radio { choices: kinds })
            .required()
            .when("reveal r1", "回線種別で「1」を選んだ場合"),
        FieldView::new("customer_id", "お客様ID", InputView::Text(TextView::code("", vec![])))
            .required()
            .with_help("NTTの「開通のご案内」に書かれています。ハイフンや空白、小文字のままでもかまいません。")
            .when("reveal r3 and-r1", "お客様IDの種類で「CAF」か「COP」を選んだ場合"),
        FieldView::new("customer_id_again", "確認用お客様ID", InputView::Text(TextView::code("", vec![])))
            .required()
            .when("reveal r3 and-r1", "お客様IDの種類で「CAF」か「COP」を選んだ場合"),
        FieldView::new(
            "provider",
            "IPsec+IKEサービス提供事業者名",
            InputView::Select { choices: providers, placeholder: "選んでください".into() },
        )
        .required()
        .when("reveal r2", "回線種別で「3」を選んだ場合"),
    ]
}

fn months() -> Vec<ChoiceView> {
    let month = |(year, month): (u16, u8)| ChoiceView {
        group: format!("{year}年"),
        ..ChoiceView::new(format!("{year}-{month:02}"), format!("{year}年{month}月"))
    };
    [(2026, 11), (2026, 12), (2027, 1), (2027, 2)].map(month).into()
}

fn rest() -> Vec<FieldView> {
    let terms = InputView::Agreement {
        value: "1.2".into(),
        label: "上記の利用規約に同意します".into(),
        document_title: "オンライン資格確認等システム利用規約（第1.2版）".into(),
        document_url: "/documents/eligibility-terms".into(),
        checked: false,
    };
    let payment = choices(&[("1", "1 : 診療報酬支払額等から控除"), ("2", "2 : 払込請求書による振込み")], "");
    let product = TextView { suggestions: vec!["デンタル7".into(), "歯科名人".into()], ..TextView::new("") };
    let uses = choices(&[("a", "資格確認"), ("b", "請求")], "a");
    vec![
        FieldView::new("terms", "利用規約への同意", terms).required(),
        FieldView::new(
            "start",
            "利用開始予定年月",
            InputView::Select { choices: months(), placeholder: "選んでください".into() },
        )
        .required(),
        FieldView::new("payment", "電子証明書発行料の支払方法", InputView::Radio { choices: payment })
            .required()
            .with_help("端末の電子証明書は1枚1,500円です。有効期限は発行日から3年3か月です。"),
        FieldView::new("uses", "用途", InputView::Checks { choices: uses }),
        FieldView::new("product", "レセコンのプログラム名称", InputView::Text(product)).required(),
        FieldView::new(
            "phone",
            "ISDNダイヤルアップ番号",
            InputView::Text(TextView { width: Width::Short, ..TextView::of(TextKind::Phone, "", "tel") }),
        ),
        FieldView::new("note", "備考", InputView::LongText { value: String::new(), maxlength: 500 }),
        FieldView::new(
            "receipt",
            "領収書（写）",
            InputView::File { accept: ".pdf,.jpg,.png".into(), current: "領収書_2026年10月.pdf".into() },
        )
        .with_help("PDF、JPEG、PNG。20MBまで。"),
        FieldView::new("receipts", "領収書内訳書（写）", InputView::Uploads { files: uploads(), most: 5 })
            .required()
            .with_help("領収書の内訳がわかる書類を、すべて追加してください。"),
    ]
}

/// Files in every state in which a form shows them.
fn uploads() -> Vec<UploadView> {
    let file = |id: &str, name: &str, state: Option<StateView>| UploadView {
        id: id.into(),
        name: name.into(),
        size: "1.2MB".into(),
        href: if state.is_none() { format!("/applications/1/files/{id}") } else { String::new() },
        state,
        picture: name.ends_with("png"),
    };
    let long = format!("{}.pdf", "令和八年度工事請負契約に係る内訳書".repeat(4));
    vec![
        file("1", "内訳書_2026年10月.pdf", None),
        file("2", "納品書.png", None),
        file("3", &long, Some(StateView::new(Tone::Waiting, "ウイルス検査中"))),
        file("4", "請求書.pdf", Some(StateView::new(Tone::Attention, "ウイルスのため破棄"))),
    ]
}

fn sections(chosen: &str, kind: &str) -> Vec<SectionView> {
    let section = |title: &str, fields| SectionView { title: title.into(), lead: String::new(), fields };
    vec![institution(), section("回線", line(chosen, kind)), section("利用と支払い", rest())]
}

fn page(title: &str, sections: Vec<SectionView>) -> FormPage {
    let errors = ErrorSummary::of(&sections);
    let steps = StepsView::new(&["案内を読む", "入力", "確認", "送信完了"], 2);
    let mut frame = member(title);
    frame.has_errors = !errors.is_empty();
    FormPage { frame, errors, steps, sections }
}

#[test]
fn a_form_at_rest_shows_only_what_applies() {
    show("form", &page("利用開始・変更申請", sections("", "")));
    show("form-line-1", &page("利用開始・変更申請", sections("1", "caf")));
}

#[test]
fn a_form_with_errors_leads_to_each_of_them() {
    let mut sections = sections("1", "caf");
    let long = "とても長い名前の".repeat(12);
    for field in sections.iter_mut().flat_map(|s| &mut s.fields) {
        match field.key.as_str() {
            "customer_id" => {
                let groups = ["CAF", "123O", "5678", "90"].map(String::from).to_vec();
                field.input = InputView::Text(TextView::code("ＣＡＦ−１２３O ５６７８９０", groups));
                field.error = Some("7文字目が英字の「O」（オー）です。数字の「0」（ゼロ）ではありませんか。".into());
            }
            "customer_id_again" => {
                field.warning =
                    Some("このお客様IDは別の医療機関等でも使われています。書類をもう一度ご確認ください。".into());
            }
            "product" => field.input = InputView::Text(TextView::new(long.clone())),
            "terms" | "start" | "payment" | "note" | "receipt" => {
                field.error = Some(format!("「{}」がまだです。", field.label));
            }
            _ => {}
        }
    }
    let page = page("利用開始・変更申請", sections);
    assert_eq!(page.errors.errors.len(), 6);
    show("form-errors", &page);
}

#[test]
fn a_returned_form_opens_only_the_returned_fields() {
    let mut sections = sections("1", "cop");
    for field in sections.iter_mut().flat_map(|s| &mut s.fields) {
        field.locked = field.key != "customer_id";
        if field.key == "customer_id" {
            field.returned_reason = Some("開通のご案内の写しと2桁違います。".into());
        }
    }
    let html = page("補正", sections.clone()).render().unwrap();
    assert!(html.contains(r#"<input class="reveals-r1" type="checkbox" checked disabled hidden>"#));
    assert!(html.contains(r#"name="customer_id""#) && !html.contains(r#"name="line_kind""#));
    show("form-returned", &page("利用開始・変更申請の補正", sections));
}

#[test]
fn several_terminals_stand_in_one_form() {
    let terminal = |n: usize| {
        let name = TextView {
            suggestions: vec!["オンライン資格確認パソコン".into(), "オンライン請求用パソコン".into()],
            ..TextView::new("")
        };
        let uses = choices(&[("both", "資格確認と請求で共用"), ("eligibility", "資格確認")], "both");
        vec![
            FieldView::new(format!("terminal-{n}"), "端末名称等", InputView::Text(name)).required(),
            FieldView::new(format!("use-{n}"), "用途", InputView::Radio { choices: uses }).required(),
        ]
    };
    let terminals = vec![terminal(0), terminal(1)];
    show("terminals", &TerminalsPage { frame: member("端末の電子証明書の発行申請"), terminals });
}

#[test]
fn login_has_its_own_box() {
    let fields = vec![
        FieldView::new("login", "メールアドレス", InputView::Text(TextView::of(TextKind::Email, "", "username"))),
        FieldView::new(
            "password",
            "パスワード",
            InputView::Text(TextView::of(TextKind::Password, "secret", "current-password")),
        ),
    ];
    let page = LoginPage { frame: visitor("ログイン"), errors: ErrorSummary::default(), fields };
    assert!(!page.render().unwrap().contains("secret"));
    show("login", &page);
    let errors = ErrorSummary::default().with("メールアドレスかパスワードが違います。");
    show("login-error", &LoginPage { errors, ..page });
}

#[test]
fn hostile_text_stays_text() {
    let evil = "\"><script>alert(1)</script>\u{202e}<img src=x onerror=alert(1)>😀'";
    let text = TextView { suggestions: vec![evil.into()], ..TextView::code(evil, vec![evil.into()]) };
    let mut field = FieldView::new("evil", evil, InputView::Text(text)).with_help(evil).with_error(evil);
    field.returned_reason = Some(evil.into());
    let long = InputView::LongText { value: format!("</textarea>{evil}"), maxlength: 500 };
    let fields = vec![field, FieldView::new("long", evil, long).with_warning(evil)];
    let section = SectionView { title: evil.into(), lead: evil.into(), fields };
    show("hostile", &page(evil, vec![section]));
}
