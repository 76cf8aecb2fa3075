//! Access tokens that work, ended and were taken back; none; and a secret that is shown this once.

use askama::Template;

use super::{office, show};
use crate::pages::tokens::{TokenLine, TokensView, shown_once};
use crate::view::frame::Frame;
use crate::view::parts::{CopyView, Fact, StateView, Tone};

#[derive(Template)]
#[template(path = "gallery/machines.html")]
struct Machines {
    frame: Frame,
    tokens: TokensView,
    none: TokensView,
    secret: CopyView,
}

fn line(name: &str, state: StateView, alive: bool) -> TokenLine {
    let facts = vec![
        Fact::new("できること", "申請・届出を見る・申請・届出を作り、送信する"),
        Fact::code("トークンの先頭", "mdg_Ab3dEf…"),
        Fact::new("作った人", "山田 花子（2026年5月20日（水））"),
        Fact::new("最後の日", "2027年5月20日（木）"),
        Fact::new("最後に使われた日時", "まだ使われていません"),
    ];
    TokenLine { id: "1".into(), name: name.into(), state, facts, alive }
}

fn view(tokens: Vec<TokenLine>) -> TokensView {
    TokensView { action: "/office/access-tokens", csrf: "token".into(), manages: true, tokens }
}

#[test]
fn tokens_of_machines_and_a_secret_that_is_shown_once() {
    let tokens = vec![
        line("レセプトコンピューター", StateView::new(Tone::Done, "使えます"), true),
        line("以前のシステム", StateView::new(Tone::Stopped, "取消し済み"), false),
        line("試験", StateView::new(Tone::Stopped, "期限切れ"), false),
    ];
    let secret = shown_once("アクセストークン", "mdg_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    show(
        "machines",
        &Machines {
            frame: office::frame("アクセストークン"), tokens: view(tokens), none: view(vec![]), secret
        },
    );
}
