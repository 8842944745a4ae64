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

  /* The bytes of a packed block. */
  gp.unzip = async function (id) {
    const text = atob(document.getElementById(id).textContent), bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i += 1) bytes[i] = text.charCodeAt(i);
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  };

  gp.readBulk = async function () {
    gp.bulk = JSON.parse(new TextDecoder().decode(await gp.unzip("geoplan-bulk")));
  };

  /* Cell `i` of a column that holds each text once. */
  gp.word = (column, i) => column.words[column.at[i]];
})(window.geoplan);
