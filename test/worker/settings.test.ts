import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Environment, SettingError } from "../../shared/settings.ts";
import { readSettings } from "../../worker/settings.ts";

const required = { BRIDGE_TOKEN: "bridge-secret-0001", ADMIN_TOKEN: "admin-secret-00001" };

describe("the worker's settings", () => {
  test("each but the tokens has a default", () => {
    assert.deepEqual(readSettings(required), {
      databaseUrl: "file:./data/worker.db",
      databaseAuthToken: undefined,
      host: "127.0.0.1",
      port: 8787,
      bridges: [{ name: "default", token: "bridge-secret-0001" }],
      adminToken: "admin-secret-00001",
      requestsPerMinute: 3000,
      timeline: undefined,
      sliceRows: 5000,
      keyTypes: ["rsa"],
      trustedProxies: [],
      mail: undefined,
      publicUrl: undefined,
      oidc: undefined,
      allowPrivateWebhooks: false,
      stopWithStdin: false,
    });
  });

  test("the environment overrides every setting, and an empty one counts as none", () => {
    const settings = readSettings({
      DATABASE_URL: "libsql://example.turso.io",
      DATABASE_AUTH_TOKEN: "database-secret",
      HOST: "::1",
      PORT: "0",
      BRIDGE_TOKEN: "old-secret-000001, new-secret-000001",
      ADMIN_TOKEN: "admin-secret-00001",
      ADMIN_REQUESTS_PER_MINUTE: "600",
      SLICE_ROWS: "",
      SSH_KEY_TYPES: "rsa, Ed25519,ecdsa,rsa",
      TRUSTED_PROXIES: "127.0.0.1, ::1",
    });
    assert.deepEqual(settings, {
      databaseUrl: "libsql://example.turso.io",
      databaseAuthToken: "database-secret",
      host: "::1",
      port: 0,
      bridges: [
        { name: "default", token: "old-secret-000001" },
        { name: "default", token: "new-secret-000001" },
      ],
      adminToken: "admin-secret-00001",
      requestsPerMinute: 600,
      timeline: undefined,
      sliceRows: 5000,
      keyTypes: ["rsa", "ed25519", "ecdsa"],
      trustedProxies: ["127.0.0.1", "::1"],
      mail: undefined,
      publicUrl: undefined,
      oidc: undefined,
      allowPrivateWebhooks: false,
      stopWithStdin: false,
    });
  });

  const wrong: [Record<string, string | undefined>, RegExp][] = [
    [{ ADMIN_TOKEN: undefined }, /^ADMIN_TOKEN is missing; it takes/],
    [{ BRIDGE_TOKEN: " " }, /^BRIDGE_TOKEN is missing; it takes/],
    [{ BRIDGE_TOKEN: "one-secret-0000001," }, /^BRIDGE_TOKEN is missing/],
    [
      { BRIDGE_TOKEN: "a-secret,b-secret,c-secret" },
      /^BRIDGE_TOKEN has 3 tokens; it takes one, or two/,
    ],
    [
      { ADMIN_TOKEN: "two words of secret" },
      /^ADMIN_TOKEN has characters .*; it takes 16 or more letters/,
    ],
    [{ ADMIN_TOKEN: "x" }, /^ADMIN_TOKEN has 1 characters; it takes 16 or more letters/],
    [{ BRIDGE_TOKEN: "fifteen-letters" }, /^BRIDGE_TOKEN has 15 characters; it takes 16 or more/],
    [
      { DATABASE_URL: "http://db.example", DATABASE_AUTH_TOKEN: "my-secret" },
      /^DATABASE_URL begins with http: and would send the database's token in the open; it takes https:/,
    ],
    [
      { DATABASE_URL: "ws://db.example", DATABASE_AUTH_TOKEN: "my-secret" },
      /^DATABASE_URL .* open/,
    ],
    [{ DATABASE_URL: "ws://db.example?authToken=my-secret" }, /^DATABASE_URL .* in the open/],
    [
      { DATABASE_URL: "libsql://db.example?tls=0", DATABASE_AUTH_TOKEN: "my-secret" },
      /^DATABASE_URL begins with libsql: and would send/,
    ],
    [{ ADMIN_TOKEN: "bridge-secret-0001" }, /^ADMIN_TOKEN is the same as BRIDGE_TOKEN; it takes/],
    [{ PORT: "http" }, /^PORT is "http"; it takes a whole number from 0 to 65535\.$/],
    [{ PORT: "65536" }, /^PORT is "65536"/],
    [{ PORT: "80.5" }, /^PORT is "80\.5"/],
    [
      { ADMIN_REQUESTS_PER_MINUTE: "59" },
      /^ADMIN_REQUESTS_PER_MINUTE is "59"; it takes a whole number from 60 to 1000000\.$/,
    ],
    [{ SLICE_ROWS: "0" }, /^SLICE_ROWS is "0"; it takes a whole number from 1 to 50000\.$/],
    [{ SSH_KEY_TYPES: "rsa,dsa" }, /^SSH_KEY_TYPES has "dsa"; it takes .* rsa, ed25519, ecdsa/],
    [{ TRUSTED_PROXIES: "10.0.0.0/8" }, /^TRUSTED_PROXIES has "10.0.0.0\/8"; it takes IP/],
    [{ DATABASE_URL: "./worker.db" }, /^DATABASE_URL is no URL; it takes .*file:, libsql:/],
    [{ DATABASE_URL: "mysql://me:secret@db" }, /^DATABASE_URL begins with mysql: and it takes/],
    [{ DATABASE_URL: "file:" }, /^DATABASE_URL is a file: URL without a path/],
    [{ DATABASE_URL: "https://:secret@" }, /^DATABASE_URL is not a https: URL that can be read/],
  ];
  for (const [environment, message] of wrong) {
    test(`${JSON.stringify(environment)} is one line that names the setting and no secret`, () => {
      assert.throws(() => readSettings({ ...required, ...environment }), (error) => {
        assert.ok(error instanceof SettingError);
        assert.match(error.message, message);
        assert.doesNotMatch(error.message, /\n|secret@|-secret|words of secret/);
        return true;
      });
    });
  }

  test("all that are wrong are named at once, a line each", () => {
    const wrong = (environment: Environment) => {
      let names: string[] = [];
      assert.throws(() => readSettings(environment), (error) => {
        assert.ok(error instanceof SettingError);
        names = error.message.split("\n").map((line) => line.split(" ")[0]!);
        return true;
      });
      return names;
    };
    assert.deepEqual(
      wrong({ PORT: "http", SLICE_ROWS: "0" }),
      ["PORT", "BRIDGE_TOKEN", "ADMIN_TOKEN", "SLICE_ROWS"],
    );
    const signIn = { OIDC_ISSUER: "id.college.edu", OIDC_GROUPS: "IT=owner" };
    assert.deepEqual(
      wrong({ ...required, ...signIn, PUBLIC_URL: "worker.college.edu" }),
      ["PUBLIC_URL", "OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_GROUPS"],
    );
    const mail = { SMTP_URL: "mail.college.edu", MAIL_FROM: "the registrar" };
    assert.deepEqual(wrong({ ...required, ...mail }), ["SMTP_URL", "MAIL_FROM"]);
  });

  test("the database's token goes in the open to this machine only", () => {
    for (const host of ["127.0.0.1:8080", "localhost", "[::1]:8080"]) {
      const DATABASE_URL = `http://${host}`;
      const environment = { ...required, DATABASE_URL, DATABASE_AUTH_TOKEN: "my-secret" };
      assert.equal(readSettings(environment).databaseUrl, DATABASE_URL);
    }
    for (const host of ["192.0.2.7:8080", "localhost.example", "[2001:db8::1]:8080"]) {
      const DATABASE_URL = `http://${host}`;
      const environment = { ...required, DATABASE_URL, DATABASE_AUTH_TOKEN: "my-secret" };
      assert.throws(() => readSettings(environment), /would send the database's token in the open/);
    }
  });

  test("a sender of mails without a mail server is said, as no mail would go out", () => {
    const one = { ...required, MAIL_FROM: "Rosterbridge <no-reply@roster.example>" };
    assert.throws(() => readSettings(one), /^SettingError: SMTP_URL is missing; with MAIL_FROM/);
  });
});
