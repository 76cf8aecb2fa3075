//! One row of the register in its full layout.

/// A made-up institution, as a row of the full layout (spec 2.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Ten digits: prefecture 2, score table 1, code 7.
    pub code: String,
    /// Name.
    pub name: String,
    /// Name in full-width katakana.
    pub name_kana: String,
    /// `NNN-NNNN`.
    pub postal_code: String,
    /// Prefecture, municipality, street and building.
    pub address: String,
    /// Ten digits in three groups.
    pub phone: String,
    /// A person (family and given name with a space between) or a body.
    pub founder: String,
    /// `active`, `suspended` or `closed`.
    pub status: &'static str,
    /// First day, `YYYY-MM-DD`.
    pub valid_from: String,
    /// Last day, `YYYY-MM-DD`; empty while it stands.
    pub valid_to: String,
}

impl Row {
    /// The fields in the order of the layout.
    pub fn fields(&self) -> [&str; 10] {
        [
            &self.code,
            &self.name,
            &self.name_kana,
            &self.postal_code,
            &self.address,
            &self.phone,
            &self.founder,
            self.status,
            &self.valid_from,
            &self.valid_to,
        ]
    }

    /// Prefecture number, 1 to 47.
    pub fn prefecture(&self) -> Option<u8> {
        self.code.get(..2).and_then(|digits| digits.parse().ok())
    }

    /// Score table: `1`, `3`, `4` or `6`.
    pub fn score_table(&self) -> Option<char> {
        self.code.chars().nth(2)
    }
}
