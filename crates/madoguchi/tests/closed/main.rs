//! The closed network's listener, over TLS and with programs from outside: the commands of docs/operate/est.md, and the
//! client for terminals.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a story that cannot go on has failed")]

#[expect(dead_code, reason = "the stories of the pages use the rest of it")]
#[path = "../../../../tests/tests/app/browser.rs"]
mod browser;
mod client;
mod counter;
mod documented;
#[path = "../../../../tests/tests/app/forger.rs"]
mod forger;
mod listener;
#[expect(dead_code, reason = "stories do not wait for half of a term")]
#[path = "../../src/own_tls.rs"]
mod own_tls;
mod refusals;
#[expect(dead_code, reason = "the stories of the pages use the rest of it")]
#[path = "../../../../tests/tests/app/steps.rs"]
mod steps;
#[expect(dead_code, reason = "other stories use the rest of it")]
#[path = "../../../services/tests/support/mod.rs"]
mod support;
#[path = "../../src/tls.rs"]
mod tls;
