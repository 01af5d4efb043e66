// What a page shows is read again while somebody looks at it. Nothing is exchanged that is being used: focus, open details, selection.
"use strict";
(() => {
  let paused = false, timer = 0, told = null;
  const used = (part) => {
    const marked = document.getSelection();
    return part.contains(document.activeElement) || part.querySelector("details[open]") !== null ||
      (marked !== null && !marked.isCollapsed && part.contains(marked.anchorNode));
  };
  const soon = () => {
    const seconds = [...document.querySelectorAll("[data-live]")].map((part) => Number(part.dataset.live)).filter((one) => one > 0);
    clearTimeout(timer);
    if (seconds.length) timer = setTimeout(again, Math.min(...seconds) * 1000);
  };
  const again = async () => {
    if (!paused && !document.hidden) {
      try {
        const answer = await fetch(location.href, { redirect: "error", headers: { Accept: "text/html", "X-Syncdb-Live": "1" } });
        answered();
        if (answer.ok) exchange(new DOMParser().parseFromString(await answer.text(), "text/html"));
      } catch { silent(); }
    }
    soon();
  };
  const silent = () => {
    if (told) return;
    told = document.createElement("div");
    told.className = "notice";
    told.setAttribute("role", "alert");
    const read = /\d\d:\d\d:\d\d \S+?(?=[.,;]?(\s|$))/.exec(document.getElementById("age")?.textContent ?? "");  // by the page's own clock
    told.textContent = `These pages have not answered${read ? ` since ${read[0]}` : ""}. What stands here is from before; runs go on without them.`;
    document.querySelector("main").prepend(told);
  };
  const answered = () => {
    if (told) told.remove();
    told = null;
  };
  const exchange = (fresh) => {
    for (const part of document.querySelectorAll("[data-live]")) {
      const next = fresh.getElementById(part.id);
      if (next && !used(part) && next.outerHTML !== part.outerHTML) part.replaceWith(document.adoptNode(next));
    }
  };
  for (const button of document.querySelectorAll("[data-pause]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      paused = !paused;
      button.textContent = paused ? "Go on" : "Pause";
    });
  }
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (button) navigator.clipboard.writeText(button.previousElementSibling.textContent).then(() => { button.textContent = "Copied"; });
  });
  for (const button of document.querySelectorAll("[data-copy]")) button.hidden = !navigator.clipboard;
  // not scrollIntoView: the Tab key would begin there
  const here = document.querySelector("nav [aria-current]");
  if (here) document.querySelector("nav").scrollLeft = here.offsetLeft - innerWidth / 2;
  document.addEventListener("visibilitychange", () => { if (!document.hidden) again(); });  // back at this tab: at once
  soon();
})();
