"use strict";
(() => {
  const form = document.getElementById("filters");
  const result = form.querySelector("output");
  const cards = [...document.querySelectorAll("#cards > .card")].map((element) => ({
    element,
    text: null,
    rows: [...element.querySelectorAll("tr[data-kind]")].map((row) => ({
      row,
      kind: row.dataset.kind,
      relations: JSON.parse(row.dataset.relations),
    })),
  }));

  function apply() {
    const chosen = new FormData(form);
    const kinds = new Set(chosen.getAll("kind"));
    const relation = chosen.get("relation");
    const words = chosen.get("text").trim().toLowerCase();
    const narrowed = kinds.size > 0 || relation !== "";
    let sentences = 0;
    let triples = 0;
    for (const card of cards) {
      let hits = 0;
      for (const { row, kind, relations } of card.rows) {
        const hit = (kinds.size === 0 || kinds.has(kind)) && (relation === "" || relations.includes(relation));
        row.classList.toggle("beside", !hit);
        hits += hit;
      }
      let shown = hits > 0 || !narrowed;
      if (shown && words !== "") {
        card.text ??= card.element.textContent.toLowerCase();
        shown = card.text.includes(words);
      }
      card.element.hidden = !shown;
      if (shown) {
        sentences += 1;
        triples += hits;
      }
    }
    const count = (n, what) => `${n.toLocaleString("en")} ${what}${n === 1 ? "" : "s"}`;
    result.textContent = `${count(sentences, "sentence")}, ${count(triples, "triple")}`;
  }

  function remember() {
    const kept = [...new FormData(form)].filter(([, value]) => value !== "");
    history.replaceState(null, "", "#" + (kept.length ? new URLSearchParams(kept) : "sentences"));
  }

  function follow() {
    if (!location.hash.includes("=")) return;
    const asked = new URLSearchParams(location.hash.slice(1));
    const kinds = asked.getAll("kind");
    for (const box of form.querySelectorAll("[name=kind]")) box.checked = kinds.includes(box.value);
    form.elements.relation.value = asked.get("relation") ?? "";
    form.elements.text.value = asked.get("text") ?? "";
    apply();
    document.getElementById("sentences").scrollIntoView();
  }

  let waiting = 0;
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => { apply(); remember(); }, 120);
  });
  form.addEventListener("reset", () => setTimeout(() => { apply(); remember(); }, 0));
  form.addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", follow);
  form.hidden = false;
  apply();
  follow();
})();
