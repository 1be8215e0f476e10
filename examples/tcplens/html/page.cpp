// SPDX-License-Identifier: MIT
#include "page.hpp"

#include "../graph/svg.hpp"
#include "sha256.hpp"

namespace program::html {

namespace {

// Neither has a character that XML would read otherwise than HTML: no "<", no "&".
constexpr std::string_view page_style = R"(
:root{color-scheme:light dark;--ground:#fff;--text:#1b1f24;--faint:#57606a;--rule:#d0d7de;--link:#0a4f8f;--mark:#f1f4f8}
@media (prefers-color-scheme:dark){:root{--ground:#14171a;--text:#e8eaed;--faint:#a9b1ba;--rule:#3a4048;--link:#7cc0ff;
--mark:#20262d}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1rem;max-width:80rem;background:var(--ground);color:var(--text);
font:16px/1.5 system-ui,"DejaVu Sans",Arial,sans-serif;overflow-wrap:anywhere}
h1{font-size:1.5rem;line-height:1.25}
h2{font-size:1.2rem;margin-top:2rem;border-bottom:1px solid var(--rule)}
h3{font-size:1rem}
a{color:var(--link)}
a:focus-visible,button:focus-visible,summary:focus-visible,.scroll:focus-visible{outline:3px solid var(--link);outline-offset:2px}
.skip{position:absolute;left:-99rem}
.skip:focus{left:1rem;background:var(--ground);padding:.3rem}
nav ul{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;padding:0;list-style:none}
li{margin:.3rem 0}
.faint{color:var(--faint);font-size:.9rem}
.scroll{overflow-x:auto;border:1px solid var(--rule)}
.rows{margin:0;padding:.5rem;font:13px/1.5 ui-monospace,"DejaVu Sans Mono",monospace;overflow-wrap:normal}
table{border-collapse:collapse;width:100%;font-size:.85rem;overflow-wrap:normal}
caption{text-align:left;padding:.4rem}
th,td{padding:.2rem .5rem;text-align:left;white-space:nowrap;border-top:1px solid var(--rule)}
thead th{background:var(--mark);padding:0}
thead button{width:100%;padding:.5rem;border:0;background:none;color:inherit;font:inherit;font-weight:600;text-align:inherit;
cursor:pointer}
th[aria-sort=ascending] button::after{content:" \2191"}
th[aria-sort=descending] button::after{content:" \2193"}
.n{text-align:right;font-variant-numeric:tabular-nums}
tbody th{font-weight:400}
tbody tr:nth-child(even){background:var(--mark)}
figure{margin:1.2rem 0;break-inside:avoid}
figcaption{font-weight:600}
svg.graph{display:block;width:100%;min-width:700px;height:auto}
svg.bar{display:inline-block;width:7rem;min-width:7rem;height:.7rem;margin-right:.5rem;background:none}
@media print{body{max-width:none;font-size:11px}.scroll{overflow:visible;border:0}nav,.skip{display:none}table{font-size:8px}
svg.graph{min-width:0}svg.bar{width:5rem;min-width:5rem}thead{display:table-header-group}tr{break-inside:avoid}
:root{--ground:#fff;--text:#000;--faint:#333;--rule:#bbb;--link:#000;--mark:#f4f4f4}}
)";

constexpr std::string_view page_script = R"(
'use strict';
(function () {
  var table = document.getElementById('connections-table');
  if (table === null) return;
  var body = table.tBodies[0];
  var said = document.getElementById('sorted');
  var heads = Array.from(table.tHead.rows[0].cells);
  function keyOf(row, place) {
    var cell = row.cells[place];
    var value = cell.getAttribute('data-v');
    if (value !== null) return Number(value);
    return heads[place].className === 'n' ? Number(cell.textContent) : cell.textContent;
  }
  function sortBy(place) {
    var head = heads[place];
    var was = head.getAttribute('aria-sort');
    var downFirst = head.className === 'n' ? place !== 0 : false;
    var down = was === 'none' ? downFirst : was === 'ascending';
    var rows = Array.from(body.rows).map(function (row) { return [keyOf(row, place), row]; });
    rows.sort(function (a, b) {
      if (a[0] === b[0]) return 0;
      return (a[0] > b[0]) === down ? -1 : 1;
    });
    var all = document.createDocumentFragment();
    rows.forEach(function (each) { all.appendChild(each[1]); });
    body.appendChild(all);
    heads.forEach(function (each) { each.setAttribute('aria-sort', 'none'); });
    head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
    said.textContent = 'Sorted by ' + head.textContent + (down ? ', descending.' : ', ascending.');
  }
  heads.forEach(function (head, place) {
    head.firstElementChild.addEventListener('click', function () { sortBy(place); });
  });
})();
)";

} // namespace

std::string element(std::string_view name, std::string_view words) {
    std::string text = "<";
    text.append(name).append(">").append(graphs::xml_escaped(words)).append("</").append(name).append(">\n");
    return text;
}

std::string page(std::string_view title, std::string_view body) {
    const std::string style = std::string{graphs::graph_style()} + std::string{page_style};
    const std::string policy = "default-src 'none'; script-src '" + policy_source(page_script) + "'; style-src '" +
                               policy_source(style) + "'; img-src data:; base-uri 'none'; form-action 'none'";
    std::string all = "<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\n<head>\n"
                      "<meta charset=\"utf-8\"/>\n<meta http-equiv=\"Content-Security-Policy\" content=\"" +
                      policy +
                      "\"/>\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
                      "<meta name=\"referrer\" content=\"no-referrer\"/>\n<link rel=\"icon\" href=\"data:,\"/>\n" +
                      element("title", title) + "<style>" + style + "</style>\n</head>\n<body>\n";
    all.append(body).append("<script>").append(page_script).append("</script>\n</body>\n</html>\n");
    return all;
}

} // namespace program::html
