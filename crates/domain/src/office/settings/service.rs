//! The figure of the line that says how the service stands.

use super::figures::{Figure, Shape};

/// When pages tell of planned maintenance.
pub(super) const SERVICE: &[Figure] = &[Figure {
    key: "maintenance_days",
    label: "メンテナンスの予定を知らせはじめる日",
    help: "この日数の前から、すべての画面の上に予定が表示されます。",
    shape: Shape::Number { least: 1, most: 60, unit: "日前" },
    get: |rules| i64::from(rules.maintenance_days),
    set: |rules, value| rules.maintenance_days = u32::try_from(value).unwrap_or_default(),
}];
