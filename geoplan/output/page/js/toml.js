/* A what-if as a scenario file: what the command line runs to the same numbers. */
(function (gp) {
  "use strict";

  gp.toml = { of, fileName, save };

  /* A basic string of TOML 1.0: quotes, backslashes and control characters are escaped, so no name can end it. */
  function text(value) {
    const escaped = Array.from(String(value), (c) => {
      const code = c.codePointAt(0);
      if (c === '"' || c === "\\") return "\\" + c;
      if (code < 32 || code === 127 || (code >= 0xd800 && code <= 0xdfff)) return "\\u" + (code >= 0xd800 && code <= 0xdfff ? "fffd" : code.toString(16).padStart(4, "0"));
      return c;
    });
    return '"' + escaped.join("") + '"';
  }

  const list = (values, write) => "[" + values.map(write).join(", ") + "]";
  const words = (say) => "{ " + ["az", "ru", "en"].map((lang) => lang + " = " + text(say(lang))).join(", ") + " }";
  const inLanguage = (lang, key, params) => gp.fillIn(gp.head.catalogue[lang][key], params);

  /* The whole file; `name` is the planner's own, empty for ours. */
  function of(changes, name) {
    const about = gp.head.whatif, given = (name || "").trim(), lines = [];
    lines.push("# " + gp.head.catalogue.en["toml.made"]);
    if (!about.shipped) lines.push("# " + gp.head.catalogue.en["toml.beside"]);
    lines.push("", "extends = " + text(about.extends));
    lines.push("title = " + words((lang) => given || inLanguage(lang, "toml.title", { title: gp.head.scenario.title[lang] })));
    lines.push("description = " + words((lang) => inLanguage(lang, "toml.description", { title: gp.head.scenario.title[lang] })));
    lines.push("", "[expects]", "parent_sha256 = " + text(about.hash));
    changes.forEach((c) => lines.push("", "[[changes]]", ...WRITERS[c.kind](c)));
    return lines.join("\n") + "\n";
  }

  const started = (c) => "start = " + c.year;
  const source = () => "source = " + text(gp.head.catalogue.en["toml.source"]);
  const inherited = (thing, attribute, start) => gp.head.whatif.keys.some((key) => key[0] === thing && key[1] === attribute && key[2] === start);

  const WRITERS = {
    close: (c) => ['change = "close_facility"', "facility = " + text(c.site), started(c), source()],
    open: (c) => ['change = "open_facility"', "facility = " + text(c.site), started(c), 'confidence = "assumed"', source()],
    add: (c) => ['change = "add_facility"', "facility = " + text(c.site), ...place(c), "services = " + list(c.services, text), started(c), 'confidence = "assumed"', source()],
    target,
    plan,
  };

  /* Where a new facility stands: at its settlement, or where the planner's own list has it, digit by digit. */
  function place(c) {
    const row = gp.model.siteRow(c.site), sites = gp.bulk.whatif.candidates, k = row - gp.model.firstCandidate;
    const name = "name = " + text(sites.name.az[k]);
    if (sites.place[k]) return [name, "settlement = " + text(sites.place[k])];
    return [name, "lat = " + number(sites.lat[k]), "lon = " + number(sites.lon[k]), "district = " + text(gp.head.districts.id[sites.district[k]])];
  }
  const number = (value) => (Number.isInteger(value) ? value.toFixed(1) : String(value));

  /* A parent that has measured this service otherwise already: its change is replaced whole. */
  function target(c) {
    const out = ['change = "standard"', "service = " + text(c.service), "target_minutes = " + c.minutes], said = gp.head.whatif.standards[c.service];
    if (!said) return [...out, source()];
    out.push("bands_minutes = " + list(said.bands_minutes, String));
    if (said.target_share !== null) out.push("target_share = " + number(said.target_share));
    return [...out, "override = true", source()];
  }

  function plan(c) {
    const { start, until } = gp.bulk.whatif.envelopes, out = ['change = "resettlement"', "envelope = " + text("shipped:resettlement_" + c.plan)];
    if (start) out.push("start = " + start);
    if (until) out.push("until = " + until);
    if (inherited("resettlement", "envelope", start)) out.push("override = true");
    return [...out, source()];
  }

  function fileName(name) {
    return (gp.fold(name || "").replace(/ /g, "-").slice(0, 60) || "what-if") + ".toml";
  }

  function save(changes, name) {
    const link = gp.el("a", { href: URL.createObjectURL(new Blob([of(changes, name)], { type: "application/toml;charset=utf-8" })), download: fileName(name) });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }
})(window.geoplan);
