//! The issuance notice and the other letters, judged by what poppler and a camera read.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a story that cannot go on has failed")]

mod support;

use letters::{Fault, GrantNotice, IssuanceNotice, PaymentSlip, Press, UserIdNotice};
use support::samples::{
    SECRET, grant_notice, issuance_notice, long_issuance_notice, master_account_notice, membership_letter,
    payment_slip, recipient, terminal_labels, user_id_notice,
};
use support::{Pdf, is_accessible};

fn press() -> Press {
    Press::new().unwrap()
}

#[test]
fn a_clinic_reads_everything_it_needs_on_one_page() {
    let notice = issuance_notice();
    let bytes = press().issuance_notices(std::slice::from_ref(&notice)).unwrap();
    let pdf = Pdf::new(&bytes);
    let text = pdf.text(None);
    let recipient = recipient();
    for said in [
        "電子証明書発行通知書",
        "簡易書留",
        "154-0004",
        &recipient.institution_name,
        "受付事務 山田 花子 様",
        &notice.reference,
        &notice.institution_code,
        &notice.terminal_name,
        "P8WN 4C6H K2TR",
        "K7MP XR4T 9DHW 3CYV",
        "大文字ケー",
        "数字なな",
        &notice.pickup_url,
        "2026年11月18日（水）まで",
        "発行日から3年3か月",
        "この通知書は設置日まで大切に保管してください",
        &notice.sender.contact.replace('\u{3000}', " "),
        &notice.sender.hours,
        "1 / 1",
    ] {
        assert!(text.replace('\u{3000}', " ").contains(said), "{said} is missing in\n{text}");
    }
    assert!(pdf.joined().contains(&recipient.address.replace(' ', "")));
    assert_eq!(pdf.pages(), 1);
}

#[test]
fn the_file_is_accessible_and_carries_its_fonts() {
    let bytes = press().issuance_notices(&[issuance_notice()]).unwrap();
    let pdf = Pdf::new(&bytes);
    assert!(is_accessible(&bytes));
    assert_eq!(pdf.info("Tagged"), "yes");
    assert_eq!(pdf.info("Title"), "電子証明書発行通知書");
    assert!(pdf.info("Page size").contains("A4"));
    assert!(pdf.fonts().len() >= 3);
    for (name, embedded) in pdf.fonts() {
        assert!(embedded && name.contains('+'), "{name} is not embedded as a subset");
    }
    assert!(bytes.len() < 120_000, "{} bytes", bytes.len());
}

#[test]
fn the_qr_code_opens_the_pickup_page_and_does_not_tell_the_secret() {
    let pdf = Pdf::new(&press().issuance_notices(&[issuance_notice()]).unwrap());
    assert_eq!(pdf.qr_codes(1), [issuance_notice().pickup_url]);
}

#[test]
fn an_address_that_carries_the_secret_is_not_printed() {
    let pickup_url = format!("https://pickup.example.jp/?secret={}", SECRET.to_lowercase());
    let result = press().issuance_notices(&[IssuanceNotice { pickup_url, ..issuance_notice() }]);
    assert!(matches!(result, Err(Fault::PageAddress(_))));
}

#[test]
fn the_address_and_nothing_else_shows_in_the_window_and_the_secret_is_folded_in() {
    for notice in [issuance_notice(), long_issuance_notice()] {
        let pdf = Pdf::new(&press().issuance_notices(&[notice]).unwrap());
        let words = pdf.words(1);
        // The window reaches from 20 to 110 mm and from 12 to 57 mm of an envelope in which the sheet
        // moves by 20 mm at most: this is what may ever be seen, and what is always seen.
        let seen: Vec<_> = words.iter().filter(|word| word.left < 110.0 && word.top < 57.0).collect();
        assert!(seen.len() > 5);
        for word in seen {
            let inside = word.left >= 20.0 && word.right <= 90.0 && word.top >= 12.0 && word.bottom <= 40.0;
            assert!(inside, "{word:?} leaves the window");
        }
        let first = words.iter().find(|word| word.text == "K7MP" || word.text == "k7MP").unwrap();
        assert!(first.top > 99.0 && first.bottom < 198.0, "{first:?} is not in the inner third");
    }
}

#[test]
fn each_letter_of_a_batch_tells_only_its_own_secret() {
    let secrets = ["AAAA7KMPXR4TBBBB", "CCCC9DHW3CYVDDDD"];
    let notices = secrets.map(|secret| IssuanceNotice { pickup_secret: secret.into(), ..issuance_notice() });
    let pdf = Pdf::new(&press().issuance_notices(&notices).unwrap());
    let (first, second) = (pdf.text(Some(1)), pdf.text(Some(2)));
    assert!(first.contains("AAAA 7KMP XR4T BBBB") && !first.contains("CCCC"));
    assert!(second.contains("CCCC 9DHW 3CYV DDDD") && !second.contains("AAAA"));
    assert_eq!(first.matches("AAAA 7KMP").count(), 1);
}

