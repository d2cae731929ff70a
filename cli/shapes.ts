/** The answers of the admin routes that commands name, as the document of the routes describes them. */
import type { components, operations } from "./generated-api.d.ts";

type Shapes = components["schemas"];

export type Upload = Shapes["Upload"];
export type Preview = Shapes["Preview"];
/** Which uploads a list of them is asked for. */
export type WhichUploads = NonNullable<operations["getAdminUploads"]["parameters"]["query"]>;
/** What an event of an upload's progress holds. */
export type Progress = Pick<Upload, "state" | "size" | "rows"> & { bytes: number };
export type Verified = Shapes["Verified"];
