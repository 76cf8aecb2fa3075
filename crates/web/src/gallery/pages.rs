//! Pages around the forms: home, check page, state of a case, lists, catalogue, article, mailbox, closed network.

use askama::Template;

use super::{member, show, visitor};
use crate::view::frame::*;
use crate::view::parts::*;

macro_rules! pages {
    ($($name:ident($path:literal) { $($field:ident: $kind:ty),* })+) => {
        $(#[derive(Template)]
        #[template(path = $path)]
        struct $name { frame: Frame, $($field: $kind),* })+
    };
}

pages! {
    Top("gallery/top.html") {}
    Home("gallery/home.html") { next: NextStepView, tasks: TaskListView, cards: Vec<CardView> }
    Check("gallery/check.html") { steps: StepsView, blocks: Vec<SummaryListView>, comparison: CompareView }
    Case("gallery/case.html") { line: StateLineView, reference: CopyView, lines: Vec<StateLineView>, banners: Vec<BannerView> }
    Done("gallery/done.html") { reference: CopyView }
    Procedures("gallery/catalogue.html") { catalogue: CatalogueView }
    Article("gallery/article.html") { meta: ArticleMeta, toc: Vec<TocEntry>, vote: VoteView }
    Letters("gallery/mailbox.html") { mailbox: Mailbox }
    Pickup("gallery/pickup.html") { card: CardView }
    Sheet("gallery/sheet.html") { blocks: Vec<SummaryListView>, reference: CopyView }
}

fn task(title: &str, state: StateView, next: &str, facts: Vec<Fact>, current: bool) -> TaskView {
    TaskView { title: title.into(), href: "/procedures".into(), state, next: next.into(), facts, current }
}

fn next_step() -> NextStepView {
    NextStepView {
        title: "端末の電子証明書 発行申請".into(),
        says: vec!["必須の5項目のうち3項目を入力済みです。前回の続きの項目が開きます。".into()],
        facts: vec![Fact::new("保存の期限", "2026年11月27日（金）まで")],
        href: "/procedures".into(),
        label: "下書きの続きを入力する".into(),
    }
}

fn tasks() -> TaskListView {
    let done = StateView::new(Tone::Done, "受付済");
    let active = StateView::new(Tone::Active, "下書き");
    let idle = StateView::new(Tone::Idle, "未着手");
    let cut_off = Fact::new("1月から始めるときの送信期限", "2026年11月20日（金）（あと3日）");
    TaskListView {
        tasks: vec![
            task("オンライン資格確認の利用申請", done, "11月10日（火）に受け付けました。", vec![], false),
            task(
                "端末の電子証明書",
                active,
                "あと2項目で申請できます。",
                vec![Fact::new("対応する人", "あなた")],
                true,
            ),
            task("オンライン請求の届出", idle, "20日までに送信すると、1月から請求できます。", vec![cut_off], false),
            TaskView {
                title: "運用開始日の登録".into(),
                next: "接続テストのあとに登録できます。".into(),
                ..TaskView::default()
            },
        ],
        unordered: false,
    }
}

fn reference() -> CopyView {
    CopyView::new("受付番号", "E7K4-9MWP-3", vec!["E7K4", "9MWP", "3"])
}

fn cards() -> Vec<CardView> {
    let certificate = CardView {
        kind: "端末の電子証明書".into(),
        title: "オンライン資格確認パソコン".into(),
        href: "/certificates/1".into(),
        state: Some(StateView::new(Tone::Waiting, "通知書を発送済み")),
        facts: vec![
            Fact::new("用途", "資格確認・請求で共用"),
            Fact::new("有効期限", "2030年2月28日（木）"),
            Fact::code("受付番号", "C3XH 7TRA 8"),
        ],
        next: "11月27日（金）ごろに届きます。".into(),
        links: vec![Link::new("届かないとき", "/certificates/1/lost")],
    };
    let returned = CardView {
        kind: "オンライン請求の届出".into(),
        title: "利用開始".into(),
        href: "/claims/1".into(),
        state: Some(StateView::new(Tone::Attention, "補正のお願い")),
        next: "レセコンのプログラム名称を直してください。".into(),
        ..CardView::default()
    };
    vec![certificate, returned]
}

fn life(state: StateView, sentence: &str, points: &[(&str, &str, Stage)]) -> StateLineView {
    let points = points.iter().map(|(label, date, stage)| PointView::new(*label, *date, *stage)).collect();
    StateLineView { state, sentence: sentence.into(), points }
}

