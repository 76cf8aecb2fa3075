//! Somebody reads a serial number out, and the office finds the certificate that has it.

use axum::http::StatusCode;
use domain::permissions::Role;

use crate::{
    standing::Terminal,
    steps::staff,
    support::{House, on_each_database},
};

/// How often it was recorded that somebody saw a certificate.
async fn seen(house: &House) -> usize {
    let mut conn = house.app.db.read().await.unwrap();
    let rows = storage::audit::newest(&mut conn, None, 1_000).await.unwrap();
    rows.iter().filter(|row| row.action == "certificate.view").count()
}

#[tokio::test]
async fn the_office_finds_a_certificate_by_its_serial_however_it_is_written() {
    on_each_database(async |house| {
        let terminal = Terminal::of(house, "1330100016", "12345678901").await;
        let (serial, case) = (&terminal.record.serial, terminal.record.application_id.unwrap());
        let officer = staff(house, Role::RaOfficer).await;
        let page = officer.get("/office/certificates").await;
        assert!(page.status == StatusCode::OK && page.body.contains("シリアル番号を入力してください"), "{}", page.body);
        let pairs: Vec<String> =
            serial.as_bytes().chunks(2).map(|two| String::from_utf8_lossy(two).to_uppercase()).collect();
        for typed in [serial.clone(), pairs.join("%3A"), format!("+{}+", pairs.join("+"))] {
            let page = officer.get(&format!("/office/certificates?serial={typed}")).await.body;
            assert!(page.contains(&format!("/office/applications/{case}")), "{typed}: {page}");
            assert!(page.contains("有効") && page.contains(&terminal.record.subject), "{page}");
            assert!(page.contains(&format!("/office/certificates/{}/revoke", terminal.record.id)), "{page}");
        }
        assert_eq!(seen(house).await, 3, "seeing it is recorded");
        for (typed, words) in [("0123abcd", "この番号の電子証明書はありません"), ("xyz", "16進数")] {
            let page = officer.get(&format!("/office/certificates?serial={typed}")).await;
            assert!(page.status == StatusCode::OK && page.body.contains(words), "{typed}: {}", page.body);
        }
        assert_eq!(seen(house).await, 3);
        let auditor = staff(house, Role::Auditor).await;
        let page = auditor.get(&format!("/office/certificates?serial={serial}")).await.body;
        assert!(page.contains(&terminal.record.subject) && !page.contains("/revoke"), "who may only read: {page}");
        terminal.revoke_for(house, "superseded").await;
        let page = officer.get(&format!("/office/certificates?serial={serial}")).await.body;
        assert!(page.contains("失効") && !page.contains("/revoke"), "{page}");
    })
    .await;
}
