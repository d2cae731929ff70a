/** Looks at everything that must hold, and says what to do about each that does not. */
import { addCommand, type Command, type Options } from "../command.ts";
import {
  askTold,
  doorAddress,
  findBridge,
  findHostKey,
  type Finding,
  findSettings,
  findSftp,
  findWorker,
} from "../findings.ts";
import { exitCodes } from "../exit-codes.ts";
import { showList } from "../output.ts";
import type { Terminal } from "../terminal.ts";

export function addDoctorCommand(program: Command, terminal: Terminal): void {
  addCommand(
    program,
    "doctor",
    "settings, clock, worker, database, certificate, bridge, disk, host key",
  )
    .option(
      "--health <url>",
      "the bridge's health, which it answers on its own machine only",
      "http://127.0.0.1:8022",
    )
    .option("--sftp <address>", "where schools come in, if not where their bridge says")
    .option("--school <slug>", "a school that comes in there, if not the newest")
    .action(async (options: Options) => {
      const told = await askTold(terminal, options["school"]);
      const door = doorAddress(options["sftp"], told);
      const found: Finding[] = [
        ...findSettings(terminal.environment),
        ...await findWorker(terminal),
        ...await findBridge(options["health"]),
        await findSftp(door),
        await findHostKey(door.address, told),
      ];
      showList(terminal, found, [
        ["", (it) => it.isWell ? "ok" : "NOT WELL"],
        ["WHAT", (it) => it.what],
        ["FOUND", (it) => it.found],
        ["WHAT TO DO", (it) => it.todo],
      ], { ...options, nothing: "" });
      if (found.some((it) => !it.isWell)) process.exitCode = exitCodes.notWell;
    });
}
