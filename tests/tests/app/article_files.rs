//! Pictures and attachments of articles: taken in by what they are, and shown to whom the text is shown.

use std::io::Cursor;

use axum::http::StatusCode;
use domain::permissions::Role;
use image::{DynamicImage, ImageFormat};

use crate::{
    articles::{published, saved, step, typed, written},
    browser::{Answer, Browser},
    steps::staff,
    support::on_each_database,
};

fn picture(format: ImageFormat, width: u32, height: u32) -> Vec<u8> {
    let mut bytes = vec![];
    DynamicImage::new_rgb8(width, height).write_to(&mut Cursor::new(&mut bytes), format).unwrap();
    bytes
}

const PDF: &[u8] = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n";

/// Adds a file in the form of an article; the form again.
async fn added(editor: &Browser, page: &str, words: &str, file: &[u8]) -> Answer {
    let own = [("words", words), ("do", "add_file"), ("seen", "1"), ("body", "書きかけの文")];
    editor.post_with_file(&format!("{page}/edit"), &typed(&own), ("file", file)).await
}

/// The identifier of the file that the form now names.
fn named(answer: &Answer) -> String {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let start = ["](file:", "name=\"attachments\" value=\""].iter().find_map(|mark| answer.body.split_once(mark));
    start.expect("a file").1.chars().take(36).collect()
}

/// The address of a file on the page of its article.
async fn address(editor: &Browser, page: &str, id: &str) -> String {
    let body = editor.get(page).await.body;
    let start = body.find(&format!("/files/{id}/"));
    assert!(start.is_some(), "{body}");
    body[start.unwrap()..].split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_picture_is_put_into_the_text_and_shown_to_readers_once_it_is_published() {
    on_each_database(async |house| {
        let (editor, visitor) = (staff(house, Role::Editor).await, Browser::visitor(house));
        let (page, public) = published(&editor, &[]).await;
        let form = added(&editor, &page, "申込書の見本", &picture(ImageFormat::Jpeg, 2_000, 500)).await;
        let id = named(&form);
        assert!(form.body.contains("書きかけの文") && form.body.contains("![申込書の見本](file:"), "{}", form.body);
        assert!(form.body.contains("width=\"1600\" height=\"400\" alt=\"申込書の見本\""), "the preview shows it");
        let file = address(&editor, &page, &id).await;
        assert_eq!(visitor.get(&file).await.status, StatusCode::NOT_FOUND, "nobody reads the text that shows it");
        assert!(editor.get(&file).await.header("cache-control").contains("no-store"));
        let body = format!("## 見本\n\n![申込書の見本](file:{id})\n");
        saved(&editor.post(&format!("{page}/edit"), &typed(&[("body", &body), ("seen", "1")])).await);
        step(&editor, &page, "publish", "2").await;
        let shown = visitor.get(&public).await.body;
        assert!(shown.contains(&format!("<img src=\"{file}\"")) && shown.contains("alt=\"申込書の見本\""), "{shown}");
        let got = visitor.get(&file).await;
        assert_eq!((got.status, got.header("content-type")), (StatusCode::OK, "image/jpeg"));
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("cache-control", "public, max-age=31536000, immutable"),
            ("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox"),
        ] {
            assert_eq!(got.header(name), value);
        }
        assert!(image::load_from_memory(&got.bytes).is_ok());
        let (again, _) = visitor.get_if_changed(&file, &format!("\"{id}\"")).await;
        assert_eq!(again, StatusCode::NOT_MODIFIED);
        step(&editor, &page, "archive", "2").await;
        assert_eq!(visitor.get(&file).await.status, StatusCode::NOT_FOUND, "the file goes with its text");
    })
    .await;
}

