//! The line finder: what stands on the papers fills in the option, and speaks against another one (spec 03, 05).

use domain::{applications::line_finder, permissions::Role};

use crate::{
    browser::Browser,
    correcting::{returned, send},
    rules::{borrowed, check, faults, with},
    steps::{ELIGIBILITY, accepted, begin, claims, clinic, file, filed, staff, stored},
    support::{House, on_each_database},
};

const ONE: &str = "1 : IP-VPN回線事業者（NTTなど。ただし、CTC・Qtnetを除く）";
const AGAIN: &str = "当日の設置ができず再訪問となり、変更の反映に1週間ほどかかります";

/// What the reviewer of a case reads.
async fn office(house: &House, case: &str) -> String {
    let reviewer = staff(house, Role::Reviewer).await;
    reviewer.get(&case.replace("/applications/", "/office/applications/")).await.body
}

#[tokio::test]
async fn who_types_what_is_printed_reads_the_option_of_both_forms() {
    on_each_database(async |house| {
        let visitor = Browser::visitor(house);
        let page = async |query: &str| {
            let encoded: String = query.bytes().map(|byte| format!("%{byte:02X}")).collect();
            visitor.get(&format!("/line-finder?q={encoded}")).await.body
        };
        for printed in ["ｺﾐｭﾌｧ光", "ＣＴＣ", "ビビック"] {
            let told = page(printed).await;
            assert!(told.contains("2 : IP-VPN回線事業者（CTC・Qtnet）"), "{printed}: {told}");
            assert!(told.contains("1:IP-VPN接続【IPv4】"), "{printed}: {told}");
        }
        for printed in ["ドコモ光", "ﾌﾚｯﾂ 光", "so-net光", "東日本電信電話株式会社"] {
            let told = page(printed).await;
            assert!(told.contains(ONE) && told.contains("2:IP-VPN接続【IPv6】"), "{printed}: {told}");
            assert!(!told.contains("選び方の違う回線"), "{printed}: all that was found says the same");
        }
        let isdn = page("INSネット64").await;
        assert!(isdn.contains("この手続では使えません") && isdn.contains("4:ISDN接続"), "{isdn}");
        assert!(page("NURO光").await.contains("システムベンダに確かめてから"));
        assert!(page("ドコモ光とコミュファ光").await.contains("選び方の違う回線が見つかりました"));
        let nothing = page("<script>alert(1)</script>").await;
        assert!(nothing.contains("見つかりませんでした") && !nothing.contains("<script>alert"), "{nothing}");
        let unknown = visitor.get("/line-finder?papers=unknown").await.body;
        assert!(unknown.contains("書類だけでは決まりません"), "{unknown}");
        assert!(visitor.get("/articles/line-kinds").await.body.contains("href=\"/line-finder\""));
        let (_, browser) = clinic(house, "1330100016").await;
        for kind in ["eligibility", "claims"] {
            let form = browser.get(&format!("{}/edit", begin(&browser, kind).await)).await.body;
            assert_eq!(form.matches("href=\"/line-finder\"").count(), 2, "at the papers and at the option");
        }
    })
    .await;
}

