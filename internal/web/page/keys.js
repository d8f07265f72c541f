// Shortcuts for people who work by keyboard; every page works without them.
// "/" goes to the search field, j and k walk through the rows of a table, g then a letter
// goes to a page (g i inbox, g c cases, g r reviews, g s search). The footer says so and can
// switch them off: single keys disturb some ways of speaking to a browser.
(() => {
  const typing = e => /^(INPUT|TEXTAREA|SELECT)$/.test(e.tagName) || e.isContentEditable;
  const places = { i: "/", c: "/cases", r: "/runs", s: "/search", p: "/policy", h: "/health" };
  let went = 0, off = false;
  try { off = localStorage.getItem("keys") === "off"; } catch { /* storage is closed: keys stay on */ }
  const toggle = document.querySelector(".keys button");
  if (toggle) {
    const word = () => { toggle.textContent = off ? "Switch them on in this browser" : "Switch them off in this browser"; };
    word();
    toggle.hidden = false;
    toggle.addEventListener("click", () => { off = !off; word(); try { localStorage.setItem("keys", off ? "off" : "on"); } catch { /* until the page is left */ } });
  }
  addEventListener("keydown", ev => {
    if (off || ev.ctrlKey || ev.metaKey || ev.altKey || typing(ev.target)) return;
    if (ev.key === "/") {
      const field = document.querySelector("input[type=search]");
      if (field) { ev.preventDefault(); field.focus(); field.select(); }
    } else if (ev.key === "j" || ev.key === "k") {
      const links = [...document.querySelectorAll("tbody tr td a:first-of-type, tbody tr th a:first-of-type")];
      if (!links.length) return;
      const at = links.indexOf(document.activeElement);
      const to = links[Math.min(links.length - 1, Math.max(0, at + (ev.key === "j" ? 1 : -1)))];
      to.focus(); to.scrollIntoView({ block: "nearest" });
    } else if (ev.key === "g") {
      went = ev.timeStamp;
    } else if (places[ev.key] && ev.timeStamp - went < 1200) {
      location.assign(places[ev.key]);
    }
  });
})();
