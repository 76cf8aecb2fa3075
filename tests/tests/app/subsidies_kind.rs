//! A scheme that gives hospitals and clinics different things: asked where the register leaves it open, computed and shown by it.

use axum::http::StatusCode;
use domain::permissions::Role;

use crate::{
    browser::Browser,
    steps::{begin, clinic, staff, stored},
    subsidies::{ANSWERS, office, receipt, scheme, send},
    support::{House, on_each_database},
};

/// An institution that bills by 医科, which may be a hospital or a clinic.
const MEDICAL: &str = "0110112489";

/// A scheme with its own terms for each kind, in force at once.
async fn offered(house: &House, key: &str, name: &str) {
    let admin = staff(house, Role::Administrator).await;
    let address = format!("/office/settings/scheme.{key}/change");
    assert_eq!(admin.post("/office/subsidies/schemes", &[("key", key)]).await.location, address);
    let form = admin.get(&address).await.body;
    assert!(form.contains("病院の補助率") && form.contains("訪問看護の上限（円）"), "{form}");
    let mut typed = scheme(house, "0");
    typed.retain(|(key, _)| *key != "name");
    let terms = [
        ("rate_hospital", "1/3"),
        ("ceiling_hospital", "1,000,000"),
        ("rate_clinic", "1/2"),
        ("ceiling_clinic", "150,000"),
    ];
    let own = terms.into_iter().chain([("name", name)]).map(|(key, value)| (key, value.to_owned()));
    typed.extend(own);
    let fields: Vec<(&str, &str)> = typed.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let saved = admin.post(&address, &fields).await;
    assert!(saved.location.ends_with("?done=set"), "{}", saved.body);
}

/// What the form says to the answers with a kind.
async fn answered(browser: &Browser, case: &str, kind: &'static str) -> (StatusCode, String) {
    let typed: Vec<_> = ANSWERS.iter().copied().chain([("institution_kind", kind)]).collect();
    let saved = browser.post(&format!("{case}/edit"), &typed).await;
    match saved.location.as_str() {
        "" => (saved.status, saved.body),
        check => (saved.status, browser.get(check).await.body),
    }
}

#[tokio::test]
async fn a_hospital_says_once_what_it_is_and_gets_what_the_scheme_says_for_hospitals() {
    on_each_database(async |house| {
        offered(house, "reader", "カードリーダー導入の補助").await;
        let (_, browser) = clinic(house, MEDICAL).await;
        let case = begin(&browser, "subsidy").await;
        let form = browser.get(&format!("{case}/edit")).await.body;
        for words in
            ["病院か診療所か", "補助率 1/3、上限 1,000,000円", "補助率 1/2、上限 150,000円", "20床以上なら病院"]
        {
            assert!(form.contains(words), "{words}: {form}");
        }
        assert!(
            form.contains("カードリーダー") && !form.contains("補助される額の見込み"),
            "nothing is guessed: {form}"
        );
        receipt(house, &case).await;
        for kind in ["", "dental"] {
            let (status, said) = answered(&browser, &case, kind).await;
            assert!(
                status == StatusCode::UNPROCESSABLE_ENTITY && said.contains("「病院か診療所か」"),
                "{kind}: {said}"
            );
        }
        // 250,000 of 300,000 yen count, and 123,457.
        let (_, check) = answered(&browser, &case, "clinic").await;
        for words in ["診療所（医科）の補助率 1/2", "診療所（医科）の上限の150,000円を超える", "150,000円"]
        {
            assert!(check.contains(words), "{words}: {check}");
        }
        let (_, check) = answered(&browser, &case, "hospital").await;
        for words in ["病院の補助率 1/3", "83,333円", "41,152円", "124,000円"] {
            assert!(check.contains(words), "{words}: {check}");
        }
        assert_eq!(send(house, &browser, &case).await.location, format!("{case}/done"));
        let kept = stored(house, &case).await.answers;
        assert_eq!((kept.get("institution_kind"), kept.get("grant_yen")), ("hospital", "124000"));
        let reviewer = staff(house, Role::Reviewer).await;
        let page = reviewer.get(&office(&case)).await.body;
        assert!(
            page.contains("病院（申請者の回答）") && page.contains("病院の補助率 1/3") && page.contains("124,000円"),
            "{page}"
        );
        let page = reviewer.get(&case.replace("/app", "/office/app")).await.body;
        assert!(page.contains("病院か診療所か"), "{page}");
        // For the next scheme the answer is there; whoever can only be one thing is not asked.
        offered(house, "line", "回線の補助").await;
        let next = begin(&browser, "subsidy").await;
        assert_eq!(stored(house, &next).await.answers.get("institution_kind"), "hospital");
        let (_, dentist) = clinic(house, "1330100016").await;
        let own = begin(&dentist, "subsidy").await;
        receipt(house, &own).await;
        let (_, check) = answered(&dentist, &own, "hospital").await;
        assert!(check.contains("280,000円") && !check.contains("病院か診療所か"), "{check}");
        assert_eq!(send(house, &dentist, &own).await.location, format!("{own}/done"));
        assert_eq!(stored(house, &own).await.answers.get("institution_kind"), "");
    })
    .await;
}
