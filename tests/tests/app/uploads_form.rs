//! Files through the form: handed in without a script, judged by what they are, taken away, cut off when they never end.

use std::{
    io::Cursor,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{
    body::{Body, Bytes},
    http::{Request, StatusCode, Version},
};
use domain::{permissions::Role, uploads::listed};
use futures_util::stream;
use image::{DynamicImage, ImageFormat};

use crate::{
    browser::{Answer, Browser},
    steps::{begin, clinic, decide, staff, stored},
    subsidies::offered,
    support::{House, on_each_database, on_each_database_without_room, on_sqlite},
    uploads::is_kept,
};

/// The field of the subsidy's form that asks for receipts.
const FIELD: &str = "file_receipt";
const ADD: &str = "files/file_receipt";
const MIB: usize = 1 << 20;

/// A document of one page with a right table of contents; `more` stands in its catalogue.
pub(crate) fn document(more: &str) -> Vec<u8> {
    let own = [
        &format!("<</Type/Catalog/Pages 2 0 R{more}>>"),
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>",
    ];
    let (mut text, mut places) = ("%PDF-1.7\n".to_owned(), String::new());
    for (number, object) in (1..).zip(own) {
        places += &format!("{:010} 00000 n \n", text.len());
        text += &format!("{number} 0 obj\n{object}\nendobj\n");
    }
    let start = text.len();
    text += &format!(
        "xref\n0 4\n0000000000 65535 f \n{places}trailer\n<</Root 1 0 R/Size 4>>\nstartxref\n{start}\n%%EOF\n"
    );
    text.into_bytes()
}

fn picture(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = vec![];
    DynamicImage::new_rgb8(width, height).write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png).unwrap();
    bytes
}

/// A clinic with a form that asks for receipts.
pub(crate) async fn asked(house: &House) -> (Browser, String) {
    offered(house).await;
    let (_, owner) = clinic(house, "1330100016").await;
    let case = begin(&owner, "subsidy").await;
    owner.post(&format!("{case}/edit"), &[("scheme", "reader@1"), ("action", "leave")]).await;
    (owner, case)
}

/// Presses the button that adds a file, with something typed beside it.
pub(crate) async fn add(browser: &Browser, case: &str, name: &str, file: &[u8]) -> Answer {
    let typed = [("scheme", "reader@1"), ("amount_c1", "300000"), ("contact", "山田 花子"), ("action", ADD)];
    browser.post_files(&format!("{case}/edit"), (&typed, &[(FIELD, name, file)]), false).await
}

pub(crate) async fn files(house: &House, case: &str) -> Vec<domain::ids::UploadId> {
    listed(stored(house, case).await.answers.get(FIELD))
}

#[tokio::test]
async fn files_are_handed_in_without_a_script_and_stand_beside_the_answers() {
    on_each_database(async |house| {
        let (owner, case) = asked(house).await;
        let added = add(&owner, &case, "C:\\書類\\領収書.pdf", &document("")).await;
        assert_eq!(
            (added.status, added.location.as_str()),
            (StatusCode::SEE_OTHER, &*format!("{case}/edit#f-{FIELD}"))
        );
        let seen = owner.get(&format!("{case}/edit")).await.body;
        assert!(seen.contains("enctype=\"multipart/form-data\"") && seen.contains("領収書.pdf"), "{seen}");
        assert!(seen.contains("300000") && seen.contains("山田 花子"), "what was typed is kept");
        // Files stand in the order in which they came.
        house.clock.pass(time::Duration::SECOND);
        let both = [(FIELD, "一.png", &*picture(20, 30)), (FIELD, "二.pdf", &*document("/Lang(ja)"))];
        let typed = [("scheme", "reader@1"), ("amount_c1", "300000"), ("action", ADD)];
        let told = owner.post_files(&format!("{case}/edit"), (&typed, &both), true).await;
        assert!(told.status == StatusCode::OK && told.body.contains("\"go\":"), "{}", told.body);
        let kept = files(house, &case).await;
        assert_eq!(kept.len(), 3);
        owner.post(&format!("{case}/draft"), &[("scheme", "reader@1"), (FIELD, "")]).await;
        assert_eq!(files(house, &case).await, kept, "an old tab takes no file away");
        let gone = format!("remove/{FIELD}/{}", kept[1]);
        let removed = owner.post(&format!("{case}/edit"), &[("scheme", "reader@1"), ("action", &gone)]).await;
        assert_eq!(removed.location, format!("{case}/edit#f-{FIELD}"), "{}", removed.body);
        services::jobs::work_all(&house.app, "test").await.unwrap();
        assert_eq!(files(house, &case).await, [kept[0], kept[2]]);
        assert!(!is_kept(house, kept[1]).await && is_kept(house, kept[0]).await);
        sent_and_returned(house, &owner, &case, kept[0]).await;
    })
    .await;
}

