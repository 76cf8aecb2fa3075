//! What the two pages of access tokens share: that of administrators and that of owners.

use askama::{Template, filters::HtmlSafe};
use domain::{
    access::Scope,
    calendar::{japanese_date, japanese_datetime, typed_day},
    clock::Timestamp,
};
use services::{
    access::{Wanted, is_alive},
    rows::AccessToken,
};

use crate::{
    site::Posted,
    view::{
        form::{ChoiceView, FieldView, InputView, TextKind, TextView, Width},
        parts::{CopyView, Fact, StateView, Tone},
    },
};

/// A token as a card of the list.
#[derive(Debug, Clone)]
pub(crate) struct TokenLine {
    /// Identifier.
    pub(crate) id: String,
    /// What it is for.
    pub(crate) name: String,
    /// Whether it works.
    pub(crate) state: StateView,
    /// Its facts.
    pub(crate) facts: Vec<Fact>,
    /// Whether it can be taken back.
    pub(crate) alive: bool,
}

/// The list of tokens, with a button to take each back.
#[derive(Debug, Template)]
#[template(path = "components/access_tokens.html")]
pub(crate) struct TokensView {
    /// Where a token is taken back, before its identifier.
    pub(crate) action: &'static str,
    /// Token of the form.
    pub(crate) csrf: String,
    /// Whether the reader may take one back.
    pub(crate) manages: bool,
    /// The tokens, newest first.
    pub(crate) tokens: Vec<TokenLine>,
}

// Its own template escaped it.
impl HtmlSafe for TokensView {}

/// The tokens as cards.
pub(crate) fn lines(tokens: &[AccessToken], now: Timestamp) -> Vec<TokenLine> {
    tokens.iter().map(|token| line(token, now)).collect()
}

fn line(token: &AccessToken, now: Timestamp) -> TokenLine {
    let scopes: Vec<&str> = Scope::split(&token.scopes).iter().map(|scope| scope.label()).collect();
    let never = || "まだ使われていません".to_owned();
    TokenLine {
        id: token.id.to_string(),
        name: token.name.clone(),
        state: state(token, now),
        facts: vec![
            Fact::new("できること", scopes.join("・")),
            Fact::code("トークンの先頭", format!("{}…", token.hint)),
            Fact::new("作った人", format!("{}（{}）", token.account_name, japanese_date(token.created_at.date()))),
            Fact::new("最後の日", end(token)),
            Fact::new("最後に使われた日時", token.used_at.map_or_else(never, japanese_datetime)),
        ],
        alive: is_alive(token, now),
    }
}

/// A token that a restore ended has no day.
fn end(token: &AccessToken) -> String {
    if token.ends_at < token.created_at {
        "復元のときに終了".to_owned()
    } else {
        japanese_date(token.ends_at.date())
    }
}

fn state(token: &AccessToken, now: Timestamp) -> StateView {
    match token.revoked_at {
        Some(_) => StateView::new(Tone::Stopped, "取消し済み"),
        None if is_alive(token, now) => StateView::new(Tone::Done, "使えます"),
        None => StateView::new(Tone::Stopped, "期限切れ"),
    }
}

/// The fields of the form for a new token.
pub(crate) fn fields(posted: &Posted, offered: &[Scope]) -> Vec<FieldView> {
    let chosen = |scope: &Scope| posted.all("scopes").any(|word| word == scope.as_str());
    let choice =
        |scope: &Scope| ChoiceView { selected: chosen(scope), ..ChoiceView::new(scope.as_str(), scope.label()) };
    let text = |kind, key: &str| InputView::Text(TextView::of(kind, posted.get(key), ""));
    let day = TextView { width: Width::Short, ..TextView::of(TextKind::Date, posted.get("last_day"), "") };
    let password = TextView::of(TextKind::Password, "", "current-password");
    vec![
        FieldView::new("name", "名前", text(TextKind::Text, "name"))
            .required()
            .with_help("どのシステムに渡すものか、あとで分かる名前です。例：レセプトコンピューター"),
        FieldView::new("scopes", "できること", InputView::Checks { choices: offered.iter().map(choice).collect() })
            .required(),
        FieldView::new("last_day", "最後の日", InputView::Text(day))
            .required()
            .with_help("この日の終わりに使えなくなります。2年後までの日を選べます。"),
        FieldView::new("current", "今のパスワード", InputView::Text(password))
            .required()
            .with_help("ご本人であることを確かめます。"),
    ]
}

/// What was typed.
pub(crate) fn wanted(posted: &Posted) -> Wanted {
    Wanted {
        name: posted.get("name").to_owned(),
        scopes: posted.all("scopes").map(str::to_owned).collect(),
        last_day: typed_day(posted.get("last_day")),
        current: posted.get("current").to_owned(),
    }
}

/// A secret that is shown this once.
pub(crate) fn shown_once(label: &str, secret: &str) -> CopyView {
    CopyView::new(label, secret, vec![secret])
}
