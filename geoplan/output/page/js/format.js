/* Sentences, numbers, dates, alphabet and search keys of three languages: Chromium has no Azerbaijani locale. */
(function (gp) {
  "use strict";

  const STYLE = {
    az: { group: ".", decimal: ",", percent: "%" },
    ru: { group: "\u00a0", decimal: ",", percent: "\u00a0%" },
    en: { group: ",", decimal: ".", percent: "%" },
  };
  const ALPHABET = {
    az: "abcçdeəfgğhxıijkqlmnoöprsştuüvyz",
    ru: "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
    en: "abcdefghijklmnopqrstuvwxyz",
  };
  const LETTERS = {
    "ə": "e", "ı": "i", "ö": "o", "ü": "u", "ç": "c", "ş": "s", "ğ": "g", "а": "a", "б": "b", "в": "v",
    "г": "g", "д": "d", "е": "e", "ё": "e", "ж": "j", "з": "z", "и": "i", "й": "y", "к": "k", "л": "l",
    "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f", "х": "x",
    "ц": "s", "ч": "c", "ш": "s", "щ": "s", "ъ": "", "ы": "i", "ь": "", "э": "e", "ю": "yu", "я": "ya",
    "ә": "e", "ө": "o", "ү": "u", "ғ": "g", "ҝ": "g", "һ": "h", "ҹ": "c", "ј": "y",
  };

  gp.t = function (key, params) {
    const sentence = gp.head.catalogue[gp.state.lang][key];
    // a missing key is shown as such, so that a test and a reader see it
    if (sentence === undefined) return "\u27e6" + key + "\u27e7";
    return gp.fillIn(sentence, params);
  };
  gp.knows = (key) => gp.head.catalogue[gp.state.lang][key] !== undefined;

  gp.fillIn = (sentence, params) =>
    sentence.replace(/\{(\w+)\}/g, (whole, name) =>
      params && params[name] !== undefined ? String(params[name]) : whole);

  /* One line on a source in the language shown; a line that we do not know as it came. */
  gp.credit = (line) => (line.key && gp.knows("attribution." + line.key) ? gp.t("attribution." + line.key, line.key === "own" ? owned(line.params) : line.params) : line.text);

  /* A planner's own table is called what the shipped one is called: the words before the colon of its credit. */
  const owned = (own) => ({ ...own, table: gp.knows("attribution." + own.table) ? gp.t("attribution." + own.table).split(":")[0] : own.table });

  /* The name of row `i` of `names` ({az: [...], ...}), or of a single {az, ru, en}. */
  gp.name = (names, i) => (i === undefined ? names[gp.state.lang] : names[gp.state.lang][i]);

  gp.number = function (value, digits) {
    if (value === null || value === undefined) return "\u2013";
    const style = STYLE[gp.state.lang];
    const [whole, part] = Math.abs(value).toFixed(digits || 0).split(".");
    const grouped = whole.replace(/\B(?=(\d{3})+$)/g, style.group);
    return (value < 0 ? "\u2212" : "") + grouped + (part ? style.decimal + part : "");
  };

  /* A share as percent; what is not all is never shown as 100, what is not nothing never as 0. */
  gp.percent = function (share, digits) {
    if (share === null || share === undefined || Number.isNaN(share)) return "\u2013";
    const step = Math.pow(10, -(digits || 0));
    let value = share * 100;
    if (share < 1) value = Math.min(value, 100 - step);
    if (share > 0) value = Math.max(value, step);
    return gp.number(value, digits) + STYLE[gp.state.lang].percent;
  };

  gp.date = function (year, month, day) {
    return gp.t("date.long", { day, month: gp.t("month." + month), year });
  };

  /* An ISO day in words; anything else as it came. */
  gp.day = function (text) {
    const part = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
    return part ? gp.date(part[1], Number(part[2]), Number(part[3])) : text;
  };

  /* Minutes of a point: below the error of its position only an upper bound is honest. */
  gp.minutes = function (tenths, error) {
    const minutes = tenths / 10;
    if (error !== null && error !== undefined && minutes < error) {
      return "<\u00a0" + gp.number(Math.max(5, Math.ceil(error / 5) * 5));
    }
    return gp.number(minutes);
  };

  /* Lower case with the dotted and the dotless i kept apart. */
  function lower(text) {
    return text.replace(/İ/g, "i").replace(/I/g, "ı").toLowerCase();
  }

  function weights(text) {
    const alphabet = ALPHABET[gp.state.lang];
    const plain = gp.state.lang === "az" ? lower(text) : text.toLowerCase();
    return Array.from(plain, (c) => {
      const place = alphabet.indexOf(c);
      return place < 0 ? c.codePointAt(0) / 1e7 : place + 1;
    });
  }

  const collators = {};

  /* A comparison of names by the alphabet of the language shown; keys are made once a name and language. */
  gp.collator = function () {
    collators[gp.state.lang] = collators[gp.state.lang] || byAlphabet();
    return collators[gp.state.lang];
  };

  function byAlphabet() {
    const known = new Map();
    const key = (text) => known.get(text) || known.set(text, weights(text)).get(text);
    return function (a, b) {
      if (a === b) return 0;
      const left = key(a), right = key(b);
      for (let i = 0; i < Math.min(left.length, right.length); i += 1) {
        if (left[i] !== right[i]) return left[i] - right[i];
      }
      return left.length - right.length;
    };
  }

  /* One search key for every spelling: Cyrillic or Latin, with or without dots and tails. */
  gp.fold = function (text) {
    return Array.from(text.replace(/[İI]/g, "i").toLowerCase().normalize("NFC"), (c) =>
      LETTERS[c] !== undefined ? LETTERS[c] : c.normalize("NFD").replace(/[\u0300-\u036f]/g, ""))
      .join("").replace(/[^a-z0-9]+/g, " ").trim();
  };

  /* Where people type a for schwa the name is found too. */
  gp.foldAll = (texts) => texts.map((t) => gp.fold(t) + " " + gp.fold(t.replace(/[əƏ]/g, "a"))).join(" ");
})(window.geoplan);
