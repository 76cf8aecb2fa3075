//! The steps that bring the tables up to date, embedded in the program.

use sqlx::{
    SqlSafeStr,
    migrate::{Migration, MigrationType, Migrator},
};

/// One step for both engines: number, name, and the file of that name in each folder.
macro_rules! steps {
    ($folder:literal: $($number:literal $name:literal $file:literal),* $(,)?) => {
        Migrator::with_migrations(vec![$(Migration::new(
            $number,
            $name.into(),
            MigrationType::Simple,
            include_str!(concat!("../migrations/", $folder, "/", $file)).into_sql_str(),
            false,
        )),*])
    };
}

/// The steps of the embedded engine.
pub(crate) fn sqlite() -> Migrator {
    steps!("sqlite":
        1 "foundation" "0001_foundation.sql",
        2 "foremost" "0002_foremost.sql",
        3 "keys" "0003_keys.sql",
        4 "publication" "0004_publication.sql",
        5 "journals" "0005_journals.sql",
        6 "renewal" "0006_renewal.sql",
        7 "jobs_tried_again" "0007_jobs_tried_again.sql",
        8 "terminals" "0008_terminals.sql",
        9 "checks" "0009_checks.sql",
        10 "keys_and_lists" "0010_keys_and_lists.sql",
        11 "terminals_mended" "0011_terminals_mended.sql",
        12 "interviews" "0012_interviews.sql",
        13 "drafts" "0013_drafts.sql",
        14 "queues" "0014_queues.sql",
        15 "review" "0015_review.sql",
        16 "fees" "0016_fees.sql",
        18 "talk" "0018_talk.sql",
        19 "staff" "0019_staff.sql",
        20 "audit" "0020_audit.sql",
        21 "reports" "0021_reports.sql",
        22 "settings" "0022_settings.sql",
        23 "articles" "0023_articles.sql",
        24 "search" "0024_search.sql",
        25 "notices" "0025_notices.sql",
        26 "lists" "0026_lists.sql",
        27 "readings" "0027_readings.sql",
        28 "register_words" "0028_register_words.sql",
        29 "feed" "0029_feed.sql",
        30 "master_accounts" "0030_master_accounts.sql",
        31 "uploads" "0031_uploads.sql",
        32 "subsidies" "0032_subsidies.sql",
        33 "successions" "0033_successions.sql",
        34 "closures" "0034_closures.sql",
        35 "group" "0035_group.sql",
        36 "mandates" "0036_mandates.sql",
        37 "certificates_told" "0037_certificates_told.sql",
        38 "signed_told" "0038_signed_told.sql",
        39 "signed_answered" "0039_signed_answered.sql",
        40 "files_without_a_case" "0040_files_without_a_case.sql",
        41 "invitations" "0041_invitations.sql",
        42 "own_tokens" "0042_own_tokens.sql",
        43 "jobs_done" "0043_jobs_done.sql",
    )
}

/// The steps of the server.
pub(crate) fn postgres() -> Migrator {
    steps!("postgres":
        1 "foundation" "0001_foundation.sql",
        2 "foremost" "0002_foremost.sql",
        3 "keys" "0003_keys.sql",
        4 "publication" "0004_publication.sql",
        5 "journals" "0005_journals.sql",
        6 "renewal" "0006_renewal.sql",
        7 "jobs_tried_again" "0007_jobs_tried_again.sql",
        8 "terminals" "0008_terminals.sql",
        9 "checks" "0009_checks.sql",
        10 "keys_and_lists" "0010_keys_and_lists.sql",
        11 "terminals_mended" "0011_terminals_mended.sql",
        12 "interviews" "0012_interviews.sql",
        13 "drafts" "0013_drafts.sql",
        14 "queues" "0014_queues.sql",
        15 "review" "0015_review.sql",
        16 "fees" "0016_fees.sql",
        18 "talk" "0018_talk.sql",
        19 "staff" "0019_staff.sql",
        20 "audit" "0020_audit.sql",
        21 "reports" "0021_reports.sql",
        22 "settings" "0022_settings.sql",
        23 "articles" "0023_articles.sql",
        24 "search" "0024_search.sql",
        25 "notices" "0025_notices.sql",
        26 "lists" "0026_lists.sql",
        27 "readings" "0027_readings.sql",
        28 "register_words" "0028_register_words.sql",
        29 "feed" "0029_feed.sql",
        30 "master_accounts" "0030_master_accounts.sql",
        31 "uploads" "0031_uploads.sql",
        32 "subsidies" "0032_subsidies.sql",
        33 "successions" "0033_successions.sql",
        34 "closures" "0034_closures.sql",
        35 "group" "0035_group.sql",
        36 "mandates" "0036_mandates.sql",
        37 "certificates_told" "0037_certificates_told.sql",
        38 "signed_told" "0038_signed_told.sql",
        39 "signed_answered" "0039_signed_answered.sql",
        40 "files_without_a_case" "0040_files_without_a_case.sql",
        41 "invitations" "0041_invitations.sql",
        42 "own_tokens" "0042_own_tokens.sql",
        43 "jobs_done" "0043_jobs_done.sql",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_in_the_folders_is_a_step() {
        for (folder, steps) in [("sqlite", sqlite()), ("postgres", postgres())] {
            let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(folder);
            let mut files: Vec<String> = std::fs::read_dir(folder)
                .unwrap()
                .map(|file| file.unwrap().file_name().into_string().unwrap())
                .collect();
            files.sort();
            let named: Vec<String> = steps.iter().map(|s| format!("{:04}_{}.sql", s.version, s.description)).collect();
            assert_eq!(files, named);
        }
    }
}