#[tokio::test]
async fn an_attachment_stands_below_the_text_and_is_saved_under_its_words() {
    on_each_database(async |house| {
        let (editor, visitor) = (staff(house, Role::Editor).await, Browser::visitor(house));
        let (page, public) = published(&editor, &[]).await;
        let id = named(&added(&editor, &page, "変更届の様式", PDF).await);
        let next = typed(&[("attachments", &id), ("seen", "1")]);
        saved(&editor.post(&format!("{page}/edit"), &next).await);
        step(&editor, &page, "publish", "2").await;
        let shown = visitor.get(&public).await.body;
        assert!(shown.contains("添付ファイル") && shown.contains("変更届の様式（PDF、1KB）"), "{shown}");
        let got = visitor.get(&address(&editor, &page, &id).await).await;
        assert_eq!(got.bytes, PDF);
        let way = got.header("content-disposition");
        assert!(way.starts_with("attachment; filename=\"KB0030001-1.pdf\"; filename*=UTF-8''%E5%A4%89"), "{way}");
        let wrong = format!("/files/{id}/other.pdf");
        assert_eq!(visitor.get(&wrong).await.status, StatusCode::NOT_FOUND);
    })
    .await;
}

#[tokio::test]
async fn what_is_no_picture_or_paper_is_refused_in_words_and_the_text_stays() {
    on_each_database(async |house| {
        let editor = staff(house, Role::Editor).await;
        let page = written(&editor, &[]).await;
        let mut cut = picture(ImageFormat::Png, 50, 50);
        cut.truncate(60);
        // A head that promises 60,000 × 60,000 pixels.
        let mut bomb = picture(ImageFormat::Gif, 1, 1);
        bomb.splice(6..10, [0x60, 0xea, 0x60, 0xea]);
        let large = [b"\x89PNG\r\n\x1a\n".as_slice(), &vec![0; 5 << 20]].concat();
        let long = [b"%PDF-".as_slice(), &vec![b'x'; 10 << 20]].concat();
        for (file, told) in [
            (b"MZ\x90\0program".as_slice(), "この種類のファイルは使えません"),
            (b"<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>", "この種類のファイルは使えません"),
            (b"<!DOCTYPE html><script>alert(1)</script>", "この種類のファイルは使えません"),
            (b"PK\x03\x04rest", "壊れているか"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "古い形式"),
            (b"%PDF-1.7 cut", "壊れているか"),
            (&cut, "画像を読み取れません"),
            (&bomb, "縦横が大きすぎます"),
            (&large, "ファイルが大きすぎます"),
            (&long, "ファイルが大きすぎます"),
            (b"", "選んでください"),
        ] {
            let form = added(&editor, &page, "見本", file).await;
            assert_eq!(form.status, StatusCode::UNPROCESSABLE_ENTITY, "{told}");
            assert!(form.body.contains(told) && form.body.contains("書きかけの文"), "{told}: {}", form.body);
        }
        let silent = added(&editor, &page, "", PDF).await;
        assert!(silent.body.contains("「内容を表す言葉」を入力してください"), "{}", silent.body);
        assert!(editor.get(&page).await.body.contains("まだありません"));
    })
    .await;
}

#[tokio::test]
async fn a_file_that_no_text_uses_can_be_removed_and_one_that_is_used_cannot() {
    on_each_database(async |house| {
        let editor = staff(house, Role::Editor).await;
        let (page, _) = published(&editor, &[]).await;
        let used = named(&added(&editor, &page, "使うもの", PDF).await);
        let spare = named(&added(&editor, &page, "使わないもの", &picture(ImageFormat::Png, 4, 4)).await);
        saved(&editor.post(&format!("{page}/edit"), &typed(&[("attachments", &used), ("seen", "1")])).await);
        let kept = editor.post(&format!("{page}/files/{used}/remove"), &[]).await;
        assert!(kept.location.ends_with("?done=in_use"), "{}", kept.location);
        let gone = editor.post(&format!("{page}/files/{spare}/remove"), &[]).await;
        assert!(gone.location.ends_with("?done=removed"), "{}", gone.location);
        let body = editor.get(&page).await.body;
        assert!(body.contains("使うもの") && !body.contains("使わないもの"), "{body}");
    })
    .await;
}
