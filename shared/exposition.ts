/** Prometheus's text exposition format (version 0.0.4), as far as the two programs need it. */
export const EXPOSITION_TYPE = "text/plain; version=0.0.4; charset=utf-8";

type Values = Readonly<Record<string, number>>;

/** What is measured now: one number, or one for each value of a label. */
export function gauge(name: string, help: string, value: number): string;
export function gauge(name: string, help: string, label: string, values: Values): string;
export function gauge(name: string, help: string, at: number | string, values: Values = {}) {
  return typeof at === "number"
    ? metric(name, "gauge", help, `${name} ${at}\n`)
    : metric(name, "gauge", help, labelled(name, at, values));
}

/** What only grows, for each value of a label. */
export function counter(name: string, help: string, label: string, values: Values): string {
  return metric(name, "counter", help, labelled(name, label, values));
}

function metric(name: string, type: string, help: string, samples: string): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${samples}`;
}

function labelled(name: string, label: string, values: Values): string {
  return Object.entries(values)
    .map(([value, number]) => `${name}{${label}="${escaped(value)}"} ${number}\n`)
    .join("");
}

function escaped(value: string): string {
  return value.replace(/\\/g, "\\\\").replace(/"/g, '\\"').replace(/\n/g, "\\n");
}
