//! `/api/v1`: what machines do with an access token (spec 8.4). One table of operations makes the routes and the document.

mod applications;
mod caller;
mod document;
mod events;
mod problem;
mod shapes;

use axum::{handler::Handler, http::Uri, response::Response, routing::any};
use domain::access::Scope;

use crate::site::{Access, Routes, Site};
use problem::Problem;

/// Where a value of a request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum In {
    Path,
    Query,
    Header,
}

/// A value of a request beside its body.
#[derive(Clone, Copy, Debug)]
struct Parameter {
    name: &'static str,
    place: In,
    required: bool,
    /// A JSON schema.
    schema: &'static str,
    words: &'static str,
}

/// What a machine can do.
#[derive(Clone, Copy, Debug)]
struct Operation {
    method: &'static str,
    path: &'static str,
    id: &'static str,
    summary: &'static str,
    /// What its token must be allowed; none where no token is needed.
    scope: Option<Scope>,
    parameters: &'static [Parameter],
    /// Name of the schema of its body.
    body: Option<&'static str>,
    /// Status, name of the schema, and what it means.
    answers: &'static [(u16, &'static str, &'static str)],
}

/// The table: routes and operations, added together so that neither can be missing.
#[derive(Default)]
struct Api {
    routes: Routes,
    operations: Vec<Operation>,
}

impl Api {
    fn operation<H: Handler<T, Site>, T: 'static>(mut self, operation: Operation, handler: H) -> Self {
        let access = operation.scope.map_or(Access::Public, Access::Token);
        self.routes = match operation.method {
            "GET" => self.routes.get(operation.path, access, handler),
            _ => self.routes.post(operation.path, access, handler),
        };
        self.operations.push(operation);
        self
    }
}

fn table() -> Api {
    Api::default()
        .operation(document::OPERATION, document::show)
        .operation(events::LIST, events::list)
        .operation(applications::PROCEDURES, applications::procedures)
        .operation(applications::LIST, applications::list)
        .operation(applications::BEGIN, applications::begin)
        .operation(applications::FIND, applications::find)
        .operation(applications::ANSWER, applications::answer)
        .operation(applications::SUBMIT, applications::submit)
}

/// The routes of machines; no cookies, no pages around them.
pub(super) fn routes() -> Routes {
    let mut routes = table().routes;
    routes.router = routes.router.route("/api", any(absent)).route("/api/{*rest}", any(absent));
    routes
}

async fn absent(uri: Uri) -> Response {
    axum::response::IntoResponse::into_response(Problem::absent(uri.path()))
}
