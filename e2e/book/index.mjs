/** The manual: its chapters in the order in which a clinic goes through them. */
import { certificate } from "./chapters/certificate.mjs";
import { claims } from "./chapters/claims.mjs";
import { contact } from "./chapters/contact.mjs";
import { eligibility } from "./chapters/eligibility.mjs";
import { home } from "./chapters/home.mjs";
import { pickup } from "./chapters/pickup.mjs";
import { preparation } from "./chapters/preparation.mjs";
import { registration } from "./chapters/registration.mjs";
import { states } from "./chapters/states.mjs";
import { together } from "./chapters/together.mjs";
import { trouble } from "./chapters/trouble.mjs";
import { dayInJapan, dayInWords } from "../support/index.mjs";
import { STANDS_AT } from "./engine/places.mjs";

/** What stands on the cover, and the chapters in their order. */
export const BOOK = {
  title: "手続の手引き",
  about: [
    "オンライン資格確認の利用申請、端末の電子証明書の発行申請、オンライン請求の届出を、はじめての方でも順に進められるように説明します。",
    `画面の絵は${dayInWords(dayInJapan(new Date(`${STANDS_AT}:00+09:00`)))}のものです。名前や番号は、すべて例です。`,
  ],
  chapters: [preparation, registration, home, together, eligibility, certificate, claims, states, pickup, trouble, contact],
  /** Numbers of the former manual without a step of their own, and why. */
  gone: { "2-5": "確認のための小さな画面は、なくなりました。確認画面で内容を確かめてから、申請します。" },
};
