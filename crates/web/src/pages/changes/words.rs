//! What is to be done about a change, in words.

use domain::{
    calendar::{CutOff, YearMonth, japanese_date},
    changes::Deed,
    succession::VALID_DAYS,
};
use time::Date;

use super::PAGE;
use crate::view::frame::Link;

/// Something to do, in words.
pub(super) struct DeedView {
    pub(super) title: &'static str,
    pub(super) text: String,
    /// By when; empty where there is no day.
    pub(super) until: String,
    pub(super) link: Option<Link>,
}

fn deed(title: &'static str, text: impl Into<String>, link: (&str, &str)) -> DeedView {
    let link = (!link.1.is_empty()).then(|| Link::new(link.0, link.1));
    DeedView { title, text: text.into(), until: String::new(), link }
}

fn by(day: Date, label: &str, view: DeedView) -> DeedView {
    DeedView { until: format!("{label}：{}", japanese_date(day)), ..view }
}

/// The words of a deed, as of today by the rule for the month of effect.
pub(super) fn view(one: Deed, when: (Date, CutOff)) -> DeedView {
    match one {
        Deed::AskBureau | Deed::Succession | Deed::Anew | Deed::OldCertificates(_) | Deed::Register => code(one),
        Deed::Closing(day) => closing(day),
        Deed::Resting(day) => resting(day),
        Deed::Claims(month, last) => claims((month, last), when),
        Deed::Eligibility | Deed::Visit | Deed::Terminals | Deed::Places | Deed::Bills => others(one),
    }
}

fn code(one: Deed) -> DeedView {
    match one {
        Deed::AskBureau => deed(
            "地方厚生局に、コードが変わるかどうかを確かめる",
            "コードが変わるかどうかで、手続が違います。分かってから、もう一度このガイドをご利用ください。",
            ("最初の質問に戻る", PAGE),
        ),
        Deed::Succession => deed(
            "承継を申請する（前のコードの医療機関等から）",
            "新しいコードがまだ台帳にないときも送信できます。早めに送信してください。",
            ("承継の手続へ", "/procedures/succession"),
        ),
        Deed::Anew => deed(
            "新しいコードで、利用申請・端末の電子証明書・届出を申請する",
            "承継が受け付けられると、「承継の状況」に必要な手続が順に並びます。",
            ("承継の状況を見る", "/succession"),
        ),
        Deed::OldCertificates(last) => {
            let text = format!(
                "前のコードの端末の電子証明書は、コードが変わる日から{VALID_DAYS}日間使えます。その後は失効し、更新はできません。"
            );
            by(last, "使える最後の日", deed("前のコードの端末の電子証明書から切り替える", text, ("", "")))
        }
        _ => deed(
            "地方厚生局に届け出る（このポータルでの申請はありません）",
            "名称や所在地、開設者は、地方厚生局への届出の後、台帳の更新（月に1回）で変わります。変わらないときは、お知らせください。",
            ("内容の誤りを知らせる", "/inquiries?about=institution"),
        ),
    }
}

/// The filing that changes what is claimed; after its last day, from which month on what is sent today counts.
fn claims((month, last): (YearMonth, Date), (today, rule): (Date, CutOff)) -> DeedView {
    let late = today > last;
    let text = match late {
        true => format!(
            "{month}の請求に間に合う期限は過ぎました。今日送信すると、{}の請求から変わった内容になります。",
            rule.earliest_start(today)
        ),
        false => format!("{month}の請求から変わった内容にするための期限です。"),
    };
    let link = ("オンライン請求の届出へ", "/procedures/claims");
    let label = if late { "過ぎた期限" } else { "送信の期限" };
    by(last, label, deed("オンライン請求の変更を届け出る", text, link))
}

fn closing(day: Date) -> DeedView {
    let text = "その日に何が終わるかを、送信の前の確認画面ですべて確かめられます。前の日までは取りやめられます。";
    by(day, "廃止の日", deed("廃止を届け出る", text, ("廃止・休止の届出へ", "/procedures/closing")))
}

fn resting(day: Date) -> DeedView {
    let text = "休止の間、端末の電子証明書を失効させるかどうかを選べます。";
    by(day, "休止・再開の日", deed("休止・再開を届け出る", text, ("廃止・休止の届出へ", "/procedures/closing")))
}

fn others(one: Deed) -> DeedView {
    match one {
        Deed::Eligibility => deed(
            "オンライン資格確認の変更を申請する",
            "申請区分で「変更」を選び、新しい回線とお客様IDを入力します。",
            ("利用開始・変更申請へ", "/procedures/eligibility"),
        ),
        Deed::Visit => deed(
            "システムベンダの訪問の日を決める",
            "訪問の日から逆算して、それぞれの手続の期限を確かめられます。",
            ("訪問日から逆算する", "/planner"),
        ),
        Deed::Terminals => deed(
            "端末を選び、「端末に何かあったとき」に答える",
            "入れ替え、追加、使用の終了、盗難・紛失のどれも、端末のページから進めます。盗難・紛失は、すぐにお知らせください。",
            ("端末の一覧へ", "/terminals"),
        ),
        Deed::Places => deed(
            "端末の設置場所を書き直す",
            "端末の電子証明書は、同じコードのままなら、移転の後も使えます。",
            ("端末の一覧へ", "/terminals"),
        ),
        _ => deed("未払いの請求を支払う", "廃止・休止の後も、未払いの請求は残ります。", ("請求の一覧へ", "/fees")),
    }
}
