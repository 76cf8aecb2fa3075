//! Addressees of letters that look like a vendor (spec 04.1).

use crate::typed::fold;

/// Words in the names of companies that sell or set up systems.
const COMPANY: &[&str] = &[
    "株式会社",
    "有限会社",
    "合同会社",
    "合資会社",
    "(株)",
    "(有)",
    "(同)",
    "co.,ltd",
    "co., ltd",
    "co.ltd",
    "inc.",
    "corp.",
    "(カ)",
    "カ)",
];
const VENDOR: &[&str] = &[
    "ベンダ",
    "ソリューション",
    "サポートセンター",
    "ヘルプデスク",
    "販売店",
    "代理店",
    "保守担当",
    "システムズ",
    "システム",
    "サービスセンター",
    "カスタマー",
    "テクノロジー",
    "ソフトウェア",
    "ソフトウエア",
    "エンジニア",
    "設置業者",
    "工事業者",
    "保守会社",
    "業者",
];
/// Fewest letters of a company's name that are looked for: shorter ones are parts of people's names.
const SHORTEST_VENDOR: usize = 3;
/// What makes 「システム」 a department of the institution itself.
const DEPARTMENT: &[&str] = &["室", "課", "係", "部", "科", "担当", "管理", "委員", "運用"];

/// Whether an addressee looks like a vendor and not like a person of the institution: a reason to ask.
///
/// `own_names` are the institution's and its founder's names: a company that runs the institution is no vendor.
/// `vendors` are names of companies that are known to set up systems, with or without their legal form.
pub fn looks_like_vendor(addressee: &str, own_names: &[&str], vendors: &[&str]) -> bool {
    let text = own_names
        .iter()
        .map(|name| plain(name))
        .filter(|name| !name.is_empty())
        .fold(plain(addressee), |text, own| text.replace(&own, ""));
    let named = |vendor: &&str| {
        let name = COMPANY.iter().fold(plain(vendor), |name, form| name.replace(form, ""));
        name.chars().count() >= SHORTEST_VENDOR && text.contains(&name)
    };
    COMPANY.iter().any(|word| text.contains(word))
        || VENDOR.iter().any(|word| names_vendor(&text, word))
        || vendors.iter().any(named)
}

fn names_vendor(text: &str, word: &str) -> bool {
    let in_house = |after: &str| word == "システム" && DEPARTMENT.iter().any(|unit| after.starts_with(unit));
    text.match_indices(word).any(|(place, _)| !in_house(text.get(place + word.len()..).unwrap_or_default()))
}

fn plain(text: &str) -> String {
    let text: String = fold(text).to_lowercase().chars().filter(|letter| !letter.is_whitespace()).collect();
    text.replace("(株)", "株式会社").replace("(有)", "有限会社")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Companies as the lists of the operator name them.
    const VENDORS: [&str; 3] = ["株式会社オプテック", "NTTデータ", "小野"];

    #[test]
    fn a_vendor_as_addressee_is_asked_about() {
        let clinic = ["医療法人　青葉会　青葉歯科", "医療法人　青葉会"];
        for addressee in [
            "株式会社オプテック　田中",
            "㈱みなと",
            "みなとメディカルシステム",
            "ベンダー担当",
            "ABC Co., Ltd. Sato",
            "オプテック 田中",
            "ｵﾌﾟﾃｯｸ　田中様",
            "株 式 会 社 みなと",
            "ｶ)ﾐﾅﾄ",
            "NTTデータ中国　営業",
            "設置業者の方",
            "みなとｿﾌﾄｳｪｱ",
        ] {
            assert!(looks_like_vendor(addressee, &clinic, &VENDORS), "{addressee}");
        }
        for addressee in
            ["事務長　山田太郎", "医事課", "情報システム課　佐藤", "システム管理担当", "青葉会 本部", "小野 太郎"]
        {
            assert!(!looks_like_vendor(addressee, &clinic, &VENDORS), "{addressee}");
        }
    }

    #[test]
    fn a_company_that_runs_the_pharmacy_is_no_vendor() {
        let pharmacy = ["ひまわり薬局", "株式会社ひまわり"];
        assert!(!looks_like_vendor("株式会社　ひまわり　管理薬剤師 鈴木", &pharmacy, &VENDORS));
        assert!(!looks_like_vendor("㈱ひまわり 鈴木", &pharmacy, &VENDORS));
        assert!(looks_like_vendor("株式会社オプテック", &pharmacy, &VENDORS));
    }
}
