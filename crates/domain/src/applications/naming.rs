//! The words of a procedure, once for all pages, mails and lists.

/// Under which business of the catalogue a procedure stands (manual 2-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Business {
    /// オンライン資格確認.
    Eligibility,
    /// 訪問診療等・オンライン診療等.
    HomeVisit,
    /// 医療扶助.
    MedicalAid,
    /// 電子処方箋管理サービス.
    EPrescription,
    /// オンライン請求.
    Claims,
    /// 承継・廃止・休止.
    Changes,
}

impl Business {
    /// All, in the order of the menu.
    pub const ALL: [Self; 6] =
        [Self::Eligibility, Self::HomeVisit, Self::MedicalAid, Self::EPrescription, Self::Claims, Self::Changes];

    /// The word in addresses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Eligibility => "eligibility",
            Self::HomeVisit => "home-visit",
            Self::MedicalAid => "medical-aid",
            Self::EPrescription => "e-prescription",
            Self::Claims => "claims",
            Self::Changes => "changes",
        }
    }

    /// The word on pages.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Eligibility => "オンライン資格確認",
            Self::HomeVisit => "訪問診療等・オンライン診療等",
            Self::MedicalAid => "医療扶助",
            Self::EPrescription => "電子処方箋管理サービス",
            Self::Claims => "オンライン請求",
            Self::Changes => "変更・承継・廃止",
        }
    }

    /// What can be done there, in a sentence.
    pub const fn lead(self) -> &'static str {
        match self {
            Self::Eligibility => "オンライン資格確認に関する手続です。",
            Self::HomeVisit => "訪問診療等・オンライン診療等で、オンライン資格確認を使うための手続です。",
            Self::MedicalAid => "医療扶助のオンライン資格確認に関する手続です。",
            Self::EPrescription => "電子処方箋管理サービスに関する手続です。",
            Self::Claims => "オンライン請求に関する手続です。",
            Self::Changes => "医療機関等コードが変わるとき、やめるとき、休むときの手続です。",
        }
    }
}

/// The words of a procedure. A folder of the common kind names the first five and takes the others from [`Words::COMMON`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words {
    /// The word in the database and in addresses: lower case, digits, `_`; never changed once it was used.
    pub key: &'static str,
    /// The name on pages.
    pub label: &'static str,
    /// The name where there is little room, such as below a bar of a chart.
    pub short: &'static str,
    /// Where its tile stands.
    pub business: Business,
    /// What it is for and how long it takes, above the form.
    pub lead: &'static str,
    /// What to have at hand.
    pub prepare: &'static [&'static str],
    /// Title of its tile; empty when it is that of the page.
    pub tile: &'static str,
    /// What the tile says; empty when it is the lead.
    pub tile_text: &'static str,
    /// The button on the page before the form when something was filed before.
    pub again: &'static str,
    /// The button of the article that leads to the procedure.
    pub to_form: &'static str,
    /// The button that sends.
    pub send: &'static str,
    /// The button that takes a case back.
    pub withdraw: &'static str,
    /// What comes once a case was accepted, in a sentence; empty when the start says it, or nothing comes.
    pub accepted: &'static str,
}

impl Words {
    /// What most procedures say.
    pub const COMMON: Self = Self {
        key: "",
        label: "",
        short: "",
        business: Business::Eligibility,
        lead: "",
        prepare: &[],
        tile: "",
        tile_text: "",
        again: "申請の入力をはじめる",
        to_form: "申請画面へ進む",
        send: "この内容で申請を送信する",
        withdraw: "申請を取り下げる",
        accepted: "",
    };

    /// What comes once a case was accepted that has no start.
    pub const fn after_acceptance(&self) -> &'static str {
        if self.accepted.is_empty() {
            "このほかに、していただくことはありません。"
        } else {
            self.accepted
        }
    }

    /// Title of the tile.
    pub const fn tile_title(&self) -> &'static str {
        if self.tile.is_empty() { self.label } else { self.tile }
    }

    /// What the tile says.
    pub const fn tile_words(&self) -> &'static str {
        if self.tile_text.is_empty() { self.lead } else { self.tile_text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_folder_leaves_out_is_said_all_the_same() {
        let words = Words { label: "見本の届出", lead: "見本を届け出ます。", ..Words::COMMON };
        assert_eq!((words.tile_title(), words.tile_words()), ("見本の届出", "見本を届け出ます。"));
        assert!(words.after_acceptance().ends_with('。'));
        assert_eq!(Words { accepted: "次へ進みます。", ..words }.after_acceptance(), "次へ進みます。");
    }
}
