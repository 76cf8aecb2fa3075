/** Who the manual is about: made up, like everything in the demo. */

/** A dental clinic in Tokyo of the made-up register that nobody belongs to yet. */
export const CLINIC = { prefecture: "13 : 東京都", table: "3 : 歯科", code: "0290015", name: "風ヶ峰歯科医院" };

/** The person who registers. */
export const PERSON = { name: "森 千尋", email: "mori@shika.example", password: "asa-kaze-mizu-umi" };

/** The clinic's terminal, its customer ID, and the passphrase of its file. */
export const TERMINAL = "オンライン資格確認パソコン";
export const CUSTOMER_ID = "CAF0123456789";
export const PASSPHRASE = "Umi-to-Yama-2026";

/** The customer ID of the clinic that files everything together. */
export const OTHER_CUSTOMER_ID = "CAF0246813579";