fn in_review() -> StateLineView {
    life(
        StateView::new(Tone::Waiting, "審査中"),
        "11月18日（水）に送信され、審査担当が確認しています。次は受付のお知らせで、11月26日（木）までの予定です。",
        &[
            ("送信", "2026年11月18日（水）", Stage::Done),
            ("審査", "2026年11月19日（木）", Stage::Current),
            ("受付", "2026年11月26日（木）まで", Stage::Ahead),
            ("利用開始", "2027年1月", Stage::Ahead),
        ],
    )
}

fn rejected() -> StateLineView {
    life(
        StateView::new(Tone::Stopped, "却下"),
        "11月19日（木）に却下されました。理由は下にあります。",
        &[("送信", "2026年11月18日（水）", Stage::Done), ("却下", "2026年11月19日（木）", Stage::Stopped)],
    )
}

fn certificate_life() -> StateLineView {
    let ahead = Stage::Ahead;
    life(
        StateView::new(Tone::Active, "通知書を発送済み"),
        "11月20日（金）に簡易書留で発送しました。11月27日（金）ごろ届きます。",
        &[
            ("申請", "11月12日（木）", Stage::Done),
            ("承認", "11月16日（月）", Stage::Done),
            ("印刷", "11月18日（水）", Stage::Done),
            ("発送", "11月20日（金）", Stage::Current),
            ("取得", "", ahead),
            ("接続テスト・設定完了", "", ahead),
        ],
    )
}

fn blocks() -> Vec<SummaryListView> {
    let row = |label: &str, value: &str| SummaryRow::new(label, value).with_change("/eligibility/1/edit#f-x");
    let code = SummaryRow {
        code: true, note: "オンライン請求と同じID".into(), ..row("お客様ID", "CAF 1234 5678 90")
    };
    vec![
        SummaryListView {
            title: "医療機関等情報".into(),
            rows: vec![
                SummaryRow::new("都道府県コード", "13 : 東京都"),
                SummaryRow::new("医療機関等名", "医療法人社団さくら会 さくら歯科クリニック"),
            ],
        },
        SummaryListView {
            title: "回線".into(),
            rows: vec![
                row("電気通信回線種別", "1 : IP-VPN回線事業者（NTTなど。ただし、CTC・Qtnetを除く）"),
                code,
                row("テスト開始予定年月", ""),
                row("備考", "午前は休診です。\n電話は午後にお願いします。"),
            ],
        },
    ]
}

fn comparison() -> CompareView {
    let row = |label: &str, before: &str, after: &str| CompareRow {
        label: label.into(),
        before: before.into(),
        after: after.into(),
    };
    CompareView {
        caption: "いまの内容との違い".into(),
        before: "いまの内容".into(),
        after: "今回の申請".into(),
        rows: vec![
            row("電気通信回線種別", "3 : IPsec+IKEサービス", "1 : IP-VPN回線事業者"),
            row("お客様ID", "", "CAF 1234 5678 90"),
            row("支払方法", "1 : 控除", "1 : 控除"),
        ],
    }
}

fn banners() -> Vec<BannerView> {
    let banner = |kind, title: &str| BannerView { kind, title: title.into(), ..BannerView::default() };
    let link = Some(Link::new("お知らせを読む", "/notices/1"));
    vec![
        BannerView { link, ..banner(BannerKind::Info, "11月28日（土）22時からメンテナンスです。") },
        banner(BannerKind::Success, "下書きを保存しました。"),
        BannerView {
            body: vec!["メールが届かない設定になっているかもしれません。".into()],
            ..banner(BannerKind::Warning, "確認メールがまだ開かれていません。")
        },
        banner(BannerKind::Error, "ほかの画面で先に変更されました。"),
    ]
}

#[test]
fn the_top_page_has_two_ways_in() {
    show("top", &Top { frame: visitor("") });
}

#[test]
fn home_shows_one_next_step() {
    let mut frame = member("さくら歯科クリニックの手続");
    frame.breadcrumb.clear();
    let notice = |title: &str| NoticeLine {
        important: true,
        title: title.into(),
        href: "/notices/1".into(),
        date: "2026年11月18日（水）".into(),
    };
    frame.notices = vec![
        notice("メンテナンスのため11月28日（土）22時から翌朝6時まで送信できません"),
        notice("初回ログインについて"),
    ];
    frame.status =
        StatusLine {
            level: ServiceLevel::Planned, text: "11月28日（土）22:00〜翌6:00".into(), href: "/status".into()
        };
    show("home", &Home { frame, next: next_step(), tasks: tasks(), cards: cards() });
}

