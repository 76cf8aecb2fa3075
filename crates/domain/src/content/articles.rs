//! The life of an article: written, reviewed, published, taken out of sight, while each saved version is kept.

use crate::words::words;

words! {
    /// What an article is.
    ArticleKind {
        /// Explains something as a whole.
        Article = "article", "解説";
        /// Answers one question.
        Faq = "faq", "よくある質問";
    }
}

words! {
    /// What readers see of an article.
    Public {
        /// It was never published.
        Unpublished = "unpublished", "未公開";
        /// Everyone reads the published version, whatever is written meanwhile.
        Published = "published", "公開中";
        /// It was taken out of sight; its address says so.
        Archived = "archived", "公開終了";
    }
}

words! {
    /// What is being done on the newest version.
    Work {
        /// Nothing: it is published, or it was dropped.
        None = "none", "なし";
        /// It is being written.
        Draft = "draft", "下書き";
        /// It waits for somebody to read it before it is published.
        InReview = "in_review", "確認待ち";
    }
}

/// What people do with an article.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Save a new version, or restore an older one as a new draft.
    Save,
    /// Ask for a review.
    Submit,
    /// Send the draft back to be written on, or take one's own request back.
    SendBack,
    /// Show the newest version to readers.
    Publish,
    /// Take the article out of sight.
    Archive,
}

impl Step {
    /// Every step.
    pub const ALL: [Self; 5] = [Self::Save, Self::Submit, Self::SendBack, Self::Publish, Self::Archive];
}

/// Where an article stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Life {
    /// What readers see.
    pub public: Public,
    /// What is being done on the newest version.
    pub work: Work,
}

impl Life {
    /// A new article.
    pub const NEW: Self = Self { public: Public::Unpublished, work: Work::Draft };

    /// Where a step leads; none when it cannot be done. With `reviewed`, nothing is published that nobody reviewed.
    pub const fn after(self, step: Step, reviewed: bool) -> Option<Self> {
        match (step, self.work, self.public) {
            (Step::Save, ..) => Some(Self { work: Work::Draft, ..self }),
            (Step::Submit, Work::Draft, _) => Some(Self { work: Work::InReview, ..self }),
            (Step::SendBack, Work::InReview, _) => Some(Self { work: Work::Draft, ..self }),
            (Step::Publish, Work::InReview, _) => Some(Self { public: Public::Published, work: Work::None }),
            (Step::Publish, Work::Draft, _) if !reviewed => Some(Self { public: Public::Published, work: Work::None }),
            (Step::Archive, _, Public::Published) => Some(Self { public: Public::Archived, ..self }),
            _ => None,
        }
    }
}

/// Whether a name can stand in an address: small letters, digits and single hyphens, 3 to 60 characters, not a number of
/// the portal.
pub fn is_slug(text: &str) -> bool {
    let fits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    (3..=60).contains(&text.len()) && text.split('-').all(fits) && !text.starts_with("kb0")
}

/// The number of the n-th article that was written in the portal, such as `KB0030001`.
pub fn article_number(count: i64) -> String {
    format!("KB{:07}", 30_000 + count)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every_life() -> impl Iterator<Item = Life> {
        Public::ALL.iter().flat_map(|public| Work::ALL.iter().map(|work| Life { public: *public, work: *work }))
    }

    #[test]
    fn nothing_is_published_unread_where_a_second_person_is_asked() {
        for life in every_life() {
            let published = life.after(Step::Publish, true);
            assert_eq!(published.is_some(), life.work == Work::InReview, "{life:?}");
            assert_eq!(life.after(Step::Publish, false).is_some(), life.work != Work::None, "{life:?}");
        }
    }

    #[test]
    fn only_publishing_and_archiving_change_what_readers_see() {
        for (life, step) in every_life().flat_map(|life| Step::ALL.map(|step| (life, step))) {
            let Some(next) = life.after(step, false) else { continue };
            let changes = matches!(step, Step::Publish | Step::Archive);
            assert_eq!(
                next.public != life.public || life.public == Public::Published && step == Step::Publish,
                changes,
                "{life:?} {step:?}"
            );
        }
    }

    #[test]
    fn whatever_was_written_can_be_written_on() {
        for life in every_life() {
            assert_eq!(life.after(Step::Save, true).map(|life| life.work), Some(Work::Draft));
        }
        assert_eq!(Life::NEW.after(Step::Archive, false), None, "what nobody reads cannot be taken away");
    }

    #[test]
    fn a_name_in_an_address_is_short_and_plain() {
        for good in ["letter-lost", "abc", "a1-b2", &"a".repeat(60)] {
            assert!(is_slug(good), "{good}");
        }
        for odd in
            ["", "ab", "-abc", "abc-", "a--b", "Abc", "a_b", "あいう", "a b", "kb0030001", "../x", &"a".repeat(61)]
        {
            assert!(!is_slug(odd), "{odd}");
        }
        assert_eq!(article_number(1), "KB0030001");
        assert_eq!(article_number(9_970_000), "KB10000000");
    }
}
