//! The document of `/api/v1`: it names the routes that there are, and the shapes that they answer.

use std::collections::BTreeSet;

use domain::permissions::Role;
use serde_json::{Value, json};
use web::Access;

use crate::{
    browser::Browser,
    machines::{BOTH, Machine, OWN, made},
    steps::{accepted, clinic, filed, staff},
    support::on_sqlite,
};

/// What of a value its schema does not know, or lacks.
fn unlike(value: &Value, schema: &Value, schemas: &Value, place: &str, found: &mut Vec<String>) {
    let schema = match schema["$ref"].as_str() {
        Some(name) => &schemas[name.rsplit('/').next().unwrap()],
        None => schema,
    };
    match value {
        Value::Object(members) if schema["properties"].is_object() => {
            let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
            found.extend(required.filter(|key| !members.contains_key(*key)).map(|key| format!("{place}: no {key}")));
            for (key, value) in members {
                match schema["properties"].get(key) {
                    Some(schema) => unlike(value, schema, schemas, &format!("{place}.{key}"), found),
                    None => found.push(format!("{place}: {key} is not described")),
                }
            }
        }
        Value::Array(items) => {
            items.iter().for_each(|item| unlike(item, &schema["items"], schemas, &format!("{place}[]"), found));
        }
        _ => {}
    }
}

/// Method, path and scope of every operation of the document.
fn described(document: &Value) -> BTreeSet<(String, String, String)> {
    let mut found = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let scope = operation["security"][0]["token"][0].as_str().unwrap_or("").to_owned();
            found.insert((method.to_uppercase(), path.clone(), scope));
        }
    }
    found
}

/// The same of the routes.
fn built() -> BTreeSet<(String, String, String)> {
    let scope = |access| match access {
        Access::Token(scope) => scope.as_str().to_owned(),
        _ => String::new(),
    };
    let routes = web::routes(false).into_iter().filter(|route| route.path.starts_with("/api/"));
    routes.map(|route| (route.method.to_owned(), route.path.to_owned(), scope(route.access))).collect()
}

#[tokio::test]
async fn the_document_describes_exactly_the_routes_and_what_they_answer() {
    on_sqlite(async |house| {
        let document = Browser::visitor(house).get("/api/v1/openapi.json").await;
        assert!(document.header("content-type").starts_with("application/json"));
        let document: Value = serde_json::from_str(&document.body).unwrap();
        assert_eq!(document["openapi"], "3.1.0");
        assert_eq!(described(&document), built());
        let (_, owner) = clinic(house, "1330100016").await;
        accepted(house, &filed(house, &owner).await).await;
        let machine = Machine::with(house, &made(&owner, OWN, &BOTH).await);
        let admin = staff(house, Role::Administrator).await;
        let feed = Machine::with(house, &made(&admin, "/office/access-tokens", &["events:read"]).await);
        let list = machine.get("/api/v1/applications").await.ok();
        let one = machine
            .get(&format!("/api/v1/applications/{}", list["applications"][0]["id"].as_str().unwrap()))
            .await
            .ok();
        let kept = machine.post("/api/v1/applications", "", &json!({ "procedure": "claims" })).await.ok();
        let problem = machine.get("/api/v1/events").await.body;
        let answers = [
            ("EventPage", feed.get("/api/v1/events").await.ok()),
            ("ProcedureList", machine.get("/api/v1/procedures").await.ok()),
            ("ApplicationPage", list),
            ("Application", one),
            ("Kept", kept),
            ("Problem", problem),
        ];
        let schemas = &document["components"]["schemas"];
        let mut found = vec![];
        for (name, answer) in &answers {
            unlike(answer, &schemas[*name], schemas, name, &mut found);
        }
        assert_eq!(found, [""; 0]);
    })
    .await;
}
