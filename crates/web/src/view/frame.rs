//! The frame around every page: brand, menus, who is here, messages.

mod parts;

use std::sync::Arc;

pub use parts::{Banners, ClosedFoot, ClosedTop, Head, OfficeTop, Path, Place, PortalFoot, PortalTop};

/// Name and contact of whoever operates the portal; from the configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Brand {
    /// Service name, shown in the header, the title and the footer.
    pub name: String,
    /// Who answers, e.g. `マドグチ運用センター`.
    pub contact_name: String,
    /// Phone number as people write it, e.g. `0120-000-000`.
    pub contact_phone: String,
    /// Opening hours in words, e.g. `月〜金 8:00〜18:00、土 8:00〜16:00（祝日を除く）`.
    pub contact_hours: String,
    /// Mail address of the contact.
    pub contact_mail: String,
}

impl Brand {
    /// The phone number as a `tel:` target: digits and a leading plus only.
    #[must_use]
    pub fn phone_target(&self) -> String {
        self.contact_phone.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect()
    }
}

/// What the page says about itself and its surroundings.
///
/// A page struct has one field `frame: Frame`; `layout.html` reads nothing else.
#[derive(Debug, Clone, Default)]
pub struct Frame {
    /// Operator's name and contact.
    pub brand: Arc<Brand>,
    /// Title of the page without the brand; also the `h1` of `page_title`.
    pub title: String,
    /// True when the page shows an error summary: the title then starts with エラー.
    pub has_errors: bool,
    /// Token of the session that every form of the frame sends back as `csrf`; empty when nobody is logged in.
    pub csrf: String,
    /// Who is logged in; `None` shows 新規登録 and ログイン instead.
    pub session: Option<SessionView>,
    /// The service-status line.
    pub status: StatusLine,
    /// Important notices, newest first; at most three are useful.
    pub notices: Vec<NoticeLine>,
    /// Path from home to the parent of this page; the page itself is not in it.
    pub breadcrumb: Vec<Link>,
    /// Results of what was done before, shown above the content until the next page.
    pub banners: Vec<BannerView>,
    /// The 事業別トップメニュー.
    pub menus: Arc<[MenuGroup]>,
    /// The main entry that this page belongs to.
    pub current: Section,
    /// Text last searched for.
    pub search: String,
    /// Links of the back office for this role; empty outside it.
    pub office_links: Vec<Link>,
    /// Which part of the back office is open (the `href` of one of `office_links`).
    pub office_current: String,
}

/// Main entries of the header, to mark the one in use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Section {
    /// None of the entries.
    #[default]
    Other,
    /// 事業別トップメニュー.
    Business,
    /// お知らせ.
    Notices,
    /// よくある質問.
    Faq,
    /// マイリスト.
    MyList,
    /// 検索.
    Search,
}

/// The person who is logged in and the institution they act for.
#[derive(Debug, Clone, Default)]
pub struct SessionView {
    /// Name of the person.
    pub person: String,
    /// Mail address used to log in.
    pub login: String,
    /// The institution acted for; `None` while no membership is confirmed.
    pub institution: Option<InstitutionView>,
    /// The person's other institutions, to switch to.
    pub others: Vec<InstitutionView>,
    /// Whether they are too many for a menu: then a page lists them.
    pub many: bool,
    /// Role in words for staff (審査担当 …); empty for applicants.
    pub staff_role: String,
    /// When the session ends, milliseconds since 1970 UTC; 0 switches the warning off.
    pub ends_at: i64,
}

/// An institution in the header.
#[derive(Debug, Clone, Default)]
pub struct InstitutionView {
    /// Identifier sent by the switch form.
    pub id: String,
    /// Registered name.
    pub name: String,
    /// Ten-digit code in groups, e.g. `13 3 0100016`.
    pub code: String,
}

/// A link with its words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Link {
    /// Words of the link.
    pub label: String,
    /// Where it leads.
    pub href: String,
}

impl Link {
    /// A link from its words and its target.
    #[must_use]
    pub fn new(label: impl Into<String>, href: impl Into<String>) -> Self {
        Self { label: label.into(), href: href.into() }
    }
}

/// One business in the 事業別トップメニュー.
#[derive(Debug, Clone, Default)]
pub struct MenuGroup {
    /// Name of the business, e.g. オンライン資格確認・オンライン請求.
    pub title: String,
    /// Its pages.
    pub links: Vec<Link>,
}

/// The service-status line that stands on every page.
#[derive(Debug, Clone, Default)]
pub struct StatusLine {
    /// How serious it is.
    pub level: ServiceLevel,
    /// What it is about; empty shows only the level's word.
    pub text: String,
    /// Where to read more; empty for none.
    pub href: String,
}

/// State of the service in four steps.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ServiceLevel {
    /// 正常.
    #[default]
    Normal,
    /// メンテナンス予定.
    Planned,
    /// メンテナンス中.
    UnderWay,
    /// 一部障害.
    Trouble,
}

impl ServiceLevel {
    /// The word shown for it.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Normal => "正常",
            Self::Planned => "メンテナンス予定",
            Self::UnderWay => "メンテナンス中",
            Self::Trouble => "一部障害",
        }
    }

    /// CSS class of the line.
    #[must_use]
    pub fn class(self) -> &'static str {
        match self {
            Self::Normal => "is-normal",
            Self::Planned | Self::UnderWay => "is-planned",
            Self::Trouble => "is-trouble",
        }
    }
}

/// A line of the notices strip.
#[derive(Debug, Clone, Default)]
pub struct NoticeLine {
    /// True puts 【重要】 before the title.
    pub important: bool,
    /// Title of the notice.
    pub title: String,
    /// Page of the notice.
    pub href: String,
    /// Date in words, e.g. `2026年5月20日（水）`.
    pub date: String,
}

/// A message that stays on the page.
#[derive(Debug, Clone, Default)]
pub struct BannerView {
    /// Kind of message.
    pub kind: BannerKind,
    /// One line that says what happened.
    pub title: String,
    /// Further sentences, one paragraph each.
    pub body: Vec<String>,
    /// Where to go on; `None` for no link.
    pub link: Option<Link>,
}

impl BannerView {
    /// What was typed is kept; nothing was sent.
    #[must_use]
    pub fn draft_saved() -> Self {
        let body = "まだ送信されていません。別の機器でログインしても、続きから入力できます。";
        Self {
            kind: BannerKind::Success,
            title: "下書きを保存しました。".to_owned(),
            body: vec![body.to_owned()],
            link: None,
        }
    }
}

/// Kinds of message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum BannerKind {
    /// お知らせ.
    #[default]
    Info,
    /// 完了.
    Success,
    /// 注意.
    Warning,
    /// エラー.
    Error,
}

impl BannerKind {
    /// The word shown before the title, so that colour never stands alone.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Info => "お知らせ",
            Self::Success => "完了",
            Self::Warning => "注意",
            Self::Error => "エラー",
        }
    }

    /// CSS class of the banner.
    #[must_use]
    pub fn class(self) -> &'static str {
        match self {
            Self::Info => "banner-info",
            Self::Success => "banner-success",
            Self::Warning => "banner-warning",
            Self::Error => "banner-error",
        }
    }
}