#[test]
fn a_notice_never_shows_its_secret_in_a_log() {
    assert!(!format!("{:?}", issuance_notice()).contains(SECRET));
    assert!(!format!("{:?}", membership_letter()).contains(&membership_letter().code));
    assert!(!format!("{:?}", user_id_notice()).contains("Hm4Tk9Wp"));
}

#[test]
fn a_master_account_is_read_without_doubt_from_one_page() {
    let bytes = press().master_account_notice(&master_account_notice()).unwrap();
    let pdf = Pdf::new(&bytes);
    let text = pdf.text(None);
    for said in [
        "マスターアカウント通知書",
        "本番環境",
        "さくら通り歯科医院",
        "P7K4 T9DR XW3M",
        "Ab7K dP4h Xn9C tR2e",
        "大文字のA（エー）",
        "小文字のb（ビー）",
        "数字の7（なな）",
        "2026年6月21日（日）",
        "1 / 1",
    ] {
        assert!(text.contains(said), "{said} is missing in\n{text}");
    }
    assert_eq!(text.matches("文字の").count() + text.matches("数字の").count(), 16, "{text}");
    assert_eq!(pdf.pages(), 1);
    assert!(is_accessible(&bytes) && pdf.info("Title").ends_with("（本番環境）"));
    assert!(!format!("{:?}", master_account_notice()).contains("Ab7KdP4h"));
}

#[test]
fn fifty_notices_print_as_fifty_pages_in_order() {
    let notices: Vec<_> = (1..=50)
        .map(|n| IssuanceNotice {
            reference: format!("C4H-{n:04}-9RXT"),
            pickup_secret: format!("K7MPXR4T9DHW{n:04}"),
            ..issuance_notice()
        })
        .collect();
    let pdf = Pdf::new(&press().issuance_notices(&notices).unwrap());
    assert_eq!(pdf.pages(), 50);
    for page in [1, 2, 25, 50] {
        let text = pdf.text(Some(page));
        assert!(text.contains(&format!("C4H-{page:04}-9RXT")) && text.contains(&format!("9DHW {page:04}")), "{page}");
        assert!(text.contains("1 / 1"));
    }
}

#[test]
fn a_letter_with_the_longest_names_takes_two_pages_and_loses_nothing() {
    let notice = long_issuance_notice();
    let pdf = Pdf::new(&press().issuance_notices(&[issuance_notice(), notice.clone(), issuance_notice()]).unwrap());
    assert_eq!(pdf.pages(), 4);
    let long: String = [pdf.text(Some(2)), pdf.text(Some(3))].concat().split_whitespace().collect();
    let recipient = &notice.recipient;
    for said in [&recipient.address, &recipient.institution_name, &recipient.addressee, &notice.terminal_name] {
        let said: String = said.split_whitespace().collect();
        assert!(long.contains(&said), "{said} is missing");
    }
    assert!(pdf.text(Some(2)).contains("1 / 2") && pdf.text(Some(3)).contains("2 / 2"));
    assert!(pdf.text(Some(4)).contains("1 / 1"));
}

#[test]
fn the_same_notice_gives_the_same_bytes() {
    let press = press();
    let once = press.issuance_notices(&[issuance_notice()]).unwrap();
    let again = press.clone().issuance_notices(&[issuance_notice()]).unwrap();
    assert!(once == again);
    assert!(!once.windows(12).any(|window| window == b"CreationDate"));
}

#[test]
fn one_press_serves_several_clerks_at_once() {
    let press = press();
    std::thread::scope(|scope| {
        let runs: Vec<_> =
            (0..4).map(|_| scope.spawn(|| press.issuance_notices(&[issuance_notice()]).unwrap())).collect();
        let files: Vec<_> = runs.into_iter().map(|run| run.join().unwrap()).collect();
        assert!(files.windows(2).all(|pair| pair[0] == pair[1]));
    });
}

#[test]
fn an_empty_batch_is_refused() {
    assert!(matches!(press().issuance_notices(&[]), Err(Fault::Empty)));
    assert!(matches!(press().membership_letters(&[]), Err(Fault::Empty)));
}

#[test]
fn the_membership_letter_brings_the_code_to_the_registered_address() {
    let letter = membership_letter();
    let bytes = press().membership_letters(std::slice::from_ref(&letter)).unwrap();
    let pdf = Pdf::new(&bytes);
    let text = pdf.text(None);
    for said in ["所属確認のお知らせ", "R6TH 4KWP", "大文字ダブリュー", &letter.person_email, "2026年6月8日（月）まで"]
    {
        assert!(text.contains(said), "{said} is missing in\n{text}");
    }
    assert!(!text.contains("簡易書留"));
    assert!(is_accessible(&bytes));
    assert_eq!((pdf.pages(), pdf.qr_codes(1)), (1, vec![letter.page_url]));
}

