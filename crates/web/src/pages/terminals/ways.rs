//! What stands on the page of each way: what to do in which order, and what the button does.

use domain::{calendar::japanese_datetime, terminals::trouble::Way};

use crate::view::frame::Link;

/// Where people go and whom they call.
#[derive(Clone, Copy)]
pub(super) struct Places<'a> {
    /// The closed network's listener.
    pub(super) closed_url: &'a str,
    /// Telephone and hours of the call centre.
    pub(super) contact: &'a str,
}

/// A way in words.
pub(super) struct Told {
    /// What is to be done.
    pub(super) title: &'static str,
    /// In a sentence.
    pub(super) lead: String,
    /// In which order.
    pub(super) steps: Vec<String>,
    /// The button that does it; none when nothing is done here, or not by this person.
    pub(super) button: Option<&'static str>,
    /// What the button leads to.
    pub(super) consequence: String,
    /// Where to go on without it.
    pub(super) link: Option<Link>,
}

fn told(title: &'static str, lead: impl Into<String>, steps: &[&str]) -> Told {
    Told {
        title,
        lead: lead.into(),
        steps: steps.iter().map(|step| (*step).to_owned()).collect(),
        button: None,
        consequence: String::new(),
        link: None,
    }
}

const LABEL: &str = "ラベルを新しい端末に貼り、設置場所を直します。";

/// The words of a way; owners may revoke, other members ask one.
pub(super) fn of(way: Way, owner: bool, places: Places<'_>) -> Told {
    let test = format!(
        "端末をオンライン請求ネットワーク（閉域網）につなぎ、{}/connection-test で接続テストをします。",
        places.closed_url
    );
    match way {
        Way::Restore => restore(&test),
        Way::FetchAgain(until) => fetch_again(&japanese_datetime(until), &test, places),
        Way::Apply => apply(),
        Way::RevokeAndApply => revoke_and_apply(owner),
        Way::RevokeLost => lost(owner, places.contact),
        Way::ChangeCode => code_changed(owner),
        Way::Retire => retire(owner),
    }
}

fn restore(test: &str) -> Told {
    let steps = [
        "新しい端末（または入れ直した端末）に、控えのファイルを入れます。「ファイルのパスワード」が必要です。",
        test,
        "前のパソコンに端末の電子証明書が残っているときは、必ず削除します。1枚を2台で使うことはできません。",
        LABEL,
    ];
    told("控えのファイルを端末に入れる", "申請は要りません。いまの端末の電子証明書を、そのまま使えます。", &steps)
}

fn fetch_again(until: &str, test: &str, places: Places<'_>) -> Told {
    let fetch = format!(
        "{until}までに、お手元の通知書で、もう一度取得します（オンライン請求ネットワーク（閉域網）の {}/）。",
        places.closed_url
    );
    let before = "取得すると、前の端末の電子証明書は自動で失効します。".to_owned();
    let lead = "取得から7日以内で、接続テストが済んでいないため、同じ通知書がもう一度使えます。";
    Told {
        steps: vec![fetch, before, test.to_owned()], ..told("同じ通知書でもう一度取得する", lead, &[])
    }
}

fn apply() -> Told {
    let steps = [
        "申請の内容を確かめて送信します。前と同じ内容を入力してあります。",
        "承認されると、通知書が簡易書留で届きます。",
        "新しい端末で取得し、接続テストをします。",
        "前の端末の電子証明書が残っているときは、切り替えた後に失効させます。",
    ];
    Told {
        button: Some("発行の申請に進む"),
        consequence: "申請の下書きを作り、入力の画面を開きます。まだ送信されません。".to_owned(),
        ..told("新しい端末の電子証明書を申請する", "使える控えがないため、新しく発行します。", &steps)
    }
}

fn revoke_and_apply(owner: bool) -> Told {
    let steps = [
        "前の端末の電子証明書を失効させます（理由：新しい端末の電子証明書に切り替えた）。",
        "発行の申請を送信します。前と同じ内容を入力してあります。",
        "承認されると、通知書が簡易書留で届きます。端末で取得し、接続テストをします。",
    ];
    let way = told(
        "失効させて、新しく申請する",
        "前の端末の電子証明書は、もう使えません。失効させてから、新しく発行します。",
        &steps,
    );
    if owner {
        let consequence = "すぐに失効し、元に戻せません。続けて、申請の下書きを作って入力の画面を開きます。";
        Told { button: Some("失効させて、申請に進む"), consequence: consequence.to_owned(), ..way }
    } else {
        ask_an_owner(way)
    }
}

fn lost(owner: bool, contact: &str) -> Told {
    let steps = [
        "すぐに失効させます。盗まれた端末からは、ただちに接続できなくなります。",
        "端末をこれからも使うときは、新しい端末で使う端末の電子証明書を申請します。",
        "患者さんの情報が漏れたおそれがあるときは、院内の規程に沿って対応してください。",
    ];
    let lead = format!("届出から24時間以内に失効させる決まりです。電話でも届け出られます：{contact}");
    let way = told("すぐに失効させる", lead, &steps);
    if owner {
        let consequence = "すぐに失効し、元に戻せません。端末が見つかっても、新しい申請が必要です。";
        Told { button: Some("いますぐ失効させる"), consequence: consequence.to_owned(), ..way }
    } else {
        let consequence = "届出を記録し、代表者とポータルの担当者に、失効させるようメールで知らせます。";
        Told { button: Some("盗難・紛失を届け出る"), consequence: consequence.to_owned(), ..way }
    }
}

fn code_changed(owner: bool) -> Told {
    let steps = [
        "「承継」の手続で、理由、新しいコード、変わる日を申請します。",
        "新しいコードの医療機関等に切り替え、利用申請と届出を送信します。",
        "新しいコードで、端末の電子証明書を申請します。端末1台に1枚必要です。",
        "前のコードの端末の電子証明書は、コードが変わる日から120日間使えます。切り替えが済んだら、失効させます。",
    ];
    let link = Some(Link::new("承継の手続へ", "/procedures/succession"));
    let lead = "端末の電子証明書には医療機関等コードが入っているため、新しいコードの端末の電子証明書が必要です。";
    let way =
        Told { link, ..told("新しいコードで申請し、切り替えてから失効させる", lead, &steps) };
    if owner {
        let consequence = "切り替えが済むまでは押さないでください。すぐに失効し、元に戻せません。";
        Told {
            button: Some("切り替えが済んだので、失効させる"), consequence: consequence.to_owned(), ..way
        }
    } else {
        way
    }
}

fn retire(owner: bool) -> Told {
    let steps = [
        "残っている端末の電子証明書を失効させます（理由：端末を使わなくなった）。",
        "端末から、端末の電子証明書とそのファイルを削除します。",
    ];
    let way = told("使用をやめる", "使わない端末の電子証明書は、悪用されないように失効させます。", &steps);
    if owner {
        let consequence = "すぐに失効し、元に戻せません。有効期限のお知らせも止まります。";
        Told { button: Some("使用をやめる"), consequence: consequence.to_owned(), ..way }
    } else {
        ask_an_owner(way)
    }
}

fn ask_an_owner(way: Told) -> Told {
    let consequence = "失効させられるのは代表者だけです。代表者に、この画面を開くよう伝えてください。";
    Told { consequence: consequence.to_owned(), ..way }
}
