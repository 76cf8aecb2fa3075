//! Files that are packed to fill the memory of whoever reads them, and a judge that is not there.

use axum::http::StatusCode;

use crate::{
    support::{on_sqlite, on_sqlite_judged_by},
    uploads_form::{add, asked, document, files},
};

/// A document with a stream of two thousand objects, each of which is the same array of sixty thousand numbers.
fn bomb() -> Vec<u8> {
    let index: String = (100..2_100).map(|number| format!("{number} 0 ")).collect();
    let content = format!("{index}[{}]", "0 ".repeat(60_000));
    let (first, length) = (index.len(), content.len());
    let packed = format!("<</Type/ObjStm/N 2000/First {first}/Length {length}>>stream\n{content}\nendstream");
    let own = [
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>",
        &packed,
    ];
    let (mut text, mut places) = ("%PDF-1.7\n".to_owned(), String::new());
    for (number, object) in (1..).zip(own) {
        places += &format!("{:010} 00000 n \n", text.len());
        text += &format!("{number} 0 obj\n{object}\nendobj\n");
    }
    let start = text.len();
    text += &format!("xref\n0 5\n0000000000 65535 f \n{places}trailer\n<</Root 1 0 R/Size 5>>\n");
    text += &format!("startxref\n{start}\n%%EOF\n");
    text.into_bytes()
}

#[tokio::test]
async fn a_file_that_fills_all_memory_is_refused_and_the_next_one_is_taken() {
    on_sqlite(async |house| {
        let (owner, case) = asked(house).await;
        let told = add(&owner, &case, "領収書.pdf", &bomb()).await;
        assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(told.body.contains("壊れているか、複雑すぎます") && told.body.contains("300000"), "{}", told.body);
        assert_eq!(files(house, &case).await, []);
        add(&owner, &case, "領収書.pdf", &document("")).await;
        assert_eq!(files(house, &case).await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn without_a_judge_no_file_is_taken_and_it_is_said_that_it_can_be_tried_again() {
    for program in ["/nowhere/madoguchi", "/bin/true", "/bin/false"] {
        on_sqlite_judged_by(program, async |house| {
            let (owner, case) = asked(house).await;
            let told = add(&owner, &case, "領収書.pdf", &document("")).await;
            assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY, "{program}");
            assert!(told.body.contains("確かめられませんでした") && told.body.contains("300000"), "{}", told.body);
            assert_eq!(files(house, &case).await, []);
        })
        .await;
    }
}
