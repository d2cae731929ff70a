/** All commands of `rosterbridge`. */
import { Argument, Command } from "commander";
import manifest from "../package.json" with { type: "json" };
import { addDecisionCommands } from "./commands/decisions.ts";
import { addDoctorCommand } from "./commands/doctor.ts";
import { addExportCommands } from "./commands/exports.ts";
import { addKeyCommands } from "./commands/keys.ts";
import { addLoginCommands } from "./commands/login.ts";
import { addSchoolCommands } from "./commands/schools.ts";
import { addStudentCommands } from "./commands/students.ts";
import { addUploadCommands } from "./commands/uploads.ts";
import { completionScript } from "./completion.ts";
import type { Terminal } from "./terminal.ts";

const exits = `
Exit codes: 0 done; 1 what was looked at is not well (doctor, upload --follow, unknown students);
64 words that mean nothing; 65 refused, nothing was changed; 66 no such thing; 69 the worker cannot be
reached; 75 try again later; 77 the token is not taken, or not for this; 78 no worker or token is known.
ROSTERBRIDGE_URL and ROSTERBRIDGE_TOKEN go before what "login" kept.`;

export function makeProgram(terminal: Terminal): Command {
  const program = new Command("rosterbridge")
    .description("Rosterbridge's administration from a terminal")
    .version(manifest.version)
    .configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      writeErr: (text) => terminal.stderr.write(text),
    })
    .exitOverride()
    .addHelpText("after", exits);
  addLoginCommands(program, terminal);
  addSchoolCommands(program, terminal);
  addKeyCommands(program, terminal);
  addUploadCommands(program, terminal);
  addDecisionCommands(program, terminal);
  addStudentCommands(program, terminal);
  addExportCommands(program, terminal);
  addDoctorCommand(program, terminal);
  program.command("completion").description("completion for a shell, to be sourced")
    .addArgument(new Argument("<shell>").choices(["bash", "zsh"]))
    .action((shell: string) => void terminal.stdout.write(completionScript(program, shell)));
  return program;
}
