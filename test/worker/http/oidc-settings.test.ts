import assert from "node:assert/strict";
import { test } from "node:test";
import { grantOf, readOidc } from "../../../worker/http/oidc-settings.ts";

const good = {
  OIDC_ISSUER: "https://id.college.edu",
  OIDC_CLIENT_ID: "rosterbridge",
  OIDC_GROUPS: "IT=admin, oak staff=viewer:oak,elm-staff=viewer:elm,reviewers=reviewer",
};

function read(changes: Record<string, string | undefined> = {}, publicUrl = "https://r.edu") {
  const environment: Record<string, string | undefined> = { ...good, ...changes };
  return readOidc((name) => environment[name], () => publicUrl);
}

test("the groups of the provider are mapped to roles, at all schools or at one", () => {
  const { grants, callback, claim } = read()!;
  assert.equal(callback, "https://r.edu/sign-in/callback");
  assert.equal(claim, "groups");
  const may = (...groups: string[]) => grantOf(groups, grants);
  assert.deepEqual(may("IT", "reviewers"), { role: "admin", schools: null });
  assert.deepEqual(may("oak staff"), { role: "viewer", schools: ["oak"] });
  assert.deepEqual(may("oak staff", "elm-staff"), { role: "viewer", schools: ["oak", "elm"] });
  assert.deepEqual(may("reviewers", "oak staff"), { role: "reviewer", schools: null });
  assert.equal(may("it", "students"), undefined);
  assert.equal(may(), undefined);
});

test("nobody signs in so without an issuer; what is missing beside one is said by its name", () => {
  assert.equal(read({ OIDC_ISSUER: undefined }), undefined);
  for (
    const [changes, sentence] of [
      [{ OIDC_CLIENT_ID: undefined }, /^OIDC_CLIENT_ID is missing/],
      [{ OIDC_GROUPS: undefined }, /^OIDC_GROUPS is missing/],
      [{ OIDC_GROUPS: "IT=owner" }, /^OIDC_GROUPS has "IT=owner"; it takes group=role/],
      [{ OIDC_GROUPS: "IT=admin:No Slug" }, /^OIDC_GROUPS has/],
      [{ OIDC_ISSUER: "http://id.college.edu" }, /^OIDC_ISSUER is .* https:/],
      [{ OIDC_ISSUER: "id.college.edu" }, /^OIDC_ISSUER is/],
    ] as const
  ) assert.throws(() => read(changes), { message: sentence });
  assert.throws(() => read({}, ""), { message: /PUBLIC_URL/ });
});
