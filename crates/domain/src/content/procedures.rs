//! The procedures as their tiles name them: for the catalogue and for the search.

use crate::applications::Kind;

/// Where a tile leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leads {
    /// To the article that is read before the form of a procedure.
    Article(Kind),
    /// To a page of the portal, by its address.
    Page(&'static str),
}

/// A procedure as a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tile {
    /// Name of the tile, the same in every version.
    pub name: &'static str,
    /// Title.
    pub title: &'static str,
    /// What can be done there, in a sentence.
    pub text: &'static str,
    /// Where it leads.
    pub leads: Leads,
}

/// オンライン資格確認 利用開始・変更申請.
pub const ELIGIBILITY: Tile = Tile {
    name: "eligibility",
    title: "利用開始・変更申請",
    text: "こちらからオンライン資格確認の利用申請を行えます。",
    leads: Leads::Article(Kind::Eligibility),
};

/// 端末の電子証明書 発行申請.
pub const CERTIFICATE: Tile = Tile {
    name: "certificate",
    title: "電子証明書発行申請",
    text: "こちらから端末の電子証明書の発行申請を行えます。",
    leads: Leads::Article(Kind::Certificate),
};

/// 申請状況照会.
pub const STATUS: Tile = Tile {
    name: "status",
    title: "申請状況照会",
    text: "こちらから端末の電子証明書の申請の状況、通知書の発送、有効期限を確かめられます。",
    leads: Leads::Page("/certificates"),
};

/// オンライン請求 利用開始・変更申請（届出）.
pub const CLAIMS: Tile = Tile {
    name: "claims",
    title: "オンライン請求 利用開始・変更申請",
    text: "こちらからオンライン請求の利用開始・変更申請を行えます。（電子情報処理組織の使用による費用の請求に関する届出）",
    leads: Leads::Article(Kind::Claims),
};

/// All procedures, each once.
pub const ALL: [Tile; 4] = [ELIGIBILITY, CERTIFICATE, STATUS, CLAIMS];
