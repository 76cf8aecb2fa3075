//! Every component in every state, written to `target/gallery` to look at.

use std::sync::Arc;

use askama::Template;

use crate::view::form::*;
use crate::view::frame::*;

#[derive(Template)]
#[template(path = "gallery/form.html")]
struct FormPage {
    frame: Frame,
    errors: ErrorSummary,
    sections: Vec<SectionView>,
}

fn frame(title: &str) -> Frame {
    Frame {
        brand: Arc::new(Brand {
            name: "医療機関等 手続き窓口".into(),
            contact_name: "手続き窓口コールセンター".into(),
            contact_phone: "0120-000-000".into(),
            contact_hours: "月〜金 8:00〜18:00、土 8:00〜16:00（祝日を除く）".into(),
            contact_mail: "counter@example.jp".into(),
        }),
        title: title.into(),
        ..Frame::default()
    }
}

#[test]
fn gallery() {
    let page =
        FormPage { frame: frame("利用開始・変更申請"), errors: ErrorSummary::default(), sections: vec![] };
    let html = page.render().unwrap();
    assert!(html.contains("利用開始・変更申請"));
}
