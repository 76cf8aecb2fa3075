//! The procedures as their tiles name them: for the catalogue and for the search.

use crate::applications::{Business, Kind};

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
    /// The businesses under which it stands.
    pub businesses: &'static [Business],
    /// Where it leads.
    pub leads: Leads,
}

/// Tiles that lead to pages of their own.
pub const PAGES: &[Tile] = &[
    Tile {
        name: "status",
        title: "申請状況照会",
        text: "こちらから端末の電子証明書の申請の状況、通知書の発送、有効期限を確かめられます。",
        businesses: &[Business::Eligibility, Business::Claims],
        leads: Leads::Page("/certificates"),
    },
    Tile {
        name: "master_account",
        title: "マスターアカウント情報ダウンロード",
        text: "こちらからオンライン資格確認のマスターアカウントの通知書がダウンロードいただけます。",
        businesses: &[Business::Eligibility],
        leads: Leads::Page("/master-account"),
    },
    Tile {
        name: "grants",
        title: "交付決定通知書ダウンロード",
        text: "こちらからオンライン資格確認の交付決定通知書がダウンロードいただけます。",
        businesses: &[Business::Eligibility],
        leads: Leads::Page("/grants"),
    },
    Tile {
        name: "group",
        title: "一括申請",
        text: "こちらから、1つの手続を複数の医療機関等の分まとめて、表で申請できます。",
        businesses: &[
            Business::Eligibility,
            Business::HomeVisit,
            Business::MedicalAid,
            Business::EPrescription,
            Business::Claims,
        ],
        leads: Leads::Page("/group"),
    },
];

impl Kind {
    /// The tile of a procedure.
    pub const fn tile(self) -> Tile {
        let words = self.words();
        Tile {
            name: words.key,
            title: words.tile_title(),
            text: words.tile_words(),
            businesses: match (self, words.business) {
                (Self::Certificate, _) => &[Business::Eligibility, Business::Claims],
                (_, Business::Eligibility) => &[Business::Eligibility],
                (_, Business::HomeVisit) => &[Business::HomeVisit],
                (_, Business::MedicalAid) => &[Business::MedicalAid],
                (_, Business::EPrescription) => &[Business::EPrescription],
                (_, Business::Claims) => &[Business::Claims],
                (_, Business::Changes) => &[Business::Changes],
            },
            leads: Leads::Article(self),
        }
    }
}

/// All tiles, each once: first those of procedures.
pub fn tiles() -> impl Iterator<Item = Tile> {
    Kind::ALL.iter().map(|kind| kind.tile()).chain(PAGES.iter().copied())
}

/// The tiles of a business, in their order.
pub fn tiles_of(business: Business) -> impl Iterator<Item = Tile> {
    tiles().filter(move |tile| tile.businesses.contains(&business))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_business_has_a_tile_and_every_tile_a_name_of_its_own() {
        for business in Business::ALL {
            assert!(business == Business::Changes || tiles_of(business).next().is_some(), "{}", business.label());
        }
        let names: BTreeSet<_> = tiles().map(|tile| tile.name).collect();
        assert_eq!(names.len(), tiles().count());
    }
}
