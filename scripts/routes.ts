/** `npm run routes`: the worker's HTTP routes, as the app itself has them. */
import { unopenedApp } from "./unopened-app.ts";
import { readWords } from "./words.ts";

readWords(process.argv.slice(2), [], "npm run routes lists the worker's HTTP routes.");

/** `GET /admin/schools`, each once, in the order of their paths. */
export function routes(): string[] {
  const app = unopenedApp();
  const answered = app.routes.filter(({ method, path }) => method !== "ALL" && !path.endsWith("*"));
  const lines = new Set(answered.map(({ method, path }) => `${path} ${method}`));
  return [...lines].sort().map((line) => {
    const [path, method] = line.split(" ");
    return `${method!.padEnd(6)} ${path}`;
  });
}

console.log(routes().join("\n"));