#[test]
fn the_check_page_and_the_success_page() {
    let steps = StepsView::new(&["案内を読む", "入力", "確認", "送信完了"], 3);
    show("check", &Check { frame: member("送信する内容の確認"), steps, blocks: blocks(), comparison: comparison() });
    show("done", &Done { frame: member("送信しました"), reference: reference() });
    show("sheet", &Sheet { frame: member("申請の控え"), blocks: blocks(), reference: reference() });
}

#[test]
fn a_case_shows_its_line_of_life() {
    let mut frame = member("オンライン資格確認の利用申請");
    frame.status.level = ServiceLevel::Trouble;
    frame.status.text = "通知メールの送信が遅れています".into();
    let lines = vec![certificate_life(), rejected()];
    show("case", &Case { frame, line: in_review(), reference: reference(), lines, banners: banners() });
}

#[test]
fn the_catalogue_and_an_article() {
    let tile = |title: &str, text: &str, remark: &str| TileView {
        title: title.into(),
        text: text.into(),
        href: "/articles/KB0011095".into(),
        remark: remark.into(),
    };
    let catalogue = CatalogueView {
        menu: [
            "オンライン資格確認",
            "訪問診療等・オンライン診療等",
            "医療扶助",
            "電子処方箋管理サービス",
            "オンライン請求",
        ]
        .map(|label| Link::new(label, format!("/procedures/{label}")))
        .into(),
        current: "/procedures/オンライン資格確認".into(),
        lead: "オンライン資格確認の手続を選んでください。".into(),
        tiles: vec![
            tile("利用開始・変更申請", "オンライン資格確認の利用を申請します。", "下書きがあります"),
            tile("端末の電子証明書の発行申請", "端末ごとの電子証明書の申請と、申請状況の照会ができます。", ""),
            tile("マスターアカウント情報ダウンロード", "マスターアカウントの通知書を受け取ります。", ""),
            tile("運用開始日登録", "運用を始めた日を登録します。", ""),
            tile("補助金申請", "補助金を申請します。", ""),
            tile("交付決定通知書ダウンロード", "交付決定通知書を受け取ります。", ""),
        ],
    };
    let mut frame = visitor("オンライン資格確認");
    frame.current = Section::Business;
    frame.breadcrumb = vec![Link::new("ホーム", "/")];
    show("catalogue", &Procedures { frame, catalogue });
    let meta = ArticleMeta {
        number: "KB0010381".into(),
        editor: "編集担当".into(),
        updated: "3日前".into(),
        updated_date: "2026年11月19日（木）".into(),
        views: "30,152".into(),
        stars: 42,
        votes: 118,
        permalink: "/articles/KB0010381".into(),
    };
    let entry = |id: &str, title: &str, nested| TocEntry { id: id.into(), title: title.into(), nested };
    let toc = vec![
        entry("flow", "発行申請の流れ", false),
        entry("before", "申請の前に", false),
        entry("ask", "相談先", true),
    ];
    let vote =
        VoteView { action: "/articles/certificate-guide/stars".into(), own: 4, may: true, ..VoteView::default() };
    show("article", &Article { frame: member("端末の電子証明書について"), meta, toc, vote });
}

#[test]
fn mails_letters_and_the_closed_network() {
    let item = |letter, subject: &str, state| MailItem {
        letter,
        to: if letter { "山田 花子 様".into() } else { "hanako@sakura-dental.example.jp".into() },
        subject: subject.into(),
        about: if letter { "受付パソコン（受付番号 7K2M-9P4X）".into() } else { String::new() },
        time: "2026年11月20日（金）14:05".into(),
        href: "/dev/mailbox/1".into(),
        state,
    };
    let items = vec![
        item(true, "電子証明書発行通知書", Some(StateView::new(Tone::Waiting, "発送済み"))),
        item(false, "電子証明書 申請情報受付通知", Some(StateView::new(Tone::Done, "送信済み"))),
        item(false, "ログインの確認", None),
    ];
    show("mailbox", &Letters { frame: visitor("メールと郵便"), mailbox: Mailbox { items } });
    let card = cards().remove(0);
    show("pickup", &Pickup { frame: visitor("端末の電子証明書の取得"), card });
}

#[test]
fn codes_are_read_aloud_character_by_character() {
    assert_eq!(reference().spoken(), "E 7 K 4、9 M W P、3");
}
