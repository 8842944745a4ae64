/* The page's one state, its change signal and the only way to make elements. */
(function (root) {
  "use strict";

  const listeners = [];
  const gp = {
    state: { lang: "az", service: 0, year: 0, theme: "districts", roads: true, facilities: true,
      planned: true, view: "country", tab: "settlements", selection: null, hidden: "", mode: "plan", whatif: 0 },
    head: null,
    bulk: null,
    map: null,
  };
  root.geoplan = gp;

  /* Run `act` whenever one of `keys` changes, in the order of registration. */
  gp.onChange = function (keys, act) {
    listeners.push({ keys: new Set(keys), act });
  };

  /* Change the state; who listens to a changed key is called once. */
  gp.set = function (changes) {
    const changed = Object.keys(changes).filter((key) => gp.state[key] !== changes[key]);
    Object.assign(gp.state, changes);
    gp.announceChange(changed);
  };

  gp.announceChange = function (changed) {
    listeners.filter((l) => changed.some((key) => l.keys.has(key))).forEach((l) => keepFocus(l.act));
  };

  /* Panels are drawn anew on a change: the focus goes back to the control that had it. */
  function keepFocus(act) {
    const before = document.activeElement;
    const key = before && before.getAttribute("data-gp-focus");
    act();
    if (!key || document.contains(before)) return;
    const after = document.querySelector('[data-gp-focus="' + CSS.escape(key) + '"]');
    if (after) after.focus({ preventScroll: true });
  }

  function fill(node, attributes, children) {
    Object.entries(attributes || {}).forEach(([name, value]) => {
      if (value === null || value === undefined || (value === false && !name.startsWith("aria-"))) return;
      if (name === "on") Object.entries(value).forEach(([event, act]) => node.addEventListener(event, act));
      else node.setAttribute(name, value === true && !name.startsWith("aria-") ? "" : String(value));
    });
    children.flat(Infinity).forEach((child) => {
      if (child === null || child === undefined || child === false) return;
      node.append(child instanceof Node ? child : document.createTextNode(String(child)));
    });
    return node;
  }

  /* Texts become text nodes: no user's word is ever read as markup. */
  gp.el = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
  gp.svg = (tag, attributes, ...children) =>
    fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);

  gp.replace = function (id, ...children) {
    const node = typeof id === "string" ? document.getElementById(id) : id;
    node.replaceChildren();
    return fill(node, {}, children);
  };

  /* Colours and lengths are set through the object model: the policy forbids style attributes. */
  gp.paint = function (node, styles) {
    Object.entries(styles).forEach(([name, value]) => node.style.setProperty(name, value));
    return node;
  };

  /* What a section of the result adds: tabs beside the tables, switches beside the layers; absent ones leave no trace.
     A panel: {tab, there(), render()}; a layer: {name, there()}, on and off by the state of its name. */
  gp.panels = [];
  gp.layers = [];
  const waiting = [];
  gp.whenReady = (act) => waiting.push(act);
  gp.ready = () => waiting.forEach((act) => act());

  /* Are areas coloured (districts or regions), or single places? */
  gp.areas = () => gp.state.theme !== "settlements";

  gp.say = function (text) {
    document.getElementById("gp-say").textContent = text;
  };
})(window);
