//! Files as they come: encodings, headers, layouts, and everything that can be wrong with them.

use domain::institutions::{LayoutError, RegisterLayout, ScoreTable};
use encoding_rs::SHIFT_JIS;
use services::institutions::import::{Encoding, FileFault, Options};

use crate::support::on_each_database;
use crate::tools::*;

fn locals(count: u32) -> Vec<String> {
    (0..count).map(|number| code(ScoreTable::Medical, number).local().to_owned()).collect()
}

#[tokio::test]
async fn each_encoding_header_and_layout_leads_to_the_same_register() {
    on_each_database(async |house| {
        let rows = |line: &dyn Fn(&str) -> String| locals(3).iter().map(|local| line(local)).collect::<String>();
        let nine = rows(&|local| format!("01{local},{local},髙橋医院①,0600001,北海道札幌市中央区\r\n"));
        let files: [Vec<u8>; 6] = [
            nine.clone().into_bytes(),
            [b"\xEF\xBB\xBF", nine.as_bytes()].concat(),
            SHIFT_JIS.encode(&nine).0.into_owned(),
            format!("医療機関番号,医療機関コード,名称,郵便番号,所在地\n{}", nine.replace("\r\n", "\n")).into_bytes(),
            rows(&|local| format!("{local},\"髙橋医院①\",060-0001,\"北海道札幌市中央区\"\r")).into_bytes(),
            rows(&|local| format!("011{local},髙橋医院①,,０６０－０００１,北海道札幌市中央区,,,現存,,\n")).into_bytes(),
        ];
        for (number, file) in files.into_iter().enumerate() {
            let imported = import(house, file, medical()).await;
            let expected =
                figures(3, |figures| *(if number == 0 { &mut figures.created } else { &mut figures.unchanged }) = 3);
            assert_eq!(imported.summary, expected, "file {number}: {}", imported.report);
        }
        let one = of_code(house, code(ScoreTable::Medical, 0).as_str()).await.unwrap();
        assert_eq!((one.name.as_str(), one.postal_code.as_str()), ("髙橋医院①", "060-0001"));
    })
    .await;
}

#[tokio::test]
async fn every_broken_row_is_named_with_its_line_and_every_good_row_is_kept() {
    on_each_database(async |house| {
        let good = published(0..40);
        let mut lines: Vec<Vec<u8>> = good.lines().map(|line| line.as_bytes().to_vec()).collect();
        let local = code(ScoreTable::Medical, 99).local().to_owned();
        let broken: [(usize, Vec<u8>, &str); 7] = [
            (3, format!("01{local},{local},\"閉じない,0600001,札幌市").into_bytes(), "引用符"),
            (6, format!("01{local},{local},途中で切れた").into_bytes(), "列の数"),
            (9, format!("01{local},{local},カンマ,入り,0600001,札幌市").into_bytes(), "列の数"),
            (12, format!("01{local},{local},\0,0600001,札幌市").into_bytes(), "名称"),
            (15, [format!("01{local},{local},").as_bytes(), b"\x8E\x95\x89\xC8,0600001,x"].concat(), "文字化け"),
            (18, format!("01{local},{local},{},0600001,札幌市", "長".repeat(9_000)).into_bytes(), "長すぎ"),
            (21, format!("{local},01{local},名前,0600001,札幌市").into_bytes(), "桁"),
        ];
        for (place, line, _) in &broken {
            lines.insert(place - 1, line.clone());
        }
        let imported = import(house, lines.join(&b"\n"[..]), medical()).await;
        let expected = figures(47, |figures| {
            figures.created = 40;
            figures.rejected = 7;
        });
        assert_eq!(imported.summary, expected, "{}", imported.report);
        let report: Vec<_> = imported.report.lines().skip(1).collect();
        for ((place, _, words), line) in broken.iter().zip(report) {
            assert!(line.starts_with(&format!("{place},取り込めない行,")) && line.contains(words), "{words}: {line}");
        }
    })
    .await;
}

