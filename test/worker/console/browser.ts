/** What a browser without scripts does: keeps cookies, follows redirects, sends forms as they stand. */
import assert from "node:assert/strict";
import type { AppUnderTest } from "../app-under-test.ts";

export interface Shown {
  status: number;
  /** Where the last redirect led. */
  path: string;
  html: string;
}

export class Browser {
  readonly cookies = new Map<string, string>();

  constructor(
    private readonly app: AppUnderTest["app"],
    private readonly origin = "http://worker.test",
  ) {}

  async open(path: string): Promise<Shown> {
    return await this.#follow(path, { method: "GET" });
  }

  /** Sends the form of a page whose action it is, with what is typed over what stands in it. */
  async submit(page: Shown, action: string, typed: Record<string, string> = {}): Promise<Shown> {
    const form = formOf(page.html, action);
    return await this.post(action, { ...form, ...typed });
  }

  async post(
    path: string,
    fields: Record<string, string>,
    headers: Record<string, string> = {},
  ): Promise<Shown> {
    const body = new URLSearchParams(fields);
    return await this.#follow(path, { method: "POST", body }, { origin: this.origin, ...headers });
  }

  /** One answer, not followed. */
  async fetch(path: string, init: RequestInit = {}, more: Record<string, string> = {}) {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const headers = { ...more, ...(cookie === "" ? {} : { cookie }) };
    const answer = await this.app.fetch(new Request(this.origin + path, { ...init, headers }));
    for (const set of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(set)!;
      if (/max-age=0/i.test(set)) this.cookies.delete(name!);
      else this.cookies.set(name!, value!);
    }
    return answer;
  }

  async #follow(path: string, init: RequestInit, more?: Record<string, string>): Promise<Shown> {
    let answer = await this.fetch(path, init, more);
    for (let hops = 0; answer.status === 303; hops++) {
      assert.ok(hops < 5, "redirects in a circle");
      path = answer.headers.get("location")!;
      await answer.body?.cancel();
      answer = await this.fetch(path);
    }
    return { status: answer.status, path, html: await answer.text() };
  }
}

/** The fields of a form as they stand in the page. */
function formOf(html: string, action: string): Record<string, string> {
  const form = [...html.matchAll(/<form\b[^>]*action="([^"]*)"[^>]*>([\s\S]*?)<\/form>/g)]
    .find(([, to]) => to === action);
  assert.ok(form, `the page has no form for ${action}`);
  const fields: Record<string, string> = {};
  for (const [input] of form[2]!.matchAll(/<input\b[^>]*>/g)) {
    const name = attribute(input, "name");
    if (!name || (/type="checkbox"/.test(input) && !/\schecked/.test(input))) continue;
    fields[name] = [fields[name], attribute(input, "value") ?? ""].filter(Boolean).join(",");
  }
  for (const [, tag, text] of form[2]!.matchAll(/<textarea\b([^>]*)>([\s\S]*?)<\/textarea>/g)) {
    fields[attribute(tag!, "name")!] = text!;
  }
  for (const [, tag, options] of form[2]!.matchAll(/<select\b([^>]*)>([\s\S]*?)<\/select>/g)) {
    const all = [...options!.matchAll(/<option\b[^>]*>/g)].map(([option]) => option);
    const chosen = all.find((option) => /\sselected/.test(option)) ?? all[0]!;
    fields[attribute(tag!, "name")!] = attribute(chosen, "value") ?? "";
  }
  return fields;
}

function attribute(tag: string, name: string): string | undefined {
  return new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1]?.replaceAll("&amp;", "&");
}
