/* Data blocks of the document -> objects: the head at once, the bulk through the browser's own gunzip. */
(function (gp) {
  "use strict";

  const SCHEMA = 2;

  gp.readHead = function () {
    const head = JSON.parse(document.getElementById("geoplan-head").textContent);
    if (head.schema !== SCHEMA) throw new Error("page data of schema " + head.schema + " is not known");
    gp.head = head;
    gp.relief = JSON.parse(document.getElementById("geoplan-relief").textContent);
  };

  /* The bytes of a packed block. */
  gp.unzip = async function (id) {
    const text = atob(document.getElementById(id).textContent), bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i += 1) bytes[i] = text.charCodeAt(i);
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  };

  gp.readBulk = async function () {
    gp.bulk = together(JSON.parse(new TextDecoder().decode(await gp.unzip("geoplan-bulk"))));
  };

  /* What a node says beside its reference: 0 the same, 1 whole, 2 some rows, 3 parts of a mapping, 4 parts of a list. */
  function whole(node, beside) {
    if (node === 0) return beside;
    if (node[0] === 1) return node[1];
    if (node[0] === 3) return Object.assign({}, beside, Object.fromEntries(Object.entries(node[1]).map(([key, part]) => [key, whole(part, beside[key])])));
    if (node[0] === 4) return node[1].map((part, i) => whole(part, beside[i]));
    const out = beside.slice();
    node[1].reduce((row, step, k) => { out[row + step] = node[2][k]; return row + step; }, 0);
    return out;
  }

  /* Years, variants and the base as if each were written whole. */
  function together(bulk) {
    const { first, variants, later } = bulk.coverage;
    Object.entries(variants).forEach(([id, [parent, node]]) => { first[id] = whole(node, first[parent]); });
    bulk.coverage = [first, ...later.map((year) => whole(year, first))];
    bulk.routes = [bulk.routes.first, ...bulk.routes.later.map((year) => whole(year, bulk.routes.first))];
    if (bulk.base) {
      bulk.base.routes = bulk.base.routes.map((node, y) => whole(node, bulk.routes[y]));
      bulk.base.coverage = bulk.base.coverage.map((year, y) => Object.fromEntries(Object.entries(year).map(([id, node]) => [id, whole(node, bulk.coverage[y][id])])));
    }
    return bulk;
  }

  /* Cell `i` of a column that holds each text once. */
  gp.word = (column, i) => column.words[column.at[i]];
})(window.geoplan);
