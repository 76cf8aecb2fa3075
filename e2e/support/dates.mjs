/** The calendar of the forms, computed here once more from the rules of the procedures, in Japan time. */

const JAPAN_MS = 9 * 3_600_000;

/** Year, month (from 1) and day in Japan. */
export function dayInJapan(instant = new Date()) {
  const shifted = new Date(instant.getTime() + JAPAN_MS);
  return { year: shifted.getUTCFullYear(), month: shifted.getUTCMonth() + 1, day: shifted.getUTCDate() };
}

/** A month some months later, in words: `2027年1月`. */
export function monthInWords({ year, month }, later = 0) {
  const count = year * 12 + month - 1 + later;
  return `${Math.floor(count / 12)}年${(count % 12) + 1}月`;
}

/** How many months after the month of sending claims may start at the earliest: sent by the 20th two, later three. */
export function monthsToStart({ day }) {
  return day <= 20 ? 2 : 3;
}

/** A day in words: `2026年5月20日（水）`. */
export function dayInWords({ year, month, day }) {
  const weekday = "日月火水木金土"[new Date(Date.UTC(year, month - 1, day)).getUTCDay()];
  return `${year}年${month}月${day}日（${weekday}）`;
}

/** The last second of the day some months later, in Japan; a day that the month lacks becomes its last. */
export function endOfDayMonthsLater({ year, month, day }, months) {
  const last = new Date(Date.UTC(year, month - 1 + months + 1, 0)).getUTCDate();
  return new Date(Date.UTC(year, month - 1 + months, Math.min(day, last), 23, 59, 59) - JAPAN_MS);
}
