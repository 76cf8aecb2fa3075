//! Every component in every state as pages in `target/gallery`, to look at and to check.

mod charts;
mod checks;
mod forms;
mod machines;
mod office;
mod pages;
mod search;
mod thread;

use std::path::PathBuf;
use std::sync::Arc;

use askama::Template;

use crate::view::assets;
use crate::view::frame::*;

/// `target/gallery`, found from where the test itself lies.
fn folder() -> PathBuf {
    let exe = std::env::current_exe().unwrap();
    exe.ancestors().nth(3).unwrap().join("gallery")
}

/// Writes a page and checks what every page must keep.
pub(crate) fn show(name: &str, page: &impl Template) {
    let html = page.render().unwrap();
    let file = folder().join(format!("{name}.html"));
    std::fs::create_dir_all(folder()).unwrap();
    std::fs::write(&file, &html).unwrap();
    checks::check(name, &html);
}

fn brand() -> Brand {
    Brand {
        name: "医療機関等 手続き窓口".into(),
        contact_name: "手続き窓口コールセンター".into(),
        contact_phone: "0120-000-000".into(),
        contact_hours: "月〜金 8:00〜18:00、土 8:00〜16:00（祝日を除く）".into(),
        contact_mail: "counter@example.jp".into(),
    }
}

fn menus() -> Arc<[MenuGroup]> {
    let group = |title: &str, labels: &[&str]| MenuGroup {
        title: title.into(),
        links: labels.iter().map(|label| Link::new(*label, "/procedures")).collect(),
    };
    Arc::new([
        group(
            "オンライン資格確認・オンライン請求",
            &["各種申請について", "利用開始・変更申請", "端末の電子証明書の発行申請", "マニュアル・手引き"],
        ),
        group("訪問診療等・オンライン診療等", &["利用開始・変更申請", "解説"]),
        group("医療扶助", &["利用開始・変更申請", "解説"]),
        group("電子処方箋管理サービス", &["利用開始・変更申請", "解説"]),
    ])
}

pub(crate) fn visitor(title: &str) -> Frame {
    Frame { brand: Arc::new(brand()), title: title.into(), menus: menus(), ..Frame::default() }
}

pub(crate) fn member(title: &str) -> Frame {
    let institution =
        |id: &str, name: &str, code: &str| InstitutionView { id: id.into(), name: name.into(), code: code.into() };
    Frame {
        csrf: "token".into(),
        session: Some(SessionView {
            person: "山田 花子".into(),
            login: "hanako@sakura-dental.example.jp".into(),
            institution: Some(institution("1", "医療法人社団さくら会 さくら歯科クリニック", "13 3 0100016")),
            others: vec![
                institution("2", "さくら内科クリニック", "13 1 0100018"),
                institution("3", "もみじ薬局 駅前店", "14 4 0100016"),
            ],
            ..SessionView::default()
        }),
        breadcrumb: vec![Link::new("ホーム", "/"), Link::new("オンライン資格確認", "/procedures")],
        ..visitor(title)
    }
}

#[test]
fn the_static_files_lie_beside_the_gallery() {
    let base = folder().join(assets::base().to_string().trim_start_matches('/'));
    for asset in assets::ASSETS {
        let file = base.join(asset.path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, asset.body).unwrap();
        assert_eq!(assets::find(asset.path).unwrap().body, asset.body);
    }
    assert!(assets::find("../Cargo.toml").is_none());
}

#[test]
fn stylesheets_stay_small_and_load_nothing_from_elsewhere() {
    for asset in assets::ASSETS {
        let text = std::str::from_utf8(asset.body).unwrap();
        assert!(!text.contains("https://") && !text.contains("@import"), "{} loads from elsewhere", asset.path);
        assert!(asset.body.len() < 64 * 1024, "{} has {} bytes", asset.path, asset.body.len());
    }
}
