//! The event feed.

use axum::{http::StatusCode, response::Response};
use domain::access::Scope;
use serde_json::{Value, json};
use services::feed::{self, Read, told};

use super::{
    In, Operation, Parameter,
    caller::Caller,
    problem::{Problem, answer},
};

pub(super) const LIST: Operation = Operation {
    method: "GET",
    path: "/api/v1/events",
    id: "listEvents",
    summary: "Events after a place, in their order",
    scope: Some(Scope::EventsRead),
    parameters: &[
        Parameter {
            name: "after",
            place: In::Query,
            required: false,
            schema: r#"{"type":"integer","minimum":0,"default":0}"#,
            words: "The place to read on after: `next` of the answer before; 0 for the beginning.",
        },
        Parameter {
            name: "limit",
            place: In::Query,
            required: false,
            schema: r#"{"type":"integer","minimum":1,"maximum":500,"default":500}"#,
            words: "Most events of the answer.",
        },
    ],
    body: None,
    answers: &[
        (
            200,
            "EventPage",
            "Events; none when there is nothing new. Hashes of first passwords stand in them only for a token that has the scope master-accounts:read besides.",
        ),
        (400, "Problem", "A value that cannot be read."),
        (401, "Problem", "No token that works."),
        (403, "Problem", "A token for other things."),
        (410, "Problem", "What follows the place was removed after 400 days; `after` is where the feed begins by now."),
        (429, "Problem", "Too many tokens that do not work, from one network."),
    ],
};

/// Events after a place.
pub(super) async fn list(caller: Caller) -> Result<Response, Problem> {
    let after: i64 = caller.query("after")?.unwrap_or(0);
    let limit = caller.query("limit")?.unwrap_or(feed::MOST);
    match feed::read(&caller.ctx(), after, limit).await? {
        Read::Page(page) => {
            let events: Vec<Value> = page.events.iter().map(told).collect();
            Ok(answer(StatusCode::OK, &json!({ "events": events, "next": page.next, "more": page.more })))
        }
        Read::Gone(removed) => {
            let detail = format!(
                "{}日を過ぎたイベントは消しました。今の状態を確かめてから、after={removed}から読み直してください。",
                domain::feed::KEPT_DAYS
            );
            Err(Problem::new(StatusCode::GONE, "gone", "もう残っていません", detail).with("after", removed))
        }
    }
}
