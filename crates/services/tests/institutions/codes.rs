//! What a typed code means.

use domain::institutions::ScoreTable;
use services::institutions::{CodeAnswer, CodeInput, explain};

use crate::support::{House, on_each_database};
use crate::tools::*;

async fn whole(house: &House, text: &str) -> CodeAnswer {
    explain(&house.app, CodeInput::Whole(text)).await.unwrap()
}

fn unknown(answer: CodeAnswer) -> (bool, String) {
    match answer {
        CodeAnswer::Unknown { valid, message, waiting: None, .. } => (valid, message),
        other => panic!("{other:?}"),
    }
}

/// A file with one 歯科 institution whose check digit only fits 医科, and one 医科 institution.
async fn two_clinics(house: &House) {
    let odd = code(ScoreTable::Medical, 300).with_table(ScoreTable::Dental);
    let plain = code(ScoreTable::Medical, 11_240);
    let file = format!("{odd},秘密歯科,,,,,,,,\n{plain},平凡医院,,,,,,,,\n");
    assert_eq!(import(house, file, medical()).await.summary.created, 2);
}

#[tokio::test]
async fn the_register_wins_over_the_check_digit() {
    on_each_database(async |house| {
        two_clinics(house).await;
        let odd = code(ScoreTable::Medical, 300).with_table(ScoreTable::Dental);
        assert!(!odd.check_digit_holds());
        let parts = CodeInput::Parts { prefecture: "01 : 北海道", score_table: "3 : 歯科", code: odd.local() };
        for input in [parts, CodeInput::Whole(&odd.grouped())] {
            match explain(&house.app, input).await.unwrap() {
                CodeAnswer::Found(found) => assert_eq!(found.name, "秘密歯科"),
                other => panic!("{other:?}"),
            }
        }
    })
    .await;
}

#[tokio::test]
async fn the_likely_slip_is_named_without_the_name_of_the_institution() {
    on_each_database(async |house| {
        two_clinics(house).await;
        let right = code(ScoreTable::Medical, 11_240);
        let other_table = right.with_table(ScoreTable::Pharmacy);
        let (_, message) = unknown(whole(house, other_table.as_str()).await);
        assert!(message.contains("1 : 医科") && message.contains(&right.grouped()), "{message}");
        let mut digits: Vec<char> = right.as_str().chars().collect();
        digits.swap(6, 7);
        let (_, message) = unknown(whole(house, &digits.iter().collect::<String>()).await);
        assert!(message.contains("入れ替える") && message.contains(&right.grouped()), "{message}");
        let wrong_digit = format!("{}{}", &right.as_str()[..9], (right.as_str().as_bytes()[9] - b'0' + 5) % 10);
        let (valid, message) = unknown(whole(house, &wrong_digit).await);
        assert!(!valid && message.contains("7桁目") && message.contains(&right.grouped()), "{message}");
        assert!(!message.contains("平凡医院"));
    })
    .await;
}

#[tokio::test]
async fn a_sound_code_that_is_nowhere_may_wait_and_a_waiting_one_is_no_ones_answer() {
    on_each_database(async |house| {
        two_clinics(house).await;
        let new = code(ScoreTable::HomeNursing, 4_444);
        let (valid, message) = unknown(whole(house, new.as_str()).await);
        assert!(valid && message.contains("確認待ち"), "{message}");
        let place = waiting(house, new.clone()).await;
        match whole(house, new.as_str()).await {
            CodeAnswer::Unknown { waiting, valid: true, .. } => assert_eq!(waiting, Some(place.id)),
            other => panic!("{other:?}"),
        }
        let neighbour = new.with_table(ScoreTable::Dental);
        let (_, message) = unknown(whole(house, neighbour.as_str()).await);
        assert!(!message.contains("台帳にあるコード"), "{message}");
    })
    .await;
}

#[tokio::test]
async fn what_is_no_code_is_said_at_its_field() {
    on_each_database(async |house| {
        let parts = |prefecture, score_table, code| CodeInput::Parts { prefecture, score_table, code };
        let cases = [
            (parts("", "1", "0112489"), "prefecture", "都道府県コード"),
            (parts("01", "2", "0112489"), "score_table", "点数表コード"),
            (parts("01", "1", "O112489"), "code", "英字の「O」"),
            (parts("01", "1", "112489"), "code", "6桁"),
            (CodeInput::Whole("0112489"), "code", "10桁"),
        ];
        for (input, at, words) in cases {
            match explain(&house.app, input).await.unwrap() {
                CodeAnswer::Invalid { field, message } => {
                    assert_eq!(field, at, "{message}");
                    assert!(message.contains(words), "{message}");
                }
                other => panic!("{other:?}"),
            }
        }
    })
    .await;
}
