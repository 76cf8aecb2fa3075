//! Stories of files that operators bring.

use super::*;
use crate::institutions::{
    CodeError, InstitutionStatus, LayoutError, Prefecture, Rejection, RejectionReason, RowWarning, ScoreTable,
};
use time::macros::date;

type Rows<'a> = Vec<Vec<&'a str>>;

fn rows(text: &str) -> Rows<'_> {
    text.lines().map(|line| line.split(',').collect()).collect()
}

fn defaults(table: ScoreTable) -> ImportDefaults {
    ImportDefaults { score_table: Some(table), prefecture: None }
}

fn read_all(text: &str, defaults: &ImportDefaults) -> Vec<Result<Reading, Rejection>> {
    let rows = rows(text);
    let layout = Layout::detect(&rows).unwrap();
    layout.ready(defaults).unwrap();
    rows.iter().skip(usize::from(layout.has_header())).map(|row| layout.read(row, defaults)).collect()
}

fn codes(text: &str, defaults: &ImportDefaults) -> Vec<String> {
    read_all(text, defaults).into_iter().map(|row| row.unwrap().row.code.to_string()).collect()
}

const NINE: &str = "010112489,0112489,医療法人　青葉会　青葉内科,0600001,北海道札幌市中央区北一条西1-1\n\
                    130100016,0100016,あおば医院,100-0001,東京都千代田区千代田1-1";

#[test]
fn the_published_list_is_read_with_or_without_a_header() {
    let medical = defaults(ScoreTable::Medical);
    let expected = ["0110112489", "1310100016"];
    assert_eq!(codes(NINE, &medical), expected);
    for header in [
        "医療機関コード（9桁）,医療機関コード（7桁）,医療機関名称,郵便番号,所在地",
        "\u{feff}都道府県＋医療機関コード,医療機関コード,名称,郵便番号,住所",
        "code9,code7,name,postal_code,address",
    ] {
        assert_eq!(codes(&format!("{header}\n{NINE}"), &medical), expected, "{header}");
    }
}

#[test]
fn a_row_of_the_published_list_is_brought_into_its_stored_form() {
    let reading = read_all(NINE, &defaults(ScoreTable::Medical)).remove(0).unwrap();
    assert_eq!(reading.warning, None);
    assert_eq!(reading.row.name, "医療法人　青葉会　青葉内科");
    assert_eq!(reading.row.postal_code, "060-0001");
    assert_eq!(reading.row.address, "北海道札幌市中央区北一条西1-1");
    assert_eq!(reading.row.details, None, "the list is silent on the rest, so the register keeps what it has");
}

#[test]
fn a_list_of_seven_digits_takes_the_prefecture_from_wherever_it_stands() {
    let dental = defaults(ScoreTable::Dental);
    let expected = ["2730100019"];
    assert_eq!(codes("0100019,みなと歯科,530-0001,大阪府大阪市北区梅田1-1", &dental), expected);
    assert_eq!(codes("27,0100019,みなと歯科,530-0001,大阪市北区梅田1-1", &dental), expected);
    assert_eq!(codes("大阪府,0100019,みなと歯科,530-0001,大阪市北区梅田1-1", &dental), expected);
    let header =
        "都道府県,点数表,医療機関コード,名称,郵便番号,所在地\n大阪府,歯科,0100019,みなと歯科,530-0001,大阪市北区";
    assert_eq!(codes(header, &ImportDefaults::default()), expected);
    let osaka = ImportDefaults { prefecture: Prefecture::from_code("27"), ..dental };
    assert_eq!(codes("0100019,みなと歯科,530-0001,大阪市北区梅田1-1", &osaka), expected);
    let unknown = read_all("0100019,みなと歯科,530-0001,大阪市北区梅田1-1", &dental).remove(0);
    assert_eq!(unknown.unwrap_err(), Rejection { column: "都道府県", reason: RejectionReason::NoPrefecture });
}

const FULL: &str = "2760100012,訪問看護ステーションひだまり,ホウモンカンゴステーションヒダマリ,530-0001,大阪府大阪市北区梅田1-1,\
                    ０６（１２３４）５６７８,株式会社ひだまり,休止,2020/4/1,20301231";

#[test]
fn the_full_layout_brings_every_detail() {
    let header = "code,name,name_kana,postal_code,address,phone,founder,status,valid_from,valid_to";
    let japanese = "医療機関等コード,名称,名称カナ,郵便番号,所在地,電話番号,開設者,状態,有効開始日,有効終了日";
    for text in [FULL.to_owned(), format!("{header}\n{FULL}"), format!("{japanese}\n{FULL}")] {
        let reading = read_all(&text, &ImportDefaults::default()).remove(0).unwrap();
        assert_eq!(reading.row.code.as_str(), "2760100012");
        let details = reading.row.details.unwrap();
        assert_eq!(details.phone, "06-1234-5678");
        assert_eq!(details.founder, "株式会社ひだまり");
        assert_eq!(details.name_kana, "ホウモンカンゴステーションヒダマリ");
        assert_eq!(details.status, InstitutionStatus::Suspended);
        assert_eq!((details.valid_from, details.valid_to), (Some(date!(2020 - 04 - 01)), Some(date!(2030 - 12 - 31))));
    }
}

