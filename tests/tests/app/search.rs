//! The search: what people look for is found by whoever may read it, alike on both engines, and by nobody else.

use std::sync::Mutex;

use axum::http::StatusCode;
use domain::{
    applications::Kind,
    content::{misses::KEPT, procedures::Tile},
    permissions::Role,
};
use time::Duration;

use crate::{
    browser::Browser,
    inquiries::asked,
    steps::{CERTIFICATE, clinic, file, filed, staff, stored},
    support::{House, on_each_database},
};

pub(crate) fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// The page of a search; `more` is the rest of its address.
pub(crate) async fn page(browser: &Browser, words: &str, more: &str) -> String {
    let answer = browser.get(&format!("/search?q={}{more}", encoded(words))).await;
    assert_eq!(answer.status, StatusCode::OK, "{words}: {}", answer.body);
    answer.body
}

/// Where the hits of a page lead, in order.
fn hits(page: &str) -> Vec<String> {
    let each = page.split("class=\"hit-title\"><a href=\"").skip(1);
    each.filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect()
}

async fn found(browser: &Browser, words: &str) -> Vec<String> {
    hits(&page(browser, words, "").await)
}

async fn reference_of(house: &House, case: &str) -> String {
    stored(house, case).await.reference.unwrap()
}

#[tokio::test]
async fn the_words_that_people_type_find_the_same_on_both_engines_in_the_same_order() {
    let told = Mutex::new(vec![]);
    on_each_database(async |house| {
        services::content::seed_notices(&house.app).await.unwrap();
        let visitor = Browser::visitor(house);
        let mut all = vec![];
        for (words, first) in [
            ("回線種別", "/articles/line-kinds"),
            ("回線　種別", "/articles/line-kinds"),
            ("KB0010147", "/articles/line-kinds"),
            ("ｋｂ００１０１４７", "/articles/line-kinds"),
            ("CAF", "/articles/customer-id"),
            ("ログイン", "/notices/first-login"),
            ("申請状況照会", "/certificates"),
        ] {
            let found = found(&visitor, words).await;
            assert_eq!(found.first().map(String::as_str), Some(first), "{words}: {found:?}");
            all.push(found);
        }
        for (words, among) in [
            ("ｶｲｾﾝ", "/articles/line-kinds"),
            ("かいせん", "/articles/line-kinds"),
            ("かいせん種別", "/articles/line-kinds"),
            ("オン資", "/articles/eligibility-start"),
            ("書留", "/articles/letter-not-arrived"),
            ("つうちしょ", "/articles/letter-lost"),
            ("共通認証局運用規程", "/documents/cp-cps"),
        ] {
            let found = found(&visitor, words).await;
            assert!(found.iter().any(|href| href == among), "{words}: {found:?}");
            all.push(found);
        }
        told.lock().unwrap().push(all);
    })
    .await;
    let told = told.into_inner().unwrap();
    assert!(told.windows(2).all(|pair| pair[0] == pair[1]), "{told:?}");
}

#[tokio::test]
async fn a_page_says_what_was_found_marks_it_and_names_what_was_looked_for_besides() {
    on_each_database(async |house| {
        let visitor = Browser::visitor(house);
        let shown = page(&visitor, "オン資", "").await;
        assert!(shown.contains("「オンライン資格確認」") && shown.contains("でも探しました。"), "{shown}");
        assert!(shown.contains("<mark>オンライン資格確認</mark>"), "{shown}");
        let plain = page(&visitor, "回線種別", "").await;
        assert!(plain.contains("<mark>回線種別</mark>") && plain.contains("解説"), "{plain}");
        let short = page(&visitor, "回", "").await;
        assert!(short.contains("2文字以上の言葉を入力してください。") && hits(&short).is_empty());
        let odd = page(&visitor, "<script>alert(1)</script>\"'\\ & | ! : * ( )", "").await;
        assert!(!odd.contains("<script>alert"), "{odd}");
        assert!(hits(&page(&visitor, &"回線 ".repeat(60), "").await).len() > 1);
        let long =
            ["おんらいんしかくかくにんのしんせい", "つうちしょととりさげ", "かいせんしゅべつ", "たんまつ", "こうしん"];
        assert!(hits(&page(&visitor, &long.join(" "), "").await).is_empty(), "many words with many meanings");
        assert!(hits(&page(&visitor, &"回線種別とは".repeat(40), "").await).is_empty());
    })
    .await;
}

