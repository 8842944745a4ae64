/* Data blocks of the document -> objects: the head at once, the bulk through the browser's own gunzip. */
(function (gp) {
  "use strict";

  const SCHEMA = 1;

  gp.readHead = function () {
    const head = JSON.parse(document.getElementById("geoplan-head").textContent);
    if (head.schema !== SCHEMA) throw new Error("page data of schema " + head.schema + " is not known");
    gp.head = head;
    gp.relief = JSON.parse(document.getElementById("geoplan-relief").textContent);
  };

  gp.readBulk = async function () {
    const text = atob(document.getElementById("geoplan-bulk").textContent);
    const bytes = Uint8Array.from(text, (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    gp.bulk = JSON.parse(await new Response(stream).text());
  };

  /* Cell `i` of a column that holds each text once. */
  gp.word = (column, i) => column.words[column.at[i]];
})(window.geoplan);
