//! Slips in forms outside procedures: each stands at its field, all stand in the summary.

use domain::forms::Finding;

use crate::view::form::{ErrorSummary, FieldError, FieldView};

/// The fields with their slips, and the summary in the order of the page.
///
/// A slip of a field that the form does not have is one of the whole form and comes first.
pub fn with_slips(mut fields: Vec<FieldView>, slips: &[Finding]) -> (Vec<FieldView>, ErrorSummary) {
    let mut placed: Vec<(Option<usize>, FieldError)> = vec![];
    for slip in slips {
        let place = fields.iter().position(|field| field.key == slip.field);
        let field = place.and_then(|place| fields.get_mut(place));
        let key = field.as_ref().map(|field| field.key.clone()).unwrap_or_default();
        if let Some(field) = field {
            field.error = Some(slip.message.clone());
        }
        placed.push((place, FieldError { key, message: slip.message.clone() }));
    }
    placed.sort_by_key(|(place, _)| *place);
    (fields, ErrorSummary { errors: placed.into_iter().map(|(_, error)| error).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::form::InputView;

    fn slip(field: &str, message: &str) -> Finding {
        Finding { field: field.to_owned(), message: message.to_owned() }
    }

    #[test]
    fn slips_stand_at_their_fields_and_in_the_order_of_the_page() {
        let fields = ["email", "password"].map(|key| FieldView::new(key, key, InputView::default())).to_vec();
        let slips = [slip("password", "短い"), slip("email", "空"), slip("", "全体")];
        let (fields, summary) = with_slips(fields, &slips);
        assert_eq!(fields[0].error.as_deref(), Some("空"));
        assert_eq!(fields[1].error.as_deref(), Some("短い"));
        let keys: Vec<&str> = summary.errors.iter().map(|error| error.key.as_str()).collect();
        assert_eq!(keys, ["", "email", "password"]);
    }
}