#[test]
fn the_user_id_notice_tells_the_id_and_a_password_only_if_there_is_one() {
    let with = Pdf::new(&press().user_id_notice(&user_id_notice()).unwrap());
    assert!(with.text(None).contains("AA13 3010 00") && with.text(None).contains("Hm4T k9Wp"));
    assert!(with.text(None).contains("2026年7月から請求"));
    let notice = UserIdNotice { first_password: None, login_url: String::new(), ..user_id_notice() };
    let bytes = press().user_id_notice(&notice).unwrap();
    let without = Pdf::new(&bytes);
    assert!(!without.text(None).contains("Hm4T") && without.text(None).contains("別にお送りするお知らせ"));
    assert!(is_accessible(&bytes));
    assert!(without.qr_codes(1).is_empty());
}

#[test]
fn a_secret_of_real_length_stands_on_one_line_and_its_letter_on_one_page() {
    for secret in ["FWH926XYYXJ7HW366972", "WWWWWWWWWWWWWWWWWWWW"] {
        let pdf = Pdf::new(
            &press().issuance_notices(&[IssuanceNotice { pickup_secret: secret.into(), ..issuance_notice() }]).unwrap(),
        );
        let groups: Vec<&str> = (0..5).map(|nth| &secret[nth * 4..][..4]).collect();
        let text = pdf.text(None).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains(&groups.join(" ")), "{text}");
        assert_eq!(pdf.pages(), 1);
    }
}

#[test]
fn a_sheet_holds_twelve_labels_and_each_says_what_the_terminal_needs() {
    let bytes = press().terminal_labels(&terminal_labels(14)).unwrap();
    let pdf = Pdf::new(&bytes);
    assert!(is_accessible(&bytes));
    assert_eq!((pdf.pages(), pdf.info("Title").as_str()), (2, "端末に貼るラベル"));
    let text = pdf.text(None);
    assert_eq!(text.matches("C3XH 7TRA 8").count(), 14, "{text}");
    for said in [
        "さくら歯科",
        "オンライン資格確認パソコン14",
        "1階受付",
        "2029年8月20日（月）",
        "2029年5月22日（火）",
        "0120-000-000",
    ] {
        assert!(text.contains(said), "{said} is missing in\n{text}");
    }
    assert!(matches!(press().terminal_labels(&[]), Err(Fault::Empty)));
}

#[test]
fn a_payment_slip_says_what_to_pay_where_and_for_what() {
    let slips = [payment_slip(3), payment_slip(50)];
    let bytes = press().payment_slips(&slips).unwrap();
    let pdf = Pdf::new(&bytes);
    assert!(is_accessible(&bytes));
    assert_eq!(pdf.pages(), 4, "one page, and three for fifty terminals");
    // A long name goes on in the next line.
    let text = pdf.text(None).replace('\n', "");
    for said in [
        "154-0004",
        "さくら通り歯科医院",
        "ご担当者 様",
        "2605 0000 0012",
        "3,000円",
        "2026年6月30日（火）",
        "まどぐち銀行",
        "オンライン資格確認パソコン（50番診察室）",
        "C4H7-2KM9-RX50-T",
        "－1,500円",
    ] {
        assert!(text.contains(said), "{said} is missing in\n{text}");
    }
    let paid = PaymentSlip { due_on: String::new(), account: String::new(), ..payment_slip(1) };
    let text = Pdf::new(&press().payment_slips(&[paid]).unwrap()).text(None);
    assert!(
        !["お支払い期限", "お振込", "ご請求します"].iter().any(|said| text.contains(said))
            && text.contains("いまお支払いいただく金額はありません"),
        "nothing to pay, nothing said of paying: {text}"
    );
    assert!(matches!(press().payment_slips(&[]), Err(Fault::Empty)));
}

#[test]
fn a_grant_is_told_on_one_page_with_its_amount_its_number_and_how_it_was_computed() {
    let notice = grant_notice();
    let bytes = press().grant_notice(&notice).unwrap();
    let pdf = Pdf::new(&bytes);
    assert!(is_accessible(&bytes));
    assert_eq!((pdf.pages(), pdf.info("Title").as_str()), (1, "交付決定通知書"));
    let text = pdf.text(None).replace('\n', "");
    for said in [
        "さくら通り歯科医院",
        "2026-000012",
        "429,000円",
        "2026年11月30日（月）",
        "－143,592円",
        "K7MP-4TRX-9WHC-3",
        "カードリーダー：上限の250,000円が対象です。",
    ] {
        assert!(text.contains(said), "{said} is missing in\n{text}");
    }
    assert!(!text.contains("取り消されました"));
    let taken_back = GrantNotice {
        taken_back: "取り消した日：2026年12月1日（火）。理由：重複のため".into(), ..notice
    };
    let pdf = Pdf::new(&press().grant_notice(&taken_back).unwrap());
    assert!(pdf.pages() == 1 && pdf.joined().contains("この決定は取り消されました"));
}
