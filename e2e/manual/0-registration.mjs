/** Source manual 1-1: the top page, a new user, the login. */
import { arrives, fill, fromMailbox, choose, logIn, logOut, press, refused, says } from "../support/index.mjs";

/** A dental clinic in Tokyo of the made-up register that nobody belongs to yet, as the manual's. */
export const CLINIC = {
  prefecture: "13 : 東京都", table: "3 : 歯科", code: "0290015", tenDigits: "1330290015", name: "風ヶ峰歯科医院",
};

/** The person of the story. */
export const PERSON = { name: "森 千尋", email: "mori@shika.example", password: "asa-kaze-mizu-umi" };

/** From the top page to a home page with the three procedures. */
export async function registration(scene) {
  const { demo, clinic, step, look, javaScript } = scene;

  await step("1-1 トップページを読む", async () => {
    await clinic.goto(demo.portal);
    await says(clinic, "重要なお知らせ", "閲覧回数", "初回ログイン", "新規ユーザー登録はこちら", "ログインはこちら");
    await look(clinic, "1-1 top");
  });

  await step("1-1 新規ユーザー登録：メールアドレスを確かめる", async () => {
    await press(clinic, "登録をはじめる");
    await press(clinic, "確認のメールを送る");
    await refused(clinic, javaScript, { email: "入力してください" });
    await look(clinic, "1-1 register refused");
    await fill(clinic, { メールアドレス: "chiku@12" });
    await press(clinic, "確認のメールを送る");
    await refused(clinic, javaScript, { email: "仮アカウント" });
    await fill(clinic, { メールアドレス: PERSON.email });
    await press(clinic, "確認のメールを送る");
    await arrives(clinic, "確認のメールを送りました");
    await look(clinic, "1-1 register mail sent");
  });

  await step("1-1 メールのリンクから、名前と医療機関等を登録する", () => nameAndInstitution(scene));
  await step("1-1 手紙の確認コードで、所属を確かめる", () => membership(scene));

  await step("1-1 ログインし直す", async () => {
    await logOut(clinic);
    await says(clinic, "ログアウトしました");
    await look(clinic, "1-1 login");
    await logIn(clinic, demo, { ...PERSON, password: "machigai-no-password" });
    await clinic.getByRole("alert").first().waitFor();
    await look(clinic, "1-1 login refused");
    await logIn(clinic, demo, PERSON);
    await arrives(clinic, `${CLINIC.name}の手続`);
  });
}

async function nameAndInstitution({ demo, clinic, look, javaScript }) {
  const link = await fromMailbox(clinic, demo, "【要操作】メールアドレスの確認をお願いします", async (mail) => {
    await look(mail, "1-1 mail with the link");
    return mail.getByRole("link", { name: /\/register\// }).getAttribute("href");
  });
  await clinic.goto(link);
  await look(clinic, "1-1 register");
  const password = { パスワード: PERSON.password, "パスワード（確認のためもう一度）": PERSON.password };
  await fill(clinic, { お名前: PERSON.name, パスワード: "password", "パスワード（確認のためもう一度）": "passward" });
  await fill(clinic, { 都道府県コード: CLINIC.prefecture, "医療機関等コード（数字7桁）": "0290016" });
  await choose(clinic, "点数表コード", CLINIC.table);
  await press(clinic, "登録する");
  await refused(clinic, javaScript, { password: "12文字", code: "13-3-0290015" });
  await look(clinic, "1-1 register refused with reasons");
  await fill(clinic, { ...password, "医療機関等コード（数字7桁）": CLINIC.code });
  await press(clinic, "登録する");
  await arrives(clinic, "医療機関等への所属の確認");
  await says(clinic, "アカウントを登録しました");
  await look(clinic, "1-1 membership to be proved");
}

async function membership({ demo, clinic, look, javaScript }) {
  const code = await fromMailbox(clinic, demo, "所属確認のお知らせ", async (letter) => {
    await look(letter, "1-1 letter with the code");
    return letter.locator("dd.code").first().innerText();
  });
  await clinic.goto(demo.portal);
  await arrives(clinic, "医療機関等の確認を待っています");
  await look(clinic, "1-1 home before the proof");
  await press(clinic, "確認の状況を見る・確認コードを入力する");
  await look(clinic, "1-1 own institutions");
  await press(clinic, "確認コードを入力する");
  await fill(clinic, { "確認コード（9文字）": "AAA-AAA-AAA" });
  await press(clinic, "確認コードを送信する");
  await refused(clinic, javaScript, { code: "あと4回" });
  await look(clinic, "1-1 wrong code");
  await fill(clinic, { "確認コード（9文字）": code.toLowerCase().replaceAll("-", " ") });
  await press(clinic, "確認コードを送信する");
  await says(clinic, "所属を確認しました");
  await look(clinic, "1-1 membership proved");
  await press(clinic, "ホームへ進む");
  await arrives(clinic, `${CLINIC.name}の手続`);
  await look(clinic, "1-1 home");
}
