//! Looking things up in the back office.

use domain::{
    institutions::{InstitutionStatus, Prefecture, ScoreTable},
    permissions::Role,
};
use services::institutions::{Filter, get, search};

use crate::support::{House, on_each_database};
use crate::tools::*;

async fn names(house: &House, filter: Filter) -> Vec<String> {
    let reviewer = person(house, &[Role::Reviewer]);
    let filter = Filter { limit: if filter.limit == 0 { 50 } else { filter.limit }, ..filter };
    search(&reviewer, &filter).await.unwrap().into_iter().map(|institution| institution.name).collect()
}

fn text(words: &str) -> Filter {
    Filter { text: words.to_owned(), ..Filter::default() }
}

async fn three(house: &House) {
    let rows = [
        (code(ScoreTable::Medical, 1), "青葉クリニック", "アオバクリニック", "北海道札幌市中央区1", "現存"),
        (code(ScoreTable::Dental, 2), "ABC 100%歯科", "エービーシー", "北海道函館市2", "廃止"),
        ("1340100016".parse().unwrap(), "若葉薬局", "ワカバヤッキョク", "東京都千代田区3", "現存"),
    ];
    let file: String = rows
        .map(|(code, name, kana, address, status)| format!("{code},{name},{kana},,{address},,,{status},,\n"))
        .concat();
    assert_eq!(import(house, file, medical()).await.summary.created, 3);
}

#[tokio::test]
async fn names_readings_and_addresses_are_found_however_they_are_typed() {
    on_each_database(async |house| {
        three(house).await;
        for words in ["青葉", "あおば", "ｱｵﾊﾞ", " アオバ クリニック ", "札幌市中央"] {
            assert_eq!(names(house, text(words)).await, ["青葉クリニック"], "{words}");
        }
        assert_eq!(names(house, text("ａｂｃ")).await, ["ABC 100%歯科"]);
        assert_eq!(names(house, text("0%")).await, ["ABC 100%歯科"]);
        assert!(names(house, text("0_歯")).await.is_empty());
        assert!(names(house, text("' OR 1=1 --")).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn codes_are_found_with_and_without_their_first_digits() {
    on_each_database(async |house| {
        three(house).await;
        for words in ["0100016", "130100016", "13-4-0100016", "１３４０１０００１６"] {
            assert_eq!(names(house, text(words)).await, ["若葉薬局"], "{words}");
        }
        let all = search(&person(house, &[Role::Auditor]), &Filter { limit: 9, ..Filter::default() }).await.unwrap();
        let one = get(&person(house, &[Role::Auditor]), all[0].id).await.unwrap();
        assert_eq!(one, all[0]);
    })
    .await;
}

#[tokio::test]
async fn filters_narrow_and_pages_follow_each_other() {
    on_each_database(async |house| {
        three(house).await;
        let place = waiting(house, code(ScoreTable::Medical, 77)).await;
        let hokkaido = Filter { prefecture: Prefecture::from_number(1), ..Filter::default() };
        assert_eq!(names(house, hokkaido.clone()).await.len(), 3);
        let dental = Filter { score_table: Some(ScoreTable::Dental), ..hokkaido.clone() };
        assert_eq!(names(house, dental).await, ["ABC 100%歯科"]);
        let closed = Filter { status: Some(InstitutionStatus::Closed), ..Filter::default() };
        assert_eq!(names(house, closed).await, ["ABC 100%歯科"]);
        assert_eq!(names(house, Filter { waiting: true, ..Filter::default() }).await, [place.name]);
        let first = names(house, Filter { limit: 2, ..hokkaido.clone() }).await;
        let after = Some(place.code.as_str().to_owned());
        let second = names(house, Filter { limit: 2, after, ..hokkaido }).await;
        assert_eq!([first, second].concat(), ["青葉クリニック", "（確認待ち）", "ABC 100%歯科"]);
    })
    .await;
}
