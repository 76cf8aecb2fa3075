// A list whose choices suggest an answer of another field: the answer is chosen and said, never chosen over one's own.

function words(radio) {
  const label = document.getElementById(radio.getAttribute("aria-labelledby")) ?? radio.closest("label");
  return label.textContent.trim();
}

// What is said when a choice suggests this answer, and whether the answer is to be chosen now.
export function advice({ papers, question, suggested, chosen, own }) {
  if (papers === "") return { say: "", choose: false };
  if (suggested === "") {
    return { say: `「${papers}」だけでは、「${question}」は決まりません。選択肢の説明をご覧ください。`, choose: false };
  }
  if (own && chosen !== suggested) {
    return { say: `「${papers}」からは「${suggested}」と考えられますが、「${chosen}」が選ばれています。`, choose: false };
  }
  const say = `「${papers}」なので、「${question}」は「${suggested}」です。`;
  return own ? { say, choose: false } : { say: `${say}選んでおきました。`, choose: true };
}

function watch(list) {
  const status = document.querySelector(`[data-suggested="${list.id}"]`);
  const radios = [...list.form.querySelectorAll(`input[type="radio"][name="${list.dataset.suggestsFor}"]`)];
  if (!status || radios.length === 0) return;
  const question = radios[0].closest("fieldset").querySelector(".field-label").firstChild.textContent.trim();
  let byPerson = radios.some((radio) => radio.checked);

  const tell = () => {
    const option = list.selectedOptions[0];
    const right = radios.find((radio) => radio.value === option.dataset.suggests);
    const chosen = radios.find((radio) => radio.checked);
    const { say, choose } = advice({
      papers: option.value && option.textContent.trim(),
      question,
      suggested: right ? words(right) : "",
      chosen: chosen ? words(chosen) : "",
      own: byPerson,
    });
    status.textContent = say;
    if (choose && right && !right.checked) right.click();
  };
  list.addEventListener("change", tell);
  for (const radio of radios) {
    radio.addEventListener("click", (event) => {
      if (!event.isTrusted) return;
      byPerson = true;
      tell();
    });
  }
}

export function suggestAnswers() {
  document.querySelectorAll("[data-suggests-for]").forEach(watch);
}
