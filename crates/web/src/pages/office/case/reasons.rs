//! Asking for corrections and refusing: reasons beside what was sent, canned or in one's own words.
//!
//! A field has a list of canned texts (`canned-<key>`) and a text of one's own (`words-<key>`); both together are the
//! reason. The general reason has the key `general` here and the empty key in the case.

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::{IntoResponse, Response},
};
use domain::{accounts::clean_text, applications::ReadingLine, forms::Finding};
use services::applications::{self, CaseView, Decision};

use super::{page::label, parts, settle, standing::Standing, target};
use crate::{
    pages::office::links::entry_of,
    site::{Failure, Html, Posted, Visit, see_other},
    view::{
        form::{ChoiceView, ErrorSummary, FieldError},
        frame::{Frame, Link},
    },
};

/// Longest reason in characters.
const LONGEST: usize = 500;
/// Stands for the empty key in names of inputs.
const GENERAL: &str = "general";

#[derive(Template)]
#[template(path = "office/reasons.html")]
struct ReasonsPage {
    frame: Frame,
    errors: ErrorSummary,
    action: String,
    back: String,
    version: i64,
    queue: String,
    fields: Vec<Asked>,
    lead: &'static str,
    before: &'static str,
    button: &'static str,
    rejects: bool,
}

/// A field about which a reason may be given.
struct Asked {
    key: String,
    label: String,
    value: String,
    remarks: Vec<String>,
    canned: Vec<ChoiceView>,
    words: String,
    error: Option<String>,
}

/// Which of the two decisions.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Act {
    Return,
    Reject,
}

/// The page that asks for reasons of corrections.
pub(in crate::pages::office) async fn ask_return(
    visit: Visit,
    Path(name): Path<String>,
    Query(from): Query<super::Said>,
) -> Result<Response, Failure> {
    ask(&visit, &name, &from.queue, Act::Return).await
}

/// The page that asks for the reason of a refusal.
pub(in crate::pages::office) async fn ask_reject(
    visit: Visit,
    Path(name): Path<String>,
    Query(from): Query<super::Said>,
) -> Result<Response, Failure> {
    ask(&visit, &name, &from.queue, Act::Reject).await
}

async fn ask(visit: &Visit, name: &str, queue: &str, act: Act) -> Result<Response, Failure> {
    parts::insist(visit, &super::DECIDE)?;
    let view = applications::case(&visit.ctx(), parts::id(name)?).await?;
    if !Standing::of(visit, &view).decides() {
        return Ok(see_other(&super::back(view.case.id, queue)));
    }
    let nothing = Posted::default();
    Ok(Html(page(visit, &view, act, &nothing, (view.case.version, queue), &[])).into_response())
}

/// Asks the applicant to correct fields.
pub(in crate::pages::office) async fn return_for_correction(
    visit: Visit,
    Path(name): Path<String>,
    posted: Posted,
) -> Result<Response, Failure> {
    let (id, version) = target(&visit, &name, &posted)?;
    let (reasons, slips) = typed(&visit, &posted);
    if !slips.is_empty() {
        return again(&visit, &name, Act::Return, &posted, &slips).await;
    }
    let outcome = applications::return_for_correction(&visit.ctx(), id, version, &reasons).await;
    if matches!(outcome, Ok(Decision::ReasonMissing)) {
        let slip = slip("general", "直していただく項目の理由を、1つ以上選ぶか入力してください。");
        return again(&visit, &name, Act::Return, &posted, &[slip]).await;
    }
    let words: Vec<String> = reasons.into_iter().map(|(_, words)| words).collect();
    settle(&visit, id, outcome, ("return", posted.get("queue")), &words).await
}

/// Refuses the case.
pub(in crate::pages::office) async fn reject(
    visit: Visit,
    Path(name): Path<String>,
    posted: Posted,
) -> Result<Response, Failure> {
    let (id, version) = target(&visit, &name, &posted)?;
    let (reasons, slips) = typed(&visit, &posted);
    if !slips.is_empty() {
        return again(&visit, &name, Act::Reject, &posted, &slips).await;
    }
    let reason = reasons.into_iter().next().map(|(_, words)| words).unwrap_or_default();
    let outcome = applications::reject(&visit.ctx(), id, version, &reason).await;
    if matches!(outcome, Ok(Decision::ReasonMissing)) {
        let slip = slip("general", "却下の理由を選ぶか、入力してください。");
        return again(&visit, &name, Act::Reject, &posted, &[slip]).await;
    }
    settle(&visit, id, outcome, ("reject", posted.get("queue")), &[reason]).await
}

fn slip(key: &str, message: impl Into<String>) -> Finding {
    Finding { field: key.to_owned(), message: message.into() }
}

/// Reasons by field key, and what is wrong with one's own words.
fn typed(visit: &Visit, posted: &Posted) -> (Vec<(String, String)>, Vec<Finding>) {
    let (mut reasons, mut slips) = (vec![], vec![]);
    for (name, own) in posted.fields() {
        let Some(key) = name.strip_prefix("words-") else { continue };
        let reason = match clean_text(own, LONGEST) {
            Ok(own) => joined(&canned_text(visit, posted.get(&format!("canned-{key}"))), &own),
            Err(fault) => {
                slips.push(slip(key, format!("理由の文章：{fault}")));
                continue;
            }
        };
        if reason.chars().count() > LONGEST {
            slips.push(slip(key, format!("理由は、選んだ文と合わせて{LONGEST}文字までにしてください。")));
        } else if !reason.is_empty() {
            reasons.push((if key == GENERAL { String::new() } else { key.to_owned() }, reason));
        }
    }
    (reasons, slips)
}

