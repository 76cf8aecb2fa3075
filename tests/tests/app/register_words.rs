//! The register is found by any part of a name, and what the index finds is what looking through all of it finds.

use domain::{
    content::tokens::short_tokens,
    ids::InstitutionId,
    institutions::{Institution, InstitutionCode, InstitutionStatus, Prefecture, ScoreTable, check_digit_for},
    typed::search_key,
};
use storage::institutions::{Filter, search, upsert};

use crate::support::{House, on_each_database};

const WORDS: [&str; 8] = ["青葉", "さくら", "みなと", "中央", "クリニック", "歯科", "薬局", "第２"];

fn below(house: &House, bound: usize) -> usize {
    usize::try_from((*house.app.randomness).below(u32::try_from(bound).unwrap())).unwrap()
}

fn made_up(house: &House, number: usize) -> Institution {
    let prefecture = ["13", "14", "27"][below(house, 3)];
    let local = format!("{number:06}");
    let digit =
        check_digit_for(Prefecture::from_code(prefecture).unwrap(), ScoreTable::from_code("3").unwrap(), &local);
    let code = InstitutionCode::parse(&format!("{prefecture}3{local}{}", digit.unwrap())).unwrap();
    let word = || WORDS[below(house, WORDS.len())];
    Institution {
        id: InstitutionId::new(house.app.clock.now(), &*house.app.randomness),
        code,
        name: format!("{}{}{}{}", word(), word(), number % 17, word()),
        name_kana: "アオバ".to_owned(),
        postal_code: "1000001".to_owned(),
        address: format!("{}町{}丁目", word(), number % 13),
        phone: String::new(),
        founder: String::new(),
        status: InstitutionStatus::Active,
        valid_from: None,
        valid_to: None,
        in_register: true,
    }
}

/// Codes whose texts hold a part, in order, at most so many.
fn looked_through(all: &[Institution], part: &str, after: &str, most: usize) -> Vec<String> {
    let key = search_key(part);
    let holds = |one: &&Institution| {
        one.code.as_str() > after
            && [&one.name, &one.name_kana, &one.address].iter().any(|text| search_key(text).contains(&key))
    };
    let mut codes: Vec<String> = all.iter().filter(holds).map(|one| one.code.as_str().to_owned()).collect();
    codes.sort();
    codes.truncate(most);
    codes
}

#[tokio::test]
async fn any_part_of_a_name_finds_its_institutions_page_by_page() {
    on_each_database(async |house| {
        let mut all: Vec<Institution> = (0..600).map(|number| made_up(house, number)).collect();
        let mut tx = house.app.db.write().await.unwrap();
        upsert(&mut tx, &all, house.app.clock.now()).await.unwrap();
        // One is written anew under another name, and found by that one only.
        all[7].name = "くまざさ診療所".to_owned();
        upsert(&mut tx, &all[7..8], house.app.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
        let mut conn = house.app.db.read().await.unwrap();
        for round in 0..60 {
            let letters: Vec<char> = all[below(house, all.len())].name.chars().collect();
            let from = below(house, letters.len() - 1);
            let to = from + 1 + below(house, letters.len() - from);
            let part: String = letters[from..to.min(letters.len())].iter().collect();
            let mut after = None;
            loop {
                let filter = Filter { text: part.clone(), after: after.clone(), limit: 20, ..Filter::default() };
                let found: Vec<String> =
                    search(&mut conn, &filter).await.unwrap().iter().map(|one| one.code.as_str().to_owned()).collect();
                let expected = looked_through(&all, &part, after.as_deref().unwrap_or_default(), 20);
                assert_eq!(found, expected, "{round}: {part}");
                after = found.last().filter(|_| found.len() == 20).cloned();
                if after.is_none() {
                    break;
                }
            }
        }
        assert_eq!(looked_through(&all, "くまざさ", "", 20).len(), 1);
        assert!(short_tokens("くまざさ").len() > 10);
    })
    .await;
}
