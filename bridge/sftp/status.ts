/**
 * What goes wrong, as an SFTP status: the code and the sentence the client shows.
 */
import { Refusal, type RefusalReason } from "../home/home.ts";

/** SSH_FX_*, draft-ietf-secsh-filexfer-02 section 7. */
export const CODE = {
  ok: 0,
  endOfFile: 1,
  noSuchFile: 2,
  permissionDenied: 3,
  failure: 4,
  badMessage: 5,
  unsupported: 8,
} as const;

export interface Status {
  code: number;
  message: string;
}

export const OK: Status = { code: CODE.ok, message: "OK" };
export const END_OF_FILE: Status = { code: CODE.endOfFile, message: "End of file" };

const codes: Record<RefusalReason, number> = {
  no_such_file: CODE.noSuchFile,
  permission_denied: CODE.permissionDenied,
  failure: CODE.failure,
  bad_message: CODE.badMessage,
  unsupported: CODE.unsupported,
};

/** Said when the fault is ours and its details are for the log, not for the client. */
export const OUR_FAULT = "The service could not do this because of a fault of its own. " +
  "Try again later; if it stays so, tell the service's operator.";

export function statusOf(error: unknown): Status {
  if (error instanceof Refusal) return { code: codes[error.reason], message: error.message };
  return { code: CODE.failure, message: OUR_FAULT };
}