#[test]
fn a_check_digit_of_another_table_is_accepted_with_a_warning() {
    let reading =
        read_all("270100019,0100019,みなと歯科,,大阪府大阪市", &defaults(ScoreTable::Medical)).remove(0).unwrap();
    let warning = RowWarning::FitsAnotherTable { given: ScoreTable::Medical, fits: ScoreTable::Dental };
    assert_eq!(reading.warning, Some(warning));
    assert_eq!(reading.row.code.as_str(), "2710100019");
    assert!(warning.to_string().contains("3 : 歯科"));
}

#[test]
fn a_bad_row_names_its_column_and_reason_and_the_others_are_kept() {
    let text = format!(
        "{NINE}\n13010016,0100016,先頭の0が落ちた医院,,東京都\n480100016,0100016,県のない医院,,東京都\n\
         130100016,0100017,コードの違う医院,,東京都\n130100017,0100017,検査数字の違う医院,,東京都\n\
         130100016,0100016,,100-0001,東京都\n130100016\n,,,,\n130100016,0100016,制\u{0}御,,東京都"
    );
    let read = read_all(&text, &defaults(ScoreTable::Medical));
    assert_eq!(read.iter().filter(|row| row.is_ok()).count(), 2);
    let rejected: Vec<_> = read.into_iter().filter_map(Result::err).collect();
    let columns: Vec<_> = rejected.iter().map(|rejection| rejection.column).collect();
    assert_eq!(columns, ["9桁コード", "9桁コード", "7桁コード", "9桁コード", "名称", "7桁コード", "9桁コード", "名称"]);
    assert!(rejected[0].to_string().contains("先頭の0"), "{}", rejected[0]);
    assert_eq!(rejected[1].reason, RejectionReason::Code(CodeError::UnknownPrefecture { found: "48".into() }));
    assert!(matches!(rejected[2].reason, RejectionReason::CodesDiffer { .. }));
    assert!(matches!(rejected[3].reason, RejectionReason::CheckDigit { .. }));
    assert_eq!(rejected[4].reason, RejectionReason::Empty);
    assert_eq!(rejected[5].reason, RejectionReason::Absent);
    assert_eq!(rejected[6].reason, RejectionReason::Empty);
    assert!(matches!(rejected[7].reason, RejectionReason::Text(_)));
}

#[test]
fn bad_details_are_named() {
    let bad = |from: &str, to: &str| {
        let text = FULL.replace(from, to);
        read_all(&text, &ImportDefaults::default()).remove(0).unwrap_err().to_string()
    };
    assert_eq!(
        bad("2020/4/1", "令和2年"),
        "有効開始日：「令和2年」は日付として読めません。「2026-05-20」の形にしてください。"
    );
    assert!(bad("20301231", "20301301").starts_with("有効終了日："));
    assert!(bad("休止", "移転").starts_with("状態："));
}

#[test]
fn a_broken_first_row_hides_neither_the_layout_nor_itself() {
    let text = format!("壊れた行,あ,い\n{NINE}");
    let read = read_all(&text, &defaults(ScoreTable::Medical));
    assert_eq!(read.len(), 3, "the broken row is reported, not taken for a header");
    assert!(read[0].is_err() && read[1].is_ok() && read[2].is_ok());
}

#[test]
fn a_file_that_is_no_register_is_refused_whole() {
    let detect = |text: &str| Layout::detect(&rows(text));
    assert_eq!(Layout::detect::<Vec<&str>, &str>(&[]), Err(LayoutError::NoRows));
    assert_eq!(detect("code,name,address"), Err(LayoutError::NoRows));
    assert_eq!(detect("a,b,c\nd,e,f"), Err(LayoutError::Unknown));
    assert_eq!(detect("コード,住所\n130100016,東京都"), Err(LayoutError::MissingColumn { column: "名称" }));
    assert_eq!(detect("名称,住所\nあおば医院,東京都"), Err(LayoutError::MissingColumn { column: "医療機関等コード" }));
    let layout = detect(NINE).unwrap();
    assert_eq!(layout.kind(), RegisterLayout::NineDigits);
    let missing = layout.ready(&ImportDefaults::default()).unwrap_err();
    assert!(missing.to_string().contains("点数表"), "{missing}");
}

#[test]
fn extra_columns_and_another_order_do_no_harm() {
    let text = "番号,名称,所在地,コード,病床数\n1,あおば医院,東京都千代田区,130100016,19\n2,さくら内科,北海道札幌市,010112489,0";
    assert_eq!(codes(text, &defaults(ScoreTable::Medical)), ["1310100016", "0110112489"]);
}
