// The floors of the house, held by `npm run check` (docs/architecture.md has the picture).
// A room may import the rooms named after it, the loose files beside it and shared/, nothing else.

/** The bridge: sftp → home → intake → vault, and relay → vault; the door is what sftp stands behind. */
export const bridge = {
  vault: [],
  schools: ["vault"],
  intake: ["schools", "vault"],
  home: ["intake", "vault"],
  door: [],
  sftp: ["door", "home"],
  relay: ["schools", "vault"],
  operations: ["relay", "schools", "vault"],
  backup: ["vault"],
};

/** The worker: routes → intake and export → roster (pure) and database. */
export const worker = {
  roster: [],
  hl7: [],
  "ssh-key": [],
  database: ["roster", "hl7"],
  http: ["database"],
  intake: ["database", "roster", "hl7"],
  export: ["database"],
  events: ["database", "export", "roster"],
  platform: ["database", "http", "intake", "export", "events"],
  bridge: ["database", "http", "intake", "export", "events"],
  admin: ["database", "http", "intake", "export", "events", "roster", "hl7", "ssh-key"],
  console: ["database", "http", "admin", "events", "roster"],
};

const oneOf = (names) => `(${names.join("|")})`;

function floors(side, rooms) {
  const held = Object.entries(rooms).map(([room, below]) => ({
    name: `${side}-${room}`,
    comment: `${side}/${room} may import ${below.join(", ") || "no other room"}; nothing upward`,
    severity: "error",
    from: { path: `^${side}/${room}/` },
    to: { path: `^${side}/(?!${oneOf([room, ...below])}/)[^/]+/` },
  }));
  return [...held, {
    name: `${side}-room-without-floor`,
    comment: `a new room of ${side}/ says in .dependency-cruiser.mjs what it may import`,
    severity: "error",
    from: { path: `^${side}/(?!${oneOf(Object.keys(rooms))}/)[^/]+/` },
    to: {},
  }];
}

export default {
  forbidden: [
    {
      name: "no-circle",
      comment: "two files that import each other are one file, or hide a third",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    ...floors("bridge", bridge),
    ...floors("worker", worker),
    {
      name: "composed-from-above",
      comment: "main, serve, open and app put the rooms together; no room knows them",
      severity: "error",
      from: { path: "^(bridge|worker)/[^/]+/" },
      to: { path: "^(bridge|worker)/(main|serve|open|app)\\.ts$" },
    },
    {
      name: "bytes-and-facts-apart",
      comment: "the bridge and the worker share shared/, and nothing else",
      severity: "error",
      from: { path: "^(bridge|worker)/" },
      to: { path: "^(bridge|worker|cli|scripts|test)/", pathNot: "^$1/" },
    },
    {
      name: "shared-alone",
      comment: "shared/ imports nothing of the project",
      severity: "error",
      from: { path: "^shared/" },
      to: { path: "^(bridge|worker|cli|scripts|test)/" },
    },
    {
      name: "cli-outside",
      comment:
        "the command line knows the service by its routes, and of its code only the settings",
      severity: "error",
      from: { path: "^cli/" },
      to: { path: "^(bridge|worker|scripts|test)/", pathNot: "^(bridge|worker)/settings\\.ts$" },
    },
    {
      name: "ssh2-in-sftp",
      comment: "only bridge/sftp/ knows ssh2",
      severity: "error",
      from: { path: "^(bridge|worker|shared)/", pathNot: "^bridge/sftp/" },
      to: { path: "^(node_modules/)?(@types/)?ssh2(/|$)" },
    },
    {
      name: "worker-is-web-standard",
      comment: "the worker runs on Deno Deploy: what is Node's or Deno's own stays in platform/",
      severity: "error",
      from: { path: "^worker/", pathNot: "^worker/platform/" },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "scripts-without-tests",
      comment: "a script runs where no test is installed",
      severity: "error",
      from: { path: "^scripts/" },
      to: { path: "^test/" },
    },
    {
      name: "no-development-package",
      comment: "what runs in production is in dependencies",
      severity: "error",
      // What starts a thread in the tree is no part of the bundle.
      from: {
        path: "^(bridge|worker|shared)/",
        pathNot: "^bridge/vault/blob/reading-thread\\.mjs$",
      },
      to: { dependencyTypes: ["npm-dev"], pathNot: "node_modules/@types/" },
    },
    {
      name: "resolvable",
      comment: "an import that leads nowhere",
      severity: "error",
      from: { path: "^(bridge|worker|shared|cli|scripts)/" },
      to: { couldNotResolve: true, pathNot: "^(ssh2|npm:|jsr:)" },
    },
  ],
  options: {
    parser: "tsc",
    // Types count too: who imports a type knows the room.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "node_modules" },
    enhancedResolveOptions: {
      extensions: [".ts", ".mjs", ".js"],
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default", "types"],
    },
  },
};
