/* Minutes from every point to every site: blocks of bytes -> one column a site, unpacked when first needed. */
(function (gp) {
  "use strict";

  const NONE = -1;
  const times = { NONE, ready: false };
  gp.times = times;

  times.isThere = () => Boolean(gp.head.whatif);

  /* Unpack all blocks, once; later ones are differences from those before. */
  times.load = function () {
    times.loading = times.loading || unpackAll();
    return times.loading;
  };

  async function unpackAll() {
    times.states = [];
    let before = null;
    for (let k = 0; k < gp.head.whatif.times.blocks; k += 1) {
      const cells = decoded(await gp.unzip("geoplan-times-" + k), before);
      times.states.push(columns(cells));
      before = cells.filled;
    }
    times.ready = true;
  }

  /* The reverse of `encoded` in times.py: planes of bytes, folded, summed across and down, then the bits. */
  function decoded(raw, before) {
    const order = gp.bulk.whatif, rows = order.points.length, sites = order.sites.length, size = rows * sites;
    const width = gp.head.whatif.times.width;
    if (raw.length !== width * size + Math.ceil(size / 8)) throw new Error("a block of times has another size than its matrix");
    const filled = new Int32Array(size);
    for (let j = 0; j < sites; j += 1) {
      let sum = 0;
      for (let i = 0; i < rows; i += 1) {
        const at = j * rows + i;
        let folded = raw[at];
        for (let k = 1; k < width; k += 1) folded |= raw[k * size + at] << (8 * k);
        sum = (sum + ((folded >>> 1) ^ -(folded & 1))) | 0;
        filled[at] = j ? (sum + filled[at - rows]) | 0 : sum;
      }
    }
    const mask = width === 4 ? -1 : 0xffff;
    for (let at = 0; at < size; at += 1) filled[at] = (filled[at] + (before ? before[at] : 0)) & mask;
    return { filled, away: raw.subarray(width * size), rows, sites };
  }

  /* One Int32Array a site, in the page's own order of sites and points. */
  function columns({ filled, away, rows, sites }) {
    const order = gp.bulk.whatif, out = [];
    for (let j = 0; j < sites; j += 1) {
      const column = new Int32Array(rows);
      for (let i = 0; i < rows; i += 1) {
        const at = j * rows + i;
        column[order.points[i]] = (away[at >> 3] >> (7 - (at & 7))) & 1 ? NONE : filled[at];
      }
      out[order.sites[j]] = column;
    }
    return out;
  }

  /* Tenths of a minute from all points to site `row` on the roads of the shown year. */
  times.to = (row) => times.states[gp.head.whatif.times.state[gp.state.year]][row];
})(window.geoplan);
