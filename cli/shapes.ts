/** The answers of the admin routes that commands look into, as the document of the routes describes them. */
import type { components } from "./generated-api.d.ts";

type Shapes = components["schemas"];

export type School = Shapes["School"];
export type Key = Shapes["Key"];
export type Upload = Shapes["Upload"];
/** What an event of an upload's progress holds. */
export type Progress = Pick<Upload, "state" | "size" | "rows"> & { bytes: number };
export type Problem = Shapes["RowProblem"];
export type Export = Shapes["Export"];
export type Schedule = Shapes["Schedule"];
export type Student = Shapes["Student"];
export type Verified = Shapes["Verified"];
