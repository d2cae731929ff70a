/**
 * A mail as HTML. Mail programs know little of it: tables for layout, styles on the elements, no
 * pictures, nothing that is loaded from anywhere.
 */
import type { CodeCount } from "../../database/school/uploads.ts";
import type { Item, Letter } from "./letter.ts";
import { linesOf, meaningOf } from "./problem-lines.ts";

const FONT = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";
const colors = { good: "#1a7f4b", bad: "#b3261e", plain: "#4a5568" };

export function htmlOf({ schoolName, heading, items, closing }: Letter): string {
  const isOne = items.length === 1 && items[0]!.title === heading;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light"><title>${escape(heading)}</title></head>
<body style="margin:0;padding:0;background:#f3f4f6">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="background:#f3f4f6"><tr>
<td align="center" style="padding:24px 12px">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:600px;background:#ffffff;border:1px solid #e2e5ea;border-radius:8px">
<tr><td style="padding:24px 28px 4px;${FONT};font-size:14px;color:#5b6472">${
    escape(schoolName)
  }</td></tr>
<tr><td style="padding:0 28px 8px;${FONT};font-size:22px;line-height:28px;font-weight:600;color:#1b2430;overflow-wrap:anywhere">${
    escape(heading)
  }</td></tr>
${items.map((item) => itemHtml(item, isOne)).join("\n")}
<tr><td style="padding:18px 28px 22px;border-top:1px solid #e2e5ea;${FONT};font-size:12px;line-height:18px;color:#5b6472">${
    closing.map(escape).join("<br>")
  }</td></tr>
</table></td></tr></table></body></html>
`;
}

function itemHtml(item: Item, isOne: boolean): string {
  const { title, when, sentences, problems, link, tone } = item;
  const color = colors[tone];
  const text = `${FONT};font-size:15px;line-height:22px;color:#1b2430;overflow-wrap:anywhere`;
  return `<tr><td style="padding:10px 28px 18px">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0"><tr>
<td style="border-left:4px solid ${color};padding:2px 0 2px 14px">
${
    isOne
      ? ""
      : `<p style="margin:0 0 6px;${text};font-weight:600;color:${color}">${escape(title)}</p>`
  }
${sentences.map((one) => `<p style="margin:0 0 8px;${text}">${escape(one)}</p>`).join("\n")}
${problemTable(problems)}
${
    link
      ? `<p style="margin:12px 0 8px"><a href="${
        escape(link)
      }" style="${FONT};font-size:15px;color:#1d5fbf">Open it in the console</a></p>`
      : ""
  }
<p style="margin:0;${FONT};font-size:13px;color:#5b6472">${escape(when)}</p>
</td></tr></table></td></tr>`;
}

function problemTable(problems: readonly CodeCount[]): string {
  if (problems.length === 0) return "";
  const cell = `padding:6px 10px 6px 0;${FONT};font-size:14px;line-height:20px;color:#1b2430;` +
    "border-bottom:1px solid #eceef2;vertical-align:top;text-align:left";
  const rows = problems.map((problem) => {
    const { times, lines } = linesOf(problem);
    const color = problem.severity === "error" ? colors.bad : "#8a5a00";
    return `<tr><td style="${cell}">${escape(meaningOf(problem.code))}<br>` +
      `<span style="font-size:12px;color:${color}">${escape(problem.severity)}</span> ` +
      `<span style="font-family:Consolas,Menlo,monospace;font-size:12px;color:#5b6472">${
        escape(problem.code)
      }</span></td>` +
      `<td style="${cell};white-space:nowrap">${escape(times)}</td><td style="${cell}">${
        escape(lines)
      }</td></tr>`;
  });
  const head = ["What", "How often", "Where"].map((word) =>
    `<th style="${cell};font-size:12px;color:#5b6472;font-weight:600;white-space:nowrap">${word}</th>`
  );
  return `<table width="100%" cellpadding="0" cellspacing="0" style="margin:4px 0 8px;border-collapse:collapse"><tr>${
    head.join("")
  }</tr>
${rows.join("\n")}</table>`;
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