fn joined(canned: &str, own: &str) -> String {
    let parts: Vec<&str> = [canned, own].into_iter().filter(|part| !part.is_empty()).collect();
    parts.join("\n")
}

fn canned_text(visit: &Visit, value: &str) -> String {
    let lists = visit.site.app.reference().lists;
    let found = lists.entry("return_reasons", value).or_else(|| lists.entry("rejection_reasons", value));
    found.map(|entry| entry.label.clone()).unwrap_or_default()
}

/// The page with everything typed and what is wrong.
async fn again(visit: &Visit, name: &str, act: Act, posted: &Posted, slips: &[Finding]) -> Result<Response, Failure> {
    let view = applications::case(&visit.ctx(), parts::id(name)?).await?;
    let version = posted.number("version").unwrap_or(-1);
    Ok(Html(page(visit, &view, act, posted, (version, posted.get("queue")), slips)).with_faults())
}

fn page(
    visit: &Visit,
    view: &CaseView,
    act: Act,
    posted: &Posted,
    (version, queue): (i64, &str),
    slips: &[Finding],
) -> ReasonsPage {
    let (word, path) =
        if act == Act::Return { ("補正を依頼する", "return") } else { ("却下する", "reject") };
    let back = super::back(view.case.id, queue);
    let mut frame = visit.office_frame(word, &entry_of(view.case.kind));
    let reference = view.case.reference.clone().unwrap_or_default();
    frame.breadcrumb.push(Link::new(format!("{reference}　{}", view.institution.name), &back));
    frame.has_errors = !slips.is_empty();
    let error = |slip: &Finding| FieldError { key: format!("words-{}", slip.field), message: slip.message.clone() };
    ReasonsPage {
        frame,
        errors: ErrorSummary { errors: slips.iter().map(error).collect() },
        action: format!("/office/applications/{}/{path}", view.case.id),
        queue: queue.to_owned(),
        fields: asked(visit, view, act, posted, slips),
        back,
        version,
        lead: match act {
            Act::Return => "直していただく項目にだけ、理由を付けてください。申請者は、理由を付けた項目だけを直せます。",
            Act::Reject => {
                "却下すると、この申請は終わり、元に戻せません。直せば受け付けられるときは、補正を依頼してください。"
            }
        },
        before: match act {
            Act::Return => "申請者に理由をメールで知らせます。補正されると、この申請はもう一度審査待ちになります。",
            Act::Reject => "申請者に理由をメールで知らせます。申請者は、新しく申請できます。",
        },
        button: if act == Act::Return { "この内容で補正を依頼する" } else { "この理由で却下する" },
        rejects: act == Act::Reject,
    }
}

fn asked(visit: &Visit, view: &CaseView, act: Act, posted: &Posted, slips: &[Finding]) -> Vec<Asked> {
    let lists = visit.site.app.reference().lists;
    let group = view.case.kind.as_str();
    let one = |key: &str, line: Option<&ReadingLine>| {
        let list = if act == Act::Return { "return_reasons" } else { "rejection_reasons" };
        let field = if key == GENERAL { "" } else { key };
        let fits = |entry: &&domain::applications::Entry| {
            [group, "all"].contains(&entry.group.as_str()) && entry.field == field
        };
        let chosen = posted.get(&format!("canned-{key}"));
        let choice = |entry: &domain::applications::Entry| ChoiceView {
            selected: entry.value == chosen,
            ..ChoiceView::new(&entry.value, &entry.label)
        };
        let choices: Vec<ChoiceView> = lists.entries(list).iter().filter(fits).map(choice).collect();
        let remark = |(of, words): &(String, String)| (of == field).then(|| words.clone());
        Asked {
            key: key.to_owned(),
            label: if key == GENERAL { general(act).to_owned() } else { label(view, key) },
            value: line.map(|line| line.value.clone()).unwrap_or_default(),
            remarks: view.case.remarks.iter().filter_map(remark).collect(),
            canned: choices,
            words: posted.get(&format!("words-{key}")).to_owned(),
            error: slips.iter().find(|slip| slip.field == key).map(|slip| slip.message.clone()),
        }
    };
    let lines = view.reading.iter().flat_map(|(_, lines)| lines).filter(|_| act == Act::Return);
    let fields = lines
        .map(|line| (line, one(&line.key, Some(line))))
        .filter(|(line, asked)| !line.shown || !asked.canned.is_empty());
    fields.map(|(_, asked)| asked).chain(std::iter::once(one(GENERAL, None))).collect()
}

const fn general(act: Act) -> &'static str {
    match act {
        Act::Return => "申請の全体について",
        Act::Reject => "却下の理由",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_canned_text_and_own_words_are_one_reason() {
        assert_eq!(joined("定型の文。", "補足です。"), "定型の文。\n補足です。");
        assert_eq!(joined("", "補足です。"), "補足です。");
        assert_eq!(joined("定型の文。", ""), "定型の文。");
        assert_eq!(joined("", ""), "");
    }
}