#[tokio::test]
async fn many_hits_are_turned_page_by_page_and_narrowed_to_a_kind() {
    on_each_database(async |house| {
        let visitor = Browser::visitor(house);
        let mut all: Vec<String> = vec![];
        let mut address = format!("/search?q={}", encoded("電子証明書"));
        let total = loop {
            let shown = visitor.get(&address).await.body;
            all.extend(hits(&shown));
            let next = shown.split("\" rel=\"next\"").next().filter(|before| before.len() < shown.len());
            match next.and_then(|before| before.rsplit("href=\"").next()) {
                Some(next) => address = next.replace("&amp;", "&").replace("&#38;", "&"),
                None => break shown.split("件見つかりました").next().unwrap().rsplit('>').next().unwrap().to_owned(),
            }
        };
        assert!(all.len() > 20 && total == all.len().to_string(), "{total}: {all:?}");
        let mut once = all.clone();
        once.sort();
        once.dedup();
        assert_eq!(once.len(), all.len(), "nothing twice");
        let questions = hits(&page(&visitor, "電子証明書", "&kind=faq").await);
        let faq = visitor.get("/faq").await.body;
        assert!(questions.len() > 5 && questions.iter().all(|href| faq.contains(href.as_str())), "{questions:?}");
        // 届出 means the same to the search.
        let says = |words: &str| ["申請", "届出"].iter().any(|word| words.contains(word));
        let named = |tile: &Tile| says(tile.title) || says(tile.text);
        let tiles = domain::content::procedures::tiles().filter(named).count();
        assert_eq!(hits(&page(&visitor, "申請", "&kind=procedure").await).len(), tiles);
        assert_eq!(hits(&page(&visitor, "電子証明書", "&from=999999").await), [""; 0]);
        assert_eq!(hits(&page(&visitor, "電子証明書", "&from=x&kind=y").await), all[..20]);
    })
    .await;
}

