import assert from "node:assert/strict";
import { test } from "node:test";
import type { Program } from "../../scripts/programs.ts";
import { supervise } from "../../scripts/supervise.ts";

/** A real process that listens, and then does what `then` says. */
function program(name: string, then: string, before = ""): Program {
  const listening = JSON.stringify({ event: "listening", address: `${name}'s address` });
  const script = `
    setInterval(() => {}, 1000);
    const stop = () => { console.log("stopped ${name}"); process.exit(0); };
    ${before}
    console.log(${JSON.stringify(listening)});
    ${then}`;
  return { name, command: process.execPath, args: ["-e", script], environment: {} };
}

const stops = `process.on("SIGTERM", stop);`;

function run(worker: Program, bridge: Program, graceMs?: number) {
  const lines: string[] = [];
  const told: unknown[] = [];
  const supervised = supervise({
    worker,
    bridge: (listening) => {
      told.push(listening["address"]);
      return bridge;
    },
    log: (name, line) => lines.push(`${name}: ${line}`),
    graceMs,
  });
  return { ...supervised, lines, told };
}

function isAlive(pid: number | undefined): boolean {
  try {
    return process.kill(pid!, 0);
  } catch {
    return false;
  }
}

test("both are started, the bridge with the worker's address, and both are stopped with exit 0", async () => {
  const service = run(program("worker", "", stops), program("bridge", "", stops));
  const { worker, bridge } = await service.ready;
  assert.equal(worker["address"], "worker's address");
  assert.equal(bridge["address"], "bridge's address");
  assert.deepEqual(service.told, ["worker's address"]);
  const pids = service.pids();
  assert.ok(isAlive(pids.worker) && isAlive(pids.bridge));
  assert.deepEqual(await service.stop(), { code: 0 });
  assert.equal(isAlive(pids.worker) || isAlive(pids.bridge), false);
  const stopped = service.lines.filter((line) => line.includes("stopped"));
  assert.deepEqual(stopped, ["bridge: stopped bridge", "worker: stopped worker"]);
});

test("when either process dies it is said which and how, and the other is stopped", async () => {
  const dying = run(program("worker", "", stops), program("bridge", "process.exit(3)", stops));
  assert.deepEqual(await dying.ended, {
    code: 1,
    reason: "The bridge ended with exit code 3. The worker is stopped.",
  });
  assert.equal(isAlive(dying.pids().worker), false);

  const killed = run(program("worker", "", stops), program("bridge", "", stops));
  await killed.ready;
  process.kill(killed.pids().worker!, "SIGKILL");
  assert.deepEqual(await killed.ended, {
    code: 1,
    reason: "The worker was ended by SIGKILL. The bridge is stopped.",
  });
  assert.equal(isAlive(killed.pids().bridge), false);
});

test("a process that ends by itself with exit 0 is a failure too", async () => {
  const service = run(program("worker", "", stops), program("bridge", "process.exit(0)", stops));
  assert.equal((await service.ended).code, 1);
});

test("what may pass by itself, such as a port that is taken, ends the service with exit 75", async () => {
  const refusing = run(
    program("worker", "", stops),
    program("bridge", "", `console.error("taken"); process.exit(75);`),
  );
  assert.equal((await refusing.ended).code, 75);
});

test("a setting that a process refuses ends the service with exit 78", async () => {
  const refusing = run(
    program("worker", "", `console.error("PORT is \\"x\\""); process.exit(78);`),
    program("bridge", "", stops),
  );
  await assert.rejects(refusing.ready, /The worker ended with exit code 78/);
  assert.equal((await refusing.ended).code, 78);
  assert.deepEqual(refusing.lines, [`worker: PORT is "x"`]);
  assert.equal(refusing.pids().bridge, undefined);
});

test("a process that does not stop in time is killed, and the exit is not 0", async () => {
  const deaf = `process.on("SIGTERM", () => {});`;
  const service = run(program("worker", "", stops), program("bridge", "", deaf), 200);
  await service.ready;
  const { code, reason } = await service.stop();
  assert.equal(code, 1);
  assert.match(reason!, /bridge.* did not stop in 0\.2 s and was killed/);
  assert.equal(isAlive(service.pids().bridge), false);
});

test("a service can be stopped before it has started", async () => {
  const silent: Program = {
    name: "worker",
    command: process.execPath,
    args: ["-e", "setInterval(() => {}, 1000)"],
    environment: {},
  };
  const service = run(silent, program("bridge", "", stops));
  assert.deepEqual(await service.stop(), { code: 0 });
  await assert.rejects(service.ready);
});

test("a program that is not there is named", async () => {
  const missing: Program = { name: "worker", command: "/none", args: [], environment: {} };
  const { code, reason } = await run(missing, program("bridge", "", stops)).ended;
  assert.equal(code, 1);
  assert.match(reason!, /The worker could not be started \(.*ENOENT/);
});
