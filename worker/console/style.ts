/**
 * How the console looks: one type scale, one spacing scale, one accent, light and dark. Served as it
 * stands; no page has a style of its own.
 */
export const style = `
:root {
  color-scheme: light dark;
  --paper: #fbfaf8; --card: #ffffff; --ink: #1d2129; --quiet: #5a6170; --line: #e2dfd8;
  --accent: #0b5c63; --accent-ink: #ffffff; --accent-soft: #e3f0f0; --focus: #0b5c63;
  --good: #1c6b3c; --good-soft: #e3f3e8; --warn: #7a4b00; --warn-soft: #fcf0d8;
  --bad: #a3221d; --bad-soft: #fbe7e5; --bar-warn: #c47f0e; --idle: #4d5563; --idle-soft: #eceef1;
  --s1: .25rem; --s2: .5rem; --s3: .75rem; --s4: 1rem; --s5: 1.5rem; --s6: 2.5rem;
  --t1: .8125rem; --t2: .9375rem; --t3: 1.125rem; --t4: 1.5rem; --t5: 2rem;
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171b; --card: #1c2026; --ink: #e8e6e1; --quiet: #a6adba; --line: #323842;
    --accent: #6cc5c7; --accent-ink: #08292b; --accent-soft: #17373a; --focus: #6cc5c7;
    --good: #7fd29a; --good-soft: #18331f; --warn: #f0bf66; --warn-soft: #3a2c10;
    --bad: #ff9d94; --bad-soft: #43201d; --bar-warn: #e0a63c; --idle: #b6bcc8; --idle-soft: #2a3038;
  }
}
*, *::before, *::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: var(--t2)/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
}
a { color: var(--accent); text-underline-offset: .15em; }
h1, h2, h3 { line-height: 1.2; margin: 0; font-weight: 650; text-wrap: balance; }
h1 { font-size: var(--t4); } h2 { font-size: var(--t3); } h3 { font-size: var(--t2); }
p { margin: 0; max-width: 70ch; } ul, ol { margin: 0; padding-left: 1.25em; }
code, pre, kbd, .mono { font-family: var(--mono); font-size: .92em; }
code { background: var(--idle-soft); border-radius: 4px; padding: .05em .35em; overflow-wrap: anywhere; }
pre {
  background: var(--idle-soft); border-radius: 8px; padding: var(--s3); margin: 0;
  overflow-x: auto; white-space: pre; max-width: 100%;
}
pre code { background: none; padding: 0; }
:focus-visible, :is([type=date], [type=time]):focus-within { outline: 3px solid var(--focus); outline-offset: 2px; border-radius: 4px; }
.skip { position: absolute; left: -99em; }
.skip:focus { left: var(--s4); top: var(--s2); background: var(--card); padding: var(--s2); z-index: 2; }
.says::first-letter { text-transform: uppercase; } .quiet { color: var(--quiet); } .small { font-size: var(--t1); } .right { text-align: right; }
.number { font-variant-numeric: tabular-nums; text-align: right; white-space: nowrap; }
.unseen {
  position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap;
}

/* the frame */
.frame { display: grid; grid-template-columns: 13.5rem minmax(0, 1fr); min-height: 100vh; }
.side { border-right: 1px solid var(--line); padding: var(--s5) var(--s4); background: var(--card); }
.side .brand { font-weight: 700; font-size: var(--t3); text-decoration: none; color: var(--ink); display: block; }
.side .brand span { color: var(--accent); }
.side nav ul { list-style: none; padding: 0; margin: var(--s5) 0; display: grid; gap: var(--s1); }
.side nav a {
  display: block; padding: var(--s2) var(--s3); border-radius: 8px; color: var(--ink); text-decoration: none;
}
.side nav a:hover { background: var(--idle-soft); }
.side nav a[aria-current] { background: var(--accent-soft); color: var(--accent); font-weight: 600; }
.side .who { font-size: var(--t1); color: var(--quiet); display: grid; gap: var(--s2); overflow-wrap: anywhere; }
main { padding: var(--s5) clamp(var(--s4), 4vw, var(--s6)); display: grid; gap: var(--s5); align-content: start; min-width: 0; }
main > * { min-width: 0; }
.crumbs { font-size: var(--t1); color: var(--quiet); margin-bottom: var(--s1); }
.head { display: flex; flex-wrap: wrap; gap: var(--s3) var(--s5); align-items: end; justify-content: space-between; }
.head p { margin-top: var(--s1); }
.tabs { display: flex; flex-wrap: wrap; gap: var(--s1); border-bottom: 1px solid var(--line); list-style: none; padding: 0; }
.tabs a {
  display: block; padding: var(--s2) var(--s3); text-decoration: none; color: var(--quiet);
  border-bottom: 2px solid transparent; margin-bottom: -1px;
}
.tabs a[aria-current] { color: var(--accent); border-color: var(--accent); font-weight: 600; }
.menu summary { display: none; }

.door { min-height: 100vh; align-content: center; justify-content: center; grid-template-columns: min(100%, 30rem); }
.accent { color: var(--accent); }

/* cards, and what is in them */
.card { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: var(--s4) var(--s5); display: grid; gap: var(--s3); }
.card > .head { align-items: center; } .card > * { min-width: 0; } figure { margin: 0; }
.cards { display: grid; gap: var(--s4); grid-template-columns: repeat(auto-fit, minmax(min(100%, 17rem), 1fr)); }
.counts { display: grid; gap: var(--s4); grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); }
.figure { font-size: var(--t5); font-weight: 650; line-height: 1.1; font-variant-numeric: tabular-nums; }
.facts { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: var(--s2) var(--s5); margin: 0; }
.facts dt { color: var(--quiet); } .facts dd { margin: 0; overflow-wrap: anywhere; }
.empty { color: var(--quiet); padding: var(--s4) 0; display: grid; gap: var(--s3); justify-items: start; }
.note { border-radius: 10px; padding: var(--s3) var(--s4); background: var(--idle-soft); color: var(--idle); display: grid; gap: var(--s1); }
.note.good { background: var(--good-soft); color: var(--good); }
.note.warn { background: var(--warn-soft); color: var(--warn); }
.note.bad { background: var(--bad-soft); color: var(--bad); }
.note :is(code) { background: none; padding: 0; } .note a { color: inherit; }
.badge {
  display: inline-block; border-radius: 99px; padding: .1em .7em; font-size: var(--t1); font-weight: 600;
  background: var(--idle-soft); color: var(--idle); white-space: nowrap;
}
.badge.good { background: var(--good-soft); color: var(--good); }
.badge.warn { background: var(--warn-soft); color: var(--warn); }
.badge.bad { background: var(--bad-soft); color: var(--bad); }
.badge.busy { background: var(--accent-soft); color: var(--accent); }

/* tables */
.wide { overflow-x: auto; margin: 0 calc(-1 * var(--s5)); padding: 0 var(--s5); }
table { border-collapse: collapse; width: 100%; }
th { text-align: left; font-size: var(--t1); font-weight: 600; color: var(--quiet); white-space: nowrap; }
th, td { padding: var(--s2) var(--s4) var(--s2) 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th:last-child, td:last-child { padding-right: 0; }
tbody tr:last-child td { border-bottom: 0; }
th.number { text-align: right; } td .mono { overflow-wrap: anywhere; }
td code { overflow-wrap: normal; white-space: nowrap; } td.say { min-width: 16rem; max-width: 60ch; overflow-wrap: anywhere; }

/* forms */
form { display: grid; gap: var(--s4); justify-items: start; max-width: 44rem; }
form > .card { width: 100%; } td form { gap: var(--s2); } td button { min-height: 0; padding: .15rem .7rem; }
time { white-space: nowrap; } td time { white-space: normal; } td summary { white-space: nowrap; } form.line { display: flex; flex-wrap: wrap; gap: var(--s2); align-items: end; max-width: none; }
.field { display: grid; gap: var(--s1); width: 100%; }
form.line .field { width: auto; flex: 1 1 11rem; max-width: 26rem; }
label, legend { font-weight: 600; } .field .hint { color: var(--quiet); font-size: var(--t1); }
input, select, textarea {
  font: inherit; color: inherit; background: var(--paper); border: 1px solid #8a909c; border-radius: 8px;
  padding: var(--s2) var(--s3); width: 100%; min-height: 2.6rem;
}
textarea { min-height: 7rem; font-family: var(--mono); font-size: var(--t1); resize: vertical; }
input[type=checkbox], input[type=radio] { width: 1.15rem; min-height: 1.15rem; height: 1.15rem; accent-color: var(--accent); margin: .2rem 0 0; }
.choice { display: grid; grid-template-columns: auto 1fr; gap: var(--s2); align-items: start; font-weight: 400; }
fieldset { border: 0; padding: 0; margin: 0; display: grid; gap: var(--s2); }
[aria-invalid=true] { border-color: var(--bad); border-width: 2px; }
.wrong { color: var(--bad); font-size: var(--t1); font-weight: 600; }
button, .button {
  font: inherit; font-weight: 600; border-radius: 8px; border: 1px solid var(--accent); background: var(--accent);
  color: var(--accent-ink); padding: var(--s2) var(--s4); cursor: pointer; text-decoration: none; display: inline-block; min-height: 2.6rem;
}
button.second, .button.second { background: none; color: var(--accent); }
button.danger { background: none; color: var(--bad); border-color: var(--bad); }
button:hover, .button:hover { filter: brightness(1.08); }
.actions { display: flex; flex-wrap: wrap; gap: var(--s2); align-items: center; }
details.fold > summary { cursor: pointer; color: var(--accent); font-weight: 600; padding: var(--s1) 0; }
details.fold[open] > summary { margin-bottom: var(--s3); }

/* pictures */
svg { max-width: 100%; height: auto; display: block; overflow: visible; } svg text { fill: var(--quiet); font-size: 11px; }
.bar-good { fill: var(--good); } .bar-warn { fill: var(--bar-warn); } .bar-bad { fill: var(--bad); }
.bar-idle { fill: var(--idle); } .bar-accent { fill: var(--accent); } .axis { stroke: var(--line); }
.legend { display: flex; flex-wrap: wrap; gap: var(--s2) var(--s4); list-style: none; padding: 0; font-size: var(--t1); }
.legend li::before { content: ""; display: inline-block; width: .7em; height: .7em; border-radius: 2px; margin-right: .5em; background: currentColor; }
.legend li span { color: var(--ink); }
.legend .good { color: var(--good); } .legend .warn { color: var(--bar-warn); } .legend .bad { color: var(--bad); }
.legend .idle { color: var(--idle); } .legend .accent { color: var(--accent); }
progress { width: 100%; height: .7rem; accent-color: var(--accent); }
.story { list-style: none; padding: 0; margin: 0; display: grid; }
.story li { display: grid; grid-template-columns: 1rem 1fr; gap: var(--s3); padding-bottom: var(--s4); position: relative; }
.story li::before { content: ""; width: .7rem; height: .7rem; border-radius: 50%; background: var(--accent); margin-top: .4rem; }
.story li:not(:last-child)::after { content: ""; position: absolute; left: .3rem; top: 1.2rem; bottom: -.2rem; width: 2px; background: var(--line); }
.story li.bad::before { background: var(--bad); } .story li.warn::before { background: var(--warn); }
.story li.wait::before { background: none; border: 2px solid var(--quiet); }

@media (max-width: 50rem) {
  .frame { grid-template-columns: minmax(0, 1fr); grid-template-rows: auto 1fr; }
  .side { border-right: 0; border-bottom: 1px solid var(--line); padding: var(--s3) var(--s4); }
  .menu summary { display: block; cursor: pointer; font-weight: 600; position: absolute; right: var(--s4); top: var(--s3); padding: var(--s1) var(--s2); }
  .menu:not([open]) > :not(summary) { display: none; }
  .side nav ul { margin: var(--s3) 0; }
  .card { padding: var(--s4); } .wide { margin: 0 calc(-1 * var(--s4)); padding: 0 var(--s4); }
  .facts { grid-template-columns: 1fr; gap: 0; } .facts dd { margin-bottom: var(--s3); }
  .later { display: none; } svg text { font-size: 20px; }
}
@media (max-width: 40rem) {
  table, tbody, tr, td { display: block; } thead { display: none; }
  tbody tr { padding: var(--s3) 0; border-bottom: 1px solid var(--line); }
  tbody tr:last-child { border-bottom: 0; }
  td, td.number, td.later { display: grid; grid-template-columns: 6.5rem minmax(0, 1fr); gap: var(--s3); text-align: left; border: 0; padding: var(--s1) 0; white-space: normal; }
  td code { overflow-wrap: normal; white-space: nowrap; } td.say { min-width: 0; } td::before { content: attr(data-heading); color: var(--quiet); font-size: var(--t1); }
  td:has(> div:empty) { display: none; }
  td.bare { grid-template-columns: 1fr; } td.bare::before { display: none; }
}
@media (min-width: 50.01rem) { .menu > :not(summary) { display: block; } }
@media print { .side, form, .actions { display: none; } .frame { display: block; } }
@media (prefers-reduced-motion: no-preference) { progress { transition: width .2s; } }
`;
