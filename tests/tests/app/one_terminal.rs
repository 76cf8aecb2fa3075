//! Guards of the certificate application: one certificate for a terminal, a person as addressee, names that tell terminals
//! apart (spec 04.1, manual 2-4).

use time::Duration;

use crate::{
    renewal::{IN_TIME, Installed},
    rules::{check, faults, with},
    steps::{CERTIFICATE, begin, clinic, file, filed},
    support::on_each_database,
};

#[tokio::test]
async fn a_second_certificate_for_a_terminal_is_noticed_however_its_name_is_written() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        filed(house, &browser).await;
        file(house, &browser, "certificate", &with(CERTIFICATE, &[("terminal_name_1", "受付 サーバーPC-1")])).await;
        let case = begin(&browser, "certificate").await;
        for name in ["受付 サーバーPC-1", "受付サーバーＰＣ－１", "うけつけ ｻｰﾊﾞｰpc‐1", "　受付　ｻｰﾊﾞｰ　Pc−1　"]
        {
            let expected: &[&str] = if name.starts_with('う') { &[] } else { &["terminal_name_1"] };
            let typed = with(CERTIFICATE, &[("terminal_name_1", name)]);
            assert_eq!(faults(&browser, &case, &typed).await, expected, "{name}");
            let page = browser.get(&format!("{case}/edit")).await.body;
            assert_eq!(page.contains("name=\"second_reason\""), !expected.is_empty(), "{name}: {page}");
        }
        let reason = [("terminal_name_1", "受付ｻｰﾊﾞｰPC-1"), ("second_reason", "壊れたパソコンを入れ替えたため")];
        let page = check(&browser, &case, &with(CERTIFICATE, &reason)).await;
        assert!(
            page.contains("「受付 サーバーPC-1」の端末の電子証明書は、2026年5月20日（水）に申請済みです"),
            "{page}"
        );
        let two = [
            ("terminal_count", "2"),
            ("terminal_name_1", "診察室のパソコン"),
            ("terminal_name_2", "診察室の　ﾊﾟｿｺﾝ"),
            ("terminal_os_2", "windows_11"),
            ("purpose_2", "both"),
        ];
        assert_eq!(faults(&browser, &case, &with(CERTIFICATE, &two)).await, ["terminal_name_2"]);
        let page = browser.post(&format!("{case}/edit"), &with(CERTIFICATE, &two)).await.body;
        assert!(page.contains("#f-terminal_name_2\">端末 2台目："), "the summary says which terminal: {page}");
    })
    .await;
}

#[tokio::test]
async fn a_certificate_that_is_about_to_end_is_renewed_and_one_that_is_gone_is_applied_for_anew() {
    on_each_database(async |house| {
        let own = Installed::new(house).await;
        let browser = own.at_the_portal(house, false).await;
        let case = begin(&browser, "certificate").await;
        let early = browser.post(&format!("{case}/edit"), CERTIFICATE).await.body;
        assert!(early.contains("に申請済みです") && !early.contains("更新できます"), "{early}");
        house.clock.pass(IN_TIME);
        let browser = own.at_the_portal(house, false).await;
        let late = browser.post(&format!("{case}/edit"), CERTIFICATE).await.body;
        let words = "有効期限は2029年8月20日（月）です。新しく申請しなくても、「端末の一覧」から更新できます。";
        assert!(late.contains(words) && late.contains("id=\"f-terminal_name_1-error\""), "{late}");
        house.clock.pass(Duration::days(58 + 32));
        let browser = own.at_the_portal(house, false).await;
        assert_eq!(faults(&browser, &case, CERTIFICATE).await, [""; 0], "it can be neither used nor renewed any more");
    })
    .await;
}

#[tokio::test]
async fn a_vendor_as_addressee_and_a_name_that_tells_nothing_are_refused() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        filed(house, &browser).await;
        let case = begin(&browser, "certificate").await;
        for contact in
            ["株式会社オプテック 佐藤", "ｵﾌﾟﾃｯｸ　佐藤様", "㈱みなと", "NTTデータ中国 営業", "みなとメディカルシステム"]
        {
            assert_eq!(
                faults(&browser, &case, &with(CERTIFICATE, &[("contact", contact)])).await,
                ["contact"],
                "{contact}"
            );
        }
        for contact in ["事務長 山田 花子", "情報システム課 佐藤", "さくら歯科 受付"] {
            assert_eq!(
                faults(&browser, &case, &with(CERTIFICATE, &[("contact", contact)])).await,
                [""; 0],
                "{contact}"
            );
        }
        for name in ["Windows 11 PC", "端末１", "パソコン2", "notepc", "ﾉｰﾄPC", "うちのパソコン", "①", "なし"]
        {
            let typed = with(CERTIFICATE, &[("terminal_name_1", name)]);
            assert_eq!(faults(&browser, &case, &typed).await, ["terminal_name_1"], "{name}");
        }
    })
    .await;
}
