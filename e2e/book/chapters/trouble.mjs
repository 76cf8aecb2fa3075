import { look, pick, press } from "../engine/words.mjs";
import { enterOldClinic } from "../offstage.mjs";

export const trouble = {
  id: "trouble",
  title: "困ったとき",
  as: "terminals",
  lead: ["あわてずに、あてはまる手順をご覧ください。ここでは、長くお使いの別の医療機関等の画面を例にしています。"],
  steps: [
    {
      title: "通知書が届かない、なくした",
      before: enterOldClinic,
      start: "/certificates",
      text: ["発送から7日たっても届かないとき、届いた通知書をなくしたときは、送り直せます。発行料はかかりません。"],
      marks: [press("診察室3のパソコン", "申請状況照会で、端末の名前を押します。")],
    },
    {
      title: "通知書を送り直す",
      marks: [press("届かない、なくした：通知書を送り直す", "申請のページにあります。")],
    },
    {
      title: "送り先を確かめて、送り直す",
      marks: [
        look("通知書を送り直す", "前の通知書は、押したときから使えなくなります。新しい通知書が、同じ住所に書留で届きます。", { role: "button" }),
      ],
    },
    {
      title: "パソコンを入れ替える、壊れた、なくした",
      wide: true,
      start: "/terminals",
      heading: "端末の一覧",
      text: ["端末の電子証明書は、パソコンごとのものです。入れ替えたときは、新しい申請が要ります。"],
      marks: [press("オンライン請求用パソコン", "端末の一覧で、その端末を押します。")],
    },
    {
      title: "何があったかを答える",
      marks: [press("端末に何かあったとき", "質問に答えると、進め方と発行料がわかります。盗まれた、なくしたときも、ここからすぐに届け出ます。")],
    },
    {
      title: "有効期限が近い",
      wide: true,
      start: "/",
      text: ["期限の90日前から、その端末で更新できます。通知書は届きません。更新料は1枚1,500円です。"],
      marks: [look("受付のパソコン", "更新できる端末には、次にすることが表示されます。", { frame: "row" })],
    },
  ],
};
