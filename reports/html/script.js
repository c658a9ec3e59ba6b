// Filters, groups and sorts the findings. The page says everything without it; it only ever writes text nodes.
"use strict";
(() => {
  const section = document.getElementById("findings");
  if (!section) return;
  const levels = ["critical", "high", "medium", "low", "info"];
  const cards = [...section.querySelectorAll(".card")];
  const make = (tag, text, values = {}) => Object.assign(document.createElement(tag), { textContent: text }, values);

  const rows = cards.flatMap((card, place) =>
    [...card.querySelectorAll("tr[id]")].map((row) => {
      const [region, container, declared, running, released, last] = [...row.cells].slice(1).map((c) => c.textContent);
      const account = row.cells[0].firstChild.textContent.trim();
      const [severity, outcome] = last.replace(/ \(.*/s, "").split(", ");
      const next = row.nextElementSibling;
      const said = next && next.classList.contains("said") ? next : null;
      return {
        row, said, card, place, account, region, container, declared, running, released, severity, outcome,
        check: card.dataset.check,
      };
    }));

  const choice = (name, label, options) => {
    const select = make("select", "", { name });
    for (const [value, text] of options) select.append(make("option", text, { value }));
    const field = make("label", label);
    field.append(select);
    return [field, select];
  };
  const present = (key, order) => {
    const found = [...new Set(rows.map((r) => r[key]))];
    found.sort(order ? (a, b) => order.indexOf(a) - order.indexOf(b) : undefined);
    return [["", "all"], ...found.map((value) => [value, value])];
  };
  const bar = make("form", "", { className: "tools" });
  bar.setAttribute("aria-label", "Filter, group and sort the findings");
  const accountField = make("label", "Account");
  const account = make("input", "", { type: "search", name: "account", autocomplete: "off" });
  accountField.append(account);
  const [severityField, severity] = choice("severity", "Severity", present("severity", levels));
  const [outcomeField, outcome] = choice("outcome", "Outcome", present("outcome"));
  const [checkField, check] = choice("check", "Check", present("check"));
  const [groupField, group] = choice("group", "Group by",
    [["cause", "cause"], ["account", "account"], ["check", "check"]]);
  const [sortField, sort] = choice("sort", "Sort by",
    [["severity", "severity"], ["account", "account"], ["check", "check"], ["outcome", "outcome"], ["most", "most findings"]]);
  const told = make("output", "");
  bar.append(accountField, severityField, outcomeField, checkField, groupField, sortField, told);
  const groups = make("div", "", { hidden: true });
  cards[0].before(bar);
  section.append(groups);

  const rank = (r) => r.place;
  const keys = {
    severity: (list) => [Math.min(...list.map(rank))],
    account: (list) => [list.map((r) => r.account).sort()[0], Math.min(...list.map(rank))],
    check: (list) => [list.map((r) => r.check).sort()[0], Math.min(...list.map(rank))],
    outcome: (list) => [list.map((r) => r.outcome).sort()[0], Math.min(...list.map(rank))],
    most: (list) => [-list.length, Math.min(...list.map(rank))],
  };
  const compare = (a, b) => {
    const index = a.findIndex((value, i) => value !== b[i]);
    return index < 0 ? 0 : a[index] < b[index] ? -1 : 1;
  };
  const grouped = (list, key) => {
    const found = new Map();
    for (const r of list) found.set(r[key], [...(found.get(r[key]) || []), r]);
    return [...found].map(([name, several]) => ({ name, several, key: keys[sort.value](several) }))
      .sort((a, b) => compare(a.key, b.key));
  };

  const table = ({ name, several }, other) => {
    const part = make("article", "", { className: "card" });
    part.append(make("h3", `${name}: ${several.length} ${several.length === 1 ? "finding" : "findings"}`));
    const body = make("tbody", "");
    const columns = ["severity", other, "region", "container", "declared", "running", "outcome"];
    const head = make("tr", "");
    for (const column of columns) head.append(make("th", column[0].toUpperCase() + column.slice(1), { scope: "col" }));
    for (const r of several) {
      const line = make("tr", "");
      for (const column of columns) line.append(make("td", r[column]));
      body.append(line);
    }
    const whole = make("table", "", { className: "rows by" });
    whole.append(make("thead", ""), body);
    whole.tHead.append(head);
    part.append(whole);
    return part;
  };

  const show = () => {
    const wanted = account.value.trim().toLowerCase();
    const fits = (r) => (!wanted || r.account.toLowerCase().includes(wanted))
      && (!severity.value || r.severity === severity.value)
      && (!outcome.value || r.outcome === outcome.value) && (!check.value || r.check === check.value);
    const kept = rows.filter(fits);
    const visible = new Set(kept);
    const byCause = group.value === "cause";
    for (const r of rows) {
      r.row.hidden = !visible.has(r);
      if (r.said) r.said.hidden = r.row.hidden;
    }
    for (const card of cards) card.hidden = true;
    const found = grouped(kept, byCause ? "card" : group.value);
    if (byCause) for (const { name: card } of found) { card.hidden = false; section.append(card); }
    groups.hidden = byCause;
    groups.replaceChildren(...(byCause ? [] : found.map((g) => table(g, group.value === "check" ? "account" : "check"))));
    told.textContent = `${kept.length} of ${rows.length} findings, ${found.length} ${found.length === 1 ? "group" : "groups"}`;
  };
  // A link of the matrix must never lead to something that a filter hides.
  const reveal = () => {
    const target = location.hash && document.getElementById(location.hash.slice(1));
    if (!target || !section.contains(target) || target.checkVisibility()) return;
    bar.reset();
    show();
    target.scrollIntoView();
  };
  bar.addEventListener("input", show);
  bar.addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", reveal);
  document.querySelector(".matrix")?.addEventListener("click", () => setTimeout(reveal));
  show();
})();
