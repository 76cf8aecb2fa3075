//! Before the first question: which procedures, and what lies on paper already.

use askama::Template;
use axum::response::{IntoResponse, Response};
use domain::{
    applications::Kind,
    calendar::japanese_datetime,
    forms::Finding,
    interview::{ORDER, PAPER_FILED},
};
use services::interview::{self, Outlook};

use super::{ADDRESS, address};
use crate::{
    site::{Failure, Html, Posted, Visit, see_other, with_slips},
    view::{
        form::{ChoiceView, ErrorSummary, FieldView, InputView},
        frame::{Frame, Link},
    },
};

const KINDS: &str = "kinds";

#[derive(Template)]
#[template(path = "interview/start.html")]
struct StartPage {
    frame: Frame,
    errors: ErrorSummary,
    fields: Vec<FieldView>,
    begun: Option<Begun>,
    /// Procedures that were filed already, in words.
    filed: Vec<&'static str>,
    sent: bool,
    /// Why nothing can be filed here, in a sentence; empty while something can.
    nothing: &'static str,
}

/// An interview that waits.
struct Begun {
    kinds: String,
    place: &'static str,
    written: String,
}

/// What was chosen on the page.
struct Chosen {
    kinds: Vec<Kind>,
    paper: String,
}

impl Chosen {
    fn read(posted: &Posted, open: &[Kind]) -> Self {
        let kinds = posted.all(KINDS).filter_map(|kind| kind.parse().ok()).filter(|kind| open.contains(kind));
        Self { kinds: kinds.collect(), paper: posted.get(PAPER_FILED).to_owned() }
    }

    fn claims_on_paper(&self) -> bool {
        self.paper == "yes"
    }

    fn slips(&self) -> Vec<Finding> {
        let slip = |field: &str, message: &str| Finding { field: field.to_owned(), message: message.to_owned() };
        let claims = self.kinds.contains(&Kind::Claims);
        let mut slips = vec![];
        if self.kinds.iter().all(|kind| *kind == Kind::Claims && self.claims_on_paper()) {
            slips.push(slip(KINDS, "まとめて行う手続を、1つ以上選んでください。"));
        }
        if claims && !["no", "yes"].contains(&self.paper.as_str()) {
            slips.push(slip(PAPER_FILED, "オンライン請求の届出を紙で送ったことがあるかどうかを、選んでください。"));
        }
        slips
    }

    fn fields(&self, open: &[Kind]) -> Vec<FieldView> {
        let kind = |kind: &Kind| ChoiceView {
            selected: self.kinds.contains(kind),
            ..ChoiceView::new(kind.as_str(), kind.label())
        };
        let said =
            |value: &str, label: &str| ChoiceView { selected: self.paper == value, ..ChoiceView::new(value, label) };
        let choices = vec![said("no", "いいえ、はじめて届け出ます"), said("yes", "はい、すでに紙で届け出ました")];
        let kinds = InputView::Checks { choices: open.iter().map(kind).collect() };
        let kinds = FieldView::new(KINDS, "まとめて行う手続", kinds)
            .required()
            .with_help("しない手続があれば、チェックを外してください。後から別に申請することもできます。");
        let paper = FieldView::new(
            PAPER_FILED,
            "オンライン請求の届出を、紙で送ったことがありますか",
            InputView::Radio { choices },
        )
        .required()
        .with_help("紙で届け出たときは、ここで届け出る必要はありません。ほかの手続だけをまとめます。");
        if open.contains(&Kind::Claims) { vec![kinds, paper] } else { vec![kinds] }
    }
}

fn page(visit: &Visit, outlook: &Outlook, chosen: &Chosen, slips: &[Finding]) -> StartPage {
    let open = &outlook.open;
    let begun = outlook.begun.as_ref().map(|(kinds, place, at)| Begun {
        kinds: kinds.iter().map(|kind| kind.label()).collect::<Vec<_>>().join("、"),
        place: super::name(*place),
        written: japanese_datetime(*at),
    });
    let (fields, errors) = with_slips(chosen.fields(open), slips);
    let frame = visit.frame("まとめて申請する");
    StartPage {
        frame: Frame { breadcrumb: vec![Link::new("ホーム", "/")], has_errors: !slips.is_empty(), ..frame },
        errors,
        fields,
        begun,
        filed: ORDER.into_iter().filter(|kind| !open.contains(kind)).map(Kind::label).collect(),
        sent: outlook.sent,
        nothing: match outlook.over {
            Some(over) => over.sentence(),
            None if open.is_empty() => "まとめて申請できる手続は、すべて送信されています。",
            None => "",
        },
    }
}

/// Shows what can be filed together, and the interview that waits.
pub(super) async fn show(visit: Visit) -> Result<Response, Failure> {
    visit.member()?;
    let outlook = interview::outlook(&visit.ctx()).await?;
    let chosen = Chosen { kinds: outlook.open.clone(), paper: String::new() };
    Ok(Html(page(&visit, &outlook, &chosen, &[])).into_response())
}

/// Begins, or says what is missing.
pub(super) async fn begin(visit: Visit, posted: Posted) -> Result<Response, Failure> {
    visit.member()?;
    let outlook = interview::outlook(&visit.ctx()).await?;
    if outlook.open.is_empty() {
        return Ok(see_other(ADDRESS));
    }
    let chosen = Chosen::read(&posted, &outlook.open);
    let slips = chosen.slips();
    if !slips.is_empty() {
        return Ok(Html(page(&visit, &outlook, &chosen, &slips)).with_faults());
    }
    let first = interview::begin(&visit.ctx(), &chosen.kinds, chosen.claims_on_paper()).await?;
    Ok(see_other(&format!("{ADDRESS}/{first}")))
}

/// Goes on where the person stopped.
pub(super) async fn go_on(visit: Visit) -> Result<Response, Failure> {
    visit.member()?;
    let state = interview::state(&visit.ctx()).await?;
    Ok(see_other(&state.map_or_else(|| ADDRESS.to_owned(), |state| address(state.place))))
}
