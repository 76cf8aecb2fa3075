//! Which reports there are (spec 6.6).

use crate::words::words;

words! {
    /// A report.
    Topic {
        /// Arrivals and backlog.
        Cases = "cases", "申請の件数";
        /// Ages of open and of decided cases.
        Ages = "ages", "審査にかかった日数";
        /// Certificates that end in the months ahead.
        Renewal = "renewal", "更新の見込み";
        /// Letters posted, on their way, returned.
        Letters = "letters", "通知書";
        /// Fees.
        Fees = "fees", "手数料";
    }
}
