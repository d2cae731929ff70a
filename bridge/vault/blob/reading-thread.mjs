// The thread as it is called in the tree, whose code is TypeScript; the bundle has it compiled under
// this name. A thread does not inherit the loader.
import { register } from "tsx/esm/api";

register();
await import("./reading-thread.ts");
