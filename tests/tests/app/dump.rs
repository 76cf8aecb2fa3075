//! All rows of all tables, out of one engine and into the other: nothing is forgotten, nothing changes.

use std::collections::BTreeMap;

use storage::{
    Db,
    dump::{Snapshot, Value},
};
use tempfile::TempDir;

use crate::{
    browser::account,
    steps::{clinic, filed},
    support::{on_each_database, restoring::on_each_pair_of_databases},
};

/// Every row of every table as text, sorted.
async fn everything(snapshot: &mut Snapshot) -> BTreeMap<String, Vec<String>> {
    let mut all = BTreeMap::new();
    for table in snapshot.tables().await.unwrap() {
        let mut rows = vec![];
        let mut each = |row: Vec<Value>| {
            rows.push(row);
            Ok(())
        };
        snapshot.rows::<storage::Error>(&table, &mut each).await.unwrap();
        let mut rows: Vec<String> = rows.into_iter().map(|row| format!("{:?}", plain(row))).collect();
        rows.sort();
        all.insert(table.name, rows);
    }
    all
}

/// The server writes JSON in its own way: it is compared by its meaning.
fn plain(row: Vec<Value>) -> Vec<Value> {
    let meaning = |value| match value {
        Value::Text(text) if text.starts_with(['{', '[']) => {
            let json = serde_json::from_str::<serde_json::Value>(&text);
            Value::Text(json.map_or(text, |json| json.to_string()))
        }
        value => value,
    };
    row.into_iter().map(meaning).collect()
}

#[tokio::test]
async fn a_snapshot_does_not_see_what_is_written_meanwhile() {
    on_each_database(async |house| {
        let mut snapshot = house.app.db.snapshot().await.unwrap();
        let before = everything(&mut snapshot).await;
        account(house, "late@clinic.example", &[], None).await;
        assert_eq!(everything(&mut snapshot).await, before);
        let after = everything(&mut house.app.db.snapshot().await.unwrap()).await;
        assert_eq!(after["accounts"].len(), before["accounts"].len() + 1);
    })
    .await;
}

#[tokio::test]
async fn the_catalogue_tells_of_every_table_that_statements_name() {
    on_each_database(async |house| {
        let tables = house.app.db.snapshot().await.unwrap().tables().await.unwrap();
        let known = |name: &str| tables.iter().any(|table| table.name == name);
        let mut named = 0;
        for (statement, text) in storage::STATEMENTS {
            let words: Vec<&str> = text.split_whitespace().collect();
            let into = words.windows(2).filter(|pair| ["INTO", "UPDATE"].contains(&pair[0]) && pair[1] != "SET");
            for pair in into.filter(|pair| !["SKIP", "NOTHING"].contains(&pair[1])) {
                named += 1;
                assert!(known(pair[1]), "{statement}: {}", pair[1]);
            }
        }
        assert!(named > 60 && tables.len() > 25, "{named} statements, {} tables", tables.len());
    })
    .await;
}

#[tokio::test]
async fn moving_to_the_other_engine_changes_nothing() {
    on_each_pair_of_databases(async |from, to| {
        let source = Db::open(from).await.unwrap();
        fill(&source).await;
        let before = everything(&mut source.snapshot().await.unwrap()).await;
        let folder = TempDir::new().unwrap();
        let copied = services::backup::copy(&source, to, folder.path()).await.unwrap();
        assert_eq!(copied.rows, before.values().map(|rows| rows.len() as u64).sum::<u64>());
        let target = Db::open(to).await.unwrap();
        assert_eq!(everything(&mut target.snapshot().await.unwrap()).await, before);
        assert!(!target.is_empty().await.unwrap());
        let again = services::backup::copy(&source, to, folder.path()).await.unwrap_err().to_string();
        assert!(again.contains("not empty"), "{again}");
        assert_eq!(everything(&mut target.snapshot().await.unwrap()).await, before, "nothing was changed");
        source.close().await;
        target.close().await;
    })
    .await;
}

/// Rows with everything that is hard to carry: nothing, octets, the ends of the numbers, quotes and line ends.
async fn fill(db: &Db) {
    assert!(db.is_empty().await.unwrap(), "fresh tables are empty");
    let mut loader = db.loader().await.unwrap();
    let columns = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let text = |text: &str| Value::Text(text.to_owned());
    let settings = loader.table("settings", &columns(&["name", "value"])).unwrap();
    let odd = "医療\n機関\t\"引用\" \\ {\"b\":\"AA==\"} \u{1F3E5}";
    loader.insert(&settings, &[vec![text("odd"), text(odd)], vec![text("empty"), text("")]]).await.unwrap();
    let names = ["id", "kind", "dedup_key", "payload", "run_at", "attempt", "leased_until", "leased_by"];
    let jobs = loader.table("jobs", &columns(&names)).unwrap();
    let job = |id: u8, dedup_key, run_at| {
        let payload = text("{\"b\": [1, null, \"\\u3042\"]}");
        let (id, attempt) = (Value::Bytes(vec![id; 16]), Value::Integer(0));
        vec![id, text("kind"), dedup_key, payload, Value::Integer(run_at), attempt.clone(), attempt, Value::Null]
    };
    loader.insert(&jobs, &[job(1, Value::Null, i64::MAX), job(255, text("key"), i64::MIN)]).await.unwrap();
    let names = ["id", "name", "role", "certificate", "crl_number", "created_at"];
    let authorities = loader.table("authorities", &columns(&names)).unwrap();
    let bytes = Value::Bytes((0..=255).collect());
    let (id, number) = (Value::Bytes(vec![9; 16]), Value::Integer(7));
    loader
        .insert(&authorities, &[vec![id.clone(), text("root"), text("root"), bytes, number.clone(), number]])
        .await
        .unwrap();
    let head = loader.table("audit_head", &columns(&["id", "seq", "hash"])).unwrap();
    loader.insert(&head, &[vec![Value::Integer(1), Value::Integer(0), text("")]]).await.unwrap();
    // A row stands before the one that it refers to.
    let names = ["authority_id", "number", "tbs", "crl", "this_update", "next_update"];
    let crls = loader.table("crls", &columns(&names)).unwrap();
    let row = |number| {
        let (number, nothing) = (Value::Integer(number), Value::Bytes(vec![]));
        vec![id.clone(), number.clone(), nothing, Value::Null, number.clone(), number]
    };
    loader.insert(&crls, &(0..1_234).map(row).collect::<Vec<_>>()).await.unwrap();
    loader.finish().await.unwrap();
}

#[tokio::test]
async fn a_row_that_refers_to_nothing_is_refused_and_nothing_remains() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        filed(house, &browser).await;
        let before = everything(&mut house.app.db.snapshot().await.unwrap()).await;
        let mut loader = house.app.db.loader().await.unwrap();
        let columns = ["authority_id", "number", "tbs", "this_update", "next_update"].map(str::to_owned);
        let crls = loader.table("crls", &columns).unwrap();
        let number = Value::Integer(1);
        let row = vec![Value::Bytes(vec![3; 16]), number.clone(), Value::Bytes(vec![]), number.clone(), number];
        loader.insert(&crls, &[row]).await.unwrap();
        assert!(loader.finish().await.is_err());
        assert_eq!(everything(&mut house.app.db.snapshot().await.unwrap()).await, before);
    })
    .await;
}
