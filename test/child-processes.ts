/** What a process has started, and when a process is gone. */
import { readFile } from "node:fs/promises";
import { until } from "./until.ts";

/** The process ids of a process's children that run these programs, in the order of the programs. */
export async function childrenOf(
  pid: number,
  programs = ["worker/main.ts", "bridge/main.ts"],
): Promise<number[]> {
  const words = (await readFile(`/proc/${pid}/task/${pid}/children`, "utf8")).trim().split(" ");
  const commands = await Promise.all(
    words.map(async (word) => ({
      pid: Number(word),
      command: await readFile(`/proc/${word}/cmdline`, "utf8"),
    })),
  );
  const of = (main: string) => commands.filter(({ command }) => command.includes(main));
  return programs.flatMap(of).map(({ pid }) => pid);
}

/** Waits until there is no such process. */
export async function gone(pid: number): Promise<void> {
  await until(() => {
    try {
      return !process.kill(pid, 0);
    } catch {
      return true;
    }
  }, `the end of process ${pid}`);
}