#[tokio::test]
async fn a_number_or_a_terminal_finds_ones_own_case_and_nobody_elses() {
    on_each_database(async |house| {
        let (_, owner) = clinic(house, "1330100016").await;
        let (_, stranger) = clinic(house, "2730100019").await;
        let eligibility = filed(house, &owner).await;
        let certificate = file(house, &owner, "certificate", CERTIFICATE).await;
        let number = reference_of(house, &eligibility).await;
        let full: String =
            number.chars().filter(|c| *c != '-').filter_map(|c| char::from_u32(c as u32 + 0xFEE0)).collect();
        for typed in [number.clone(), number.replace('-', ""), number.to_lowercase(), full, number[..6].to_owned()] {
            let own = found(&owner, &typed).await;
            assert_eq!(own.first(), Some(&eligibility), "{typed}: {own:?}");
            for other in [&stranger, &Browser::visitor(house)] {
                let found = found(other, &typed).await;
                assert!(found.iter().all(|href| !href.contains("/applications/")), "{typed}: {found:?}");
            }
        }
        let terminal = found(&owner, "資格確認パソコン").await;
        let id = certificate.rsplit('/').next().unwrap();
        assert_eq!(terminal[..2], [format!("/terminals/{id}"), certificate.clone()]);
        assert_eq!(owner.get(&terminal[0]).await.status, StatusCode::OK);
        let own = hits(&page(&owner, "資格確認パソコン", "&kind=own").await);
        assert_eq!(own, terminal[..2], "narrowed to one's own");
        for other in [&stranger, &Browser::visitor(house)] {
            let shown = page(other, "資格確認パソコン", "&kind=own").await;
            assert!(!shown.contains(id) && !shown.contains(">端末</span>"), "{shown}");
        }
        let thread = asked(house, &owner, "", "どこですか。").await;
        assert_eq!(found(&owner, &thread.reference).await, [format!("/inquiries/{}", thread.id)]);
        assert!(found(&stranger, &thread.reference).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn staff_find_a_case_by_its_number_when_their_role_may_read_it() {
    on_each_database(async |house| {
        let (_, owner) = clinic(house, "1330100016").await;
        let eligibility = filed(house, &owner).await;
        let certificate = file(house, &owner, "certificate", CERTIFICATE).await;
        let thread = asked(house, &owner, "", "どこですか。").await;
        for role in Role::ALL {
            let browser = staff(house, *role).await;
            for case in [&eligibility, &certificate] {
                let stored = stored(house, case).await;
                let reads = match stored.kind {
                    Kind::Certificate => domain::permissions::Permission::ReadCertificates,
                    _ => domain::permissions::Permission::ReadApplications,
                };
                let wanted = domain::permissions::allows(&[*role], reads).then(|| format!("/office{case}"));
                let number = stored.reference.unwrap();
                assert_eq!(found(&browser, &number).await, wanted.into_iter().collect::<Vec<_>>(), "{role} {number}");
                assert!(found(&browser, &number[..9]).await.is_empty(), "{role}: only a whole number");
            }
            let reads = domain::permissions::allows(&[*role], domain::permissions::Permission::ReadInquiries);
            let wanted = reads.then(|| format!("/office/inquiries/{}", thread.id));
            assert_eq!(found(&browser, &thread.reference).await, wanted.into_iter().collect::<Vec<_>>(), "{role}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_not_published_yet_or_was_taken_back_is_not_found() {
    on_each_database(async |house| {
        services::content::seed_notices(&house.app).await.unwrap();
        let visitor = Browser::visitor(house);
        let notices = |found: Vec<String>| found.into_iter().filter(|href| href.starts_with("/notices/")).count();
        assert!(notices(found(&visitor, "ログイン").await) > 0);
        house.clock.leap(Duration::days(-400));
        assert_eq!(notices(found(&visitor, "ログイン").await), 0, "published later");
        house.clock.leap(Duration::days(400));
        let editor = staff(house, Role::Editor).await;
        let (later, path) =
            ((house.app.clock.now() + Duration::days(3)).date().to_string(), "/office/settings/document.guide");
        let fields = [
            ("version", "1.1"),
            ("title", "手引き"),
            ("body", "## 新しい章\n\nくまざさの手引きです。"),
            ("from", later.as_str()),
            ("why", "改定"),
            ("seen", "0"),
        ];
        let set = editor.post(&format!("{path}/change"), &fields).await;
        assert!(set.location.ends_with("?done=set"), "{}", set.body);
        assert!(found(&visitor, "くまざさ").await.is_empty(), "in force in three days");
        house.clock.pass(Duration::days(3));
        assert_eq!(found(&visitor, "くまざさ").await, ["/documents/guide"]);
        house.clock.leap(Duration::days(-2));
        let editor = staff(house, Role::Editor).await;
        let back = editor.post(&format!("{path}/take-back"), &[("version", "1")]).await;
        assert!(back.location.ends_with("?done=back"), "{}", back.body);
        house.clock.leap(Duration::days(5));
        assert!(found(&visitor, "くまざさ").await.is_empty());
        let guide = hits(&page(&visitor, "ご利用案内", "&kind=document").await);
        assert!(guide.contains(&"/documents/guide".to_owned()), "the version before stands again: {guide:?}");
    })
    .await;
}

#[tokio::test]
async fn editors_keep_the_words_that_mean_the_same() {
    on_each_database(async |house| {
        let visitor = Browser::visitor(house);
        assert!(found(&visitor, "ねっとのせん").await.is_empty());
        let today = house.app.clock.now().date().to_string();
        let topic = "/office/settings/list.search_synonyms/change";
        let mut fields = vec![
            ("entry", ""),
            ("label", "回線種別"),
            ("names", "ネットの線\nせ"),
            ("position", "1"),
            ("from", today.as_str()),
            ("why", "検索で多い言葉"),
            ("seen", "0"),
        ];
        let administrator = staff(house, Role::Administrator).await;
        assert_eq!(administrator.post(topic, &fields).await.status, StatusCode::FORBIDDEN);
        let editor = staff(house, Role::Editor).await;
        let slip = editor.post(topic, &fields).await;
        assert!(slip.body.contains("「せ」は、2文字から200文字までの言葉にしてください。"), "{}", slip.body);
        fields[2].1 = "ネットの線";
        let set = editor.post(topic, &fields).await;
        assert!(set.location.ends_with("?done=set"), "{}", set.body);
        assert_eq!(found(&visitor, "ねっとのせん").await, [""; 0], "a reading is a word of its own");
        let found = page(&visitor, "ﾈｯﾄの線", "").await;
        assert_eq!(hits(&found)[0], "/articles/line-kinds");
        assert!(found.contains("「回線種別」でも探しました。"), "{found}");
    })
    .await;
}

#[tokio::test]
async fn words_that_find_nothing_reach_the_editors_without_anything_personal() {
    on_each_database(async |house| {
        let (visitor, editor) = (Browser::visitor(house), staff(house, Role::Editor).await);
        for words in ["くまざさ", "ｸﾏｻﾞｻ", "やまぶき", "くまざさ", "hanako@example.jp", "0312345678", "K7MP-4TRX-9WHC-3"]
        {
            assert!(found(&visitor, words).await.is_empty(), "{words}");
        }
        let list = editor.get("/office/search-words").await.body;
        let place = |word: &str| list.find(&format!(">{word}<"));
        assert!(place("くまざさ").unwrap() < place("やまぶき").unwrap(), "{list}");
        assert!(list.contains("data-label=\"回数\">2回"), "{list}");
        assert!(["hanako", "0312345678", "k7mp"].iter().all(|personal| !list.contains(personal)), "{list}");
        let handled = editor.post("/office/search-words/handled", &[("word", "くまざさ")]).await;
        assert!(handled.location.ends_with("?done=handled"), "{}", handled.location);
        let again = editor.post("/office/search-words/handled", &[("word", "くまざさ")]).await;
        assert!(again.location.ends_with("?done=changed"), "{}", again.location);
        assert!(!editor.get("/office/search-words").await.body.contains(">くまざさ<"));
        found(&visitor, "くまざさ").await;
        assert!(editor.get("/office/search-words").await.body.contains(">くまざさ<"), "looked for once more");
        house.clock.pass(KEPT + Duration::days(1));
        services::content::search::sweep_when_due(&house.app).await.unwrap();
        services::jobs::work_all(&house.app, "test").await.unwrap();
        let open = storage::search::open_misses(&mut house.app.db.read().await.unwrap(), None, 10).await.unwrap();
        assert!(open.is_empty(), "{open:?}");
    })
    .await;
}

#[tokio::test]
async fn the_list_of_words_turns_pages_and_one_network_does_not_fill_it() {
    on_each_database(async |house| {
        let now = house.app.clock.now();
        let mut tx = house.app.db.write().await.unwrap();
        for number in 0..60 {
            for _ in 0..=(number % 3) {
                storage::search::count_miss(&mut tx, &format!("ことば{number:02}"), now).await.unwrap();
            }
        }
        tx.commit().await.unwrap();
        let editor = staff(house, Role::Editor).await;
        let words = |page: &str| page.matches("class=\"cell-link\"").count();
        let first = editor.get("/office/search-words").await.body;
        let next = first.split("\" rel=\"next\"").next().unwrap().rsplit("href=\"").next().unwrap().to_owned();
        let second = editor.get(&next.replace("&amp;", "&")).await.body;
        assert_eq!((words(&first), words(&second)), (50, 10), "{next}");
        let visitor = Browser::visitor(house);
        for number in 0..70 {
            let letter = char::from_u32(0x3041 + number).unwrap();
            found(&visitor, &format!("{letter}くまざさ{letter}")).await;
        }
        let mut conn = house.app.db.read().await.unwrap();
        let open = storage::search::open_misses(&mut conn, None, 500).await.unwrap();
        assert_eq!(open.len(), 60 + 60, "sixty in an hour");
    })
    .await;
}

#[tokio::test]
async fn titles_and_words_are_suggested_while_somebody_types() {
    on_each_database(async |house| {
        let visitor = Browser::visitor(house);
        let suggested = async |typed: &str| {
            let answer = visitor.get(&format!("/search/suggest?q={}", encoded(typed))).await;
            assert_eq!((answer.status, answer.header("cache-control")), (StatusCode::OK, "public, max-age=30"));
            assert!(answer.header("set-cookie").is_empty(), "the same for everyone");
            let list: Vec<serde_json::Value> = serde_json::from_str(&answer.body).unwrap();
            list.iter().map(|one| one["text"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(suggested("かいせ").await[0], "回線");
        let titles = suggested("電子証明書").await;
        assert!(titles.len() <= 8 && titles.iter().any(|title| title.chars().count() > 6), "{titles:?}");
        assert!(suggested("回").await.is_empty() && suggested("").await.is_empty());
        assert!(suggested("くまざさ").await.is_empty());
    })
    .await;
}
