//! The page of a short form: some sentences, the fields, one button.

use std::mem::take;

use askama::Template;
use axum::response::Response;
use domain::forms::Finding;
use services::accounts::membership::AcceptForm;

use crate::{
    site::{Html, Posted, Visit, with_slips},
    view::{
        form::{ErrorSummary, FieldView, InputView, TextKind, TextView},
        frame::{Frame, Link},
        parts::StepsView,
    },
};

/// The page of a short form.
#[derive(Debug, Default, Template)]
#[template(path = "accounts/form.html")]
pub(super) struct FormPage {
    /// The frame.
    pub(super) frame: Frame,
    /// Where the form stands in a longer way; none for a form of its own.
    pub(super) steps: Option<StepsView>,
    /// Sentences above the form.
    pub(super) lead: Vec<String>,
    /// What is wrong.
    pub(super) errors: ErrorSummary,
    /// Where the form is sent.
    pub(super) action: String,
    /// The fields.
    pub(super) fields: Vec<FieldView>,
    /// What is sent along unseen.
    pub(super) hidden: Vec<(&'static str, String)>,
    /// Address of the account, for the browser's password manager; empty for none.
    pub(super) username: String,
    /// What happens next.
    pub(super) before: String,
    /// Words of the button.
    pub(super) button: &'static str,
    /// The way back.
    pub(super) back: Option<Link>,
    /// Where else a person in trouble may go.
    pub(super) links: Vec<Link>,
}

impl FormPage {
    /// The page with what makes an account of a person who comes by a link of their own: a name and a first password.
    pub(super) fn with_account(self, typed: &str, username: &str) -> Self {
        let first = |field: FieldView| FieldView { label: field.label.replace("新しい", ""), ..field };
        let fields = std::iter::once(name(typed)).chain(new_password().map(first)).collect();
        Self { fields, username: username.to_owned(), ..self }
    }

    /// The page with what is wrong, as an answer to the form.
    pub(super) fn refused(mut self, slips: &[Finding]) -> Response {
        let (fields, errors) = with_slips(take(&mut self.fields), slips);
        self.fields = fields;
        self.errors = errors;
        self.frame.has_errors = true;
        Html(self).with_faults()
    }
}

/// What a person sent who comes by a link of their own.
pub(super) fn account_form(visit: &Visit, posted: &Posted) -> AcceptForm {
    AcceptForm {
        name: posted.get("name").to_owned(),
        password: posted.get("password").to_owned(),
        password_again: posted.get("password_again").to_owned(),
        device: visit.device.clone(),
    }
}

/// A sentence about a field; an empty key for the whole form.
pub(super) fn slip(field: &str, message: impl Into<String>) -> Finding {
    Finding { field: field.to_owned(), message: message.into() }
}

/// The field for a mail address.
pub(super) fn email(typed: &str) -> FieldView {
    FieldView::new("email", "メールアドレス", InputView::Text(TextView::of(TextKind::Email, typed, "email"))).required()
}

/// The field for the name of a person.
pub(super) fn name(typed: &str) -> FieldView {
    FieldView::new("name", "お名前", InputView::Text(TextView::of(TextKind::Text, typed, "name")))
        .required()
        .with_help("申請した方のお名前として、画面やメールに表示します。")
}

/// A field for a password that is known.
pub(super) fn known_password(key: &str, label: &str) -> FieldView {
    FieldView::new(key, label, InputView::Text(TextView::of(TextKind::Password, "", "current-password"))).required()
}

/// The two fields for a new password.
pub(super) fn new_password() -> [FieldView; 2] {
    let input = || InputView::Text(TextView::of(TextKind::Password, "", "new-password"));
    [
        FieldView::new("password", "新しいパスワード", input())
            .required()
            .with_help("12文字以上です。いくつかの言葉をつなげた文でもかまいません。")
            .with_help("よく使われるパスワードや、メールアドレス、医療機関等コードを含むものは使えません。"),
        FieldView::new("password_again", "新しいパスワード（確認のためもう一度）", input()).required(),
    ]
}

/// Says at a password field that it must be typed again, unless something is wrong with it anyway.
pub(super) fn again_please(mut fields: Vec<FieldView>, slips: &[Finding]) -> Vec<FieldView> {
    let wrong = slips.iter().any(|slip| slip.field.starts_with("password"));
    if let Some(field) = fields.iter_mut().find(|field| field.key == "password" && !wrong) {
        field.warning = Some("安全のため、パスワードは2つとも、もう一度入力してください。".to_owned());
    }
    fields
}