#[tokio::test]
async fn hostile_names_are_kept_as_they_are_and_run_nowhere() {
    on_each_database(async |house| {
        let local = code(ScoreTable::Medical, 1).local().to_owned();
        let file =
            format!("01{local},{local},\"<script>alert(\"\"1\"\")</script>'; DROP TABLE institutions;--😀\",,=1+1\n");
        import(house, format!("{file}{file}"), medical()).await;
        let kept = of_code(house, &format!("011{local}")).await.unwrap();
        assert_eq!(kept.name, "<script>alert(\"1\")</script>'; DROP TABLE institutions;--😀");
        assert_eq!(kept.address, "=1+1");
    })
    .await;
}

#[tokio::test]
async fn a_name_with_characters_of_the_senders_own_is_not_lost() {
    on_each_database(async |house| {
        let local = code(ScoreTable::Medical, 1).local().to_owned();
        let file = format!("01{local},{local},医療法人社団\u{E0DD}翔会,0600001,札幌市\u{F8FF}\u{10FFFD}町\n");
        let imported = import(house, &file, medical()).await;
        assert_eq!(imported.summary, figures(1, |figures| figures.created = 1));
        let kept = of_code(house, &format!("011{local}")).await.unwrap();
        assert_eq!((kept.name.as_str(), kept.address.as_str()), ("医療法人社団〓翔会", "札幌市〓〓町"));
        assert!(imported.report.contains("\r\n1,外字") && imported.report.contains("3文字"), "{}", imported.report);
        let again = import(house, &file, medical()).await;
        assert_eq!(again.summary, figures(1, |figures| figures.unchanged = 1));
    })
    .await;
}

#[tokio::test]
async fn a_file_that_is_no_register_is_refused_as_a_whole_and_nothing_changes() {
    on_each_database(async |house| {
        let (nine, told) = (published(0..30), medical);
        let untold = Options::default;
        let dental = || Options { score_table: Some(ScoreTable::Dental), ..told() };
        let expects = |layout| Options { layout: Some(layout), ..told() };
        let layout = FileFault::Layout;
        let needed = LayoutError::ScoreTableNeeded { layout: RegisterLayout::NineDigits };
        let wrong_table = FileFault::OtherTable { given: ScoreTable::Dental, fits: ScoreTable::Medical };
        let (wanted, found) = (RegisterLayout::Full, RegisterLayout::NineDigits);
        let header = "9桁コード,名称,郵便番号,所在地\n";
        let cases: [(Vec<u8>, Options, FileFault); 8] = [
            (vec![], told(), layout(LayoutError::NoRows)),
            (b"\n \n,,\n".to_vec(), told(), layout(LayoutError::NoRows)),
            (b"hello world\nthis is a letter\n".to_vec(), told(), layout(LayoutError::Unknown)),
            (nine.clone().into_bytes(), untold(), layout(needed)),
            (nine.clone().into_bytes(), dental(), wrong_table),
            (nine.clone().into_bytes(), expects(wanted), FileFault::OtherLayout { wanted, found }),
            (b"PK\x03\x04....".to_vec(), told(), FileFault::Workbook),
            (b"\xFF\xFE0\0".to_vec(), told(), FileFault::Utf16),
        ];
        for (file, options, fault) in cases {
            assert_eq!(refused(house, file, options).await, fault);
        }
        assert!(matches!(refused(house, header, medical()).await, FileFault::Layout(_)));
        let forced = Options { encoding: Some(Encoding::Utf8), ..medical() };
        let garbled = refused(house, SHIFT_JIS.encode("名称だけ\n").0, forced).await;
        assert!(garbled.to_string().contains("1行目") && garbled.to_string().contains("UTF-8"), "{garbled}");
        assert!(register(&house.app.db).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn random_bytes_are_answered_and_never_crash() {
    on_each_database(async |house| {
        let mut state: u32 = 1;
        for length in [1, 60, 4_000, 200_000] {
            let mut next = || {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 24) as u8
            };
            let noise: Vec<u8> = (0..length).map(|_| next()).collect();
            refused(house, &noise, medical()).await;
            let utf8 = Options { encoding: Some(Encoding::Utf8), ..medical() };
            let imported = import(house, [published(0..2).as_bytes(), &noise].concat(), utf8).await;
            let (all, bad) = (imported.summary, imported.summary.rejected + imported.summary.repeated);
            assert_eq!(all.created + all.unchanged, 2, "{all:?}");
            assert_eq!(all.rows, 2 + bad, "{all:?}");
        }
    })
    .await;
}