#[tokio::test]
async fn a_table_with_an_option_that_no_form_offers_is_refused_by_name_and_the_old_one_stays() {
    on_each_database(async |house| {
        let before = house.app.reference().lists;
        let mut table = before.entries(line_finder::LIST).to_vec();
        table[0].line_kind = "ip_vnp".to_owned();
        let mut tx = house.app.db.write().await.unwrap();
        storage::content::set_list(&mut tx, line_finder::LIST, &table, house.app.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
        let told = house.app.refresh().await.unwrap_err().to_string();
        for words in ["line_finder", "ntt_east", "ip_vnp", "line_kinds"] {
            assert!(told.contains(words), "{told}");
        }
        assert_eq!(house.app.reference().lists, before);
    })
    .await;
}

#[tokio::test]
async fn the_papers_fill_in_what_was_left_empty() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let case = begin(&browser, "eligibility").await;
        for (papers, expected) in [("ntt_east", "ip_vpn"), ("collaboration", "ip_vpn"), ("ctc", "ip_vpn_ctc_qtnet")] {
            let told = faults(&browser, &case, &with(ELIGIBILITY, &[("papers", papers), ("line_kind", "")])).await;
            assert_eq!(told, [""; 0], "{papers}");
            assert_eq!(stored(house, &case).await.answers.get("line_kind"), expected, "{papers}");
        }
        let alone = [("papers", "ntt_west"), ("line_kind", "")];
        let page = browser.post(&format!("{case}/edit"), &alone).await.body;
        assert!(page.contains("id=\"f-customer_id_kind-error\""), "what the line needs is asked for: {page}");
        let case = begin(&browser, "claims").await;
        let answers = claims(house, "start");
        for (papers, further, expected) in [
            ("qtnet", ("note", ""), "ip_vpn_ipv4"),
            ("collaboration", ("note", ""), "ip_vpn_ipv6"),
            ("isdn", ("isdn_number", "0312345678"), "isdn"),
        ] {
            let typed = with(&borrowed(&answers), &[("papers", papers), ("connection", ""), further]);
            assert_eq!(faults(&browser, &case, &typed).await, [""; 0], "{papers}");
            assert_eq!(stored(house, &case).await.answers.get("connection"), expected, "{papers}");
        }
    })
    .await;
}

#[tokio::test]
async fn papers_that_settle_nothing_send_to_the_vendor() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let case = begin(&browser, "eligibility").await;
        for papers in ["none", "unknown", "isdn"] {
            let typed = with(ELIGIBILITY, &[("papers", papers), ("line_kind", "")]);
            let page = browser.post(&format!("{case}/edit"), &typed).await.body;
            assert!(page.contains("だけでは、「電気通信回線種別」が決まりません"), "{papers}: {page}");
        }
        let ipsec = [("papers", "none"), ("line_kind", "ipsec_ike"), ("ipsec_provider", "tsubasa")];
        let page = check(&browser, &case, &with(ELIGIBILITY, &ipsec)).await;
        assert!(page.contains("必ずシステムベンダにご確認ください"), "a remark and no obstacle: {page}");
    })
    .await;
}

#[tokio::test]
async fn a_flets_line_declared_as_another_is_caught_and_sent_only_with_a_reason_that_the_reviewer_reads() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let case = begin(&browser, "eligibility").await;
        let wrong = [("papers", "ntt_east"), ("line_kind", "ip_vpn_ctc_qtnet")];
        let typed = with(ELIGIBILITY, &wrong);
        let page = browser.post(&format!("{case}/edit"), &typed).await.body;
        assert!(page.contains("id=\"f-line_kind-error\"") && page.contains(AGAIN), "{page}");
        assert!(page.contains("お手元の書類の「NTT東日本") && page.contains("name=\"line_reason\""), "{page}");
        assert_eq!(faults(&browser, &case, &with(&typed, &[("line_reason", " 　")])).await, ["line_kind"]);
        assert_eq!(faults(&browser, &case, &with(&typed, &[("line_kind", "ip_vpn")])).await, [""; 0]);
        assert!(!stored(house, &case).await.answers.has("line_reason"), "nothing asks for a reason any more");
        let reason = ("line_reason", "5月末にコミュファ光へ乗り換えます。");
        let told = check(&browser, &case, &with(&typed, &[reason])).await;
        assert!(told.contains(AGAIN) && told.contains(reason.1), "{told}");
        assert_eq!(send(house, &browser, &case).await, format!("{case}/done"));
        let office = office(house, &case).await;
        assert!(office.contains("お手元の書類の「NTT東日本") && office.contains(reason.1), "{office}");
    })
    .await;
}

#[tokio::test]
async fn an_ntt_line_declared_as_ipsec_is_caught() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let case = begin(&browser, "eligibility").await;
        for papers in ["ntt_east", "ntt_west", "collaboration"] {
            let ipsec = [("papers", papers), ("line_kind", "ipsec_ike"), ("ipsec_provider", "tsubasa")];
            assert_eq!(faults(&browser, &case, &with(ELIGIBILITY, &ipsec)).await, ["line_kind"], "{papers}");
        }
        let case = begin(&browser, "claims").await;
        let answers = claims(house, "start");
        let ipsec = [("papers", "ntt_west"), ("connection", "ipsec_ike"), ("ipsec_provider", "tsubasa")];
        assert_eq!(faults(&browser, &case, &with(&borrowed(&answers), &ipsec)).await, ["connection"]);
    })
    .await;
}