/// The files on the check page, before the reviewer, and in a correction that does not ask for them.
async fn sent_and_returned(house: &House, owner: &Browser, case: &str, file: domain::ids::UploadId) {
    let rest = [("scheme", "reader@1"), ("amount_c1", "300000"), ("done_on", "2026-05-01"), ("contact", "山田 花子")];
    let rest = [&rest[..], &[("contact_phone", "03-1234-5678")]].concat();
    let checked = owner.post(&format!("{case}/edit"), &rest).await;
    assert_eq!(checked.location, format!("{case}/check"), "{}", checked.body);
    let check = owner.get(&format!("{case}/check")).await.body;
    assert!(check.contains(&format!("href=\"{case}/files/{file}\"")) && check.contains("領収書.pdf"), "{check}");
    let version = stored(house, case).await.version.to_string();
    let sent = owner.post(&format!("{case}/submit"), &[("version", &version)]).await;
    assert_eq!(sent.location, format!("{case}/done"), "{}", sent.body);
    let late = add(owner, case, "あと.pdf", &document("/Lang(en)")).await;
    assert_eq!(late.location, case, "a sent case takes no more");
    let reviewer = staff(house, Role::Reviewer).await;
    let desk = reviewer.get(&format!("/office{case}")).await.body;
    assert!(desk.contains(&format!("href=\"/office{case}/files/{file}?save=1\"")), "beside the field: {desk}");
    assert_eq!(reviewer.get(&format!("/office{case}/files/{file}")).await.bytes, document(""));
    decide(house, &reviewer, case, "return", &[("words-contact", "お名前をご確認ください。")]).await;
    let form = owner.get(&format!("{case}/edit")).await.body;
    assert!(
        form.contains("領収書.pdf") && !form.contains(&format!("remove/{FIELD}")),
        "shown, not to be changed: {form}"
    );
}

#[tokio::test]
async fn what_is_no_receipt_is_refused_in_words_and_nothing_typed_is_lost() {
    on_each_database(async |house| {
        let (owner, case) = asked(house).await;
        let refused: [(&str, &[u8], &str); 6] = [
            ("領収書.pdf", b"PK\x03\x04rest of an archive", "ZIP"),
            ("領収書.pdf", &document("/OpenAction<</S/#4aavaScript/#4a#53(app.alert)>>"), "プログラム"),
            ("領収書.pdf", &document("/Names<</Embedded#46iles 4 0 R>>"), "添付"),
            ("領収書.png", include_bytes!("../../../fuzz/corpus/upload/seed-promises.png"), "5,000万画素"),
            ("領収書.pdf", b"", "空です"),
            ("領収書.pdf", b"MZ\x90\0", "PDF、JPEG、PNG"),
        ];
        for (name, file, words) in refused {
            let told = add(&owner, &case, name, file).await;
            assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY, "{words}");
            assert!(told.body.contains(words) && told.body.contains("300000"), "{words}: {}", told.body);
        }
        let none = owner.post(&format!("{case}/edit"), &[("scheme", "reader@1"), ("action", ADD)]).await;
        assert!(none.body.contains("ファイルを選んでから"), "{}", none.body);
        assert_eq!(files(house, &case).await, []);
        let twice = document("/Lang(ja)");
        add(&owner, &case, "a.pdf", &twice).await;
        assert!(add(&owner, &case, "b.pdf", &twice).await.body.contains("すでに追加されています"));
        let (_, stranger) = clinic(house, "1310100018").await;
        assert_eq!(add(&stranger, &case, "a.pdf", &document("")).await.status, StatusCode::NOT_FOUND);
        let visitor = add(&Browser::visitor(house), &case, "a.pdf", &document("")).await;
        assert!(visitor.location.starts_with("/login"), "{}", visitor.location);
        assert_eq!(files(house, &case).await.len(), 1);
    })
    .await;
}

fn part(key: &str, value: &str) -> String {
    format!("--b\r\nContent-Disposition: form-data; name=\"{key}\"\r\n\r\n{value}\r\n")
}

fn part_with_file(name: &str, content: &str) -> String {
    format!("--b\r\nContent-Disposition: form-data; name=\"{FIELD}\"; filename=\"{name}\"\r\n\r\n{content}")
}

#[tokio::test]
async fn more_files_than_are_taken_at_once_cost_nothing_that_was_typed_behind_them() {
    on_sqlite(async |house| {
        let (owner, case) = asked(house).await;
        let files: String = (0..22).map(|number| part_with_file(&format!("{number}.pdf"), "MZ") + "\r\n").collect();
        let form = |browser: &Browser, amount: &str| {
            let head = part("csrf", browser.token()) + &part("scheme", "reader@1");
            Body::from(head + &files + &part("amount_c1", amount) + &part("action", ADD) + "--b--\r\n")
        };
        let told = owner.send(owner.multipart(&format!("{case}/edit"), form(&owner, "300000"), false)).await;
        assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", told.body);
        for words in ["「0.pdf」", "「4.pdf」", "ほかに15件も", "一度に追加できるのは、20件"] {
            assert!(told.body.contains(words), "{words}: {}", told.body);
        }
        assert_eq!(stored(house, &case).await.answers.get("amount_c1"), "300000", "it stands behind the files");
        owner.post("/logout", &[]).await;
        let told = owner.send(owner.multipart(&format!("{case}/edit"), form(&owner, "310000"), true)).await;
        assert!(told.body.contains(&format!("\"go\":\"/login?next={case}/edit")), "{}", told.body);
        let again = Browser::of(house, stored(house, &case).await.created_by, false).await.with_cookie(&told.cookie);
        let back = again.get("/resume").await.location;
        assert_eq!(back, format!("{case}/edit?left_out={FIELD}#f-{FIELD}"));
        let form = again.get(back.split_once('#').unwrap().0).await.body;
        assert!(form.contains("有効期限が切れていたため") && form.contains("310000"), "{form}");
    })
    .await;
}

