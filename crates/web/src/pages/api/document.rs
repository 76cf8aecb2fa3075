//! The document that describes the interface (OpenAPI 3.1), written from the table that makes the routes.

use std::sync::OnceLock;

use axum::{http::StatusCode, response::Response};
use domain::applications::Kind;
use serde_json::{Map, Value, json};

use super::{In, Operation, Parameter, problem::answer, table};

pub(super) const OPERATION: Operation = Operation {
    method: "GET",
    path: "/api/v1/openapi.json",
    id: "getDocument",
    summary: "This document",
    scope: None,
    parameters: &[],
    body: None,
    answers: &[(200, "Document", "The document.")],
};

/// The shapes of what is sent and answered.
const SCHEMAS: &str = include_str!("schemas.json");

static DOCUMENT: OnceLock<Value> = OnceLock::new();

/// The document.
pub(super) async fn show() -> Response {
    answer(StatusCode::OK, DOCUMENT.get_or_init(document))
}

fn document() -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for one in table().operations {
        paths.entry(one.path).or_insert_with(|| json!({}))[one.method.to_lowercase()] = operation(&one);
    }
    let mut schemas: Value = serde_json::from_str(SCHEMAS).unwrap_or_default();
    schemas["ProcedureName"]["enum"] = Kind::ALL.iter().map(|kind| json!(kind.as_str())).collect();
    let bearer = json!({ "type": "http", "scheme": "bearer", "description": "An access token (mdg_…)." });
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Madoguchi",
            "version": "1",
            "summary": "Applications of medical institutions, and events for downstream systems",
        },
        "paths": paths,
        "components": { "schemas": schemas, "securitySchemes": { "token": bearer } },
    })
}

fn operation(one: &Operation) -> Value {
    let mut value = json!({
        "operationId": one.id,
        "summary": one.summary,
        "security": one.scope.map(|scope| vec![json!({ "token": [scope.as_str()] })]).unwrap_or_default(),
        "parameters": one.parameters.iter().map(parameter).collect::<Vec<_>>(),
        "responses": Value::Object(one.answers.iter().map(response).collect()),
    });
    if let Some(name) = one.body {
        value["requestBody"] =
            json!({ "required": true, "content": { "application/json": { "schema": named(name) } } });
    }
    value
}

fn parameter(one: &Parameter) -> Value {
    let place = match one.place {
        In::Path => "path",
        In::Query => "query",
        In::Header => "header",
    };
    let schema: Value = serde_json::from_str(one.schema).unwrap_or_default();
    json!({ "name": one.name, "in": place, "required": one.required, "schema": schema, "description": one.words })
}

fn response((status, schema, words): &(u16, &str, &str)) -> (String, Value) {
    let kind = if *status < 400 { "application/json" } else { "application/problem+json" };
    (status.to_string(), json!({ "description": words, "content": { kind: { "schema": named(schema) } } }))
}

fn named(schema: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{schema}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_by_hand_is_json_and_every_name_is_known() {
        let schemas: Map<String, Value> = serde_json::from_str(SCHEMAS).unwrap();
        for one in table().operations {
            let names = one.answers.iter().map(|(_, name, _)| *name).chain(one.body);
            for name in names {
                assert!(schemas.contains_key(name), "{} {name}", one.path);
            }
            for parameter in one.parameters {
                assert!(serde_json::from_str::<Map<String, Value>>(parameter.schema).is_ok(), "{}", parameter.name);
                assert_eq!(parameter.place == In::Path, one.path.contains(&format!("{{{}}}", parameter.name)));
            }
        }
        let text = document().to_string();
        for name in text.split("#/components/schemas/").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(schemas.contains_key(name), "{name}");
        }
    }
}
