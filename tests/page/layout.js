/* Texts and controls of the page that overlap or are cut off, as sentences; evaluated by test_page_layout.py. */
() => {
  const SLACK = 1.5, out = [];
  const shown = n => n.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  const style = n => getComputedStyle(n);
  const name = n => (n.id ? "#" + n.id : n.tagName.toLowerCase() + (n.className.baseVal === undefined && n.className ? "." + n.className : ""));
  const tell = n => name(n) + " '" + (n.getAttribute("aria-label") || n.textContent).trim().slice(0, 40) + "'";
  const cut = (a, b) => ({ left: Math.max(a.left, b.left), right: Math.min(a.right, b.right), top: Math.max(a.top, b.top), bottom: Math.min(a.bottom, b.bottom) });
  const wide = r => r.right - r.left, tall = r => r.bottom - r.top;
  const hidden = n => { const r = n.getBoundingClientRect(); return r.width <= 1 && r.height <= 1; };

  /* Boxes that cut what is in them, from the inside to the outside; what is fixed is cut by the window alone. */
  function cutters(node) {
    const boxes = [];
    for (let n = node; n && n !== document.documentElement; n = n.parentElement) {
      const s = style(n);
      if (n !== node && n !== document.body && (s.overflowX !== "visible" || s.overflowY !== "visible")) boxes.push(n);
      if (s.position === "fixed") break;
    }
    return boxes;
  }
  function visible(rect, boxes) {
    return boxes.reduce((r, box) => cut(r, box.getBoundingClientRect()), rect);
  }
  const dead = r => wide(r) < 1 || tall(r) < 1;
  const onMap = n => n.closest(".leaflet-map-pane");

  /* Is `node` beneath something else that was put over it on purpose: a card, a menu, a dialog? */
  const over = n => n.closest("#gp-card, .gp-menu-list, dialog, .gp-toast, .leaflet-tooltip");

  const texts = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode, node = text.parentElement;
    if (!text.data.trim() || !node || /SCRIPT|STYLE|NOSCRIPT|TITLE|OPTION/.test(node.tagName.toUpperCase()) || onMap(node) || !shown(node) || node.closest(".gp-hidden, .gp-skip")) continue;
    const range = document.createRange();
    range.selectNodeContents(text);
    const boxes = cutters(node);
    Array.from(range.getClientRects()).forEach(rect => {
      if (dead(rect)) return;
      const seen = visible(rect, boxes);
      if (dead(seen)) return;
      texts.push({ node, text: text.data.trim().slice(0, 40), rect: seen });
      // cut off for good: a box that cuts and does not scroll
      boxes.forEach(box => {
        const b = box.getBoundingClientRect(), s = style(box);
        const across = /hidden|clip/.test(s.overflowX) && (rect.left < b.left - SLACK || rect.right > b.right + SLACK);
        const down = /hidden|clip/.test(s.overflowY) && (rect.top < b.top - 4 || rect.bottom > b.bottom + 4);
        if ((across || down) && !box.closest("svg")) out.push("cut off: " + text.data.trim().slice(0, 40) + " by " + name(box));
      });
      const scrolls = boxes.some(box => /auto|scroll/.test(style(box).overflowX));
      if (!scrolls && (rect.left < -SLACK || rect.right > innerWidth + SLACK)) out.push("beyond the window: " + text.data.trim().slice(0, 40));
    });
  }

  const controls = [...document.querySelectorAll("button, input, select, textarea, summary, a[href], [role=slider], [role=tab]")]
    .filter(n => shown(n) && !onMap(n) && !hidden(n) && !n.closest(".gp-hidden, .gp-skip") && !n.classList.contains("gp-swipe"))
    .map(node => ({ node, rect: visible(node.getBoundingClientRect(), cutters(node)) })).filter(c => !dead(c.rect));
  const blocks = [...document.querySelectorAll("#gp-legend, #gp-credit, #gp-tools > *, .leaflet-control-scale, #gp-card")]
    .filter(n => shown(n) && !dead(n.getBoundingClientRect())).map(node => ({ node, rect: node.getBoundingClientRect() }));

  function meet(a, b, slack) {
    const r = cut(a.rect, b.rect);
    return wide(r) > slack && tall(r) > slack;
  }
  const related = (a, b) => a.contains(b) || b.contains(a);
  function pairs(list, slack, word) {
    const sorted = list.slice().sort((a, b) => a.rect.top - b.rect.top);
    sorted.forEach((a, i) => {
      for (let k = i + 1; k < sorted.length && sorted[k].rect.top < a.rect.bottom; k += 1) {
        const b = sorted[k];
        if (a.node === b.node || related(a.node, b.node) || Boolean(over(a.node)) !== Boolean(over(b.node))) continue;
        if (meet(a, b, slack)) out.push(word + ": " + tell(a.node) + " and " + tell(b.node));
      }
    });
  }
  pairs(controls, SLACK, "controls overlap");
  pairs(texts, 2.5, "texts overlap");
  pairs(blocks, SLACK, "blocks overlap");
  if (document.documentElement.scrollWidth > innerWidth + 1) out.push("the page scrolls sideways: " + document.documentElement.scrollWidth);
  return [...new Set(out)].slice(0, 60);
}
