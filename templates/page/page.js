// Search, filters, sorting and the theme. Without it, the page shows everything all the same.
"use strict";
(() => {
  const rows = [...document.querySelectorAll("#roster tbody tr")];
  const fold = (text) => text.normalize("NFKC").toLowerCase();
  const texts = rows.map((row) => fold([...row.cells].map((cell) => cell.textContent).join(" ")));
  const search = document.getElementById("search");
  const selects = [...document.querySelectorAll("#filters select")];
  const shown = document.getElementById("shown");

  const filter = () => {
    const words = fold(search.value).split(/\s+/).filter(Boolean);
    const chosen = selects.filter((select) => select.value !== "");
    let count = 0;
    rows.forEach((row, index) => {
      const fits = words.every((word) => texts[index].includes(word))
        && chosen.every((select) => row.cells[Number(select.dataset.column)].textContent === select.value);
      if (row.hidden === fits) row.hidden = !fits;
      if (fits) count += 1;
    });
    shown.value = `${count} of ${rows.length} people`;
  };
  search.addEventListener("input", filter);
  selects.forEach((select) => select.addEventListener("change", filter));
  document.getElementById("filters").hidden = false;
  filter();

  const heads = [...document.querySelectorAll("#roster thead th")];
  const order = new Intl.Collator(undefined, { numeric: true }).compare;
  const sort = (head, column) => {
    const down = head.getAttribute("aria-sort") === "ascending";
    heads.forEach((other) => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const keyed = rows.map((row) => [row.cells[column].textContent, row]);
    keyed.sort(([a], [b]) => (down ? order(b, a) : order(a, b)));
    document.querySelector("#roster tbody").append(...keyed.map(([, row]) => row));
  };
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    button.addEventListener("click", () => sort(head, column));
    head.replaceChildren(button);
  });

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, select, textarea");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      search.focus();
    } else if (event.key === "Escape" && event.target === search) {
      search.value = "";
      filter();
    }
  });

  const theme = document.getElementById("theme");
  const root = document.documentElement;
  const isDark = () => (root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const press = () => theme.setAttribute("aria-pressed", String(isDark()));
  theme.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    press();
  });
  theme.hidden = false;
  press();
})();