#[tokio::test]
async fn ipv4_and_ipv6_are_not_confused_whether_the_papers_or_the_other_application_tell() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let case = begin(&browser, "claims").await;
        let answers = claims(house, "start");
        let answers = borrowed(&answers);
        for (papers, connection) in [
            ("ntt_east", "ip_vpn_ipv4"),
            ("collaboration", "ip_vpn_ipv4"),
            ("ctc", "ip_vpn_ipv6"),
            ("qtnet", "ip_vpn_ipv6"),
        ] {
            let typed = with(&answers, &[("papers", papers), ("connection", connection)]);
            assert_eq!(faults(&browser, &case, &typed).await, ["connection"], "{papers} {connection}");
        }
        assert_eq!(faults(&browser, &case, &with(&answers, &[("connection", "ip_vpn_ipv4")])).await, [""; 0]);
        filed(house, &browser).await;
        let same = [("customer_id_kind", "same")];
        for (connection, expected) in [("ip_vpn_ipv6", None), ("ip_vpn_ipv4", Some("connection"))] {
            let typed = with(&with(&answers, &same), &[("connection", connection)]);
            assert_eq!(faults(&browser, &case, &typed).await, expected.into_iter().collect::<Vec<_>>(), "{connection}");
        }
        let ipv4 = with(&with(&answers, &same), &[("connection", "ip_vpn_ipv4")]);
        let page = browser.post(&format!("{case}/edit"), &ipv4).await.body;
        assert!(page.contains("オンライン資格確認の利用申請の「1 : IP-VPN回線事業者"), "{page}");
        let isdn = [("connection", "isdn"), ("isdn_number", "0312345678")];
        assert_eq!(faults(&browser, &case, &with(&answers, &isdn)).await, [""; 0], "another line, for claims alone");
    })
    .await;
}

#[tokio::test]
async fn what_stood_on_the_papers_is_not_asked_again_in_the_other_form() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        file(house, &browser, "eligibility", &with(ELIGIBILITY, &[("papers", "collaboration")])).await;
        let case = begin(&browser, "claims").await;
        let known = stored(house, &case).await.answers;
        assert_eq!((known.get("papers"), known.get("connection")), ("collaboration", "ip_vpn_ipv6"));
        let (_, other) = clinic(house, "2710200018").await;
        let answers = claims(house, "start");
        file(house, &other, "claims", &with(&borrowed(&answers), &[("papers", "ntt_west")])).await;
        let case = begin(&other, "eligibility").await;
        assert_eq!(stored(house, &case).await.answers.get("line_kind"), "ip_vpn");
    })
    .await;
}

#[tokio::test]
async fn who_is_asked_to_correct_the_line_may_correct_the_papers_or_give_a_reason_too() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let case = file(house, &browser, "eligibility", &with(ELIGIBILITY, &[("papers", "ntt_east")])).await;
        returned(house, &case, "line_kind").await;
        let open = browser.get(&format!("{case}/edit")).await.body;
        assert!(open.contains("name=\"papers\"") && !open.contains("name=\"start_month\""), "{open}");
        let wrong = [("papers", "ntt_east"), ("line_kind", "ip_vpn_ctc_qtnet")];
        let wrong = browser.post(&format!("{case}/edit"), &wrong).await.body;
        assert!(wrong.contains("name=\"line_reason\""), "{wrong}");
        let right =
            browser.post(&format!("{case}/edit"), &[("papers", "ctc"), ("line_kind", "ip_vpn_ctc_qtnet")]).await;
        assert_eq!(right.location, format!("{case}/check"), "{}", right.body);
        assert_eq!(send(house, &browser, &case).await, format!("{case}/done"));
        accepted(house, &case).await;
        let change = begin(&browser, "eligibility").await;
        assert_eq!(stored(house, &change).await.answers.get("papers"), "ctc", "a change begins with it");
    })
    .await;
}
