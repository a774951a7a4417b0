"use strict";
// The page is complete without this script; it adds the theme button, the
// filter, and keys. Controls that need it are hidden until it runs.
(function () {
  const $ = (id) => document.getElementById(id);
  const items = Array.from(document.querySelectorAll(".item"));
  const folds = Array.from(document.querySelectorAll(".finding > details"));

  // Theme: the system's until the reader asks for the other one.
  const theme = $("theme");
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (document.documentElement.dataset.theme || (system.matches ? "dark" : "light")) === "dark";
  const label = () => { theme.textContent = isDark() ? "Light theme" : "Dark theme"; };
  theme.addEventListener("click", () => {
    document.documentElement.dataset.theme = isDark() ? "light" : "dark";
    label();
  });
  system.addEventListener("change", label);
  label();
  theme.hidden = false;
  $("tools").hidden = items.length === 0;
  $("keys").hidden = items.length === 0;

  $("expand").addEventListener("click", () => folds.forEach((d) => { d.open = true; }));
  $("collapse").addEventListener("click", () => folds.forEach((d) => { d.open = false; }));

  // What scrolls must be reachable with the keyboard; what does not scroll
  // would only be in the way. All is measured before anything is changed, or
  // the browser would lay out the page once per element.
  const reach = (roots) => {
    const all = roots.flatMap((r) => Array.from(r.querySelectorAll(".scroll, pre")));
    const open = all.filter((el) => !el.closest("details:not([open])"));
    const over = open.map((el) => el.scrollWidth > el.clientWidth || el.scrollHeight > el.clientHeight);
    open.forEach((el, i) => { if (over[i]) el.tabIndex = 0; else el.removeAttribute("tabindex"); });
  };
  let opened = [];
  document.addEventListener("toggle", (e) => {
    if (!e.target.open) return;
    if (opened.push(e.target) === 1) requestAnimationFrame(() => { reach(opened); opened = []; });
  }, true);
  reach([document]);

  // Filter: every word must occur somewhere in the finding.
  const q = $("q"), sev = $("sev");
  const texts = new Map();
  const textOf = (el) => {
    if (!texts.has(el)) texts.set(el, el.textContent.toLowerCase());
    return texts.get(el);
  };
  const filter = () => {
    const words = q.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const el of items) {
      const ok = (!sev.value || el.dataset.severity === sev.value) && words.every((w) => textOf(el).includes(w));
      el.hidden = !ok;
      if (ok) shown++;
    }
    const all = words.length === 0 && !sev.value;
    $("shown").textContent = all ? "" : "Showing " + shown + " of " + items.length + " findings.";
  };
  if (q) {
    let timer = 0;
    q.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(filter, 80); });
    sev.addEventListener("change", filter);
  }

  // A link to a finding or a report opens and shows what it leads to.
  const reveal = () => {
    const el = location.hash.length > 1 && $(location.hash.slice(1));
    if (!el) return;
    if (el.hidden && q) { q.value = ""; sev.value = ""; filter(); }
    const inner = el.querySelector(":scope > details");
    if (inner) inner.open = true;
    for (let p = el.parentElement; p; p = p.parentElement) if (p.tagName === "DETAILS") p.open = true;
    el.scrollIntoView();
  };
  window.addEventListener("hashchange", reveal);
  reveal();

  // Keys: j and k walk the findings, / goes to the filter.
  const walk = (step) => {
    const list = folds.filter((d) => !d.parentElement.hidden).map((d) => d.firstElementChild);
    if (!list.length) return;
    const at = list.indexOf(document.activeElement);
    const next = at < 0 ? (step > 0 ? 0 : list.length - 1) : Math.min(Math.max(at + step, 0), list.length - 1);
    list[next].focus();
    list[next].scrollIntoView({ block: "nearest" });
  };
  document.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(e.target.tagName)) return;
    if (e.key === "j") walk(1);
    else if (e.key === "k") walk(-1);
    else if (e.key === "/" && q) { e.preventDefault(); q.focus(); }
  });

  // Paper has no folds: open all of them for printing, and close them again.
  let closed = [];
  window.addEventListener("beforeprint", () => {
    closed = Array.from(document.querySelectorAll("details:not([open])"));
    closed.forEach((d) => { d.open = true; });
  });
  window.addEventListener("afterprint", () => { closed.forEach((d) => { d.open = false; }); closed = []; });
})();
