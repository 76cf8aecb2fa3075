import { look, press } from "../engine/words.mjs";
import { TERMINAL } from "../people.mjs";

export const states = {
  id: "states",
  title: "申請の状況を見る",
  lead: ["いまどの段階か、誰が対応しているか、次に何がいつ起こるかは、いつでも画面で確かめられます。電話で尋ねる必要はありません。"],
  steps: [
    {
      title: "すべての申請を見る",
      wide: true,
      start: "/mylist",
      heading: "マイリスト",
      text: ["ページの上の「マイリスト」から開きます。手続の名前を押すと、その申請のページが開きます。"],
      marks: [look("オンライン請求 利用開始・変更申請（届出）", "状態と、次に起こることが表示されます。", { frame: "row" })],
    },
    {
      title: "端末の電子証明書の申請状況照会を開く",
      source: "2-3",
      start: "/certificates",
      heading: "端末の電子証明書 申請状況照会",
      text: ["ホームの下の「端末の電子証明書 申請状況照会」から開きます。端末ごとに、いまの段階が点と日付で表示されます。"],
      marks: [look("いまここ", "いまの段階です。"), press(TERMINAL, "端末の名前を押すと、くわしいページが開きます。")],
    },
    {
      title: "申請のページを見る",
      marks: [
        look("いま対応する人", "誰の番かが書かれています。", { frame: "row" }),
        look("控え（PDF）を開く", "送信した内容を、印刷したり保存したりできます。"),
        look("この申請を取り消す", "承認されるまでは、無料で取り消せます。"),
      ],
    },
  ],
};
