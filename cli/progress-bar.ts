/** A bar on a terminal; a line at each quarter where the output goes to a file. */
export function progressBar(
  output: NodeJS.WriteStream,
  label: string,
): (done: number, of: number) => void {
  let shown = 0;
  return (done, of) => {
    const percent = of === 0 ? 100 : Math.floor((100 * done) / of);
    const step = output.isTTY ? percent : Math.floor(percent / 25);
    if (step === shown) return;
    shown = step;
    if (!output.isTTY) {
      output.write(`${label} ${percent} %\n`);
      return;
    }
    const full = Math.round((percent * 40) / 100);
    const bar = "█".repeat(full) + "░".repeat(40 - full);
    output.write(
      `\r${label} ${bar} ${String(percent).padStart(3)} %${percent === 100 ? "\n" : ""}`,
    );
  };
}
