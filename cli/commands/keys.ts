/** A school's SSH keys. */
import { readFile } from "node:fs/promises";
import { list } from "../api.ts";
import { ask, askOne, type Command } from "../command.ts";
import { exitCodes, Failure } from "../exit-codes.ts";
import { showList } from "../output.ts";
import { readAll, type Terminal } from "../terminal.ts";

export function addKeyCommands(program: Command, terminal: Terminal): void {
  const keys = program.command("keys").description("a school's SSH keys");

  ask(keys, terminal, "list <slug>", "its keys, revoked ones too", async (api, [slug], options) => {
    const found = await list((query) =>
      api.json("get", "/admin/schools/{slug}/keys", {
        params: { path: { slug: slug! }, query },
      })
    );
    showList(terminal, found, [
      ["FINGERPRINT", (it) => it.fingerprint],
      ["TYPE", (it) => `${it.type}${it.bits ? ` ${it.bits}` : ""}`],
      ["LABEL", (it) => it.label],
      ["SINCE", (it) => it.createdAt],
      [
        "",
        (it) =>
          it.revokedAt ? `revoked ${it.revokedAt}` : it.expiresAt ? `expires ${it.expiresAt}` : "",
      ],
    ], {
      ...options,
      nothing: `${slug} has no key; add one: rosterbridge keys add ${slug} FILE.pub`,
    });
  });

  askOne(
    keys,
    terminal,
    "add <slug> <file>",
    'registers a public key; "-" reads it from standard input',
    async (api, [slug, file], options) => {
      const publicKey = await readKeyFile(terminal, file!);
      const body = { publicKey, label: options["label"], expiresAt: options["expires"] };
      return await api.json("post", "/admin/schools/{slug}/keys", {
        params: { path: { slug: slug! } },
        body,
      });
    },
  ).option("--label <words>", "what administrators call it, else the key's own comment")
    .option("--expires <instant>", "when it stops to work, such as 2027-08-01T00:00:00Z");

  ask(
    keys,
    terminal,
    "revoke <slug> <fingerprint>",
    "out within two seconds; it never comes back",
    async (api, [slug, fingerprint]) => {
      await api.json("delete", "/admin/schools/{slug}/keys/{fingerprint}", {
        params: { path: { slug: slug!, fingerprint: fingerprint! } },
      });
      terminal.stdout.write(`${fingerprint} of ${slug} is revoked.\n`);
    },
  );
}

async function readKeyFile(terminal: Terminal, file: string): Promise<string> {
  if (file === "-") return await readAll(terminal.stdin);
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new Failure(
      `The key's file cannot be read: ${(error as Error).message}.`,
      exitCodes.unknown,
    );
  }
}