/// A form over a connection that is not read on once it was answered.
fn at_once(browser: &Browser, page: &str, body: Body, script: bool) -> Request<Body> {
    let mut request = browser.multipart(page, body, script);
    *request.version_mut() = Version::HTTP_2;
    request
}

/// A form that goes on for two GiB in what is sent last; counts the MiB that were asked for. A line has all of it ready.
fn endless(browser: &Browser, last: &str, read: &Arc<AtomicUsize>) -> Body {
    let fields = [("csrf", browser.token()), ("scheme", "reader@1"), ("amount_c1", "456000"), ("action", ADD)];
    let mut head: String = fields.iter().map(|(key, value)| part(key, value)).collect();
    head += last;
    let (read, piece) = (read.clone(), Bytes::from(vec![b'x'; MIB]));
    let pieces = (0..2_048).map(move |number| {
        read.store(number, Ordering::SeqCst);
        Ok::<_, std::io::Error>(piece.clone())
    });
    Body::from_stream(stream::iter(std::iter::once(Ok(Bytes::from(head))).chain(pieces)))
}

#[tokio::test]
async fn two_gibibytes_are_cut_off_early_with_a_sentence_in_the_form() {
    on_sqlite(async |house| {
        let (owner, case) = asked(house).await;
        let read = Arc::new(AtomicUsize::new(0));
        let spooled = || std::fs::read_dir(&house.app.uploads.spool).map_or(0, Iterator::count);
        let before = spooled();
        let page = format!("{case}/edit");
        let file = part_with_file("a.pdf", "%PDF-1.7\n");
        let told = owner.send(at_once(&owner, &page, endless(&owner, &file, &read), false)).await;
        assert_eq!(told.status, StatusCode::PAYLOAD_TOO_LARGE, "{}", told.body);
        for words in ["ファイルが大きすぎます", "この欄より下に入力した内容は受け取れません", "456000"]
        {
            assert!(told.body.contains(words), "{words}: {}", told.body);
        }
        assert!(read.load(Ordering::SeqCst) < 120, "{} MiB were read", read.load(Ordering::SeqCst));
        assert_eq!(stored(house, &case).await.answers.get("amount_c1"), "456000", "what stood before it is kept");
        let mut honest = at_once(&owner, &page, endless(&owner, &file, &read), true);
        honest.headers_mut().insert("content-length", (2048 * MIB).to_string().parse().unwrap());
        let told = owner.send(honest).await;
        assert!(told.status == StatusCode::PAYLOAD_TOO_LARGE && told.body.contains("\"errors\""), "{}", told.body);
        assert!(read.load(Ordering::SeqCst) < 30, "who says so is believed: {} MiB", read.load(Ordering::SeqCst));
        let head = "--b\r\nContent-Disposition: form-data; name=\"";
        let told = owner.send(at_once(&owner, &page, endless(&owner, head, &read), false)).await;
        assert!(told.status == StatusCode::BAD_REQUEST && !told.body.is_empty(), "{}: {}", told.status, told.body);
        assert!(read.load(Ordering::SeqCst) < 3, "a head without end: {} MiB", read.load(Ordering::SeqCst));
        let large = add(&owner, &case, "large.pdf", &[b"%PDF-1.7\n".to_vec(), vec![b'x'; 21 * MIB]].concat()).await;
        assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(stored(house, &case).await.answers.get("contact"), "山田 花子", "the rest of the form was read");
        assert_eq!(spooled(), before, "nothing of it stays");
    })
    .await;
}

#[tokio::test]
async fn when_a_disk_is_full_the_form_says_so_and_keeps_what_was_typed() {
    on_each_database_without_room(async |house| {
        let (owner, case) = asked(house).await;
        let told = add(&owner, &case, "領収書.pdf", &document("")).await;
        assert_eq!(told.status, StatusCode::INSUFFICIENT_STORAGE);
        assert!(told.body.contains("保管する場所がいっぱいです") && told.body.contains("300000"), "{}", told.body);
        assert_eq!(stored(house, &case).await.answers.get("amount_c1"), "300000");
        assert_eq!(files(house, &case).await, []);
    })
    .await;
}
