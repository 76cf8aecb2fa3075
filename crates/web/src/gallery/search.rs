//! The search: hits of every kind, nothing found, too short; and the words that found nothing, for editors.

use askama::Template;
use domain::content::search::{Only, Piece, pieces};
use domain::typed::search_key;

use super::{member, office, show, visitor};
use crate::view::frame::{Frame, Link};

#[derive(Default, Template)]
#[template(path = "content/search.html")]
struct Search {
    frame: Frame,
    words: String,
    kind: String,
    too_short: bool,
    narrow: Vec<Choice>,
    hits: Vec<Hit>,
    count: String,
    also: String,
    first: Option<String>,
    next: Option<String>,
    nothing: Nothing,
}

struct Choice {
    link: Link,
    current: bool,
}

struct Hit {
    kind: &'static str,
    href: String,
    title: Vec<Piece>,
    excerpt: Vec<Piece>,
}

#[derive(Default)]
struct Nothing {
    text: &'static str,
    link: Link,
}

fn hit(kind: &'static str, title: &str, text: &str, words: &str) -> Hit {
    let key = search_key(words);
    Hit { kind, href: "/articles/1".into(), title: pieces(title, &[&key]), excerpt: pieces(text, &[&key]) }
}

fn page(mut frame: Frame, words: &str) -> Search {
    frame.search = words.into();
    let choice = |label: &str, current| Choice { link: Link::new(label, "/search?q=a"), current };
    let narrow =
        [choice("すべて", true)].into_iter().chain(Only::ALL.iter().map(|only| choice(only.label(), false))).collect();
    Search { frame, words: words.into(), narrow, ..Search::default() }
}

#[test]
fn the_search_with_hits_of_every_kind() {
    let words = "回線種別";
    let long =
        "オンライン資格確認やオンライン請求に使う回線種別です。誤って選ぶと、当日の設置ができず再訪問となります。";
    let hits = vec![
        hit("申請", "受付番号 K7MP-4TRX-9WHC-3", "オンライン資格確認 利用開始・変更申請：審査中", "K7MP"),
        hit("端末", "オンライン資格確認パソコン", "", "資格確認"),
        hit("解説", "電気通信回線種別とは", long, words),
        hit("よくある質問", "電気通信回線種別を間違えて送信しました。", long, words),
        hit("お知らせ", "回線種別の選び方を変えました", long, words),
        hit("規約・手引き", &"長い題名".repeat(20), &"ながいぶん".repeat(12), words),
    ];
    let frame = member("「回線種別」の検索結果");
    let (first, next) = (Some("/search?q=a".to_owned()), Some("/search?q=a&from=40".to_owned()));
    let (count, also) =
        ("500件以上見つかりました。21件目から40件目までを表示しています。".into(), "「電気通信回線種別」".into());
    show("search", &Search { hits, first, next, count, also, kind: "faq".into(), ..page(frame, words) });
}

#[test]
fn the_search_with_nothing_found_and_with_too_little() {
    let link = Link::new("よくある質問を見る", "/faq");
    let nothing = Nothing { text: "短い言葉や、別の言い方でお試しください。", link };
    show("search-nothing", &Search { nothing, ..page(visitor("「くまざさ」の検索結果"), "くまざさ") });
    show("search-short", &Search { too_short: true, ..page(visitor("「回」の検索結果"), "回") });
    show("search-empty", &page(visitor("検索"), ""));
}

#[derive(Template)]
#[template(path = "office/search_words.html")]
struct Words {
    frame: Frame,
    rows: Vec<Line>,
    first: Option<String>,
    next: Option<String>,
}

struct Line {
    word: String,
    count: i64,
    last: String,
    href: String,
}

#[test]
fn words_that_found_nothing() {
    let line = |word: &str, count| Line {
        word: word.into(),
        count,
        last: "2026年11月30日（月）10:12".into(),
        href: "/search?q=a".into(),
    };
    let rows = vec![line("ルーターの設定", 12), line(&"長い言葉".repeat(7), 1)];
    let frame = || office::frame("見つからなかった検索の言葉");
    let next = Some("/office/search-words?after=1".to_owned());
    show("search-words", &Words { frame: frame(), rows, first: None, next });
    show("search-words-empty", &Words { frame: frame(), rows: vec![], first: None, next: None });
}
