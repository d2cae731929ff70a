// The tables of settings in docs/operations.md against what the programs really read.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { readSettings as readBridge } from "../bridge/settings.ts";
import type { Environment } from "../shared/settings.ts";
import { readSettings as readWorker } from "../worker/settings.ts";

const page = readFileSync(new URL("../docs/operations.md", import.meta.url), "utf8");
const BRIDGE_TOKEN = "a-token-of-the-bridge-0123456789";

interface Side {
  name: string;
  read(environment: Environment): object;
  required: Environment;
  /** Settings that are read only beside others. */
  others: Environment[];
}

const sides: Side[] = [
  {
    name: "bridge",
    read: readBridge,
    required: { WORKER_URL: "https://worker.example", BRIDGE_TOKEN },
    others: [{
      ...{ KEYRING: "pkcs11", PKCS11_MODULE: "/a.so", PKCS11_TOKEN_LABEL: "a" },
      PKCS11_PIN_FILE: "/pin",
    }],
  },
  {
    name: "worker",
    read: readWorker,
    required: { BRIDGE_TOKEN, ADMIN_TOKEN: "a-token-of-administrators-0123456789" },
    others: [{
      ...{ OIDC_ISSUER: "https://id.example", OIDC_CLIENT_ID: "a", OIDC_GROUPS: "it=admin" },
      PUBLIC_URL: "https://worker.example",
    }],
  },
];

/** The settings of a table, each with what stands there as its default. */
function tableOf(side: string): Map<string, string> {
  const [, table] = new RegExp(`\\n\\| ${side} +\\| default.*\\n((?:\\|.*\\n)+)`).exec(page)!;
  return new Map(
    table!.trim().split("\n").slice(1).flatMap((row) => {
      const [, names, defaults] = row.split("|");
      const words = [...names!.matchAll(/`([A-Z][A-Z0-9_]+)`/g)].map(([, name]) => name!);
      const values = [...defaults!.matchAll(/`([^`]+)`/g)].map(([, value]) => value!);
      const each = words.length === values.length ? values : words.map(() => defaults!.trim());
      return words.map((name, i) => [name, each[i]!] as const);
    }),
  );
}

function namesRead({ read, required, others }: Side): Set<string> {
  const names = new Set<string>();
  for (const more of [{}, ...others]) {
    const environment: Environment = { ...required, ...more };
    read(
      new Proxy(environment, {
        get(target, name) {
          names.add(String(name));
          return target[String(name)];
        },
      }),
    );
  }
  return names;
}

for (const side of sides) {
  test(`the ${side.name}'s table of settings has all that are read, and nothing else`, () => {
    const [inTable, read] = [[...tableOf(side.name).keys()], [...namesRead(side)]];
    assert.ok(read.length > 15, read.join());
    assert.deepEqual(read.filter((name) => !inTable.includes(name)), [], "not in operations.md");
    assert.deepEqual(inTable.filter((name) => !read.includes(name)), [], "nobody reads them");
  });

  test(`each default in the ${side.name}'s table is what it is without the setting`, () => {
    const unset = side.read(side.required);
    const given = [...tableOf(side.name)].filter(([name, value]) =>
      !(name in side.required) && !value.includes(" ") && !/[A-Z]/.test(value) && value !== "none"
    );
    assert.ok(given.length >= 8, given.join());
    for (const [name, value] of given) {
      assert.deepEqual(side.read({ ...side.required, [name]: value }), unset, `${name}: ${value}`);
    }
  });
}
