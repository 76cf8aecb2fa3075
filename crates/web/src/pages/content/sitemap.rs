//! サイトマップ: every page that can be found without being led there, by what it is about.

use std::collections::BTreeMap;

use askama::Template;
use domain::content::menus;
use services::content;

use crate::{
    site::{Failure, Html, Visit},
    view::frame::{Frame, Link, MenuGroup},
};

#[derive(Template)]
#[template(path = "content/sitemap.html")]
pub(super) struct SiteMap {
    frame: Frame,
    parts: Vec<MenuGroup>,
}

/// The pages of the portal, the menus first.
pub(super) async fn show(visit: Visit) -> Result<Html<SiteMap>, Failure> {
    let reference = visit.site.app.reference();
    let mut parts = visit.menu(menus::TOP);
    for group in visit.menu(menus::SIDE) {
        match parts.iter_mut().find(|part| part.title == group.title) {
            Some(part) => part.links.extend(group.links),
            None => parts.push(group),
        }
    }
    let documents = reference.documents.iter();
    let documents = documents.map(|(slug, one)| Link::new(&one.title, format!("/documents/{slug}"))).collect();
    parts.push(MenuGroup { title: "規約・規程".to_owned(), links: documents });
    parts.extend(questions(&visit).await?);
    parts.push(group("ご自分のページ", &OWN));
    parts.push(group("このサイトについて", &ABOUT));
    visit.keep_open(&mut parts);
    Ok(Html(SiteMap { frame: visit.frame("サイトマップ"), parts }))
}

/// Pages of whoever is logged in.
const OWN: [(&str, &str); 8] = [
    ("ホーム", "/"),
    ("マイリスト", "/mylist"),
    ("まとめて申請する", "/together"),
    ("端末の一覧", "/terminals"),
    ("発行料・更新料の請求", "/fees"),
    ("医療機関等とメンバー", "/account/institutions"),
    ("アカウントの設定", "/account"),
    ("ログイン中の機器", "/account/sessions"),
];

/// Pages about the portal itself.
const ABOUT: [(&str, &str); 7] = [
    ("新規ユーザー登録", "/register"),
    ("ログイン", "/login"),
    ("検索", "/search"),
    ("お問い合わせ", "/inquiries"),
    ("利用規約", "/terms"),
    ("個人情報の取扱い", "/privacy"),
    ("アクセシビリティ方針", "/accessibility"),
];

fn group(title: &str, links: &[(&str, &str)]) -> MenuGroup {
    let links = links.iter().map(|(label, href)| Link::new(*label, *href)).collect();
    MenuGroup { title: title.to_owned(), links }
}

/// Questions by category, and the articles; a page of each.
async fn questions(visit: &Visit) -> Result<Vec<MenuGroup>, Failure> {
    let mut parts: BTreeMap<String, Vec<Link>> = BTreeMap::new();
    let mut rest = false;
    for (kind, prefix) in [("faq", "よくある質問："), ("article", "解説：")] {
        let (articles, more) = content::articles(&visit.ctx(), kind, "").await?;
        rest |= more;
        for article in articles {
            let link = Link::new(&article.title, format!("/articles/{}", article.slug));
            parts.entry(format!("{prefix}{}", article.category)).or_default().push(link);
        }
    }
    if rest {
        parts.insert("よくある質問と解説のすべて".to_owned(), vec![Link::new("一覧を開く", "/faq")]);
    }
    Ok(parts.into_iter().map(|(title, links)| MenuGroup { title, links }).collect())
}
